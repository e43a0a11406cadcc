;; Says "hold" when its memory has grown in a call before.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (data (i32.const 64) "{\"verdict\":\"hold\",\"title\":\"state\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (if (i32.gt_u (memory.size) (i32.const 1))
      (then (call $write (i32.const 64) (i32.const 34)) (return (i32.const 0))))
    (drop (memory.grow (i32.const 1)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

;; Traps on its second call, if it still knows of the first.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (global $calls (mut i32) (i32.const 0))
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.gt_u (global.get $calls) (i32.const 1)) (then (unreachable)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

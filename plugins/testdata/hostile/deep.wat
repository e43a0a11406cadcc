;; Calls itself as deep as it may, and answers "allow": the room that the calls took is
;; not the instance's to keep.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func $deep (param $n i32)
    (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "decide") (result i32)
    (call $deep (i32.const 100000))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

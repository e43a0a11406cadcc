;; Logs ten thousand lines, some of them empty, before it answers.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (import "scim_policy" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (local $n i32)
    (loop $again
      (call $log (i32.const 16) (i32.const 19))
      (call $log (i32.const 16) (i32.const 0))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n) (i32.const 5000))))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

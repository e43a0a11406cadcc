;; Reports an error of its own, with characters that do not belong into a log.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (data (i32.const 64) "no\0a\1b[31m no\ff\00!")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (call $write (i32.const 64) (i32.const 14))
    (return (i32.const 1))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

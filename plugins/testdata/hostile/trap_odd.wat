;; Traps when its input has an odd number of bytes.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (import "scim_policy" "input_len" (func $input_len (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (if (i32.and (call $input_len) (i32.const 1)) (then (unreachable)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

;; Answers with 1 GB that it does not have.
(module
  (import "scim_policy" "write_output" (func $write_output (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (call $write_output (i32.const 0) (i32.const 1073741824))
    i32.const 0))

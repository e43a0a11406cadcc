;; Has a hook of another type.
(module
  (memory (export "memory") 1)
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (param i32) (result i64) (i64.const 0))
)

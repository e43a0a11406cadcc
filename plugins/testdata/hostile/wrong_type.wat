;; A hook that leaves a number of the wrong type: only the compiler looks at types.
(module
  (memory (export "memory") 1)
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    i64.const 1))

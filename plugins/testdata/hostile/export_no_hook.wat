;; Has no hook but describe.
(module
  (memory (export "memory") 1)
  (func (export "scim_policy_abi_1"))
  (func (export "describe") (result i32) (i32.const 0))
)

;; Is a program and not a library.
(module
  (memory (export "memory") 1)
  (func (export "scim_policy_abi_1"))
  (func (export "_start"))
  (func (export "decide") (result i32) (i32.const 0))
)

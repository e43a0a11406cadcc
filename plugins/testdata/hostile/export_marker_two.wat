;; Was built for another ABI.
(module
  (memory (export "memory") 1)
  (func (export "scim_policy_abi_2"))
  (func (export "decide") (result i32) (i32.const 0))
)

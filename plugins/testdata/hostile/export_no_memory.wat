;; Does not export its memory.
(module
  (memory 1)
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32) (i32.const 0))
)

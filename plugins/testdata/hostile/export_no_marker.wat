;; Does not say for which ABI it was built.
(module
  (memory (export "memory") 1)
  (func (export "decide") (result i32) (i32.const 0))
)

;; Calls itself twice, fifty deep, and never loops: 2^50 calls in a few bytes. A
;; runtime that looks for a reason to stop where a guest loops never finds one here.
(module
  (memory (export "memory") 1)
  (func (export "scim_policy_abi_1"))
  (func $twice (param $deep i32)
    (if (local.get $deep)
      (then
        (call $twice (i32.sub (local.get $deep) (i32.const 1)))
        (call $twice (i32.sub (local.get $deep) (i32.const 1))))))
  (func (export "decide") (result i32)
    (call $twice (i32.const 50))
    i32.const 0))

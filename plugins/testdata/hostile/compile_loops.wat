;; Takes a compiler longer than anybody waits: two thousand loops, each in the one before.
(module
  (memory (export "memory") 1)
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    loop
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0 br_if 0 end
    i32.const 0))

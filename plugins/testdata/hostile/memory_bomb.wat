;; Takes all memory that it can get, and needs 64 pages at the most to be content.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.fill (i32.const 1024) (i32.const 255) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1024)))
    (if (i32.gt_u (memory.size) (i32.const 64)) (then (unreachable)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

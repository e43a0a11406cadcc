;; Grows a table, which no memory limit bounds.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (table 1 funcref)
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (drop (table.grow 0 (ref.null func) (i32.const 100000000)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

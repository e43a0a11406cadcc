;; Has its input written outside its memory.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (import "scim_policy" "read_input" (func $read (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (drop (call $read (i32.const 65535) (i32.const -1)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

;; Asks for more random bytes than it has memory, and for some outside of it.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (if (i32.eqz (call $random (i32.const 0) (i32.const -1))) (then (unreachable)))
    (drop (call $random (i32.const 65535) (i32.const 2)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

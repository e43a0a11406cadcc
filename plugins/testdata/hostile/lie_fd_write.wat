;; Prints from a vector that points outside its memory.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (i32.store (i32.const 1024) (i32.const 65000))
    (i32.store (i32.const 1028) (i32.const 65000))
    (drop (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1) (i32.const 2048)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

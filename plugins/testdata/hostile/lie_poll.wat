;; Waits for events that lie outside its memory.
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (drop (call $poll (i32.const 65500) (i32.const 0) (i32.const 1) (i32.const 0)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

;; Gives fd_write and poll_oneoff as many pieces as they take, all of them empty, and
;; answers "allow": the host looks at each piece, which must be paid for.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 65536) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1024) (i32.const 70000)))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 80000) (i32.const 256) (i32.const 70000)))
    (call $write (i32.const 65536) (i32.const 19))
    (i32.const 0))
)

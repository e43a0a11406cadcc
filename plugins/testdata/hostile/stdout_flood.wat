;; Writes 32 MB of line ends to standard output, each time a thousand times over, for as
;; long as it may.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 600)
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (local $at i32)
    (memory.fill (i32.const 65536) (i32.const 10) (i32.const 33554432))
    (loop $vector ;; 1,000 vectors at 0, each all of it
      (i32.store (local.get $at) (i32.const 65536))
      (i32.store offset=4 (local.get $at) (i32.const 33554432))
      (br_if $vector (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 8000))))
    (loop $forever
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1000) (i32.const 60000)))
      (br $forever))
    i32.const 0))

;; Asks the host for the time, for random numbers and for its input, for ever: what the
;; host does on a guest's behalf has to be paid for as well.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "scim_policy" "read_input" (func $read_input (param i32 i32) (result i32)))
  (import "scim_policy" "log" (func $log (param i32 i32)))
  (memory (export "memory") 32)
  (func (export "scim_policy_abi_1"))
  (func (export "decide") (result i32)
    (loop $forever
      (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0)))
      (drop (call $random_get (i32.const 0) (i32.const 65536)))
      (drop (call $poll_oneoff (i32.const 65536) (i32.const 131072) (i32.const 256) (i32.const 0)))
      (drop (call $read_input (i32.const 0) (i32.const 65536)))
      (call $log (i32.const 0) (i32.const 2000000))
      (br $forever))
    i32.const 0))

;; Fills its whole memory of 60 MB again and again, a thousand times in a row without a
;; loop's header between: a few instructions that take seconds.
(module
  (memory (export "memory") 960)
  (func (export "scim_policy_abi_1"))
  (func $ten (param $byte i32)
    (memory.fill (i32.const 0) (local.get $byte) (i32.const 62914560))
    (memory.fill (i32.const 0) (local.get $byte) (i32.const 62914560))
    (memory.fill (i32.const 0) (local.get $byte) (i32.const 62914560))
    (memory.fill (i32.const 0) (local.get $byte) (i32.const 62914560))
    (memory.fill (i32.const 0) (local.get $byte) (i32.const 62914560))
    (memory.copy (i32.const 0) (i32.const 1) (i32.const 62914559))
    (memory.copy (i32.const 1) (i32.const 0) (i32.const 62914559))
    (memory.copy (i32.const 0) (i32.const 1) (i32.const 62914559))
    (memory.copy (i32.const 1) (i32.const 0) (i32.const 62914559))
    (memory.copy (i32.const 0) (i32.const 1) (i32.const 62914559)))
  (func (export "decide") (result i32)
    (local $n i32)
    (loop $again
      (call $ten (local.get $n))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000000))))
    i32.const 0))

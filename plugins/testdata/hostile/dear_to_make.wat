;; Takes 1.5 million units to initialise. It grows its memory in each call, so that its
;; instance is no use for another one, and answers "allow".
(module
  (import "scim_policy" "write_output" (func $write (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"verdict\":\"allow\"}")
  (func (export "scim_policy_abi_1"))
  (func (export "_initialize") (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 125000)))))
  (func (export "decide") (result i32)
    (drop (memory.grow (i32.const 1)))
    (call $write (i32.const 16) (i32.const 19))
    (i32.const 0))
)

;; Instructions whose work depends on an operand.
(module
  (memory 1 100)
  (func (export "fill") (param $n i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 7) (local.get $n))
    (i32.load8_u (i32.const 5)))
  (func (export "copy") (param $n i32) (result i32)
    (i32.store8 (i32.const 0) (i32.const 9))
    (memory.copy (i32.const 16) (i32.const 0) (local.get $n))
    (i32.load8_u (i32.const 16)))
  (func (export "grow") (param $n i32) (result i32) (memory.grow (local.get $n)))
  (func (export "size") (param $n i32) (result i32) (memory.size)))

;; What a C compiler makes of loops over an array: a checksum, and primes by a sieve.
(module
  (memory 2)
  (func (export "checksum") (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $next
      (i32.store8 (i32.and (local.get $i) (i32.const 0xffff)) (local.get $sum))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31))
        (i32.xor (local.get $i) (i32.load8_u (i32.and (i32.mul (local.get $i) (i32.const 7)) (i32.const 0xffff))))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func (export "primes") (param $n i32) (result i32)
    (local $i i32) (local $j i32) (local $count i32)
    (memory.fill (i32.const 0) (i32.const 0) (local.get $n))
    (local.set $i (i32.const 2))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (if (i32.eqz (i32.load8_u (local.get $i))) (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $j (i32.mul (local.get $i) (i32.const 2)))
          (block $out
            (loop $strike
              (br_if $out (i32.ge_u (local.get $j) (local.get $n)))
              (i32.store8 (local.get $j) (i32.const 1))
              (local.set $j (i32.add (local.get $j) (local.get $i)))
              (br $strike)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $count)))

;; Calls of the host, directly and through the table.
(module
  (type $len (func (result i32)))
  (import "scim_policy" "input_len" (func $len (type $len)))
  (memory 1)
  (table 1 1 funcref)
  (elem (i32.const 0) $len)
  (func (export "direct") (type $len) (call $len))
  (func (export "indirect") (type $len) (call_indirect (type $len) (i32.const 0))))

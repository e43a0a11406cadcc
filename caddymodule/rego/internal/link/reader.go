package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

var errTruncated = errors.New("the module ends too early")

// reader reads the primitives of the binary format. After the first error it returns
// zeros.
type reader struct {
	data []byte
	pos  int
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) done() bool { return r.err != nil || r.pos >= len(r.data) }

func (r *reader) byte() byte {
	if r.done() {
		r.fail(errTruncated)
		return 0
	}
	b := r.data[r.pos]
	r.pos++
	return b
}

func (r *reader) bytes(n uint32) []byte {
	if r.err != nil || uint64(n) > uint64(len(r.data)-r.pos) {
		r.fail(errTruncated)
		return nil
	}
	b := r.data[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b
}

func (r *reader) u32() uint32 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.data[r.pos:])
	if n <= 0 || v > math.MaxUint32 {
		r.fail(errTruncated)
		return 0
	}
	r.pos += n
	return uint32(v)
}

// leb passes over a number of any width and sign.
func (r *reader) leb() {
	for r.byte()&0x80 != 0 {
	}
}

func (r *reader) name() string { return string(r.bytes(r.u32())) }

// count reads the length of a vector, whose elements take a byte each at least.
func (r *reader) count() int {
	n := r.u32()
	if r.err == nil && uint64(n) > uint64(len(r.data)-r.pos) {
		r.fail(errTruncated)
		return 0
	}
	return int(n)
}

// limits reads the limits of a table or memory and returns the minimum.
func (r *reader) limits() uint32 {
	flags, least := r.byte(), r.u32()
	if flags == 1 {
		r.u32()
	} else if flags != 0 {
		r.fail(fmt.Errorf("a table or memory has the flags %#x", flags))
	}
	return least
}

// constExpr passes over an initial value or an offset, which OPA writes as a single
// constant, and returns its bytes with the end.
func (r *reader) constExpr() []byte {
	from := r.pos
	switch op := r.byte(); op {
	case opI32Const, opI64Const:
		r.leb()
	default:
		r.fail(fmt.Errorf("an initial value has the opcode %#x", op))
	}
	if r.byte() != opEnd {
		r.fail(errors.New("an initial value is more than a constant"))
	}
	if r.err != nil {
		return nil
	}
	return r.data[from:r.pos]
}

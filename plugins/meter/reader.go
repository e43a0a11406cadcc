package meter

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

var errTruncated = errors.New("it ends too early")

// reader reads the primitives of the binary format. After the first error it
// returns zeros.
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

func (r *reader) failf(format string, args ...any) { r.fail(fmt.Errorf(format, args...)) }

func (r *reader) byte() byte {
	if r.err != nil || r.pos >= len(r.data) {
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

// u32 reads an unsigned LEB128 number of at most 32 bits. Like the signed form, it
// has at most 5 bytes.
func (r *reader) u32() uint32 {
	// Most numbers of a module have one byte.
	if r.err == nil && r.pos < len(r.data) && r.data[r.pos] < 0x80 {
		r.pos++
		return uint32(r.data[r.pos-1])
	}
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			if v > 1<<32-1 {
				break
			}
			return uint32(v)
		}
	}
	r.fail(errors.New("a number is too large"))
	return 0
}

// skipLEB passes over a LEB128 number of at most size bytes. Whoever accepts the
// number at all must find its end where skipLEB does.
func (r *reader) skipLEB(size int) {
	for range size {
		if r.byte()&0x80 == 0 {
			return
		}
	}
	r.fail(errors.New("a number is too large"))
}

func (r *reader) name() string {
	b := r.bytes(r.u32())
	if !utf8.Valid(b) {
		r.fail(errors.New("a name is not UTF-8"))
	}
	return string(b)
}

// count reads the length of a vector, which the runtime will make room for before it
// reads on: at most limit elements, and no more than the rest can hold when each
// takes a byte at least.
func (r *reader) count(what string, limit int) int {
	n := r.u32()
	if uint64(n) > uint64(max(0, limit)) {
		r.failf("there are %d %s, want at most %d", n, what, max(0, limit))
		return 0
	}
	if uint64(n) > uint64(len(r.data)-r.pos) {
		r.fail(errTruncated)
		return 0
	}
	return int(n)
}

// index reads an index that must be below n.
func (r *reader) index(what string, n int) uint32 {
	i := r.u32()
	if r.err == nil && uint64(i) >= uint64(n) {
		r.failf("it names the %s %d of %d", what, i, n)
	}
	return i
}

// valueType reads the type of a number. Vectors and references are off.
func (r *reader) valueType() byte {
	b := r.byte()
	if r.err != nil || b <= valueI32 && b >= valueF64 {
		return b
	}
	if b == valueV128 {
		r.fail(errSIMD)
	} else {
		r.failf("a value has the type %#x, which is no number", b)
	}
	return b
}

// limits reads the limits of a table or memory and returns the minimum.
func (r *reader) limits() uint32 {
	flags, least := r.byte(), r.u32()
	switch flags {
	case 0:
	case 1:
		r.u32()
	default:
		r.failf("a table or memory has the flags %#x", flags)
	}
	return least
}

// constExpr passes over an initial value or an offset: one constant. No other
// instruction makes sense, since no global can be imported.
func (r *reader) constExpr() {
	switch op := r.byte(); op {
	case opI32Const:
		r.skipLEB(5)
	case opI64Const:
		r.skipLEB(10)
	case opF32Const:
		r.bytes(4)
	case opF64Const:
		r.bytes(8)
	case opPrefixSIMD:
		r.fail(errSIMD)
	default:
		r.failf("an initial value has the opcode %#x, which is no constant", op)
	}
	if end := r.byte(); r.err == nil && end != opEnd {
		r.failf("an initial value goes on with the opcode %#x after its constant", end)
	}
}

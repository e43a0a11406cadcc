package plugins

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

var errModuleTruncated = errors.New("it ends too early")

// Value types of the WebAssembly binary format. Those between them are i64, f32 and
// f64.
const (
	valueI32  = 0x7f
	valueV128 = 0x7b
)

// binaryReader reads the primitives of the binary format. After the first error
// it returns zeros.
type binaryReader struct {
	data []byte
	pos  int
	err  error
}

func (r *binaryReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *binaryReader) byte() byte {
	if r.err != nil || r.pos >= len(r.data) {
		r.fail(errModuleTruncated)
		return 0
	}
	b := r.data[r.pos]
	r.pos++
	return b
}

func (r *binaryReader) bytes(n uint32) []byte {
	if r.err != nil || uint64(n) > uint64(len(r.data)-r.pos) {
		r.fail(errModuleTruncated)
		return nil
	}
	b := r.data[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b
}

func (r *binaryReader) rest() []byte { return r.data[r.pos:] }

// u32 reads an unsigned LEB128 number of at most 32 bits. Like the signed form, it
// has at most 5 bytes.
func (r *binaryReader) u32() uint32 {
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

// skipLEB passes over a LEB128 number of at most size bytes.
func (r *binaryReader) skipLEB(size int) {
	for range size {
		if r.byte()&0x80 == 0 {
			return
		}
	}
	r.fail(errors.New("a number is too large"))
}

func (r *binaryReader) name() string {
	b := r.bytes(r.u32())
	if !utf8.Valid(b) {
		r.fail(errors.New("a name is not UTF-8"))
	}
	return string(b)
}

// count reads the length of a vector, which the runtime will make room for before it
// reads on: at most limit elements, and no more than the rest can hold when each
// takes a byte at least.
func (r *binaryReader) count(what string, limit uint32) uint32 {
	n := r.u32()
	if n > limit {
		r.fail(fmt.Errorf("there are %d %s, want at most %d", n, what, limit))
		return 0
	}
	if uint64(n) > uint64(len(r.data)-r.pos) {
		r.fail(errModuleTruncated)
		return 0
	}
	return n
}

// valueType reads the type of a number or vector. References are off.
func (r *binaryReader) valueType() byte {
	b := r.byte()
	if r.err == nil && (b > valueI32 || b < valueV128) {
		r.fail(fmt.Errorf("a value has the type %#x, which is no number", b))
	}
	return b
}

// limits reads the limits of a table or memory and returns the minimum.
func (r *binaryReader) limits() uint32 {
	flags, least := r.byte(), r.u32()
	switch flags {
	case 0:
	case 1:
		r.u32()
	default:
		r.fail(fmt.Errorf("a table or memory has the flags %#x", flags))
	}
	return least
}

// constExpr passes over an initial value or an offset.
func (r *binaryReader) constExpr() {
	for r.err == nil {
		switch op := r.byte(); op {
		case 0x0b: // end
			return
		case 0x23: // global.get
			r.u32()
		case 0x41: // i32.const
			r.skipLEB(5)
		case 0x42: // i64.const
			r.skipLEB(10)
		case 0x43: // f32.const
			r.bytes(4)
		case 0x44: // f64.const
			r.bytes(8)
		case 0xfd: // v128.const
			if r.u32() != 12 {
				r.fail(errors.New("an initial value has an unknown vector opcode"))
			}
			r.bytes(16)
		default:
			r.fail(fmt.Errorf("an initial value has the opcode %#x", op))
		}
	}
}

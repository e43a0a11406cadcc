package link

import (
	"fmt"
)

// Opcodes that this package writes, or must know to pass over what follows them.
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opDrop         = 0x1a
	opSelect       = 0x1b
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opI32Load      = 0x28
	opI32Load8U    = 0x2d
	opI32Store     = 0x36
	opI64Store     = 0x37
	opI64Store32   = 0x3e
	opMemorySize   = 0x3f
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI32Eqz       = 0x45
	opI32LtU       = 0x49
	opI32Add       = 0x6a
	opI32Sub       = 0x6b
	opI64Extend32S = 0xc4
	opPrefix       = 0xfc
)

// Types of the binary format.
const (
	typeI32  = "\x7f"
	typeVoid = 0x40
)

// calls hands every call of the body to found: where its function index begins and
// ends, and the index.
func calls(body []byte, found func(from, to int, callee uint32)) error {
	r := &reader{data: body}
	for groups := r.count(); groups > 0 && r.err == nil; groups-- {
		r.u32()
		r.byte()
	}
	for !r.done() {
		op := r.byte()
		if op == opCall {
			from := r.pos
			callee := r.u32()
			if r.err == nil {
				found(from, r.pos, callee)
			}
			continue
		}
		operands(r, op)
	}
	return r.err
}

// operands passes over what follows an opcode. OPA's library is C and C++ without
// vectors, references and exceptions.
func operands(r *reader, op byte) {
	switch {
	case op == opBlock, op == opLoop, op == opIf:
		r.leb()
	case op == opBr, op == opBrIf, op >= opLocalGet && op <= opGlobalSet, op == opI32Const, op == opI64Const:
		r.leb()
	case op == opBrTable:
		for n := r.count(); n >= 0 && r.err == nil; n-- {
			r.u32()
		}
	case op >= opI32Load && op <= opI64Store32, op == opCallIndirect:
		r.u32()
		r.u32()
	case op == opMemorySize, op == opMemoryGrow:
		r.byte()
	case op == opF32Const:
		r.bytes(4)
	case op == opF64Const:
		r.bytes(8)
	case op == opPrefix:
		prefixed(r)
	case op == opUnreachable, op == 0x01, op == 0x05, op == opEnd, op == opReturn, op == opDrop, op == opSelect,
		op >= opI32Eqz && op <= opI64Extend32S:
	default:
		r.fail(fmt.Errorf("a function has the opcode %#x", op))
	}
}

// prefixed passes over the rest of an instruction of two bytes.
func prefixed(r *reader) {
	switch op := r.u32(); {
	case op <= 7: // a truncation that saturates
	case op == 10: // memory.copy
		r.bytes(2)
	case op == 11: // memory.fill
		r.byte()
	default:
		r.fail(fmt.Errorf("a function has the opcode 0xfc %d", op))
	}
}

// code is a function body that is being written.
type code []byte

func (c code) op(ops ...byte) code { return append(c, ops...) }

func (c code) index(op byte, index uint32) code { return appendU32(append(c, op), index) }

func (c code) call(f uint32) code      { return c.index(opCall, f) }
func (c code) local(i uint32) code     { return c.index(opLocalGet, i) }
func (c code) setLocal(i uint32) code  { return c.index(opLocalSet, i) }
func (c code) global(i uint32) code    { return c.index(opGlobalGet, i) }
func (c code) setGlobal(i uint32) code { return c.index(opGlobalSet, i) }
func (c code) i32(v int32) code        { return appendSigned(append(c, opI32Const), int64(v)) }
func (c code) i64(v int64) code        { return appendSigned(append(c, opI64Const), v) }
func (c code) i32Store(at uint32) code { return appendU32(append(c, opI32Store, 0), at) }
func (c code) i64Store(at uint32) code { return appendU32(append(c, opI64Store, 0), at) }
func (c code) ifThen(then code) code {
	return append(append(append(c, opIf, typeVoid), then...), opEnd)
}
func (c code) body(locals uint32) []byte { // locals are i32
	b := []byte{0}
	if locals > 0 {
		b = append(appendU32([]byte{1}, locals), typeI32...)
	}
	return append(append(b, c...), opEnd)
}

func appendSigned(b []byte, v int64) []byte {
	for {
		low := byte(v & 0x7f)
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

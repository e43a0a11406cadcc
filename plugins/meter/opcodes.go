package meter

import "errors"

// Value types of the binary format.
const (
	valueI32  = 0x7f
	valueI64  = 0x7e
	valueF32  = 0x7d
	valueF64  = 0x7c
	valueV128 = 0x7b
)

// Opcodes that the rewriter knows by name. The others are told apart by the table
// that opcodes returns.
const (
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opSelect       = 0x1b
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opMemorySize   = 0x3f
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI32Ne        = 0x47
	opI32GtU       = 0x4b
	opI64LtS       = 0x53
	opF32Eq        = 0x5b
	opF64Eq        = 0x61
	opI64Add       = 0x7c
	opI64Sub       = 0x7d
	opI64Mul       = 0x7e
	opI64Or        = 0x84
	opI64ShrU      = 0x88
	opI64ExtendI32 = 0xad // unsigned
	opPrefixMisc   = 0xfc
	opPrefixSIMD   = 0xfd
	opPrefixAtomic = 0xfe

	miscMemoryCopy = 10
	miscMemoryFill = 11
	lastTruncSat   = 7 // of the opcodes after opPrefixMisc

	blockEmpty = 0x40 // the type of a block without parameters and results
)

// What a body cannot contain.
var (
	errSIMD = errors.New("it uses vector instructions (built with -msimd128 or its like); SIMD is off, " +
		"because its results differ from processor to processor: build without it")
	errReferences = errors.New("it uses reference types (built with -mreference-types or its like), which are off")
	errTail       = errors.New("it uses tail calls (built with -mtail-call or its like), which are off")
	errExceptions = errors.New("it uses exceptions (built with -fwasm-exceptions or its like), which are off")
	errAtomics    = errors.New("it uses atomic instructions (built with -pthread or its like), which are off")
	errPassive    = errors.New("it uses passive segments (memory.init, data.drop or an instruction on tables), which are off")
)

// kind says what follows an opcode, and what the rewriter does with it.
type kind uint8

const (
	unknown     kind = iota
	plain            // no immediate
	plainF32         // no immediate; the result is an f32 that may be a NaN of any bits
	plainF64         // the same, f64
	converts         // no immediate; between integers and floats
	diverges         // no immediate; what follows is not reached
	control          // handled one by one
	label            // a label
	local            // the index of a local
	global           // the index of a global
	memory           // alignment and offset
	memoryIndex      // the byte 0
	constI32
	constI64
	constF32
	constF64
)

// opcode is what the rewriter knows of one opcode.
type opcode struct {
	kind         kind
	pops, pushes uint8
	weight       uint16
}

// Weights of the cost model, in units of fuel; the documentation of the package
// explains them.
const (
	weightPlain        = 1
	weightMemory       = 3
	weightMultiply     = 2
	weightDivide       = 20
	weightFloat        = 10
	weightFloatTimes   = 24
	weightFloatDivide  = 50
	weightFloatRound   = 8
	weightConvert      = 4
	weightBrTable      = 5
	weightCall         = 6
	weightCallIndirect = 12
	weightCallHost     = 200
	weightEntry        = 10
	weightLoop         = 4
	weightSegment      = 2
	weightMemoryGrow   = 2_000
	weightCopy         = 20
	weightFill         = 100

	// freeValues is how many values a branch or a call hands over for its own weight; each
	// one more weighs 1. Compilers need no more than these.
	freeValues = 8
	// freeLocals is the same for locals where paths meet.
	freeLocals = 32

	// bulkShift makes a length in bytes units of fuel: 8 bytes a unit.
	bulkShift = 3
	// smallBulk is a length that weightCopy and weightFill already pay for, in bytes.
	smallBulk = 128
	// weightPage is what each page of memory.grow costs: four times as much as filling it,
	// since the runtime moves a memory that grows, and the system makes room for it.
	weightPage = 4 * 65_536 >> bulkShift
)

// opcodes is the table of all opcodes of one byte that a policy may use.
func opcodes() *[256]opcode {
	var t [256]opcode
	set := func(from, to int, op opcode) {
		for code := from; code <= to; code++ {
			t[code] = op
		}
	}
	set(0x00, 0x00, opcode{diverges, 0, 0, weightPlain}) // unreachable
	set(0x01, 0x01, opcode{plain, 0, 0, weightPlain})    // nop
	set(opBlock, opElse, opcode{control, 0, 0, weightPlain})
	set(opEnd, opEnd, opcode{control, 0, 0, 0})
	set(opBr, opBr, opcode{label, 0, 0, weightPlain})
	set(opBrIf, opBrIf, opcode{label, 1, 0, weightPlain})
	set(opBrTable, opBrTable, opcode{control, 1, 0, weightBrTable})
	set(opReturn, opReturn, opcode{control, 0, 0, weightPlain})
	set(opCall, opCall, opcode{control, 0, 0, weightCall})
	set(opCallIndirect, opCallIndirect, opcode{control, 1, 0, weightCallIndirect})
	set(0x1a, 0x1a, opcode{plain, 1, 0, weightPlain}) // drop
	set(opSelect, opSelect, opcode{plain, 3, 1, weightPlain})
	set(opLocalGet, opLocalGet, opcode{local, 0, 1, weightPlain})
	set(opLocalSet, opLocalSet, opcode{local, 1, 0, weightPlain})
	set(opLocalTee, opLocalTee, opcode{local, 1, 1, weightPlain})
	set(opGlobalGet, opGlobalGet, opcode{global, 0, 1, weightMemory})
	set(opGlobalSet, opGlobalSet, opcode{global, 1, 0, weightMemory})
	set(0x28, 0x35, opcode{memory, 1, 1, weightMemory}) // loads
	set(0x36, 0x3e, opcode{memory, 2, 0, weightMemory}) // stores
	set(opMemorySize, opMemorySize, opcode{memoryIndex, 0, 1, weightMemory})
	set(opMemoryGrow, opMemoryGrow, opcode{memoryIndex, 1, 1, weightMemoryGrow})
	set(opI32Const, opI32Const, opcode{constI32, 0, 1, weightPlain})
	set(opI64Const, opI64Const, opcode{constI64, 0, 1, weightPlain})
	set(opF32Const, opF32Const, opcode{constF32, 0, 1, weightPlain})
	set(opF64Const, opF64Const, opcode{constF64, 0, 1, weightPlain})
	set(0x45, 0x45, opcode{plain, 1, 1, weightPlain}) // i32.eqz
	set(0x46, 0x4f, opcode{plain, 2, 1, weightPlain}) // i32 comparisons
	set(0x50, 0x50, opcode{plain, 1, 1, weightPlain}) // i64.eqz
	set(0x51, 0x5a, opcode{plain, 2, 1, weightPlain}) // i64 comparisons
	set(0x5b, 0x66, opcode{plain, 2, 1, weightConvert})
	for _, i := range []int{0x67, 0x79} { // i32 and i64
		set(i, i+2, opcode{plain, 1, 1, weightPlain})      // clz ctz popcnt
		set(i+3, i+4, opcode{plain, 2, 1, weightPlain})    // add sub
		set(i+5, i+5, opcode{plain, 2, 1, weightMultiply}) // mul
		set(i+6, i+9, opcode{plain, 2, 1, weightDivide})   // div rem
		set(i+10, i+17, opcode{plain, 2, 1, weightPlain})  // and or xor shl shr rotl rotr
	}
	for f, kind := range map[int]kind{0x8b: plainF32, 0x99: plainF64} {
		set(f, f+1, opcode{plain, 1, 1, weightPlain})          // abs neg
		set(f+2, f+5, opcode{kind, 1, 1, weightFloatRound})    // ceil floor trunc nearest
		set(f+6, f+6, opcode{kind, 1, 1, weightFloatDivide})   // sqrt
		set(f+7, f+8, opcode{kind, 2, 1, weightFloat})         // add sub
		set(f+9, f+9, opcode{kind, 2, 1, weightFloatTimes})    // mul
		set(f+10, f+10, opcode{kind, 2, 1, weightFloatDivide}) // div
		set(f+11, f+12, opcode{kind, 2, 1, weightFloat})       // min max
		set(f+13, f+13, opcode{plain, 2, 1, weightConvert})    // copysign
	}
	set(0xa7, 0xbf, opcode{converts, 1, 1, weightConvert})
	set(0xb6, 0xb6, opcode{plainF32, 1, 1, weightFloat})                   // f32.demote_f64
	set(0xbb, 0xbb, opcode{plainF64, 1, 1, weightFloat})                   // f64.promote_f32
	for _, code := range []int{0xa7, 0xac, 0xad, 0xbc, 0xbd, 0xbe, 0xbf} { // wrap, extend, reinterpret
		t[code] = opcode{plain, 1, 1, weightPlain}
	}
	set(0xc0, 0xc4, opcode{plain, 1, 1, weightPlain}) // sign extension
	return &t
}

// refusal says why an opcode is not in the table.
func refusal(op byte) error {
	switch op {
	case opPrefixSIMD:
		return errSIMD
	case opPrefixAtomic:
		return errAtomics
	case 0x1c, 0x25, 0x26, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6:
		return errReferences
	case 0x12, 0x13, 0x14, 0x15:
		return errTail
	case 0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f:
		return errExceptions
	}
	return nil
}

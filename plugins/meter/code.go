package meter

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Functions that Rewrite adds: two imports before all others, and helpers after all
// others.
const (
	importRefuel   = 0
	importOverflow = 1
	addedImports   = 2

	helperCheck  = 0 // () -> (): fuel or depth is below zero
	helperBulk   = 1 // (i32) -> (): pays for so many bytes
	helperGrow   = 2 // (i32) -> (i32): memory.grow, paid for
	addedHelpers = 3
)

// Globals that Rewrite adds, counted from the last of the guest's.
const (
	globalFuel   = 0
	globalDepth  = 1
	addedGlobals = 2
)

// Types that Rewrite adds, counted from the last of the guest's; more may follow.
const (
	typeNothing = 0 // () -> ()
	typeI32     = 1 // (i32) -> (i32)
	typeTakeI32 = 2 // (i32) -> ()
	addedTypes  = 3
)

// block is a block, loop, if or else that is open, or the body of a function.
type block struct {
	op              byte
	unreachable     bool // what follows in it is not reached
	base            int  // operands below it
	params, results int
	opened          int // the charge that pays for what is before it
	target          int // the outermost block that a branch in it goes to
	charge          int // the one of its rounds, if it is a loop
	writes          int // how often it writes locals
}

// rewriter rewrites one function after another.
type rewriter struct {
	*module
	opcodes *[256]opcode
	fuel    []byte // the index of the global, encoded
	depth   []byte
	helper  int // the index of the first one

	// Of the function at hand:
	r       reader
	code    []byte // what it has become so far
	copied  int    // how far r has been copied
	blocks  []block
	height  int // of the operand stack
	top     int // its maximum
	charges []charge
	merges  []merge
	paying  int    // the charge that pays for the instructions at hand
	weight  uint64 // of theirs, not yet added to it
	calls   bool   // a function of the guest
	leaf    bool   // calls nothing at all
	loops   bool
	cached  []byte // the index of the local that has the fuel, encoded, nil for none
	// instructions counts those of the function.
	instructions int
	params       int
	locals       int
	added        []byte // the types of the locals that were added
	cost
}

// rewriteCode fills in codeEntries.
func (m *module) rewriteCode() error {
	r := &reader{data: m.codeSection}
	functions := len(m.callees) - len(m.imports)
	if m.codeSection != nil {
		if n := r.count("bodies", maxFunctions); r.err == nil && n != functions {
			r.failf("there are %d bodies of %d functions", n, functions)
		}
	}
	w := &rewriter{module: m, opcodes: opcodes(), helper: addedImports + len(m.callees)}
	w.fuel = binary.AppendUvarint(nil, uint64(m.globals+globalFuel))
	w.depth = binary.AppendUvarint(nil, uint64(m.globals+globalDepth))
	m.codeEntries = make([]byte, 0, len(m.codeSection)+len(m.codeSection)/2)
	for i := range functions {
		body := r.bytes(r.u32())
		if r.err != nil {
			break
		}
		if err := w.function(m.callees[len(m.imports)+i], body); err != nil {
			return fmt.Errorf("function %d: %w", len(m.imports)+i, err)
		}
	}
	if r.err == nil && r.pos != len(m.codeSection) {
		r.failf("it goes on after its content")
	}
	if r.err != nil {
		return fmt.Errorf("section %d: %w", sectionCode, r.err)
	}
	w.helpers()
	return nil
}

// function rewrites one function.
func (w *rewriter) function(typeIndex uint32, body []byte) error {
	if len(body) > w.limits.FunctionBytes {
		return fmt.Errorf("it has %d bytes, want at most %d", len(body), w.limits.FunctionBytes)
	}
	w.stats.FunctionBytes = max(w.stats.FunctionBytes, len(body))
	t := w.types[typeIndex]
	w.r = reader{data: body}
	groups, groupEntries := w.localGroups(t.params)
	w.code, w.copied = w.code[:0], w.r.pos
	w.blocks = append(w.blocks[:0], block{op: opBlock, results: len(t.results)})
	w.height, w.top = 0, 0
	w.charges = append(w.charges[:0], charge{kind: chargeEntry})
	w.merges = w.merges[:0]
	w.paying, w.weight, w.instructions = 0, weightEntry, 0
	w.calls, w.leaf, w.loops, w.cached = false, true, false, nil
	w.added = w.added[:0]
	w.cost.reset(w.params + w.locals)
	for len(w.blocks) > 0 && w.r.err == nil {
		w.instruction()
	}
	if w.r.err != nil {
		return w.r.err
	}
	if w.r.pos != len(body) {
		return errors.New("it goes on after its end")
	}
	if err := w.estimate(&t); err != nil {
		return err
	}
	w.settle()
	w.assemble(typeIndex, groups, groupEntries)
	return nil
}

// localGroups reads the declaration of locals.
func (w *rewriter) localGroups(params int) (groups int, entries []byte) {
	r := &w.r
	w.params, w.locals = params, 0
	groups = r.count("groups of locals", maxLocals)
	first := r.pos
	for range groups {
		n := r.u32()
		r.valueType()
		if uint64(w.locals)+uint64(n) > maxLocals || uint64(w.module.locals)+uint64(n) > maxLocalsTogether {
			r.failf("it has more than %d locals, or all functions together more than %d", maxLocals, maxLocalsTogether)
		}
		if r.err != nil {
			return 0, nil
		}
		w.locals += int(n)
		w.module.locals += int(n)
	}
	return groups, r.data[first:r.pos]
}

// assemble puts the function together from its parts.
func (w *rewriter) assemble(typeIndex uint32, groups int, groupEntries []byte) {
	// The size of what is put around the code is not known, so that the size of the
	// body is made to take a fixed number of bytes.
	w.cached = nil
	if w.leaf && w.loops {
		w.cached = binary.AppendUvarint(nil, w.temporary(valueI64))
	}
	out := w.codeEntries
	at := len(out)
	out = append(out, 0, 0, 0, 0, 0)
	out = binary.AppendUvarint(out, uint64(groups+len(w.added)))
	out = append(out, groupEntries...)
	for _, valueType := range w.added {
		out = append(out, 1, valueType)
	}
	switch {
	case w.calls:
		frame := w.frame()
		out = w.appendCharge(out, w.charges[0].weight)
		out = appendSubtract(out, w.depth, frame)
		out = w.appendCheck(out)
		out = w.appendBlock(out, typeIndex)
		out = appendSubtract(out, w.depth, -frame)
	case w.cached != nil:
		out = w.appendCache(out)
		out = w.appendCharge(out, w.charges[0].weight)
		out = w.appendCheckFuel(out)
		out = w.appendBlock(out, typeIndex)
		out = w.appendUncache(out)
	default:
		out = w.appendCharge(out, w.charges[0].weight)
		out = w.appendCheckFuel(out)
		// The end of the code is the end of the function.
		out = w.appendCode(out)
		out = out[:len(out)-1]
	}
	out = append(out, opEnd)
	putLEB5(out[at:], uint32(len(out)-at-5))
	w.codeEntries = out
}

// frame is how many slots of depth a call of the function takes. The runtime gives a
// place in the frame to each value that is alive during a call, and none of them
// twice, so that the number of instructions and of values at boundaries counts.
func (w *rewriter) frame() uint64 {
	values := w.exposed*w.boundaries + w.values + w.instructions
	return uint64(slotsPerFrame + w.params + w.locals + w.top + values/valuesPerSlot)
}

// appendBlock appends the code of the function as a block, so that something can be
// done after it wherever it ends.
func (w *rewriter) appendBlock(code []byte, typeIndex uint32) []byte {
	return w.appendCode(w.appendBlockType(append(code, opBlock), typeIndex))
}

// appendBlockType appends the type of a block without parameters that has the
// results of a function type.
func (w *rewriter) appendBlockType(code []byte, typeIndex uint32) []byte {
	switch results := w.types[typeIndex].results; len(results) {
	case 0:
		return append(code, blockEmpty)
	case 1:
		return append(code, results[0])
	default:
		index, ok := w.blockTypes[typeIndex]
		if !ok {
			index = uint32(len(w.types) + addedTypes + w.blockTypeCount)
			w.blockTypeCount++
			if w.blockTypes == nil {
				w.blockTypes = make(map[uint32]uint32)
			}
			w.blockTypes[typeIndex] = index
			w.blockTypeEntries = append(w.blockTypeEntries, 0x60, 0)
			w.blockTypeEntries = binary.AppendUvarint(w.blockTypeEntries, uint64(len(results)))
			w.blockTypeEntries = append(w.blockTypeEntries, results...)
		}
		return appendSLEB(code, int64(index))
	}
}

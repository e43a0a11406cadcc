package meter

import (
	"encoding/binary"
)

// instruction reads the next instruction and appends what it becomes.
func (w *rewriter) instruction() {
	r := &w.r
	start := r.pos
	code := r.byte()
	op := &w.opcodes[code]
	w.weight += uint64(op.weight)
	w.instructions++
	switch op.kind {
	case plain:
	case converts:
		w.conversions++
	case plainF32:
		w.step(op)
		w.canonical(valueF32)
		return
	case plainF64:
		w.step(op)
		w.canonical(valueF64)
		return
	case diverges:
		w.diverge()
	case local:
		w.local(code)
	case global:
		r.index("global", w.globals)
	case memory:
		if align := r.u32(); align > 3 && r.err == nil {
			r.failf("an access to memory has the alignment 2^%d", align)
		}
		r.u32()
		w.needMemory()
	case memoryIndex:
		w.memoryIndex()
		if code == opMemoryGrow {
			w.leaf = false
			w.flush(start)
			w.code = w.appendHelper(w.code, helperGrow)
		}
	case constI32:
		r.skipLEB(5)
	case constI64:
		r.skipLEB(10)
	case constF32:
		r.bytes(4)
	case constF64:
		r.bytes(8)
	case label:
		w.carry(w.branch())
		w.step(op)
		if code == opBr {
			w.diverge()
		} else {
			w.boundary()
			w.segment(w.paying)
		}
		return
	case control:
		w.step(op)
		w.control(code, start)
		return
	default:
		w.misc(code, start)
		return
	}
	w.step(op)
}

// step pops and pushes what op does.
func (w *rewriter) step(op *opcode) {
	w.pop(int(op.pops))
	w.push(int(op.pushes))
}

func (w *rewriter) pop(n int) {
	b := &w.blocks[len(w.blocks)-1]
	if w.height -= n; w.height >= b.base {
		return
	}
	if !b.unreachable {
		w.r.failf("an instruction takes more operands than there are")
	}
	w.height = b.base
}

func (w *rewriter) push(n int) {
	w.height += n
	w.top = max(w.top, w.height)
}

// diverge notes that what follows in the block is not reached, so that it may take
// as many operands as it likes.
func (w *rewriter) diverge() {
	b := &w.blocks[len(w.blocks)-1]
	b.unreachable = true
	w.height = b.base
}

func (w *rewriter) needMemory() {
	if w.memory == 0 {
		w.r.failf("it uses a memory, but there is none")
	}
}

func (w *rewriter) memoryIndex() {
	if b := w.r.byte(); b != 0 {
		w.r.failf("it names the memory %d of 1", b)
	}
	w.needMemory()
}

// flush copies the instructions before to, which have not been copied yet, to the code.
// What lies between to and the position is dropped: an instruction that something
// else takes the place of.
func (w *rewriter) flush(to int) {
	w.code = append(w.code, w.r.data[w.copied:to]...)
	w.copied = w.r.pos
}

func (w *rewriter) appendHelper(code []byte, helper int) []byte {
	return binary.AppendUvarint(append(code, opCall), uint64(w.helper+helper))
}

// canonical appends code that makes any NaN the one NaN. Which bits a NaN has that
// comes out of arithmetic differs between processors.
func (w *rewriter) canonical(valueType byte) {
	w.floats++
	w.flush(w.r.pos)
	tmp, equal := w.temporary(valueType), byte(opF32Eq)
	if valueType == valueF64 {
		equal = opF64Eq
	}
	w.code = binary.AppendUvarint(append(w.code, opLocalTee), tmp)
	if valueType == valueF64 {
		w.code = append(w.code, opF64Const, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f)
	} else {
		w.code = append(w.code, opF32Const, 0, 0, 0xc0, 0x7f)
	}
	w.code = binary.AppendUvarint(append(w.code, opLocalGet), tmp)
	w.code = binary.AppendUvarint(append(w.code, opLocalGet), tmp)
	w.code = append(w.code, equal, opSelect)
}

// misc handles the opcodes that are not in the table.
func (w *rewriter) misc(code byte, start int) {
	if code != opPrefixMisc {
		if err := refusal(code); err != nil {
			w.r.fail(err)
		}
		w.r.failf("it has the opcode %#x, which is unknown", code)
		return
	}
	switch sub := w.r.u32(); {
	case w.r.err != nil:
	case sub <= lastTruncSat:
		w.weight += weightConvert
		w.conversions++
		w.step(&opcode{pops: 1, pushes: 1})
	case sub == miscMemoryCopy:
		w.memoryIndex()
		w.memoryIndex()
		w.bulk(start, weightCopy)
	case sub == miscMemoryFill:
		w.memoryIndex()
		w.bulk(start, weightFill)
	case sub <= 14:
		w.r.fail(errPassive)
	case sub <= 17:
		w.r.fail(errReferences)
	default:
		w.r.failf("it has the opcode %#x %d, which is unknown", code, sub)
	}
}

// bulk pays for the instruction that begins at start by the length that is on top
// of the stack. Its weight pays for the first bytes, so that few calls are needed.
func (w *rewriter) bulk(start int, weight uint64) {
	w.weight += weight + smallBulk>>bulkShift
	w.step(&opcode{pops: 3})
	for range boundariesOfBulk {
		w.boundary()
	}
	w.temporary(valueI32)
	w.charges = append(w.charges, charge{kind: chargeBulk, at: len(w.code) + start - w.copied})
}

// temporary returns the index of a local that was added to hold a value for an
// instruction.
func (w *rewriter) temporary(valueType byte) uint64 {
	for i, added := range w.added {
		if added == valueType {
			return uint64(w.params + w.locals + i)
		}
	}
	w.added = append(w.added, valueType)
	return uint64(w.params + w.locals + len(w.added) - 1)
}

// control handles what begins and ends blocks, branches and calls. Its operands of a
// fixed number have been popped.
func (w *rewriter) control(code byte, start int) {
	r := &w.r
	switch code {
	case opBlock, opLoop, opIf:
		params, results := w.blockType()
		if code == opIf {
			w.pop(1)
		}
		w.pop(params)
		w.blocks = append(w.blocks, block{
			op: code, base: w.height, params: params, results: results, opened: w.paying, target: len(w.blocks),
		})
		w.push(params)
		if w.stats.Nesting = max(w.stats.Nesting, len(w.blocks)-1); w.stats.Nesting > w.limits.Nesting {
			r.failf("its blocks lie deeper in each other than %d", w.limits.Nesting)
		}
		w.boundary()
		switch code {
		case opLoop:
			w.carry(params)
			w.boundary() // of the check
			w.pay(chargeLoop, w.paying)
			w.blocks[len(w.blocks)-1].charge = w.paying
		case opIf:
			w.boundary()
			w.segment(w.paying)
		}
	case opElse:
		b := &w.blocks[len(w.blocks)-1]
		if b.op != opIf {
			r.failf("there is an else without an if")
			return
		}
		b.op, b.unreachable = opElse, false
		w.carry(b.results)
		w.boundary()
		w.segment(b.opened)
		w.height = b.base
		w.push(b.params)
	case opEnd:
		w.end()
	case opBrTable:
		most := 0
		for n := r.count("labels of a br_table", len(r.data)) + 1; n > 0 && r.err == nil; n-- {
			most = max(most, w.branch())
			w.boundary()
		}
		w.carry(most)
		w.diverge()
	case opReturn:
		// The body has become a block, whose end the branch goes to.
		w.blocks[len(w.blocks)-1].target = 0
		w.flush(start)
		w.code = binary.AppendUvarint(append(w.code, opBr), uint64(len(w.blocks)-1))
		w.diverge()
	case opCall:
		callee := r.index("function", len(w.callees))
		if r.err != nil {
			return
		}
		w.flush(start)
		w.code = binary.AppendUvarint(append(w.code, opCall), uint64(callee)+addedImports)
		if int(callee) < len(w.imports) {
			w.weight += weightCallHost
		} else {
			w.calls = true
		}
		w.call(w.callees[callee])
	case opCallIndirect:
		callee := r.index("type", len(w.types))
		if r.u32() != 0 || w.tables == 0 {
			r.failf("it calls through a table that there is not")
		}
		if r.err != nil {
			return
		}
		// Some compilers spread the index of the table over five bytes.
		w.flush(start)
		w.code = binary.AppendUvarint(append(w.code, opCallIndirect), uint64(callee))
		w.code = append(w.code, 0)
		w.calls = true
		if w.hostInTable {
			w.weight += weightCallHost
		}
		w.call(callee)
	}
}

func (w *rewriter) call(typeIndex uint32) {
	t := &w.types[typeIndex]
	w.leaf = false
	w.carry(t.params + len(t.results))
	w.pop(t.params)
	w.push(len(t.results))
	// The runtime loads all globals that can change after each call.
	w.values += t.params + len(t.results) + len(w.mutable)/4
}

// blockType reads the type of a block and returns how many parameters and results
// it has.
func (w *rewriter) blockType() (params, results int) {
	r := &w.r
	if r.pos >= len(r.data) {
		r.fail(errTruncated)
		return 0, 0
	}
	switch b := r.data[r.pos]; {
	case b == blockEmpty:
		r.pos++
		return 0, 0
	case b <= valueI32 && b > blockEmpty:
		r.valueType()
		return 0, 1
	}
	// An index is a signed number of 33 bits. Were it negative in more than one byte, it
	// would be too large for an unsigned one or for the types.
	from := r.pos
	index := r.index("type", len(w.types))
	if r.err != nil {
		return 0, 0
	}
	if r.data[r.pos-1]&0x40 != 0 && r.pos-from < 5 {
		r.failf("a block has a negative number for a type")
		return 0, 0
	}
	t := &w.types[index]
	return t.params, len(t.results)
}

// branch reads a label and returns how many values the branch hands over.
func (w *rewriter) branch() (values int) {
	label := w.r.index("label", len(w.blocks))
	if w.r.err != nil {
		return 0
	}
	b := &w.blocks[len(w.blocks)-1]
	target := len(w.blocks) - 1 - int(label)
	b.target = min(b.target, target)
	to := &w.blocks[target]
	values = to.results
	if to.op == opLoop {
		values = to.params
	}
	w.values += values
	return values
}

// carry pays for values that a branch, the end of a block or a call hands over: each of
// them may have to be moved, while the instruction alone weighs next to nothing.
func (w *rewriter) carry(values int) { w.weight += uint64(max(0, values-freeValues)) }

// end ends a block.
func (w *rewriter) end() {
	last := len(w.blocks) - 1
	b := w.blocks[last]
	w.blocks = w.blocks[:last]
	w.carry(b.results)
	w.height = b.base
	w.push(b.results)
	if last == 0 {
		w.flush(w.r.pos)
		return
	}
	w.boundary()
	outer := &w.blocks[last-1]
	outer.target = min(outer.target, b.target)
	outer.writes += b.writes
	if b.target < last {
		w.segment(b.opened)
	} else {
		w.resume(b.opened)
	}
	if b.op != opLoop {
		b.charge = w.paying
	}
	if b.writes > freeLocals {
		w.merges = append(w.merges, merge{b.charge, b.writes})
	}
}

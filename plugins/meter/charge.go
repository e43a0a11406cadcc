package meter

import "encoding/binary"

// chargeKind says where a charge stands.
type chargeKind uint8

const (
	chargeEntry   chargeKind = iota // where the function begins
	chargeLoop                      // where each round of a loop begins
	chargeSegment                   // where the paths through a function part or meet
	chargeBulk                      // before memory.copy and memory.fill, by their length
)

// charge is a place of a function where fuel is taken for a segment: instructions that
// are reached from nowhere but there and that are reached only once from there. Fuel
// is compared with zero at entries and loops only, since what runs between two of
// these is finite.
type charge struct {
	kind   chargeKind
	merged bool // into its parent
	// parent is a charge that is passed whenever this one is, and not more often
	// than that without a loop.
	parent   int
	at       int // in the code
	weight   uint64
	absorbed uint64 // of weight, that of merged charges
}

// A segment that weighs less than smallSegment is paid for by its parent, whether or
// not it runs, as long as the parent pays for no more than maxAbsorbed in this way.
// It would cost more time to charge it exactly than it is worth.
const (
	smallSegment = 32
	maxAbsorbed  = 64
)

// pay begins a charge, which pays for what follows.
func (w *rewriter) pay(kind chargeKind, parent int) {
	at := len(w.code) + w.r.pos - w.copied // where the code will be
	w.charges = append(w.charges, charge{kind: kind, parent: parent, at: at})
	w.resume(len(w.charges) - 1)
	if kind == chargeLoop {
		w.weight, w.loops = weightLoop, true
	}
}

// segment begins a charge where paths part or meet.
func (w *rewriter) segment(parent int) { w.pay(chargeSegment, parent) }

// resume makes a charge of before pay for what follows: whoever passed it comes here,
// too.
func (w *rewriter) resume(charge int) {
	w.charges[w.paying].weight += w.weight
	w.paying, w.weight = charge, 0
}

// merge is where paths meet that have written locals: the runtime may have to move each
// of them on each path, also on one that has written none.
type merge struct {
	charge int // the one that pays
	writes int // how often locals are written on the way
}

// settle decides which charges are made.
func (w *rewriter) settle() {
	w.resume(0)
	for _, m := range w.merges {
		w.charges[m.charge].weight += uint64(max(0, min(m.writes, w.exposed)-freeLocals))
	}
	for i := len(w.charges) - 1; i > 0; i-- {
		c := &w.charges[i]
		parent := &w.charges[c.parent]
		if c.kind == chargeSegment && (c.weight == 0 || c.weight < smallSegment && parent.absorbed+c.weight <= maxAbsorbed) {
			c.merged = true
			parent.weight += c.weight
			parent.absorbed += c.weight
		}
	}
}

// appendCode appends the code of the function with its charges, but for the first.
func (w *rewriter) appendCode(out []byte) []byte {
	copied := 0
	for _, c := range w.charges[1:] {
		if c.merged {
			continue
		}
		out = append(out, w.code[copied:c.at]...)
		copied = c.at
		switch c.kind {
		case chargeLoop:
			out = w.appendCheckFuel(w.appendCharge(out, c.weight))
		case chargeBulk:
			out = w.appendBulk(out)
		default:
			out = w.appendCharge(out, c.weight+weightSegment)
		}
	}
	return append(out, w.code[copied:]...)
}

// appendCharge appends code that takes n off the fuel.
func (w *rewriter) appendCharge(code []byte, n uint64) []byte {
	if w.cached == nil {
		return appendSubtract(code, w.fuel, n)
	}
	code = appendIndexed(code, opLocalGet, w.cached)
	code = appendSLEB(append(code, opI64Const), int64(n))
	return appendIndexed(append(code, opI64Sub), opLocalSet, w.cached)
}

// appendBulk appends code that pays for as many bytes as the number on top of the stack
// says, if they are many.
func (w *rewriter) appendBulk(code []byte) []byte {
	length := binary.AppendUvarint(nil, w.temporary(valueI32))
	code = appendIndexed(appendIndexed(code, opLocalTee, length), opLocalGet, length)
	code = appendSLEB(append(code, opI32Const), smallBulk)
	code = append(code, opI32GtU, opIf, blockEmpty)
	if w.cached != nil {
		code = w.appendUncache(code)
	}
	code = w.appendHelper(appendIndexed(code, opLocalGet, length), helperBulk)
	if w.cached != nil {
		code = w.appendCache(code)
	}
	return append(code, opEnd)
}

// appendSubtract appends code that takes n off a global.
func appendSubtract(code, global []byte, n uint64) []byte {
	code = appendIndexed(code, opGlobalGet, global)
	code = appendSLEB(append(code, opI64Const), int64(n))
	return appendIndexed(append(code, opI64Sub), opGlobalSet, global)
}

// appendCheckFuel appends code that refuels if need be.
func (w *rewriter) appendCheckFuel(code []byte) []byte {
	if w.cached == nil {
		code = appendIndexed(code, opGlobalGet, w.fuel)
	} else {
		code = appendIndexed(code, opLocalGet, w.cached)
	}
	code = append(code, opI64Const, 0, opI64LtS, opIf, blockEmpty)
	if w.cached != nil {
		code = w.appendUncache(code)
	}
	code = append(code, opCall, importRefuel)
	if w.cached != nil {
		code = w.appendCache(code)
	}
	return append(code, opEnd)
}

// appendCache appends code that copies the fuel to a local, and appendUncache copies it
// back. Functions that call nothing and have loops are two times as fast with that.
// When such a function traps, the fuel that it took so far is lost, as all else is.
func (w *rewriter) appendCache(code []byte) []byte {
	return appendIndexed(appendIndexed(code, opGlobalGet, w.fuel), opLocalSet, w.cached)
}

func (w *rewriter) appendUncache(code []byte) []byte {
	return appendIndexed(appendIndexed(code, opLocalGet, w.cached), opGlobalSet, w.fuel)
}

// appendCheck appends code that stops the guest if the depth is below zero, and
// refuels if need be.
func (w *rewriter) appendCheck(code []byte) []byte {
	code = appendIndexed(code, opGlobalGet, w.fuel)
	code = appendIndexed(code, opGlobalGet, w.depth)
	code = append(code, opI64Or, opI64Const, 0, opI64LtS, opIf, blockEmpty)
	return append(w.appendHelper(code, helperCheck), opEnd)
}

package meter

import (
	"fmt"
	"time"
)

// cost collects what says how long a function takes to compile. A compiler spends
// more than linear time on what must be carried from block to block.
type cost struct {
	// boundaries is the number of places where blocks begin, end or branch.
	boundaries int
	// values is the number of operands that are there at these places, and that are
	// handed over by branches and calls.
	values int
	// exposed is the number of locals that are read in a block that has not written
	// them before.
	exposed int
	// floats is the number of instructions whose result is made canonical, and conversions
	// that of those between integers and floats.
	floats, conversions int

	stamp   uint32   // of the block at hand; no two of a module have the same
	first   uint32   // stamp of the function
	written []uint32 // stamp of the last block that wrote a local
	read    []uint32 // stamp of the last block that read one that it had not written
}

// boundariesOfBulk is how many blocks memory.copy and memory.fill become.
const boundariesOfBulk = 8

func (c *cost) reset(locals int) {
	c.boundaries, c.values, c.exposed, c.floats, c.conversions = 0, 0, 0, 0, 0
	c.stamp++
	c.first = c.stamp
	if more := locals - len(c.written); more > 0 {
		c.written = append(c.written, make([]uint32, more)...)
		c.read = append(c.read, make([]uint32, more)...)
	}
}

// boundary notes that a block begins or ends.
func (w *rewriter) boundary() {
	w.boundaries++
	w.values += w.height
	w.stamp++
}

// local reads the index of a local and notes how it is used.
func (w *rewriter) local(code byte) {
	i := w.r.index("local", w.params+w.locals)
	switch {
	case w.r.err != nil:
	case code != opLocalGet:
		w.blocks[len(w.blocks)-1].writes++
		w.written[i] = w.stamp
	case w.written[i] != w.stamp:
		if w.read[i] < w.first {
			w.exposed++
		}
		w.read[i] = w.stamp
	}
}

// estimate bounds the cost of the function at hand, and of all so far.
func (w *rewriter) estimate(t *funcType) error {
	values := w.exposed*w.boundaries + w.values
	function := time.Duration(values*nanosPerValue + w.boundaries*w.boundaries*nanosPerPair +
		(t.params+len(t.results)+w.locals)*nanosPerLocal + w.floats*nanosPerFloat + w.conversions*nanosPerConversion)
	if function > w.limits.FunctionCost {
		return fmt.Errorf("it is too complex to compile, since %d locals and %d operands are used across %d blocks, and %d floats: estimated at %v, want at most %v",
			w.exposed, w.values, w.boundaries, w.floats+w.conversions, function.Round(time.Millisecond), w.limits.FunctionCost)
	}
	w.stats.FunctionCost = max(w.stats.FunctionCost, function)
	w.stats.ModuleCost += function
	if w.stats.ModuleCost > w.costLimit {
		return fmt.Errorf("with it the module is too complex to compile for its size: estimated at %v so far, want at most %v",
			w.stats.ModuleCost.Round(time.Millisecond), w.costLimit.Round(time.Millisecond))
	}
	return nil
}

package meter

import "time"

// DefaultDepth is room enough for programs that recurse.
const DefaultDepth = 2_500_000

// What a frame is taken to need, in slots of 8 bytes.
const (
	// slotsPerFrame is for the return address and for registers.
	slotsPerFrame = 16
	// valuesPerSlot is how many of the values that a function computes share a slot;
	// most of them never leave the registers.
	valuesPerSlot = 4
)

// The defaults of Limits.
const (
	DefaultFunctionBytes = 256 << 10
	DefaultNesting       = 2_500
	DefaultFunctionCost  = 1250 * time.Millisecond
	DefaultModuleCost    = 32 * time.Second
	DefaultCostPerByte   = 7500 * time.Nanosecond
)

// Limits bounds what a module may hold. The zero value of each field stands for its
// default.
//
// The costs are estimates of what a module takes to compile beyond the time that any
// code of its size does. They are meant to be too high rather than too low: modules
// that were made to be slow took 0.2 to 0.7 times their estimate of processor time,
// and those that compilers produce 0.1 to 0.4 times.
type Limits struct {
	// FunctionBytes bounds the body of one function. Default 256 KiB; the longest of a
	// policy written in Go has 29 KB, of one in Rust, C or AssemblyScript 10 KB.
	FunctionBytes int
	// Nesting bounds how deep blocks of a function lie in each other. Default 2,500; Go
	// needs 550, others 35.
	Nesting int
	// FunctionCost bounds the cost of one function. Default 1.25 s; Go needs 0.3 s,
	// others 0.1 s.
	FunctionCost time.Duration
	// ModuleCost bounds the cost of all functions together, however large the module
	// is, and CostPerByte what it may have for each byte beyond one FunctionCost.
	// Default 32 s and 7.5 µs. Go needs 7.4 s and 1.9 µs; others up to 1.7 µs.
	ModuleCost, CostPerByte time.Duration
}

// The costs of compilation that the estimate is made of, in nanoseconds.
const (
	// nanosPerValue is for carrying a value across a boundary.
	nanosPerValue = 2_000
	// nanosPerPair is for each pair of boundaries in a function.
	nanosPerPair = 30
	// nanosPerLocal is for each parameter, result and local.
	nanosPerLocal = 100
	// nanosPerFloat is for an instruction whose result is made canonical.
	nanosPerFloat = 8_000
	// nanosPerConversion is for one between integers and floats.
	nanosPerConversion = 20_000
)

// Stats is how much a module has of what Limits bounds: the most of one function, but
// for ModuleCost.
type Stats struct {
	FunctionBytes, Nesting   int
	FunctionCost, ModuleCost time.Duration
}

func (l Limits) withDefaults() Limits {
	return Limits{
		FunctionBytes: positiveOr(l.FunctionBytes, DefaultFunctionBytes),
		Nesting:       positiveOr(l.Nesting, DefaultNesting),
		FunctionCost:  positiveOr(l.FunctionCost, DefaultFunctionCost),
		ModuleCost:    positiveOr(l.ModuleCost, DefaultModuleCost),
		CostPerByte:   positiveOr(l.CostPerByte, DefaultCostPerByte),
	}
}

func positiveOr[T int | time.Duration](n, otherwise T) T {
	if n > 0 {
		return n
	}
	return otherwise
}

// Limits of what a module announces. The runtime makes room for what a count says
// before it looks whether it is there, so that a few bytes could take all memory of
// the process. The limits are far above what compilers produce for a module of the
// size that is allowed.
const (
	maxTypes          = 10_000
	maxTypeValues     = 1_000 // parameters, and results, of one function type
	maxImports        = 1_000
	maxFunctions      = 100_000
	maxGlobals        = 10_000
	maxExports        = 10_000
	maxElements       = 10_000
	maxDataSegments   = 100_000
	maxLocals         = 50_000    // of one function
	maxLocalsTogether = 4_000_000 // of all functions
	// maxTableEntries bounds a table; an entry takes 8 bytes in each instance.
	maxTableEntries = 1 << 17
	// maxMutableGlobals bounds what must be restored after each call.
	maxMutableGlobals = 1_024
)

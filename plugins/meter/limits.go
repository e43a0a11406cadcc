package meter

// DefaultDepth is room enough for programs that recurse.
const DefaultDepth = 1 << 20

// Limits bounds what a module may hold. The zero value of each field stands for its
// default.
type Limits struct {
	// FunctionBytes bounds the body of one function.
	FunctionBytes int
}

// Stats is how much a module has of what Limits bounds.
type Stats struct {
	FunctionBytes int
}

func (l Limits) withDefaults() Limits {
	set := func(field *int, otherwise int) {
		if *field <= 0 {
			*field = otherwise
		}
	}
	set(&l.FunctionBytes, 1<<20)
	return l
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

package plugins

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// The defaults of Options.
const (
	DefaultMaxModuleBytes = 8 << 20
	DefaultMaxMemoryBytes = 64 << 20
	DefaultMaxInputBytes  = 4 << 20
	DefaultMaxOutputBytes = 1 << 20
	DefaultMaxLogBytes    = 16 << 10
	DefaultFuel           = 200_000_000
	DefaultDeadline       = time.Second
	DefaultMaxInstances   = 1_000
	DefaultMaxIdleBytes   = 512 << 20
)

// Options bounds what policies may use. The zero value of each field stands for
// its default.
type Options struct {
	// MaxModuleBytes bounds the size of a module. Default 8 MiB.
	MaxModuleBytes int
	// MaxMemoryBytes bounds the linear memory of one instance; it is rounded down
	// to whole pages of 64 KiB. Default 64 MiB.
	MaxMemoryBytes int
	// MaxInputBytes bounds the JSON that a hook is given. Default 4 MiB.
	MaxInputBytes int
	// MaxOutputBytes bounds the JSON that a hook answers. Default 1 MiB.
	MaxOutputBytes int
	// MaxLogBytes bounds what one call may log; the rest is dropped. Default 16 KiB.
	MaxLogBytes int
	// Fuel bounds the work of one call, about one unit for each instruction of the
	// guest; see package meter for what costs more. An initialisation may take twice
	// as much. Default 200 million: some hundred times what a policy takes for an
	// ordinary user, and a few tenths of a second at the most.
	Fuel uint64
	// Deadline bounds one call in time, without the wait for its turn. It is the last
	// resort for a machine so slow or so busy that fuel takes too long. An
	// initialisation may take ten times as long. Default 1 second.
	Deadline time.Duration
	// MaxRunning bounds how many calls of one policy run at once, and MaxRunningTotal
	// those of all; further callers wait their turn. A guest does nothing but compute,
	// so more than there are processors gains nothing. Default half of GOMAXPROCS, at
	// least 1, and GOMAXPROCS.
	MaxRunning, MaxRunningTotal int
	// MaxInstances bounds how many instances exist, of all policies together, and
	// MaxIdleBytes how much memory those may hold that have nothing to do, compiled
	// code included. Beyond that, what was used longest ago is given up, and made anew
	// when it is needed. Default 1000, and 512 MiB.
	MaxInstances, MaxIdleBytes int
	// CacheDir is where compiled modules are kept from one process to the next. It
	// is created if need be and must be writable by nobody else: it holds machine
	// code. Old files are removed when there is more than 2 GiB. Default none: modules are compiled again by each process.
	CacheDir string
	// Compiler is a command that ends in CompileMain, with its arguments: it compiles
	// modules in a process of its own, whose processor time and memory are limited.
	// It needs CacheDir, and a system that can limit a process: Linux, macOS or FreeBSD.
	// Default none: modules are compiled in this process, and may then have no more than
	// MaxInProcessBytes.
	Compiler *Compiler
	// Log is given what a call logged, if anything, after that call has ended and
	// before its caller gets the result. It is called by several goroutines at
	// once. Default none: lines are dropped.
	Log func(context.Context, LogEntry)
	// Clock tells the time for deadlines and suspensions. Default time.Now.
	Clock func() time.Time
}

// LoadOptions says what one policy may use. The zero value of each field stands for
// the host's own.
type LoadOptions struct {
	// MaxMemoryBytes bounds the memory of one instance. More than the host's
	// Options.MaxMemoryBytes is an error.
	MaxMemoryBytes int
	// Fuel bounds the work of one call. More than the host's Options.Fuel is an error.
	Fuel uint64
	// Deadline bounds one call in time. More than the host's Options.Deadline is an
	// error.
	Deadline time.Duration
	// Log takes the place of Options.Log.
	Log func(context.Context, LogEntry)
	// Source reads the module again when the policy is needed after it was given up
	// for others. Default none: the module is kept in memory.
	Source func(context.Context) ([]byte, error)
}

// LogEntry is what a policy logged in one call, by the function log of the ABI or
// on standard output and standard error.
type LogEntry struct {
	// Version is the policy's version.
	Version string
	// Hook is the hook that was called, or "initialize".
	Hook string
	// Lines are the guest's words, untrusted: printable, bounded, and likely to hold
	// personal data.
	Lines []string
	// Truncated says that there was more than Options.MaxLogBytes.
	Truncated bool
}

// Host loads and runs policies. It is safe for concurrent use.
type Host struct {
	opts Options
	// compiling lets one module that is new compile at a time, since each may take seconds
	// of a processor and a lot of memory. returning does the same for those that have been
	// given up and are needed again: nobody's upload must keep them waiting.
	compiling, returning compileLane
	// running has an element for each call that runs. Policies that are being loaded
	// have a turn of their own, one at a time: who uploads must not keep those waiting
	// who work.
	running, loading chan struct{}
	idle             idleList

	mu       sync.Mutex
	cache    wazero.CompilationCache // nil until the first Load
	policies map[*Policy]struct{}
	programs map[programKey]*program
	closed   bool

	// interpreted runs guests on an interpreter, which tests compare with machine code.
	interpreted bool
}

// New returns a Host. It takes no resources until the first Load, so a Host that
// was only made need not be closed.
func New(opts Options) *Host {
	procs := runtime.GOMAXPROCS(0)
	opts.MaxModuleBytes = positiveOr(opts.MaxModuleBytes, DefaultMaxModuleBytes)
	opts.MaxMemoryBytes = positiveOr(opts.MaxMemoryBytes, DefaultMaxMemoryBytes)
	opts.MaxInputBytes = positiveOr(opts.MaxInputBytes, DefaultMaxInputBytes)
	opts.MaxOutputBytes = positiveOr(opts.MaxOutputBytes, DefaultMaxOutputBytes)
	opts.MaxLogBytes = positiveOr(opts.MaxLogBytes, DefaultMaxLogBytes)
	opts.MaxRunning = positiveOr(opts.MaxRunning, max(1, procs/2))
	opts.MaxRunningTotal = positiveOr(opts.MaxRunningTotal, procs)
	opts.MaxInstances = positiveOr(opts.MaxInstances, DefaultMaxInstances)
	opts.MaxIdleBytes = positiveOr(opts.MaxIdleBytes, DefaultMaxIdleBytes)
	opts.Deadline = positiveOr(opts.Deadline, DefaultDeadline)
	if opts.Fuel == 0 {
		opts.Fuel = DefaultFuel
	}
	opts.Fuel = min(opts.Fuel, maxFuel)
	if !canLimit || opts.CacheDir == "" {
		opts.Compiler = nil
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	return &Host{
		opts:      opts,
		compiling: make(compileLane, 1),
		returning: make(compileLane, 1),
		running:   make(chan struct{}, opts.MaxRunningTotal),
		loading:   make(chan struct{}, 1),
		idle:      idleList{maxBytes: opts.MaxIdleBytes, maxInstances: opts.MaxInstances},
		policies:  make(map[*Policy]struct{}),
		programs:  make(map[programKey]*program),
	}
}

// Limits returns what a call may take where its policy says nothing else.
func (h *Host) Limits() Options { return h.opts }

// Stats is what a Host holds at a moment.
type Stats struct {
	// Policies is how many are loaded, Programs how many different modules they are.
	Policies, Programs int
	// Compiled is how many of the programs have their machine code in memory.
	Compiled int
	// Instances is how many there are, Idle how many of them have nothing to do.
	Instances, Idle int
	// IdleBytes is what idle instances and idle code hold, as Options.MaxIdleBytes
	// counts it.
	IdleBytes int
	// Evicted counts the instances and programs that were given up for others.
	Evicted uint64
}

// Stats returns what the host holds now.
func (h *Host) Stats() Stats {
	s := h.idle.stats()
	h.mu.Lock()
	defer h.mu.Unlock()
	s.Policies, s.Programs = len(h.policies), len(h.programs)
	for _, p := range h.programs {
		if p.loaded() {
			s.Compiled++
		}
	}
	return s
}

// Close closes every policy of the host and frees all that it holds. It waits for
// calls that are under way; when ctx ends first it returns the context's error and
// can be called again. After Close, Load and the hooks return ErrClosed.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	open := make([]*Policy, 0, len(h.policies))
	for p := range h.policies {
		open = append(open, p)
	}
	h.mu.Unlock()

	for _, p := range open {
		if err := p.Close(ctx); err != nil {
			return err
		}
	}
	// A module that is being compiled at this moment needs the cache; its Load ends in
	// ErrClosed.
	for _, lane := range []compileLane{h.compiling, h.returning} {
		if err := lane.enter(ctx); err != nil {
			return err
		}
		defer lane.leave()
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cache == nil {
		return nil
	}
	err := h.cache.Close(ctx)
	h.cache = nil
	if err != nil {
		return fmt.Errorf("close compiled policies: %w", err)
	}
	return nil
}

// compileLane lets as many compile at once as it has room for.
type compileLane chan struct{}

func (l compileLane) enter(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the policy compiler: %w", context.Cause(ctx))
	}
}

func (l compileLane) leave() { <-l }

// compiledCode returns the store of compiled code that all policies share, making it
// at the first call.
func (h *Host) compiledCode() (wazero.CompilationCache, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	if h.cache != nil {
		return h.cache, nil
	}
	cache := wazero.NewCompilationCache()
	if h.opts.CacheDir != "" {
		removeUnfinished(h.opts.CacheDir)
		pruneCache(h.opts.CacheDir, maxCacheBytes)
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(h.opts.CacheDir); err != nil {
			return nil, fmt.Errorf("open policy cache: %w", err)
		}
	}
	h.cache = cache
	return cache, nil
}

// newRuntime returns a runtime with the host's modules in it. Each program has one of
// its own, because a runtime keeps the function types of all modules that it has
// ever seen.
func (h *Host) newRuntime(ctx context.Context, pages uint32) (wazero.Runtime, error) {
	cache, err := h.compiledCode()
	if err != nil {
		return nil, err
	}
	config := runtimeConfig(wazero.NewRuntimeConfig(), pages)
	if h.interpreted {
		config = runtimeConfig(wazero.NewRuntimeConfigInterpreter(), pages)
	}
	rt := wazero.NewRuntimeWithConfig(ctx, config.WithCompilationCache(cache))
	for _, module := range []hostModule{policyModule(), wasiModule()} {
		if err := module.instantiate(ctx, rt); err != nil {
			return nil, errors.Join(err, rt.Close(ctx))
		}
	}
	return rt, nil
}

// runtimeConfig is what compiled code depends on, so that the compiler's process and
// this one must agree about it. Nothing watches the context: a guest that runs on fuel
// stops by itself.
func runtimeConfig(config wazero.RuntimeConfig, pages uint32) wazero.RuntimeConfig {
	return config.
		WithCoreFeatures(api.CoreFeaturesV2.
			SetEnabled(api.CoreFeatureReferenceTypes, false).
			SetEnabled(api.CoreFeatureSIMD, false)).
		WithMemoryLimitPages(pages).
		WithDebugInfoEnabled(false)
}

func positiveOr[N int | time.Duration](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

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
	DefaultDeadline       = time.Second
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
	// Deadline bounds the run of one hook, without the wait for a free instance. An
	// initialisation may take ten times as long. Default 1 second.
	Deadline time.Duration
	// MaxInstances bounds how many calls of one policy run at once; further callers
	// wait. Instances are made when they are first needed and kept for the next
	// call, each with its own memory. Default twice GOMAXPROCS, at least 4.
	MaxInstances int
	// CacheDir is where compiled modules are kept from one process to the next. It
	// is created if need be and must be writable by nobody else: it holds machine
	// code. Default none: modules are compiled again by each process.
	CacheDir string
	// Log is given what a call logged, if anything, after that call has ended and
	// before its caller gets the result. It is called by several goroutines at
	// once. Default none: lines are dropped.
	Log func(context.Context, LogEntry)
}

// LoadOptions says what one policy may use. The zero value of each field stands for
// the host's own.
type LoadOptions struct {
	// MaxMemoryBytes bounds the memory of one instance. More than the host's
	// Options.MaxMemoryBytes is an error.
	MaxMemoryBytes int
	// Fuel bounds the work of one call. More than the host's Options.Fuel is an error.
	Fuel uint64
	// Deadline bounds one call in time, for machines that are slower than fuel
	// assumes. More than the host's Options.Deadline is an error.
	Deadline time.Duration
	// Log takes the place of Options.Log.
	Log func(context.Context, LogEntry)
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
	// compiling lets one module compile at a time, since each may take seconds of
	// all processors and a lot of memory.
	compiling chan struct{}

	mu       sync.Mutex
	cache    wazero.CompilationCache // nil until the first Load
	policies map[*Policy]struct{}
	closed   bool
}

// New returns a Host. It takes no resources until the first Load, so a Host that
// was only made need not be closed.
func New(opts Options) *Host {
	opts.MaxModuleBytes = positiveOr(opts.MaxModuleBytes, DefaultMaxModuleBytes)
	opts.MaxMemoryBytes = positiveOr(opts.MaxMemoryBytes, DefaultMaxMemoryBytes)
	opts.MaxInputBytes = positiveOr(opts.MaxInputBytes, DefaultMaxInputBytes)
	opts.MaxOutputBytes = positiveOr(opts.MaxOutputBytes, DefaultMaxOutputBytes)
	opts.MaxLogBytes = positiveOr(opts.MaxLogBytes, DefaultMaxLogBytes)
	opts.MaxInstances = positiveOr(opts.MaxInstances, max(4, 2*runtime.GOMAXPROCS(0)))
	if opts.Deadline <= 0 {
		opts.Deadline = DefaultDeadline
	}
	return &Host{
		opts:      opts,
		compiling: make(chan struct{}, 1),
		policies:  make(map[*Policy]struct{}),
	}
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
	if err := h.lockCompiler(ctx); err != nil {
		return err
	}
	defer h.unlockCompiler()

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

func (h *Host) lockCompiler(ctx context.Context) error {
	select {
	case h.compiling <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the policy compiler: %w", context.Cause(ctx))
	}
}

func (h *Host) unlockCompiler() { <-h.compiling }

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
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(h.opts.CacheDir); err != nil {
			return nil, fmt.Errorf("open policy cache: %w", err)
		}
	}
	h.cache = cache
	return cache, nil
}

// newRuntime returns a runtime with the host's modules in it. Each policy has one of
// its own, because a runtime keeps the function types of all modules that it has
// ever seen.
func (h *Host) newRuntime(ctx context.Context) (wazero.Runtime, error) {
	cache, err := h.compiledCode()
	if err != nil {
		return nil, err
	}
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2.SetEnabled(api.CoreFeatureReferenceTypes, false)).
		WithMemoryLimitPages(uint32(min(max(1, h.opts.MaxMemoryBytes/wasmPageBytes), maxMemoryPages))).
		WithCompilationCache(cache).
		WithCloseOnContextDone(true).
		WithDebugInfoEnabled(false))
	for _, module := range []hostModule{policyModule(), wasiModule()} {
		if err := module.instantiate(ctx, rt); err != nil {
			return nil, errors.Join(err, rt.Close(ctx))
		}
	}
	return rt, nil
}

func positiveOr(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

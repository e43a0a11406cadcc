package plugins

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/meter"
)

// MaxInProcessBytes bounds a module that is compiled without Options.Compiler, where
// nothing but its size and structure bounds what that takes.
const MaxInProcessBytes = 4 << 20

// codeFactor is how many bytes of memory a compiled module takes for each of its own,
// roughly: machine code, and what the runtime knows of its functions.
const codeFactor = 6

// compile makes a module's code, when it is its turn in lane. A compilation in this process
// cannot be interrupted.
func (h *Host) compile(ctx context.Context, lane compileLane, module *meter.Module, pages uint32) (*code, error) {
	if err := lane.enter(ctx); err != nil {
		return nil, err
	}
	defer lane.leave()
	if err := h.tryOut(ctx, module.Wasm, pages); err != nil {
		return nil, err
	}
	rt, err := h.newRuntime(ctx, pages)
	if err != nil {
		return nil, err
	}
	compiled, err := compileIn(ctx, rt, module.Wasm)
	if err != nil {
		// The error that matters is the one that is already there.
		_ = rt.Close(ctx)
		return nil, notRunnable(err.Error(), err)
	}
	return &code{runtime: rt, compiled: compiled, globals: module.Globals, bytes: codeFactor * len(module.Wasm)}, nil
}

func compileIn(ctx context.Context, rt wazero.Runtime, wasm []byte) (wazero.CompiledModule, error) {
	return rt.CompileModule(experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0)), wasm)
}

func notRunnable(problem string, err error) error {
	return &LoadError{Problem: "not a module that can run: " + abi.CleanText(problem, maxDetailBytes), Err: err}
}

// Compiler is how a process is started that ends in CompileMain. It gets no environment
// but Env.
type Compiler struct {
	Path string
	Args []string // with the name of the program as the first
	Env  []string
}

// What a compiler may take. Honest modules take about a millisecond of a processor for
// each kilobyte.
const (
	compileCPU      = 500 * time.Millisecond
	compileCPUPerKB = 5 * time.Millisecond
	compileMemory   = 1 << 30
	// compileWall bounds a compiler that waits instead of working.
	compileWall = 2 * time.Minute
	// compileVirtual is how much address space the compiler may take beyond what it has
	// at its start. The Go runtime reserves much more than it uses.
	compileVirtual = 3 << 30
	// compileReply bounds what is read of a compiler's answer.
	compileReply = 64 << 10
)

// compileRequest is what a compiler is asked, on its standard input, in front of the
// module.
type compileRequest struct {
	Dir   string `json:"dir"`
	Pages uint32 `json:"pages"`
	Size  int    `json:"size"`
}

// compileAnswer is what it answers on its standard output.
type compileAnswer struct {
	Compiler int    `json:"caddy_scim_compiler"` // compilerProtocol
	Problem  string `json:"problem,omitempty"`
	// Disk says that the problem is not the module's.
	Disk bool `json:"disk,omitempty"`
}

const compilerProtocol = 1

// tryOut sees to it that the code of a module is in the cache, where there is one, made by
// a process of its own, where there is a compiler. What is there already is used only if
// it is what was put there: nobody runs machine code that a disk has changed.
func (h *Host) tryOut(ctx context.Context, wasm []byte, pages uint32) error {
	if h.opts.Compiler == nil && len(wasm) > MaxInProcessBytes {
		return &LoadError{Problem: fmt.Sprintf("the module has %d bytes with its meter, want at most %d where it is compiled in this process", len(wasm), MaxInProcessBytes)}
	}
	if h.opts.CacheDir == "" {
		return nil
	}
	mark := h.mark(wasm, pages)
	if isKept(h.opts.CacheDir, mark) {
		return nil
	}
	if err := os.MkdirAll(h.opts.CacheDir, 0o700); err != nil {
		return fmt.Errorf("keep the compiled policy: %w", err)
	}
	dir, err := os.MkdirTemp(h.opts.CacheDir, unfinished+"*")
	if err != nil {
		return fmt.Errorf("keep the compiled policy: %w", err)
	}
	// What cannot be removed now goes when a host starts.
	defer func() { _ = os.RemoveAll(dir) }()
	if h.opts.Compiler != nil {
		err = h.runCompiler(ctx, dir, wasm, pages)
	} else {
		err = compileHere(ctx, dir, wasm, pages)
	}
	if err != nil {
		return err
	}
	if err := keep(h.opts.CacheDir, dir, mark); err != nil {
		return fmt.Errorf("keep the compiled policy: %w", err)
	}
	return nil
}

// mark is the name of the file that says that a module has been compiled for this machine
// by this version of the runtime.
func (h *Host) mark(wasm []byte, pages uint32) string {
	sum := sha256.Sum256(wasm)
	return filepath.Join("passed", fmt.Sprintf("%s-%d-%s-%s-%s", hex.EncodeToString(sum[:]), pages, runtime.GOOS, runtime.GOARCH, runtimeVersion()))
}

// runtimeVersion is that of the runtime whose compiler this program has.
var runtimeVersion = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/tetratelabs/wazero" {
				return strings.ReplaceAll(dep.Version, string(filepath.Separator), "_")
			}
		}
	}
	return "unknown"
})

func compileHere(ctx context.Context, dir string, wasm []byte, pages uint32) error {
	err := compileInto(ctx, dir, pages, wasm)
	if err != nil && !isDiskError(err) {
		return notRunnable(err.Error(), err)
	}
	return err
}

func (h *Host) runCompiler(ctx context.Context, dir string, wasm []byte, pages uint32) error {
	request, err := json.Marshal(compileRequest{Dir: dir, Pages: pages, Size: len(wasm)})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, compileWall, errCompileWall)
	defer cancel()
	c := h.opts.Compiler
	cmd := exec.CommandContext(ctx, c.Path) //nolint:gosec // the operator's own program
	cmd.Args, cmd.Env, cmd.WaitDelay = c.Args, append([]string{"GOMAXPROCS=1"}, c.Env...), time.Second
	cmd.Stdin = bytes.NewReader(append(append(request, '\n'), wasm...))
	out := &limitedBuffer{room: compileReply}
	cmd.Stdout = out
	err = cmd.Run()
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(cause, errCompileWall) {
			return fmt.Errorf("compile the policy: %w", cause)
		}
		return notRunnable(errCompileWall.Error(), errCompileWall)
	}
	var answer compileAnswer
	switch jsonErr := json.Unmarshal(out.Bytes(), &answer); {
	case jsonErr == nil && answer.Compiler == compilerProtocol && answer.Problem == "" && err == nil:
		return nil
	case jsonErr == nil && answer.Compiler == compilerProtocol && answer.Disk:
		return fmt.Errorf("keep the compiled policy: %s", abi.CleanText(answer.Problem, maxDetailBytes))
	case jsonErr == nil && answer.Compiler == compilerProtocol && answer.Problem != "":
		return notRunnable(answer.Problem, nil)
	case err == nil || out.Len() > 0:
		return fmt.Errorf("compile the policy: %s is not a compiler of policies", c.Path)
	case cmd.ProcessState == nil:
		return fmt.Errorf("compile the policy: start %s: %w", c.Path, err)
	}
	// It was ended, by the system or by the limits of its own process.
	return notRunnable(fmt.Sprintf("compiling it takes more than %v of processor time or %d MiB of memory (%v)", processorTime(len(wasm)), compileMemory>>20, err), err)
}

var errCompileWall = fmt.Errorf("compiling it takes longer than %v", compileWall)

// processorTime is how long a compiler may work on a module.
func processorTime(size int) time.Duration {
	return compileCPU + time.Duration(size>>10)*compileCPUPerKB
}

// limitedBuffer keeps the first bytes that are written to it.
type limitedBuffer struct {
	bytes.Buffer
	room int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	n := min(len(p), b.room)
	b.room -= n
	b.Buffer.Write(p[:n])
	return len(p), nil
}

package plugins

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
)

// CompileMain is the whole life of a process that Options.Compiler starts: it limits
// itself, reads a module from standard input, compiles it into the cache that it is
// told of, says on standard output how that went, and returns the process's exit code.
func CompileMain() int {
	problem, disk := compileInput(os.Stdin)
	if err := answerCompile(problem, disk); err != nil || problem != "" {
		return 1
	}
	return 0
}

func answerCompile(problem string, disk bool) error {
	return json.NewEncoder(os.Stdout).Encode(compileAnswer{Compiler: compilerProtocol, Problem: problem, Disk: disk})
}

// compileInput returns what went wrong, and whether that was the disk.
func compileInput(from io.Reader) (problem string, disk bool) {
	in := bufio.NewReader(from)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return "the compiler was asked nothing", false
	}
	var request compileRequest
	if err := json.Unmarshal(line, &request); err != nil || request.Size < 0 || request.Size > 1<<30 {
		return "the compiler was asked something that it does not understand", false
	}
	wasm := make([]byte, request.Size)
	if _, err := io.ReadFull(in, wasm); err != nil {
		return "the compiler did not get the whole module", false
	}
	defer Confine(processorTime(len(wasm)), func(problem string) {
		_ = answerCompile(problem, false) // there is nobody else to tell
	})()
	if err := compileInto(context.Background(), request.Dir, request.Pages, wasm); err != nil {
		return err.Error(), isDiskError(err)
	}
	return "", false
}

// compileInto compiles a module and leaves its code below dir.
func compileInto(ctx context.Context, dir string, pages uint32, wasm []byte) error {
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return err
	}
	rt := wazero.NewRuntimeWithConfig(ctx, runtimeConfig(wazero.NewRuntimeConfig(), pages).WithCompilationCache(cache))
	_, err = compileIn(ctx, rt, wasm)
	return errors.Join(err, rt.Close(ctx), cache.Close(ctx))
}

// isDiskError reports whether an error comes from the file system.
func isDiskError(err error) bool {
	_, path := errors.AsType[*fs.PathError](err)
	_, link := errors.AsType[*os.LinkError](err)
	return path || link
}

// Confine makes this process one that does a stranger's work: it ends with the code 1
// when it has used more than allowed of processor time or 1 GiB of memory, and lets
// everybody else go first. Before that say is told what was too much, unless it was the
// system that ended it. That the process stays slow and small is for good; free ends
// the watch.
func Confine(allowed time.Duration, say func(problem string)) (free func()) {
	allowed *= slowdown
	limitProcess(allowed)
	stop := make(chan struct{})
	go watchProcess(allowed, say, stop)
	return sync.OnceFunc(func() { close(stop) })
}

// watchProcess ends the process when it has used more than it may. The system's own
// limits count in whole seconds, and of memory only the addresses.
func watchProcess(allowed time.Duration, say func(string), stop <-chan struct{}) {
	debug.SetMemoryLimit(compileMemory / 2) // collect harder long before the end
	tick := time.NewTicker(10 * time.Millisecond)
	for {
		select {
		case <-stop:
			tick.Stop()
			return
		case <-tick.C:
		}
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		problem := ""
		switch {
		case memory.Sys-memory.HeapReleased > compileMemory:
			problem = fmt.Sprintf("compiling it takes more than %d MiB of memory", compileMemory>>20)
		case processorUsed() > allowed:
			problem = fmt.Sprintf("compiling it takes more than %v of processor time", allowed)
		default:
			continue
		}
		say(problem)
		os.Exit(1)
	}
}

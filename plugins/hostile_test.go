package plugins

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// TestHostileCalls runs modules that load and then misbehave. Each fails in its own
// way as often as it is called, and its neighbour on the same host never notices.
func TestHostileCalls(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{})
	neighbour := mustLoad(t, h, hostile(t, "good"))
	for name, want := range map[string]struct {
		kind   error
		detail string
	}{
		"recursion":      {ErrTrap, "stack overflow"},
		"recursion_wide": {ErrFuel, "stopped after"},
		"bulk_fill":      {ErrFuel, "stopped after"},
		"stdout_flood":   {ErrFuel, "stopped after"},
		"host_burn":      {ErrFuel, "stopped after"},
		"output_giant":   {ErrOutput, "1073741824 bytes, want at most 1048576"},
		"trap":           {ErrTrap, "unreachable"},
		"exit":           {ErrTrap, "exited with code 0"},
		"lie_write":      {ErrTrap, "write_output: 100 bytes at 65530 are outside the memory of 65536 bytes"},
		"lie_write_wrap": {ErrTrap, "write_output: 32 bytes at 4294967280 are outside"},
		"lie_read":       {ErrTrap, "read_input: "},
		"lie_log":        {ErrTrap, "log: 4294967295 bytes at 1 are outside"},
		"lie_fd_write":   {ErrTrap, "fd_write: 65000 bytes at 65000 are outside"},
		"lie_random":     {ErrTrap, "random_get: 2 bytes at 65535 are outside"},
		"lie_poll":       {ErrTrap, "poll_oneoff: 48 bytes at 65500 are outside"},
		"output_large":   {ErrOutput, "2097152 bytes, want at most 1048576"},
		"output_missing": {ErrOutput, "without calling write_output"},
		"output_code":    {ErrOutput, "returned 7, want 0 or 1"},
		"output_error":   {ErrPolicy, "no  [31m no\ufffd !"},
		"output_text":    {ErrOutput, "not a JSON object"},
		"output_nan":     {ErrOutput, "not valid JSON"},
		"output_utf8":    {ErrOutput, "not UTF-8"},
		"output_two":     {ErrOutput, "goes on after"},
		"output_field":   {ErrOutput, "detial: is not a field"},
		"output_deep":    {ErrOutput, "not valid JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustLoad(t, h, hostile(t, name))
			for range 2 {
				_, err := decide(t.Context(), p)
				failed, ok := errors.AsType[*CallError](err)
				if !ok || !errors.Is(err, want.kind) || !strings.Contains(failed.Detail, want.detail) {
					t.Fatalf("failed with %v, want %v: …%s…", err, want.kind, want.detail)
				}
				mustAllow(t, neighbour)
			}
			if err := p.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestEndless runs modules that never end of themselves, in each place where a guest
// runs.
func TestEndless(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{Fuel: 5_000_000})
	neighbour := mustLoad(t, h, hostile(t, "good"))
	for name, where := range map[string]string{
		"loop": abi.HookDecide, "loop_start": initialize, "loop_initialize": initialize,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := "5000000 units"
			p, err := h.Load(t.Context(), hostile(t, name), LoadOptions{})
			if where == initialize {
				limit = "10000000 units" // initialisation has twice as much
			} else if err == nil {
				_, err = decide(t.Context(), p)
			}
			failed, ok := errors.AsType[*CallError](err)
			if !ok || failed.Hook != where || !errors.Is(err, ErrFuel) || failed.Detail != "stopped after "+limit {
				t.Errorf("stopped with %v, want %s: %v, after %s", err, where, ErrFuel, limit)
			}
			mustAllow(t, neighbour)
		})
	}
}

// TestDeadline runs a guest on a host whose clock is far ahead when it looks at it.
func TestDeadline(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	h := newHost(t, Options{Deadline: time.Hour, Clock: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(31 * time.Minute)
		return now
	}})
	_, err := decide(t.Context(), mustLoad(t, h, hostile(t, "loop")))
	if !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "stopped after 1h0m0s") {
		t.Errorf("stopped with %v, want %v", err, ErrTimeout)
	}
}

// TestNothingIsKept runs modules that try to carry something from call to call.
func TestNothingIsKept(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{MaxRunning: 1})
	for _, name := range []string{"good", "state_memory", "state_globals", "state_grown", "trap_if_kept"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustLoad(t, h, hostile(t, name))
			for range 5 {
				mustAllow(t, p)
			}
		})
	}
}

// TestMemoryLimit gives the memory bomb more than it is content with, so that it
// traps, and then exactly that.
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	more := mustLoad(t, newHost(t, Options{MaxMemoryBytes: 65 * wasmPageBytes}), hostile(t, "memory_bomb"))
	if _, err := decide(t.Context(), more); !errors.Is(err, ErrTrap) {
		t.Errorf("failed with %v, want %v", err, ErrTrap)
	}
	mustAllow(t, mustLoad(t, newHost(t, Options{MaxMemoryBytes: 64*wasmPageBytes + 1}), hostile(t, "memory_bomb")))
}

// TestTrapNowAndThen lets every second call of one policy crash.
func TestTrapNowAndThen(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, newHost(t, Options{}), hostile(t, "trap_odd"))
	for n := range 10 {
		in := input(t, n%2 == 1)
		_, _, err := p.Decide(t.Context(), in)
		if odd := n%2 == 1; odd != errors.Is(err, ErrTrap) || !odd && err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
	}
}

// TestHostileModules runs modules that must not load.
func TestHostileModules(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{})
	neighbour := mustLoad(t, h, hostile(t, "good"))
	for name, want := range map[string]struct {
		name, problem string
		kind          error
	}{
		"import_unknown":      {"env.abort", "unknown import", nil},
		"import_unknown_abi":  {"scim_policy.http_get", "unknown import", nil},
		"import_unknown_wasi": {"wasi_snapshot_preview1.fork", "unknown import", nil},
		"import_global":       {"scim_policy.log", "unknown import", nil},
		"import_table":        {"env.table", "unknown import", nil},
		"import_memory":       {"env.memory", "unknown import", nil},
		"import_type":         {"scim_policy.log", "imported as (i64) -> (), want (i32, i32) -> ()", nil},
		"export_no_memory":    {"memory", "missing export", nil},
		"export_no_marker":    {"scim_policy_abi_1", "missing export", nil},
		"export_marker_two":   {"scim_policy_abi_2", "this ABI version is not known here, want scim_policy_abi_1", nil},
		"export_no_hook":      {"decide", "missing export; a policy exports decide, map, import or several of them", nil},
		"export_hook_type":    {"decide", "exported as (i32) -> (i64), want () -> (i32)", nil},
		"export_program":      {"_start", "build a library instead", nil},
		"export_nothing":      {"scim_policy_abi_1", "exports nothing", nil},
		"memory_large":        {"", "2000 pages", nil},
		"table_large":         {"", "a table has 1000000000 entries, want at most 131072", nil},
		"table_grow":          {"", "reference-types", nil},
		"compile_locals":      {"", "too complex to compile", nil},
		"compile_loops":       {"", "too complex to compile", nil},
		"global_vector":       {"", "SIMD is off", nil},
		"describe_wrong":      {"describe", "verdict: is not a field", ErrOutput},
		"describe_hook":       {"map", "missing export, though describe lists the hook", nil},
		"trap_initialize":     {"initialize", "unreachable", ErrTrap},
		"exit_initialize":     {"initialize", "exited with code 0", ErrTrap},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := h.Load(t.Context(), hostile(t, name), LoadOptions{})
			refused, ok := errors.AsType[*LoadError](err)
			if !ok || refused.Name != want.name || !strings.Contains(refused.Problem, want.problem) || want.kind != nil && !errors.Is(err, want.kind) {
				t.Fatalf("refused with %v, want %s: …%s…", err, want.name, want.problem)
			}
			mustAllow(t, neighbour)
		})
	}
}

// TestNotModules loads bytes that are no module at all, and every module of the
// suite cut off at every byte.
func TestNotModules(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{MaxModuleBytes: 10_000})
	for name, wasm := range map[string][]byte{
		"nothing":   nil,
		"text":      []byte("package policy"),
		"version 2": []byte("\x00asm\x02\x00\x00\x00"),
		"empty":     []byte("\x00asm\x01\x00\x00\x00"),
		"too large": make([]byte, 10_001),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := h.Load(t.Context(), wasm, LoadOptions{}); !isLoadError(err) {
				t.Errorf("refused with %v, want a LoadError", err)
			}
		})
	}
	t.Run("cut off", func(t *testing.T) {
		t.Parallel()
		wasm := hostile(t, "good")
		var whole []int
		for n := range wasm {
			_, err := h.Load(t.Context(), wasm[:n], LoadOptions{})
			switch {
			case err == nil:
				whole = append(whole, n)
			case !isLoadError(err):
				t.Errorf("at %d: refused with %v, want a LoadError", n, err)
			}
		}
		// Without its last section, the data, the module is a module still.
		if len(whole) != 1 {
			t.Errorf("accepted when cut off at %v, want one such place", whole)
		}
	})
}

// TestHostileFolder sees to it that no module lies about unused.
func TestHostileFolder(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob(filepath.Join("testdata", "hostile", "*.wat"))
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, file := range tests {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(content)
	}
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".wat")
		hostile(t, name)
		if !strings.Contains(text.String(), `"`+name+`"`) {
			t.Errorf("no test uses %s", source)
		}
	}
}

func isLoadError(err error) bool {
	_, ok := errors.AsType[*LoadError](err)
	return ok
}

// TestMemoryComesBack loads and calls every module of the suite, closes it, and looks at
// what the process holds then. It is not parallel: others' memory would be in the way.
func TestMemoryComesBack(t *testing.T) {
	sources, err := filepath.Glob(filepath.Join("testdata", "hostile", "*.wasm"))
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	// settled is what is on the heap when the collector has nothing left to do.
	settled := func() uint64 {
		var memory runtime.MemStats
		for range 3 { // finalizers first, then what they let go
			runtime.GC()
		}
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc
	}
	suite := func() {
		h := New(Options{Fuel: 5_000_000})
		for _, source := range sources {
			p, err := h.Load(t.Context(), hostile(t, strings.TrimSuffix(filepath.Base(source), ".wasm")), LoadOptions{})
			if err != nil {
				continue // as TestHostileModules wants it
			}
			for range 3 {
				_, _ = decide(t.Context(), p) // as TestHostileCalls wants it
			}
		}
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if s := h.Stats(); s.Policies+s.Programs+s.Instances+s.IdleBytes != 0 {
			t.Errorf("the host still holds %+v", s)
		}
	}
	suite() // what the process needs once for all
	before := settled()
	goroutines := runtime.NumGoroutine()
	for range 3 {
		suite()
	}
	if after := settled(); after > before+1<<20 {
		t.Errorf("the heap has %d bytes, %d before the suite", after, before)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("there are %d goroutines, %d before the suite", n, goroutines)
	}
}

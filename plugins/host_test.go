package plugins

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"weak"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// input returns a DecideInput whose JSON has an odd number of bytes or an even one.
func input(t *testing.T, odd bool) *abi.DecideInput {
	t.Helper()
	in := &abi.DecideInput{ABI: abi.Version, Operation: abi.OpCreate}
	doc, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc)%2 == 1 != odd {
		in.ResourceType = "x"
	}
	return in
}

func TestVersion(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{})
	for _, name := range []string{"good", "state_globals"} { // the second is rewritten before it is compiled
		sum := sha256.Sum256(hostile(t, name))
		if got, want := mustLoad(t, h, hostile(t, name)).Version(), hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s has the version %s, want %s", name, got, want)
		}
	}
}

func TestMissingHooks(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, newHost(t, Options{}), hostile(t, "good"))
	if !p.Has(abi.HookDecide) || p.Has(abi.HookMap) || p.Has(abi.HookDescribe) || p.Has("import") {
		t.Errorf("has %q, want decide alone", p.Description().Hooks)
	}
	o, _, err := p.Map(t.Context(), &abi.MapInput{Action: abi.ActionCreate})
	if err != nil || len(o.Requests) != 0 {
		t.Errorf("mapped to %+v, %v; want no requests", o, err)
	}
	if got, want := p.Description(), (abi.Description{Name: "policy", Hooks: []string{"decide"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("described as %+v, want %+v", got, want)
	}
}

// TestSameModuleTwice closes one of two policies made of the same bytes; the other
// must not lose its code.
func TestSameModuleTwice(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{})
	first, second := mustLoad(t, h, hostile(t, "good")), mustLoad(t, h, hostile(t, "good"))
	mustAllow(t, first)
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustAllow(t, second)
	mustAllow(t, mustLoad(t, h, hostile(t, "good")))
}

func TestInput(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, newHost(t, Options{MaxInputBytes: 1000}), hostile(t, "good"))
	for name, after := range map[string]string{
		"too large": `"` + strings.Repeat("x", 1000) + `"`,
		"no JSON":   `{"userName":`,
	} {
		if _, _, err := p.Decide(t.Context(), &abi.DecideInput{After: json.RawMessage(after)}); !errors.Is(err, ErrInput) {
			t.Errorf("%s: failed with %v, want %v", name, err, ErrInput)
		}
	}
	mustAllow(t, p)
}

func TestContext(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{})
	good, loop := mustLoad(t, h, hostile(t, "good")), mustLoad(t, h, hostile(t, "loop"))

	t.Run("ended before the call", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := decide(ctx, good); !errors.Is(err, context.Canceled) {
			t.Errorf("failed with %v, want %v", err, context.Canceled)
		}
		mustAllow(t, good)
	})
	t.Run("ends during the call", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 1) // by the time the guest loops it has ended
		defer cancel()
		_, err := decide(ctx, loop)
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrTimeout) {
			t.Errorf("failed with %v, want %v", err, context.DeadlineExceeded)
		}
	})
	t.Run("ended before the load", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.Load(ctx, hostile(t, "good"), LoadOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("failed with %v, want %v", err, context.Canceled)
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{})
	p := mustLoad(t, h, hostile(t, "good"))
	other := mustLoad(t, h, hostile(t, "state_memory"))
	for range 2 {
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := decide(t.Context(), p); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want %v", err, ErrClosed)
	}
	mustAllow(t, other)
	for range 2 {
		if err := h.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := decide(t.Context(), other); !errors.Is(err, ErrClosed) {
		t.Errorf("after the host's Close: %v, want %v", err, ErrClosed)
	}
	if _, err := h.Load(t.Context(), hostile(t, "good"), LoadOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Load after Close: %v, want %v", err, ErrClosed)
	}
}

// TestCloseUnderLoad closes a host while it is loading and calling.
func TestCloseUnderLoad(t *testing.T) {
	t.Parallel()
	h := New(Options{MaxRunning: 2})
	p := mustLoad(t, h, hostile(t, "good"))
	wasm := hostile(t, "state_globals")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				if _, err := decide(t.Context(), p); err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Errorf("call: %v, want %v", err, ErrClosed)
					}
					return
				}
			}
		})
		group.Go(func() {
			for {
				loaded, err := h.Load(t.Context(), wasm, LoadOptions{})
				if err == nil {
					_, err = decide(t.Context(), loaded)
				}
				if err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Errorf("load: %v, want %v", err, ErrClosed)
					}
					return
				}
			}
		})
	}
	if err := h.Close(t.Context()); err != nil {
		t.Error(err)
	}
	group.Wait()
}

// TestNothingIsLeft closes a policy while its host lives on, and looks whether the
// collector of garbage can have its memory.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{})
	fresh, left := func() (weak.Pointer[snapshot], weak.Pointer[instance]) {
		p := mustLoad(t, h, hostile(t, "state_globals"))
		mustAllow(t, p)
		fresh, left := weak.Make(p.pool.idle[0].fresh), weak.Make(p.pool.idle[0])
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		return fresh, left
	}()
	for range 10 {
		runtime.GC()
		if fresh.Value() == nil && left.Value() == nil {
			return
		}
	}
	t.Errorf("still there: snapshot %v, instance %v", fresh.Value() != nil, left.Value() != nil)
}

func TestCacheDir(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	for range 2 {
		mustAllow(t, mustLoad(t, newHost(t, Options{CacheDir: dir}), hostile(t, "good")))
	}
	var files int
	err := filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files++
		}
		return err
	})
	if err != nil || files != 2 {
		t.Errorf("the cache has %d files (%v), want the one module and its mark", files, err)
	}

	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newHost(t, Options{CacheDir: occupied}).Load(t.Context(), hostile(t, "good"), LoadOptions{}); err == nil || isLoadError(err) {
		t.Errorf("a cache that cannot be opened: %v, want an error that does not blame the module", err)
	}
}

// TestSameWorld checks that a guest cannot tell one call, instance or host from
// another by its clock or its random numbers.
func TestSameWorld(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	opts := Options{Log: func(_ context.Context, entry LogEntry) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, strings.Join(entry.Lines, "\n"))
	}}
	for range 2 {
		p := mustLoad(t, newHost(t, opts), hostile(t, "clock"))
		for range 3 {
			mustAllow(t, p)
		}
	}
	if len(seen) != 6 || len(seen[0]) < 16 || len(slices.Compact(slices.Clone(seen))) != 1 {
		t.Errorf("saw %q, want the same six times", seen)
	}
}

func TestLogFlood(t *testing.T) {
	t.Parallel()
	var got []LogEntry
	p := mustLoad(t, newHost(t, Options{
		MaxLogBytes: 1000,
		Log:         func(_ context.Context, entry LogEntry) { got = append(got, entry) },
	}), hostile(t, "log_flood"))
	mustAllow(t, p)
	if len(got) != 1 || !got[0].Truncated || got[0].Version != p.Version() || got[0].Hook != abi.HookDecide {
		t.Fatalf("logged %+v", got)
	}
	size := 0
	for _, line := range got[0].Lines {
		size += len(line)
	}
	if size > 1000 || len(got[0].Lines) > 100 {
		t.Errorf("logged %d lines with %d bytes, want at most 1000 bytes", len(got[0].Lines), size)
	}
	if got[0].Lines[0] != `{"verdict":"allow"}` {
		t.Errorf("the first line is %q", got[0].Lines[0])
	}
}

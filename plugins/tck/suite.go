package tck

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
)

//go:embed cases.json
var casesJSON []byte

// muchFuel is for guests that are to show what they do with more work than a policy
// may have.
const muchFuel = 100 * plugins.DefaultFuel

// Run runs the suite against the test guest of an SDK. It returns the guest, loaded
// with a lot of fuel, for tests that only this guest can pass.
func Run(t *testing.T, wasm []byte) *plugins.Policy {
	t.Helper()
	cases, err := golden.ReadCases(casesJSON)
	if err != nil {
		t.Fatal(err)
	}
	log := &logs{}
	host := NewHost(t, plugins.Options{Log: log.add, Fuel: muchFuel})
	load := func(opts plugins.LoadOptions) *plugins.Policy {
		policy, err := host.Load(t.Context(), wasm, opts)
		if err != nil {
			t.Fatal(err)
		}
		return policy
	}
	policy := load(plugins.LoadOptions{Fuel: plugins.DefaultFuel})

	t.Run("describes itself", func(t *testing.T) { checkDescription(t, policy) })
	// Each case runs twice, which must take the same work, and an ordinary call follows
	// it: what one call does must not be seen in the next.
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			first := c.Check(t.Context(), policy.Call)
			if !first.Passed() {
				t.Fatal(first.Problem)
			}
			if again := c.Check(t.Context(), policy.Call); again != first {
				t.Fatalf("gave %+v at first and %+v when it was asked again", first, again)
			}
			if got := ordinary.Check(t.Context(), policy.Call); !got.Passed() {
				t.Fatalf("the next call: %s", got.Problem)
			}
		})
	}
	t.Run("does not loop for ever", func(t *testing.T) { checkLoop(t, policy) })
	t.Run("hands its log over", func(t *testing.T) { checkLog(t, policy, log) })
	t.Run("carries large documents", func(t *testing.T) { checkLarge(t, policy) })
	t.Run("serves many callers at once", func(t *testing.T) { checkConcurrent(t, policy) })
	return load(plugins.LoadOptions{})
}

// ordinary is the call after each case.
var ordinary = golden.Case{
	Hook:  abi.HookDecide,
	Input: json.RawMessage(`{"operation":"create","resource_type":"User","settings":{"tck":"state"}}`),
	Want:  json.RawMessage(`{"verdict":"allow"}`),
}

// Load loads a module for the length of a test. The host's deadline is long unless
// opts says otherwise, since a busy machine is no fault of a guest.
func Load(tb testing.TB, opts plugins.Options, wasm []byte) *plugins.Policy {
	tb.Helper()
	policy, err := NewHost(tb, opts).Load(tb.Context(), wasm, plugins.LoadOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return policy
}

// NewHost returns a host for the length of a test, as Load uses it.
func NewHost(tb testing.TB, opts plugins.Options) *plugins.Host {
	tb.Helper()
	if opts.Deadline == 0 {
		opts.Deadline = 30 * time.Second
	}
	opts, err := compiler(opts)
	if err != nil {
		tb.Fatal(err)
	}
	host := plugins.New(opts)
	tb.Cleanup(func() {
		if err := host.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return host
}

// BuildGo builds the package in dir as a guest, as docs/policy-abi.md tells
// authors to, and returns the module.
func BuildGo(tb testing.TB, dir string) []byte {
	tb.Helper()
	out := filepath.Join(tb.TempDir(), "guest.wasm")
	build := exec.CommandContext(tb.Context(), "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=-buildvcs=false")
	if text, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build %s: %v\n%s", dir, err, text)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		tb.Fatal(err)
	}
	return wasm
}

func checkDescription(t *testing.T, policy *plugins.Policy) {
	d := policy.Description()
	var schema map[string]any
	if err := json.Unmarshal(d.Settings, &schema); err != nil {
		t.Fatal(err)
	}
	if d.Name != "tck" || d.Version != "1.0.0" || schema["type"] != "object" {
		t.Errorf("described as %q, %q, %s", d.Name, d.Version, d.Settings)
	}
	if !policy.Has(abi.HookDecide) || !policy.Has(abi.HookMap) || !policy.Has(abi.HookImport) {
		t.Errorf("has the hooks %q, want decide, map and import", d.Hooks)
	}
	if !slices.Equal(d.Needs, []string{abi.NeedCounts}) {
		t.Errorf("needs %q, want %s", d.Needs, abi.NeedCounts)
	}
}

// checkLoop lets the guest loop without end.
func checkLoop(t *testing.T, policy *plugins.Policy) {
	_, used, err := policy.Decide(t.Context(), &abi.DecideInput{
		Operation: abi.OpCreate, ResourceType: "User", Settings: json.RawMessage(`{"tck":"loop"}`),
	})
	if !errors.Is(err, plugins.ErrFuel) || used.Fuel < plugins.DefaultFuel {
		t.Errorf("failed with %v after %d units of fuel, want %v", err, used.Fuel, plugins.ErrFuel)
	}
	if got := ordinary.Check(t.Context(), policy.Call); !got.Passed() {
		t.Errorf("the next call: %s", got.Problem)
	}
}

func checkLog(t *testing.T, policy *plugins.Policy, log *logs) {
	log.take()
	c := golden.Case{
		Hook:  abi.HookDecide,
		Input: json.RawMessage(`{"operation":"create","resource_type":"User","settings":{"tck":"log"}}`),
		Want:  json.RawMessage(`{"verdict":"allow"}`),
	}
	if got := c.Check(t.Context(), policy.Call); !got.Passed() {
		t.Fatal(got.Problem)
	}
	got := log.take()
	if len(got) != 1 || got[0].Hook != abi.HookDecide || got[0].Version != policy.Version() ||
		strings.Join(got[0].Lines, "|") != "tck: first|tck: zweite Zeile äöü" {
		t.Errorf("logged %+v", got)
	}
}

// checkLarge sends a document of several hundred kilobytes there and back.
func checkLarge(t *testing.T, policy *plugins.Policy) {
	user := fmt.Appendf(nil, `{"userName":"large","nickName":"%s"}`, strings.Repeat("é", 200_000))
	d, _, err := policy.Decide(t.Context(), &abi.DecideInput{
		Operation: abi.OpCreate, ResourceType: "User", After: user, Settings: json.RawMessage(`{"tck":"rewrite"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(d.After, user) {
		t.Errorf("got %d bytes back, want the %d bytes that were sent", len(d.After), len(user))
	}
}

func checkConcurrent(t *testing.T, policy *plugins.Policy) {
	const callers, calls = 8, 20
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for call := range calls {
				name := fmt.Sprintf("user-%d-%d", caller, call)
				d, _, err := policy.Decide(t.Context(), &abi.DecideInput{
					Operation: abi.OpCreate, ResourceType: "User",
					After: fmt.Appendf(nil, `{"userName":%q}`, name), Settings: json.RawMessage(`{"tck":"deny"}`),
				})
				if err != nil || !strings.HasSuffix(d.Detail, name) {
					t.Errorf("%s: %+v, %v", name, d, err)
					return
				}
			}
		})
	}
	group.Wait()
}

// logs collects what policies log.
type logs struct {
	mu      sync.Mutex
	entries []plugins.LogEntry
}

func (l *logs) add(_ context.Context, entry plugins.LogEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry)
}

func (l *logs) take() []plugins.LogEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.entries
	l.entries = nil
	return taken
}

package plugins

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == compilerArg {
		os.Exit(CompileMain())
	}
	goleak.VerifyTestMain(m)
}

// hostile returns a module of testdata/hostile.
func hostile(tb testing.TB, name string) []byte {
	tb.Helper()
	wasm, err := os.ReadFile(filepath.Join("testdata", "hostile", name+".wasm"))
	if err != nil {
		tb.Fatal(err)
	}
	return wasm
}

// newHost returns a host that is closed with the test. Unless opts says otherwise
// its deadline is long, since a busy machine is no fault of a policy.
func newHost(tb testing.TB, opts Options) *Host {
	tb.Helper()
	if opts.Deadline == 0 {
		opts.Deadline = 30 * time.Second
	}
	h := New(opts)
	tb.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return h
}

func mustLoad(tb testing.TB, h *Host, wasm []byte) *Policy {
	tb.Helper()
	p, err := h.Load(tb.Context(), wasm, LoadOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// decide calls a policy with an input that has no meaning.
func decide(ctx context.Context, p *Policy) (*abi.Decision, error) {
	d, _, err := p.Decide(ctx, &abi.DecideInput{Operation: abi.OpCreate, ResourceType: "User"})
	return d, err
}

// mustAllow fails the test unless the policy allows.
func mustAllow(tb testing.TB, p *Policy) {
	tb.Helper()
	d, err := decide(tb.Context(), p)
	if err != nil {
		tb.Fatal(err)
	}
	if d.Verdict != abi.Allow {
		tb.Fatalf("answered %+v, want allow", d)
	}
}

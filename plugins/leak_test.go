package plugins

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// TestNothingLeaks lets two tenants run a module that looks for what it has seen before,
// in their own calls and in each other's: in either order of uploads, on one instance or
// several, after calls that failed, that took more memory, and after the policies were
// given up for want of room.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	wasm := hostile(t, "leak")
	for name, opts := range map[string]Options{
		"one instance":      {MaxRunning: 1},
		"several instances": {MaxRunning: 4, MaxRunningTotal: 4},
		"given up":          {MaxIdleBytes: 1},
		"compiled outside":  outside(t, Options{}),
	} {
		for _, order := range []string{"first", "second"} {
			t.Run(name+", "+order, func(t *testing.T) {
				t.Parallel()
				opts.Fuel = 500_000_000 // it looks at every byte
				h := newHost(t, opts)
				one, other := mustLoad(t, h, wasm), mustLoad(t, h, wasm)
				if order == "second" {
					one, other = other, one
				}
				traps, grown := 0, 0
				for n := range 30 {
					for _, p := range []*Policy{one, one, other} {
						in := secretInput(n)
						d, used, err := p.Decide(t.Context(), in)
						switch {
						case errors.Is(err, ErrTrap):
							traps++
						case err != nil:
							t.Fatal(err)
						case d.Verdict != abi.Allow:
							t.Fatalf("call %d: %s what an earlier call had seen", n, d.Detail)
						}
						if used.Memory > 3*wasmPageBytes {
							grown++
						}
					}
				}
				// That the module finds what is there, the next test shows.
				if traps == 0 || grown == 0 || traps == 90 {
					t.Errorf("%d calls trapped and %d took more memory, want some of each", traps, grown)
				}
				later := mustLoad(t, h, wasm)
				for n := range 5 {
					if d, _, err := later.Decide(t.Context(), secretInput(n)); !errors.Is(err, ErrTrap) && (err != nil || d.Verdict != abi.Allow) {
						t.Errorf("a policy that is loaded later: %+v, %v", d, err)
					}
				}
			})
		}
	}
}

// TestLeakIsFound runs the same module on an instance that nobody restores, so that it
// is known to find what is there.
func TestLeakIsFound(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, newHost(t, Options{Fuel: 500_000_000}), hostile(t, "leak"))
	inst, done := enter(t, p)
	defer done(false)
	input := []byte(`{"after":{"userName":"SECRET42"}}x`)
	for _, want := range []string{"allow", "found"} {
		c := inst.begin(p, abi.HookDecide, input)
		if err := inst.run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(c.output), want) {
			t.Fatalf("answered %s, want %s", c.output, want)
		}
	}
}

// secretInput is an input with the word that the module looks for, of another length for
// each n.
func secretInput(n int) *abi.DecideInput {
	return &abi.DecideInput{Operation: abi.OpCreate, ResourceType: "User",
		After: fmt.Appendf(nil, `{"userName":"SECRET42","nickName":"%s"}`, strings.Repeat("n", n))}
}

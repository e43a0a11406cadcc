package plugins

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// TestSameOnEveryMachine runs calls whose fuel and answers are known, on machine code and
// on an interpreter. A processor, a system or a version of the runtime on which another
// number came out would make replays and limits a matter of where they run. A change of
// the costs in package meter changes the numbers.
//
//	GOARCH=arm64 go test -exec qemu-aarch64-static ./plugins -run SameOnEveryMachine
func TestSameOnEveryMachine(t *testing.T) {
	t.Parallel()
	user, err := os.ReadFile(filepath.Join("sdk", "go", "testdata", "user.json"))
	if err != nil {
		t.Fatal(err)
	}
	in := &abi.DecideInput{Operation: abi.OpCreate, ResourceType: "User", After: user}
	for _, interpreted := range []bool{false, true} {
		for name, want := range map[string]struct {
			fuel   uint64
			answer string // what is decided, or what the error says
		}{
			"good":           {321, "allow"},
			"state_memory":   {353, "allow"},
			"clock":          {1_578, "allow"},
			"log_flood":      {3_150_322, "allow"},
			"floats":         {8_828, "deny " + strings.Repeat("7ff8000000000000", 9) + strings.Repeat("000000007fc00000", 2) + "fff8000000000000"},
			"recursion":      {101_955_201, "stack overflow"},
			"recursion_wide": {5_000_028, "used up its fuel"},
			"bulk_fill":      {7_865_150, "used up its fuel"},
			"host_burn":      {5_007_800, "used up its fuel"},
			"trap":           {220, "unreachable"},
		} {
			if interpreted && name == "recursion" {
				continue // the interpreter's own stack is smaller than what a guest may use; the processors it is for are others
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := New(Options{Fuel: 5_000_000, Deadline: time.Minute})
				h.interpreted = interpreted
				t.Cleanup(func() { _ = h.Close(context.Background()) })
				p := mustLoad(t, h, hostile(t, name))
				d, used, err := p.Decide(t.Context(), in)
				got := ""
				if err != nil {
					got = err.Error()
				} else {
					got = string(d.Verdict) + " " + d.Detail
				}
				if used.Fuel != want.fuel || !strings.Contains(got, want.answer) {
					t.Errorf("interpreted %v: %d units, %s; want %d, …%s…", interpreted, used.Fuel, got, want.fuel, want.answer)
				}
			})
		}
	}
}

package tck_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestGo(t *testing.T) {
	t.Parallel()
	policy := tck.Run(t, tck.BuildGo(t, filepath.Join("guests", "go")))
	call := func(t *testing.T, behaviour string) (*abi.Decision, error) {
		d, _, err := policy.Decide(t.Context(), &abi.DecideInput{
			Operation: abi.OpCreate, ResourceType: "User", Settings: json.RawMessage(`{"tck":"` + behaviour + `"}`),
		})
		return d, err
	}
	t.Run("sees nothing of the world", func(t *testing.T) {
		var first string
		for range 3 {
			d, err := call(t, "go_world")
			if err != nil {
				t.Fatal(err)
			}
			facts, random, _ := strings.Cut(d.Reason, "; random ")
			const want = "args 0 env 0; dir / false; file / false; dir /etc/passwd false; file /etc/passwd false; " +
				"dir . false; file . false; write false; stdin false; slept true; year 2000"
			if facts != want {
				t.Errorf("saw\n%s\nwant\n%s", facts, want)
			}
			if first == "" {
				first = random
			}
			if len(random) != 16 || random != first {
				t.Errorf("drew %q, want the same as before, %q", random, first)
			}
		}
	})
	t.Run("collects its garbage", func(t *testing.T) {
		for range 2 {
			if d, err := call(t, "go_garbage"); err != nil || d.Verdict != abi.Allow {
				t.Errorf("answered %+v, %v", d, err)
			}
		}
	})
	t.Run("runs out of memory", func(t *testing.T) {
		for range 2 {
			if _, err := call(t, "go_hoard"); !errors.Is(err, plugins.ErrTrap) || !strings.Contains(err.Error(), "out of memory") {
				t.Errorf("failed with %v, want %v: out of memory", err, plugins.ErrTrap)
			}
			if d, err := call(t, "state"); err != nil || d.Verdict != abi.Allow {
				t.Errorf("the next call answered %+v, %v", d, err)
			}
		}
	})
}

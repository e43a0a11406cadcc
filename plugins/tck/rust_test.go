package tck_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/rust"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/sdktest"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

var update = flag.Bool("update", false, "replace the committed guests in Rust and C by what their sources compile to")

// TestRust runs the suite against the committed guest, which needs no compiler, and
// against what its source compiles to, which does.
func TestRust(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("guests", "rust")
	t.Run("rebuilt", func(t *testing.T) {
		t.Parallel()
		wasm := sdktest.Build(t, rust.Files, map[string][]byte{"src/lib.rs": read(t, dir, "lib.rs"), "cases.json": []byte("[]\n")})
		rebuilt(t, filepath.Join(dir, "guest.wasm"), wasm, 100_000)
	})
	t.Run("committed", func(t *testing.T) {
		t.Parallel()
		tck.Run(t, read(t, dir, "guest.wasm"))
	})
}

// rebuilt runs the suite against a guest that was just compiled. Other versions of a
// compiler give other bytes, so these are not compared with what is committed.
func rebuilt(t *testing.T, committed string, wasm []byte, maxBytes int) {
	t.Helper()
	tck.Run(t, wasm)
	if len(wasm) > maxBytes {
		t.Errorf("the guest has %d bytes, want at most %d", len(wasm), maxBytes)
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(committed, wasm, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func read(tb testing.TB, dir, file string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// BenchmarkRust judges a user of 1.5 KB, JSON in and out included.
func BenchmarkRust(b *testing.B) { benchmarkGuest(b, "rust") }

// benchmarkGuest lets a committed guest read a user of 1.5 KB and answer with a plain
// yes, with a text, and with the whole user. It reports the median beside the mean, in
// microseconds, and the fuel.
func benchmarkGuest(b *testing.B, guest string) {
	policy := tck.Load(b, plugins.Options{}, read(b, filepath.Join("guests", guest), "guest.wasm"))
	user := read(b, filepath.Join("..", "sdk", "go", "testdata"), "user.json")
	for _, behaviour := range []string{"allow", "deny", "rewrite"} {
		b.Run(behaviour, func(b *testing.B) {
			in := &abi.DecideInput{
				Operation: abi.OpCreate, ResourceType: "User", After: user,
				Connection: abi.Connection{ID: "c", Profile: "okta"}, Tenant: abi.Tenant{ID: "acme"},
				Settings: json.RawMessage(`{"tck":"` + behaviour + `"}`),
			}
			var times []time.Duration
			var used plugins.Usage
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				var err error
				if _, used, err = policy.Decide(b.Context(), in); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(start))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Nanoseconds())/1000, "p50-µs")
			b.ReportMetric(float64(used.Fuel), "fuel")
		})
	}
}

package assemblyscript_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// BenchmarkDecide judges a user of 1.5 KB, JSON in and out included: with a plain yes,
// with a text of several attributes, and with the whole user as its answer.
func BenchmarkDecide(b *testing.B) {
	policy := load(b, filepath.Join("..", "..", "tck", "guests", "assemblyscript", "guest.wasm"))
	for _, behaviour := range []string{"allow", "hold", "rewrite"} {
		b.Run(behaviour, func(b *testing.B) {
			in := &abi.DecideInput{
				Operation: abi.OpCreate, ResourceType: "User", After: user(b),
				Connection: abi.Connection{ID: "c", Profile: "okta"}, Tenant: abi.Tenant{ID: "acme"},
				Settings: json.RawMessage(`{"tck":"` + behaviour + `"}`),
			}
			measure(b, func() (plugins.Usage, error) {
				_, used, err := policy.Decide(b.Context(), in)
				return used, err
			})
		})
	}
}

// BenchmarkMap maps the same user to an application's own fields.
func BenchmarkMap(b *testing.B) {
	policy := load(b, filepath.Join("..", "..", "..", "examples", "policies", "mapping", "mapping.wasm"))
	in := &abi.MapInput{Action: abi.ActionCreate, ResourceType: "User", ID: "0190d3b4", After: user(b), Tenant: abi.Tenant{ID: "acme"}}
	measure(b, func() (plugins.Usage, error) {
		_, used, err := policy.Map(b.Context(), in)
		return used, err
	})
}

// measure reports the median beside the mean, in microseconds, and the fuel.
func measure(b *testing.B, call func() (plugins.Usage, error)) {
	b.Helper()
	var times []time.Duration
	var used plugins.Usage
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		var err error
		if used, err = call(); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds())/1000, "p50-µs")
	b.ReportMetric(float64(used.Fuel), "fuel")
}

func load(b *testing.B, file string) *plugins.Policy {
	b.Helper()
	wasm, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	return tck.Load(b, plugins.Options{}, wasm)
}

// user is the user that the Go SDK is measured with.
func user(b *testing.B) []byte {
	b.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "go", "testdata", "user.json"))
	if err != nil {
		b.Fatal(err)
	}
	return doc
}

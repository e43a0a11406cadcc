package members_test

import (
	_ "embed"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/examples/policies/members"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// user is a SCIM user of 1.5 KB.
//
//go:embed testdata/user.json
var user []byte

func BenchmarkDecide(b *testing.B) {
	p := tck.Load(b, plugins.Options{}, members.Wasm)
	in := &abi.DecideInput{
		Operation: abi.OpCreate, ResourceType: "User", After: user,
		Connection: abi.Connection{ID: "c", Profile: "okta"}, Tenant: abi.Tenant{ID: "acme"},
		Settings: json.RawMessage(`{"domain":"acme.example"}`),
	}
	b.ReportAllocs()
	var took stopwatch
	for b.Loop() {
		took.start()
		d, used, err := p.Decide(b.Context(), in)
		took.stop(used)
		if err != nil || d.Verdict != abi.Allow {
			b.Fatal(d, err)
		}
	}
	took.report(b)
}

// stopwatch keeps how long calls took, which says more than their mean: an instance is
// put back to its first state while nobody waits for it.
type stopwatch struct {
	begun time.Time
	calls []time.Duration
	fuel  uint64
}

func (s *stopwatch) start() { s.begun = time.Now() }

func (s *stopwatch) stop(used plugins.Usage) {
	s.calls = append(s.calls, time.Since(s.begun))
	s.fuel = used.Fuel
}

func (s *stopwatch) report(b *testing.B) {
	slices.Sort(s.calls)
	b.ReportMetric(float64(s.calls[len(s.calls)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(s.calls[len(s.calls)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(s.fuel), "fuel")
}

func BenchmarkMap(b *testing.B) {
	p := tck.Load(b, plugins.Options{}, members.Wasm)
	in := &abi.MapInput{
		Action: abi.ActionCreate, ResourceType: "User", ID: "0190d3b4", After: user, Tenant: abi.Tenant{ID: "acme"},
	}
	b.ReportAllocs()
	var took stopwatch
	for b.Loop() {
		took.start()
		o, used, err := p.Map(b.Context(), in)
		took.stop(used)
		if err != nil || len(o.Requests) != 1 {
			b.Fatal(o, err)
		}
	}
	took.report(b)
}

// BenchmarkLoad loads the module in a host that has never seen it, in one that finds
// it compiled in its directory, and in one that has it loaded.
func BenchmarkLoad(b *testing.B) {
	load := func(b *testing.B, h *plugins.Host) *plugins.Policy {
		p, err := h.Load(b.Context(), members.Wasm, plugins.LoadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	once := func(b *testing.B, opts plugins.Options) {
		opts.Deadline = time.Minute
		h := plugins.New(opts)
		load(b, h)
		if err := h.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			once(b, plugins.Options{})
		}
	})
	b.Run("disk", func(b *testing.B) {
		opts := plugins.Options{CacheDir: b.TempDir()}
		once(b, opts)
		for b.Loop() {
			once(b, opts)
		}
	})
	b.Run("again", func(b *testing.B) {
		h := plugins.New(plugins.Options{})
		load(b, h)
		for b.Loop() {
			if err := load(b, h).Close(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		if err := h.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	})
}

package members_test

import (
	_ "embed"
	"encoding/json"
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
	for b.Loop() {
		d, _, err := p.Decide(b.Context(), in)
		if err != nil || d.Verdict != abi.Allow {
			b.Fatal(d, err)
		}
	}
}

func BenchmarkMap(b *testing.B) {
	p := tck.Load(b, plugins.Options{}, members.Wasm)
	in := &abi.MapInput{
		Action: abi.ActionCreate, ResourceType: "User", ID: "0190d3b4", After: user, Tenant: abi.Tenant{ID: "acme"},
	}
	b.ReportAllocs()
	for b.Loop() {
		o, _, err := p.Map(b.Context(), in)
		if err != nil || len(o.Requests) != 1 {
			b.Fatal(o, err)
		}
	}
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

package plugins

import (
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// BenchmarkHost measures what a call costs apart from the guest's own work: the
// module answers with a constant.
func BenchmarkHost(b *testing.B) {
	p := mustLoad(b, newHost(b, Options{}), hostile(b, "good"))
	in := &abi.DecideInput{Operation: abi.OpCreate, ResourceType: "User", After: []byte(`{"userName":"ada"}`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := p.Decide(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHostParallel is BenchmarkHost on all processors.
func BenchmarkHostParallel(b *testing.B) {
	p := mustLoad(b, newHost(b, Options{}), hostile(b, "good"))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := decide(b.Context(), p); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkInstance measures what it costs to replace an instance that failed.
func BenchmarkInstance(b *testing.B) {
	p := mustLoad(b, newHost(b, Options{Fuel: maxFuel}), hostile(b, "trap")) // which is never suspended
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decide(b.Context(), p); err == nil {
			b.Fatal("the trap did not trap")
		}
	}
}

// BenchmarkLoad measures loading a small module, compiled before and not.
func BenchmarkLoad(b *testing.B) {
	wasm := hostile(b, "good")
	load := func(b *testing.B, h *Host) {
		if err := mustLoad(b, h, wasm).Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cold", func(b *testing.B) {
		h := newHost(b, Options{})
		for b.Loop() {
			load(b, h)
		}
	})
	b.Run("again", func(b *testing.B) {
		h := newHost(b, Options{})
		mustLoad(b, h, wasm)
		for b.Loop() {
			load(b, h)
		}
	})
}

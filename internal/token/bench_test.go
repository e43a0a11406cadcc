package token_test

import (
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

func BenchmarkAuthenticate(b *testing.B) {
	s := newService(b, memkv.New(), token.Options{})
	cached, _ := create(b, s, token.CreateRequest{Tenant: "acme"})
	unknown, _ := create(b, newService(b, memkv.New(), token.Options{}), token.CreateRequest{Tenant: "acme"})
	static := newStatic(b, token.StaticToken{Token: staticA, Tenant: "acme"})
	for name, tc := range map[string]struct {
		presented token.Secret
		good      bool
	}{
		"cached":    {cached, true},
		"unknown":   {unknown, false},
		"malformed": {"no-token-of-ours", false},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Authenticate(b.Context(), string(tc.presented)); (err == nil) != tc.good {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("static", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := static.Authenticate(string(staticA)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cached, parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := s.Authenticate(b.Context(), string(cached)); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// TestAcceptedTokensCostNoAllocation holds the path that every request takes.
func TestAcceptedTokensCostNoAllocation(t *testing.T) {
	s := newService(t, memkv.New(), token.Options{UsageInterval: 1 << 62})
	cached, _ := create(t, s, token.CreateRequest{Tenant: "acme"})
	static := newStatic(t, token.StaticToken{Token: staticA, Tenant: "acme"})
	ctx := t.Context()
	for name, authenticate := range map[string]func() (token.Identity, error){
		"cached": func() (token.Identity, error) { return s.Authenticate(ctx, string(cached)) },
		"static": func() (token.Identity, error) { return static.Authenticate(string(staticA)) },
	} {
		got := testing.AllocsPerRun(100, func() {
			if _, err := authenticate(); err != nil {
				t.Error(err)
			}
		})
		if got != 0 {
			t.Errorf("%s: %v allocations, want none", name, got)
		}
	}
}

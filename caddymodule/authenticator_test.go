package caddymodule

import (
	"context"
	"errors"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

const (
	tokenBefore = "static-token-of-the-old-configuration"
	tokenAfter  = "static-token-of-the-new-configuration"
)

// newTokens are the authenticators of two configurations over one store, and a managed token of each tenant.
func newTokens(tb testing.TB) (before, after *authenticator, managed map[string]string) {
	tb.Helper()
	service, err := token.New(memkv.New(), token.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := service.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	managed = map[string]string{}
	for _, tenant := range []string{"acme", "globex"} {
		secret, _, err := service.Create(context.Background(), token.CreateRequest{Tenant: tenant, Connection: "main"})
		if err != nil {
			tb.Fatal(err)
		}
		managed[tenant] = string(secret)
	}
	newOne := func(tenant, static string) *authenticator {
		routes := map[string]*Route{
			"create": {Method: "POST", Path: "/m"}, "update": {Method: "PATCH", Path: "/m"}, "suspend": {Method: "POST", Path: "/m"},
			"reactivate": {Method: "POST", Path: "/m"}, "delete": {Method: "DELETE", Path: "/m"},
		}
		setup, err := newSetup(context.Background(), &App{Tenants: map[string]*Tenant{tenant: {
			Connections: map[string]*Connection{"main": {Tokens: []string{static}}},
			Application: &Application{URL: "http://app.invalid", Routes: routes},
		}}})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(setup.free)
		a, err := newAuthenticator(setup, service, nil)
		if err != nil {
			tb.Fatal(err)
		}
		return a
	}
	return newOne("acme", tokenBefore), newOne("globex", tokenAfter), managed
}

func TestTokensBelongToTheirConfiguration(t *testing.T) {
	t.Parallel()
	before, after, managed := newTokens(t)
	for _, c := range []struct {
		name, token string
		old, new    bool // whether that configuration accepts it
	}{
		{"static, old", tokenBefore, true, false},
		{"static, new", tokenAfter, false, true},
		{"managed, of a tenant that is removed", managed["acme"], true, false},
		{"managed, of a tenant that is added", managed["globex"], false, true},
		{"nobody's", "static-token-that-nobody-was-given", false, false},
	} {
		for a, want := range map[*authenticator]bool{before: c.old, after: c.new} {
			who, err := a.Authenticate(t.Context(), c.token)
			if want && err != nil || !want && !errors.Is(err, token.ErrUnknown) {
				t.Errorf("%s: got %v, %v", c.name, who, err)
			}
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	a, _, managed := newTokens(b)
	for name, presented := range map[string]string{"static": tokenBefore, "managed": managed["acme"]} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Authenticate(context.Background(), presented); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

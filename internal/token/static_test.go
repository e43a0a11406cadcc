package token_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

const (
	staticA token.Secret = "static-token-of-acme-0001"
	staticB token.Secret = "static-token-of-beta-0001"
)

func newStatic(tb testing.TB, tokens ...token.StaticToken) *token.Static {
	tb.Helper()
	set, err := token.NewStatic(tokens)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func TestStaticTokens(t *testing.T) {
	t.Parallel()
	s := newService(t, memkv.New(), token.Options{})
	managed, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	managedID := token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}
	want(t, s, staticA, token.Identity{}, token.ErrUnknown)

	set := newStatic(t, token.StaticToken{Token: staticA, Tenant: "acme", Connection: "okta"},
		token.StaticToken{Token: staticB, Tenant: "beta"})
	if set.Len() != 2 {
		t.Errorf("Len() = %d, want 2", set.Len())
	}
	s.SetStatic(set)
	want(t, s, staticA, token.Identity{Tenant: "acme", Connection: "okta", TokenID: token.StaticID}, nil)
	want(t, s, staticB, token.Identity{Tenant: "beta", Connection: token.DefaultConnection, TokenID: token.StaticID}, nil)
	want(t, s, staticA+"x", token.Identity{}, token.ErrUnknown)
	want(t, s, managed, managedID, nil)

	s.SetStatic(newStatic(t, token.StaticToken{Token: staticB, Tenant: "gamma"}))
	want(t, s, staticA, token.Identity{}, token.ErrUnknown)
	want(t, s, staticB, token.Identity{Tenant: "gamma", Connection: token.DefaultConnection, TokenID: token.StaticID}, nil)
	want(t, s, managed, managedID, nil)

	s.SetStatic(nil)
	want(t, s, staticB, token.Identity{}, token.ErrUnknown)
}

func TestNewStaticRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tokens []token.StaticToken
		want   string
	}{
		"empty":           {[]token.StaticToken{{Tenant: "acme"}}, "0 characters"},
		"short":           {[]token.StaticToken{{Tenant: "acme", Token: staticA[:23]}}, "at least 24"},
		"long":            {[]token.StaticToken{{Tenant: "acme", Token: token.Secret(strings.Repeat("a", 513))}}, "at most 512"},
		"trailing line":   {[]token.StaticToken{{Tenant: "acme", Token: staticA + "\n"}}, "character 26"},
		"space":           {[]token.StaticToken{{Tenant: "acme", Token: "correct horse battery staple"}}, "character 8"},
		"not ASCII":       {[]token.StaticToken{{Tenant: "acme", Token: "\u00e9" + staticA}}, "character 1"},
		"no tenant":       {[]token.StaticToken{{Token: staticA}}, "tenant"},
		"bad connection":  {[]token.StaticToken{{Token: staticA, Tenant: "acme", Connection: "A"}}, "connection"},
		"shared by two":   {[]token.StaticToken{{Token: staticA, Tenant: "acme"}, {Token: staticA, Tenant: "beta"}}, `"acme" and "beta"`},
		"twice for a one": {[]token.StaticToken{{Token: staticA, Tenant: "acme"}, {Token: staticA, Tenant: "acme"}}, "same static token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := token.NewStatic(tc.tokens)
			if !errors.Is(err, token.ErrInvalid) || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("NewStatic() = %v, want ErrInvalid with %q", err, tc.want)
			}
			for _, st := range tc.tokens {
				if len(st.Token) > 0 && strings.Contains(err.Error(), string(st.Token)) {
					t.Errorf("the error holds the token: %v", err)
				}
			}
		})
	}
	for _, n := range []int{token.MinStaticLen, token.MaxLen} {
		newStatic(t, token.StaticToken{Tenant: "acme", Token: token.Secret(strings.Repeat("~", n))})
	}
}

// TestStaticSwapIsAtomic authenticates while sets change places: each answer is one of the sets' and no mixture.
func TestStaticSwapIsAtomic(t *testing.T) {
	t.Parallel()
	s := newService(t, memkv.New(), token.Options{})
	one := newStatic(t, token.StaticToken{Token: staticA, Tenant: "acme", Connection: "acme"})
	two := newStatic(t, token.StaticToken{Token: staticA, Tenant: "beta", Connection: "beta"})
	s.SetStatic(one)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				who, err := s.Authenticate(t.Context(), string(staticA))
				if err != nil || who.Tenant != who.Connection {
					t.Errorf("Authenticate() = %+v, %v", who, err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for range 250 {
			s.SetStatic(two)
			s.SetStatic(one)
		}
	})
	wg.Wait()
}

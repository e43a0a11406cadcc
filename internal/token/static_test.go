package token_test

import (
	"errors"
	"strings"
	"testing"

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
	set := newStatic(t, token.StaticToken{Token: staticA, Tenant: "acme", Connection: "okta"},
		token.StaticToken{Token: staticB, Tenant: "beta"})
	if set.Len() != 2 {
		t.Errorf("Len() = %d, want 2", set.Len())
	}
	for presented, want := range map[token.Secret]token.Identity{
		staticA:       {Tenant: "acme", Connection: "okta", TokenID: token.StaticID},
		staticB:       {Tenant: "beta", Connection: token.DefaultConnection, TokenID: token.StaticID},
		staticA + "x": {},
		"":            {},
		token.Secret(strings.Repeat("a", token.MaxLen+1)): {},
	} {
		who, err := set.Authenticate(string(presented))
		if who != want || (err == nil) != (want != token.Identity{}) || (err != nil && !errors.Is(err, token.ErrUnknown)) {
			t.Errorf("Authenticate(%d characters) = %+v, %v, want %+v", len(presented), who, err, want)
		}
	}
	if _, err := newStatic(t).Authenticate(string(staticA)); !errors.Is(err, token.ErrUnknown) {
		t.Errorf("the empty set accepts: %v", err)
	}
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

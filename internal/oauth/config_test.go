package oauth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/oauth"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*oauth.Config)
		want   string // a part of the error, empty for none
	}{
		"the least": {func(*oauth.Config) {}, ""},
		"everything": {func(c *oauth.Config) {
			c.JWKS, c.Scope, c.OtherScopes, c.Algorithms = "https://k.example/?a=b", "x:y", []string{"openid"}, oauth.Algorithms
			c.Skew = 5 * time.Minute
		}, ""},
		"on this machine":      {func(c *oauth.Config) { c.Issuer, c.JWKS = "http://localhost:8080/a", "http://[::1]:1/k" }, ""},
		"no issuer":            {func(c *oauth.Config) { c.Issuer = "" }, "issuer: missing"},
		"no URL":               {func(c *oauth.Config) { c.Issuer = "login" }, "issuer: not an https URL"},
		"without TLS":          {func(c *oauth.Config) { c.Issuer = "http://login.example" }, "issuer: not an https URL; http is for this machine alone"},
		"looks local":          {func(c *oauth.Config) { c.Issuer = "http://localhost.example" }, "issuer: not an https URL; http is for this machine alone"},
		"another scheme":       {func(c *oauth.Config) { c.Issuer = "ftp://login.example" }, "issuer: not an https URL"},
		"a user":               {func(c *oauth.Config) { c.Issuer = "https://a:b@login.example" }, "issuer: has a user"},
		"a query":              {func(c *oauth.Config) { c.Issuer = "https://login.example/?x" }, "issuer: has a query"},
		"a fragment":           {func(c *oauth.Config) { c.Issuer = "https://login.example/#" }, "issuer: has a fragment"},
		"keys without TLS":     {func(c *oauth.Config) { c.JWKS = "http://login.example/keys" }, "jwks: not an https URL"},
		"no audience":          {func(c *oauth.Config) { c.Audiences = nil }, "audience: missing"},
		"an empty audience":    {func(c *oauth.Config) { c.Audiences = []string{""} }, "audience: has an empty value"},
		"an audience twice":    {func(c *oauth.Config) { c.Audiences = []string{"a", "a"} }, `audience: "a" is there twice`},
		"two scopes in one":    {func(c *oauth.Config) { c.Scope = "scim openid" }, `scope: "scim openid" is not one scope`},
		"a scope with a quote": {func(c *oauth.Config) { c.OtherScopes = []string{`a"b`} }, "is not one scope"},
		"none":                 {func(c *oauth.Config) { c.Algorithms = []string{"none"} }, `algorithms: "none" is none of RS256`},
		"HS256":                {func(c *oauth.Config) { c.Algorithms = []string{"RS256", "HS256"} }, `algorithms: "HS256" is none of RS256`},
		"no algorithms":        {func(c *oauth.Config) { c.Algorithms = []string{} }, "algorithms: none"},
		"much skew":            {func(c *oauth.Config) { c.Skew = time.Hour }, "skew: 1h0m0s is not from 0 to 5m0s"},
		"negative lifetime":    {func(c *oauth.Config) { c.MaxLifetime = -1 }, "max_lifetime: is negative"},
	} {
		cfg := oauth.Config{Tenant: "acme", Connection: "okta", Issuer: "https://login.example/", Audiences: []string{"a"}}
		tc.change(&cfg)
		err := oauth.Check([]oauth.Config{cfg})
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), `tenant "acme": connection "okta": jwt: `)):
			t.Errorf("%s: got %v, want %s", name, err, tc.want)
		}
		if _, newErr := oauth.New([]oauth.Config{cfg}, oauth.Options{}); (newErr == nil) != (err == nil) {
			t.Errorf("%s: New says %v", name, newErr)
		}
	}
}

// TestConnectionsAreApart has pairs of connections that one token could mean both, and pairs that it could not.
func TestConnectionsAreApart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(a, b *oauth.Config)
		apart  bool
	}{
		"the same":                     {func(_, _ *oauth.Config) {}, false},
		"other issuer":                 {func(_, b *oauth.Config) { b.Issuer = "https://other.example" }, true},
		"other keys alone":             {func(_, b *oauth.Config) { b.JWKS = "https://other.example/keys" }, false},
		"other scope alone":            {func(_, b *oauth.Config) { b.Scope = "other" }, false},
		"other audience":               {func(_, b *oauth.Config) { b.Audiences = []string{"c"} }, true},
		"a common audience":            {func(_, b *oauth.Config) { b.Audiences = []string{"c", "b"} }, false},
		"other clients":                {func(a, b *oauth.Config) { a.Clients, b.Clients = []string{"1", "2"}, []string{"3"} }, true},
		"a common client":              {func(a, b *oauth.Config) { a.Clients, b.Clients = []string{"1", "2"}, []string{"2"} }, false},
		"clients of one":               {func(a, _ *oauth.Config) { a.Clients = []string{"1"} }, false},
		"other subjects":               {func(a, b *oauth.Config) { a.Subjects, b.Subjects = []string{"1"}, []string{"3"} }, true},
		"clients here, subjects there": {func(a, b *oauth.Config) { a.Clients, b.Subjects = []string{"1"}, []string{"3"} }, false},
	} {
		a := oauth.Config{Tenant: "acme", Connection: "main", Issuer: "https://login.example", Audiences: []string{"a", "b"}}
		b := a
		b.Tenant = "globex"
		tc.change(&a, &b)
		err := oauth.Check([]oauth.Config{a, b})
		if tc.apart != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (!strings.Contains(err.Error(), `"acme"`) || !strings.Contains(err.Error(), `"globex"`)) {
			t.Errorf("%s: the error does not name both: %v", name, err)
		}
	}
}

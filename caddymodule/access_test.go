package caddymodule_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// issuer is an OAuth 2.0 authorization server, as far as a resource server sees it.
type issuer struct {
	t   *testing.T
	url string
	key *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key}
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answers := map[string]any{
		"/.well-known/openid-configuration": map[string]string{"issuer": i.url, "jwks_uri": i.url + "/keys"},
		"/keys":                             jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}},
	}
	answer, ok := answers[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// token is an access token for a client, with a scope.
func (i *issuer) token(client, scope string, lasts time.Duration) string {
	i.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.key, KeyID: "1"}}, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		i.t.Fatal(err)
	}
	claims, err := json.Marshal(map[string]any{
		"iss": i.url, "aud": "api://scim", "sub": client, "client_id": client, "scope": scope,
		"iat": time.Now().Unix(), "exp": time.Now().Add(lasts).Unix(),
	})
	if err != nil {
		i.t.Fatal(err)
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		i.t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		i.t.Fatal(err)
	}
	return compact
}

// with adds options to the connection main of a tenant's block.
func with(tenant string, options ...string) string {
	return strings.Replace(tenant, "connection main {", "connection main {\n"+strings.Join(options, "\n"), 1)
}

func TestAccessTokens(t *testing.T) {
	s := newServer(t)
	i := newIssuer(t)
	trust := func(client string) string {
		return fmt.Sprintf("jwt {\n issuer %s\n audience api://scim\n clients %s\n}", i.url, client)
	}
	s.load(s.caddyfile(s.badger() + with(s.tenant("acme"), trust("acme-idp")) +
		with(s.tenant("globex"), trust("globex-idp"), "limits {\n read_only\n}")))

	const users = "/scim/v2/Users"
	acme, globex := i.token("acme-idp", "scim", time.Hour), i.token("globex-idp", "scim", time.Hour)
	id := s.want(http.StatusCreated, acme, "POST", users, user("ann")).get("id")
	s.want(http.StatusOK, acmeToken, "GET", users+"/"+id, "") // the static token goes on
	s.want(http.StatusNotFound, globex, "GET", users+"/"+id, "")
	s.want(http.StatusForbidden, globex, "POST", users, user("bob"))
	s.want(http.StatusForbidden, globexToken, "POST", users, user("bob")) // the limits are the connection's
	s.want(http.StatusUnauthorized, i.token("nobody", "scim", time.Hour), "GET", users, "")
	s.want(http.StatusUnauthorized, i.token("acme-idp", "scim", -time.Hour), "GET", users, "")
	s.want(http.StatusUnauthorized, newIssuer(t).token("acme-idp", "scim", time.Hour), "GET", users, "")
	lacking := s.want(http.StatusForbidden, i.token("acme-idp", "mail", time.Hour), "GET", users, "")
	if got := lacking.header.Get("WWW-Authenticate"); got != `Bearer realm="scim", error="insufficient_scope", scope="scim"` {
		t.Errorf("the challenge is %q", got)
	}
	for name, presented := range map[string]string{"oauth2": acme, "": acmeToken} {
		if got := s.want(http.StatusOK, presented, "GET", "/scim/v2/ServiceProviderConfig", "").get("authenticationSchemes.1.type"); got != "oauth2" {
			t.Errorf("%s: the second scheme is %q", name, got)
		}
	}
	if got := s.metric(`caddy_scim_refused_tokens_total{reason="scope"}`); got < 1 {
		t.Errorf("tokens without the scope: %v", got)
	}
	for _, part := range strings.Split(acme, ".") {
		if strings.Contains(s.log(), part) {
			t.Error("a part of an access token is in the log")
		}
	}
	if !strings.Contains(s.log(), `"scim_token":"jwt:acme-idp"`) {
		t.Error("the access log does not name the client")
	}

	// A reload that trusts nobody.
	s.load(s.caddyfile(s.badger() + s.tenant("acme") + s.tenant("globex")))
	s.want(http.StatusUnauthorized, acme, "GET", users, "")
	s.want(http.StatusCreated, globexToken, "POST", users, user("bob"))
}

// forwarding says of every request for whom it was forwarded.
type forwarding struct {
	http.RoundTripper
	from string
}

// RoundTrip implements http.RoundTripper.
func (f forwarding) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.from)
	return f.RoundTripper.RoundTrip(r)
}

// TestLimitsOfAddresses goes by the client's address as Caddy determines it.
func TestLimitsOfAddresses(t *testing.T) {
	s := newServer(t)
	tenant := with(s.tenant("acme"), "limits {\n from 192.0.2.0/24\n}")
	forwarded := func(from string) int {
		t.Helper()
		client := &http.Client{Transport: forwarding{s.client.Transport, from}}
		resp, err := send(client, "GET", s.url+"/scim/v2/Users", acmeToken, "")
		if err != nil {
			t.Fatal(err)
		}
		return resp.status
	}
	s.load(s.caddyfile(s.badger() + tenant))
	if got := forwarded("192.0.2.7"); got != http.StatusForbidden {
		t.Errorf("who says to come from the right address is believed: %d", got)
	}
	s.load(s.caddyfile(s.badger()+tenant, "servers {\n trusted_proxies static 127.0.0.0/8\n}"))
	for from, want := range map[string]int{"192.0.2.7": 200, "198.51.100.7": 403} {
		if got := forwarded(from); got != want {
			t.Errorf("from %s through a trusted proxy: %d, want %d", from, got, want)
		}
	}
}

func TestRateLimitOverReloads(t *testing.T) {
	s := newServer(t)
	const few = "rate_limit {\n requests 1 1\n}"
	s.load(s.caddyfile(s.badger() + s.tenant("acme", few) + s.tenant("globex")))
	before := max(0, s.metric(`caddy_scim_limited_requests_total{reason="rate",tenant="acme"}`))
	flood := func(n int) (served, refused int) {
		t.Helper()
		for range n {
			r, err := send(s.client, "GET", s.url+"/scim/v2/ServiceProviderConfig", acmeToken, "")
			switch {
			case err != nil:
				t.Fatal(err)
			case r.status == http.StatusOK:
				served++
			case r.status == http.StatusTooManyRequests && r.header.Get("Retry-After") != "" && r.get("status") == "429":
				refused++
			default:
				t.Fatalf("got %d %s", r.status, r.body)
			}
		}
		return served, refused
	}
	// Time goes on meanwhile, and so a few more than one may be served; a flood as long as this never is.
	_, refused := flood(30)
	if refused == 0 {
		t.Fatal("nobody was refused")
	}
	s.want(http.StatusOK, globexToken, "GET", "/scim/v2/ServiceProviderConfig", "")
	if got := s.metric(`caddy_scim_limited_requests_total{reason="rate",tenant="acme"}`); got != before+float64(refused) {
		t.Errorf("the metric went from %v to %v for %d refusals", before, got, refused)
	}
	s.load(s.caddyfile(s.badger() + s.tenant("acme", "rate_limit off") + s.tenant("globex")))
	if _, refused := flood(30); refused != 0 {
		t.Errorf("%d were refused without a limit", refused)
	}
}

func TestValidateAccessErrors(t *testing.T) {
	t.Setenv("ISSUER", "https://login.example/")
	app := `"application":{"url":"http://app.example",` + routes + `}`
	acme := func(fields string) string { return `{"tenants":{"acme":{` + app + `,` + fields + `}}}` }
	conn := func(fields string) string { return acme(`"connections":{"okta":{` + fields + `}}`) }
	jwt := func(fields string) string {
		return conn(`"jwt":{"issuer":"https://login.example/","audience":["a"]` + fields + `}`)
	}
	two := func(first, second string) string {
		trust := func(fields string) string {
			return `{"jwt":{"issuer":"{env.ISSUER}","audience":["a"]` + fields + `}}`
		}
		return `{"tenants":{"acme":{` + app + `,"connections":{"okta":` + trust(first) + `}},"globex":{` + app + `,"connections":{"okta":` + trust(second) + `}}}}`
	}
	for _, c := range []struct{ scim, want string }{
		{jwt(``), ``},
		{jwt(`,"algorithms":["RS512"],"skew":"5m","max_lifetime":"1h"`), ``},
		{conn(`"jwt":{}`), `tenant "acme": connection "okta": jwt: issuer: missing`},
		{conn(`"jwt":{"issuer":"{env.NONE}"}`), `connection "okta": jwt: issuer: the environment variable NONE is not set or empty`},
		{conn(`"jwt":{"issuer":"https://login.example"}`), `jwt: audience: missing`},
		{conn(`"jwt":{"issuer":"http://login.example","audience":["a"]}`), `jwt: issuer: not an https URL; http is for this machine alone`},
		{conn(`"jwt":{"issuer":"https://login.example","audience":["{x}"]}`), `jwt: audience: it has a placeholder that is none of`},
		{jwt(`,"algorithms":["HS256"]`), `jwt: algorithms: "HS256" is none of`},
		{jwt(`,"skew":"1h"`), `jwt: skew: 1h0m0s is not from 0 to 5m0s`},
		{jwt(`,"keys":[]`), `unknown field "keys"`},
		{two(``, ``), `connection "okta" of tenant "acme" and connection "okta" of tenant "globex": jwt: a token of https://login.example/ could mean both`},
		{two(`,"clients":["a","b"]`, `,"clients":["b"]`), `could mean both`},
		{two(`,"clients":["a","b"]`, `,"clients":["c"]`), ``},
		{conn(`"limits":{"only":["devices"]}`), `connection "okta": limits: only: "devices" is none of users, groups`},
		{conn(`"limits":{"only":["users","users"]}`), `limits: only: users is there twice`},
		{conn(`"limits":{"only":["users","groups"]}`), `limits: only: users and groups are all types there are, so nothing is limited; name one of them`},
		{conn(`"limits":{}`), `connection "okta": limits: nothing is limited; want read_only, only, from or user`},
		{conn(`"limits":{"only":[],"from":[],"read_only":false}`), `limits: nothing is limited`},
		{conn(`"limits":{"read_only":true}`), ``},
		{conn(`"limits":{"from":["192.0.2.1/8"]}`), `limits: from: token: invalid: "192.0.2.1/8" has bits beyond its mask; write 192.0.0.0/8`},
		{conn(`"limits":{"only":["groups"],"user":"1"}`), `a token for groups alone cannot be bound to a user`},
		{acme(`"rate_limit":{"off":true,"requests":1}`), `tenant "acme": rate_limit: off: then nothing else can be set`},
		{acme(`"rate_limit":{"write_burst":1}`), `rate_limit: write_burst: needs writes`},
		{acme(`"rate_limit":{"requests":-1}`), `rate_limit: requests: -1 a second`},
		{acme(`"rate_limit":{"concurrent":-1}`), `rate_limit: concurrent: -1 is not from 1`},
	} {
		err := validate(t, []byte(`{"apps":{"scim":`+c.scim+`}}`))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.scim, err, c.want)
		}
	}
}

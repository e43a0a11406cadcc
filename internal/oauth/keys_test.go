package oauth_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/oauth"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// TestNothingIsFetchedBeforeATokenComes, nor for one that is nobody's.
func TestNothingIsFetchedBeforeATokenComes(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "ec", jose.ES256)
	i := newIssuer(t, "", es)
	v := newVerifier(t, c, acme(i))
	wantErr(t, v, sign(t, es, claims(c, i, "aud", "https://mail.example/")), token.ErrUnknown)
	wantErr(t, v, sign(t, es, claims(c, i, "iss", "https://evil.example")), token.ErrUnknown)
	wantErr(t, v, sign(t, es, claims(c, i), "typ", "logout+jwt"), token.ErrUnknown)
	if n := i.asked("/keys"); n != 0 {
		t.Fatalf("the keys were fetched %d times", n)
	}
	for n := range 3 {
		wantErr(t, v, sign(t, es, claims(c, i, "jti", n)), nil)
	}
	if n := i.asked("/keys"); n != 1 {
		t.Errorf("the keys were fetched %d times, want once", n)
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	old, next := newSigner(t, "1", jose.ES256), newSigner(t, "2", jose.ES256)
	i := newIssuer(t, "", old)
	v := newVerifier(t, c, acme(i))
	long := sign(t, old, claims(c, i, "exp", c.Now().Add(10*time.Hour).Unix()))
	wantErr(t, v, long, nil)

	// A new key is found at once.
	i.rotate(next, old)
	wantErr(t, v, sign(t, next, claims(c, i)), nil)
	wantErr(t, v, long, nil)
	// A key that is taken back is refused once the keys are fetched again, be its token remembered or not.
	i.rotate(next)
	c.Advance(oauth.KeysFresh)
	wantErr(t, v, sign(t, old, claims(c, i)), token.ErrUnknown)
	wantErr(t, v, long, token.ErrUnknown)
	wantErr(t, v, sign(t, next, claims(c, i)), nil)
}

// TestAFloodOfUnknownKeys does not reach the issuer, and does not keep a new key out for long.
func TestAFloodOfUnknownKeys(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "1", jose.ES256)
	i := newIssuer(t, "", es)
	v := newVerifier(t, c, acme(i))
	wantErr(t, v, sign(t, es, claims(c, i)), nil)
	mallory := newSigner(t, "", jose.ES256)
	flood := func() {
		for n := range 50 {
			mallory.kid = strings.Repeat("k", n+1)
			wantErr(t, v, sign(t, mallory, claims(c, i)), token.ErrUnknown)
		}
	}
	flood()
	if n := i.asked("/keys"); n != oauth.FetchBurst {
		t.Errorf("the keys were fetched %d times, want %d", n, oauth.FetchBurst)
	}
	next := newSigner(t, "2", jose.ES256)
	i.rotate(es, next)
	for range 10 {
		c.Advance(oauth.FetchInterval)
		flood()
	}
	if n := i.asked("/keys"); n != oauth.FetchBurst+10 {
		t.Errorf("the keys were fetched %d times in %s, want %d", n, 10*oauth.FetchInterval, oauth.FetchBurst+10)
	}
	wantErr(t, v, sign(t, next, claims(c, i)), nil)
}

func TestWhileTheIssuerIsAway(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "1", jose.ES256)
	i := newIssuer(t, "", es)
	v := newVerifier(t, c, acme(i))
	fresh := func() string {
		return sign(t, es, claims(c, i, "jti", c.Now().String()))
	}
	i.answer(down)
	wantErr(t, v, fresh(), token.ErrUnavailable)
	i.answer(nil)
	c.Advance(oauth.FetchInterval)
	wantErr(t, v, fresh(), nil)
	at := c.Now()

	i.answer(down)
	for c.Now().Sub(at) < oauth.KeysStale-2*time.Hour {
		c.Advance(time.Hour)
		wantErr(t, v, fresh(), nil)
	}
	// It may have a new key, which nobody can tell now.
	wantErr(t, v, sign(t, newSigner(t, "2", jose.ES256), claims(c, i)), token.ErrUnavailable)
	c.Advance(at.Add(oauth.KeysStale).Sub(c.Now()))
	wantErr(t, v, fresh(), token.ErrUnavailable)
	i.answer(nil)
	c.Advance(oauth.FetchInterval)
	wantErr(t, v, fresh(), nil)
}

// TestTheIssuerIsAskedOnce has many first tokens come at once, some of whose clients go away.
func TestTheIssuerIsAskedOnce(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "1", jose.ES256)
	i := newIssuer(t, "", es)
	v := newVerifier(t, c, acme(i))
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	i.answer(func(http.ResponseWriter, *http.Request) bool {
		arrived <- struct{}{}
		<-release
		return false
	})
	tokens := make([]string, 20)
	for n := range tokens {
		tokens[n] = sign(t, es, claims(c, i, "jti", n))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		// Its client goes away while the keys are fetched for all.
		if _, err := v.Authenticate(ctx, tokens[0]); err != nil {
			t.Error(err)
		}
	})
	<-arrived
	for _, presented := range tokens[1:] {
		wg.Go(func() {
			if _, err := v.Authenticate(t.Context(), presented); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := v.Authenticate(canceled(t), sign(t, es, claims(c, i, "jti", "x"))); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that is gone waits: %v", err)
	}
	cancel()
	close(release)
	wg.Wait()
	if n := i.asked("/keys"); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// TestKeysOutliveAConfiguration as a reload makes a new Verifier.
func TestKeysOutliveAConfiguration(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "1", jose.ES256)
	i := newIssuer(t, "", es)
	keys := oauth.NewKeys(oauth.KeyOptions{Clock: c.Now, Logger: slog.New(slog.DiscardHandler)})
	for n := range 3 {
		cfg := acme(i)
		cfg.Connection = strings.Repeat("c", n+1)
		v, err := oauth.New([]oauth.Config{cfg}, oauth.Options{Keys: keys, Clock: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		who, err := v.Authenticate(t.Context(), sign(t, es, claims(c, i)))
		if err != nil || who.Connection != cfg.Connection {
			t.Errorf("got %+v, %v", who, err)
		}
		i.answer(down) // the next configuration has to do with what is known
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	es := newSigner(t, "1", jose.ES256)
	redirect := func(to string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/keys" {
				http.Redirect(w, r, to, http.StatusFound)
			}
			return r.URL.Path == "/keys"
		}
	}
	body := func(text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/keys" {
				_, _ = w.Write([]byte(text))
			}
			return r.URL.Path == "/keys"
		}
	}
	elsewhere := newIssuer(t, "", es)
	for name, tc := range map[string]struct {
		path   string
		change func(*issuer, *oauth.Config)
		want   error
	}{
		"RFC 8414":                     {"", func(*issuer, *oauth.Config) {}, nil},
		"RFC 8414, with a path":        {"/realms/a", func(*issuer, *oauth.Config) {}, nil},
		"OpenID Connect":               {"", func(i *issuer, _ *oauth.Config) { i.oidc = true }, nil},
		"OpenID Connect, with a path":  {"/realms/a", func(i *issuer, _ *oauth.Config) { i.oidc = true }, nil},
		"keys named":                   {"", func(i *issuer, c *oauth.Config) { c.JWKS, i.metadata = i.url+"/keys", nil }, nil},
		"keys named, another host":     {"", func(_ *issuer, c *oauth.Config) { c.JWKS = elsewhere.url + "/keys" }, nil},
		"metadata of another issuer":   {"", func(i *issuer, _ *oauth.Config) { i.metadata["issuer"] = "https://evil.example" }, token.ErrUnavailable},
		"metadata without issuer":      {"", func(i *issuer, _ *oauth.Config) { delete(i.metadata, "issuer") }, token.ErrUnavailable},
		"metadata without keys":        {"", func(i *issuer, _ *oauth.Config) { delete(i.metadata, "jwks_uri") }, token.ErrUnavailable},
		"keys without TLS":             {"", func(i *issuer, _ *oauth.Config) { i.metadata["jwks_uri"] = "http://keys.example/" }, token.ErrUnavailable},
		"keys in a file":               {"", func(i *issuer, _ *oauth.Config) { i.metadata["jwks_uri"] = "file:///etc/passwd" }, token.ErrUnavailable},
		"sent on to the same host":     {"", func(i *issuer, _ *oauth.Config) { i.answer(redirectOnce("/keys", "/keys?again=1")) }, nil},
		"sent on to another host":      {"", func(i *issuer, _ *oauth.Config) { i.answer(redirect(elsewhere.url + "/keys")) }, token.ErrUnavailable},
		"sent on for ever":             {"", func(i *issuer, _ *oauth.Config) { i.answer(redirect("/keys")) }, token.ErrUnavailable},
		"no JSON":                      {"", func(i *issuer, _ *oauth.Config) { i.answer(body("<html>")) }, token.ErrUnavailable},
		"no keys":                      {"", func(i *issuer, _ *oauth.Config) { i.rotate() }, token.ErrUnavailable},
		"endless":                      {"", func(i *issuer, _ *oauth.Config) { i.answer(endless) }, token.ErrUnavailable},
		"a key for encryption":         {"", func(i *issuer, _ *oauth.Config) { i.answer(body(jwks(t, es, "use", "enc"))) }, token.ErrUnavailable},
		"a key for another algorithm":  {"", func(i *issuer, _ *oauth.Config) { i.answer(body(jwks(t, es, "alg", "ES384"))) }, token.ErrUnknown},
		"a key that says nothing more": {"", func(i *issuer, _ *oauth.Config) { i.answer(body(jwks(t, es, "alg", nil, "use", nil))) }, nil},
		"two keys with one id":         {"", func(i *issuer, _ *oauth.Config) { i.rotate(es, newSigner(t, "1", jose.ES256)) }, token.ErrUnknown},
		"keys of no known kind beside": {"", func(i *issuer, _ *oauth.Config) {
			i.answer(body(`{"keys":[{"kty":"PQ","kid":"1"},7,{"kty":"oct","kid":"1","k":"c2VjcmV0"},` + jwks(t, es)[len(`{"keys":[`):]))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clocktest.New()
			i := newIssuer(t, tc.path, es)
			cfg := acme(i)
			tc.change(i, &cfg)
			wantErr(t, newVerifier(t, c, cfg), sign(t, es, claims(c, i)), tc.want)
		})
	}
}

func redirectOnce(from, to string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != from || r.URL.RawQuery != "" {
			return false
		}
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		return true
	}
}

// endless answers for as long as somebody reads.
func endless(w http.ResponseWriter, r *http.Request) bool {
	for err := error(nil); err == nil; {
		_, err = w.Write(make([]byte, 64<<10))
	}
	return true
}

// jwks is a key set with one key, changed by pairs of name and value; nil takes one out.
func jwks(t *testing.T, s signer, change ...any) string {
	t.Helper()
	var key map[string]any
	if err := json.Unmarshal(marshal(t, s.public()), &key); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(change); n += 2 {
		if change[n+1] == nil {
			delete(key, change[n].(string))
			continue
		}
		key[change[n].(string)] = change[n+1]
	}
	return string(marshal(t, map[string]any{"keys": []any{key}}))
}

// TestNoKeyNamed has a token without a key id: good where there is one key that fits.
func TestNoKeyNamed(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es, rs := newSigner(t, "1", jose.ES256), newSigner(t, "2", jose.RS256)
	i := newIssuer(t, "", es, rs)
	nameless := es
	nameless.kid = ""
	wantErr(t, newVerifier(t, c, acme(i)), sign(t, nameless, claims(c, i)), nil)
	i.rotate(es, newSigner(t, "3", jose.ES256))
	wantErr(t, newVerifier(t, c, acme(i)), sign(t, nameless, claims(c, i)), token.ErrUnknown)
}

// TestOverTLS has an issuer with a certificate, known to the transport alone.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "1", jose.ES256)
	i := newIssuer(t, "", es)
	server := httptest.NewUnstartedServer(i)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // one handshake fails
	server.StartTLS()
	t.Cleanup(server.Close)
	i.metadata = map[string]any{"issuer": server.URL, "jwks_uri": server.URL + "/keys"}
	cfg := acme(i)
	cfg.Issuer = server.URL
	i.url = "http://" + server.Listener.Addr().String()

	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	presented := sign(t, es, claims(c, i, "iss", server.URL))
	for _, tc := range []struct {
		roots *x509.CertPool
		want  error
	}{{x509.NewCertPool(), token.ErrUnavailable}, {roots, nil}} {
		keys := oauth.NewKeys(oauth.KeyOptions{
			Clock: c.Now, Logger: slog.New(slog.DiscardHandler),
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: tc.roots}, DisableKeepAlives: true},
		})
		v, err := oauth.New([]oauth.Config{cfg}, oauth.Options{Keys: keys, Clock: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		wantErr(t, v, presented, tc.want)
	}
}

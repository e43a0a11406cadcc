package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// signer is a key of an issuer.
type signer struct {
	kid string
	alg jose.SignatureAlgorithm
	key crypto.Signer
}

// public is the key as the JWKS shows it.
func (s signer) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: s.key.Public(), KeyID: s.kid, Algorithm: string(s.alg), Use: "sig"}
}

// The keys are made once: an RSA key takes its time.
var keyOf = sync.OnceValue(func() map[jose.SignatureAlgorithm]crypto.Signer {
	must := func(key crypto.Signer, err error) crypto.Signer {
		if err != nil {
			panic(err)
		}
		return key
	}
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return map[jose.SignatureAlgorithm]crypto.Signer{
		jose.RS256: rsaKey, jose.PS256: rsaKey, jose.RS384: rsaKey,
		jose.ES256: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
		jose.ES384: must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)),
		jose.EdDSA: ed,
	}
})

// newSigner makes a key. Keys of ES256 are new each time.
func newSigner(tb testing.TB, kid string, alg jose.SignatureAlgorithm) signer {
	tb.Helper()
	if alg != jose.ES256 {
		return signer{kid, alg, keyOf()[alg]}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return signer{kid, alg, key}
}

// issuer is an OAuth 2.0 authorization server on a real listener, as far as a resource server sees it.
type issuer struct {
	tb  testing.TB
	url string

	mu       sync.Mutex
	keys     []jose.JSONWebKey
	requests map[string]int                                // by path
	serve    func(http.ResponseWriter, *http.Request) bool // answers in the place of the issuer, if it returns true
	oidc     bool                                          // has the metadata of OpenID Connect alone
	metadata map[string]any
}

func newIssuer(tb testing.TB, path string, keys ...signer) *issuer {
	tb.Helper()
	i := &issuer{tb: tb, requests: map[string]int{}}
	server := httptest.NewServer(i)
	tb.Cleanup(server.Close)
	i.url = server.URL + path
	i.metadata = map[string]any{"issuer": i.url, "jwks_uri": server.URL + "/keys", "token_endpoint": server.URL + "/token"}
	i.rotate(keys...)
	return i
}

// rotate makes keys the issuer's.
func (i *issuer) rotate(keys ...signer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = nil
	for _, k := range keys {
		i.keys = append(i.keys, k.public())
	}
}

// answer makes fn answer in the issuer's place; nil ends that.
func (i *issuer) answer(fn func(http.ResponseWriter, *http.Request) bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.serve = fn
}

// down makes the issuer answer 503.
func down(w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusServiceUnavailable)
	return true
}

// asked is how often a path was asked for.
func (i *issuer) asked(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.requests[path]
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.requests[r.URL.Path]++
	keys, serve, oidc, metadata := i.keys, i.serve, i.oidc, i.metadata
	i.mu.Unlock()
	if serve != nil && serve(w, r) {
		return
	}
	path := i.url[len("http://"+r.Host):]
	switch {
	case r.URL.Path == "/.well-known/oauth-authorization-server"+path && !oidc,
		r.URL.Path == path+"/.well-known/openid-configuration" && oidc:
		i.write(w, metadata)
	case r.URL.Path == "/keys":
		i.write(w, jose.JSONWebKeySet{Keys: keys})
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.tb.Error(err)
	}
}

// sign makes a compact JWS over claims. header changes the protected header.
func sign(tb testing.TB, s signer, claims map[string]any, header ...any) string {
	tb.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		tb.Fatal(err)
	}
	opts := (&jose.SignerOptions{}).WithType("at+jwt")
	for n := 0; n < len(header); n += 2 {
		if header[n+1] == nil {
			delete(opts.ExtraHeaders, jose.HeaderKey(header[n].(string)))
			continue
		}
		opts.WithHeader(jose.HeaderKey(header[n].(string)), header[n+1])
	}
	signing, err := jose.NewSigner(jose.SigningKey{Algorithm: s.alg, Key: jose.JSONWebKey{Key: s.key, KeyID: s.kid}}, opts)
	if err != nil {
		tb.Fatal(err)
	}
	jws, err := signing.Sign(payload)
	if err != nil {
		tb.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	return compact
}

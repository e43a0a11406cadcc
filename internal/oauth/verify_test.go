package oauth_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/oauth"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

const audience = "https://scim.example/"

// acme is a connection that trusts an issuer.
func acme(i *issuer) oauth.Config {
	return oauth.Config{Tenant: "acme", Connection: "okta", Issuer: i.url, Audiences: []string{audience}}
}

func newVerifier(tb testing.TB, c *clocktest.Clock, configs ...oauth.Config) *oauth.Verifier {
	tb.Helper()
	v, err := oauth.New(configs, oauth.Options{Clock: c.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// claims are those of a good token, changed by pairs of name and value; nil takes a claim out.
func claims(c *clocktest.Clock, i *issuer, change ...any) map[string]any {
	m := map[string]any{
		"iss": i.url, "aud": audience, "sub": "provisioner", "client_id": "c1", "scope": "scim", "jti": "1",
		"iat": c.Now().Unix(), "exp": c.Now().Add(time.Hour).Unix(),
	}
	for n := 0; n < len(change); n += 2 {
		if change[n+1] == nil {
			delete(m, change[n].(string))
			continue
		}
		m[change[n].(string)] = change[n+1]
	}
	return m
}

// wantErr checks what Authenticate says to a token: nothing wrong, one of token's errors, or a *token.ScopeError.
func wantErr(tb testing.TB, v *oauth.Verifier, presented string, want error) {
	tb.Helper()
	who, err := v.Authenticate(tb.Context(), presented)
	var scope, wantScope *token.ScopeError
	if errors.As(want, &wantScope) {
		if !errors.As(err, &scope) || scope.Scope != wantScope.Scope {
			tb.Fatalf("got %v, %v; want %v", who, err, want)
		}
	} else if !errors.Is(err, want) {
		tb.Fatalf("got %v, %v; want %v", who, err, want)
	}
	if err != nil && who != (token.Identity{}) {
		tb.Fatalf("an identity beside the error %v: %v", err, who)
	}
	if err == nil && who.Tenant == "" {
		tb.Fatal("neither an identity nor an error")
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	algs := []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.ES384, jose.EdDSA}
	signers := map[jose.SignatureAlgorithm]signer{}
	var keys []signer
	for _, alg := range algs {
		signers[alg] = newSigner(t, "key-"+string(alg), alg)
		keys = append(keys, signers[alg])
	}
	i := newIssuer(t, "/tenant-1", keys...)
	v := newVerifier(t, c, acme(i))
	for _, alg := range algs {
		who, err := v.Authenticate(t.Context(), sign(t, signers[alg], claims(c, i)))
		if want := (token.Identity{Tenant: "acme", Connection: "okta", TokenID: "jwt:c1"}); err != nil || who != want {
			t.Errorf("%s: got %+v, %v", alg, who, err)
		}
	}
	es := signers[jose.ES256]
	for name, presented := range map[string]string{
		"several audiences":        sign(t, es, claims(c, i, "aud", []string{"https://other.example", audience})),
		"Okta: scp is a list":      sign(t, es, claims(c, i, "scope", nil, "scp", []string{"scim"}, "client_id", nil, "cid", "c1")),
		"Entra: scp is a text":     sign(t, es, claims(c, i, "scope", nil, "scp", "scim", "client_id", nil, "azp", "c1")),
		"type JWT":                 sign(t, es, claims(c, i), "typ", "JWT"),
		"type with application/":   sign(t, es, claims(c, i), "typ", "application/AT+JWT"),
		"no type":                  sign(t, es, claims(c, i), "typ", nil),
		"no iat, nbf, sub, client": sign(t, es, claims(c, i, "iat", nil, "sub", nil, "client_id", nil)),
		"a time with a fraction":   sign(t, es, claims(c, i, "exp", float64(c.Now().Unix())+59.5)),
		"ended within the skew":    sign(t, es, claims(c, i, "exp", c.Now().Add(-59*time.Second).Unix())),
		"begins within the skew":   sign(t, es, claims(c, i, "nbf", c.Now().Add(59*time.Second).Unix(), "iat", c.Now().Add(59*time.Second).Unix())),
		"claims of no concern":     sign(t, es, claims(c, i, "groups", []string{"a"}, "nonce", 7, "ISS", "https://evil.example")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantErr(t, v, presented, nil)
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	rs, es := newSigner(t, "rsa", jose.RS256), newSigner(t, "ec", jose.ES256)
	i := newIssuer(t, "", rs, es)
	other := newSigner(t, "ec", jose.ES256) // another tenant's issuer, whose key has the same id
	theirs := newIssuer(t, "", other)
	v := newVerifier(t, c, acme(i), oauth.Config{Tenant: "globex", Connection: "main", Issuer: theirs.url, Audiences: []string{audience}})
	good := sign(t, es, claims(c, i))
	wantErr(t, v, good, nil)
	wantErr(t, v, sign(t, other, claims(c, theirs)), nil)

	parts := strings.Split(good, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	unsigned := func(alg string) string {
		return b64([]byte(`{"alg":"`+alg+`","typ":"at+jwt","kid":"ec"}`)) + "." + parts[1] + "."
	}
	for name, tc := range map[string]struct {
		presented string
		want      error
	}{
		"empty":                       {"", token.ErrUnknown},
		"dots":                        {"..", token.ErrUnknown},
		"not base64":                  {"ey!.ey!.x", token.ErrUnknown},
		"no signature":                {parts[0] + "." + parts[1] + ".", token.ErrUnknown},
		"alg none":                    {unsigned("none"), token.ErrUnknown},
		"alg None":                    {unsigned("None"), token.ErrUnknown},
		"alg none with a signature":   {unsigned("none") + parts[2], token.ErrUnknown},
		"no alg":                      {b64([]byte(`{"kid":"ec"}`)) + "." + parts[1] + "." + parts[2], token.ErrUnknown},
		"HS256 with the public key":   {hmacWithPublicKey(t, rs, claims(c, i)), token.ErrUnknown},
		"algorithm not accepted":      {sign(t, newSigner(t, "rsa", jose.RS384), claims(c, i)), token.ErrUnknown},
		"algorithm of another key":    {sign(t, signer{"ec", jose.RS256, rs.key}, claims(c, i)), token.ErrUnknown},
		"claims changed":              {parts[0] + "." + b64(marshal(t, claims(c, i, "sub", "root"))) + "." + parts[2], token.ErrUnknown},
		"signature of another":        {parts[0] + "." + parts[1] + "." + strings.Split(sign(t, es, claims(c, i, "jti", "2")), ".")[2], token.ErrUnknown},
		"unknown key":                 {sign(t, newSigner(t, "nobody's", jose.ES256), claims(c, i)), token.ErrUnknown},
		"known id, other key":         {sign(t, other, claims(c, i)), token.ErrUnknown},
		"our key, their issuer":       {sign(t, es, claims(c, theirs)), token.ErrUnknown},
		"no key named, two fit none":  {sign(t, signer{"", jose.EdDSA, keyOf()[jose.EdDSA]}, claims(c, i)), token.ErrUnknown},
		"key brought along":           {sign(t, newSigner(t, "", jose.ES256), claims(c, i), "jwk", newSigner(t, "x", jose.ES256).public()), token.ErrUnknown},
		"critical extension":          {sign(t, es, claims(c, i), "crit", []string{"exp"}, "exp", 1), token.ErrUnknown},
		"other issuer":                {sign(t, es, claims(c, i, "iss", "https://evil.example")), token.ErrUnknown},
		"issuer with a slash":         {sign(t, es, claims(c, i, "iss", i.url+"/")), token.ErrUnknown},
		"no issuer":                   {sign(t, es, claims(c, i, "iss", nil)), token.ErrUnknown},
		"issuer is a list":            {sign(t, es, claims(c, i, "iss", []string{i.url})), token.ErrUnknown},
		"other audience":              {sign(t, es, claims(c, i, "aud", "https://mail.example/")), token.ErrUnknown},
		"no audience":                 {sign(t, es, claims(c, i, "aud", nil)), token.ErrUnknown},
		"empty audience":              {sign(t, es, claims(c, i, "aud", []string{})), token.ErrUnknown},
		"no expiry":                   {sign(t, es, claims(c, i, "exp", nil)), token.ErrUnknown},
		"expiry is a text":            {sign(t, es, claims(c, i, "exp", "2099-01-01")), token.ErrUnknown},
		"expiry is no time":           {sign(t, es, claims(c, i, "exp", 1e300)), token.ErrUnknown},
		"expired":                     {sign(t, es, claims(c, i, "exp", c.Now().Add(-61*time.Second).Unix())), token.ErrExpired},
		"expired long ago":            {sign(t, es, claims(c, i, "exp", 0)), token.ErrExpired},
		"not before the future":       {sign(t, es, claims(c, i, "nbf", c.Now().Add(2*time.Minute).Unix())), token.ErrUnknown},
		"issued in the future":        {sign(t, es, claims(c, i, "iat", c.Now().Add(2*time.Minute).Unix())), token.ErrUnknown},
		"good for ten years":          {sign(t, es, claims(c, i, "exp", c.Now().AddDate(10, 0, 0).Unix())), token.ErrUnknown},
		"the same without iat":        {sign(t, es, claims(c, i, "iat", nil, "exp", c.Now().AddDate(10, 0, 0).Unix())), token.ErrUnknown},
		"no scope":                    {sign(t, es, claims(c, i, "scope", nil)), &token.ScopeError{Scope: "scim"}},
		"other scope":                 {sign(t, es, claims(c, i, "scope", "mail")), &token.ScopeError{Scope: "scim"}},
		"scope in other letters":      {sign(t, es, claims(c, i, "scope", "SCIM")), &token.ScopeError{Scope: "scim"}},
		"scope within another":        {sign(t, es, claims(c, i, "scope", "scimitar")), &token.ScopeError{Scope: "scim"}},
		"more than the scope":         {sign(t, es, claims(c, i, "scope", "scim admin")), token.ErrUnknown},
		"more than the scope, by scp": {sign(t, es, claims(c, i, "scp", []string{"admin"})), token.ErrUnknown},
		"an ID token":                 {sign(t, es, claims(c, i, "scope", nil), "typ", "JWT"), &token.ScopeError{Scope: "scim"}},
		"a logout token":              {sign(t, es, claims(c, i), "typ", "logout+jwt"), token.ErrUnknown},
		"a security event":            {sign(t, es, claims(c, i), "typ", "secevent+jwt"), token.ErrUnknown},
		"type is no text":             {sign(t, es, claims(c, i), "typ", 7), token.ErrUnknown},
		"two signatures":              {twoSignatures(t, es, rs, claims(c, i)), token.ErrUnknown},
		"JSON serialization":          {jsonSerialized(t, es, claims(c, i)), token.ErrUnknown},
		"encrypted":                   {encrypted(t, rs, claims(c, i)), token.ErrUnknown},
		"claim twice":                 {signRaw(t, es, `{"iss":"https://evil.example",`+string(marshal(t, claims(c, i)))[1:]), token.ErrUnknown},
		"claims are a list":           {signRaw(t, es, `[]`), token.ErrUnknown},
		"claims are no JSON":          {signRaw(t, es, `{"iss":`), token.ErrUnknown},
		"huge":                        {sign(t, es, claims(c, i, "fill", strings.Repeat("x", oauth.MaxLen))), token.ErrUnknown},
		"deep":                        {signRaw(t, es, strings.Repeat("[", 5000)), token.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantErr(t, v, tc.presented, tc.want)
			if _, err := v.Recall(tc.presented); !errors.Is(err, token.ErrUnknown) {
				t.Errorf("a refused token is remembered: %v", err)
			}
		})
	}
	t.Cleanup(func() { wantErr(t, v, good, nil) })
}

func TestAllowLists(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "ec", jose.ES256)
	i := newIssuer(t, "", es)
	one, two := acme(i), acme(i)
	one.Clients, one.OtherScopes = []string{"c1", "c2"}, []string{"openid"}
	two.Tenant, two.Clients, two.Subjects, two.Scope = "globex", []string{"c3"}, []string{"s3"}, "provision"
	v := newVerifier(t, c, one, two)
	for name, tc := range map[string]struct {
		change []any
		tenant string
	}{
		"first":                 {[]any{"client_id", "c2"}, "acme"},
		"first, another scope":  {[]any{"client_id", "c2", "scope", "openid scim"}, "acme"},
		"second":                {[]any{"client_id", "c3", "sub", "s3", "scope", "provision"}, "globex"},
		"second, other subject": {[]any{"client_id", "c3", "scope", "provision"}, ""},
		"second, other scope":   {[]any{"client_id", "c3", "sub", "s3"}, ""},
		"nobody's client":       {[]any{"client_id", "c4"}, ""},
		"no client":             {[]any{"client_id", nil}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who, err := v.Authenticate(t.Context(), sign(t, es, claims(c, i, tc.change...)))
			if who.Tenant != tc.tenant || (err == nil) != (tc.tenant != "") {
				t.Errorf("got %+v, %v", who, err)
			}
		})
	}
}

// TestTwoAudiences has a token that is meant for two tenants, of which it must reach neither.
func TestTwoAudiences(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "ec", jose.ES256)
	i := newIssuer(t, "", es)
	one, two := acme(i), acme(i)
	two.Tenant, two.Audiences = "globex", []string{"https://globex.example/"}
	v := newVerifier(t, c, one, two)
	wantErr(t, v, sign(t, es, claims(c, i)), nil)
	wantErr(t, v, sign(t, es, claims(c, i, "aud", []string{audience, "https://globex.example/"})), token.ErrUnknown)
}

func TestAcceptedTokensExpire(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "ec", jose.ES256)
	i := newIssuer(t, "", es)
	v := newVerifier(t, c, acme(i))
	presented := sign(t, es, claims(c, i, "exp", c.Now().Add(time.Minute).Unix()))
	wantErr(t, v, presented, nil)
	c.Advance(time.Minute + oauth.DefaultSkew - time.Second)
	wantErr(t, v, presented, nil)
	if _, err := v.Recall(presented); err != nil {
		t.Errorf("not remembered: %v", err)
	}
	c.Advance(time.Second)
	wantErr(t, v, presented, token.ErrExpired)
	if _, err := v.Recall(presented); !errors.Is(err, token.ErrUnknown) {
		t.Errorf("remembered beyond its end: %v", err)
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"eyJhbGciOiJub25lIn0.e30.": true, "": false, "scim_0123456789_abc": false, "ey.a": false, "ey.a.b.c.d": false, "a.b.c": false,
	} {
		if got := oauth.Looks(s); got != want {
			t.Errorf("%q: %t", s, got)
		}
	}
}

func TestErrorsHoldNoToken(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	es := newSigner(t, "ec", jose.ES256)
	i := newIssuer(t, "", es)
	var log strings.Builder
	v, err := oauth.New([]oauth.Config{acme(i)}, oauth.Options{
		Clock: c.Now, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][]any{nil, {"aud", "x"}, {"exp", 0}, {"scope", "a b"}, {"sub", "ann@acme.example", "nbf", c.Now().AddDate(1, 0, 0).Unix()}} {
		presented := sign(t, es, claims(c, i, change...))
		_, err := v.Authenticate(t.Context(), presented)
		for _, part := range strings.Split(presented, ".") {
			if err != nil && strings.Contains(err.Error(), part) || strings.Contains(log.String(), part) {
				t.Errorf("a part of the token is in %v or in the log", err)
			}
		}
	}
	if !strings.Contains(log.String(), "an access token was refused") || strings.Contains(log.String(), "ann@") {
		t.Errorf("the log says: %s", log.String())
	}
}

func marshal(tb testing.TB, v any) []byte {
	tb.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// signRaw signs what need not be JSON.
func signRaw(tb testing.TB, s signer, payload string) string {
	tb.Helper()
	signing, err := jose.NewSigner(jose.SigningKey{Algorithm: s.alg, Key: jose.JSONWebKey{Key: s.key, KeyID: s.kid}}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	jws, err := signing.Sign([]byte(payload))
	if err != nil {
		tb.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	return compact
}

// hmacWithPublicKey signs with what everybody knows: the public key as PEM, taken for a secret.
func hmacWithPublicKey(tb testing.TB, s signer, m map[string]any) string {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(s.key.Public())
	if err != nil {
		tb.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	signing, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: public, KeyID: s.kid}}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	jws, err := signing.Sign(marshal(tb, m))
	if err != nil {
		tb.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	return compact
}

func twoSignatures(tb testing.TB, a, b signer, m map[string]any) string {
	tb.Helper()
	signing, err := jose.NewMultiSigner([]jose.SigningKey{
		{Algorithm: a.alg, Key: jose.JSONWebKey{Key: a.key, KeyID: a.kid}}, {Algorithm: b.alg, Key: jose.JSONWebKey{Key: b.key, KeyID: b.kid}},
	}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	jws, err := signing.Sign(marshal(tb, m))
	if err != nil {
		tb.Fatal(err)
	}
	return jws.FullSerialize()
}

func jsonSerialized(tb testing.TB, s signer, m map[string]any) string {
	tb.Helper()
	jws, err := jose.ParseSigned(sign(tb, s, maps.Clone(m)), []jose.SignatureAlgorithm{s.alg})
	if err != nil {
		tb.Fatal(err)
	}
	return jws.FullSerialize()
}

func encrypted(tb testing.TB, s signer, m map[string]any) string {
	tb.Helper()
	public, ok := s.key.Public().(*rsa.PublicKey)
	if !ok {
		tb.Fatal("not an RSA key")
	}
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.RSA_OAEP_256, Key: public}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	jwe, err := encrypter.Encrypt([]byte(sign(tb, s, m)))
	if err != nil {
		tb.Fatal(err)
	}
	compact, err := jwe.CompactSerialize()
	if err != nil {
		tb.Fatal(err)
	}
	return compact
}

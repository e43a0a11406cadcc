package oauth_test

import (
	"encoding/base64"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/oauth"
)

func BenchmarkAuthenticate(b *testing.B) {
	c := clocktest.New()
	rs, es := newSigner(b, "rsa", jose.RS256), newSigner(b, "ec", jose.ES256)
	i := newIssuer(b, "", rs, es)
	run := func(name string, presented []string, good bool) {
		b.Run(name, func(b *testing.B) {
			// One place in the cache, so that two tokens in turn are never in it.
			v, err := oauth.New([]oauth.Config{acme(i)}, oauth.Options{Clock: c.Now, CacheSize: 1, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if _, err := v.Authenticate(b.Context(), presented[n%len(presented)]); (err == nil) != good {
					b.Fatal(err)
				}
			}
		})
	}
	run("cached", []string{sign(b, rs, claims(c, i))}, true)
	run("uncached RS256", []string{sign(b, rs, claims(c, i)), sign(b, rs, claims(c, i, "jti", "2"))}, true)
	run("uncached ES256", []string{sign(b, es, claims(c, i)), sign(b, es, claims(c, i, "jti", "2"))}, true)
	run("nobody's", []string{sign(b, es, claims(c, i, "iss", "https://evil.example"))}, false)
	run("unknown key", []string{sign(b, newSigner(b, "x", jose.ES256), claims(c, i))}, false)
}

// TestAcceptedTokensCostNoAllocation holds the path that every request takes.
func TestAcceptedTokensCostNoAllocation(t *testing.T) {
	c := clocktest.New()
	es := newSigner(t, "ec", jose.ES256)
	i := newIssuer(t, "", es)
	v := newVerifier(t, c, acme(i))
	presented := sign(t, es, claims(c, i))
	wantErr(t, v, presented, nil)
	ctx := t.Context()
	got := testing.AllocsPerRun(100, func() {
		if _, err := v.Authenticate(ctx, presented); err != nil {
			t.Error(err)
		}
	})
	if diff := cmp.Diff(0.0, got); diff != "" {
		t.Errorf("allocations: %s", diff)
	}
}

func FuzzAuthenticate(f *testing.F) {
	c := clocktest.New()
	es := newSigner(f, "ec", jose.ES256)
	i := newIssuer(f, "", es)
	v := newVerifier(f, c, acme(i))
	good := sign(f, es, claims(c, i))
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(`{"payload":"e30","signatures":[{},{}]}`)
	f.Fuzz(func(t *testing.T, presented string) {
		who, err := v.Authenticate(t.Context(), presented)
		if err == nil && !slices.Equal(decoded(presented), decoded(good)) {
			t.Errorf("%q was accepted as %+v", presented, who)
		}
	})
}

// decoded are the parts of a token. The last character of each has bits that mean nothing.
func decoded(presented string) []string {
	parts := strings.Split(presented, ".")
	for n, part := range parts {
		data, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			return nil
		}
		parts[n] = string(data)
	}
	return parts
}

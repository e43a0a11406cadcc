package oauth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/caddy-scim/caddy-scim/internal/token"
)

const (
	// MaxLen is the greatest length of an access token in characters; Entra's with many groups have some thousand.
	MaxLen = 16 << 10
	// DefaultCacheSize is how many accepted tokens are remembered where [Options.CacheSize] is 0.
	DefaultCacheSize = 4096
	// IDPrefix begins the token id in the [token.Identity] of an access token; its client follows.
	IDPrefix = "jwt"
)

// Options holds what a Verifier may be told. The zero value is ready to use.
type Options struct {
	// Keys keeps the issuers' keys; by default the Verifier has its own. One that outlives the Verifier keeps a reload
	// from asking all issuers at once, and from failing while one is away.
	Keys *Keys
	// CacheSize bounds the cache of accepted tokens; default [DefaultCacheSize].
	CacheSize int
	// Clock tells the time; default time.Now.
	Clock func() time.Time
	// Logger takes, at debug level, why a token was refused; default slog.Default().
	Logger *slog.Logger
}

// Verifier checks access tokens for the connections of one configuration. It is safe for concurrent use.
type Verifier struct {
	byIssuer   map[string][]*connection
	algorithms []jose.SignatureAlgorithm // of any connection
	clock      func() time.Time
	log        *slog.Logger
	cache      *lru.Cache[digest, accepted]
}

// connection is a Config with where its keys are kept.
type connection struct {
	Config
	keys *source
}

// digest is the SHA-256 of a token.
type digest [sha256.Size]byte

// accepted is a token whose signature and claims were checked, and until when that is remembered: no longer than it is
// valid, nor longer than the keys are fresh, so that a key that the issuer takes back takes its tokens with it.
type accepted struct {
	who   token.Identity
	until time.Time
}

// New returns a Verifier. It fetches nothing.
//
// # Errors
//
// Those of [Check].
func New(configs []Config, opts Options) (*Verifier, error) {
	if err := Check(configs); err != nil {
		return nil, err
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Keys == nil {
		opts.Keys = NewKeys(KeyOptions{Clock: opts.Clock, Logger: opts.Logger})
	}
	if opts.CacheSize == 0 {
		opts.CacheSize = DefaultCacheSize
	}
	cache, err := lru.New[digest, accepted](opts.CacheSize)
	if err != nil {
		return nil, fmt.Errorf("oauth: cache of %d: %w", opts.CacheSize, err)
	}
	v := &Verifier{byIssuer: map[string][]*connection{}, clock: opts.Clock, log: opts.Logger, cache: cache}
	for _, c := range configs {
		c.setDefaults()
		v.byIssuer[c.Issuer] = append(v.byIssuer[c.Issuer], &connection{Config: c, keys: opts.Keys.of(c.Issuer, c.JWKS)})
		for _, a := range signatureAlgorithms(c.Algorithms) {
			if !slices.Contains(v.algorithms, a) {
				v.algorithms = append(v.algorithms, a)
			}
		}
	}
	return v, nil
}

// Looks reports whether a token may be an access token of this kind: a signed JWT in its compact form.
func Looks(presented string) bool {
	return strings.HasPrefix(presented, "ey") && strings.Count(presented, ".") == 2
}

// Authenticate says for whom an access token speaks. One that was accepted before is found in memory; the first one of
// an issuer waits for its keys.
//
// # Errors
//
// [token.ErrUnknown] and [token.ErrExpired], each a 401; a [*token.ScopeError], a 403; [token.ErrUnavailable] where the
// issuer's keys are not to be had, a 503. No error holds any part of the token.
func (v *Verifier) Authenticate(ctx context.Context, presented string) (token.Identity, error) {
	if len(presented) > MaxLen || len(v.byIssuer) == 0 {
		return token.Identity{}, token.ErrUnknown
	}
	hash := hashOf(presented)
	now := v.clock()
	if a, ok := v.cache.Get(hash); ok && now.Before(a.until) {
		return a.who, nil
	}
	a, err := v.check(ctx, presented, now)
	if err != nil {
		v.log.Debug("an access token was refused", "reason", err)
		return token.Identity{}, err
	}
	v.cache.Add(hash, a)
	return a.who, nil
}

// Recall is Authenticate for those tokens alone that were accepted before. Any other is [token.ErrUnknown].
func (v *Verifier) Recall(presented string) (token.Identity, error) {
	if len(presented) <= MaxLen {
		if a, ok := v.cache.Get(hashOf(presented)); ok && v.clock().Before(a.until) {
			return a.who, nil
		}
	}
	return token.Identity{}, token.ErrUnknown
}

// hashOf needs no allocation for tokens of the usual length.
func hashOf(presented string) digest {
	var buf [4 << 10]byte
	if len(presented) > len(buf) {
		return sha256.Sum256([]byte(presented))
	}
	return sha256.Sum256(buf[:copy(buf[:], presented)])
}

// refused is a token that is not accepted, with the reason for the log.
func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", token.ErrUnknown, fmt.Sprintf(format, args...))
}

// check checks a token that is not remembered. What it claims is read before its signature is checked, to find out
// whose keys and which rules it is to be checked by, and counts only afterwards.
func (v *Verifier) check(ctx context.Context, presented string, now time.Time) (accepted, error) {
	jws, err := jose.ParseSignedCompact(presented, v.algorithms)
	if err != nil || len(jws.Signatures) != 1 {
		return accepted{}, refused("not a JWT with a signature of an algorithm that is accepted")
	}
	var c claims
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &c); err != nil {
		return accepted{}, refused("its claims cannot be read")
	}
	conn, err := v.connection(&c)
	if err != nil {
		return accepted{}, err
	}
	head := jws.Signatures[0].Protected
	if !slices.Contains(conn.Algorithms, head.Algorithm) {
		return accepted{}, refused("the algorithm %.20q is not accepted", head.Algorithm)
	}
	if err := checkType(head.ExtraHeaders[jose.HeaderType]); err != nil {
		return accepted{}, err
	}
	key, fresh, err := conn.keys.find(ctx, head.KeyID, head.Algorithm)
	if err != nil {
		return accepted{}, err
	}
	if _, err := jws.Verify(key); err != nil {
		return accepted{}, refused("the signature is not the issuer's")
	}
	if err := conn.judge(&c, now); err != nil {
		return accepted{}, err
	}
	until := c.Expires.Add(conn.Skew)
	if fresh.Before(until) {
		until = fresh
	}
	return accepted{token.Identity{Tenant: conn.Tenant, Connection: conn.Connection, TokenID: tokenID(&c)}, until}, nil
}

// connection finds the one whose token this claims to be.
func (v *Verifier) connection(c *claims) (*connection, error) {
	var found *connection
	for _, conn := range v.byIssuer[c.Issuer] {
		switch {
		case !overlap(conn.Audiences, c.Audience),
			len(conn.Clients) > 0 && !slices.Contains(conn.Clients, c.client()),
			len(conn.Subjects) > 0 && !slices.Contains(conn.Subjects, c.Subject):
			continue
		case found != nil:
			return nil, refused("its audiences are those of several connections")
		}
		found = conn
	}
	if found == nil {
		return nil, refused("no connection has its issuer, audience, client and subject")
	}
	return found, nil
}

// checkType refuses JWTs that say that they are something else, such as a logout token or a security event. Not all
// issuers say that theirs are access tokens, as RFC 9068 section 4 wants.
func checkType(typ any) error {
	if typ == nil {
		return nil
	}
	name, _ := typ.(string)
	switch strings.TrimPrefix(strings.ToLower(name), "application/") {
	case "at+jwt", "jwt":
		return nil
	}
	return refused("its type is %.40q", name)
}

// judge checks the claims of a token whose signature is good.
func (c *connection) judge(claims *claims, now time.Time) error {
	switch {
	case claims.Expires == nil:
		return refused("it does not expire")
	case !now.Before(claims.Expires.Add(c.Skew)):
		return token.ErrExpired
	case claims.NotBefore != nil && claims.NotBefore.After(now.Add(c.Skew)):
		return refused("it is not valid yet")
	case claims.IssuedAt != nil && claims.IssuedAt.After(now.Add(c.Skew)):
		return refused("it was issued in the future")
	case claims.lifetime(now) > c.MaxLifetime+c.Skew:
		return refused("it was issued for longer than %s", c.MaxLifetime)
	}
	scopes := claims.scopes()
	if !slices.Contains(scopes, c.Scope) {
		return &token.ScopeError{Scope: c.Scope}
	}
	for _, s := range scopes {
		if s != c.Scope && !slices.Contains(c.OtherScopes, s) {
			return refused("it grants more than the scope %s: %.40q", c.Scope, s)
		}
	}
	return nil
}

// tokenID is what logs and the journal call the token: the client that it was issued to.
func tokenID(c *claims) string {
	id := c.client()
	if id == "" || len(id) > 64 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return IDPrefix
	}
	return IDPrefix + ":" + id
}

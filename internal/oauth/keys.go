package oauth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/caddy-scim/caddy-scim/internal/token"
)

const (
	// KeysFresh is how long fetched keys are used before they are fetched again. A key that the issuer takes back is
	// accepted no longer than that, unless the issuer cannot be reached.
	KeysFresh = 15 * time.Minute
	// KeysStale is how long fetched keys are used while the issuer cannot be reached.
	KeysStale = 24 * time.Hour
	// FetchInterval is the time between two fetches of an issuer's keys in the long run, whatever tokens come.
	FetchInterval = 15 * time.Second
	// FetchBurst is how many fetches may follow each other at once.
	FetchBurst = 4
)

const (
	// maxIssuers bounds how many issuers' keys outlive a configuration.
	maxIssuers = 1024
	// maxKeys bounds how many keys of an issuer are looked at.
	maxKeys = 128
	// minRSA and maxRSA bound an RSA key, in bits: a short one is broken, and a long one takes long to check with.
	minRSA, maxRSA = 2048, 8192
)

// KeyOptions holds what Keys may be told. The zero value is ready to use.
type KeyOptions struct {
	// Transport sends the requests; by default one of its own, with the system's roots and the environment's proxy.
	Transport http.RoundTripper
	// Clock tells the time; default time.Now.
	Clock func() time.Time
	// Logger is told when keys cannot be fetched; default slog.Default().
	Logger *slog.Logger
}

// Keys keeps the public keys of issuers. It starts nothing and holds nothing open. It is safe for concurrent use.
type Keys struct {
	client  *http.Client
	clock   func() time.Time
	log     *slog.Logger
	mu      sync.Mutex
	sources *lru.Cache[sourceName, *source]
}

type sourceName struct{ issuer, jwks string }

// NewKeys returns Keys that know none.
func NewKeys(opts KeyOptions) *Keys {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	sources, err := lru.New[sourceName, *source](maxIssuers)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Keys{client: newClient(opts.Transport), clock: opts.Clock, log: opts.Logger, sources: sources}
}

// of returns the keys of an issuer, the same for all who ask.
func (k *Keys) of(issuer, jwks string) *source {
	k.mu.Lock()
	defer k.mu.Unlock()
	name := sourceName{issuer, jwks}
	if s, ok := k.sources.Get(name); ok {
		return s
	}
	s := &source{sourceName: name, owner: k, turn: make(chan struct{}, 1)}
	k.sources.Add(name, s)
	return s
}

// source is where an issuer's keys come from.
type source struct {
	sourceName
	owner *Keys
	set   atomic.Pointer[keySet] // nil before the first fetch
	turn  chan struct{}          // held by whoever fetches
	// ahead and failed are whoever's who has the turn: until when the fetches so far take up FetchInterval each, and
	// whether the last one failed.
	ahead  time.Time
	failed bool
}

// keySet are an issuer's keys as they were at a time.
type keySet struct {
	keys    []jose.JSONWebKey
	fetched time.Time
}

// find returns the key that a token names, and until when it need not be looked up again.
//
// # Errors
//
// [token.ErrUnknown] where the issuer has no such key, [token.ErrUnavailable] where that cannot be found out.
func (s *source) find(ctx context.Context, kid, alg string) (key any, until time.Time, err error) {
	now := s.owner.clock()
	set := s.set.Load()
	if set != nil && now.Sub(set.fetched) < KeysStale {
		if key, ok := set.find(kid, alg); ok {
			if now.Sub(set.fetched) < KeysFresh {
				return key, set.fetched.Add(KeysFresh), nil
			}
			// Due to be fetched again, which one request does; the others do not wait for it.
			select {
			case s.turn <- struct{}{}:
			default:
				return key, now, nil
			}
			defer func() { <-s.turn }()
			s.refresh(ctx, now)
			return s.settle(kid, alg, now)
		}
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, time.Time{}, ctx.Err()
	}
	defer func() { <-s.turn }()
	if s.set.Load() == set { // else another request has fetched meanwhile
		s.refresh(ctx, now)
	}
	return s.settle(kid, alg, now)
}

// settle looks a key up in what there is now. The caller has the turn.
func (s *source) settle(kid, alg string, now time.Time) (any, time.Time, error) {
	set := s.set.Load()
	if set == nil || now.Sub(set.fetched) >= KeysStale {
		return nil, time.Time{}, fmt.Errorf("%w: there are no keys of %s", token.ErrUnavailable, s.issuer)
	}
	until := set.fetched.Add(KeysFresh)
	if until.Before(now) {
		until = now.Add(FetchInterval) // the issuer is away; look again then
	}
	if key, ok := set.find(kid, alg); ok {
		return key, until, nil
	}
	if s.failed {
		return nil, time.Time{}, fmt.Errorf("%w: the key is not among those that %s had", token.ErrUnavailable, s.issuer)
	}
	return nil, time.Time{}, refused("the issuer has no such key")
}

// refresh fetches the keys if it is time to. The caller has the turn.
func (s *source) refresh(ctx context.Context, now time.Time) {
	if s.ahead.Before(now) {
		s.ahead = now
	}
	if s.ahead.Sub(now) > (FetchBurst-1)*FetchInterval {
		return
	}
	s.ahead = s.ahead.Add(FetchInterval)
	// For all who wait, so it does not end with the one request that happens to do it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	defer cancel()
	keys, err := s.fetch(ctx)
	s.failed = err != nil
	if err != nil {
		s.owner.log.Warn("the keys of an issuer of access tokens could not be fetched", "issuer", s.issuer, "error", err)
		return
	}
	s.set.Store(&keySet{keys: keys, fetched: now})
}

// find returns the key with an id that fits an algorithm. A token that names no key is good where there is one key for
// its algorithm and no other.
func (s *keySet) find(kid, alg string) (any, bool) {
	var found any
	for i := range s.keys {
		k := &s.keys[i]
		if kid != "" && k.KeyID != kid || k.Algorithm != "" && k.Algorithm != alg || !fits(k.Key, alg) {
			continue
		}
		if found != nil {
			return nil, false
		}
		found = k.Key
	}
	return found, found != nil
}

// fits reports whether a key is of an algorithm's kind and size.
func fits(key any, alg string) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		return (alg[:2] == "RS" || alg[:2] == "PS") && bits >= minRSA && bits <= maxRSA
	case *ecdsa.PublicKey:
		return map[string]int{"ES256": 256, "ES384": 384, "ES512": 521}[alg] == k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}

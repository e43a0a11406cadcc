package token_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// hooked calls back around the store's transactions.
type hooked struct {
	kv.Store
	afterView atomic.Pointer[func()]
	views     atomic.Int64
	updates   atomic.Int64
	refuse    atomic.Pointer[error] // makes Update fail before it writes
	lose      atomic.Pointer[error] // makes Update fail after it has written
}

func (h *hooked) View(ctx context.Context, fn func(kv.Tx) error) error {
	h.views.Add(1)
	err := h.Store.View(ctx, fn)
	if f := h.afterView.Swap(nil); f != nil {
		(*f)()
	}
	return err
}

func (h *hooked) Update(ctx context.Context, fn func(kv.Tx) error) error {
	h.updates.Add(1)
	if err := h.refuse.Load(); err != nil {
		return *err
	}
	err := h.Store.Update(ctx, fn)
	if lost := h.lose.Load(); lost != nil {
		return *lost
	}
	return err
}

// TestRevocationBetweenReadAndInsert stops Authenticate after it has read the good record, revokes the token, and lets
// it go on. What it then knows is stale and must not stay in the cache.
func TestRevocationBetweenReadAndInsert(t *testing.T) {
	t.Parallel()
	store := &hooked{Store: memkv.New()}
	s := newService(t, store, token.Options{})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	who := token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}

	revoked := false
	revoke := func() {
		if err := s.Revoke(t.Context(), rec.ID); err != nil {
			t.Error(err)
		}
		revoked = true
	}
	store.afterView.Store(&revoke)
	want(t, s, secret, who, nil) // it began before the revocation, so it may still be accepted
	if !revoked {
		t.Fatal("the revocation did not come between")
	}
	for range 2 {
		want(t, s, secret, token.Identity{}, token.ErrRevoked)
	}
}

// TestRevocationOfAnotherTokenKeepsTheCache shows that what was in the cache before a revocation stays there.
func TestRevocationOfAnotherTokenKeepsTheCache(t *testing.T) {
	t.Parallel()
	store := &hooked{Store: memkv.New()}
	s := newService(t, store, token.Options{})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	_, other := create(t, s, token.CreateRequest{Tenant: "acme"})
	who := token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}
	want(t, s, secret, who, nil)
	if err := s.Revoke(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	views := store.views.Load()
	want(t, s, secret, who, nil)
	if got := store.views.Load(); got != views {
		t.Errorf("the store was read %d times", got-views)
	}
}

// TestRevocationWhoseAnswerIsLost has the store commit a revocation and then fail.
func TestRevocationWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	store := &hooked{Store: memkv.New()}
	s := newService(t, store, token.Options{UsageInterval: 1 << 62})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	want(t, s, secret, token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}, nil)

	lost := errors.New("connection lost")
	store.lose.Store(&lost)
	if err := s.Revoke(t.Context(), rec.ID); !errors.Is(err, lost) {
		t.Fatalf("Revoke() = %v, want the store's error", err)
	}
	store.lose.Store(nil)
	want(t, s, secret, token.Identity{}, token.ErrRevoked)
}

// TestRevocationUnderLoad revokes while many requests authenticate; whoever begins after Revoke has returned is refused.
func TestRevocationUnderLoad(t *testing.T) {
	t.Parallel()
	s := newService(t, memkv.New(), token.Options{CacheSize: 2})
	for range 20 {
		var secrets []token.Secret
		var ids []string
		for range 4 {
			secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
			secrets, ids = append(secrets, secret), append(ids, rec.ID)
		}
		var revoked [4]atomic.Bool
		var wg sync.WaitGroup
		for i := range secrets {
			for range 2 {
				wg.Go(func() {
					for range 200 {
						before := revoked[i].Load()
						_, err := s.Authenticate(context.Background(), string(secrets[i]))
						if before && !errors.Is(err, token.ErrRevoked) {
							t.Errorf("Authenticate() after Revoke() = %v, want ErrRevoked", err)
							return
						}
					}
				})
			}
			wg.Go(func() {
				if err := s.Revoke(context.Background(), ids[i]); err != nil {
					t.Error(err)
				}
				revoked[i].Store(true)
			})
		}
		wg.Wait()
	}
}

// TestGuessesDoNotPushOutGoodTokens floods a small cache with tokens that nobody was issued.
func TestGuessesDoNotPushOutGoodTokens(t *testing.T) {
	t.Parallel()
	store := &hooked{Store: memkv.New()}
	s := newService(t, store, token.Options{CacheSize: 1})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	who := token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}
	want(t, s, secret, who, nil)

	elsewhere := newService(t, memkv.New(), token.Options{})
	_, revoked := create(t, s, token.CreateRequest{Tenant: "acme"})
	if err := s.Revoke(t.Context(), revoked.ID); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		guess, _ := create(t, elsewhere, token.CreateRequest{Tenant: "acme"})
		want(t, s, guess, token.Identity{}, token.ErrUnknown)
		want(t, s, token.Graft(guess, revoked.ID), token.Identity{}, token.ErrUnknown)
	}
	views := store.views.Load()
	want(t, s, secret, who, nil)
	if got := store.views.Load(); got != views {
		t.Error("the good token was no longer in the cache")
	}
}

// TestUnknownIDCostsWhatAWrongSecretCosts compares the work, not the time: the same reads of the store.
func TestUnknownIDCostsWhatAWrongSecretCosts(t *testing.T) {
	t.Parallel()
	counting := &countingStore{Store: memkv.New()}
	s := newService(t, counting, token.Options{})
	_, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	unknown, _ := create(t, newService(t, memkv.New(), token.Options{}), token.CreateRequest{Tenant: "acme"})

	reads := func(presented token.Secret) int64 {
		before := counting.gets.Load()
		want(t, s, presented, token.Identity{}, token.ErrUnknown)
		return counting.gets.Load() - before
	}
	if unknownID, wrongSecret := reads(unknown), reads(token.Graft(unknown, rec.ID)); unknownID != wrongSecret || unknownID == 0 {
		t.Errorf("an unknown id costs %d reads, a wrong secret %d", unknownID, wrongSecret)
	}
}

type countingStore struct {
	kv.Store
	gets atomic.Int64
}

func (c *countingStore) View(ctx context.Context, fn func(kv.Tx) error) error {
	return c.Store.View(ctx, func(tx kv.Tx) error { return fn(&countingTx{Tx: tx, gets: &c.gets}) })
}

type countingTx struct {
	kv.Tx
	gets *atomic.Int64
}

func (c *countingTx) Get(k kv.Key) ([]byte, error) {
	c.gets.Add(1)
	return c.Tx.Get(k)
}

package token_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func lastUsed(t *testing.T, s *token.Service, id string) time.Time {
	t.Helper()
	rec, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return rec.LastUsed
}

func wantTime(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if !got.Equal(want) {
		t.Errorf("%s: last used %v, want %v", what, got, want)
	}
}

func TestLastUsedIsWrittenOnceAnInterval(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	store := &hooked{Store: memkv.New()}
	s := newService(t, store, token.Options{Clock: clock.Now})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	who := token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}
	wantTime(t, "before any use", lastUsed(t, s, rec.ID), time.Time{})
	writes := store.updates.Load()

	first := clock.Now()
	for range 59 {
		want(t, s, secret, who, nil)
		clock.Advance(time.Second)
	}
	s.WaitIdle()
	wantTime(t, "within the first interval", lastUsed(t, s, rec.ID), first)
	if got := store.updates.Load() - writes; got != 1 {
		t.Errorf("%d writes in the first interval, want 1", got)
	}

	clock.Advance(time.Second)
	second := clock.Now()
	want(t, s, secret, who, nil)
	s.WaitIdle()
	wantTime(t, "an interval later", lastUsed(t, s, rec.ID), second)

	clock.Advance(10 * time.Second)
	last := clock.Now()
	want(t, s, secret, who, nil)
	for range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantTime(t, "after Close", lastUsed(t, s, rec.ID), last)
	if got := store.updates.Load() - writes; got != 3 {
		t.Errorf("%d writes in all, want 3", got)
	}

	clock.Advance(time.Hour)
	want(t, s, secret, who, nil)
	wantTime(t, "a use after Close", lastUsed(t, s, rec.ID), last)
}

func TestLastUsedIsInTheList(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := newService(t, memkv.New(), token.Options{Clock: clock.Now})
	secret, _ := create(t, s, token.CreateRequest{Tenant: "acme"})
	if _, err := s.Authenticate(t.Context(), string(secret)); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	list, err := s.List(t.Context(), "acme")
	if err != nil || len(list) != 1 {
		t.Fatalf("List() = %v, %v", list, err)
	}
	wantTime(t, "in the list", list[0].LastUsed, clock.Now())
}

// TestEvictionKeepsTheWriteRate has two tokens push each other out of a cache of one.
func TestEvictionKeepsTheWriteRate(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	store := &hooked{Store: memkv.New()}
	s := newService(t, store, token.Options{Clock: clock.Now, CacheSize: 1})
	var secrets []token.Secret
	for range 2 {
		secret, _ := create(t, s, token.CreateRequest{Tenant: "acme"})
		secrets = append(secrets, secret)
	}
	writes := store.updates.Load()
	for range 10 {
		for _, secret := range secrets {
			if _, err := s.Authenticate(t.Context(), string(secret)); err != nil {
				t.Fatal(err)
			}
			s.WaitIdle()
		}
		clock.Advance(time.Second)
	}
	if got := store.updates.Load() - writes; got != 2 {
		t.Errorf("%d writes, want one for each token", got)
	}
}

func TestUseNeverUndoesARevocation(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := newService(t, memkv.New(), token.Options{Clock: clock.Now})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				clock.Advance(time.Minute)
				_, err := s.Authenticate(t.Context(), string(secret))
				if err != nil && !errors.Is(err, token.ErrRevoked) {
					t.Errorf("Authenticate() = %v", err)
				}
			}
		})
	}
	if err := s.Revoke(t.Context(), rec.ID); err != nil {
		t.Error(err)
	}
	wg.Wait()
	s.WaitIdle()
	want(t, s, secret, token.Identity{}, token.ErrRevoked)
}

// TestFailedWriteIsTriedAgain has the store refuse a write of last-used times; the request does not notice, the log
// does, and the next write makes up for it.
func TestFailedWriteIsTriedAgain(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	var log strings.Builder
	store := &hooked{Store: memkv.New()}
	s := newService(t, store, token.Options{Clock: clock.Now, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	who := token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}

	full := errors.New("disk full")
	store.refuse.Store(&full)
	want(t, s, secret, who, nil)
	s.WaitIdle()
	if !strings.Contains(log.String(), "disk full") || strings.Contains(log.String(), string(secret)) {
		t.Errorf("the log says %q", log.String())
	}
	if err := s.Close(t.Context()); !errors.Is(err, full) {
		t.Errorf("Close() = %v, want the store's error", err)
	}
	wantTime(t, "after two failed writes", lastUsed(t, s, rec.ID), time.Time{})

	store.refuse.Store(nil)
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantTime(t, "after Close could write", lastUsed(t, s, rec.ID), clock.Now())
}

package token_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

func newService(tb testing.TB, store kv.Store, opts token.Options) *token.Service {
	tb.Helper()
	s, err := token.New(store, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			tb.Errorf("Close() = %v", err)
		}
	})
	return s
}

func create(tb testing.TB, s *token.Service, req token.CreateRequest) (token.Secret, token.Record) {
	tb.Helper()
	secret, rec, err := s.Create(tb.Context(), req)
	if err != nil {
		tb.Fatal(err)
	}
	return secret, rec
}

// want checks what Authenticate says to a token: who, or which error.
func want(tb testing.TB, s *token.Service, presented token.Secret, who token.Identity, wantErr error) {
	tb.Helper()
	got, err := s.Authenticate(tb.Context(), string(presented))
	if !errors.Is(err, wantErr) {
		tb.Fatalf("Authenticate() error = %v, want %v", err, wantErr)
	}
	if got != who {
		tb.Fatalf("Authenticate() = %+v, want %+v", got, who)
	}
}

func TestCreateAuthenticateListRevoke(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := newService(t, memkv.New(), token.Options{Clock: clock.Now})

	first, firstRec := create(t, s, token.CreateRequest{Tenant: "acme", Connection: "okta", Name: "first"})
	second, secondRec := create(t, s, token.CreateRequest{Tenant: "acme", Connection: "okta", Name: "second"})
	other, otherRec := create(t, s, token.CreateRequest{Tenant: "acme-2"})

	firstID := token.Identity{Tenant: "acme", Connection: "okta", TokenID: firstRec.ID}
	secondID := token.Identity{Tenant: "acme", Connection: "okta", TokenID: secondRec.ID}
	otherID := token.Identity{Tenant: "acme-2", Connection: token.DefaultConnection, TokenID: otherRec.ID}
	for range 2 { // from the store, then from the cache
		want(t, s, first, firstID, nil)
		want(t, s, second, secondID, nil)
		want(t, s, other, otherID, nil)
	}

	list, err := s.List(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 {
		t.Fatalf("List() has %d records, want the 2 of the tenant", len(list))
	}
	for _, rec := range list {
		if wantRec := map[string]token.Record{firstRec.ID: firstRec, secondRec.ID: secondRec}[rec.ID]; wantRec.Name != rec.Name {
			t.Errorf("List() has %+v", rec)
		}
	}

	revoked := clock.Now()
	for range 2 {
		if err := s.Revoke(t.Context(), firstRec.ID); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Hour)
	}
	want(t, s, first, token.Identity{}, token.ErrRevoked)
	want(t, s, second, secondID, nil)
	rec, err := s.Get(t.Context(), firstRec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !rec.Revoked.Equal(revoked) || rec.Live(clock.Now()) {
		t.Errorf("revoked at %v, live %v, want the first revocation's time %v", rec.Revoked, rec.Live(clock.Now()), revoked)
	}

	if list, err := s.List(t.Context(), "nobody"); err != nil || len(list) != 0 {
		t.Errorf("List() of a tenant without tokens = %v, %v", list, err)
	}
	if _, err := s.List(t.Context(), "~system"); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("List() of no tenant's name = %v, want ErrInvalid", err)
	}
}

func TestManagementOfUnknownIDs(t *testing.T) {
	t.Parallel()
	s := newService(t, memkv.New(), token.Options{})
	for _, id := range []string{"", "0123456789", "012345678", "../../etc", strings.Repeat("a", 5000)} {
		if err := s.Revoke(t.Context(), id); !errors.Is(err, token.ErrNotFound) {
			t.Errorf("Revoke(%.20q) = %v, want ErrNotFound", id, err)
		}
		if _, err := s.Get(t.Context(), id); !errors.Is(err, token.ErrNotFound) {
			t.Errorf("Get(%.20q) = %v, want ErrNotFound", id, err)
		}
	}
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	s := newService(t, memkv.New(), token.Options{})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	foreign, _ := create(t, newService(t, memkv.New(), token.Options{}), token.CreateRequest{Tenant: "acme"})
	if err := s.Revoke(t.Context(), rec.ID); err != nil {
		t.Fatal(err)
	}
	for name, presented := range map[string]token.Secret{
		"empty":                      "",
		"no token":                   "hunter2",
		"another store's token":      foreign,
		"id alone":                   token.Secret(rec.ID),
		"known id, wrong secret":     token.Graft(foreign, rec.ID),
		"known id, typo":             secret[:len(secret)-1] + "-",
		"a megabyte":                 token.Secret(strings.Repeat("a", 1<<20)),
		"just too long to be hashed": token.Secret(strings.Repeat("a", token.MaxLen+1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Unknown and not revoked: without the secret nobody learns what became of a token.
			want(t, s, presented, token.Identity{}, token.ErrUnknown)
		})
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := newService(t, memkv.New(), token.Options{Clock: clock.Now})
	expires := clock.Now().Add(time.Hour)
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme", ExpiresAt: expires})
	if !rec.Expires.Equal(expires) {
		t.Errorf("expires at %v, want %v", rec.Expires, expires)
	}
	who := token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}

	clock.Advance(time.Hour - 1)
	want(t, s, secret, who, nil)
	clock.Advance(1)
	want(t, s, secret, token.Identity{}, token.ErrExpired) // though it is cached
	if rec.Live(clock.Now()) {
		t.Error("Live() at the moment of expiry")
	}
}

func TestExpiredTokenIsRefusedWithAColdCache(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	store := memkv.New()
	secret, _ := create(t, newService(t, store, token.Options{Clock: clock.Now}),
		token.CreateRequest{Tenant: "acme", ExpiresAt: clock.Now().Add(time.Minute)})
	clock.Advance(time.Minute)
	want(t, newService(t, store, token.Options{Clock: clock.Now}), secret, token.Identity{}, token.ErrExpired)
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := newService(t, memkv.New(), token.Options{Clock: clock.Now})
	for name, req := range map[string]token.CreateRequest{
		"no tenant":           {},
		"bad tenant":          {Tenant: "Acme Inc"},
		"reserved tenant":     {Tenant: "~system"},
		"bad connection":      {Tenant: "acme", Connection: "../okta"},
		"long connection":     {Tenant: "acme", Connection: strings.Repeat("a", 64)},
		"long name":           {Tenant: "acme", Name: strings.Repeat("a", 129)},
		"name with a newline": {Tenant: "acme", Name: "a\nb"},
		"name with an escape": {Tenant: "acme", Name: "\x1b[2J"},
		"name not UTF-8":      {Tenant: "acme", Name: "\xff"},
		"expired already":     {Tenant: "acme", ExpiresAt: clock.Now()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := s.Create(t.Context(), req); !errors.Is(err, token.ErrInvalid) {
				t.Errorf("Create() = %v, want ErrInvalid", err)
			}
		})
	}
}

func TestCreateBoundsLiveTokens(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := newService(t, memkv.New(), token.Options{Clock: clock.Now})
	_, revocable := create(t, s, token.CreateRequest{Tenant: "acme"})
	create(t, s, token.CreateRequest{Tenant: "acme", ExpiresAt: clock.Now().Add(time.Hour)})
	for range token.MaxLive - 2 {
		create(t, s, token.CreateRequest{Tenant: "acme"})
	}
	full := func() {
		t.Helper()
		if _, _, err := s.Create(t.Context(), token.CreateRequest{Tenant: "acme"}); !errors.Is(err, token.ErrTooMany) {
			t.Fatalf("Create() above the bound = %v, want ErrTooMany", err)
		}
	}
	full()
	create(t, s, token.CreateRequest{Tenant: "other"}) // has a bound of its own
	if err := s.Revoke(t.Context(), revocable.ID); err != nil {
		t.Fatal(err)
	}
	create(t, s, token.CreateRequest{Tenant: "acme"})
	full()
	clock.Advance(time.Hour)
	create(t, s, token.CreateRequest{Tenant: "acme"})
	full()
}

func TestTokensOutliveTheService(t *testing.T) {
	t.Parallel()
	store := memkv.New()
	secret, rec := create(t, newService(t, store, token.Options{}), token.CreateRequest{Tenant: "acme", Name: "kept"})

	next := newService(t, store, token.Options{})
	want(t, next, secret, token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}, nil)
	got, err := next.Get(t.Context(), rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	got.LastUsed = time.Time{}
	if diff := cmp.Diff(rec, got); diff != "" {
		t.Errorf("Get() (-created +read):\n%s", diff)
	}
}

// TestOnlyHashesAreStored reads every value of the store and looks for the secret.
func TestOnlyHashesAreStored(t *testing.T) {
	t.Parallel()
	store := memkv.New()
	s := newService(t, store, token.Options{})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	if _, err := s.Authenticate(t.Context(), string(secret)); err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	err := store.View(t.Context(), func(tx kv.Tx) error {
		for e, err := range tx.Scan(kv.System.All(), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			enc, err := e.Key.Encoded()
			if err != nil {
				return err
			}
			dump.WriteString(enc)
			dump.Write(e.Value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(dump.String(), rec.ID) {
		t.Fatal("the dump misses the token's id, so it proves nothing")
	}
	if strings.Contains(dump.String(), string(secret)[16:46]) {
		t.Error("the store holds the secret")
	}
}

func TestStoreErrorsAreNotRefusals(t *testing.T) {
	t.Parallel()
	store := memkv.New()
	s, err := token.New(store, token.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	_, authErr := s.Authenticate(t.Context(), string(secret))
	_, _, createErr := s.Create(t.Context(), token.CreateRequest{Tenant: "acme"})
	_, listErr := s.List(t.Context(), "acme")
	for call, err := range map[string]error{
		"Authenticate": authErr, "Create": createErr, "List": listErr, "Revoke": s.Revoke(t.Context(), rec.ID),
	} {
		if !errors.Is(err, kv.ErrClosed) {
			t.Errorf("%s = %v, want the store's error", call, err)
		}
		for _, refusal := range []error{token.ErrUnknown, token.ErrExpired, token.ErrRevoked, token.ErrNotFound} {
			if errors.Is(err, refusal) {
				t.Errorf("%s = %v, which blames the token", call, err)
			}
		}
	}
}

func TestNewRefusesANegativeCache(t *testing.T) {
	t.Parallel()
	if _, err := token.New(memkv.New(), token.Options{CacheSize: -1}); err == nil {
		t.Error("New() took a cache of -1")
	}
}

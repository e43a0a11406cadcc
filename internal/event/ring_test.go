package event_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/caddy-scim/caddy-scim/internal/event"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
)

// keySet reads the keys as a receiver does.
func keySet(t *testing.T, r *event.Ring) jose.JSONWebKeySet {
	t.Helper()
	b, err := r.KeySet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(b, &set); err != nil {
		t.Fatal(err)
	}
	for _, k := range set.Keys {
		if !k.IsPublic() || !k.Valid() || k.Use != "sig" || k.Algorithm != "ES256" {
			t.Errorf("a key that is not one to check signatures with: %+v", k)
		}
	}
	return set
}

// check verifies a SET and returns the id of its key.
func check(t *testing.T, set string, keys jose.JSONWebKeySet, want string) string {
	t.Helper()
	jws, err := jose.ParseSigned(set, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	id := jws.Signatures[0].Header.KeyID
	found := keys.Key(id)
	if len(found) != 1 {
		t.Fatalf("key %q is not shown", id)
	}
	got, err := jws.Verify(found[0])
	if err != nil || string(got) != want {
		t.Fatalf("verified %q, %v; want %q", got, err, want)
	}
	if typ := jws.Signatures[0].Header.ExtraHeaders[jose.HeaderType]; typ != "secevent+jwt" {
		t.Errorf("typ is %v", typ)
	}
	return id
}

func sign(t *testing.T, r *event.Ring) string {
	t.Helper()
	set, err := r.Sign(t.Context(), []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestKeysAreMadeOnceAndReplacedInTime(t *testing.T) {
	t.Parallel()
	store := memkv.New()
	t.Cleanup(func() { _ = store.Close() })
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	r := event.NewRing(store, clock)
	first := sign(t, r)
	one := check(t, first, keySet(t, r), `{"a":1}`)
	if again := check(t, sign(t, event.NewRing(store, clock)), keySet(t, r), `{"a":1}`); again != one {
		t.Error("another process makes another key")
	}

	now = now.Add(event.KeyLifetime)
	two := check(t, sign(t, r), keySet(t, r), `{"a":1}`)
	if two == one {
		t.Error("a key signs for longer than it may")
	}
	check(t, first, keySet(t, r), `{"a":1}`) // what it signed is still good

	if err := r.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	three := check(t, sign(t, r), keySet(t, r), `{"a":1}`)
	if n := len(keySet(t, r).Keys); three == two || n != 3 {
		t.Errorf("%d keys after the rotation, want 3", n)
	}

	now = now.Add(event.KeyRetention)
	sign(t, r)
	if keys := keySet(t, r); len(keys.Key(one)) != 0 || len(keys.Key(two)) != 0 || len(keys.Key(three)) != 1 || len(keys.Keys) != 2 {
		t.Errorf("%d keys are left, want the last two", len(keys.Keys))
	}
}

func TestNodesAgreeOnTheKey(t *testing.T) {
	t.Parallel()
	store := memkv.New()
	t.Cleanup(func() { _ = store.Close() })
	now := time.Now()
	clock := func() time.Time { return now }
	var nodes sync.WaitGroup
	for range 8 {
		nodes.Go(func() { _, _ = event.NewRing(store, clock).Sign(context.Background(), []byte("{}")) })
	}
	nodes.Wait()
	if n := len(keySet(t, event.NewRing(store, clock)).Keys); n != 1 {
		t.Errorf("eight nodes made %d keys", n)
	}
	// One that remembers a key learns of a rotation by another within a minute.
	a, b := event.NewRing(store, clock), event.NewRing(store, clock)
	sign(t, a)
	if err := b.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, sign(t, a), keySet(t, b), `{"a":1}`) // the old key, which is shown
	now = now.Add(time.Minute)
	if check(t, sign(t, a), keySet(t, b), `{"a":1}`) != keySet(t, b).Keys[0].KeyID {
		t.Error("a node goes on signing with a retired key")
	}
}

// The private part of a key is in the space of no tenant, and gone from the store once the key is retired.
func TestPrivateKeysAreOutOfReach(t *testing.T) {
	t.Parallel()
	store := memkv.New()
	t.Cleanup(func() { _ = store.Close() })
	r := event.NewRing(store, time.Now)
	sign(t, r)
	if err := r.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	private := 0
	err := store.View(t.Context(), func(tx kv.Tx) error {
		for entry, err := range tx.Scan(kv.System.All(), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			if strings.Contains(string(entry.Value), `"private"`) {
				private++
			}
		}
		return nil
	})
	if err != nil || private != 1 {
		t.Errorf("%d private keys are stored, want that of the key that signs: %v", private, err)
	}
}

func TestDamagedKeysAreNotQuoted(t *testing.T) {
	t.Parallel()
	store := memkv.New()
	t.Cleanup(func() { _ = store.Close() })
	for name, value := range map[string]string{
		"no JSON": `hunter2`, "no key": `{"public":"aHVudGVyMg=="}`, "nothing": `{}`,
	} {
		err := store.Update(t.Context(), func(tx kv.Tx) error {
			return tx.Set(kv.System.Key("event_key").String("k"), []byte(value))
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = event.NewRing(store, time.Now).Sign(t.Context(), []byte("{}"))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	store := memkv.New()
	defer func() { _ = store.Close() }()
	r := event.NewRing(store, time.Now)
	claims := []byte(`{"iss":"https://scim.example.com","events":{"urn:ietf:params:scim:event:prov:patch:notice":{"attributes":["title"]}}}`)
	for b.Loop() {
		if _, err := r.Sign(b.Context(), claims); err != nil {
			b.Fatal(err)
		}
	}
}

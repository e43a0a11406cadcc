package event

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

const (
	// KeyLifetime is how long a key signs before the next use makes another.
	KeyLifetime = 90 * 24 * time.Hour
	// KeyRetention is how long a key that signs no more is shown to receivers: longer than any event is kept.
	KeyRetention = MaxRetention + 24*time.Hour
	// MaxRetention is the longest that a queue may keep an event.
	MaxRetention = 90 * 24 * time.Hour
	// reread is how long the keys are remembered, as another node may have made one.
	reread = time.Minute
)

// tableKeys lies in kv.System: no transaction on a tenant's records can reach it.
const tableKeys kv.Table = "event_key" // id → key

// Ring keeps the keys that sign events. The first is made when it is first needed. It is safe for concurrent use.
type Ring struct {
	store kv.Store
	clock func() time.Time

	mu   sync.Mutex
	keys []*key // the one that signs first, then the retired ones
	read time.Time
}

// NewRing returns the ring of a store. Nothing is read before it is needed.
func NewRing(store kv.Store, clock func() time.Time) *Ring {
	return &Ring{store: store, clock: clock}
}

// Sign returns claims as a SET in compact form, RFC 8417 section 2.
func (r *Ring) Sign(ctx context.Context, claims []byte) (string, error) {
	keys, err := r.current(ctx, false)
	if err != nil {
		return "", err
	}
	return keys[0].sign(claims)
}

// KeySet returns the JWK Set (RFC 7517 section 5) with which receivers check signatures: the key that signs, and those
// that did and whose events may still be on their way. No private key is in it.
func (r *Ring) KeySet(ctx context.Context) ([]byte, error) {
	keys, err := r.current(ctx, false)
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	for _, k := range keys {
		set.Keys = append(set.Keys, k.jwk())
	}
	return json.Marshal(set)
}

// Rotate makes a new key that signs from now on. The one before it can sign no more and stays in the key set.
func (r *Ring) Rotate(ctx context.Context) error {
	_, err := r.current(ctx, true)
	return err
}

// current returns the keys, the one that signs first. It makes one where there is none, where it is too old, or where
// the caller wants another.
func (r *Ring) current(ctx context.Context, another bool) ([]*key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock().UTC()
	age := now.Sub(r.read)
	if !another && len(r.keys) > 0 && age >= 0 && age < reread && !r.keys[0].old(now) {
		return r.keys, nil
	}
	keys, err := r.load(ctx, now)
	if err != nil {
		return nil, err
	}
	if another || len(keys) == 0 || keys[0].old(now) {
		var superseded string
		if another && len(keys) > 0 {
			superseded = keys[0].ID
		}
		if keys, err = r.renew(ctx, now, superseded); err != nil {
			return nil, err
		}
	}
	r.keys, r.read = keys, now
	return keys, nil
}

func (k *key) old(now time.Time) bool { return k.private == nil || now.Sub(k.Created) >= KeyLifetime }

// load reads the keys.
func (r *Ring) load(ctx context.Context, now time.Time) (keys []*key, err error) {
	err = r.store.View(ctx, func(tx kv.Tx) error {
		keys, _, err = scan(tx, now)
		return err
	})
	return keys, err
}

// scan returns the keys that are in use, and the ids of those that may be forgotten.
func scan(tx kv.Tx, now time.Time) (keys []*key, expired []string, err error) {
	for entry, err := range tx.Scan(kv.Prefix(kv.System.Key(tableKeys)), kv.ScanOptions{}) {
		if err != nil {
			return nil, nil, fmt.Errorf("read the keys of events: %w", err)
		}
		dec := entry.Key.Decoder()
		id := dec.String()
		if err := dec.Err(); err != nil {
			return nil, nil, err
		}
		k, err := decodeKey(id, entry.Value)
		if err != nil {
			return nil, nil, err
		}
		if !k.Retired.IsZero() && now.Sub(k.Retired) >= KeyRetention {
			expired = append(expired, id)
			continue
		}
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b *key) int {
		return cmp.Or(boolean(a.private == nil)-boolean(b.private == nil), b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
	})
	return keys, expired, nil
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// renew makes a key, retires the ones before it, and forgets what nobody needs any more. Where somebody else was quicker,
// and the key that signs is neither old nor the one that is to be superseded, that one stays.
func (r *Ring) renew(ctx context.Context, now time.Time, superseded string) ([]*key, error) {
	fresh, err := newKey(now)
	if err != nil {
		return nil, err
	}
	var keys []*key
	err = r.store.Update(ctx, func(tx kv.Tx) error {
		have, expired, err := scan(tx, now)
		if err != nil {
			return err
		}
		if len(have) > 0 && !have[0].old(now) && have[0].ID != superseded {
			keys = have
			return nil
		}
		keys = []*key{fresh}
		for _, k := range have {
			if k.private != nil {
				k = k.retire(now)
			}
			keys = append(keys, k)
		}
		for _, k := range keys {
			b, err := k.encode()
			if err != nil {
				return err
			}
			if err := tx.Set(kv.System.Key(tableKeys).String(k.ID), b); err != nil {
				return err
			}
		}
		for _, id := range expired {
			if err := tx.Delete(kv.System.Key(tableKeys).String(id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store a key for events: %w", err)
	}
	return keys, nil
}

package adapter

import (
	"context"
	"errors"
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// retryBatch is how many resources one transaction of Retry touches, so that others get their turn in between.
const retryBatch = 200

// Retry ends the pauses after failures: whatever waits to be tried again is due now.
func (t *Tenant) Retry(ctx context.Context) error {
	e := t.engine
	var late []resource
	now := e.now()
	err := e.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		late = late[:0]
		return tx.Dirty(now, func(item store.DirtyItem) bool {
			if item.Due.After(now) {
				late = append(late, resource{item.Type, item.ID})
			}
			return true
		})
	})
	if err != nil {
		return fmt.Errorf("read the backlog: %w", err)
	}
	for len(late) > 0 {
		batch := late[:min(retryBatch, len(late))]
		late = late[len(batch):]
		err := e.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
			for _, r := range batch {
				rec, err := tx.Load(r.typ, r.id)
				if errors.Is(err, store.ErrNotFound) || (err == nil && !rec.Due.After(now)) {
					continue // forgotten or delivered meanwhile
				}
				if err != nil {
					return err
				}
				next := rec.Clone()
				next.Due = now
				if err := tx.Put(rec, next); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("end the pauses: %w", err)
		}
		t.dispatcher.lower(now)
		t.dispatcher.poke()
	}
	return nil
}

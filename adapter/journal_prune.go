package adapter

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// journalBatch is how many entries of the journal one transaction forgets.
const journalBatch = 200

// keepJournals forgets what has been kept for long enough in all tenants' journals, until the engine ends.
func (e *Engine) keepJournals() {
	timer := time.NewTicker(keepEvery)
	defer timer.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-timer.C:
		}
		e.mu.Lock()
		all := slices.Collect(maps.Values(e.dispatchers))
		e.mu.Unlock()
		for _, d := range all {
			if err := d.pruneJournal(e.ctx); err != nil && e.ctx.Err() == nil && !errors.Is(err, kv.ErrClosed) {
				d.log.Error("forgetting entries of the journal failed", "error", err)
			}
		}
	}
}

// pruneJournal forgets the entries that the tenant's configuration does not keep any more, in transactions small enough
// that others get their turn in between. Where it has got to is stored with each.
func (d *dispatcher) pruneJournal(ctx context.Context) error {
	t := d.current()
	if t == nil || t.cfg.Journal.Keep < 0 {
		return nil // nobody says how long they are kept, or for ever
	}
	before := d.engine.now().Add(-t.cfg.Journal.Keep)
	more := false
	err := d.engine.store.View(ctx, d.id, func(tx *store.Tx) (err error) {
		more, err = tx.JournalPrunable(before)
		return err
	})
	for err == nil && more {
		err = d.engine.store.Update(ctx, d.id, func(tx *store.Tx) (err error) {
			more, err = tx.PruneJournal(before, journalBatch)
			return err
		})
	}
	return err
}

// PruneJournal forgets at once what the journal has kept for long enough, which otherwise happens every minute.
func (t *Tenant) PruneJournal(ctx context.Context) error { return t.dispatcher.pruneJournal(ctx) }

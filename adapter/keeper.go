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

const (
	// keepEvery is how often recordings are looked at that may have been kept for long enough, how often a release that
	// could not be loaded is tried again, and how long another process's step takes to be noticed.
	keepEvery = time.Minute
	// pruneBatch is how many recordings one transaction forgets.
	pruneBatch = 500
)

// keep looks after the releases and recordings of all tenants until the engine ends.
func (e *Engine) keep() {
	timer := time.NewTicker(keepEvery)
	defer timer.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-timer.C:
		}
		e.shelvesMu.Lock()
		all := slices.Collect(maps.Values(e.shelves))
		e.shelvesMu.Unlock()
		for _, s := range all {
			s.refresh(e.ctx)
			if err := s.prune(e.ctx); err != nil && e.ctx.Err() == nil && !errors.Is(err, kv.ErrClosed) {
				s.log.Error("forgetting what was recorded failed", "error", err)
			}
		}
	}
}

// prune forgets the tenant's recordings and differences that have been kept for long enough, in transactions small enough
// that others get their turn in between.
func (s *shelf) prune(ctx context.Context) error {
	s.pruning.Lock()
	defer s.pruning.Unlock()
	s.mu.Lock()
	t := s.tenant
	s.mu.Unlock()
	if t == nil {
		return nil // nobody says how long they are kept
	}
	keep := t.cfg.Policies.Keep
	if keep < 0 {
		keep = DefaultKeep // of differences, which hold no documents then
	}
	if err := s.forget(ctx, s.engine.now().Add(-keep)); err != nil {
		return err
	}
	before := s.engine.now().Add(-max(0, t.cfg.Policies.Keep))
	from, more := s.pruned, false
	switch {
	case before.Before(from.Time): // the clock has been set back, and there is new in front of the mark
		s.pruned, from = store.RecordingMark{}, store.RecordingMark{}
	case !from.Time.IsZero(): // what was recorded then may have been stored since
		from = store.RecordingMark{Time: from.Time.Add(-keepEvery)}
	}
	err := s.engine.store.View(ctx, s.id, func(tx *store.Tx) (err error) {
		_, more, err = tx.PruneRecordings(from, before, 0)
		return err
	})
	if err != nil {
		return err
	}
	for more {
		last := from
		err := s.engine.store.Update(ctx, s.id, func(tx *store.Tx) (err error) {
			last, more, err = tx.PruneRecordings(from, before, pruneBatch)
			return err
		})
		if err != nil {
			return err
		}
		s.pruned, from = last, last
	}
	return nil
}

// forget forgets differences of before a time.
func (s *shelf) forget(ctx context.Context, before time.Time) error {
	old := false
	err := s.engine.store.View(ctx, s.id, func(tx *store.Tx) (err error) {
		old, err = tx.HasDifferences(before)
		return err
	})
	if err != nil || !old {
		return err
	}
	return s.engine.store.Update(ctx, s.id, func(tx *store.Tx) error { return tx.PruneDifferences(before) })
}

// Prune forgets at once what is kept for long enough, which otherwise happens every minute.
func (t *Tenant) Prune(ctx context.Context) error {
	return t.shelf.prune(ctx)
}

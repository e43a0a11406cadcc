package badgerkv

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/dgraph-io/badger/v4"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// maxBatchTurns bounds the callers in one batch, and by that how long the first
// of them waits for the others' functions.
const maxBatchTurns = 256

// turn is one caller's leave to run its function. There is one at a time: the
// committer hands it over, waits until it comes back, and hands out the next, so
// functions run one after the other, each in its caller's own goroutine. A panic
// or a runtime.Goexit in a function therefore never reaches the committer.
type turn struct {
	below *overlay      // what the batch holds already, not to be changed
	back  chan struct{} // closed by the caller when the turn is over

	// Set by the caller before it closes back.
	writes *overlay // what its function wrote; nil if it failed or wrote nothing
	waits  bool     // the caller waits for the answer

	answer chan error // what became of the batch
}

// batch is what is committed together.
type batch struct {
	writes overlay
	turns  []*turn // those who wait for the answer
}

// Update implements kv.Store. fn runs once, in the caller's goroutine, while no
// other function given to Update runs.
func (s *Store) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if err := s.gate.Enter(ctx); err != nil {
		return err
	}
	defer s.gate.Leave()
	var t *turn
	select {
	case t = <-s.turns:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := s.runTurn(ctx, t, fn)
	if !t.waits {
		return err
	}
	if failure := <-t.answer; failure != nil {
		return failure
	}
	return err
}

// runTurn runs fn and gives the turn back, however fn ends.
func (s *Store) runTurn(ctx context.Context, t *turn, fn func(kv.Tx) error) error {
	defer close(t.back)
	if cause := s.failed.Load(); cause != nil {
		return fmt.Errorf("%w: %w", ErrFailed, *cause)
	}
	if err := ctx.Err(); err != nil { // done while it was waiting
		return err
	}
	tx := s.begin(ctx)
	tx.below, tx.own = t.below, new(overlay)
	defer tx.end()
	err := fn(tx)
	if err == nil && tx.own.changes.Len() > 0 {
		t.writes = tx.own
	}
	// What fn returns may rest on what others in the batch wrote. It is told only
	// when that is safe on disk.
	t.waits = t.writes != nil || t.below.changes.Len() > 0
	return err
}

// commitTurns is the committer's goroutine.
func (s *Store) commitTurns() {
	for {
		b := new(batch)
		t := newTurn(b)
		select {
		case s.turns <- t:
		case <-s.stop:
			return
		}
		for t != nil {
			<-t.back
			b = s.admit(b, t)
			t = s.nextTurn(b)
		}
		_ = s.commit(b) // each of the batch has its answer
	}
}

func newTurn(b *batch) *turn {
	return &turn{below: &b.writes, back: make(chan struct{}), answer: make(chan error, 1)}
}

// nextTurn hands a turn to a caller that is waiting already; nil if there is
// none or the batch is long enough. It asks twice and lets others run in between:
// callers whom the last commit has answered are about to come back, and would
// miss a batch that is closed the moment nobody waits.
func (s *Store) nextTurn(b *batch) *turn {
	if len(b.turns) >= maxBatchTurns {
		return nil
	}
	t := newTurn(b)
	for range 2 {
		select {
		case s.turns <- t:
			return t
		default:
			runtime.Gosched()
		}
	}
	return nil
}

// admit takes the outcome of a turn into the batch. If it does not fit, the batch
// is committed without it and a new one begun with it: what its function saw is
// then exactly what is stored.
func (s *Store) admit(b *batch, t *turn) *batch {
	if t.writes != nil && len(b.turns) > 0 && !s.capacity.fitsBatch(b.writes.cost.plus(t.writes.cost)) {
		if err := s.commit(b); err != nil {
			t.answer <- err
			return new(batch)
		}
		b = new(batch)
	}
	if t.writes != nil {
		b.writes.merge(t.writes)
	}
	if t.waits {
		b.turns = append(b.turns, t)
	}
	return b
}

// commit makes the batch durable, lets readers see it and answers its callers.
func (s *Store) commit(b *batch) error {
	err := s.store(&b.writes)
	for _, t := range b.turns {
		t.answer <- err
	}
	return err
}

// store writes the changes as one Badger transaction. A failure of the writing
// itself is final.
func (s *Store) store(w *overlay) error {
	if w.changes.Len() == 0 {
		return nil
	}
	if err := s.reserve(w.cost.memory); err != nil {
		return err
	}
	ts := s.versions.next()
	err := s.write(w, ts)
	if errors.Is(err, badger.ErrTxnTooBig) { // refused before anything was written
		return fmt.Errorf("%w: %w", kv.ErrTooBig, err)
	}
	if err == nil {
		err = s.syncError()
	}
	if err != nil {
		s.failed.Store(&err)
		s.log.Error("the storage failed and takes no more writes until it is opened again", "error", err)
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	s.versions.publish(ts)
	return nil
}

// writeBadger commits the changes at ts. It returns when they are on disk.
func (s *Store) writeBadger(w *overlay, ts uint64) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	txn := s.db.NewTransactionAt(ts-1, true)
	defer txn.Discard()
	var err error
	w.changes.Scan(func(key string, c change) bool {
		if c.deleted {
			err = txn.Delete([]byte(key))
		} else {
			err = txn.SetEntry(badger.NewEntry([]byte(key), c.value))
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	return txn.CommitAt(ts, nil)
}

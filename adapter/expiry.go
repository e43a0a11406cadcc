package adapter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// expiredDetail is what the journal says of a change whose approval expired.
const expiredDetail = "The approval expired before anybody answered"

const (
	// maxExpiries is how many approvals are ended before others get their turn.
	maxExpiries = 200
	// expiryPatience bounds how long a request waits for approvals to be ended that are none of its business.
	expiryPatience = time.Second
)

// expiries ends a tenant's approvals when nobody has answered them in time.
type expiries struct {
	wake     chan struct{} // holds one token: look again at what is due next
	sweeping chan struct{} // holds an element while somebody ends approvals

	mu    sync.Mutex
	next  time.Time // nothing is due before it; zero: not known
	added time.Time // the first that was added since the last look began
}

func newExpiries() expiries {
	return expiries{wake: make(chan struct{}, 1), sweeping: make(chan struct{}, 1), added: never}
}

// sweep waits until nobody else ends approvals. The caller does until it calls done.
func (x *expiries) sweep(ctx context.Context) (done func(), err error) {
	select {
	case x.sweeping <- struct{}{}:
		return func() { <-x.sweeping }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// poke makes the loop look at the store again.
func (x *expiries) poke() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// add says that an approval has been stored that expires; zero says nothing.
func (x *expiries) add(due time.Time) {
	if due.IsZero() {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if due.Before(x.added) {
		x.added = due
	}
	if due.Before(x.next) {
		x.next = due
		x.poke()
	}
}

// due reports whether something may be due.
func (x *expiries) due(now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return !now.Before(x.next)
}

// begin forgets what was added, as the store is looked at after it.
func (x *expiries) begin() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.added = never
}

// found says what the look at the store found to be due next.
func (x *expiries) found(next time.Time) time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.next = next; x.added.Before(next) {
		x.next = x.added
	}
	return x.next
}

// runExpiries ends approvals when they are due, until the engine ends. What is due then is found by the next process.
func (d *dispatcher) runExpiries(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Stop()
		if t, leave := d.enter(); t != nil { // otherwise a configuration will poke
			next, err := t.expire(ctx)
			if err == nil {
				var calm time.Time
				if calm, err = t.calm(ctx); calm.Before(next) {
					next = calm
				}
			}
			leave()
			if err != nil {
				d.troubled("ending approvals", err)
			}
			if next.Before(never) {
				// A clock that is set, or a machine that sleeps, moves what is due: so not all of a long time at once.
				timer.Reset(min(max(next.Sub(d.engine.now()), time.Millisecond), idle))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-d.expiries.wake:
		case <-timer.C:
		}
	}
}

// overdue ends the approvals that are due, so that what comes after finds them ended however busy the loop is that does
// this otherwise. Where that would take long, or one cannot be ended, nobody is kept from anything.
func (t *Tenant) overdue(ctx context.Context) {
	x := &t.dispatcher.expiries
	if !x.due(t.engine.now()) {
		return
	}
	patient, cancel := context.WithTimeout(ctx, expiryPatience)
	defer cancel()
	for patient.Err() == nil && x.due(t.engine.now()) {
		if _, err := t.expire(patient); err != nil && patient.Err() == nil {
			t.dispatcher.troubled("ending approvals", err)
			return
		}
	}
	x.poke() // the rest
}

// lapse ends the approval that a change would merge into, if it is due, and reports whether it did: then the change has to
// be made anew, of what is there now.
func (t *Tenant) lapse(ctx context.Context, id string) (bool, error) {
	var due bool
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		a, err := tx.Approval(id)
		due = err == nil && a.Due(t.engine.now())
		return err
	})
	if err != nil || !due {
		return false, err
	}
	if _, err = t.answer(ctx, Answer{ID: id}, store.ApprovalExpired); errors.Is(err, ErrApprovalDecided) {
		err = nil
	}
	return err == nil, err
}

// expire ends approvals that are due, a bounded number, and returns when the next is. One that fails is tried again after a
// pause, and does not keep others from being ended.
func (t *Tenant) expire(ctx context.Context) (next time.Time, err error) {
	x := &t.dispatcher.expiries
	done, err := x.sweep(ctx)
	if err != nil {
		return t.engine.now(), err
	}
	defer done()
	x.begin()
	now := t.engine.now()
	var ids []string
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		ids, next = ids[:0], never
		return tx.Expiries(func(id string, due time.Time) bool {
			if due.After(now) || len(ids) == maxExpiries {
				next = due
				return false
			}
			ids = append(ids, id)
			return true
		})
	})
	if err != nil {
		return x.found(now.Add(time.Second)), fmt.Errorf("read what is due: %w", err)
	}
	var failed error
	for _, id := range ids {
		_, err := t.answer(ctx, Answer{ID: id}, store.ApprovalExpired)
		switch {
		case err == nil, errors.Is(err, ErrApprovalDecided):
		case ctx.Err() != nil:
			return x.found(now), ctx.Err() // whoever comes next goes on
		default:
			failed = fmt.Errorf("approval %s: %w", id, err)
			next = now.Add(time.Second)
		}
	}
	return x.found(next), failed
}

// expiry is when the approval of a change expires: as the policy or else the tenant's rules say, and where they say nothing
// when the one does that it merges into.
func (t *Tenant) expiry(tx *store.Tx, c *change, cur *store.Record, now time.Time) (time.Time, error) {
	if c.limited {
		return time.Time{}, nil // somebody who was to lose access keeps it only by a person's word
	}
	in := c.expiresIn
	if in == 0 {
		in = t.cfg.HoldExpiry
	}
	if in > 0 {
		return now.Add(in), nil
	}
	if cur == nil || cur.Hold == nil {
		return time.Time{}, nil
	}
	a, err := tx.Approval(cur.Hold.ID)
	if err != nil {
		return time.Time{}, err
	}
	return a.Expires, nil
}

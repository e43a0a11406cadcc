package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Counts is how many resources a tenant has, as they are desired.
type Counts struct {
	Users       int // all users
	ActiveUsers int // those whose active is not false
	Groups      int // all groups
}

// Of is what one state of a resource adds to a tenant's counts.
func Of(typ Type, s State) Counts {
	switch {
	case !s.Present():
		return Counts{}
	case typ == Group:
		return Counts{Groups: 1}
	case gjson.GetBytes(s.Doc, "active").Type == gjson.False:
		return Counts{Users: 1}
	}
	return Counts{Users: 1, ActiveUsers: 1}
}

// Plus returns the sum.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.Users + d.Users, c.ActiveUsers + d.ActiveUsers, c.Groups + d.Groups}
}

// Minus returns the difference.
func (c Counts) Minus(d Counts) Counts {
	return Counts{c.Users - d.Users, c.ActiveUsers - d.ActiveUsers, c.Groups - d.Groups}
}

// census is what one process knows of how many resources a tenant has. A counter in the store would be a key that every
// write of the tenant has to touch. So they are counted once, in a snapshot, and from that snapshot on every committed
// transaction adds what it changed. That is right as long as no other process writes to the store.
type census struct {
	mu     sync.Mutex
	counts Counts // before taken is set, what has changed since the snapshot
	taken  bool   // the snapshot has been counted
}

func (c *census) add(d Counts) {
	if d == (Counts{}) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = c.counts.Plus(d)
}

// Census returns how many resources a tenant has after all updates that have returned, and false as long as nobody has
// taken its census.
func (s *Store) Census(tenant kv.Tenant) (Counts, bool) {
	c := s.indexesOf(tenant).census.Load()
	if c == nil {
		return Counts{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts, c.taken
}

// TakeCensus counts a tenant's resources beside all other work, so that Census knows them from then on. Where they are
// known it does nothing.
func (s *Store) TakeCensus(ctx context.Context, tenant kv.Tenant) error {
	if _, taken := s.Census(tenant); taken {
		return nil
	}
	t := s.indexesOf(tenant)
	c := new(census)
	err := s.snapshot(ctx, tenant, func() { t.census.Store(c) }, func(tx *Tx) error {
		n, err := tx.count()
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.counts, c.taken = c.counts.Plus(n), true
		return nil
	})
	if err != nil {
		t.census.CompareAndSwap(c, nil)
		return fmt.Errorf("count the resources: %w", err)
	}
	return nil
}

// snapshot runs fn on a snapshot of a tenant's records. Every update of the tenant has either returned when begun is
// called, and then the snapshot has what it wrote, or starts after begun has returned, and then the snapshot has not.
func (s *Store) snapshot(ctx context.Context, tenant kv.Tenant, begun func(), fn func(*Tx) error) error {
	t := s.indexesOf(tenant)
	t.changing.Lock()
	unlock := sync.OnceFunc(t.changing.Unlock)
	defer unlock()
	return s.kv.View(ctx, func(ktx kv.Tx) error {
		tx := &Tx{kv: ktx, tenant: tenant, indexes: t.list()}
		begun()
		unlock()
		return fn(tx)
	})
}

// count goes through all resources that exist.
func (tx *Tx) count() (n Counts, err error) {
	if n.Groups, err = tx.Count(Group); err != nil {
		return n, err
	}
	err = tx.Each(User, Span{}, func(r *Record) bool {
		n = n.Plus(Of(User, r.Desired))
		return true
	})
	return n, err
}

// counted notes what replacing a record changes. Either may be nil.
func (tx *Tx) counted(prev, next *Record) {
	if !tx.counts {
		return
	}
	if prev != nil {
		tx.delta = tx.delta.Minus(Of(prev.Type, prev.Desired))
	}
	if next != nil {
		tx.delta = tx.delta.Plus(Of(next.Type, next.Desired))
	}
}

// follow brings the census in step with a transaction that ended with err. ran is its last run, nil if there was none.
func (t *tenantIndexes) follow(c *census, ran *Tx, err error) {
	switch {
	case c == nil || ran == nil || ran.delta == (Counts{}):
	case err == nil:
		c.add(ran.delta)
	case !ran.failed && !errors.Is(err, kv.ErrTooBig) && !errors.Is(err, kv.ErrConflict):
		t.census.CompareAndSwap(c, nil) // nobody knows whether it was stored, so they are counted anew
	}
}

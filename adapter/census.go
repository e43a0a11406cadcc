package adapter

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// registrars take the census of tenants in the background, for policies that want to know how many resources there are.
type registrars struct {
	mu     sync.Mutex
	closed bool
	taking map[kv.Tenant]*taking // those under way
	all    sync.WaitGroup
}

// taking is a census under way.
type taking struct {
	done chan struct{} // closed at its end
	err  error         // why it failed; to be read after done
}

// take starts to take a tenant's census, if nobody is at it.
func (r *registrars) take(e *Engine, id kv.Tenant) (*taking, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if now := r.taking[id]; now != nil {
		return now, nil
	}
	if r.taking == nil {
		r.taking = map[kv.Tenant]*taking{}
	}
	now := &taking{done: make(chan struct{})}
	r.taking[id] = now
	r.all.Go(func() {
		now.err = e.store.TakeCensus(e.ctx, id)
		r.mu.Lock()
		delete(r.taking, id)
		r.mu.Unlock()
		close(now.done)
	})
	return now, nil
}

// close waits for those under way, whose context has ended.
func (r *registrars) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.all.Wait()
}

// counts is how many resources the tenant has after all writes that have returned. The first who asks waits until they
// have been counted, as long as ctx lasts.
func (t *Tenant) counts(ctx context.Context) (store.Counts, error) {
	for {
		if n, known := t.engine.store.Census(t.cfg.ID); known {
			return n, nil
		}
		now, err := t.engine.registrars.take(t.engine, t.cfg.ID)
		if err != nil {
			return store.Counts{}, err
		}
		select {
		case <-now.done:
		case <-ctx.Done():
			return store.Counts{}, ctx.Err()
		}
		if now.err != nil {
			return store.Counts{}, now.err
		}
	}
}

// anticipate starts to count where a policy is going to ask.
func (e *Engine) anticipate(id kv.Tenant) {
	if _, known := e.store.Census(id); !known {
		_, _ = e.registrars.take(e, id) // whoever asks hears what is wrong
	}
}

// counts reports whether the policy wants to know how many resources there are.
func (p *Policy) counts() bool {
	return p != nil && slices.Contains(p.Module.Description().Needs, abi.NeedCounts)
}

// identity is what a policy is told of the tenant whatever it asks for.
func (t *Tenant) identity() abi.Tenant {
	return abi.Tenant{ID: t.cfg.ID.Name(), SeatLimit: t.cfg.SeatLimit}
}

// need is how much policies need to know how many resources there are.
type need int

const (
	nothing need = iota
	known        // if that is known, and it need not stay so until the change is stored
	exact
)

// facts is what the policies that judge a change are told of the tenant. Where they need counts, they are those of all
// other resources and of what the change is judged against. Exact ones stay what they are until the change is stored:
// changes that would alter them are judged and stored one after the other. The first time that such a change gets its turn
// the error is errMoved, and the write has to look anew at what it is based on.
func (t *Tenant) facts(ctx context.Context, c *change, needs need) (abi.Tenant, error) {
	out := t.identity()
	switch needs {
	case nothing:
		return out, nil
	case known:
		if n, taken := t.engine.store.Census(t.cfg.ID); taken {
			out.Counts = c.without(n)
		} else {
			t.engine.anticipate(t.cfg.ID)
		}
		return out, nil
	}
	if c.counts() && c.turn != nil && !c.turn.held() {
		if err := c.turn.take(ctx, t.dispatcher.seats); err != nil {
			return out, err
		}
		return out, errMoved
	}
	n, err := t.counts(ctx)
	if err != nil {
		return out, fmt.Errorf("counts for the policy: %w", err)
	}
	out.Counts = c.without(n)
	return out, nil
}

// without is how many resources there are without the change. What waits for an approval is no part of what the change is
// judged against, and counts as desired.
func (c *change) without(n store.Counts) *abi.Counts {
	if c.prev != nil {
		n = n.Minus(store.Of(c.kind.Type, c.prev.Desired)).Plus(store.Of(c.kind.Type, c.before()))
	}
	return &abi.Counts{Users: n.Users, ActiveUsers: n.ActiveUsers, Groups: n.Groups}
}

// counts reports whether the change would alter how many resources there are.
func (c *change) counts() bool {
	var was store.Counts
	if c.prev != nil {
		was = store.Of(c.kind.Type, c.prev.Desired)
	}
	return was != store.Of(c.kind.Type, store.State{Doc: c.doc, Deleted: c.deleted})
}

// turn is a write's turn to alter how many resources its tenant has.
type turn struct{ seats chan struct{} }

func (t *turn) held() bool { return t.seats != nil }

// take waits for the turn. seats is a channel that holds one element.
func (t *turn) take(ctx context.Context, seats chan struct{}) error {
	select {
	case seats <- struct{}{}:
		t.seats = seats
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end hands the turn on, if it was taken.
func (t *turn) end() {
	if t.seats != nil {
		<-t.seats
		t.seats = nil
	}
}

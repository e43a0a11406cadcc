package adapter

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/event"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// tendEvery is how often the queues are looked after that nobody reads.
const tendEvery = time.Minute

// Why events are dropped.
const (
	droppedExpired  = "expired"
	droppedOverflow = "overflow"
)

// run keeps the queues of all tenants within their bounds until the engine ends.
func (p *publishers) run() {
	ctx := p.engine.ctx
	timer := time.NewTimer(tendEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-timer.C:
		}
		p.mu.Lock()
		all := slices.Collect(maps.Values(p.tenants))
		p.mu.Unlock()
		for _, pub := range all {
			if err := pub.tend(ctx); err != nil {
				pub.trouble("bounding the queues", err)
			}
		}
		timer.Reset(tendEvery)
	}
}

// tend drops what has been in the tenant's queues for too long, and the oldest of what is too much. Queues of streams
// that are configured no more are kept for as long as others, in case that they come back.
func (p *publisher) tend(ctx context.Context) error {
	var names []string
	err := p.all.engine.store.View(ctx, p.id, func(tx *store.Tx) (err error) {
		names, err = tx.Queues()
		return err
	})
	if err != nil {
		return err
	}
	c := p.configured().cfg.Events.orDefault()
	for _, name := range names {
		if err := p.expire(ctx, name, p.all.engine.now().Add(-c.Retention)); err != nil {
			return err
		}
		if err := p.bound(ctx, name, c.MaxQueued); err != nil {
			return err
		}
	}
	return nil
}

// expire drops the events of a queue that were issued before a time.
func (p *publisher) expire(ctx context.Context, stream string, before time.Time) error {
	for {
		items, _, err := p.read(ctx, stream, removeBatch, 1<<20)
		if err != nil {
			return err
		}
		var old []string
		for _, it := range items {
			var head event.Head
			if json.Unmarshal(it.claims, &head) == nil && head.Issued >= before.Unix() {
				break
			}
			old = append(old, it.id)
		}
		if err := p.drop(ctx, stream, droppedExpired, old); err != nil {
			return err
		}
		if len(old) == 0 || len(old) < len(items) {
			return nil
		}
	}
}

// bound drops the oldest events of a queue that has more than most.
func (p *publisher) bound(ctx context.Context, stream string, most int) error {
	p.mu.Lock()
	pos := p.position(stream)
	known := !pos.count && pos.length <= most
	p.mu.Unlock()
	if known {
		return nil
	}
	var n int
	err := p.all.engine.store.View(ctx, p.id, func(tx *store.Tx) (err error) {
		n, err = tx.QueueLen(stream)
		return err
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	pos.length, pos.count = n, false
	p.mu.Unlock()
	for n > most {
		items, _, err := p.read(ctx, stream, min(n-most, removeBatch), 1<<30)
		if err != nil || len(items) == 0 {
			return err
		}
		ids := make([]string, len(items))
		for i, it := range items {
			ids[i] = it.id
		}
		if err := p.drop(ctx, stream, droppedOverflow, ids); err != nil {
			return err
		}
		n -= len(ids)
	}
	return nil
}

// drop takes events out of a queue that nobody has taken.
func (p *publisher) drop(ctx context.Context, stream, why string, ids []string) error {
	n, err := p.remove(ctx, stream, ids)
	if n > 0 {
		p.log.Warn("events were dropped that no receiver has taken", "stream", stream, "reason", why, "events", n)
		if w, ok := p.all.engine.watch.(EventObserver); ok {
			w.EventsDropped(p.id, stream, why, n)
		}
	}
	return err
}

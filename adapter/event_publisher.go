package adapter

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/event"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// EventObserver is an Observer that is also told of events.
type EventObserver interface {
	// EventDelivered is told what came of giving an event to a stream's receiver: accepted, rejected or failed.
	EventDelivered(tenant kv.Tenant, stream string, outcome event.Verdict)
	// EventsDropped is told of events that nobody took: as they were too old ("expired") or too many ("overflow").
	EventsDropped(tenant kv.Tenant, stream, reason string, n int)
}

// publishers are the events' side of an engine: what is queued, signed, pushed and polled, for all tenants.
type publishers struct {
	engine *Engine
	ring   *event.Ring
	wake   chan struct{} // holds one token: look after the queues now

	mu      sync.Mutex
	closed  bool
	running bool
	tenants map[kv.Tenant]*publisher
	workers sync.WaitGroup
}

func newPublishers(e *Engine, backend kv.Store) *publishers {
	return &publishers{
		engine: e, ring: event.NewRing(backend, e.clock), wake: make(chan struct{}, 1), tenants: map[kv.Tenant]*publisher{},
	}
}

// publisher delivers the events of one tenant. It lives as long as the engine and works by the newest configuration.
type publisher struct {
	all     *publishers
	id      kv.Tenant
	log     *slog.Logger
	queued  signal // a queue has grown
	renewed signal // the configuration has changed

	mu      sync.Mutex
	tenant  *Tenant              // of the newest configuration; nil pauses
	last    *Tenant              // of the newest configuration that had the tenant: what is written meanwhile is queued by it
	queues  map[string]*position // by stream
	pushing map[string]struct{}  // the streams that have a worker
}

// position is what is known of a queue without reading it.
type position struct {
	length int       // how many events are in it, once counted
	count  bool      // length is not known
	low    string    // nothing lies before it
	swept  time.Time // when the queue was last read from its beginning
}

func (p *publishers) find(id kv.Tenant) *publisher {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tenants[id]
}

// use sets the configuration of all tenants; those that it has not are paused.
func (p *publishers) use(current map[kv.Tenant]*Tenant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	for id := range current {
		if p.tenants[id] == nil {
			p.tenants[id] = &publisher{
				all: p, id: id, log: p.engine.log.With("tenant", id.Name()), queues: map[string]*position{}, pushing: map[string]struct{}{},
			}
		}
	}
	for id, pub := range p.tenants {
		pub.use(current[id])
	}
	if !p.running {
		p.running = true
		p.workers.Go(p.run)
	}
	p.poke()
}

// wait lets nothing new begin, and returns when all has ended. The engine's context has ended before.
func (p *publishers) wait() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.workers.Wait()
}

func (p *publishers) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// use sets the tenant's configuration and starts the workers that it wants. The caller holds the mutex of all.
func (p *publisher) use(t *Tenant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tenant == t {
		return
	}
	if p.tenant = t; t != nil {
		p.last = t
		if t.cfg.Events != nil {
			for _, s := range t.cfg.Events.Streams {
				if _, running := p.pushing[s.Name]; s.Push != nil && !running {
					p.pushing[s.Name] = struct{}{}
					p.all.workers.Go(func() { p.push(s.Name) })
				}
			}
		}
	}
	p.renewed.broadcast()
}

// configured is the tenant as it was last configured.
func (p *publisher) configured() *Tenant {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// position returns what is known of a queue. The caller holds mu.
func (p *publisher) position(stream string) *position {
	pos := p.queues[stream]
	if pos == nil {
		pos = &position{count: true}
		p.queues[stream] = pos
	}
	return pos
}

// Queued implements store.Watcher.
func (p *publishers) Queued(tenant kv.Tenant, streams map[string]int) {
	pub := p.find(tenant)
	if pub == nil {
		return
	}
	pub.mu.Lock()
	most := pub.last.cfg.Events.orDefault().MaxQueued
	overflow := false
	for stream, n := range streams {
		pos := pub.position(stream)
		pos.length += n
		overflow = overflow || pos.length > most
	}
	pub.mu.Unlock()
	pub.queued.broadcast()
	if overflow {
		p.poke()
	}
}

// item is an event as it is queued.
type item struct {
	id     string
	claims []byte
}

// read returns the first events of a queue, at most n and not much more than size bytes of them, and whether there are
// more.
func (p *publisher) read(ctx context.Context, stream string, n, size int) (items []item, more bool, err error) {
	now := p.all.engine.now()
	p.mu.Lock()
	pos := p.position(stream)
	if since := now.Sub(pos.swept); since < 0 || since >= idle {
		pos.low, pos.swept = "", now // in case that somebody else has written to the queue
	}
	low := pos.low
	p.mu.Unlock()
	err = p.all.engine.store.View(ctx, p.id, func(tx *store.Tx) error {
		left := size
		items, more = nil, false
		return tx.Queue(stream, low, func(id string, claims []byte) bool {
			if more = len(items) == n || left <= 0; more {
				return false
			}
			left -= len(claims)
			items = append(items, item{id, claims})
			return true
		})
	})
	if err == nil && len(items) > 0 {
		p.mu.Lock()
		pos.low = max(pos.low, items[0].id)
		p.mu.Unlock()
	}
	return items, more, err
}

// remove takes events out of a queue and returns how many were there.
func (p *publisher) remove(ctx context.Context, stream string, ids []string) (removed int, err error) {
	for len(ids) > 0 {
		batch := ids[:min(len(ids), removeBatch)]
		ids = ids[len(batch):]
		n := 0
		err = p.all.engine.store.Update(ctx, p.id, func(tx *store.Tx) error {
			n = 0
			for _, id := range batch {
				was, err := tx.Dequeue(stream, id)
				if err != nil {
					return err
				}
				if was {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return removed, err
		}
		removed += n
		p.mu.Lock()
		p.position(stream).length -= n
		p.mu.Unlock()
	}
	return removed, nil
}

// removeBatch is how many events one transaction takes out.
const removeBatch = 500

// sign addresses an event as the stream says, and signs it.
func (p *publisher) sign(ctx context.Context, c *EventsConfig, s StreamConfig, it item) (string, error) {
	claims, err := event.Address(it.claims, c.Issuer, s.Audience)
	if err != nil {
		return "", err
	}
	return p.all.ring.Sign(ctx, claims)
}

// delivered tells the observer what came of an event.
func (p *publisher) delivered(stream string, v event.Verdict) {
	if w, ok := p.all.engine.watch.(EventObserver); ok {
		w.EventDelivered(p.id, stream, v)
	}
}

// trouble logs that something failed that is no receiver's fault, unless the engine is only closing.
func (p *publisher) trouble(what string, err error) {
	if !errors.Is(err, context.Canceled) && !errors.Is(err, kv.ErrClosed) {
		p.log.Error("events are delayed", "at", what, "error", err)
	}
}

// Interface guard.
var _ store.Watcher = (*publishers)(nil)

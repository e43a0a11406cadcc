package adapter

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/internal/webhook"
)

// couriers bring notices to webhooks, for all tenants of an engine.
type couriers struct {
	engine *Engine
	wake   chan struct{} // holds one token: look after the queues and alarms now

	mu      sync.Mutex
	closed  bool
	running bool
	tenants map[kv.Tenant]*courier
	workers sync.WaitGroup
}

func newCouriers(e *Engine) *couriers {
	return &couriers{engine: e, wake: make(chan struct{}, 1), tenants: map[kv.Tenant]*courier{}}
}

// courier brings the notices of one tenant to its webhooks, one after the other to each, and looks after its alarms. It
// lives as long as the engine and works by the newest configuration.
type courier struct {
	all     *couriers
	id      kv.Tenant
	log     *slog.Logger
	filed   signal // a queue has grown
	renewed signal // the configuration has changed

	mu      sync.Mutex
	tenant  *Tenant             // of the newest configuration; nil pauses
	last    *Tenant             // of the newest configuration that had the tenant
	working map[string]struct{} // the webhooks that have a worker
	filings int                 // notices filed since the queues were looked after
	states  map[string]*WebhookState

	gates map[string]*queueGate // by webhook

	connections map[string]*health
}

// WebhookState is how a webhook does, as far as this process knows.
type WebhookState struct {
	Name     string       `json:"name"`
	Host     string       `json:"host"`
	Only     []NoticeKind `json:"only,omitempty"`
	Queued   int          `json:"queued"`           // notices that wait
	Failures int          `json:"failures"`         // in a row
	Status   int          `json:"status,omitempty"` // of the last answer
	Last     time.Time    `json:"last,omitzero"`    // when it was sent something last
	Dropped  int          `json:"dropped"`          // notices that were dropped since the server started
}

// of returns a tenant's courier, a new one where it has none.
func (c *couriers) of(id kv.Tenant) *courier {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tenants[id] == nil {
		c.tenants[id] = &courier{
			all: c, id: id, log: c.engine.log.With("tenant", id.Name()), working: map[string]struct{}{}, states: map[string]*WebhookState{},
			connections: map[string]*health{}, gates: map[string]*queueGate{},
		}
	}
	return c.tenants[id]
}

// use sets the configuration of all tenants; those that it has not are paused.
func (c *couriers) use(current map[kv.Tenant]*Tenant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	for id, one := range c.tenants {
		one.use(current[id])
	}
	if !c.running {
		c.running = true
		c.workers.Go(c.run)
	}
	c.poke()
}

// wait lets nothing new begin, and returns when all has ended. The engine's context has ended before.
func (c *couriers) wait() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.workers.Wait()
}

func (c *couriers) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run keeps the queues within their bounds, and the alarms true, until the engine ends.
func (c *couriers) run() {
	ctx := c.engine.ctx
	timer := time.NewTimer(tendEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-timer.C:
		}
		c.mu.Lock()
		all := slices.Collect(maps.Values(c.tenants))
		c.mu.Unlock()
		for _, one := range all {
			if one.configured() == nil {
				continue // the configuration that had it was refused
			}
			if err := one.tend(ctx, false); err != nil {
				one.trouble("bounding the queues", err)
			}
			if t := one.configured(); t != nil {
				if err := t.tendLetters(ctx); err != nil {
					one.trouble("tending dead letters", err)
				}
			}
			if err := one.watch(ctx); err != nil {
				one.trouble("bringing alarms in step", err)
			}
		}
		timer.Reset(tendEvery)
	}
}

// use sets the tenant's configuration and starts the workers that it wants. The caller holds the mutex of all.
func (c *courier) use(t *Tenant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tenant == t {
		return
	}
	if c.tenant = t; t != nil {
		c.last = t
		for id := range c.connections {
			if _, ok := t.Connection(id); !ok {
				delete(c.connections, id)
			}
		}
		for _, w := range t.cfg.Webhooks {
			if _, running := c.working[w.Name]; !running {
				c.working[w.Name] = struct{}{}
				c.all.workers.Go(func() { c.work(w.Name) })
			}
		}
	}
	c.renewed.broadcast()
}

// configured is the tenant as it was last configured.
func (c *courier) configured() *Tenant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// filedOne is called after a transaction that has filed notices.
func (c *courier) filedOne() {
	c.filed.broadcast()
	c.mu.Lock()
	c.filings++
	least := DefaultMaxNotices
	if c.last != nil {
		for _, w := range c.last.cfg.Webhooks {
			least = min(least, w.MaxQueued)
		}
	}
	// A queue that was within its bound when it was looked after cannot be far beyond it now.
	overdue := c.filings > max(1, least/10)
	c.mu.Unlock()
	if overdue {
		c.all.poke()
	}
}

// work sends the notices of one webhook until the engine ends or the webhook is configured no more.
func (c *courier) work(name string) {
	ctx := c.all.engine.ctx
	failures := 0
	pump(ctx, &c.renewed, &c.filed, func() (pause time.Duration, over bool) {
		t, w, leave, over := c.enter(name)
		switch {
		case over:
			return 0, true
		case t == nil:
			return paused, false
		}
		defer leave()
		g := c.gate(name)
		g.Lock()
		pause = c.sendNext(ctx, w, &failures)
		g.Unlock()
		if g.owed.Swap(false) {
			c.all.poke()
		}
		return pause, false
	})
}

// enter returns the webhook as it is configured now, whose generation waits until leave is called; no tenant while it is
// paused. over says that there is no such webhook any more, and that the worker is out of the books.
func (c *courier) enter(name string) (t *Tenant, w WebhookConfig, leave func(), over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tenant == nil {
		return nil, w, nil, false
	}
	w, ok := c.tenant.cfg.webhook(name)
	if !ok {
		delete(c.working, name)
		delete(c.states, name)
		delete(c.gates, name)
		return nil, w, nil, true
	}
	return c.tenant, w, c.tenant.generation.Enter(), false
}

// maxUnwanted is how often a receiver may say that it does not want a notice before it is dropped.
const maxUnwanted = 5

// sendNext sends the first notice of a queue. It returns how long to wait before the next, or empty.
func (c *courier) sendNext(ctx context.Context, w WebhookConfig, failures *int) time.Duration {
	var id string
	var body []byte
	err := c.all.engine.store.View(ctx, c.id, func(tx *store.Tx) error {
		id, body = "", nil
		return tx.Notices(w.Name, func(one string, b []byte) bool {
			id, body = one, b
			return false
		})
	})
	switch {
	case err != nil:
		c.trouble("reading a queue", err)
		return time.Second
	case id == "":
		return empty
	}
	answer := w.Sender.Send(ctx, id, body)
	if ctx.Err() != nil {
		return 0 // it stays in the queue, whatever came of it
	}
	if answer.Taken {
		*failures = 0
	} else {
		*failures++
	}
	c.sent(w, answer, *failures)
	switch {
	case answer.Taken:
		err = c.all.engine.store.Update(ctx, c.id, func(tx *store.Tx) error {
			_, err := tx.DropNotice(w.Name, id)
			return err
		})
	case answer.Unwanted && *failures >= maxUnwanted:
		*failures = 0
		err = c.drop(ctx, w.Name, droppedUnwanted, []string{id}, !strings.HasSuffix(id, droppedSuffix))
	default:
		pause := max(backoff(w.RetryMin, w.RetryMax, *failures, w.Name), answer.RetryAfter, 1)
		c.log.Warn("a webhook did not take a notice and will be sent it again", "webhook", w.Name, "notice", id,
			"status", answer.Status, "reason", reason(answer.Err), "pause", pause)
		return pause
	}
	if err != nil {
		c.trouble("taking a notice out of its queue", err)
		return time.Second
	}
	return 0
}

// sent takes note of what came of sending a notice.
func (c *courier) sent(w WebhookConfig, answer webhook.Answer, failures int) {
	c.mu.Lock()
	s := c.state(w.Name)
	s.Failures, s.Status, s.Last = failures, answer.Status, c.all.engine.now()
	c.mu.Unlock()
	if o, ok := c.all.engine.watch.(NoticeObserver); ok {
		outcome := "failed"
		switch {
		case answer.Taken:
			outcome = "taken"
		case answer.Unwanted:
			outcome = "unwanted"
		}
		o.NoticeSent(c.id, w.Name, outcome)
	}
}

// state returns what is known of a webhook. The caller holds mu.
func (c *courier) state(name string) *WebhookState {
	s := c.states[name]
	if s == nil {
		s = new(WebhookState)
		c.states[name] = s
	}
	return s
}

// trouble logs that something failed that is no receiver's fault, unless the engine is only closing.
func (c *courier) trouble(what string, err error) {
	if !errors.Is(err, context.Canceled) && !errors.Is(err, kv.ErrClosed) {
		c.log.Error("notices are delayed", "at", what, "error", err)
	}
}

// Webhooks says how the tenant's webhooks do.
func (t *Tenant) Webhooks(ctx context.Context) ([]WebhookState, error) {
	list := make([]WebhookState, 0, len(t.cfg.Webhooks))
	for _, w := range t.cfg.Webhooks {
		t.courier.mu.Lock()
		s := *t.courier.state(w.Name)
		t.courier.mu.Unlock()
		s.Name, s.Host, s.Only = w.Name, w.Sender.Host(), w.Only
		list = append(list, s)
	}
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
		for i := range list {
			if list[i].Queued, err = tx.CountNotices(list[i].Name); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// WebhookTest is what came of a test notice.
type WebhookTest struct {
	Name   string `json:"name"`
	Host   string `json:"host"`
	Taken  bool   `json:"taken"`
	Status int    `json:"status,omitempty"` // of the answer; 0 for none
	Error  string `json:"error,omitempty"`  // why there was none
}

// TestWebhooks sends each of the tenant's webhooks a notice of the type webhook.test, at once and past its queue.
func (t *Tenant) TestWebhooks(ctx context.Context) ([]WebhookTest, error) {
	list := make([]WebhookTest, len(t.cfg.Webhooks))
	body, err := t.noticeBody(noticeTest, "", struct{}{})
	if err != nil {
		return nil, err
	}
	var all sync.WaitGroup
	for i, w := range t.cfg.Webhooks {
		all.Go(func() {
			a := w.Sender.Send(ctx, newID(), body)
			list[i] = WebhookTest{Name: w.Name, Host: w.Sender.Host(), Taken: a.Taken, Status: a.Status}
			if a.Err != nil {
				list[i].Error = a.Err.Error()
			}
		})
	}
	all.Wait()
	return list, nil
}

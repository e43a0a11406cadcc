package adapter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/pace"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// maxDisplaced bounds for how many resources it is remembered where they stood.
const maxDisplaced = 1024

// pacing is what a dispatcher knows of the pace of its application.
type pacing struct {
	unwatch func() // ends being told

	down   bool // the alarm is raised
	filed  bool // whether it is has been written since the process began
	halted bool // nothing was to be sent when it was looked at last

	// displaced are the resources that failed and so lost their place in the dirty index, with the time that they were
	// due at before. When the application can be told again they get their places back, once.
	displaced map[resource]displaced
}

type displaced struct {
	due  time.Time
	back bool // it has been given back
}

// application is the name of what a configuration's connector tells.
func (c *TenantConfig) application() string {
	if c.Application != "" {
		return c.Application
	}
	return c.Connector.Address()
}

// pace is what the application can bear, with the tenant's pauses where it does not say.
func (c *TenantConfig) pace() pace.Config {
	p := c.Pace
	if p.MinPause == 0 {
		p.MinPause = c.RetryMin
	}
	if p.MaxPause == 0 {
		p.MaxPause = max(c.RetryMax, p.MinPause)
	}
	return p
}

// join puts the tenant's calls under the pace that all who tell the same application share.
func (t *Tenant) join() {
	t.app = t.engine.paces.Get(t.cfg.application(), t.cfg.pace())
	t.cfg.Connector = t.cfg.Connector.Paced(t.app, t.generation.retired)
}

// usePaces sets what the applications of the newest configuration can bear, and forgets those that no configuration has.
// The caller holds mu.
func (e *Engine) usePaces(current map[string][]pace.Config) {
	e.paces.Use(current, func(name string) bool {
		for _, g := range e.generations {
			for _, t := range g.tenants {
				if t.cfg.application() == name {
					return true
				}
			}
		}
		return false
	})
}

// pacesOf lists what the tenants of a configuration say of their applications.
func pacesOf(tenants map[kv.Tenant]*Tenant) map[string][]pace.Config {
	all := map[string][]pace.Config{}
	for _, t := range tenants {
		name := t.cfg.application()
		all[name] = append(all[name], t.cfg.pace())
	}
	return all
}

// follow has the dispatcher told when its application's pace changes. The caller holds mu.
func (d *dispatcher) follow(t *Tenant) {
	if d.pacing.unwatch != nil {
		d.pacing.unwatch()
		d.pacing.unwatch = nil
	}
	if t != nil {
		d.pacing.unwatch = t.app.Watch(d.poke)
	}
}

// room returns how many deliveries may be started, and in how many of the lanes, and where that is none, how long to wait
// if nobody wakes the dispatcher before.
func (d *dispatcher) room(t *Tenant) (n, open int, wait time.Duration) {
	most, pressing, wait := t.app.Room(t.cfg.Concurrency)
	if open = lanes; pressing {
		open = urgent + 1
	}
	if wait == 0 || wait > idle {
		wait = idle
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return most - len(d.busy), open, wait
}

// keepPace brings what depends on the application's pace in step with it. Only run calls it.
func (d *dispatcher) keepPace(ctx context.Context, t *Tenant) error {
	s := t.app.Status()
	p := &d.pacing
	down := s.State != pace.Closed
	if down && !p.down {
		d.waiters.release(ending{state: DeliveryPending}) // nothing will come of waiting
	}
	if down != p.down || (!p.filed && s.Reached) {
		err := d.engine.store.Update(ctx, d.id, func(tx *store.Tx) error {
			if !down {
				return t.clear(tx, AlarmApplicationDown, "")
			}
			return t.raise(tx, Alarm{Kind: AlarmApplicationDown, Text: "The application cannot be told of changes: " + s.LastError})
		})
		if err != nil {
			return fmt.Errorf("file the alarm: %w", err)
		}
		if p.down, p.filed = down, true; down {
			d.log.Warn("the application cannot be reached; nothing is sent but a probe now and then", "reason", s.LastError)
		} else if p.halted {
			d.log.Info("the application can be reached again")
		}
	}
	if down || !s.PausedUntil.IsZero() {
		p.halted = true
		return nil
	}
	if p.halted {
		if err := d.putBack(ctx, t); err != nil {
			return fmt.Errorf("put back what failed: %w", err)
		}
		p.halted = false
	}
	return nil
}

// displace remembers where a resource stood that has failed, or forgets it where it has not.
func (d *dispatcher) displace(r resource, due time.Time, out connector.Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	have, known := d.pacing.displaced[r]
	if out.Kind != connector.Retry {
		delete(d.pacing.displaced, r)
		return
	}
	if len(d.pacing.displaced) >= maxDisplaced {
		maps.DeleteFunc(d.pacing.displaced, func(_ resource, p displaced) bool { return p.back })
	}
	switch {
	case due.IsZero(), known && !due.Before(have.due), !known && len(d.pacing.displaced) >= maxDisplaced:
	default:
		if d.pacing.displaced == nil {
			d.pacing.displaced = map[resource]displaced{}
		}
		d.pacing.displaced[r] = displaced{due: due}
	}
}

// putBack gives those who failed while the application could not be told their places back, so that the oldest goes
// first. It happens once for each, or one that always fails would be first for ever.
func (d *dispatcher) putBack(ctx context.Context, t *Tenant) error {
	places := map[resource]time.Time{}
	d.mu.Lock()
	for r, p := range d.pacing.displaced {
		if !p.back {
			places[r] = p.due
		}
	}
	d.mu.Unlock()
	if err := t.due(ctx, places); err != nil {
		return err
	}
	d.mu.Lock()
	for r := range places {
		if p, ok := d.pacing.displaced[r]; ok {
			p.back = true
			d.pacing.displaced[r] = p
		}
	}
	d.mu.Unlock()
	return nil
}

// due makes resources that failed due at the given times, where they are due later.
func (t *Tenant) due(ctx context.Context, places map[resource]time.Time) error {
	list := make([]resource, 0, len(places))
	for r := range places {
		list = append(list, r)
	}
	for len(list) > 0 {
		batch := list[:min(retryBatch, len(list))]
		list = list[len(batch):]
		err := t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
			for _, r := range batch {
				rec, err := tx.Load(r.typ, r.id)
				if errors.Is(err, store.ErrNotFound) || (err == nil && !rec.Due.After(places[r])) {
					continue // forgotten, delivered or asked for anew
				}
				if err != nil {
					return err
				}
				next := rec.Clone()
				next.Due = places[r]
				if err := tx.Put(rec, next); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, r := range batch {
			t.dispatcher.lower(places[r])
		}
	}
	return nil
}

// futile reports whether a request that waits so long for a record's delivery would wait for nothing.
func (t *Tenant) futile(rec *store.Record, patience time.Duration) bool {
	pressing := laneOf(rec.Due) == urgent
	return t.app.Idle(pressing) > patience || !pressing && t.app.Ahead(t.Backlog()-1) > patience
}

// heldBack reports whether nothing was sent because the pace did not let it: what is on record is what it was before.
func heldBack(out connector.Outcome) bool {
	return errors.Is(out.Err, pace.ErrStopped) && len(out.Exchanges) == 0 && !out.Unknown
}

// errHeldBack means that the application's pace does not let a delivery begin.
var errHeldBack = errors.New("nothing is sent to the application now")

// TryNow ends the pauses after failures, and has the application tried at once where it could not be reached or has
// asked for a pause.
func (t *Tenant) TryNow(ctx context.Context) error {
	t.app.TryNow(true)
	return t.Retry(ctx)
}

// Pace tells how the application bears what it is told, as far as this process knows.
func (t *Tenant) Pace() pace.Status { return t.app.Status() }

// Application is the name that the configuration gives the application, empty where it gives none.
func (t *Tenant) Application() string { return t.cfg.Application }

// OldestDue returns since when the change has waited that is to be delivered next, as far as it is not being delivered or
// pausing after a failure; false where none is.
func (t *Tenant) OldestDue(ctx context.Context) (since time.Time, found bool, err error) {
	d := t.dispatcher
	d.mu.Lock()
	low := d.low
	d.mu.Unlock()
	now := t.engine.now()
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		since, found = time.Time{}, false
		for lane := range low {
			from, to := low.span(lane)
			if to.After(now) {
				to = now
			}
			if !from.Before(to) {
				continue
			}
			err := tx.DirtyBetween(from, to, func(item store.DirtyItem) bool {
				if d.delivering(resource{item.Type, item.ID}) {
					return true
				}
				if at := asked(item.Due); !found || at.Before(since) {
					since, found = at, true
				}
				return false
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return since, found, err
}

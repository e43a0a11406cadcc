package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// resource names one resource of a tenant.
type resource struct {
	typ store.Type
	id  string
}

// dispatcher brings the application up to date for one tenant. It lives as long as the engine and works whenever the
// newest configuration has the tenant. The store's dirty index is its only queue.
type dispatcher struct {
	engine *Engine
	id     kv.Tenant
	log    *slog.Logger

	wake     chan struct{} // holds one token: look at the index again
	chores   chan struct{} // holds one token: look for chores again
	queries  gate          // of the tenant's requests
	seats    chan struct{} // holds an element while a write alters how many resources there are, as far as a policy asks
	expiries expiries
	partings chan struct{} // holds one token: look again at which accounts are kept no longer
	parting  sync.Mutex    // one at a time looks at them: who comes next finds what was begun counted as backlog
	jobs     jobs
	stopped  chan struct{}
	waiters  waiters
	backlog  atomic.Int64 // how many resources are dirty
	progress signal       // the backlog has changed, or chores are done

	choresAsked, choresDone atomic.Int64 // how often chores were asked for, and how many of those have been seen to

	pacing pacing

	mu         sync.Mutex
	tenant     *Tenant                // of the newest configuration; nil pauses
	fresh      bool                   // the configuration is new: what failed under the old one is tried at once
	low        lows                   // from where the index is to be looked at
	swept      time.Time              // when the index was last looked at from its beginning
	busy       map[resource]time.Time // being delivered, and when the earliest is due that was filed for it meanwhile
	unrecorded map[string]struct{}    // attempts that were sent and whose outcome could not be written

	workers sync.WaitGroup
}

// newDispatcher counts the backlog that an earlier process left, and starts.
func newDispatcher(e *Engine, id kv.Tenant) (*dispatcher, error) {
	d := &dispatcher{
		engine: e, id: id, log: e.log.With("tenant", id.Name()),
		wake: make(chan struct{}, 1), chores: make(chan struct{}, 1), queries: newGate(), seats: make(chan struct{}, 1), expiries: newExpiries(), partings: make(chan struct{}, 1), jobs: newJobs(), stopped: make(chan struct{}), waiters: newWaiters(),
		busy: map[resource]time.Time{}, unrecorded: map[string]struct{}{},
	}
	var backlog int64
	err := e.store.View(e.ctx, id, func(tx *store.Tx) error {
		backlog = 0
		return tx.Dirty(time.Time{}, func(store.DirtyItem) bool { backlog++; return true })
	})
	if err != nil {
		return nil, fmt.Errorf("count the backlog: %w", err)
	}
	d.backlog.Store(backlog)
	go d.run()
	return d, nil
}

// use sets the configuration that deliveries run on from now; nil pauses them.
func (d *dispatcher) use(t *Tenant) {
	d.mu.Lock()
	if d.tenant != t {
		d.follow(t)
		d.tenant, d.fresh, d.low = t, t != nil, lows{}
	}
	d.mu.Unlock()
	d.poke()
	d.pokeChores()
	d.expiries.poke()
	d.pokePartings()
	d.jobs.poke()
}

func (d *dispatcher) current() *Tenant {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tenant
}

// renew ends the pauses once more if a delivery has failed under a configuration that t stands for and that is not the
// newest any more, or by the word of a policy that does not rule any more. m is nil where no policy was asked.
func (d *dispatcher) renew(t *Tenant, m *mapping) {
	replaced := m != nil && !t.shelf.current.Load().rulesAs(m.set)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tenant != nil && (d.tenant != t || replaced) {
		d.fresh = true
	}
}

// relieve ends the pauses after failures: what a policy had to do with may go well now.
func (d *dispatcher) relieve() {
	d.mu.Lock()
	d.fresh = d.tenant != nil
	d.mu.Unlock()
	d.poke()
}

// enter returns the tenant for one delivery, whose generation waits for it until leave is called; nil while paused.
func (d *dispatcher) enter() (t *Tenant, leave func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tenant == nil {
		return nil, nil
	}
	return d.tenant, d.tenant.generation.Enter()
}

// poke makes the dispatcher look at the dirty index.
func (d *dispatcher) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *dispatcher) wait() { <-d.stopped }

func (d *dispatcher) run() {
	defer close(d.stopped)
	defer d.workers.Wait()
	ctx := d.engine.ctx
	d.workers.Go(func() { d.runChores(ctx) })
	d.workers.Go(func() { d.runExpiries(ctx) })
	d.workers.Go(func() { d.runPartings(ctx) })
	d.workers.Go(func() { d.runJobs(ctx) })
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		pause := d.dispatch(ctx)
		timer.Reset(pause)
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-timer.C:
		}
	}
}

// count adds to the backlog.
func (d *dispatcher) count(delta int64) {
	if delta != 0 {
		d.backlog.Add(delta)
		d.progress.broadcast()
	}
}

// moved says that a change of the store has put a record into the dirty index, left it there, or taken it out, and by
// how much the backlog has grown.
func (d *dispatcher) moved(rec *store.Record, delta int64) {
	if rec.Parting {
		d.pokePartings()
	}
	if rec.Dirty() {
		d.lower(rec.Due)
		r := resource{rec.Type, rec.ID}
		d.mu.Lock()
		if due, running := d.busy[r]; running && (due.IsZero() || rec.Due.Before(due)) {
			d.busy[r] = rec.Due
		}
		d.mu.Unlock()
	}
	d.count(delta)
}

// lower makes the next look at the dirty index begin at due or before it.
func (d *dispatcher) lower(due time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.low.lower(due)
}

// lowerAll is lower for every lane.
func (d *dispatcher) lowerAll(to lows) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for lane, due := range to {
		if due.Before(d.low[lane]) {
			d.low[lane] = due
		}
	}
}

// window returns from where the dirty index is to be looked at, and forgets it: what is found, and what is put there
// meanwhile, lowers it again. So what has been delivered, which the store steps over slowly for a while, is not looked at
// again and again.
func (d *dispatcher) window(now time.Time) (from lows) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if since := now.Sub(d.swept); since < 0 || since >= idle {
		d.low, d.swept = lows{}, now // in case that somebody else has written to the index
	}
	from, d.low = d.low, lows{never, never}
	return from
}

func (d *dispatcher) delivering(r resource) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, running := d.busy[r]
	return running
}

// idle is how long the dispatcher sleeps when nothing is due. A poke wakes it; this is only the longest it would take
// to notice work that nobody announced.
const idle = 30 * time.Second

// dispatch starts deliveries for what is due, as many as may run at once, and returns how long to sleep.
func (d *dispatcher) dispatch(ctx context.Context) time.Duration {
	t := d.current()
	if t == nil {
		return idle
	}
	if err := d.expedite(ctx, t); err != nil {
		return d.troubled("ending the pauses", err)
	}
	if err := d.keepPace(ctx, t); err != nil {
		return d.troubled("following the application's pace", err)
	}
	free, open, wait := d.room(t)
	if free <= 0 {
		return wait // the end of a delivery wakes it
	}
	now := d.engine.now()
	from := d.window(now)
	var found dueNow
	err := d.engine.store.View(ctx, d.id, func(tx *store.Tx) (err error) {
		found, err = d.look(tx, from, open, now, free)
		return err
	})
	if err != nil {
		d.lowerAll(from)
		return d.troubled("reading the backlog", err)
	}
	d.lowerAll(found.rest)
	for _, r := range found.list {
		d.start(ctx, r)
	}
	return min(found.pause, wait)
}

// expedite ends the pauses after failures when the configuration is new: whoever repairs a policy or a route wants to
// see it work.
func (d *dispatcher) expedite(ctx context.Context, t *Tenant) error {
	d.mu.Lock()
	fresh := d.fresh
	d.fresh = false
	d.mu.Unlock()
	if !fresh {
		return nil
	}
	if err := t.Retry(ctx); err != nil {
		d.mu.Lock()
		d.fresh = true
		d.mu.Unlock()
		return err
	}
	t.app.TryNow(false) // which wakes the dispatcher: not before there is something to look at, or it would not rest
	return nil
}

// troubled logs that the store failed, unless it is only closing, and returns how long to leave it alone.
func (d *dispatcher) troubled(what string, err error) time.Duration {
	if !errors.Is(err, context.Canceled) && !errors.Is(err, kv.ErrClosed) {
		d.log.Error("the store failed", "at", what, "error", err)
	}
	return time.Second
}

// start delivers one resource in a goroutine of its own. Only run calls it, so no resource is started twice.
func (d *dispatcher) start(ctx context.Context, r resource) {
	d.mu.Lock()
	d.busy[r] = time.Time{}
	d.mu.Unlock()
	d.workers.Add(1)
	go func() {
		defer d.workers.Done()
		recorded := d.deliver(ctx, r)
		d.mu.Lock()
		switch due := d.busy[r]; {
		case !recorded:
			d.low = lows{} // it is where it was
		case !due.IsZero():
			d.low.lower(due) // it was passed over as long as it was being delivered
		}
		delete(d.busy, r)
		d.mu.Unlock()
		d.poke()
	}()
}

// Backlog is how many of the tenant's resources wait for a delivery.
func (t *Tenant) Backlog() int { return int(t.dispatcher.backlog.Load()) }

// Drained waits until nothing waits for a delivery and no chore is left, or until ctx ends.
func (t *Tenant) Drained(ctx context.Context) error {
	for {
		changed := t.dispatcher.progress.wait()
		if t.dispatcher.choresDone.Load() == t.dispatcher.choresAsked.Load() && t.Backlog() == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// signal wakes everyone who waits for the next change.
type signal struct {
	mu sync.Mutex
	ch chan struct{} // closed at the next change; nil while nobody waits
}

// wait returns a channel that is closed at the next change.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) broadcast() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

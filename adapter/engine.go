// Package adapter is the way of a write: from a decoded SCIM request through the policy into the store, and from the
// store to the application. It is level-triggered: writes change what is desired, a dispatcher brings what is applied
// up to it, and nothing in between is ever replayed.
package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/caddy-scim/caddy-scim/adapter/pace"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/seal"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
)

// ErrClosed means that the engine, or the configuration that the caller holds, was closed.
var ErrClosed = errors.New("the provisioning engine is closed")

// Options are what an Engine needs from outside.
type Options struct {
	Logger *slog.Logger     // required
	Clock  func() time.Time // time.Now by default
	// Observer is told what happens; nobody by default.
	Observer Observer
	// Seal keeps passwords unreadable while they are on their way. By default under a key of this process alone, so that
	// one that is not delivered when it ends is lost.
	Seal *seal.Box
	// Policies loads the releases of policies that tenants upload; nil keeps none. The caller closes it, after the engine.
	Policies *plugins.Host
}

// Engine owns what outlives a configuration: the store and the dispatchers. Configurations come and go by Use.
type Engine struct {
	store  *store.Store
	log    *slog.Logger
	clock  func() time.Time
	watch  Observer
	seal   sealer
	events *publishers
	// couriers bring notices to webhooks.
	couriers *couriers
	owner    string // names this process in attempts

	policies *plugins.Host  // nil where no releases are kept
	keeping  sync.WaitGroup // what loads releases and forgets recordings in the background
	shading  chan struct{}  // holds an element for each shadow that is being asked
	// examining holds an element for each upload that is being examined.
	examining chan struct{}

	ctx    context.Context // ends the dispatchers
	cancel context.CancelFunc

	mu          sync.Mutex
	closed      bool
	generations []*Generation // those in use, oldest first
	dispatchers map[kv.Tenant]*dispatcher

	shelvesMu sync.Mutex
	shelves   map[kv.Tenant]*shelf

	paces pace.Registry

	reindexer  reindexer
	registrars registrars
}

// Open starts an engine on a store. Nothing is delivered before the first Use.
func Open(backend kv.Store, opts Options) *Engine {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Observer == nil {
		opts.Observer = blind{}
	}
	if opts.Seal == nil {
		opts.Seal = seal.Random()
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &Engine{
		store: store.New(backend), log: opts.Logger, clock: opts.Clock, watch: opts.Observer, seal: opts.Seal, owner: uuid.NewString(),
		ctx: ctx, cancel: cancel, dispatchers: map[kv.Tenant]*dispatcher{}, policies: opts.Policies, shelves: map[kv.Tenant]*shelf{},
		shading: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), examining: make(chan struct{}, maxExaminations),
	}
	e.events = newPublishers(e, backend)
	e.couriers = newCouriers(e)
	e.store.Watch(e.events)
	e.store.SetClock(e.now)
	if e.policies != nil {
		e.keeping.Go(e.keep)
	}
	e.keeping.Go(e.keepJournals)
	return e
}

// now is the time as it is stored: UTC, to the millisecond, as meta.lastModified shows it.
func (e *Engine) now() time.Time { return e.clock().UTC().Truncate(time.Millisecond) }

// Generation is one configuration in use. Requests run on the generation that they began with; deliveries run on
// the newest.
type Generation struct {
	engine  *Engine
	tenants map[kv.Tenant]*Tenant
	users   sync.WaitGroup
	once    sync.Once
	retired chan struct{} // closed when it is out of use for deliveries
}

// Tenant serves one tenant's requests under one configuration. It is safe for concurrent use.
type Tenant struct {
	cfg        TenantConfig
	engine     *Engine
	generation *Generation
	dispatcher *dispatcher
	shelf      *shelf
	app        *pace.Application
	courier    *courier
}

// ID is the tenant's name.
func (t *Tenant) ID() kv.Tenant { return t.cfg.ID }

// Connection returns one of the tenant's connections.
func (t *Tenant) Connection(id string) (ConnectionConfig, bool) {
	for _, c := range t.cfg.Connections {
		if c.ID == id {
			return c, true
		}
	}
	return ConnectionConfig{}, false
}

// Use makes a configuration the current one, for requests that come to the returned Generation and for all
// deliveries. The configuration before it stays usable until it is closed. On an error nothing has changed.
func (e *Engine) Use(tenants []TenantConfig) (*Generation, error) {
	g := &Generation{engine: e, tenants: make(map[kv.Tenant]*Tenant, len(tenants)), retired: make(chan struct{})}
	for _, cfg := range tenants {
		if err := cfg.Validate(); err != nil {
			return nil, fmt.Errorf("tenant %s: %w", cfg.ID, err)
		}
		if err := e.checkLimits(cfg.Policies.Limits); err != nil {
			return nil, fmt.Errorf("tenant %s: policy: %w", cfg.ID, err)
		}
		if _, twice := g.tenants[cfg.ID]; twice {
			return nil, fmt.Errorf("tenant %s: configured twice", cfg.ID)
		}
		cfg.setDefaults()
		g.tenants[cfg.ID] = &Tenant{cfg: cfg, engine: e, generation: g}
	}
	if err := CheckEvents(tenants); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, ErrClosed
	}
	for id, t := range g.tenants {
		d := e.dispatchers[id]
		if d == nil {
			var err error
			if d, err = newDispatcher(e, id); err != nil {
				return nil, fmt.Errorf("tenant %s: %w", id, err)
			}
			e.dispatchers[id] = d
		}
		t.dispatcher, t.courier = d, e.couriers.of(id)
		t.join()
		var err error
		if t.shelf, err = e.shelfOf(id); err != nil {
			return nil, fmt.Errorf("tenant %s: %w", id, err)
		}
	}
	var first []*initial
	defer func() {
		for _, i := range first {
			i.drop()
		}
	}()
	for id, t := range g.tenants {
		i, err := t.initialPolicy(e.ctx)
		if err != nil {
			return nil, fmt.Errorf("tenant %s: %w", id, err)
		}
		if i != nil {
			first = append(first, i)
		}
	}
	for id, t := range g.tenants {
		if err := e.useIndexes(t); err != nil {
			e.adopt() // what is in use keeps its indexes
			return nil, fmt.Errorf("tenant %s: %w", id, err)
		}
	}
	for _, i := range first { // when nothing but the store can fail any more
		if err := i.begin(e.ctx); err != nil {
			e.adopt()
			return nil, fmt.Errorf("tenant %s: %w", i.tenant.cfg.ID, err)
		}
	}
	e.generations = append(e.generations, g)
	e.adopt()
	return g, nil
}

// checkLimits refuses limits of a tenant's releases beyond what the host allows, which could not be loaded.
func (e *Engine) checkLimits(l plugins.LoadOptions) error {
	if e.policies == nil {
		return nil
	}
	switch most := e.policies.Limits(); {
	case l.MaxMemoryBytes > most.MaxMemoryBytes:
		return fmt.Errorf("memory: %d bytes are more than the %d that the server lets policies have", l.MaxMemoryBytes, most.MaxMemoryBytes)
	case l.Fuel > most.Fuel:
		return fmt.Errorf("fuel: %d is more than the %d that the server lets policies have", l.Fuel, most.Fuel)
	case l.Deadline > most.Deadline:
		return fmt.Errorf("timeout: %s is more than the %s that the server lets policies have", l.Deadline, most.Deadline)
	}
	return nil
}

// shelfOf returns a tenant's shelf, a new one where it has none. The caller holds mu.
func (e *Engine) shelfOf(id kv.Tenant) (*shelf, error) {
	if s := e.shelves[id]; s != nil {
		return s, nil
	}
	s, err := newShelf(e, id)
	if err != nil {
		return nil, err
	}
	e.shelvesMu.Lock()
	e.shelves[id] = s
	e.shelvesMu.Unlock()
	return s, nil
}

// adopt hands every dispatcher its tenant of the newest generation, or nothing where it has none. The caller holds mu.
func (e *Engine) adopt() {
	var current map[kv.Tenant]*Tenant
	if n := len(e.generations); n > 0 {
		current = e.generations[n-1].tenants
	}
	for id, d := range e.dispatchers {
		if s := e.shelves[id]; s != nil {
			s.use(current[id])
		}
		d.use(current[id])
	}
	e.events.use(current)
	e.usePaces(pacesOf(current))
	e.couriers.use(current)
	if e.closed {
		return
	}
	for id, t := range current {
		if t.cfg.Policy.counts() || t.cfg.Guard.counts() || t.cfg.DeprovisionLimit.Percent > 0 {
			e.anticipate(id)
		}
		if err := e.useIndexes(t); err != nil {
			e.log.Error("the indexes could not be brought in step with the configuration", "tenant", id.Name(), "error", err)
		}
	}
}

// Tenant returns a tenant of this generation.
func (g *Generation) Tenant(id kv.Tenant) (*Tenant, bool) {
	t, ok := g.tenants[id]
	return t, ok
}

// Tenants calls fn for every tenant of this generation.
func (g *Generation) Tenants(fn func(*Tenant)) {
	for _, t := range g.tenants {
		fn(t)
	}
}

// Enter says that a request or a delivery begins on this generation; the returned function says that it ended. Close
// waits for it.
func (g *Generation) Enter() (leave func()) {
	g.users.Add(1)
	return g.users.Done
}

// Retire takes the generation out of use for deliveries: the newest of those that remain takes over. Requests that run
// on it are not touched.
func (g *Generation) Retire() {
	g.once.Do(func() {
		e := g.engine
		e.mu.Lock()
		defer e.mu.Unlock()
		e.generations = slices.DeleteFunc(e.generations, func(other *Generation) bool { return other == g })
		e.adopt()
		close(g.retired)
	})
}

// Close retires the generation and waits, until ctx ends, for the requests and deliveries that run on it. After that
// its policies and transports may be closed.
func (g *Generation) Close(ctx context.Context) error {
	g.Retire()
	idle := make(chan struct{})
	go func() {
		g.users.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("requests are still running on a retired configuration: %w", ctx.Err())
	}
}

// Close stops all deliveries, waits for those under way to be told off or to end, and returns. The store is the
// caller's to close, afterwards.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	dispatchers := e.dispatchers
	e.mu.Unlock()
	e.cancel()
	for _, d := range dispatchers {
		d.wait()
	}
	e.events.wait()
	e.couriers.wait()
	e.reindexer.all.Wait()
	e.registrars.close()
	for _, s := range e.shelves {
		s.close()
	}
	e.keeping.Wait()
	return nil
}

package adapter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
)

// shelf holds the releases of one tenant's policy that are in use, loaded. It lives as long as the engine, so that a
// reload compiles nothing that it need not. What rules is switched by one pointer: calls that have begun end on what they
// began with, and a handle is closed when the last of them has.
type shelf struct {
	engine  *Engine
	id      kv.Tenant
	log     *slog.Logger
	current atomic.Pointer[ruled] // never nil
	steps   sync.Mutex            // one step of a release's life at a time
	closing sync.WaitGroup        // handles that are being closed
	lines   logRing
	fails   failures
	shadow  shadowQueue

	examining chan struct{} // holds an element while an upload is examined
	replays   chan struct{} // holds an element while a replay runs

	pruning sync.Mutex
	pruned  store.RecordingMark // up to where recordings have been forgotten

	mu         sync.Mutex
	tenant     *Tenant // of the newest configuration; nil where it has none
	refreshing bool
	closed     bool
}

// limitsKey is what tells limits apart.
type limitsKey struct {
	memory   int
	fuel     uint64
	deadline time.Duration
}

func keyOf(o plugins.LoadOptions) limitsKey {
	return limitsKey{memory: o.MaxMemoryBytes, fuel: o.Fuel, deadline: o.Deadline}
}

// newShelf returns a tenant's shelf with nothing loaded: whoever has to be judged waits for that.
func newShelf(e *Engine, id kv.Tenant) (*shelf, error) {
	s := &shelf{engine: e, id: id, log: e.log.With("tenant", id.Name()), examining: make(chan struct{}, 1), replays: make(chan struct{}, 1)}
	s.lines.clock = e.now
	policies, err := s.stored(e.ctx)
	if err != nil {
		return nil, fmt.Errorf("read which releases rule: %w", err)
	}
	set := &ruled{policies: policies, replaced: make(chan struct{})}
	set.loaded = !set.inUse()
	s.current.Store(set)
	return s, nil
}

func (s *shelf) stored(ctx context.Context) (p store.Policies, err error) {
	err = s.engine.store.View(ctx, s.id, func(tx *store.Tx) (err error) {
		p, err = tx.Policies()
		return err
	})
	return p, err
}

// use sets the configuration that releases run on from now, nil for none, and loads in the background what is missing.
func (s *shelf) use(t *Tenant) {
	s.mu.Lock()
	s.tenant = t
	s.mu.Unlock()
	s.look()
}

// look brings what is loaded in step with what is stored, in the background.
func (s *shelf) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.refreshing || s.tenant == nil || s.current.Load().fits(s.tenant, s.current.Load().policies) {
		return
	}
	s.refreshing = true
	s.engine.keeping.Go(func() {
		for again := true; again; {
			s.refresh(s.engine.ctx)
			s.mu.Lock()
			set := s.current.Load()
			// A configuration that came meanwhile; what failed is tried again later.
			again = !s.closed && s.tenant != nil && !set.broken() && !set.fits(s.tenant, set.policies)
			s.refreshing = again
			s.mu.Unlock()
		}
	})
}

// broken reports whether something could not be loaded.
func (s *ruled) broken() bool { return s.err != nil || s.shadowErr != nil }

// fits reports whether the set is what is to be loaded under a configuration.
func (s *ruled) fits(t *Tenant, policies store.Policies) bool {
	if !s.loaded || s.broken() || s.policies.Revision != policies.Revision {
		return false
	}
	return !s.inUse() || (s.limits == keyOf(t.cfg.Policies.Limits) && (s.pinned || t.cfg.Policy != nil) == (t.cfg.Policy != nil))
}

// refresh loads what is stored to be in use, under the newest configuration.
func (s *shelf) refresh(ctx context.Context) {
	s.steps.Lock()
	defer s.steps.Unlock()
	s.mu.Lock()
	t, closed := s.tenant, s.closed
	s.mu.Unlock()
	if t == nil || closed {
		return
	}
	policies, err := s.stored(ctx)
	if err != nil {
		s.say("reading which releases rule", err)
		return
	}
	if s.current.Load().fits(t, policies) {
		return
	}
	was, next := s.current.Load(), s.build(ctx, t, policies, nil)
	s.swap(next)
	if !next.rulesAs(was) {
		t.dispatcher.relieve() // what could not be mapped may be now
	}
	if next.err != nil {
		s.say("loading the policy; writes are refused until it can be", next.err)
	}
	if next.shadowErr != nil {
		s.say("loading the shadow", next.shadowErr)
	}
}

// say logs that something failed, unless the engine is only closing.
func (s *shelf) say(what string, err error) {
	if s.engine.ctx.Err() == nil && !errors.Is(err, kv.ErrClosed) {
		s.log.Error("a release of the policy failed", "at", what, "error", err)
	}
}

// build returns the set that policies ask for. It takes handles that are loaded from the set that rules now and from
// those given; what it loads itself is the set's. What cannot be loaded is in the set's errors.
func (s *shelf) build(ctx context.Context, t *Tenant, policies store.Policies, have []*handle) *ruled {
	now := s.current.Load()
	next := &ruled{
		policies: policies, limits: keyOf(t.cfg.Policies.Limits), loaded: true, pinned: t.cfg.Policy != nil, percent: policies.CanaryPercent,
		replaced: make(chan struct{}),
	}
	have = append(have, now.handles()...)
	get := func(number uint64, shadow bool) (*handle, error) {
		if number == 0 {
			return nil, nil //nolint:nilnil // there is none
		}
		kept := next.pinned && !shadow // for requests of before the configuration set a policy
		i := slices.IndexFunc(have, func(h *handle) bool {
			return h.release == number && h.shadow == shadow && (h.limits == next.limits || kept)
		})
		if i >= 0 {
			return have[i], nil
		}
		if kept {
			return nil, nil //nolint:nilnil // nobody else asks it
		}
		h, err := s.load(ctx, t, number, shadow)
		if err != nil {
			return nil, fmt.Errorf("release %d: %w", number, err)
		}
		return h, nil
	}
	var errs [2]error
	next.active, errs[0] = get(policies.Active, false)
	next.canary, errs[1] = get(policies.Canary, false)
	next.shadow, next.shadowErr = get(policies.Shadow, true)
	if err := errors.Join(errs[:]...); err != nil {
		next.err = fmt.Errorf("%w: %w", ErrPolicyBroken, err)
	}
	return next
}

// load reads and compiles a release.
func (s *shelf) load(ctx context.Context, t *Tenant, number uint64, shadow bool) (*handle, error) {
	var r *store.Release
	var module []byte
	err := s.engine.store.View(ctx, s.id, func(tx *store.Tx) (err error) {
		if r, err = tx.Release(number); err == nil {
			module, err = tx.Module(r.Version)
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoRelease
	}
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(module); hex.EncodeToString(sum[:]) != r.Version {
		return nil, errors.New("the stored module is not what was uploaded")
	}
	h, err := s.compile(ctx, t, module, number, shadow, func(ctx context.Context) (again []byte, err error) {
		err = s.engine.store.View(ctx, s.id, func(tx *store.Tx) error {
			again, err = tx.Module(r.Version)
			return err
		})
		return again, err
	})
	if err != nil {
		return nil, err
	}
	h.Settings = r.Settings
	return h, nil
}

// compile loads a module that is, or may become, a release. source reads it again, nil where it is not stored.
func (s *shelf) compile(ctx context.Context, t *Tenant, module []byte, number uint64, shadow bool, source func(context.Context) ([]byte, error)) (*handle, error) {
	host := s.engine.policies
	if host == nil {
		return nil, ErrNoReleases
	}
	h := &handle{release: number, shadow: shadow, limits: keyOf(t.cfg.Policies.Limits), shelf: s}
	opts := t.cfg.Policies.Limits
	opts.Source = source
	tell := opts.Log
	opts.Log = func(ctx context.Context, e plugins.LogEntry) {
		s.lines.add(h.release, shadow, e)
		if tell != nil {
			tell(ctx, e)
		}
	}
	var err error
	if h.Module, err = host.Load(ctx, module, opts); err != nil {
		return nil, err
	}
	h.refs.Store(1)
	return h, nil
}

// swap puts a set in the place of the one that rules, and gives back what only that one had. The caller holds steps.
func (s *shelf) swap(next *ruled) {
	s.mu.Lock()
	was := s.current.Load()
	closed := s.closed
	if !closed {
		s.current.Store(next)
	}
	s.mu.Unlock()
	if closed {
		was, next = next, was
	}
	kept := next.handles()
	for _, h := range was.handles() {
		if !slices.Contains(kept, h) {
			h.free()
		}
	}
	if !closed {
		close(was.replaced)
		s.shadow.moved(next)
		if slices.ContainsFunc(kept, func(h *handle) bool { return h.counts() }) {
			s.engine.anticipate(s.id)
		}
	}
}

// close gives everything back. The caller has ended the engine's context.
func (s *shelf) close() {
	s.examining <- struct{}{} // the upload under way ends, and none begins any more
	s.steps.Lock()
	defer s.steps.Unlock()
	s.swap(&ruled{policies: s.current.Load().policies, loaded: true, err: ErrClosed, replaced: make(chan struct{})})
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.shadow.close()
	s.closing.Wait()
}

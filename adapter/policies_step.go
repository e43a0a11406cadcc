package adapter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// The steps of a release's life, as the journal names them.
const (
	opUpload   = "policy.upload"
	opShadow   = "policy.shadow"
	opUnshadow = "policy.unshadow"
	opCanary   = "policy.canary"
	opPromote  = "policy.promote"
	opRollback = "policy.rollback"
)

// stepEntry is the journal's entry for a step of a release's life.
func stepEntry(step string, number uint64, version, by, reason string, now time.Time) *store.Operation {
	return &store.Operation{
		ID: newID(), Time: now, Token: abi.CleanText(by, MaxBy), Operation: step, ResourceType: store.PolicyType,
		ResourceID: strconv.FormatUint(number, 10), Verdict: abi.Allow, Reason: reason, PolicyVersion: version, Release: number,
		Outcome: store.Done, Finished: now,
	}
}

// step is one step of a release's life, as it is planned on what is so.
type step struct {
	name   string
	number uint64 // the release that the journal speaks of
	load   uint64 // the release that has to be loaded for it; 0 for none
	shadow bool   // that one is to be a shadow
	reason string
	void   bool // nothing is to be done
}

// take carries one step out. plan says what it is, by changing p; it is called more than once. What has to be loaded is
// loaded before anything is stored, so that nothing rules that cannot.
func (t *Tenant) take(ctx context.Context, by string, plan func(tx *store.Tx, p *store.Policies) (step, error)) (*store.Release, error) {
	if t.engine.policies == nil {
		return nil, ErrNoReleases
	}
	s := t.shelf
	s.steps.Lock()
	defer s.steps.Unlock()
	for range maxRaces {
		out, err := t.takeOnce(ctx, by, plan)
		if !errors.Is(err, errMoved) {
			return out, err
		}
	}
	return nil, errMoved
}

func (t *Tenant) takeOnce(ctx context.Context, by string, plan func(tx *store.Tx, p *store.Policies) (step, error)) (*store.Release, error) {
	s := t.shelf
	var p store.Policies
	var st step
	planned := func(tx *store.Tx) (err error) {
		if p, err = tx.Policies(); err != nil {
			return err
		}
		st, err = plan(tx, &p)
		return err
	}
	if err := t.engine.store.View(ctx, t.cfg.ID, planned); err != nil || st.void {
		return nil, err
	}
	first := st
	var loaded []*handle
	if h, err := t.shelf.ensure(ctx, t, st); err != nil {
		return nil, policyError("release", err, "%s cannot be loaded: %s", releaseName(st.load), err)
	} else if h != nil {
		loaded = append(loaded, h)
	}
	var out *store.Release
	now := t.engine.now()
	err := t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		if err := planned(tx); err != nil {
			return err
		}
		if st != first {
			return errMoved // another process was quicker
		}
		if err := tx.SetPolicies(&p, now); err != nil {
			return err
		}
		version := ""
		out = new(store.Release)
		if st.number != 0 {
			r, err := tx.Release(st.number)
			if err != nil {
				return err
			}
			out, version = r, r.Version
		}
		if st.name == opShadow {
			if err := tx.SetShadowStats(&store.ShadowStats{Release: st.number, Since: now}); err != nil {
				return err
			}
		}
		return tx.AppendOperation(stepEntry(st.name, st.number, version, by, st.reason, now))
	})
	if err != nil {
		for _, h := range loaded {
			h.free()
		}
		return nil, err
	}
	// It is stored, so it comes into force whoever has gone away meanwhile.
	was, next := s.current.Load(), s.build(s.engine.ctx, t, p, loaded)
	s.swap(next)
	for _, h := range loaded {
		if !slices.Contains(next.handles(), h) {
			h.free()
		}
	}
	if st.name == opShadow {
		s.shadow.restart()
	}
	if !next.rulesAs(was) {
		t.dispatcher.relieve()
	}
	return out, nil
}

// ensure loads the release that a step needs, unless it is loaded. It returns nil where there is nothing to load.
func (s *shelf) ensure(ctx context.Context, t *Tenant, st step) (*handle, error) {
	set := s.current.Load()
	for _, h := range set.handles() {
		if h.release == st.load && h.shadow == st.shadow && h.limits == keyOf(t.cfg.Policies.Limits) {
			return nil, nil //nolint:nilnil // the set has it
		}
	}
	if st.load == 0 {
		return nil, nil //nolint:nilnil // nothing is needed
	}
	return s.load(ctx, t, st.load, st.shadow)
}

// find returns a release, or ErrNoRelease.
func find(tx *store.Tx, number uint64) (*store.Release, error) {
	r, err := tx.Release(number)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: %d", ErrNoRelease, number)
	}
	return r, err
}

// ShadowPolicy lets a release be asked beside what rules, from now on and in the place of the shadow before it; 0 stops
// the shadow. The statistics begin anew. by is who says so.
//
// # Errors
//
// ErrNoRelease, ErrNoReleases, a *PolicyError for a release that rules.
func (t *Tenant) ShadowPolicy(ctx context.Context, number uint64, by string) error {
	t = t.newest()
	_, err := t.take(ctx, by, func(tx *store.Tx, p *store.Policies) (step, error) {
		if number == 0 {
			st := step{name: opUnshadow, number: p.Shadow, void: p.Shadow == 0}
			p.Shadow = 0
			return st, nil
		}
		if _, err := find(tx, number); err != nil {
			return step{}, err
		}
		if p.Rules(number) {
			return step{}, policyError("release", nil, "%s rules, and has nothing to be compared with", releaseName(number))
		}
		p.Shadow = number
		return step{name: opShadow, number: number, load: number, shadow: true}, nil
	})
	return err
}

// PromotePolicy lets a release rule: with a percent of 1 to 99 that share of the resources, as a canary in the place of
// the one before it, with 100 all of them. Deliveries that have failed are tried again at once.
//
// # Errors
//
// ErrPinned, ErrNoRelease, ErrNoReleases, a *PolicyError for a percent that is none, and for a release without the hook
// map where the application lacks routes.
func (t *Tenant) PromotePolicy(ctx context.Context, number uint64, percent int, by string) error {
	if percent < 1 || percent > 100 {
		return policyError("percent", nil, "is %d, want 1 to 99 for a canary or 100 for all", percent)
	}
	t = t.newest()
	_, err := t.take(ctx, by, func(tx *store.Tx, p *store.Policies) (step, error) {
		if t.cfg.Policy != nil {
			return step{}, ErrPinned
		}
		if _, err := find(tx, number); err != nil {
			return step{}, err
		}
		p.EndShadow(number)
		if percent < 100 {
			if number == p.Active {
				return step{}, policyError("release", nil, "%s is active and rules all resources that no canary does", releaseName(number))
			}
			st := step{name: opCanary, number: number, load: number, reason: strconv.Itoa(percent) + " percent"}
			st.void = p.Canary == number && p.CanaryPercent == percent
			p.Canary, p.CanaryPercent = number, percent
			return st, t.checkRoutes(tx, p)
		}
		st := step{name: opPromote, number: number, load: number, void: p.Active == number && p.Canary == 0}
		p.Activate(number)
		p.Canary, p.CanaryPercent = 0, 0
		return st, t.checkRoutes(tx, p)
	})
	return err
}

// RollbackPolicy takes the last promotion back and returns the release that rules all then. Where there is a canary it
// ends, and the active release stays; else the release that was active before is active again. The number is 0 where none
// rules then: a canary has ended that no release was active beside.
//
// # Errors
//
// ErrPinned, ErrNoPrevious, ErrNoReleases, and a *PolicyError as PromotePolicy has it.
func (t *Tenant) RollbackPolicy(ctx context.Context, by string) (*store.Release, error) {
	t = t.newest()
	return t.take(ctx, by, func(tx *store.Tx, p *store.Policies) (step, error) {
		if t.cfg.Policy != nil {
			return step{}, ErrPinned
		}
		if p.Canary != 0 {
			st := step{name: opRollback, number: p.Active, load: p.Active, reason: "ends the canary, " + releaseName(p.Canary)}
			p.Canary, p.CanaryPercent = 0, 0
			return st, t.checkRoutes(tx, p)
		}
		previous := p.Previous()
		if previous == 0 {
			return step{}, ErrNoPrevious
		}
		st := step{name: opRollback, number: previous, load: previous, reason: "takes back " + releaseName(p.Active)}
		p.History = p.History[:len(p.History)-1]
		p.Active = previous
		p.EndShadow(previous)
		return st, t.checkRoutes(tx, p)
	})
}

// checkRoutes refuses that a policy without the hook map rules where the application lacks routes.
func (t *Tenant) checkRoutes(tx *store.Tx, p *store.Policies) error {
	mapped, err := mapAll(tx, p)
	if err != nil || mapped {
		return err
	}
	return t.needRoutes()
}

// needRoutes refuses a policy without the hook map where the application lacks routes.
func (t *Tenant) needRoutes() error {
	if missing := t.cfg.missingRoutes(); len(missing) > 0 {
		return policyError("application", missing[0], "a policy without the hook map would rule, and the connector cannot do all by itself: %s", missing[0])
	}
	return nil
}

// mapAll reports whether every release that rules has the hook map, and whether any rules all.
func mapAll(tx *store.Tx, p *store.Policies) (bool, error) {
	if p.Active == 0 {
		return false, nil
	}
	for _, number := range []uint64{p.Active, p.Canary} {
		if number == 0 {
			continue
		}
		r, err := find(tx, number)
		if err != nil {
			return false, err
		}
		if !slices.Contains(r.Hooks, abi.HookMap) {
			return false, nil
		}
	}
	return true, nil
}

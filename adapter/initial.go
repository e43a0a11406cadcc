package adapter

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// initial is the first policy of a tenant that has no release yet, checked and loaded, before it is one.
type initial struct {
	tenant *Tenant
	up     Upload
	handle *handle
	report *Report
}

// initialPolicy checks what a configuration that may be used says of a tenant's first policy, and changes nothing. It
// returns nil where nothing is to begin.
func (t *Tenant) initialPolicy(ctx context.Context) (*initial, error) {
	if t.cfg.Policy != nil || t.cfg.Policies.Initial == nil {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	policies, err := t.shelf.stored(ctx)
	if err != nil {
		return nil, err
	}
	if policies.Last != 0 {
		return nil, t.view(ctx, func(tx *store.Tx) error { return t.checkRoutes(tx, &policies) })
	}
	up := Upload{Module: t.cfg.Policies.Initial, Settings: t.cfg.Policies.Settings, By: "configuration", Note: "the first policy"}
	h, report, err := t.try(ctx, up, false, false) // who can write the configuration need not sign
	if err != nil {
		return nil, fmt.Errorf("initial policy: %w", err)
	}
	if !slices.Contains(report.Description.Hooks, abi.HookMap) {
		err = t.needRoutes()
	}
	if err != nil {
		h.free()
		return nil, fmt.Errorf("initial policy: %w", err)
	}
	return &initial{tenant: t, up: up, handle: h, report: report}, nil
}

// begin uploads the policy and makes it active, all or nothing, unless there is a release meanwhile.
func (i *initial) begin(ctx context.Context) error {
	t, h := i.tenant, i.handle
	s := t.shelf
	s.steps.Lock()
	defer s.steps.Unlock()
	r := newRelease(i.up, i.report, h.Settings, t.engine.now())
	var policies store.Policies
	var late bool
	err := t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
		if policies, err = tx.Policies(); err != nil {
			return err
		}
		if late = policies.Last != 0; late {
			return t.checkRoutes(tx, &policies)
		}
		stored := *r
		if err := addRelease(tx, &stored, i.up); err != nil {
			return err
		}
		if policies, err = tx.Policies(); err != nil {
			return err
		}
		policies.Activate(stored.Number)
		h.release = stored.Number
		return errors.Join(
			tx.SetPolicies(&policies, r.Uploaded),
			tx.AppendOperation(stepEntry(opPromote, stored.Number, r.Version, r.By, "", r.Uploaded)),
		)
	})
	if err != nil {
		return fmt.Errorf("initial policy: %w", err)
	}
	if !late {
		i.handle = nil // it is the set's
		s.swap(s.build(ctx, t, policies, []*handle{h}))
	}
	return nil
}

// drop gives back what has not become a release.
func (i *initial) drop() { i.handle.free() }

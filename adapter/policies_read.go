package adapter

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Policies returns the tenant's policies as they are now.
func (t *Tenant) Policies(ctx context.Context) (PolicyStatus, error) {
	var out PolicyStatus
	var p store.Policies
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
		if p, err = tx.Policies(); err != nil {
			return err
		}
		if out.Releases, err = tx.Releases(); err != nil {
			return err
		}
		out.ShadowStats, err = tx.ShadowStats()
		return err
	})
	if err != nil {
		return PolicyStatus{}, err
	}
	for i := range out.Releases {
		out.Releases[i].Settings = nil // 50 of them are a lot
	}
	if out.Releases == nil {
		out.Releases = []store.Release{}
	}
	out.Active, out.Canary, out.CanaryPercent, out.Shadow, out.Previous = p.Active, p.Canary, p.CanaryPercent, p.Shadow, p.Previous()
	if p.Canary != 0 {
		out.Previous = p.Active
	}
	t.shelf.shadow.add(&out.ShadowStats)
	t = t.newest()
	if t.cfg.Policy != nil {
		out.Pinned = t.cfg.Policy.Module.Version()
	}
	if t.cfg.Guard != nil {
		out.Guard = t.cfg.Guard.Module.Version()
	}
	set := t.shelf.current.Load()
	out.Loading = !set.loaded
	switch {
	case set.err != nil && t.cfg.Policy == nil:
		out.Trouble = abi.CleanText("writes are refused: "+set.err.Error(), maxProblem)
	case set.shadowErr != nil:
		out.Trouble = abi.CleanText("the shadow does not run: "+set.shadowErr.Error(), maxProblem)
	}
	ruling := []uint64{p.Active, p.Canary}
	if t.cfg.Policy != nil {
		ruling = []uint64{0}
	}
	for _, number := range ruling {
		x := t.shelf.fails.of(number)
		if x == nil {
			continue
		}
		out.Failing = append(out.Failing, *x)
		if out.Trouble == "" {
			whose := "the policy of the configuration"
			if number != 0 {
				whose = releaseName(number)
			}
			out.Trouble = fmt.Sprintf("%s keeps failing: %s, %s, %d times since it last answered", whose, x.Hook, x.Kind, x.Count)
		}
	}
	return out, nil
}

// PolicyModule returns a release's module as it was uploaded.
//
// # Errors
//
// ErrNoRelease.
func (t *Tenant) PolicyModule(ctx context.Context, number uint64) (module []byte, err error) {
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		r, err := find(tx, number)
		if err != nil {
			return err
		}
		module, err = tx.Module(r.Version)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoRelease
	}
	return module, err
}

// PolicyDifferences returns where shadows would have done something else, newest first and at most limit of them; 0 for
// all that are kept, the newest 1,000. Those beyond some 8 MiB are left out.
func (t *Tenant) PolicyDifferences(ctx context.Context, limit int) ([]store.Difference, error) {
	list := []store.Difference{}
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		list = slices.Delete(list, 0, len(list))
		size := 0
		return tx.Differences(func(d *store.Difference) bool {
			if size += changeBytes + len(d.Was) + len(d.Would); size > maxChangesBytes && len(list) > 0 {
				return false
			}
			list = append(list, *d)
			return len(list) != limit
		})
	})
	return list, err
}

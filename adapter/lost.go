package adapter

import (
	"errors"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// lose is called when the application has a resource's account, or a group's team, no more: what it had of memberships
// went with it.
func (t *Tenant) lose(tx *store.Tx, rec *store.Record, others *ripple) error {
	applied := false
	err := tx.Memberships(rec.ID, "", func(e store.Edge) bool {
		applied = e.Applied || e.Unsure
		return !applied
	})
	if err != nil {
		return err
	}
	if applied {
		if err := others.chore(tx, store.Chore{Kind: store.LostMember, ID: rec.ID, Version: rec.Desired.Version}); err != nil {
			return err
		}
	}
	if rec.Type != store.Group || !there(rec) {
		return nil // the edges of a group that is gone are forgotten
	}
	return others.chore(tx, store.Chore{Kind: store.LostGroup, ID: rec.ID, Version: rec.Desired.Version})
}

// doubtSome looks again at memberships of a resource, or at a group's members, behind after. The account that they were
// applied to is gone. There may be another by now, which may have been told of them or not, so that it is told again.
func (t *Tenant) doubtSome(tx *store.Tx, kind store.ChoreKind, id, after string, others *ripple) (last string, more bool, err error) {
	scan, end := tx.Memberships, func(e store.Edge) string { return e.Group }
	if kind == store.LostGroup {
		scan, end = tx.Members, func(e store.Edge) string { return e.Member }
	}
	edges, more, err := someEdges(inlineEdges, func(fn func(store.Edge) bool) error { return scan(id, after, fn) }, nil)
	if err != nil {
		return "", false, err
	}
	for _, e := range edges {
		last = end(e)
		if !e.Applied && !e.Unsure {
			continue
		}
		next, err := doubted(tx, e)
		if err != nil {
			return "", false, err
		}
		if err := tx.PutEdge(e, next); err != nil {
			return "", false, err
		}
		if next.Deliverable() {
			if err := t.dispatcher.edgesDirty(tx, t, e.Group, others); err != nil {
				return "", false, err
			}
		}
	}
	return last, more, nil
}

// doubted is an edge of which it is not known any more whether the application has it.
func doubted(tx *store.Tx, e store.Edge) (store.Edge, error) {
	team, err := accountOf(tx, store.Group, e.Group)
	if err != nil {
		return e, err
	}
	account, err := accountOf(tx, e.Type, e.Member)
	if e.Unsure = team != nil && account != nil; !e.Unsure {
		e.Applied, e.Waiting = false, e.Target() && account == nil
	}
	return e, err
}

// accountOf returns a resource that the application has an account of, or a team; nil for none.
func accountOf(tx *store.Tx, typ store.Type, id string) (*store.Record, error) {
	if typ == "" {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	rec, err := tx.Load(typ, id)
	if errors.Is(err, store.ErrNotFound) || (err == nil && !exists(rec.Applied.Account)) {
		return nil, nil //nolint:nilnil // as above
	}
	return rec, err
}

// doubtful reports whether a call about members named a team or an account that may have been another one by then, or
// gone. What the application refuses of it says nothing of the memberships, and what they are is known when the accounts
// are.
func (d *dispatcher) doubtful(tx *store.Tx, group *store.Record, c *crew) (bool, error) {
	if d.inDoubt(group, c.group.Applied.LegacyID) {
		return true, nil
	}
	for i, e := range c.edges {
		rec, err := tx.Load(e.Type, e.Member)
		if errors.Is(err, store.ErrNotFound) {
			continue // whoever does not exist any more is asked for by nobody
		}
		if err != nil || d.inDoubt(rec, c.members[i].LegacyID) {
			return true, err
		}
	}
	return false, nil
}

// inDoubt reports whether a resource's account may be another one than that of an id, or gone.
func (d *dispatcher) inDoubt(rec *store.Record, legacyID string) bool {
	a := rec.Attempt
	unsure := a != nil && (a.Action == abi.ActionCreate || a.Action == abi.ActionDelete) && d.uncertain(a)
	return rec.Applied.LegacyID != legacyID || (rec.Dirty() && rec.Applied.Adrift) || unsure
}

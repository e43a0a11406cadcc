package adapter

import (
	"errors"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// claim makes pending memberships real: those that name a resource which is there now, by its id or its externalId.
// Some at once, all others by a chore.
func (t *Tenant) claim(tx *store.Tx, rec *store.Record, others *ripple) error {
	more, err := t.claimSome(tx, rec, others)
	if more && err == nil {
		err = others.chore(tx, store.Chore{Kind: store.ClaimEdges, ID: rec.ID, Version: rec.Desired.Version})
	}
	return err
}

// claimAs is claimSome for a chore, which knows the resource by its id.
func (t *Tenant) claimAs(tx *store.Tx, id string, others *ripple) (more bool, err error) {
	for _, typ := range []store.Type{store.User, store.Group} {
		rec, err := tx.Get(typ, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, err
		}
		return t.claimSome(tx, rec, others)
	}
	return false, nil
}

func (t *Tenant) claimSome(tx *store.Tx, rec *store.Record, others *ripple) (more bool, err error) {
	names := []string{rec.ID}
	if id := externalID(rec); id != "" && len(id) <= maxMemberName && rec.Type == store.User {
		names = append(names, id)
	}
	for _, name := range names {
		edges, more, err := someEdges(inlineEdges, func(fn func(store.Edge) bool) error { return tx.Memberships(name, "", fn) },
			func(e store.Edge) bool { return e.Type == "" })
		if err != nil {
			return false, err
		}
		for _, e := range edges {
			if err := t.claimEdge(tx, e, rec, others); err != nil || others.full() {
				return true, err
			}
		}
		if more {
			return true, nil
		}
	}
	return false, nil
}

func (t *Tenant) claimEdge(tx *store.Tx, pending store.Edge, rec *store.Record, others *ripple) error {
	if pending.Group == rec.ID {
		return tx.DropEdge(pending) // no group is in itself
	}
	return t.touch(tx, pending.Group, others, func(group *store.Record) error {
		if err := tx.DropEdge(pending); err != nil || group == nil || pending.Epoch != group.Epoch {
			return err
		}
		if rec.Type == store.Group {
			var refused *scim.Error
			switch err := (&memberEdit{tx: tx, group: group}).refuseCycle(rec.ID); {
			case errors.As(err, &refused):
				return nil // nobody could have asked for this membership
			case err != nil:
				return err
			}
		}
		have, err := tx.Edge(group.ID, rec.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			have = store.Edge{}
		case err != nil:
			return err
		case live(group, have):
			return nil
		}
		claimed := pending
		claimed.Member, claimed.Type, claimed.Version = rec.ID, rec.Type, group.Desired.Version
		claimed.Applied, claimed.Unsure = have.Applied, have.Unsure
		claimed.Waiting = !exists(rec.Applied.Account)
		group.EdgesDirty = group.EdgesDirty || claimed.Deliverable()
		return tx.PutEdge(have, claimed)
	})
}

package adapter

import (
	"errors"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
)

// errNothing means that a change of members changes nothing.
var errNothing = errors.New("nothing changes")

// inlineEdges is how many edges a transaction puts right beside what it is about; what is more becomes a chore.
const inlineEdges = 200

// ripple is what the dispatcher has to be told when a transaction is through: which records moved, and whether there
// is a chore.
type ripple struct {
	records []*store.Record
	delta   int64
	chores  bool
}

// keep stores a record.
func (p *ripple) keep(d *dispatcher, tx *store.Tx, prev, next *store.Record) error {
	_, delta, err := d.keep(tx, prev, next)
	p.records = append(p.records, next)
	p.delta += delta
	p.chores = p.chores || next.Type == store.Group && (next.Desired.Doc == nil || next.Desired.Deleted)
	return err
}

// chore writes a chore down.
func (p *ripple) chore(tx *store.Tx, kind store.ChoreKind, id string) error {
	p.chores = true
	return tx.AddChore(store.Chore{Kind: kind, ID: id})
}

func (p *ripple) spread(d *dispatcher) {
	for _, rec := range p.records {
		d.moved(rec, 0)
	}
	d.count(p.delta)
	if len(p.records) > 1 {
		d.poke()
	}
	if p.chores {
		d.pokeChores()
	}
}

// changeEdges carries out what a change means for edges: the members of a group, whom a new resource has been awaited
// by, and the groups that a deleted one leaves. It reports whether somebody loses a membership.
func (t *Tenant) changeEdges(tx *store.Tx, c *change, cur, next *store.Record, others *ripple) (revokes bool, err error) {
	if next.Type == store.Group {
		if revokes, err = t.changeMembers(tx, c, cur, next, others); err != nil {
			return revokes, err
		}
	}
	switch fresh := cur == nil || cur.Desired.Deleted; {
	case c.deleted:
		return revokes, t.leaveGroups(tx, next.ID, others)
	case fresh || externalID(cur) != externalID(next):
		return revokes, t.claim(tx, next, others)
	}
	return revokes, nil
}

func externalID(rec *store.Record) string { return gjson.GetBytes(rec.Desired.Doc, "externalId").Str }

func (t *Tenant) changeMembers(tx *store.Tx, c *change, cur, next *store.Record, others *ripple) (revokes bool, err error) {
	sweep := false
	switch {
	case c.deleted:
		// The edges stay until the application is through with the group, in case that it goes back.
		return true, nil
	case cur != nil && cur.Desired.Deleted:
		next.Epoch++ // brought back: a new group, with the members that it is given now
		sweep = true
	}
	edit := memberEdit{
		tx: tx, group: next, kind: c.kind, pending: t.keepsPending(c.caller), silent: t.connector(store.Group) == nil,
		held: c.verdict == abi.Hold, holdAll: t.cfg.HoldRevocations,
	}
	if err := edit.apply(c.members); err != nil {
		return false, err
	}
	if cur != nil && c.same() && edit.changes == 0 && !edit.sweep {
		return false, errNothing
	}
	if sweep || edit.sweep {
		err = others.chore(tx, store.SweepGroup, next.ID)
	}
	return edit.removed, err
}

// touch changes a group beside what a transaction is about. fn changes its edges; the group's version has moved then.
func (t *Tenant) touch(tx *store.Tx, group string, others *ripple, fn func(next *store.Record) error) error {
	cur, err := tx.Load(store.Group, group)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	next := cur.Clone()
	now := t.engine.now()
	next.Desired.Version++
	next.Modified = now
	if err := fn(next); err != nil {
		return err
	}
	if err := lookAgain(tx, next); err != nil {
		return err
	}
	keepSent(next, cur.Target())
	if next.Attempt == nil {
		t.dispatcher.plan(t, next, now)
	}
	return others.keep(t.dispatcher, tx, cur, next)
}

// leaveGroups takes a deleted resource out of its groups: some at once, all others by a chore.
func (t *Tenant) leaveGroups(tx *store.Tx, id string, others *ripple) error {
	more, err := t.leaveSome(tx, id, others)
	if more && err == nil {
		err = others.chore(tx, store.LeaveGroups, id)
	}
	return err
}

func (t *Tenant) leaveSome(tx *store.Tx, id string, others *ripple) (more bool, err error) {
	var edges []store.Edge
	err = tx.Memberships(id, "", func(e store.Edge) bool {
		if e.Desired {
			edges = append(edges, e)
		}
		more = len(edges) > inlineEdges
		return !more
	})
	if err != nil {
		return false, err
	}
	for _, e := range edges[:min(len(edges), inlineEdges)] {
		err := t.touch(tx, e.Group, others, func(group *store.Record) error {
			left := e
			left.Desired, left.Held, left.Version = false, false, group.Desired.Version
			group.EdgesDirty = group.EdgesDirty || left.Deliverable()
			return tx.PutEdge(e, left)
		})
		if err != nil {
			return false, err
		}
	}
	return more, nil
}

// claim makes pending memberships real: those that name a resource which is there now, by its id or its externalId.
func (t *Tenant) claim(tx *store.Tx, rec *store.Record, others *ripple) error {
	names := []string{rec.ID}
	if id := externalID(rec); id != "" && len(id) <= maxMemberName && rec.Type == store.User {
		names = append(names, id)
	}
	for _, name := range names {
		var edges []store.Edge
		err := tx.Memberships(name, "", func(e store.Edge) bool {
			if e.Type == "" && e.Desired {
				edges = append(edges, e)
			}
			return len(edges) < inlineEdges
		})
		if err != nil {
			return err
		}
		for _, e := range edges {
			if err := t.claimEdge(tx, e, rec, others); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Tenant) claimEdge(tx *store.Tx, pending store.Edge, rec *store.Record, others *ripple) error {
	return t.touch(tx, pending.Group, others, func(group *store.Record) error {
		if err := tx.DropEdge(pending); err != nil {
			return err
		}
		if rec.Type == store.Group {
			var refused *scim.Error
			switch err := refuseCycle(tx, group.ID, rec.ID); {
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

// wake makes the edges deliverable that waited for an account, which is there now.
func (t *Tenant) wake(tx *store.Tx, id string, others *ripple) error {
	more, err := t.wakeSome(tx, id, others)
	if more && err == nil {
		err = others.chore(tx, store.WakeEdges, id)
	}
	return err
}

func (t *Tenant) wakeSome(tx *store.Tx, id string, others *ripple) (more bool, err error) {
	var edges []store.Edge
	err = tx.WaitingEdges(id, func(e store.Edge) bool {
		edges = append(edges, e)
		more = len(edges) > inlineEdges
		return !more
	})
	if err != nil {
		return false, err
	}
	for _, e := range edges[:min(len(edges), inlineEdges)] {
		awake := e
		awake.Waiting = false
		if err := tx.PutEdge(e, awake); err != nil {
			return false, err
		}
		if err := t.dispatcher.edgesDirty(tx, t, e.Group, others); err != nil {
			return false, err
		}
	}
	return more, nil
}

// edgesDirty says of a group that it has edges to deliver, now.
func (d *dispatcher) edgesDirty(tx *store.Tx, t *Tenant, group string, others *ripple) error {
	cur, err := tx.Load(store.Group, group)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || cur.EdgesDirty {
		return err
	}
	next := cur.Clone()
	next.EdgesDirty = true
	if next.Attempt == nil {
		d.plan(t, next, d.engine.now())
	}
	return others.keep(d, tx, cur, next)
}

// answerEdges carries an approver's answer over to the members that waited for it.
func answerEdges(tx *store.Tx, group *store.Record, state store.ApprovalState) error {
	if !group.EdgesHeld {
		return nil
	}
	var edges []store.Edge
	err := tx.HeldEdges(group.ID, func(e store.Edge) bool {
		edges = append(edges, e)
		return true
	})
	if err != nil {
		return err
	}
	for _, e := range edges {
		next := e
		next.Held, next.Version = false, group.Desired.Version
		if state != store.ApprovalApproved {
			next.Desired, next.Epoch = e.Applied, group.Epoch
		}
		group.EdgesDirty = group.EdgesDirty || next.Deliverable()
		if err := tx.PutEdge(e, next); err != nil {
			return err
		}
	}
	group.EdgesHeld = false
	return nil
}

// settleEdges brings a group's due time in step with its edges, when nothing else is to be said of it.
func settleEdges(group *store.Record, now time.Time) {
	switch {
	case !group.EdgesDirty:
		group.Due, group.Failures, group.Failure = time.Time{}, 0, ""
	case group.Due.IsZero():
		group.Due = now
	}
}

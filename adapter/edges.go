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
	told    [][]settlement // what those who wait for each are told
	delta   int64
	size    int // of the documents of the records, in bytes
	chores  bool
	expires time.Time // when an approval does that was stored; zero for none
	limit   bool      // an approval that the deprovision limit asked for was stored
}

// keep stores a record.
func (p *ripple) keep(d *dispatcher, tx *store.Tx, prev, next *store.Record) error {
	told, delta, err := d.keep(tx, prev, next)
	p.records = append(p.records, next)
	p.told = append(p.told, told)
	p.delta += delta
	p.size += len(next.Desired.Doc) + len(next.Applied.Doc) + len(next.Applied.Doubt)
	p.chores = p.chores || !there(next)
	return err
}

// full reports whether a transaction should leave the rest to another, so that it fits every store however large the
// documents are.
func (p *ripple) full() bool { return p.size > maxRipple }

// maxRipple is about how many bytes of documents a transaction writes beside what it is about.
const maxRipple = 16 << 20

// chore writes a chore down.
func (p *ripple) chore(tx *store.Tx, c store.Chore) error {
	p.chores = true
	return tx.AddChore(c)
}

func (p *ripple) spread(d *dispatcher) {
	d.expiries.add(p.expires)
	if p.limit {
		d.expiries.poke()
	}
	if p.chores {
		d.pokeChores()
	}
	for i, rec := range p.records {
		d.moved(rec, 0)
		d.announce(resource{rec.Type, rec.ID}, p.told[i])
	}
	d.count(p.delta)
	if len(p.records) > 1 {
		d.poke()
	}
}

// changeEdges carries out what a change means for edges but for claimed ones: the members of a group, and the groups that
// a deleted resource leaves. It reports whether somebody loses a membership.
func (t *Tenant) changeEdges(tx *store.Tx, c *change, cur, next *store.Record, others *ripple) (revokes bool, err error) {
	if fresh(cur) {
		if err := t.leaveFirst(tx, next.ID, others); err != nil {
			return false, err
		}
	}
	if next.Type == store.Group {
		if revokes, err = t.changeMembers(tx, c, cur, next, others); err != nil {
			return revokes, err
		}
	}
	if c.deleted && !there(next) { // otherwise the delete waits for an approval
		err = t.leaveGroups(tx, next.ID, others)
	}
	return revokes, err
}

// fresh reports whether a resource that a change finds so was not there before it.
func fresh(cur *store.Record) bool { return cur == nil || cur.Desired.Deleted }

func externalID(rec *store.Record) string { return gjson.GetBytes(rec.Desired.Doc, "externalId").Str }

func (t *Tenant) changeMembers(tx *store.Tx, c *change, cur, next *store.Record, others *ripple) (revokes bool, err error) {
	sweep := false
	switch {
	case c.deleted:
		// The edges stay until the application is through with the group, in case that it goes back.
		if t.connector(store.Group) == nil {
			err = unheard(tx, others)
		}
		if next.Hold == nil && err == nil {
			err = answerEdges(tx, next, store.ApprovalWithdrawn)
		}
		return true, err
	case cur != nil && cur.Desired.Deleted:
		next.Epoch++ // brought back: a new group, with the members that it is given now
		sweep = true
	}
	edit := memberEdit{
		tx: tx, group: next, kind: c.kind, pending: t.keepsPending(c.caller), silent: t.connector(store.Group) == nil,
		held: c.verdict == abi.Hold, holdAll: t.cfg.HoldRevocations, moves: new(memberMoves),
	}
	c.moves = edit.moves
	if err := edit.apply(c.members); err != nil {
		return false, err
	}
	if err := t.overtake(tx, c, next); err != nil {
		return false, err
	}
	if cur != nil && c.same() && edit.changes == 0 && !edit.sweep {
		return false, errNothing
	}
	if sweep || edit.sweep {
		if err := others.chore(tx, store.Chore{Kind: store.SweepGroup, ID: next.ID, Version: next.Desired.Version}); err != nil {
			return false, err
		}
	}
	if edit.silent {
		err = unheard(tx, others)
	}
	return edit.removed, err
}

// unheard says that something of groups was changed under a configuration that does not tell the application of them.
func unheard(tx *store.Tx, others *ripple) error {
	told, err := tx.GroupsTold()
	if err != nil || !told {
		return err
	}
	others.chores = true
	return tx.SetGroupsTold(false)
}

// touch changes a group beside what a transaction is about. fn changes its edges; the group's version has moved then.
// A group that has been forgotten and still has edges is nil.
func (t *Tenant) touch(tx *store.Tx, group string, others *ripple, fn func(next *store.Record) error) error {
	cur, err := tx.Load(store.Group, group)
	if errors.Is(err, store.ErrNotFound) {
		return fn(nil)
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
	if err := t.lookAgain(tx, next); err != nil {
		return err
	}
	keepSent(next, cur.Target())
	if next.Attempt == nil {
		t.dispatcher.plan(t, next, now)
	}
	return others.keep(t.dispatcher, tx, cur, next)
}

// hurry ends the pause after another change's failure: taking access away does not wait for it, and comes first.
func hurry(group *store.Record, now time.Time) {
	if group.Dirty() {
		urge(group, now)
		group.Failures = 0
	}
}

// leaveGroups takes a deleted resource out of its groups: some at once, all others by a chore.
func (t *Tenant) leaveGroups(tx *store.Tx, id string, others *ripple) error {
	more, err := t.leaveSome(tx, id, others)
	if more && err == nil {
		err = others.chore(tx, store.Chore{Kind: store.LeaveGroups, ID: id})
	}
	return err
}

// leaveFirst takes a resource that comes back out of the groups that it has not left yet, so that it is not taken out of
// those that it joins now.
func (t *Tenant) leaveFirst(tx *store.Tx, id string, others *ripple) error {
	chore := store.Chore{Kind: store.LeaveGroups, ID: id}
	if leaving, err := tx.HasChore(chore); err != nil || !leaving {
		return err
	}
	switch more, err := t.leaveSome(tx, id, others); {
	case err != nil:
		return err
	case more:
		return scim.Unavailable(busyRetry, "The resource is still leaving its groups; nothing was stored")
	}
	return tx.DoneChore(chore)
}

// leaveLater leaves it to a chore to take a resource out of its groups, if it is in any.
func leaveLater(tx *store.Tx, id string) error {
	member := false
	err := tx.Memberships(id, "", func(e store.Edge) bool {
		member = e.Desired || e.Base
		return !member
	})
	if err != nil || !member {
		return err
	}
	return tx.AddChore(store.Chore{Kind: store.LeaveGroups, ID: id})
}

// someEdges collects up to most of the edges that a scan yields, those that are wanted, and says whether there are more.
// What is done to them would be in the way of the scan.
func someEdges(most int, scan func(fn func(store.Edge) bool) error, want func(store.Edge) bool) (edges []store.Edge, more bool, err error) {
	err = scan(func(e store.Edge) bool {
		switch {
		case want != nil && !want(e):
		case len(edges) == most:
			more = true
		default:
			edges = append(edges, e)
		}
		return !more
	})
	return edges, more, err
}

func (t *Tenant) leaveSome(tx *store.Tx, id string, others *ripple) (more bool, err error) {
	edges, more, err := someEdges(inlineEdges, func(fn func(store.Edge) bool) error { return tx.Memberships(id, "", fn) },
		func(e store.Edge) bool { return e.Desired || e.Base })
	if err != nil {
		return false, err
	}
	for _, e := range edges {
		err := t.touch(tx, e.Group, others, func(group *store.Record) error {
			if group == nil {
				return tx.DropEdge(e)
			}
			left := e
			left.Desired, left.Held, left.Version = false, false, group.Desired.Version
			if left.Deliverable() {
				group.EdgesDirty = true
				hurry(group, t.engine.now())
			}
			return tx.PutEdge(e, left)
		})
		if err != nil || others.full() {
			return true, err
		}
	}
	return more, nil
}

// wake makes the edges deliverable that waited for an account, which is there now.
func (t *Tenant) wake(tx *store.Tx, id string, others *ripple) error {
	more, err := t.wakeSome(tx, id, others)
	if more && err == nil {
		err = others.chore(tx, store.Chore{Kind: store.WakeEdges, ID: id})
	}
	return err
}

func (t *Tenant) wakeSome(tx *store.Tx, id string, others *ripple) (more bool, err error) {
	edges, more, err := someEdges(inlineEdges, func(fn func(store.Edge) bool) error { return tx.WaitingEdges(id, fn) }, nil)
	if err != nil {
		return false, err
	}
	for _, e := range edges {
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
	if err != nil || (cur.EdgesDirty && cur.Dirty()) {
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
		next.Held = false
		switch {
		case e.Epoch != group.Epoch:
			next.Desired = false // all have been removed meanwhile
		case state != store.ApprovalApproved:
			next.Desired = e.Base
		default:
			next.Version = group.Desired.Version
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

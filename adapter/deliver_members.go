package adapter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// stepMembers delivers one call's worth of a group's members, who leaves before who joins, and reports whether there is
// more to be done at once. batch bounds the call where it is not 0, and becomes 1 when a call for several was refused:
// then each is told of alone, so that only the one is put back that the application will not have.
func (d *dispatcher) stepMembers(ctx context.Context, t *Tenant, r resource, batch *int) (more bool, err error) {
	c, more, err := d.gather(ctx, t, r, *batch)
	if err != nil || c == nil {
		return more, err
	}
	sending, sent := d.trail(ctx)
	out := d.sendMembers(sending, t, r, c)
	c.trail = sent
	if ctx.Err() != nil {
		return false, ctx.Err() // the edges are marked as unsure
	}
	if heldBack(out) {
		return false, errHeldBack // so are they here
	}
	if out.Split {
		*batch = 1
	}
	return d.finishMembers(ctx, t, r, c, out)
}

func (d *dispatcher) sendMembers(ctx context.Context, t *Tenant, r resource, c *crew) connector.Outcome {
	conn := t.connector(store.Group)
	if conn == nil {
		return connector.Outcome{Kind: connector.Retry, Detail: "the application is not told of groups any more"}
	}
	call := connector.Call{
		Action: c.action, ResourceID: r.id, LegacyID: c.group.Applied.LegacyID, IdempotencyKey: c.key,
		Before: c.group.Applied.Doc, After: c.group.Applied.Doc, Members: c.members,
		Urgent: laneOf(c.group.Due) == urgent,
	}
	if out := d.listed(ctx, c, &call); out.Kind != connector.Done {
		return out
	}
	c.mapped = t.mapAction(ctx, r, call)
	if c.mapped.err != nil {
		return connector.Outcome{Kind: connector.Retry, Detail: "the policy could not map the action: " + c.mapped.err.Error()}
	}
	call.Requests = c.mapped.out.Requests
	if len(call.Requests) == 0 && !conn.CanDo(c.action) {
		return connector.Outcome{Kind: connector.Done} // there is nothing to tell
	}
	out := conn.Do(ctx, call)
	if errors.Is(out.Err, connector.ErrRequest) || errors.Is(out.Err, connector.ErrNoRoute) {
		out.Kind = connector.Retry
	}
	if c.all {
		out.Split = out.Kind == connector.Refused && len(c.edges) > 1
	}
	return out
}

// gather reads which edges the next call is about, and marks them on disk as possibly told. It returns nil where there
// are none, and then whether something else is due.
func (d *dispatcher) gather(ctx context.Context, t *Tenant, r resource, most int) (c *crew, more bool, err error) {
	var told []settlement
	var next *store.Record
	var delta int64
	var others ripple
	err = d.engine.store.Update(ctx, d.id, func(tx *store.Tx) error {
		c, more, told, next, delta, others = nil, false, nil, nil, 0, ripple{}
		if t.connector(store.Group) == nil {
			if err := unheard(tx, &others); err != nil {
				return err
			}
		}
		rec, err := tx.Load(r.typ, r.id)
		if errors.Is(err, store.ErrNotFound) || (err == nil && (!rec.EdgesDirty || rec.Attempt != nil)) {
			return nil
		}
		if err != nil {
			return err
		}
		picked, left, err := d.pick(tx, t, rec, most)
		if err != nil {
			return err
		}
		if picked != nil {
			c = picked
			for _, e := range c.edges {
				sent := e
				sent.Unsure = true
				if err := tx.PutEdge(e, sent); err != nil {
					return err
				}
			}
			return nil
		}
		if left {
			more = true // what was looked at waits for something else; the rest has not been looked at
			return nil
		}
		next = rec.Clone()
		next.EdgesDirty = false
		d.plan(t, next, d.engine.now())
		told, delta, err = d.keep(tx, rec, next)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("gather members: %w", err)
	}
	others.spread(d)
	if next != nil {
		d.tidy(next)
		d.moved(next, delta)
		d.announce(r, told)
		more = next.Dirty() && next.Failures == 0
	}
	return c, more, nil
}

// finishMembers records what came of a call about members.
func (d *dispatcher) finishMembers(ctx context.Context, t *Tenant, r resource, c *crew, out connector.Outcome) (more bool, err error) {
	var told []settlement
	var next *store.Record
	var delta int64
	recording, err := t.recordMapping(c.mapped, out)
	if err != nil {
		return false, err
	}
	failures, call := 0, c.call(r, out)
	var due time.Time
	err = d.engine.store.Update(ctx, d.id, func(tx *store.Tx) error {
		told, next, delta, more = nil, nil, 0, false
		rec, err := tx.Load(r.typ, r.id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		failures, due = rec.Failures, rec.Due
		if err := keepMapping(tx, recording, out, failures); err != nil {
			return err
		}
		entry, err := beginCall(tx, call)
		if err != nil {
			return err
		}
		next = rec.Clone()
		now := d.engine.now()
		next.Told = now
		doubtful, err := d.doubtful(tx, rec, c)
		if err != nil {
			return err
		}
		switch {
		case out.Kind == connector.Retry, out.Kind == connector.Refused && doubtful:
			told, err = d.postponeMembers(tx, t, next, c, out, now)
		case out.Split:
			next.Failures, next.Failure, next.Due = 0, "", now
			err = restore(tx, c, true) // each of them is told alone
		case out.Kind == connector.Refused:
			told, err = d.refuseMembers(tx, t, next, c, out, now)
		default:
			next.Failures, next.Failure = 0, ""
			err = acknowledgeMembers(tx, c)
		}
		if err != nil {
			return err
		}
		if next.Attempt == nil {
			d.plan(t, next, now)
		}
		arrived, err := d.arrived(tx, next, next.Applied.Version)
		if err != nil {
			return err
		}
		end, grown, err := d.keep(tx, rec, next)
		told, delta = append(append(told, arrived...), end...), grown
		more = next.Dirty() && next.Failures == 0
		if err != nil {
			return err
		}
		return endCall(tx, entry, next, failures)
	})
	if err != nil {
		d.waiters.free(r)
		return false, fmt.Errorf("%s: %w", c.action, err)
	}
	if next != nil {
		d.tidy(next)
		d.moved(next, delta)
		d.displace(r, due, out)
	}
	if out.Kind == connector.Retry {
		d.renew(t, c.mapped)
	}
	d.announce(r, told)
	d.waiters.free(r)
	t.shadowMapping(c.mapped, failures)
	d.reportMembers(r, c, out)
	return more, nil
}

// each calls fn for every edge of the call, as it was before the call and as it is now.
func (c *crew) each(tx *store.Tx, fn func(i int, was, now store.Edge) (store.Edge, error)) error {
	for i, was := range c.edges {
		now, err := tx.Edge(was.Group, was.Member)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		next, err := fn(i, was, now)
		if err != nil {
			return err
		}
		if err := tx.PutEdge(now, next); err != nil {
			return err
		}
	}
	return nil
}

// acknowledgeMembers writes down that the application has what the call said.
func acknowledgeMembers(tx *store.Tx, c *crew) error {
	return c.each(tx, func(i int, was, now store.Edge) (store.Edge, error) {
		account, err := accountOf(tx, now.Type, now.Member)
		if err != nil {
			return now, err
		}
		if account == nil || account.Applied.LegacyID != c.members[i].LegacyID {
			return doubted(tx, now) // the call was about an account that is gone by now
		}
		now.Applied, now.Unsure = was.Target(), false
		return now, nil
	})
}

// restore takes the mark back from edges that the application has said no to, unless it may have carried the call out.
func restore(tx *store.Tx, c *crew, unknown bool) error {
	return c.each(tx, func(_ int, was, now store.Edge) (store.Edge, error) {
		now.Unsure = was.Unsure || unknown
		return now, nil
	})
}

// postponeMembers plans the next try. Whatever the application has answered, it may have carried the call out all the
// same: to tell it once more does no harm, and to forget whom it let in does.
func (d *dispatcher) postponeMembers(tx *store.Tx, t *Tenant, group *store.Record, c *crew, out connector.Outcome, now time.Time) ([]settlement, error) {
	group.Failures++
	group.Failure = out.Detail
	if !urgedMeanwhile(group, laneOf(c.group.Due) == urgent) {
		group.Due = now.Add(max(backoff(t.cfg.RetryMin, t.cfg.RetryMax, group.Failures, group.ID), out.RetryAfter))
	}
	return []settlement{{upTo: group.Desired.Version, end: ending{state: DeliveryPending}}}, restore(tx, c, out.Unknown || out.Status != 0)
}

// refuseMembers puts edges back to what the application has, those that nobody has moved since.
func (d *dispatcher) refuseMembers(tx *store.Tx, t *Tenant, group *store.Record, c *crew, out connector.Outcome, now time.Time) ([]settlement, error) {
	var told []settlement
	said := map[uint64]bool{}
	v := new(burial)
	for _, e := range c.edges {
		if said[e.Version] {
			continue
		}
		said[e.Version] = true
		_, err := tx.Resolve(group.ID, e.Version, e.Version, store.Pending, func(op *store.Operation) {
			d.refused(v, resource{group.Type, group.ID}, op, out, now)
			// Of a group that was made without its members the client is told that it was made.
			v.unattended = v.unattended || op.Operation == string(abi.OpCreate)
		})
		if err != nil {
			return nil, err
		}
		told = append(told, settlement{from: e.Version, upTo: e.Version, end: ending{state: DeliveryRefused, err: refusal(out.Status, out.Detail)}})
	}
	moved := false
	var lost []store.Edge
	err := c.each(tx, func(_ int, was, now store.Edge) (store.Edge, error) {
		now.Unsure = was.Unsure
		switch {
		case now.Version != was.Version || now.Target() != was.Target(): // somebody asks for something else meanwhile
		case was.Target() == was.Applied:
			now.Unsure = false // it was only to make sure, and there is nothing else to try
		case !now.Target() && d.absent(tx, now):
			now.Applied, now.Unsure = false, false // who is not there cannot be put back
		case now.Held:
			now.Base, moved = now.Applied, true
		default:
			now.Desired, now.Epoch = now.Applied, group.Epoch
			moved, lost = true, append(lost, was)
		}
		return now, nil
	})
	if err != nil {
		return nil, err
	}
	if moved {
		group.Desired.Version++
		group.Modified = now
		if err := t.lookAgain(tx, group); err != nil {
			return nil, err
		}
	}
	group.Failures, group.Failure = 0, out.Detail
	return told, d.buryMembers(tx, t, group, c, lost, out, v, now)
}

// absent reports whether the member of an edge does not exist for clients.
func (d *dispatcher) absent(tx *store.Tx, e store.Edge) bool {
	_, err := tx.Get(e.Type, e.Member)
	return errors.Is(err, store.ErrNotFound)
}

func (d *dispatcher) reportMembers(r resource, c *crew, out connector.Outcome) {
	d.engine.watch.Delivered(d.id, c.action, string(out.Kind))
	d.say(out, "resource", r.id, "action", string(c.action), "members", len(c.members))
}

package adapter

import (
	"context"
	"errors"
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// pokeChores makes the dispatcher look for chores.
func (d *dispatcher) pokeChores() {
	d.choresAsked.Add(1)
	select {
	case d.chores <- struct{}{}:
	default:
	}
}

// tidy looks for chores when a record has changed in a way that leaves some.
func (d *dispatcher) tidy(rec *store.Record) {
	if rec.Desired.Doc == nil || gone(rec) {
		d.pokeChores()
	}
}

// runChores carries chores out until the engine ends. What is not done then is found by the next process.
func (d *dispatcher) runChores(ctx context.Context) {
	for {
		asked := d.choresAsked.Load()
		if err := d.doChores(ctx); err != nil && ctx.Err() == nil {
			d.troubled("carrying out chores", err)
			d.rest(ctx, resource{})
			d.pokeChores()
		}
		d.choresDone.Store(asked)
		d.progress.broadcast()
		select {
		case <-ctx.Done():
			return
		case <-d.chores:
		}
	}
}

func (d *dispatcher) doChores(ctx context.Context) error {
	t, leave := d.enter()
	if t == nil {
		return nil // a configuration will poke
	}
	defer leave()
	if err := d.noteTold(ctx, t); err != nil {
		return err
	}
	var list []store.Chore
	err := d.engine.store.View(ctx, d.id, func(tx *store.Tx) error {
		list = list[:0]
		return tx.Chores(func(c store.Chore) bool {
			list = append(list, c)
			return true
		})
	})
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := d.doChore(ctx, t, c); err != nil {
			return fmt.Errorf("%s %s: %w", c.Kind, c.ID, err)
		}
	}
	return nil
}

// doChore carries one chore out, in transactions small enough that others get their turn in between.
func (d *dispatcher) doChore(ctx context.Context, t *Tenant, c store.Chore) error {
	after := "" // how far a sweep has come
	for more := true; more; {
		var others ripple
		next := after
		err := d.engine.store.Update(ctx, d.id, func(tx *store.Tx) (err error) {
			others = ripple{}
			switch c.Kind {
			case store.SweepGroup:
				next, more, err = d.sweepSome(tx, t, c.ID, after, &others)
			case store.LeaveGroups:
				more, err = t.leaveSome(tx, c.ID, &others)
			case store.WakeEdges:
				more, err = t.wakeSome(tx, c.ID, &others)
			case store.TellGroups:
				next, more, err = d.tellSome(tx, t, after, &others)
			default:
				more = false
			}
			if err != nil || more {
				return err
			}
			return tx.DoneChore(c)
		})
		if err != nil {
			return err
		}
		after = next
		others.spread(d)
		d.poke()
	}
	return nil
}

// sweepBatch is how many edges one transaction of a sweep looks at.
const sweepBatch = 500

// sweepSome puts edges of a group right, those behind a member: of a group that is gone they are forgotten, and those
// of an earlier epoch are no members any more.
func (d *dispatcher) sweepSome(tx *store.Tx, t *Tenant, id, after string, others *ripple) (last string, more bool, err error) {
	group, err := tx.Load(store.Group, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", false, err
	}
	var edges []store.Edge
	err = tx.Members(id, after, func(e store.Edge) bool {
		edges = append(edges, e)
		more = len(edges) > sweepBatch
		return !more
	})
	if err != nil {
		return "", false, err
	}
	dirty := false
	for _, e := range edges[:min(len(edges), sweepBatch)] {
		last = e.Member
		if group == nil || (group.Desired.Deleted && !exists(group.Applied.Account)) {
			if err := tx.DropEdge(e); err != nil {
				return "", false, err
			}
			continue
		}
		next := e
		if group.Desired.Deleted || e.Epoch != group.Epoch {
			next.Desired, next.Held = false, false
		}
		next.Silent = t.connector(store.Group) == nil
		dirty = dirty || next.Deliverable()
		if next == e {
			continue
		}
		if err := tx.PutEdge(e, next); err != nil {
			return "", false, err
		}
	}
	if dirty {
		err = d.edgesDirty(tx, t, id, others)
	}
	return last, more, err
}

// noteTold compares whether the application is told of groups with what the store says. Where it is from now on, it is
// told of all that there are.
func (d *dispatcher) noteTold(ctx context.Context, t *Tenant) error {
	tells := t.connector(store.Group) != nil
	told := tells
	err := d.engine.store.View(ctx, d.id, func(tx *store.Tx) (err error) {
		told, err = tx.GroupsTold()
		return err
	})
	if err != nil || told == tells {
		return err
	}
	return d.engine.store.Update(ctx, d.id, func(tx *store.Tx) error {
		if tells {
			if err := tx.AddChore(store.Chore{Kind: store.TellGroups}); err != nil {
				return err
			}
		}
		return tx.SetGroupsTold(tells)
	})
}

// tellSome looks again at groups, those behind an id: at each and, by a sweep of its own, at its edges.
func (d *dispatcher) tellSome(tx *store.Tx, t *Tenant, after string, others *ripple) (last string, more bool, err error) {
	var ids []string
	err = tx.IDs(store.Group, func(id string) bool {
		if id > after {
			ids = append(ids, id)
		}
		more = len(ids) > inlineEdges
		return !more
	})
	if err != nil {
		return "", false, err
	}
	for _, id := range ids[:min(len(ids), inlineEdges)] {
		last = id
		cur, err := tx.Get(store.Group, id)
		if err != nil {
			return "", false, err
		}
		if err := others.chore(tx, store.SweepGroup, id); err != nil {
			return "", false, err
		}
		if _, needed := t.nextStep(cur, cur.Target()); !needed || cur.Attempt != nil {
			continue
		}
		next := cur.Clone()
		d.plan(t, next, d.engine.now())
		if err := others.keep(d, tx, cur, next); err != nil {
			return "", false, err
		}
	}
	return last, more, nil
}

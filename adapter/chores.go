package adapter

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	if !there(rec) {
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
	var failed error
	for _, c := range list {
		if err := d.doChore(ctx, t, c); err != nil {
			if failed = fmt.Errorf("%s %s: %w", c.Kind, c.ID, err); ctx.Err() != nil {
				break
			}
		}
	}
	return failed // one that fails does not keep the others from being done
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
				next, more, err = d.sweepSome(tx, t, c, after, &others)
			case store.LeaveGroups:
				more, err = t.leaveSome(tx, c.ID, &others)
			case store.WakeEdges:
				more, err = t.wakeSome(tx, c.ID, &others)
			case store.ClaimEdges:
				more, err = t.claimAs(tx, c.ID, &others)
			case store.LostMember, store.LostGroup:
				next, more, err = t.doubtSome(tx, c.Kind, c.ID, after, &others)
			case store.TellGroups:
				next, more, err = d.tellSome(tx, t, after, &others)
			default:
				more = false
			}
			if err != nil || more {
				return err
			}
			if err := tx.DoneChore(c); err != nil || c.Kind != store.SweepGroup {
				return err
			}
			return d.endSweep(tx, c.ID, &others)
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
func (d *dispatcher) sweepSome(tx *store.Tx, t *Tenant, c store.Chore, after string, others *ripple) (last string, more bool, err error) {
	group, err := tx.Load(store.Group, c.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", false, err
	}
	edges, more, err := someEdges(sweepBatch, func(fn func(store.Edge) bool) error { return tx.Members(c.ID, after, fn) }, nil)
	if err != nil {
		return "", false, err
	}
	dirty := false
	for _, e := range edges {
		last = e.Member
		if group == nil {
			if err := tx.DropEdge(e); err != nil {
				return "", false, err
			}
			continue
		}
		next := e
		if !there(group) || e.Epoch != group.Epoch {
			if next.Held = false; next.Desired || e.Held {
				next.Desired, next.Version = false, c.Version
			}
		}
		if !exists(group.Applied.Account) {
			next.Applied, next.Unsure = false, false // there is no team that anybody could be in
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
		err = d.edgesDirty(tx, t, c.ID, others)
	}
	return last, more, err
}

// endSweep says of a group that its edges are right, which operations may have waited for.
func (d *dispatcher) endSweep(tx *store.Tx, id string, others *ripple) error {
	group, err := tx.Load(store.Group, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return others.keep(d, tx, group, group.Clone())
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

// tellSome looks again at groups, those behind an id and the deleted ones last: at each and, by a sweep of its own, at
// its edges.
func (d *dispatcher) tellSome(tx *store.Tx, t *Tenant, after string, others *ripple) (last string, more bool, err error) {
	var ids []string
	from, deleted := strings.CutPrefix(after, deletedMark)
	err = tx.IDsBehind(store.Group, deleted, from, func(id string) bool {
		ids = append(ids, id)
		more = len(ids) > inlineEdges
		return !more
	})
	if err != nil {
		return "", false, err
	}
	for _, id := range ids[:min(len(ids), inlineEdges)] {
		from = id
		cur, err := tx.Load(store.Group, id)
		if err != nil {
			return "", false, err
		}
		if err := others.chore(tx, store.Chore{Kind: store.SweepGroup, ID: id, Version: cur.Desired.Version}); err != nil {
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
	switch {
	case deleted:
		return deletedMark + from, more, nil
	case more:
		return from, true, nil
	}
	return deletedMark, true, nil
}

// deletedMark goes before the id up to which deleted groups have been told of.
const deletedMark = "deleted "

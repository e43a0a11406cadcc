package adapter

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

const (
	// maxListedMembers bounds the members of one group that are held in memory to be compared.
	maxListedMembers = 2_000_000
	// membersBatch is how many memberships one transaction mends.
	membersBatch = 200
)

// driftedEdge is a membership that is not as the application was told, as it was compared.
type driftedEdge struct {
	was   store.Edge // the zero Edge for one that nothing is known of
	found bool       // the application has it
	edge  store.Edge // with group, member and type
}

// members compares the members of one group of the list. Members that are groups are not compared: applications list
// accounts.
func (r *reconciler) members(ctx context.Context, w *jobWork, record connector.Record, read time.Time) error {
	t := r.tenant
	var group *store.Record
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		group = nil
		id, err := tx.LinkedTo(store.Group, record.LegacyID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		rec, err := tx.Load(store.Group, id)
		if err == nil && there(rec) && t.settled(rec, read) && exists(rec.Applied.Account) {
			group = rec
		}
		return err
	})
	if err != nil || group == nil {
		return err
	}
	listed, err := r.listMembers(ctx, record)
	if err != nil {
		return err
	}
	edges, err := r.compareMembers(ctx, group, listed)
	if err != nil || len(edges) == 0 {
		return err
	}
	for first := true; len(edges) > 0; first = false {
		batch := edges[:min(membersBatch, len(edges))]
		edges = edges[len(batch):]
		if err := r.mendMembers(ctx, w, group, batch, first); err != nil {
			return err
		}
	}
	return nil
}

// listMembers reads the accounts that the application has in a group.
func (r *reconciler) listMembers(ctx context.Context, record connector.Record) (map[string]struct{}, error) {
	listed := map[string]struct{}{}
	for cursor := ""; ; {
		page, err := r.tenant.connector(store.Group).ListMembers(ctx, record, cursor)
		var failed *connector.ListError
		switch {
		case errors.As(err, &failed) && failed.Retry:
			return nil, &retryLater{err: err, after: failed.RetryAfter}
		case errors.As(err, &failed):
			return nil, &jobError{err}
		case err != nil:
			return nil, err
		}
		for _, id := range page.IDs {
			listed[id] = struct{}{}
		}
		if len(listed) > maxListedMembers {
			return nil, &jobError{fmt.Errorf("a group has more than %d members in the application", maxListedMembers)}
		}
		if cursor = page.Next; cursor == "" {
			return listed, nil
		}
	}
}

// compareMembers returns the memberships that the application has and was not told of, or was told of and has not.
func (r *reconciler) compareMembers(ctx context.Context, group *store.Record, listed map[string]struct{}) (drift []driftedEdge, err error) {
	t := r.tenant
	for after, more := "", true; more; {
		var some []driftedEdge
		var known []string
		var last string
		err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
			some, known, last = nil, nil, after
			seen := 0
			var failed error
			err := tx.Members(group.ID, after, func(e store.Edge) bool {
				if seen++; seen > membersAtOnce {
					return false
				}
				last = e.Member
				if e.Type != store.User {
					return true
				}
				var account *store.Record
				if account, failed = accountOf(tx, e.Type, e.Member); failed != nil || account == nil {
					return failed == nil
				}
				_, found := listed[account.Applied.LegacyID]
				known = append(known, account.Applied.LegacyID)
				if found != e.Applied && !e.Dirty() && !e.Waiting && !e.Silent {
					some = append(some, driftedEdge{was: e, found: found, edge: e})
				}
				return true
			})
			more = seen > membersAtOnce
			return errors.Join(err, failed)
		})
		if err != nil {
			return nil, err
		}
		for _, id := range known {
			delete(listed, id)
		}
		drift, after = append(drift, some...), last
	}
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		extra := drift[:len(drift):len(drift)]
		for legacyID := range listed {
			id, err := tx.LinkedTo(store.User, legacyID)
			if errors.Is(err, store.ErrNotFound) {
				continue // an account that nobody stands for
			}
			if err != nil {
				return err
			}
			if _, err := tx.Edge(group.ID, id); !errors.Is(err, store.ErrNotFound) {
				if err != nil {
					return err
				}
				continue // it has come meanwhile
			}
			extra = append(extra, driftedEdge{found: true, edge: store.Edge{
				Group: group.ID, Member: id, Type: store.User, Epoch: group.Epoch, Version: group.Desired.Version,
			}})
		}
		drift = extra
		return nil
	})
	return drift, err
}

// mendMembers writes down which memberships have drifted and does about it what the mode says. One that has moved since
// is left alone.
func (r *reconciler) mendMembers(ctx context.Context, w *jobWork, group *store.Record, batch []driftedEdge, first bool) error {
	t := r.tenant
	var others ripple
	err := w.store(ctx, func(tx *store.Tx, j *store.Job) error {
		others = ripple{}
		var todo []driftedEdge
		for _, d := range batch {
			now, err := tx.Edge(group.ID, d.edge.Member)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if err == nil && now != d.was || err != nil && d.was.Group != "" {
				j.Count(reconcileMoving, 1)
				continue
			}
			item := store.JobItem{
				Kind: driftMembers, ResourceType: store.Group, ResourceID: group.ID, LegacyID: group.Applied.LegacyID, Name: nameOf(group),
			}
			if err := nameMember(tx, d, &item); err != nil {
				return err
			}
			if err := tx.AddJobItem(j, item); err != nil {
				return err
			}
			if r.Mode == ReconcileAccept && d.found {
				item.Kind, item.Reason = reconcileRefused, "the application gives access to somebody who is not to have it"
				if err := tx.AddJobItem(j, item); err != nil {
					return err
				}
				continue
			}
			todo = append(todo, d)
		}
		if r.Mode == ReconcileReport || len(todo) == 0 {
			return nil
		}
		what, done := opRepair, reconcileRepaired
		if r.Mode == ReconcileAccept {
			what, done = opAccept, reconcileAccepted
		}
		if first {
			j.Count(done, 1)
		}
		return r.mendEdges(tx, group.ID, todo, what, j.By, first, &others)
	})
	if err == nil {
		others.spread(t.dispatcher)
		t.dispatcher.poke()
	}
	return err
}

// mendEdges has the application told of memberships again, or forgets those that it has not got.
func (r *reconciler) mendEdges(tx *store.Tx, id string, todo []driftedEdge, what, by string, first bool, others *ripple) error {
	t, now := r.tenant, r.tenant.engine.now()
	rec, err := tx.Load(store.Group, id)
	if err != nil || !there(rec) {
		return err
	}
	next := rec.Clone()
	if what == opAccept {
		next.Desired.Version++
		next.Modified = now
	}
	if first {
		if err := journalMend(tx, next, what, by, []string{membersName}, now); err != nil {
			return err
		}
	}
	removed := false
	for _, d := range todo {
		e := d.edge
		switch {
		case what == opAccept:
			e.Desired, e.Applied, e.Unsure, e.Version = false, false, false, next.Desired.Version
		case d.found:
			e.Applied, removed = true, true // to be taken out
		default:
			e.Applied, e.Unsure = false, false // to be put in
		}
		next.EdgesDirty = next.EdgesDirty || e.Deliverable()
		if err := tx.PutEdge(d.was, e); err != nil {
			return err
		}
	}
	if next.Attempt == nil {
		t.dispatcher.plan(t, next, now)
	}
	if removed {
		hurry(next, now)
	}
	return others.keep(t.dispatcher, tx, rec, next)
}

// nameMember says in a report who has drifted.
func nameMember(tx *store.Tx, d driftedEdge, item *store.JobItem) error {
	rec, err := tx.Load(store.User, d.edge.Member)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	member := struct {
		ID       string `json:"member_id"`
		LegacyID string `json:"member_legacy_id,omitempty"`
		Name     string `json:"member,omitempty"`
	}{ID: d.edge.Member}
	if err == nil {
		member.LegacyID, member.Name = rec.Applied.LegacyID, nameOf(rec)
	}
	if item.Reason = "it has not got the member " + cmp.Or(member.Name, member.ID); d.found {
		item.Reason = "it has the member " + cmp.Or(member.Name, member.ID) + " and was not told so"
	}
	item.More, err = json.Marshal(member)
	return err
}

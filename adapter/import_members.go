package adapter

import (
	"context"
	"errors"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// fill imports some of the members of the group at the place, in one transaction.
func (r *importRun) fill(ctx context.Context, w *jobWork, place *importPlace) error {
	f := *place.Filling
	key := f.LegacyID + "\x00" + f.Cursor
	if r.members == nil || r.memberKey != key {
		page, err := w.t.connector(store.Group).ListMembers(ctx, r.page.Records[place.Offset], f.Cursor)
		if err != nil {
			return err
		}
		r.members, r.memberKey = &page, key
	}
	ids := r.members.IDs[min(f.Offset, len(r.members.IDs)):]
	batch := ids[:min(len(ids), memberBatch)]
	last := len(batch) == len(ids)
	var others ripple
	err := w.store(ctx, func(tx *store.Tx, j *store.Job) error {
		others = ripple{}
		next, filling := *place, f
		im := importer{t: w.t, tx: tx, job: j, typ: store.Group, others: &others, rehearsal: r.rehearsal, fetched: r.fetched}
		if err := im.members(&filling, batch); err != nil {
			return err
		}
		switch {
		case !last:
			filling.Offset += len(batch)
			next.Filling = &filling
		case r.members.Next != "":
			filling.Cursor, filling.Offset = r.members.Next, 0
			next.Filling = &filling
		default:
			next.Filling, next.Offset = nil, next.Offset+1
		}
		if last {
			j.Count(countBadMembers, int64(r.members.Invalid))
		}
		return setPlace(j, next)
	})
	if err != nil {
		return err
	}
	others.spread(w.t.dispatcher)
	w.t.dispatcher.poke()
	return nil
}

// members makes memberships of a group of those that the application has.
func (im *importer) members(f *filling, legacyIDs []string) error {
	var group, next *store.Record
	if f.Version == 0 || !im.job.DryRun {
		var err error
		group, err = im.tx.Load(store.Group, f.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && group.Desired.Deleted {
			return nil // somebody has deleted it meanwhile
		}
		if err != nil {
			return err
		}
		if f.Version != group.Desired.Version {
			f.Version = 0 // somebody else says by now who is in it
		}
	}
	changed := false
	if group != nil {
		next = group.Clone()
		next.Desired.Version++
		next.Modified = im.now()
	}
	for _, legacyID := range legacyIDs {
		id, err := im.member(legacyID)
		if err != nil {
			return err
		}
		if id == "" {
			if err := im.memberNote(itemUnresolved, f, legacyID, "no user is linked with the account"); err != nil {
				return err
			}
			continue
		}
		if group == nil { // a dry run of a group that would be made
			im.job.Count(countMembers, 1)
			continue
		}
		put, err := im.edge(f, next, id, legacyID)
		if err != nil {
			return err
		}
		changed = changed || put
	}
	if !changed || im.job.DryRun {
		return nil
	}
	keepSent(next, group.Target())
	if next.Attempt == nil {
		im.t.dispatcher.plan(im.t, next, im.now())
	}
	if f.Version != 0 {
		f.Version = next.Desired.Version
	}
	return im.others.keep(im.t.dispatcher, im.tx, group, next)
}

// member returns the user that an account is linked with, "" for nobody.
func (im *importer) member(legacyID string) (string, error) {
	id, err := im.tx.LinkedTo(store.User, legacyID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if im.rehearsal != nil {
			return im.rehearsal.accounts[rehearsed{typ: store.User, name: legacyID}], nil
		}
		return "", nil
	case err != nil:
		return "", err
	}
	if _, err := im.tx.Get(store.User, id); errors.Is(err, store.ErrNotFound) {
		return "", nil // deleted
	} else if err != nil {
		return "", err
	}
	return id, nil
}

// edge says of one membership that the application has it, and makes it one where the group is the import's own. It
// reports whether the group has changed by that.
func (im *importer) edge(f *filling, group *store.Record, id, legacyID string) (changed bool, err error) {
	have, err := im.tx.Edge(group.ID, id)
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing {
		return false, err
	}
	switch {
	case missing && f.Version == 0:
		return false, im.memberNote(itemExtra, f, legacyID, "the identity provider has not put them into the group; nothing was changed")
	case !missing && !live(group, have):
		return false, im.memberNote(itemExtra, f, legacyID, "the identity provider has taken them out of the group")
	}
	im.job.Count(countMembers, 1)
	if im.job.DryRun || !missing && have.Applied && !have.Unsure {
		return false, nil
	}
	next := have
	if missing {
		next = store.Edge{
			Group: group.ID, Member: id, Type: store.User, Epoch: group.Epoch, Version: group.Desired.Version, Desired: true,
			Silent: im.t.connector(store.Group) == nil,
		}
	}
	next.Applied, next.Unsure, next.Waiting = true, false, false
	return true, im.tx.PutEdge(have, next)
}

func (im *importer) memberNote(kind string, f *filling, legacyID, reason string) error {
	return im.tx.AddJobItem(im.job, store.JobItem{
		Kind: kind, ResourceType: store.Group, ResourceID: im.shown(f.ID), LegacyID: legacyID, Name: "member of " + f.LegacyID, Reason: reason,
	})
}

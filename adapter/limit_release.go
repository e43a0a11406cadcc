package adapter

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// letGo is what the record becomes when the deprovision limit lets a change go on of which more has been asked than that: the
// person loses their access, and the rest waits. It is nil where nothing more is left to ask.
func (t *Tenant) letGo(rec *store.Record, a *store.Approval) (*store.Record, error) {
	if !a.Limit || !a.Asked || (rec.Desired.Deleted && !t.cfg.HoldRevocations) {
		return nil, nil //nolint:nilnil // as documented
	}
	next := rec.Clone()
	if t.cfg.HoldRevocations {
		return next, nil // then all of it waits
	}
	doc, err := withActive(rec.Hold.Base.Doc, false)
	if err != nil || bytes.Equal(doc, rec.Desired.Doc) {
		return nil, err
	}
	next.Hold.Base = store.State{Version: rec.Desired.Version + 1, Doc: doc, Lifecycle: rec.Desired.Lifecycle}
	next.Desired.Version += 2
	return next, nil
}

// keepAsking stores what letGo made of a record, and that the approval waits for what a rule or a policy has asked.
func (t *Tenant) keepAsking(tx *store.Tx, rec, next *store.Record, a *store.Approval, out *verdictOn, now time.Time) (err error) {
	a.State, a.Decided, a.DecidedBy, a.Comment, a.Votes = store.ApprovalPending, time.Time{}, "", "", nil
	a.Limit, a.Version, a.Before, a.Updated = false, next.Desired.Version, next.Hold.Base.Shown(), now
	if t.cfg.HoldExpiry > 0 {
		a.Expires = now.Add(t.cfg.HoldExpiry)
	}
	if err := tx.PutApproval(a); err != nil {
		return err
	}
	keepSent(next, rec.Target())
	if next.Attempt == nil {
		t.dispatcher.plan(t, next, now)
	}
	urgeRevoked(rec, next, now)
	if _, out.delta, err = t.dispatcher.keep(tx, rec, next); err != nil {
		return err
	}
	out.next = next
	return t.notifyWaiting(tx, a, true)
}

// Release is an answer to all changes that the deprovision limit holds.
type Release struct {
	By      string // who answers, as the operator names them
	Comment string // told to the IdP where the change is discarded
	Discard bool   // takes the changes back, so that the people stay; otherwise they are let through
	DryRun  bool   // only counts
}

// Released is what came of a Release.
type Released struct {
	Waiting int  `json:"waiting"`           // how many were held when it began
	Done    int  `json:"done"`              // how many are let through or taken back
	Asking  int  `json:"asking,omitempty"`  // of those let through, how many wait for what a rule or a policy asks besides
	Voted   int  `json:"voted,omitempty"`   // how many wait for another person's word
	Skipped int  `json:"skipped,omitempty"` // how many were answered or withdrawn meanwhile
	Refused int  `json:"refused,omitempty"` // for how many this person's word does not count
	Discard bool `json:"discard,omitempty"`
	DryRun  bool `json:"dry_run,omitempty"`
}

// Release answers, in the order in which they came, all changes that the deprovision limit holds when it is called. Each is a
// transaction of its own: what an end of ctx or of the process leaves is there for the next call. progress is told now and
// then how many are done of how many; nil tells nobody.
func (t *Tenant) Release(ctx context.Context, r Release, progress func(done, total int)) (Released, error) {
	out := Released{Discard: r.Discard, DryRun: r.DryRun}
	last := ""
	err := t.view(ctx, func(tx *store.Tx) error {
		d, err := tx.Deprovisions()
		if out.Waiting = d.Held; err != nil {
			return err
		}
		last, err = tx.LastLimited()
		return err
	})
	if err != nil || r.DryRun || last == "" {
		return out, err
	}
	state := store.ApprovalApproved
	if r.Discard {
		state = store.ApprovalRejected
	}
	for after, done := "", 0; ; {
		ids, err := t.limitedIDs(ctx, after, last)
		if err != nil || len(ids) == 0 {
			return out, err
		}
		for _, id := range ids {
			a, err := t.answer(ctx, Answer{ID: id, By: r.By, Comment: r.Comment, release: true}, state)
			switch {
			case errors.Is(err, ErrFourEyes):
				out.Refused++
			case errors.Is(err, ErrApprovalDecided), errors.Is(err, ErrApprovalMoved), errors.Is(err, ErrNoApproval):
				out.Skipped++
			case err != nil:
				return out, err
			case a.State != store.ApprovalPending:
				out.Done++
			case a.Limit:
				out.Voted++
			default:
				out.Done++
				out.Asking++
			}
			if done++; progress != nil {
				progress(done, max(out.Waiting, done))
			}
		}
		after = ids[len(ids)-1]
	}
}

// limitedIDs are some of the approvals behind one and up to another that the limit has asked for.
func (t *Tenant) limitedIDs(ctx context.Context, after, last string) (ids []string, err error) {
	err = t.view(ctx, func(tx *store.Tx) error {
		ids = ids[:0]
		return tx.LimitedIDs(after, func(id string) bool {
			if id > last || len(ids) == maxExpiries {
				return false
			}
			ids = append(ids, id)
			return true
		})
	})
	return ids, err
}

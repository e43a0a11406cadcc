package adapter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

var (
	// ErrNoApproval means that the tenant has no approval of that id.
	ErrNoApproval = errors.New("no such approval")
	// ErrApprovalMoved means that the change is no longer the one that the approver looked at.
	ErrApprovalMoved = errors.New("the change has moved since it was looked at")
	// ErrApprovalDecided means that the approval does not wait for an answer any more.
	ErrApprovalDecided = errors.New("the approval has been decided")
)

// Approvals lists the tenant's approvals, oldest first: those that wait, or with all set every one.
func (t *Tenant) Approvals(ctx context.Context, all bool) ([]*store.Approval, error) {
	var list []*store.Approval
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		list = list[:0]
		return tx.Approvals(all, func(a *store.Approval) bool {
			list = append(list, a)
			return true
		})
	})
	return list, err
}

// Answer is an approver's word on an approval.
type Answer struct {
	ID      string
	Version uint64 // the version that was looked at; 0 takes the one that waits now
	By      string // who answers, as the operator names them
	Comment string // told to the IdP with a rejection
}

// Approve lets a held change go to the application.
func (t *Tenant) Approve(ctx context.Context, a Answer) (*store.Approval, error) {
	return t.answer(ctx, a, store.ApprovalApproved)
}

// Reject takes a held change back: desired is again what it was before the change. The same change is denied from
// then on, until the approval is approved after all.
func (t *Tenant) Reject(ctx context.Context, a Answer) (*store.Approval, error) {
	return t.answer(ctx, a, store.ApprovalRejected)
}

func (t *Tenant) answer(ctx context.Context, ans Answer, state store.ApprovalState) (*store.Approval, error) {
	var out *store.Approval
	var next *store.Record
	var delta int64
	err := t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		next, delta = nil, 0
		a, err := tx.Approval(ans.ID)
		if errors.Is(err, store.ErrNotFound) {
			return ErrNoApproval
		}
		if err != nil {
			return err
		}
		out = a
		now := t.engine.now()
		reopened := a.State == store.ApprovalRejected && state == store.ApprovalApproved
		if a.State != store.ApprovalPending && !reopened {
			return fmt.Errorf("%w: it is %s", ErrApprovalDecided, a.State)
		}
		if ans.Version != 0 && ans.Version != a.Version {
			return fmt.Errorf("%w: it is at version %d, not %d", ErrApprovalMoved, a.Version, ans.Version)
		}
		a.State, a.Decided, a.DecidedBy, a.Comment = state, now, ans.By, ans.Comment
		if err := tx.PutApproval(a); err != nil || reopened {
			return err // reopened: the change is gone; it is no longer denied when it comes again
		}
		rec, err := tx.Load(a.ResourceType, a.ResourceID)
		if err != nil {
			return fmt.Errorf("the resource of approval %s: %w", a.ID, err)
		}
		if rec.Hold == nil || rec.Hold.ID != a.ID {
			return fmt.Errorf("%w: the resource does not wait for it", ErrApprovalMoved)
		}
		next = rec.Clone()
		if err := release(tx, next, a, now); err != nil {
			return err
		}
		if err := answerEdges(tx, next, state); err != nil {
			return err
		}
		keepSent(next, rec.Target())
		if next.Attempt == nil && next.Desired.Doc != nil {
			t.dispatcher.plan(t, next, now)
		}
		_, delta, err = t.dispatcher.keep(tx, rec, next)
		return err
	})
	if err != nil {
		return nil, err
	}
	if next != nil {
		t.dispatcher.tidy(next)
		t.dispatcher.moved(next, delta)
		t.dispatcher.poke()
	}
	return out, nil
}

// release ends a record's hold: it writes the answer to the operations that waited for it, and with a rejection takes
// desired back.
func release(tx *store.Tx, rec *store.Record, a *store.Approval, now time.Time) error {
	upTo, back := rec.Desired.Version, rec.Hold.Base
	rec.Hold = nil
	if a.State == store.ApprovalApproved {
		rec.SecretHeld = false
		return conclude(tx, rec, upTo, store.Held, func(op *store.Operation) { op.Outcome = store.Pending })
	}
	if rec.SecretHeld {
		forgetPassword(rec)
	}
	back.Version = upTo + 1
	rec.Desired, rec.Modified = back, now
	return conclude(tx, rec, upTo, store.Held, func(op *store.Operation) {
		op.Outcome, op.Finished, op.Detail = store.Rejected, now, a.Comment
	})
}

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
	// ErrApprovalExpired means that nobody answered in time. It is an ErrApprovalDecided.
	ErrApprovalExpired = fmt.Errorf("%w: it has expired", ErrApprovalDecided)
)

// Approvals lists the tenant's approvals, oldest first: those that wait, or with all set every one.
func (t *Tenant) Approvals(ctx context.Context, all bool) ([]*store.Approval, error) {
	t.overdue(ctx)
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

// answer carries an answer out, or that none came in time: the state is then ApprovalExpired.
func (t *Tenant) answer(ctx context.Context, ans Answer, state store.ApprovalState) (*store.Approval, error) {
	var out *store.Approval
	var next *store.Record
	var delta int64
	var late bool
	err := t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		next, delta, late = nil, 0, false
		a, err := tx.Approval(ans.ID)
		if errors.Is(err, store.ErrNotFound) {
			return ErrNoApproval
		}
		if err != nil {
			return err
		}
		out = a
		now := t.engine.now()
		late = a.Due(now)
		reopened := a.State == store.ApprovalRejected && state == store.ApprovalApproved
		switch {
		case late:
			a.State, a.Decided = store.ApprovalExpired, now
		case a.State == store.ApprovalExpired:
			return ErrApprovalExpired
		case a.State != store.ApprovalPending && !reopened, state == store.ApprovalExpired:
			return fmt.Errorf("%w: it is %s", ErrApprovalDecided, a.State)
		case ans.Version != 0 && ans.Version != a.Version:
			return fmt.Errorf("%w: it is at version %d, not %d", ErrApprovalMoved, a.Version, ans.Version)
		default:
			a.State, a.Decided, a.DecidedBy, a.Comment = state, now, ans.By, ans.Comment
		}
		if err := tx.PutApproval(a); err != nil || reopened {
			return err // reopened: the change is gone; it is no longer denied when it comes again
		}
		rec, err := tx.Load(a.ResourceType, a.ResourceID)
		if late && errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the resource of approval %s: %w", a.ID, err)
		}
		if rec.Hold == nil || rec.Hold.ID != a.ID {
			if late {
				return nil
			}
			return fmt.Errorf("%w: the resource does not wait for it", ErrApprovalMoved)
		}
		next, delta, err = t.endHold(tx, rec, a, now)
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
	if late && state != store.ApprovalExpired {
		return nil, ErrApprovalExpired
	}
	return out, nil
}

// endHold stores what the answer to an approval makes of the record that waits for it.
func (t *Tenant) endHold(tx *store.Tx, rec *store.Record, a *store.Approval, now time.Time) (next *store.Record, delta int64, err error) {
	next = rec.Clone()
	if err := release(tx, next, a, now); err != nil {
		return nil, 0, err
	}
	if err := answerEdges(tx, next, a.State); err != nil {
		return nil, 0, err
	}
	keepSent(next, rec.Target())
	if next.Attempt == nil && next.Desired.Doc != nil {
		t.dispatcher.plan(t, next, now)
	}
	_, delta, err = t.dispatcher.keep(tx, rec, next)
	return next, delta, err
}

// release ends a record's hold: it writes the answer to the operations that waited for it, and but for an approval takes
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
	detail := a.Comment
	if a.State == store.ApprovalExpired {
		detail = expiredDetail
	}
	return conclude(tx, rec, upTo, store.Held, func(op *store.Operation) {
		op.Outcome, op.Finished, op.Detail = store.Rejected, now, detail
	})
}

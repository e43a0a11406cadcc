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
	// ErrFourEyes means that this person's word does not count, as the tenant wants that of others. See TenantConfig.FourEyes.
	ErrFourEyes = errors.New("it needs the word of somebody else")
	// ErrApprovalExpired means that nobody answered in time. It is an ErrApprovalDecided.
	ErrApprovalExpired = fmt.Errorf("%w: it has expired", ErrApprovalDecided)
)

// Answer is an approver's word on an approval.
type Answer struct {
	ID      string
	Version uint64 // the version that was looked at; 0 takes the one that waits now
	By      string // who answers, as the operator names them
	Comment string // told to the IdP with a rejection
	release bool   // answers the deprovision limit's question alone
}

// Approve lets a held change go to the application, or counts one person's word for it: where several have to approve, the
// approval goes on waiting until they have.
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
	var out *verdictOn
	err := t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
		out, err = t.answerIn(tx, ans, state)
		return err
	})
	if err != nil {
		return nil, err
	}
	t.carryOut(out)
	if out.late && state != store.ApprovalExpired {
		return nil, ErrApprovalExpired
	}
	return out.approval, nil
}

// verdictOn is what the answer to an approval has come to in a transaction.
type verdictOn struct {
	approval *store.Approval
	next     *store.Record // nil where the resource stays as it is
	delta    int64         // by how much the backlog grows
	late     bool          // the answer came too late
	limited  bool          // the deprovision limit had asked
}

// carryOut tells the dispatcher of an answer that is stored.
func (t *Tenant) carryOut(v *verdictOn) {
	if v.next != nil {
		t.dispatcher.tidy(v.next)
		t.dispatcher.moved(v.next, v.delta)
		t.dispatcher.poke()
	}
	if v.limited {
		t.dispatcher.expiries.poke()
	}
}

func (t *Tenant) answerIn(tx *store.Tx, ans Answer, state store.ApprovalState) (*verdictOn, error) {
	a, err := tx.Approval(ans.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoApproval
	}
	if err != nil {
		return nil, err
	}
	now := t.engine.now()
	out := &verdictOn{approval: a, late: a.Due(now), limited: a.Limit}
	reopened := a.State == store.ApprovalRejected && state == store.ApprovalApproved
	switch {
	case out.late:
		a.State, a.Decided, a.Votes = store.ApprovalExpired, now, nil
	case a.State == store.ApprovalExpired:
		return nil, ErrApprovalExpired
	case a.State != store.ApprovalPending && !reopened, state == store.ApprovalExpired:
		return nil, fmt.Errorf("%w: it is %s", ErrApprovalDecided, a.State)
	case ans.Version != 0 && ans.Version != a.Version:
		return nil, fmt.Errorf("%w: it is at version %d, not %d", ErrApprovalMoved, a.Version, ans.Version)
	case state == store.ApprovalApproved:
		if enough, err := t.endorse(a, ans, now); err != nil {
			return nil, err
		} else if !enough && !reopened {
			return out, tx.PutApproval(a)
		}
		fallthrough
	default:
		a.State, a.Decided, a.DecidedBy, a.Comment = state, now, ans.By, ans.Comment
	}
	if reopened {
		// The change is gone. It is not denied any more when it comes again, and asked anew.
		a.Reopened = true
		return out, t.putAnswered(tx, a)
	}
	rec, err := tx.Load(a.ResourceType, a.ResourceID)
	switch waits := err == nil && rec.Hold != nil && rec.Hold.ID == a.ID; {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("the resource of approval %s: %w", a.ID, err)
	case !waits && out.late:
		return out, t.putAnswered(tx, a)
	case !waits:
		return nil, fmt.Errorf("%w: the resource does not wait for it", ErrApprovalMoved)
	}
	if ans.release && a.State == store.ApprovalApproved {
		if part, err := t.letGo(rec, a); err != nil {
			return nil, err
		} else if part != nil {
			return out, t.keepAsking(tx, rec, part, a, out, now)
		}
	}
	if err := t.putAnswered(tx, a); err != nil {
		return nil, err
	}
	out.next, out.delta, err = t.endHold(tx, rec, a, now)
	return out, err
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
	urgeRevoked(rec, next, now)
	_, delta, err = t.dispatcher.keep(tx, rec, next)
	return next, delta, err
}

// urgeRevoked puts a user into the first lane whom the end of a wait takes access away from, as the change would have done had
// it not waited.
func urgeRevoked(prev, next *store.Record, now time.Time) {
	was, is := prev.Target(), next.Target()
	if next.Type != store.User || !was.Present() || !active(was.Doc) || (is.Present() && active(is.Doc)) {
		return
	}
	if unpark(prev, next, now); next.Dirty() {
		urge(next, now)
	}
}

// release ends a record's hold: it writes the answer to the operations that waited for it, and but for an approval takes
// desired back.
func release(tx *store.Tx, rec *store.Record, a *store.Approval, now time.Time) error {
	upTo, back := rec.Desired.Version, rec.Hold.Base
	rec.Hold = nil
	if a.State == store.ApprovalApproved {
		rec.SecretHeld = false
		return conclude(tx, rec, upTo, store.Held, func(op *store.Operation) {
			op.Outcome, op.Released = store.Pending, now
		})
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

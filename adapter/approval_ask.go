package adapter

import (
	"bytes"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// holdOrRelease brings the approval in step with the record's hold: asks, asks anew, or withdraws the question.
func (t *Tenant) holdOrRelease(tx *store.Tx, c *change, cur, next *store.Record, op *store.Operation, others *ripple) error {
	if next.Hold != nil {
		return t.ask(tx, c, cur, next, op, others)
	}
	if cur == nil || cur.Hold == nil {
		return nil
	}
	a, err := tx.Approval(cur.Hold.ID)
	if err != nil {
		return err
	}
	a.State, a.Decided = store.ApprovalWithdrawn, op.Time
	others.limit = a.Limit
	if err := t.putAnswered(tx, a); err != nil {
		return err
	}
	return conclude(tx, next, cur.Desired.Version, store.Held, func(held *store.Operation) {
		held.Outcome, held.Finished = store.Superseded, op.Time
	})
}

// ask files the question whether a change may go on, or brings the one in step that it merges into. Whoever has approved
// that has to look again.
func (t *Tenant) ask(tx *store.Tx, c *change, cur, next *store.Record, op *store.Operation, others *ripple) error {
	expires, err := t.expiry(tx, c, cur, op.Time)
	if err != nil {
		return err
	}
	others.expires, others.limit = expires, c.limited
	a := &store.Approval{
		ID: next.Hold.ID, State: store.ApprovalPending, ResourceType: c.kind.Type, ResourceID: next.ID, Version: next.Desired.Version,
		Operation: string(c.operation), Title: c.title, Reason: c.reason, Change: c.print, Created: op.Time, Expires: expires,
		Before: next.Hold.Base.Shown(), After: next.Desired.Shown(), Members: c.waiting, Password: next.SecretHeld,
		Limit: c.limited, Asked: !c.limited || c.asks,
	}
	if cur != nil && cur.Hold != nil {
		was, err := tx.Approval(a.ID)
		if err != nil {
			return err
		}
		a.Created, a.Updated, a.Requests, a.Askers = was.Created, op.Time, was.Requests, was.Askers
		others.limit = others.limit || was.Limit
	}
	a.Ask(store.ApprovalRequest{Operation: op.ID, Connection: op.Connection, Token: op.Token, By: c.caller.By, Time: op.Time})
	if err := tx.PutApproval(a); err != nil {
		return err
	}
	if c.limited {
		return t.tripped(tx)
	}
	return t.notifyWaiting(tx, a, !a.Updated.IsZero())
}

// lookAgain brings the approval that a record waits for in step after the state below the held change has moved: the
// approver has to look again.
func (t *Tenant) lookAgain(tx *store.Tx, rec *store.Record) error {
	if rec.Hold == nil {
		return nil
	}
	a, err := tx.Approval(rec.Hold.ID)
	if err != nil {
		return err
	}
	before := rec.Hold.Base.Shown()
	moved := !bytes.Equal(a.Before, before)
	a.Version, a.Before, a.Votes = rec.Desired.Version, before, nil
	if err := tx.PutApproval(a); err != nil || !moved || !a.Asked {
		return err // of who leaves a group while its change waits nobody need be told each time
	}
	return t.notifyWaiting(tx, a, true)
}

// approvalNotice is what a notice says of an approval: what somebody needs to know to answer it, and no documents.
type approvalNotice struct {
	ID           string              `json:"id"`
	State        store.ApprovalState `json:"state"`
	ResourceType store.Type          `json:"resource_type"`
	ResourceID   string              `json:"resource_id"`
	Version      uint64              `json:"version"`
	Operation    abi.Operation       `json:"operation"`
	Title        string              `json:"title"`
	Reason       string              `json:"reason,omitempty"`
	Connections  []string            `json:"connections,omitempty"` // those that asked
	Moved        bool                `json:"moved,omitempty"`       // it is another question than the one before
	Approved     int                 `json:"approved,omitempty"`    // how many persons have
	Needed       int                 `json:"needed"`                // how many have to
	Expires      time.Time           `json:"expires,omitzero"`
	DecidedBy    string              `json:"decided_by,omitempty"`
	Comment      string              `json:"comment,omitempty"`
}

func (t *Tenant) noticeOf(a *store.Approval) approvalNotice {
	return approvalNotice{
		ID: a.ID, State: a.State, ResourceType: a.ResourceType, ResourceID: a.ResourceID, Version: a.Version,
		Operation: abi.Operation(a.Operation), Title: a.Title, Reason: a.Reason, Connections: a.Connections(), Approved: len(a.Votes),
		Needed: t.Approvers(), Expires: a.Expires, DecidedBy: a.DecidedBy, Comment: a.Comment,
	}
}

// notifyWaiting tells that somebody has to answer. What the deprovision limit alone holds has an alarm that says so once.
func (t *Tenant) notifyWaiting(tx *store.Tx, a *store.Approval, moved bool) error {
	notice := t.noticeOf(a)
	notice.Moved = moved
	return t.notify(tx, NoticeApprovalWaiting, a.ID, notice)
}

// putAnswered stores an approval that does not wait any more, and tells whoever was told that it does.
func (t *Tenant) putAnswered(tx *store.Tx, a *store.Approval) error {
	if err := tx.PutApproval(a); err != nil || !a.Asked {
		return err
	}
	return t.notify(tx, NoticeApprovalAnswered, a.ID, t.noticeOf(a))
}

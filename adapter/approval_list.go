package adapter

import (
	"context"
	"errors"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

const (
	// MaxApprovals bounds how many approvals a list has.
	MaxApprovals = 1000
	// maxApprovalsSize is about how many bytes of documents a list has.
	maxApprovalsSize = 8 << 20
)

// ApprovalQuery says which approvals are listed: those that wait, oldest first.
type ApprovalQuery struct {
	All     bool   // those that have an answer, too
	Limited bool   // of those that wait the ones alone that the deprovision limit holds
	After   string // those behind this one; "" for the first
	Limit   int    // at most so many; 0 for MaxApprovals
}

// ListApprovals lists approvals. Where there are more than a list has, next is what the next one begins after.
func (t *Tenant) ListApprovals(ctx context.Context, q ApprovalQuery) (list []*store.Approval, next string, err error) {
	t.overdue(ctx)
	most := MaxApprovals
	if q.Limit > 0 {
		most = min(q.Limit, most)
	}
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		list, next = list[:0], ""
		size := 0
		add := func(a *store.Approval) bool {
			if size += len(a.Before) + len(a.After); len(list) > 0 && (len(list) == most || size > maxApprovalsSize) {
				next = list[len(list)-1].ID
				return false
			}
			list = append(list, a)
			return true
		}
		if q.Limited {
			return tx.Limited(q.After, add)
		}
		return tx.Approvals(q.All, q.After, add)
	})
	return list, next, err
}

// Approvals lists all of the tenant's approvals that wait, or with all set every one, oldest first.
func (t *Tenant) Approvals(ctx context.Context, all bool) (list []*store.Approval, err error) {
	for q := (ApprovalQuery{All: all}); ; {
		part, next, err := t.ListApprovals(ctx, q)
		if list = append(list, part...); err != nil || next == "" {
			return list, err
		}
		q.After = next
	}
}

// Approval returns one approval, or ErrNoApproval.
func (t *Tenant) Approval(ctx context.Context, id string) (a *store.Approval, err error) {
	t.overdue(ctx)
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		a, err = tx.Approval(id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = ErrNoApproval
	}
	return a, err
}

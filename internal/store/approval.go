package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// ApprovalState is where an approval stands.
type ApprovalState string

// The states of an approval.
const (
	ApprovalPending   ApprovalState = "pending"   // someone has to decide
	ApprovalApproved  ApprovalState = "approved"  // the change went on its way
	ApprovalRejected  ApprovalState = "rejected"  // desired went back; the same change is denied from now on
	ApprovalWithdrawn ApprovalState = "withdrawn" // a later change made the question void
	ApprovalExpired   ApprovalState = "expired"   // nobody answered in time; desired went back, and the same change is asked anew
)

// Approval is the question whether a held change may go to the application, and its answer.
type Approval struct {
	ID           string          `json:"id"`
	State        ApprovalState   `json:"state"`
	ResourceType Type            `json:"resource_type"`
	ResourceID   string          `json:"resource_id"`
	Version      uint64          `json:"version"`          // the desired version in question; an approval names it
	Operation    string          `json:"operation"`        // create, update or delete
	Title        string          `json:"title"`            // what waits, in one line
	Reason       string          `json:"reason,omitempty"` // why it waits
	Before       json.RawMessage `json:"before,omitempty"` // the document that may be delivered without the approval
	After        json.RawMessage `json:"after,omitempty"`  // the document that waits
	// Members is what the change does to the members of a group; where several wait together, all of them.
	Members *abi.MemberChange `json:"members,omitempty"`
	Change  string            `json:"change"` // fingerprint of the change: the same one sent again has the same
	Created time.Time         `json:"created"`
	// Expires is when it counts as rejected if nobody has answered by then; zero for never.
	Expires   time.Time `json:"expires,omitzero"`
	Decided   time.Time `json:"decided,omitzero"`
	DecidedBy string    `json:"decided_by,omitempty"`
	Comment   string    `json:"comment,omitempty"` // the approver's words; a rejection's are told to the IdP
}

// Due reports whether the approval waits for an answer that comes too late at now.
func (a *Approval) Due(now time.Time) bool {
	return a.State == ApprovalPending && !a.Expires.IsZero() && !now.Before(a.Expires)
}

// PutApproval stores an approval and keeps the list of pending ones, of those that expire and of rejected changes in step
// with it.
func (tx *Tx) PutApproval(a *Approval) error {
	if err := errors.Join(tx.fileExpiry(a), tx.noteAnswer(a)); err != nil {
		return err
	}
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode approval %s: %w", a.ID, err)
	}
	if err := tx.kv.Set(tx.key(tableApprovals).String(a.ID), b); err != nil {
		return err
	}
	pending := tx.key(tablePending).String(a.ID)
	if a.State == ApprovalPending {
		return tx.kv.Set(pending, nil)
	}
	if err := tx.kv.Delete(pending); err != nil {
		return err
	}
	rejected := tx.key(tableRejected).String(a.Change)
	if a.State == ApprovalRejected {
		return tx.kv.Set(rejected, []byte(a.ID))
	}
	by, err := tx.get(rejected)
	if errors.Is(err, ErrNotFound) || (err == nil && string(by) != a.ID) {
		return nil // it was not this one that rejected the change
	}
	return errors.Join(err, tx.kv.Delete(rejected))
}

// Approval returns one approval, or ErrNotFound.
func (tx *Tx) Approval(id string) (*Approval, error) {
	b, err := tx.get(tx.key(tableApprovals).String(id))
	if err != nil {
		return nil, err
	}
	a := new(Approval)
	if err := json.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("approval %s: %w: %w", id, errCorrupt, err)
	}
	return a, nil
}

// RejectedChange returns the approval that rejected this very change before, or ErrNotFound.
func (tx *Tx) RejectedChange(change string) (*Approval, error) {
	id, err := tx.get(tx.key(tableRejected).String(change))
	if err != nil {
		return nil, err
	}
	return tx.Approval(string(id))
}

// Approvals calls fn for the approvals, oldest first, until fn returns false: the pending ones, or all.
func (tx *Tx) Approvals(all bool, fn func(*Approval) bool) error {
	table := tablePending
	if all {
		table = tableApprovals
	}
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(table)), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		id, err := lastString(entry.Key, 1)
		if err != nil {
			return err
		}
		a, err := tx.Approval(id)
		if err != nil {
			return err
		}
		if !fn(a) {
			return nil
		}
	}
	return nil
}

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	Members  *abi.MemberChange `json:"members,omitempty"`
	Password bool              `json:"password,omitempty"` // the change sets a password
	Change   string            `json:"change"`             // fingerprint of the change: the same one sent again has the same
	// Limit means that the tenant's deprovision limit holds the change.
	Limit bool `json:"limit,omitempty"`
	// Asked means that a rule or a policy asks for the approval, beside the limit.
	Asked bool `json:"asked,omitempty"`
	// Requests says who asked: the changes that wait together, oldest first, the newest MaxRequests of them.
	Requests []ApprovalRequest `json:"requests,omitempty"`
	// Askers are all who made a token that asked, each once.
	Askers []string `json:"askers,omitempty"`
	// Votes are those who have approved this version, where more than one person has to.
	Votes   []Vote    `json:"votes,omitempty"`
	Created time.Time `json:"created"`          // when the first change was held that waits
	Updated time.Time `json:"updated,omitzero"` // when the last one merged into it; zero for none
	// Expires is when it counts as rejected if nobody has answered by then; zero for never.
	Expires   time.Time `json:"expires,omitzero"`
	Decided   time.Time `json:"decided,omitzero"`
	DecidedBy string    `json:"decided_by,omitempty"`
	Reopened  bool      `json:"reopened,omitempty"` // approved after a rejection: the same change is asked anew when it comes again
	Comment   string    `json:"comment,omitempty"`  // the approver's words; a rejection's are told to the IdP
}

// MaxRequests is how many requests an approval names.
const MaxRequests = 20

// ApprovalRequest is one change that waits for an approval, by whoever asked for it.
type ApprovalRequest struct {
	Operation  string    `json:"operation"` // the journal's entry
	Connection string    `json:"connection"`
	Token      string    `json:"token,omitempty"` // the id of the token used
	By         string    `json:"by,omitempty"`    // who made the token, as far as that is known
	Time       time.Time `json:"time"`
}

// Vote is one person's word for a change that several have to approve.
type Vote struct {
	By      string    `json:"by"`
	Comment string    `json:"comment,omitempty"`
	Time    time.Time `json:"time"`
}

// Ask notes a request.
func (a *Approval) Ask(r ApprovalRequest) {
	if r.By != "" && !slices.Contains(a.Askers, r.By) {
		a.Askers = append(a.Askers, r.By)
	}
	if a.Requests = append(a.Requests, r); len(a.Requests) > MaxRequests {
		a.Requests = a.Requests[len(a.Requests)-MaxRequests:]
	}
}

// Connections are those that asked, each once.
func (a *Approval) Connections() []string {
	var out []string
	for _, r := range a.Requests {
		if !slices.Contains(out, r.Connection) {
			out = append(out, r.Connection)
		}
	}
	return out
}

// Due reports whether the approval waits for an answer that comes too late at now.
func (a *Approval) Due(now time.Time) bool {
	return a.State == ApprovalPending && !a.Expires.IsZero() && !now.Before(a.Expires)
}

// PutApproval stores an approval and keeps the list of pending ones, of those that expire, of those that the limit holds
// and of rejected changes in step with it.
func (tx *Tx) PutApproval(a *Approval) error {
	prev, err := tx.Approval(a.ID)
	if errors.Is(err, ErrNotFound) {
		prev, err = new(Approval), nil
	}
	if err != nil {
		return err
	}
	if err := errors.Join(tx.fileExpiry(prev, a), tx.fileLimit(prev, a), tx.noteAnswer(prev, a)); err != nil {
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

// Approvals calls fn for the approvals behind an id (empty: from the first), oldest first, until fn returns false: the
// pending ones, or all.
func (tx *Tx) Approvals(all bool, after string, fn func(*Approval) bool) error {
	table := tablePending
	if all {
		table = tableApprovals
	}
	return tx.approvals(table, after, fn)
}

func (tx *Tx) approvals(table kv.Table, after string, fn func(*Approval) bool) error {
	var stop error
	err := tx.ends(behind(tx.key(table), after), false, 1, func(id string) bool {
		a, err := tx.Approval(id)
		if stop = err; err != nil {
			return false
		}
		return fn(a)
	})
	return errors.Join(err, stop)
}

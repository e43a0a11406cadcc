package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Outcome is what became of an operation.
type Outcome string

// The outcomes. Pending and Held are the only ones that can still change.
const (
	Pending    Outcome = "pending"    // stored, on its way to the application
	Held       Outcome = "held"       // stored, waits for an approval
	Done       Outcome = "applied"    // the application has it
	Refused    Outcome = "refused"    // the application would not have it; desired went back
	Denied     Outcome = "denied"     // a policy or a rule said no; nothing was stored
	Rejected   Outcome = "rejected"   // an approver said no; desired went back
	Superseded Outcome = "superseded" // a later change took its place while it was held
)

// Operation is one write that a client asked for, as the tenant's journal keeps it.
type Operation struct {
	ID            string      `json:"id"`                       // UUIDv7
	Time          time.Time   `json:"time"`                     // when it was decided
	Connection    string      `json:"connection"`               // the connection it came by
	Token         string      `json:"token,omitempty"`          // the id of the token used
	Operation     string      `json:"operation"`                // create, update or delete
	Method        string      `json:"method,omitempty"`         // POST, PUT, PATCH or DELETE
	Async         bool        `json:"async,omitempty"`          // the client asked not to wait for it
	ResourceType  Type        `json:"resource_type"`            // User or Group
	ResourceID    string      `json:"resource_id,omitempty"`    // empty for a create that was denied
	Version       uint64      `json:"version,omitempty"`        // the desired version that it made
	Changed       []string    `json:"changed,omitempty"`        // the attributes that it changed, by name alone
	Verdict       abi.Verdict `json:"verdict"`                  // allow, deny or hold
	Reason        string      `json:"reason,omitempty"`         // why it was denied or held
	PolicyVersion string      `json:"policy_version,omitempty"` // SHA-256 of the policy that was asked
	Release       uint64      `json:"release,omitempty"`        // its release; 0 for a policy of the configuration
	Outcome       Outcome     `json:"outcome"`                  // what became of it
	Status        int         `json:"status,omitempty"`         // the application's status, where it refused
	Detail        string      `json:"detail,omitempty"`         // the application's or the approver's message, where one said no
	Finished      time.Time   `json:"finished,omitzero"`        // when the outcome became final
	Released      time.Time   `json:"released,omitzero"`        // when an approval has let it go on; zero where none had to
	Note          *EventNote  `json:"note,omitempty"`           // nil once the outcome is final
	Subject       string      `json:"subject,omitempty"`        // the resource's userName or displayName

	// Place and Moved say where the entry lies among those of its resource, and in the feed.
	Place uint64 `json:"place,omitempty,string"`
	Moved uint64 `json:"moved,omitempty,string"`
	// Request is what was asked for, a Request as JSON; nil for no word of it. AppendOperation stores it, and Journal reads
	// it; Operation leaves it out.
	Request json.RawMessage `json:"-"`
}

// AppendOperation writes op to the journal.
func (tx *Tx) AppendOperation(op *Operation) error {
	if op.Final() && op.ResourceType != PolicyType { // no client has asked for a policy's step, and none is told
		if err := tx.concluded(op); err != nil {
			return err
		}
	}
	if err := tx.enterOperation(op); err != nil {
		return err
	}
	if !op.versioned() {
		return nil
	}
	return tx.kv.Set(tx.versionKey(op), nil)
}

// enterOperation stores a new operation with its places.
func (tx *Tx) enterOperation(op *Operation) error {
	err := tx.enter(kindOperation, op.home(), func(stamp uint64) ([]byte, error) {
		op.Place, op.Moved = stamp, stamp
		b := make([]byte, 0, 2+len(op.ID)+len(op.Request))
		b = append(b, byte(kindOperation), byte(len(op.ID)))
		return append(append(b, op.ID...), op.Request...), nil
	})
	if err != nil {
		return err
	}
	return tx.putOperation(op)
}

// moveOperation stores an operation that has changed.
func (tx *Tx) moveOperation(op *Operation) (err error) {
	if err := tx.kv.Delete(tx.feedKey(op.Moved)); err != nil {
		return err
	}
	if op.Moved, err = tx.stamp(); err != nil {
		return err
	}
	if err := tx.announce(kindOperation, op.home(), op.Place, op.Moved); err != nil {
		return err
	}
	if op.pointed() {
		b := append([]byte{byte(kindPointer)}, op.ResourceID...)
		if err := tx.kv.Set(tx.placeKey(NameHome(op.Subject), op.Place), b); err != nil {
			return err
		}
	}
	return tx.putOperation(op)
}

// versioned reports whether an operation is found by the version that it made.
func (op *Operation) versioned() bool {
	return op.ResourceType != PolicyType && op.ResourceID != "" && op.Outcome != Denied
}

func (tx *Tx) versionKey(op *Operation) kv.Key {
	return tx.key(tableVersions).String(op.ResourceID).Uint64(op.Version).String(op.ID)
}

func (tx *Tx) putOperation(op *Operation) error {
	b, err := json.Marshal(op)
	if err != nil {
		return fmt.Errorf("encode operation %s: %w", op.ID, err)
	}
	return tx.kv.Set(tx.key(tableJournal).String(op.ID), b)
}

// Operation returns one journal entry, or ErrNotFound.
func (tx *Tx) Operation(id string) (*Operation, error) {
	b, err := tx.get(tx.key(tableJournal).String(id))
	if err != nil {
		return nil, err
	}
	op := new(Operation)
	if err := json.Unmarshal(b, op); err != nil {
		return nil, fmt.Errorf("operation %s: %w: %w", id, errCorrupt, err)
	}
	return op, nil
}

// Resolve calls end for the operations on the resource with a version in [from, to] whose outcome is the one given, and
// stores what end made of them. It returns the lowest version that is still unfinished, or 0.
func (tx *Tx) Resolve(resourceID string, from, to uint64, outcome Outcome, end func(op *Operation)) (open uint64, err error) {
	base := tx.key(tableVersions).String(resourceID)
	rng := kv.Range{From: base.Uint64(from), To: base.Uint64(to + 1)}
	for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return 0, err
		}
		dec := entry.Key.Decoder()
		_, _ = dec.String(), dec.Uint64()
		id := dec.String()
		if err := dec.Err(); err != nil {
			return 0, err
		}
		op, err := tx.Operation(id)
		if err != nil {
			return 0, err
		}
		if op.Outcome == outcome {
			end(op)
			if op.Final() {
				if err := tx.concluded(op); err != nil {
					return 0, err
				}
			}
			if err := tx.moveOperation(op); err != nil {
				return 0, err
			}
		}
		if open == 0 && !op.Final() {
			open = op.Version
		}
	}
	return open, nil
}

// Final reports whether the outcome can change no more.
func (op *Operation) Final() bool { return op.Outcome != Pending && op.Outcome != Held }

// Operations calls fn for the journal's entries, newest first, until fn returns false.
func (tx *Tx) Operations(fn func(*Operation) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableJournal)), kv.ScanOptions{Reverse: true}) {
		if err != nil {
			return err
		}
		op := new(Operation)
		if err := json.Unmarshal(entry.Value, op); err != nil {
			return fmt.Errorf("%w: %w", errCorrupt, err)
		}
		if !fn(op) {
			return nil
		}
	}
	return nil
}

package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Tables of dead letters: letter → letter; and how they are found: "r", type, resource → the open letter of it;
// "i", letter → nothing, for the open ones; "c", when it was closed, letter → nothing.
const (
	tableLetters     kv.Table = "dl"
	tableLetterIndex kv.Table = "dw"
)

const (
	lettersByResource = "r"
	lettersOpen       = "i"
	lettersClosed     = "c"
)

// LetterState is where a dead letter stands.
type LetterState string

// The states of a dead letter.
const (
	LetterOpen       LetterState = "open"       // somebody has to decide
	LetterRetried    LetterState = "retried"    // it was asked for again
	LetterDiscarded  LetterState = "discarded"  // somebody said that it is not wanted any more
	LetterSuperseded LetterState = "superseded" // the client has asked for something else since
)

// LetterMember is a membership that a dead letter is about.
type LetterMember struct {
	Member string `json:"member"` // the member's SCIM id
	Joins  bool   `json:"joins"`  // whether it was to become a member, or to be one no more
}

// DeadLetter is a change that the client was told is accepted, and that the application does not have and will not get
// by itself.
type DeadLetter struct {
	ID           string          `json:"id"` // UUIDv7
	State        LetterState     `json:"state"`
	ResourceType Type            `json:"resource_type"`
	ResourceID   string          `json:"resource_id"`
	Subject      string          `json:"subject,omitempty"`      // the resource's userName or displayName
	Connection   string          `json:"connection,omitempty"`   // that the change came by
	Operations   []string        `json:"operations,omitempty"`   // the journal's entries of it, the newest last
	Action       string          `json:"action"`                 // that the application would not carry out
	Status       int             `json:"status,omitempty"`       // the application's last answer; 0 for none
	Detail       string          `json:"detail,omitempty"`       // its message
	Attempts     int             `json:"attempts"`               // calls that failed
	First        time.Time       `json:"first"`                  // when it was asked for, as far as is known
	Last         time.Time       `json:"last"`                   // when it failed
	GivenUp      bool            `json:"given_up,omitempty"`     // it was tried until it was given up, and is still desired
	Password     bool            `json:"password,omitempty"`     // a password was part of it, which is not kept
	Deleted      bool            `json:"deleted,omitempty"`      // what was wanted: that it is gone
	Lifecycle    string          `json:"lifecycle,omitempty"`    // what a policy made of that
	Document     json.RawMessage `json:"document,omitempty"`     // what was wanted, where it is not desired any more
	Members      []LetterMember  `json:"members,omitempty"`      // the memberships that failed
	MoreMembers  int             `json:"more_members,omitempty"` // how many there were beyond those
	Closed       time.Time       `json:"closed,omitzero"`
	By           string          `json:"by,omitempty"`     // who retried or discarded it
	Reason       string          `json:"reason,omitempty"` // why it was discarded

	// Desired means that what was wanted is still what is desired, so that no document is kept of it here.
	Desired bool `json:"desired,omitempty"`
	// Left is the version and Print the digest of what was desired when it had failed, and Epoch that of a group's members:
	// what has another one has been changed since. Left is 0 for a resource that was forgotten.
	Left  uint64 `json:"left"`
	Print string `json:"print,omitempty"`
	Epoch uint64 `json:"epoch,omitempty"`
}

// PutDeadLetter stores a letter and brings the lists in step with it.
func (tx *Tx) PutDeadLetter(l *DeadLetter) error {
	b, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode dead letter %s: %w", l.ID, err)
	}
	if err := tx.kv.Set(tx.key(tableLetters).String(l.ID), b); err != nil {
		return err
	}
	index := tx.key(tableLetterIndex)
	byResource := index.String(lettersByResource).String(string(l.ResourceType)).String(l.ResourceID)
	if l.State == LetterOpen {
		return errors.Join(tx.kv.Set(byResource, []byte(l.ID)), tx.kv.Set(index.String(lettersOpen).String(l.ID), nil))
	}
	switch id, err := tx.get(byResource); {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	case string(id) == l.ID:
		if err := tx.kv.Delete(byResource); err != nil {
			return err
		}
	}
	return errors.Join(tx.kv.Delete(index.String(lettersOpen).String(l.ID)), tx.kv.Set(index.String(lettersClosed).Time(l.Closed).String(l.ID), nil))
}

// DeadLetter returns one letter, or ErrNotFound.
func (tx *Tx) DeadLetter(id string) (*DeadLetter, error) {
	b, err := tx.get(tx.key(tableLetters).String(id))
	if err != nil {
		return nil, err
	}
	l := new(DeadLetter)
	if err := json.Unmarshal(b, l); err != nil {
		return nil, fmt.Errorf("dead letter %s: %w: %w", id, errCorrupt, err)
	}
	return l, nil
}

// OpenLetter returns the open letter of a resource, or ErrNotFound.
func (tx *Tx) OpenLetter(typ Type, id string) (*DeadLetter, error) {
	b, err := tx.get(tx.key(tableLetterIndex).String(lettersByResource).String(string(typ)).String(id))
	if err != nil {
		return nil, err
	}
	return tx.DeadLetter(string(b))
}

// DeadLetters calls fn for the letters behind an id (empty: from the start), oldest first, until fn returns false: the open
// ones, or all.
func (tx *Tx) DeadLetters(all bool, after string, fn func(*DeadLetter) bool) error {
	prefix := tx.key(tableLetterIndex).String(lettersOpen)
	n := 2
	if all {
		prefix, n = tx.key(tableLetters), 1
	}
	var failed error
	err := tx.ends(behind(prefix, after), false, n, func(id string) bool {
		l, err := tx.DeadLetter(id)
		if failed = err; err != nil {
			return false
		}
		return fn(l)
	})
	return errors.Join(err, failed)
}

// HasOpenLetters reports whether there is an open letter.
func (tx *Tx) HasOpenLetters() (found bool, err error) {
	err = tx.last(tx.key(tableLetterIndex).String(lettersOpen), 2, func(string) bool {
		found = true
		return false
	})
	return found, err
}

// PruneDeadLetters forgets letters that were closed before a time, most at once, and reports whether there are more.
func (tx *Tx) PruneDeadLetters(before time.Time, most int) (more bool, err error) {
	base := tx.key(tableLetterIndex).String(lettersClosed)
	var keys []kv.Key
	var ids []string
	for entry, err := range tx.kv.Scan(kv.Range{From: base, To: base.Time(before)}, kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return false, err
		}
		if len(keys) == most {
			more = true
			break
		}
		dec := entry.Key.Decoder()
		_, _ = dec.String(), dec.Time()
		ids = append(ids, dec.String())
		if err := dec.Err(); err != nil {
			return false, err
		}
		keys = append(keys, entry.Key)
	}
	for i, key := range keys {
		if err := errors.Join(tx.kv.Delete(key), tx.kv.Delete(tx.key(tableLetters).String(ids[i]))); err != nil {
			return false, err
		}
	}
	return more, nil
}

// OldestOpen returns since when the oldest operation on a resource is to be delivered that has no outcome, of the versions in
// [from, to]: since it was decided, or since an approval has let it go on.
func (tx *Tx) OldestOpen(resourceID string, from, to uint64) (at time.Time, found bool, err error) {
	base := tx.key(tableVersions).String(resourceID)
	for entry, err := range tx.kv.Scan(kv.Range{From: base.Uint64(from), To: base.Uint64(to + 1)}, kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return at, false, err
		}
		dec := entry.Key.Decoder()
		_, _ = dec.String(), dec.Uint64()
		id := dec.String()
		if err := dec.Err(); err != nil {
			return at, false, err
		}
		op, err := tx.Operation(id)
		if err != nil {
			return at, false, err
		}
		if op.Outcome != Pending {
			continue
		}
		if at = op.Time; op.Released.After(at) {
			at = op.Released
		}
		return at, true, nil
	}
	return at, false, nil
}

// HasClosedLetters reports whether a letter was closed before a time.
func (tx *Tx) HasClosedLetters(before time.Time) (found bool, err error) {
	base := tx.key(tableLetterIndex).String(lettersClosed)
	for _, err := range tx.kv.Scan(kv.Range{From: base, To: base.Time(before)}, kv.ScanOptions{KeysOnly: true}) {
		return err == nil, err
	}
	return false, nil
}

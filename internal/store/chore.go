package store

import (
	"errors"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Chore is a piece of work on edges that is too much for one transaction. It is written down in the transaction that
// makes it necessary, and carried out afterwards in many.
type Chore struct {
	Kind ChoreKind
	ID   string // of the resource that it is about
	// Version is that of the resource which made it necessary. The same has to be done again for another.
	Version uint64
}

// ChoreKind says what is to be done.
type ChoreKind string

// The kinds of chores.
const (
	// SweepGroup puts the edges of a group right that belong to an earlier epoch or to a group that is gone.
	SweepGroup ChoreKind = "sweep"
	// LeaveGroups takes a resource that was deleted out of its groups.
	LeaveGroups ChoreKind = "leave"
	// WakeEdges looks again at the edges that waited for a resource's account.
	WakeEdges ChoreKind = "wake"
	// TellGroups looks again at all groups and their edges, when the application is told of groups from now on.
	TellGroups ChoreKind = "tell"
	// ClaimEdges makes memberships real that awaited a resource.
	ClaimEdges ChoreKind = "claim"
	// LostMember looks again at the memberships of a resource whose account is gone.
	LostMember ChoreKind = "lost"
	// LostGroup looks again at the members of a group that is gone from the application and is to be there again.
	LostGroup ChoreKind = "lostgroup"
)

// AddChore writes a chore down.
func (tx *Tx) AddChore(c Chore) error { return tx.kv.Set(tx.choreKey(c), nil) }

// HasChore reports whether a chore is not done.
func (tx *Tx) HasChore(c Chore) (bool, error) {
	_, err := tx.get(tx.choreKey(c))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// DoneChore crosses a chore off.
func (tx *Tx) DoneChore(c Chore) error { return tx.kv.Delete(tx.choreKey(c)) }

func (tx *Tx) choreKey(c Chore) kv.Key {
	return tx.key(tableChores).String(string(c.Kind)).String(c.ID).Uint64(c.Version)
}

// SweepFrom returns the lowest version of a group that its edges have not all been put right for; false for none.
func (tx *Tx) SweepFrom(group string) (version uint64, found bool, err error) {
	base := tx.key(tableChores).String(string(SweepGroup)).String(group)
	for entry, err := range tx.kv.Scan(kv.Prefix(base), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return 0, false, err
		}
		dec := entry.Key.Decoder()
		_, _ = dec.String(), dec.String()
		version = dec.Uint64()
		return version, true, dec.Err()
	}
	return 0, false, nil
}

// Chores calls fn for the chores that are not done, until fn returns false.
func (tx *Tx) Chores(fn func(Chore) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableChores)), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		dec := entry.Key.Decoder()
		c := Chore{Kind: ChoreKind(dec.String()), ID: dec.String(), Version: dec.Uint64()}
		if err := dec.Err(); err != nil {
			return err
		}
		if !fn(c) {
			return nil
		}
	}
	return nil
}

// GroupsTold reports whether the application has been told of the groups that there were, so that only what changes is
// to be told.
func (tx *Tx) GroupsTold() (bool, error) {
	_, err := tx.get(tx.key(tableGroupsTold))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// SetGroupsTold sets what GroupsTold reports.
func (tx *Tx) SetGroupsTold(told bool) error {
	if told {
		return tx.kv.Set(tx.key(tableGroupsTold), nil)
	}
	return tx.kv.Delete(tx.key(tableGroupsTold))
}

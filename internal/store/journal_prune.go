package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// JournalPrunable reports whether there are entries that PruneJournal would look at.
func (tx *Tx) JournalPrunable(before time.Time) (bool, error) {
	from, err := tx.JournalPruned()
	if err != nil {
		return false, err
	}
	rng, ok := tx.prunable(from, before)
	if !ok {
		return false, nil
	}
	for _, err := range tx.kv.Scan(rng, kv.ScanOptions{KeysOnly: true}) {
		return err == nil, err
	}
	return false, nil
}

func (tx *Tx) prunable(from uint64, before time.Time) (kv.Range, bool) {
	to := stampOf(before)
	return JournalRange{Behind: from, Before: to}.of(tx.key(tableFeed)), to > from
}

// PruneJournal forgets entries that have last changed before a time, looking at most at most of them, and reports whether
// there are more. Operations whose outcome can still change are stepped over: when they end they move to the end of the
// feed, so nobody need come back for them. With the answer to an approval the approval is forgotten, unless it is a
// rejection that still has the same change denied.
func (tx *Tx) PruneJournal(before time.Time, most int) (more bool, err error) {
	from, err := tx.JournalPruned()
	if err != nil {
		return false, err
	}
	rng, ok := tx.prunable(from, before)
	if !ok {
		return false, nil
	}
	n, last := 0, from
	for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{}) {
		if err != nil {
			return false, err
		}
		if n++; n > most {
			more = true
			break
		}
		item, err := feedItemOf(entry)
		if err != nil {
			return false, err
		}
		last = item.stamp
		if err := tx.pruneEntry(item); err != nil {
			return false, err
		}
	}
	if last == from {
		return false, nil
	}
	return more, tx.kv.Set(tx.key(tablePruned), binary.BigEndian.AppendUint64(nil, last))
}

func (tx *Tx) pruneEntry(item feedItem) error {
	place := tx.placeKey(item.home, item.place)
	switch item.kind {
	case kindOperation:
		value, err := tx.get(place)
		if err != nil {
			return fmt.Errorf("journal: the place of an operation: %w", err)
		}
		id, _, err := splitOperation(value)
		if err != nil {
			return err
		}
		op, err := tx.Operation(id)
		if err != nil {
			return fmt.Errorf("journal: operation %s: %w", id, err)
		}
		if !op.Final() {
			return nil
		}
		if err := tx.forgetOperation(op); err != nil {
			return err
		}
	case kindNote:
		value, err := tx.get(place)
		if err != nil {
			return fmt.Errorf("journal: the place of a note: %w", err)
		}
		note, err := decodeNote(value)
		if err != nil {
			return err
		}
		if note.Approval != "" {
			if err := tx.pruneApproval(note.Approval); err != nil {
				return err
			}
		}
	}
	return errors.Join(tx.kv.Delete(place), tx.kv.Delete(tx.feedKey(item.stamp)))
}

// forgetOperation removes an operation and what finds it, but for its places.
func (tx *Tx) forgetOperation(op *Operation) error {
	if op.versioned() {
		if err := tx.kv.Delete(tx.versionKey(op)); err != nil {
			return err
		}
	}
	if op.pointed() {
		if err := tx.kv.Delete(tx.placeKey(NameHome(op.Subject), op.Place)); err != nil {
			return err
		}
	}
	return tx.kv.Delete(tx.key(tableJournal).String(op.ID))
}

// pruneApproval forgets an approval that has been answered, unless it has a change denied.
func (tx *Tx) pruneApproval(id string) error {
	a, err := tx.Approval(id)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case a.State == ApprovalPending:
		return nil
	}
	if a.State == ApprovalRejected {
		by, err := tx.get(tx.key(tableRejected).String(a.Change))
		if err == nil && string(by) == a.ID {
			return nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return tx.kv.Delete(tx.key(tableApprovals).String(a.ID))
}

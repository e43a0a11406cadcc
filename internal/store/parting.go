package store

import (
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tablePartings holds the deleted resources whose account is kept for a while: since, type, id → nothing.
const tablePartings kv.Table = "du"

// partingSince is since when the account of the deleted resource is kept, to be deleted some time after; zero where it
// is not. As long as an approval is waited for that may bring the resource back, nothing becomes of it.
func (r *Record) partingSince() time.Time {
	if r == nil || !r.Parting || r.Hold != nil {
		return time.Time{}
	}
	return r.Modified
}

// fileParting brings the list of those accounts in step with a record that is about to be stored; nil is one that is
// forgotten, or that is new.
func (tx *Tx) fileParting(prev, next *Record) error {
	was, is := prev.partingSince(), next.partingSince()
	if is.Equal(was) {
		return nil
	}
	if !was.IsZero() {
		if err := tx.kv.Delete(tx.partingKey(prev)); err != nil {
			return err
		}
	}
	if is.IsZero() {
		return nil
	}
	return tx.kv.Set(tx.partingKey(next), nil)
}

func (tx *Tx) partingKey(r *Record) kv.Key {
	return tx.key(tablePartings).Time(r.Modified).String(string(r.Type)).String(r.ID)
}

// PartingItem is a deleted resource whose account is kept for a while.
type PartingItem struct {
	Type  Type
	ID    string
	Since time.Time // when the resource was deleted
}

// Partings calls fn for the deleted resources whose account is kept for a while, the one that was deleted first first,
// until fn returns false.
func (tx *Tx) Partings(fn func(PartingItem) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tablePartings)), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		dec := entry.Key.Decoder()
		item := PartingItem{Since: dec.Time(), Type: Type(dec.String()), ID: dec.String()}
		if err := dec.Err(); err != nil {
			return err
		}
		if !fn(item) {
			return nil
		}
	}
	return nil
}

package store

import (
	"errors"
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func (tx *Tx) resourceKey(table kv.Table, typ Type, id string) kv.Key {
	return tx.key(table).String(string(typ)).String(id)
}

func (tx *Tx) read(table kv.Table, typ Type, id string) (*Record, error) {
	b, err := tx.get(tx.resourceKey(table, typ, id))
	if err != nil {
		return nil, err
	}
	r, err := decodeRecord(typ, id, b)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", typ, id, err)
	}
	return r, nil
}

// Get returns a resource that exists, or ErrNotFound.
func (tx *Tx) Get(typ Type, id string) (*Record, error) { return tx.read(tableResources, typ, id) }

// Load returns a resource whether it exists or was deleted, or ErrNotFound.
func (tx *Tx) Load(typ Type, id string) (*Record, error) {
	r, err := tx.read(tableResources, typ, id)
	if errors.Is(err, ErrNotFound) {
		return tx.read(tableTombstones, typ, id)
	}
	return r, err
}

// LinkedTo returns the id of the resource that the application's account belongs to, or ErrNotFound.
func (tx *Tx) LinkedTo(typ Type, legacyID string) (string, error) {
	b, err := tx.get(tx.key(tableAccounts).String(string(typ)).String(keyPart(legacyID)))
	return string(b), err
}

// Put stores a resource and brings every index in step. prev is the record as this transaction read it, nil for a
// new one. It returns a *UniquenessError where a unique value is taken, and then the transaction must be given up.
func (tx *Tx) Put(prev, next *Record) error {
	if err := tx.claim(prev, next); err != nil {
		return err
	}
	if prev != nil {
		if err := tx.unindex(prev, next); err != nil {
			return err
		}
	}
	if err := tx.index(prev, next); err != nil {
		return err
	}
	if err := tx.fileParting(prev, next); err != nil {
		return err
	}
	tx.counted(prev, next)
	return tx.kv.Set(tx.resourceKey(home(next), next.Type, next.ID), next.encode())
}

// Forget removes a resource and everything that points at it, as though it had never been.
func (tx *Tx) Forget(prev *Record) error {
	if prev.Type == Group {
		if err := tx.forgetMarks(prev.ID); err != nil {
			return err
		}
	}
	if err := tx.fileParting(prev, nil); err != nil {
		return err
	}
	tx.counted(prev, nil)
	return tx.unindex(prev, nil)
}

func home(r *Record) kv.Table {
	if r.Desired.Deleted {
		return tableTombstones
	}
	return tableResources
}

// unindex deletes what pointed at prev and does not point at next.
func (tx *Tx) unindex(prev, next *Record) error {
	moved := next == nil || prev.Desired.Deleted != next.Desired.Deleted
	if moved {
		if err := tx.kv.Delete(tx.resourceKey(home(prev), prev.Type, prev.ID)); err != nil {
			return err
		}
	}
	if err := tx.unindexValues(prev, next, moved); err != nil {
		return err
	}
	if !prev.Desired.Deleted && (moved || !prev.Modified.Equal(next.Modified)) {
		if err := tx.kv.Delete(tx.modifiedKey(prev)); err != nil {
			return err
		}
	}
	if prev.Dirty() && (next == nil || !prev.Due.Equal(next.Due)) {
		if err := tx.kv.Delete(tx.dirtyKey(prev)); err != nil {
			return err
		}
	}
	if id := prev.Applied.LegacyID; id != "" && (next == nil || next.Applied.LegacyID != id) {
		return tx.kv.Delete(tx.key(tableAccounts).String(string(prev.Type)).String(keyPart(id)))
	}
	return nil
}

// index sets what points at next and did not point at prev.
func (tx *Tx) index(prev, next *Record) error {
	moved := prev == nil || prev.Desired.Deleted != next.Desired.Deleted
	if err := tx.indexValues(prev, next, moved); err != nil {
		return err
	}
	if !next.Desired.Deleted && (moved || !prev.Modified.Equal(next.Modified)) {
		if err := tx.kv.Set(tx.modifiedKey(next), nil); err != nil {
			return err
		}
	}
	if next.Dirty() && (prev == nil || !prev.Due.Equal(next.Due)) {
		if err := tx.kv.Set(tx.dirtyKey(next), nil); err != nil {
			return err
		}
	}
	if id := next.Applied.LegacyID; id != "" && (prev == nil || prev.Applied.LegacyID != id) {
		return tx.kv.Set(tx.key(tableAccounts).String(string(next.Type)).String(keyPart(id)), []byte(next.ID))
	}
	return nil
}

func (tx *Tx) modifiedKey(r *Record) kv.Key {
	return tx.key(tableModified).String(string(r.Type)).Time(r.Modified).String(r.ID)
}

func (tx *Tx) dirtyKey(r *Record) kv.Key {
	return tx.key(tableDirty).Time(r.Due).String(string(r.Type)).String(r.ID)
}

// IDs calls fn with the ids of the resources that exist, in the order in which they were made, until fn returns false.
func (tx *Tx) IDs(typ Type, fn func(id string) bool) error {
	return tx.last(tx.key(tableResources).String(string(typ)), 2, fn)
}

// IDsBehind is IDs for those behind an id (empty: from the start), of the resources that exist or of those that were
// deleted.
func (tx *Tx) IDsBehind(typ Type, deleted bool, after string, fn func(id string) bool) error {
	table := tableResources
	if deleted {
		table = tableTombstones
	}
	return tx.ends(behind(tx.key(table).String(string(typ)), after), false, 2, fn)
}

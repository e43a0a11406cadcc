package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/scim/fold"
)

// Index is an attribute whose values find the resources that have them.
type Index struct {
	Attribute string // as a filter names it: userName, externalId, emails.value
	CaseExact bool   // false: values are folded before they are compared
	Unique    bool   // no two resources of a tenant may share a value
	// Revives means that a value brings back the deleted resource that had it, instead of making a new one.
	Revives bool

	path string // where gjson finds the values in a document
	many bool   // the path yields an array of values
}

var indexes = map[Type][]Index{
	User: {
		{Attribute: "userName", Unique: true, Revives: true, path: "userName"},
		{Attribute: "externalId", CaseExact: true, Revives: true, path: "externalId"},
		{Attribute: "emails.value", path: "emails.#.value", many: true},
	},
	Group: {
		{Attribute: "displayName", path: "displayName"},
		{Attribute: "externalId", CaseExact: true, Revives: true, path: "externalId"},
	},
}

// IndexOf returns the index on an attribute of a type of resource.
func IndexOf(typ Type, attribute string) (Index, bool) {
	for _, ix := range indexes[typ] {
		if ix.Attribute == attribute {
			return ix, true
		}
	}
	return Index{}, false
}

func (ix Index) fold(value string) string {
	if !ix.CaseExact {
		value = fold.String(value)
	}
	return keyPart(value)
}

// maxKeyPart is the longest value, in bytes, that goes into a key as it is; keys are bounded, attributes hardly.
const maxKeyPart = 256

// keyPart is value, or its digest where value is too long for a key.
func keyPart(value string) string {
	if len(value) <= maxKeyPart {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// values returns the folded values that doc has for the index, each once.
func (ix Index) values(doc []byte) []string {
	if len(doc) == 0 {
		return nil
	}
	found := gjson.GetBytes(doc, ix.path)
	if !ix.many {
		if found.Type != gjson.String || found.Str == "" {
			return nil
		}
		return []string{ix.fold(found.Str)}
	}
	var out []string
	found.ForEach(func(_, v gjson.Result) bool {
		if v.Type == gjson.String && v.Str != "" {
			out = append(out, ix.fold(v.Str))
		}
		return true
	})
	return out
}

// recordValues returns the values that point at r. A unique value that r may have to go back to, because the change
// from it is not applied or not approved yet, stays taken; so whoever looks a value up must check the desired document.
func (ix Index) recordValues(r *Record) []string {
	out := ix.values(r.Desired.Doc)
	if !ix.Unique || r.Desired.Deleted {
		return out
	}
	if r.Applied.Version != r.Desired.Version {
		out = append(out, ix.values(r.Applied.Doc)...)
	}
	if r.Hold != nil {
		out = append(out, ix.values(r.Hold.Base.Doc)...)
	}
	return out
}

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

// Find calls fn with the ids of the resources that have the value, in the order of the ids, until fn returns false.
func (tx *Tx) Find(typ Type, ix Index, value string, fn func(id string) bool) error {
	base := tx.key(tableIndex).String(string(typ)).String(ix.Attribute).String(ix.fold(value))
	return tx.last(base, 4, fn)
}

// Buried returns the deleted resource that a new document brings back: the one with the same externalId, else the one
// with the same userName. Without one it returns ErrNotFound.
func (tx *Tx) Buried(typ Type, doc []byte) (*Record, error) {
	for _, attribute := range []string{"externalId", "userName"} {
		ix, ok := IndexOf(typ, attribute)
		if !ok {
			continue
		}
		for _, value := range ix.values(doc) {
			id, err := tx.first(tx.key(tableBuried).String(string(typ)).String(ix.Attribute).String(value), "")
			if err != nil {
				return nil, err
			}
			if id != "" {
				return tx.read(tableTombstones, typ, id)
			}
		}
	}
	return nil, ErrNotFound
}

// Holder returns the id of another resource that has one of doc's unique values, as a *UniquenessError, or nil.
func (tx *Tx) Holder(typ Type, id string, doc []byte) error {
	for _, ix := range indexes[typ] {
		if !ix.Unique {
			continue
		}
		for _, value := range ix.values(doc) {
			holder, err := tx.first(tx.key(tableIndex).String(string(typ)).String(ix.Attribute).String(value), id)
			if err != nil {
				return err
			}
			if holder == "" {
				continue
			}
			r, err := tx.Get(typ, holder)
			if err != nil {
				return err
			}
			return &UniquenessError{
				Attribute: ix.Attribute, HolderID: holder, Reserved: !slices.Contains(ix.values(r.Desired.Doc), value),
			}
		}
	}
	return nil
}

// LinkedTo returns the id of the resource that the application's account belongs to, or ErrNotFound.
func (tx *Tx) LinkedTo(typ Type, legacyID string) (string, error) {
	b, err := tx.get(tx.key(tableAccounts).String(string(typ)).String(keyPart(legacyID)))
	return string(b), err
}

// Put stores a resource and brings every index in step. prev is the record as this transaction read it, nil for a
// new one. It returns a *UniquenessError where a unique value is taken, and then the transaction must be given up.
func (tx *Tx) Put(prev, next *Record) error {
	if claims(prev, next) {
		if err := tx.Holder(next.Type, next.ID, next.Desired.Doc); err != nil {
			return err
		}
	}
	if prev != nil {
		if err := tx.unindex(prev, next); err != nil {
			return err
		}
	}
	if err := tx.index(prev, next); err != nil {
		return err
	}
	return tx.kv.Set(tx.resourceKey(home(next), next.Type, next.ID), next.encode())
}

// claims reports whether next may show unique values that prev did not.
func claims(prev, next *Record) bool {
	if next.Desired.Deleted {
		return false
	}
	return prev == nil || prev.Desired.Deleted || !bytes.Equal(prev.Desired.Doc, next.Desired.Doc)
}

// Forget removes a resource and everything that points at it, as though it had never been.
func (tx *Tx) Forget(prev *Record) error {
	return tx.unindex(prev, nil)
}

func home(r *Record) kv.Table {
	if r.Desired.Deleted {
		return tableTombstones
	}
	return tableResources
}

func valueTable(r *Record) kv.Table {
	if r.Desired.Deleted {
		return tableBuried
	}
	return tableIndex
}

// unindex deletes what pointed at prev and does not point at next.
func (tx *Tx) unindex(prev, next *Record) error {
	moved := next == nil || prev.Desired.Deleted != next.Desired.Deleted
	if moved {
		if err := tx.kv.Delete(tx.resourceKey(home(prev), prev.Type, prev.ID)); err != nil {
			return err
		}
	}
	for _, ix := range indexes[prev.Type] {
		if prev.Desired.Deleted && !ix.Revives {
			continue
		}
		var keep []string
		if !moved {
			keep = ix.recordValues(next)
		}
		for _, value := range ix.recordValues(prev) {
			if slices.Contains(keep, value) {
				continue
			}
			if err := tx.kv.Delete(tx.valueKey(prev, ix, value)); err != nil {
				return err
			}
		}
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
	for _, ix := range indexes[next.Type] {
		if next.Desired.Deleted && !ix.Revives {
			continue
		}
		var have []string
		if !moved {
			have = ix.recordValues(prev)
		}
		for _, value := range ix.recordValues(next) {
			if slices.Contains(have, value) {
				continue
			}
			if err := tx.kv.Set(tx.valueKey(next, ix, value), nil); err != nil {
				return err
			}
		}
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

func (tx *Tx) valueKey(r *Record, ix Index, value string) kv.Key {
	return tx.key(valueTable(r)).String(string(r.Type)).String(ix.Attribute).String(value).String(r.ID)
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

// All calls fn with the resources that exist, in the order in which they were made, until fn returns false.
func (tx *Tx) All(typ Type, fn func(*Record) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableResources).String(string(typ))), kv.ScanOptions{}) {
		if err != nil {
			return err
		}
		id, err := lastString(entry.Key, 2)
		if err != nil {
			return err
		}
		r, err := decodeRecord(typ, id, entry.Value)
		if err != nil {
			return fmt.Errorf("%s %s: %w", typ, id, err)
		}
		if !fn(r) {
			return nil
		}
	}
	return nil
}

package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/scim/fold"
)

// Each stands in an Index's Path for every element of a list.
const Each = "#"

// Index is an attribute whose values find the resources that have them. Which there are follows from the tenant's
// schemas; see Store.UseIndexes.
type Index struct {
	// Attribute is the canonical path of the attribute, as a filter names it: userName, emails.value, urn:…:User:badge.
	Attribute string
	// Path says where the values are in a document: the names from the top down, with Each for the elements of a list.
	// A list of simple values needs none. Texts and numbers are found; everything else is passed over.
	Path []string
	// CaseExact is false where texts are folded before they are compared.
	CaseExact bool
	// Unique means that no two resources of a tenant may share a value.
	Unique bool
	// Revives means that a value brings back the deleted resource that had it, instead of making a new one.
	Revives bool

	path  string // Path as gjson wants it
	ready bool   // every resource is in it
	// gone is set when ready holds no longer: another definition has come, or none. Whoever has the index from before
	// shares it.
	gone *atomic.Bool
}

// Indexes are a tenant's, by the type of resource. Where several bring deleted resources back, the first goes first.
type Indexes map[Type][]Index

// Index returns the index on an attribute of a type of resource. One that is still being built is not returned: it
// would not find everything.
func (tx *Tx) Index(typ Type, attribute string) (Index, bool) {
	for _, ix := range tx.indexes[typ] {
		if ix.Attribute == attribute {
			return ix, ix.complete()
		}
	}
	return Index{}, false
}

// complete reports whether every resource is in the index. A reader learns its indexes before it has its snapshot; when
// this is asked it has both, and keys that the snapshot may lack went after gone was set.
func (ix Index) complete() bool { return ix.ready && !ix.gone.Load() }

// compile fills in what is derived.
func (ix Index) compile() Index {
	names := make([]string, len(ix.Path))
	for i, name := range ix.Path {
		if names[i] = name; name != Each {
			names[i] = gjson.Escape(name)
		}
	}
	ix.path = strings.Join(names, ".")
	return ix
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

// values returns the folded values that doc has for the index.
func (ix Index) values(doc []byte) []string {
	if len(doc) == 0 {
		return nil
	}
	return ix.collect(nil, gjson.GetBytes(doc, ix.path))
}

func (ix Index) collect(list []string, v gjson.Result) []string {
	switch {
	case v.Type == gjson.String && v.Str != "":
		return append(list, ix.fold(v.Str))
	case v.Type == gjson.Number:
		return append(list, numberKey(v))
	case v.IsArray():
		v.ForEach(func(_, e gjson.Result) bool {
			list = ix.collect(list, e)
			return true
		})
	}
	return list
}

// numberKey is the same for numbers that filters take for equal, however they are written.
func numberKey(v gjson.Result) string {
	if i, err := strconv.ParseInt(v.Raw, 10, 64); err == nil {
		return strconv.FormatInt(i, 10)
	}
	if i := int64(v.Num); float64(i) == v.Num && i>>53 == 0 {
		return strconv.FormatInt(i, 10)
	}
	return strconv.FormatFloat(v.Num, 'g', -1, 64)
}

// recordValues returns the values that point at r. A unique value that r may have to go back to, because the change
// from it is not applied or not approved yet, stays taken; so whoever looks a value up must check the desired document.
func (ix Index) recordValues(r *Record) []string {
	out := ix.values(r.Desired.Doc)
	if !ix.Unique && r.Hold != nil && !r.Desired.Deleted {
		return append(out, ix.values(r.Hold.Base.Doc)...) // it is found by what counts until somebody approves
	}
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

// Find calls fn with the ids of the resources that have the value, in the order of the ids, until fn returns false.
func (tx *Tx) Find(typ Type, ix Index, value string, fn func(id string) bool) error {
	return tx.last(tx.valuePrefix(tableIndex, typ, ix, ix.fold(value)), 4, fn)
}

// FindAny is Find for the resources that exist and then for those that were deleted.
func (tx *Tx) FindAny(typ Type, ix Index, value string, fn func(id string) bool) error {
	more := true
	next := func(id string) bool {
		more = fn(id)
		return more
	}
	for _, table := range []kv.Table{tableIndex, tableBuried} {
		if err := tx.last(tx.valuePrefix(table, typ, ix, ix.fold(value)), 4, next); err != nil || !more {
			return err
		}
	}
	return nil
}

// Texts returns the texts that a document has for the index, as they are written.
func (ix Index) Texts(doc []byte) (list []string) {
	if len(doc) == 0 {
		return nil
	}
	var add func(v gjson.Result)
	add = func(v gjson.Result) {
		if v.Type == gjson.String {
			list = append(list, v.Str)
		}
		if v.IsArray() {
			v.ForEach(func(_, e gjson.Result) bool {
				add(e)
				return true
			})
		}
	}
	add(gjson.GetBytes(doc, ix.path))
	return list
}

// Buried returns the deleted resource that a new document brings back: by the first of the tenant's indexes that
// revive and know one. Without one it returns ErrNotFound.
func (tx *Tx) Buried(typ Type, doc []byte) (*Record, error) {
	for _, ix := range tx.indexes[typ] {
		if !ix.Revives {
			continue
		}
		for _, value := range ix.values(doc) {
			id, err := tx.first(tx.valuePrefix(tableBuried, typ, ix, value), "")
			if err != nil {
				return nil, err
			}
			if id == "" {
				continue
			}
			r, err := tx.read(tableTombstones, typ, id)
			if err == nil && (ix.complete() || slices.Contains(ix.values(r.Desired.Doc), value)) || err != nil && !errors.Is(err, ErrNotFound) {
				return r, err
			}
		}
	}
	return nil, ErrNotFound
}

// Holder returns the id of another resource that has one of doc's unique values, as a *UniquenessError, or nil. id is
// the resource that doc is of, empty for a new one. What it shows already it may keep, whoever else has it: an attribute
// can have become unique only after two had the same value, and neither of them must be beyond change.
func (tx *Tx) Holder(typ Type, id string, doc []byte) error {
	var shown []byte
	if id != "" {
		r, err := tx.Get(typ, id)
		switch {
		case err == nil:
			shown = r.Desired.Doc
		case !errors.Is(err, ErrNotFound):
			return err
		}
	}
	return tx.holder(typ, id, doc, shown)
}

func (tx *Tx) holder(typ Type, id string, doc, shown []byte) error {
	for _, ix := range tx.indexes[typ] {
		if !ix.Unique {
			continue
		}
		has := ix.values(shown)
		for _, value := range ix.values(doc) {
			if slices.Contains(has, value) {
				continue
			}
			r, err := tx.holds(typ, ix, value, id)
			if err != nil {
				return err
			}
			if r == nil {
				continue
			}
			return &UniquenessError{
				Attribute: ix.Attribute, HolderID: r.ID, Revives: ix.Revives, Reserved: !slices.Contains(ix.values(r.Desired.Doc), value),
			}
		}
	}
	return nil
}

// holds returns the first resource but except that has a value, nil where there is none. An index that is not complete
// can have keys from an earlier time, when nobody kept it in step.
func (tx *Tx) holds(typ Type, ix Index, value, except string) (holder *Record, err error) {
	var failed error
	err = tx.last(tx.valuePrefix(tableIndex, typ, ix, value), 4, func(id string) bool {
		if id == except {
			return true
		}
		r, err := tx.Get(typ, id)
		switch {
		case err == nil && (ix.complete() || slices.Contains(ix.recordValues(r), value)):
			holder = r
		case err != nil && (ix.complete() || !errors.Is(err, ErrNotFound)):
			failed = err
		}
		return holder == nil && failed == nil
	})
	return holder, errors.Join(err, failed)
}

// claim fails if next shows a unique value that prev did not and that another resource has.
func (tx *Tx) claim(prev, next *Record) error {
	var shown []byte
	switch {
	case next.Desired.Deleted:
		return nil
	case prev == nil, prev.Desired.Deleted:
	case bytes.Equal(prev.Desired.Doc, next.Desired.Doc):
		return nil
	default:
		shown = prev.Desired.Doc
	}
	return tx.holder(next.Type, next.ID, next.Desired.Doc, shown)
}

func valueTable(r *Record) kv.Table {
	if r.Desired.Deleted {
		return tableBuried
	}
	return tableIndex
}

func (tx *Tx) valuePrefix(table kv.Table, typ Type, ix Index, value string) kv.Key {
	return tx.key(table).String(string(typ)).String(ix.Attribute).String(value)
}

func (tx *Tx) valueKey(r *Record, ix Index, value string) kv.Key {
	return tx.valuePrefix(valueTable(r), r.Type, ix, value).String(r.ID)
}

// unindexValues deletes the values that pointed at prev and do not point at next.
func (tx *Tx) unindexValues(prev, next *Record, moved bool) error {
	for _, ix := range tx.indexes[prev.Type] {
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
	return nil
}

// indexValues sets the values that point at next and did not point at prev. Where an index is still being built, those
// that did may not be in it yet; whoever builds it comes by.
func (tx *Tx) indexValues(prev, next *Record, moved bool) error {
	for _, ix := range tx.indexes[next.Type] {
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
	return nil
}

package store

import (
	"errors"
	"slices"
)

// ErrIndexing means that an index is still being built, so that not everything would be found by it.
var ErrIndexing = errors.New("the index is still being built")

// Values returns the values, as they are compared, that a document has of an indexed attribute.
func (tx *Tx) Values(typ Type, attribute string, doc []byte) []string {
	for _, ix := range tx.indexes[typ] {
		if ix.Attribute == attribute {
			return ix.values(doc)
		}
	}
	return nil
}

// UniqueValues calls fn with each unique attribute of a type and the values that a document has of it, as they are
// compared.
func (tx *Tx) UniqueValues(typ Type, doc []byte, fn func(attribute string, values []string)) {
	for _, ix := range tx.indexes[typ] {
		if ix.Unique {
			fn(ix.Attribute, ix.values(doc))
		}
	}
}

// Sharing returns the resources that exist and show a value of an attribute that a document has too, at most most of
// them, each once.
//
// # Errors
//
// ErrIndexing, also where there is no index on the attribute.
func (tx *Tx) Sharing(typ Type, attribute string, doc []byte, most int) (found []*Record, err error) {
	ix, ok := tx.Index(typ, attribute)
	if !ok {
		return nil, ErrIndexing
	}
	for _, value := range ix.values(doc) {
		var failed error
		err := tx.last(tx.valuePrefix(tableIndex, typ, ix, value), 4, func(id string) bool {
			if slices.ContainsFunc(found, func(r *Record) bool { return r.ID == id }) {
				return true
			}
			r, err := tx.Get(typ, id)
			switch {
			case errors.Is(err, ErrNotFound):
			case err != nil:
				failed = err
			case slices.Contains(ix.values(r.Desired.Doc), value): // one can be kept for somebody who does not show it
				found = append(found, r)
			}
			return failed == nil && len(found) < most
		})
		if err := errors.Join(err, failed); err != nil || len(found) >= most {
			return found, err
		}
	}
	return found, nil
}

package store

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/cursor"
	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Span is a part of what lies in the order of ids, and the direction to go through it. The zero Span is all of it, from
// the lowest id to the highest.
type Span struct {
	From    string // begin next to this id, which need not exist and is left out; empty: at the very end
	Reverse bool   // from the highest id to the lowest
}

// within is the span's range below base, whose keys have the id behind it.
func (s Span) within(base kv.Key) kv.Range {
	rng := kv.Prefix(base)
	switch {
	case s.From == "":
	case s.Reverse:
		rng.To = base.String(s.From)
	default:
		rng.From = base.String(s.From).After()
	}
	return rng
}

// Covers reports whether an id lies in the span.
func (s Span) Covers(id string) bool {
	return s.From == "" || (id > s.From) != s.Reverse && id != s.From
}

// Each calls fn with the resources of a span that exist, until fn returns false.
func (tx *Tx) Each(typ Type, span Span, fn func(*Record) bool) error {
	rng := span.within(tx.key(tableResources).String(string(typ)))
	for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{Reverse: span.Reverse}) {
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

// Count returns how many resources of a type exist. It goes through keys that lie closer together than the resources do.
func (tx *Tx) Count(typ Type) (n int, err error) {
	for _, err := range tx.kv.Scan(kv.Prefix(tx.key(tableModified).String(string(typ))), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// FindIn is Find for a span.
func (tx *Tx) FindIn(typ Type, ix Index, value string, span Span, fn func(id string) bool) error {
	base := tx.valuePrefix(tableIndex, typ, ix, ix.fold(value))
	return tx.ends(span.within(base), span.Reverse, 4, fn)
}

// MembershipsIn calls fn with the ids of the groups of a span that a resource has an edge to.
func (tx *Tx) MembershipsIn(member string, span Span, fn func(group string) bool) error {
	if len(member) > maxKeyPart {
		return nil
	}
	return tx.ends(span.within(tx.key(tableMemberships).String(member)), span.Reverse, 2, fn)
}

// ModifiedIn calls fn with the ids of the resources that exist and were last modified between two times, both inclusive
// and a zero one none, in the order of the times, until fn returns false.
func (tx *Tx) ModifiedIn(typ Type, from, to time.Time, fn func(id string) bool) error {
	base := tx.key(tableModified).String(string(typ))
	rng := kv.Prefix(base)
	if !from.IsZero() {
		rng.From = base.Time(from)
	}
	if !to.IsZero() {
		rng.To = base.Time(to).After()
	}
	for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		dec := entry.Key.Decoder()
		_, _ = dec.String(), dec.Time()
		id := dec.String()
		if err := dec.Err(); err != nil {
			return err
		}
		if !fn(id) {
			return nil
		}
	}
	return nil
}

// ends calls fn with the last of the n strings that each key of a range is made of, until fn returns false.
func (tx *Tx) ends(rng kv.Range, reverse bool, n int, fn func(string) bool) error {
	for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{KeysOnly: true, Reverse: reverse}) {
		if err != nil {
			return err
		}
		last, err := lastString(entry.Key, n)
		if err != nil {
			return err
		}
		if !fn(last) {
			return nil
		}
	}
	return nil
}

// tableCursors holds one value: the secret of the tenant's cursors.
const tableCursors kv.Table = "cursors"

// CursorSecret returns the secret of the tenant's cursors, or ErrNotFound before the first MakeCursorSecret.
func (tx *Tx) CursorSecret() ([]byte, error) { return tx.get(tx.cursorKey()) }

// MakeCursorSecret returns the secret of the tenant's cursors, and makes one if there is none yet.
func (tx *Tx) MakeCursorSecret() ([]byte, error) {
	secret, err := tx.CursorSecret()
	if !errors.Is(err, ErrNotFound) {
		return secret, err
	}
	secret = cursor.NewSecret()
	return bytes.Clone(secret), tx.kv.Set(tx.cursorKey(), secret)
}

func (tx *Tx) cursorKey() kv.Key { return tx.key(tableCursors).String("secret") }

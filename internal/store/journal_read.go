package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// JournalEntry is one entry of the journal: an operation, a call or a note.
type JournalEntry struct {
	Place     uint64 // among the entries of its resource
	Moved     uint64 // in the feed
	Operation *Operation
	Call      *Call
	Note      *Note
}

// ResourceID is the resource that the entry is about, "" where there is none.
func (e *JournalEntry) ResourceID() string {
	switch {
	case e.Operation != nil:
		return e.Operation.ResourceID
	case e.Call != nil:
		return e.Call.ResourceID
	}
	return e.Note.ResourceID
}

// Subject is the name of the resource that the entry is about, "" where it is not known.
func (e *JournalEntry) Subject() string {
	switch {
	case e.Operation != nil:
		return e.Operation.Subject
	case e.Call != nil:
		return e.Call.Subject
	}
	return e.Note.Subject
}

// JournalRange is a part of the feed, or of the places of one resource.
type JournalRange struct {
	// Behind and Before are stamps. What lies at them is not part of it; 0 stands for no bound.
	Behind, Before uint64
	Newest         bool // the newest first
}

// Since narrows the range to what came at a time or later.
func (r JournalRange) Since(t time.Time) JournalRange {
	if s := stampOf(t); s > 0 {
		r.Behind = max(r.Behind, s-1)
	}
	return r
}

// Until narrows the range to what came before a time.
func (r JournalRange) Until(t time.Time) JournalRange {
	if s := max(stampOf(t), 1); r.Before == 0 || s < r.Before {
		r.Before = s
	}
	return r
}

func (r JournalRange) of(base kv.Key) kv.Range {
	rng := kv.Prefix(base)
	if r.Behind > 0 {
		rng.From = base.Uint64(r.Behind).After()
	}
	if r.Before > 0 {
		rng.To = base.Uint64(r.Before)
	}
	return rng
}

// Feed calls fn for the entries of the feed in a range, in the order in which they last changed, until fn returns false.
func (tx *Tx) Feed(r JournalRange, fn func(*JournalEntry) bool) error {
	for entry, err := range tx.kv.Scan(r.of(tx.key(tableFeed)), kv.ScanOptions{Reverse: r.Newest}) {
		if err != nil {
			return err
		}
		item, err := feedItemOf(entry)
		if err != nil {
			return err
		}
		value, err := tx.get(tx.placeKey(item.home, item.place))
		if err != nil {
			return fmt.Errorf("journal: the place of an entry: %w", err)
		}
		e, err := tx.journalEntry(item.place, value)
		if err != nil {
			return err
		}
		if e.Moved = item.stamp; !fn(e) {
			return nil
		}
	}
	return nil
}

// Timeline calls fn for the entries of a resource in a range of their places, in the order in which they began, until fn
// returns false. home is the resource's id, or a NameHome.
func (tx *Tx) Timeline(home string, r JournalRange, fn func(*JournalEntry) bool) error {
	for entry, err := range tx.kv.Scan(r.of(tx.key(tablePlaces).String(home)), kv.ScanOptions{Reverse: r.Newest}) {
		if err != nil {
			return err
		}
		if len(entry.Value) > 0 && entryKind(entry.Value[0]) == kindPointer {
			continue
		}
		dec := entry.Key.Decoder()
		_ = dec.String()
		place := dec.Uint64()
		if err := dec.Err(); err != nil {
			return err
		}
		e, err := tx.journalEntry(place, entry.Value)
		if err != nil {
			return err
		}
		if !fn(e) {
			return nil
		}
	}
	return nil
}

// MadeAs calls fn with the resources that were to be made under a name and came to nothing, the newest first, until fn returns
// false.
func (tx *Tx) MadeAs(subject string, fn func(id string) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tablePlaces).String(NameHome(subject))), kv.ScanOptions{Reverse: true}) {
		if err != nil {
			return err
		}
		if len(entry.Value) == 0 || entryKind(entry.Value[0]) != kindPointer {
			continue
		}
		if !fn(string(entry.Value[1:])) {
			return nil
		}
	}
	return nil
}

// FindBuried calls fn with the ids of deleted resources that an index knows by a value, until fn returns false. Indexes that
// bring nobody back know none.
func (tx *Tx) FindBuried(typ Type, ix Index, value string, fn func(id string) bool) error {
	return tx.last(tx.valuePrefix(tableBuried, typ, ix, ix.fold(value)), 4, fn)
}

// LastChange is the newest stamp of the feed, 0 where nothing has ever been entered.
func (tx *Tx) LastChange() (uint64, error) { return tx.lastStamp() }

// JournalOperation returns one operation with its request, or ErrNotFound.
func (tx *Tx) JournalOperation(id string) (*JournalEntry, error) {
	op, err := tx.Operation(id)
	if err != nil {
		return nil, err
	}
	value, err := tx.get(tx.placeKey(op.home(), op.Place))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if _, op.Request, err = splitOperation(value); err != nil {
		return nil, err
	}
	return &JournalEntry{Place: op.Place, Moved: op.Moved, Operation: op}, nil
}

// journalEntry reads what lies in a place.
func (tx *Tx) journalEntry(place uint64, value []byte) (e *JournalEntry, err error) {
	e = &JournalEntry{Place: place, Moved: place}
	if len(value) == 0 {
		return nil, fmt.Errorf("journal: %w", errCorrupt)
	}
	switch entryKind(value[0]) {
	case kindOperation:
		id, request, err := splitOperation(value)
		if err != nil {
			return nil, err
		}
		if e.Operation, err = tx.Operation(id); err != nil {
			return nil, fmt.Errorf("journal: operation %s: %w", id, err)
		}
		e.Operation.Request, e.Moved = request, e.Operation.Moved
	case kindCall:
		if e.Call, err = decodeCall(value); err == nil {
			e.Moved = e.Call.Moved
		}
	case kindNote:
		e.Note, err = decodeNote(value)
	default:
		err = fmt.Errorf("journal: %w", errCorrupt)
	}
	return e, err
}

// splitOperation returns the id and the request that the place of an operation holds.
func splitOperation(value []byte) (id string, request []byte, err error) {
	if len(value) < 2 || entryKind(value[0]) != kindOperation || len(value) < 2+int(value[1]) {
		return "", nil, fmt.Errorf("journal: %w", errCorrupt)
	}
	end := 2 + int(value[1])
	if len(value) > end {
		request = value[end:]
	}
	return string(value[2:end]), request, nil
}

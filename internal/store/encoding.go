package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A record is stored as one byte of format and then its fields in a fixed order: numbers as varints, strings and
// documents with their length in front. Reading a resource parses no JSON, and most reads are of many resources.
const recordFormat = 1

var errCorrupt = errors.New("the stored record is damaged")

const (
	flagDeleted = 1 << iota // Desired.Deleted
	flagAppliedDeleted
	flagSame // the applied document is the desired one and stored once
	flagAdrift
	flagUnsure
	flagAttempt
	flagUncertain
	flagHold
	flagBaseDeleted
	flagEdgesDirty
	flagEdgesHeld
	flagEpoch  // Epoch is not zero and stands at the end
	flagSecret // and so does Secret
	flagSecretHeld
	flagParting
	flagTold // and so does Told
	flagImported
	flagsEnd
)

func (r *Record) encode() []byte {
	same := r.Applied.Doc != nil && r.Desired.Doc != nil && bytes.Equal(r.Applied.Doc, r.Desired.Doc)
	var flags uint64
	for _, f := range [...]struct {
		set  bool
		flag uint64
	}{
		{r.Desired.Deleted, flagDeleted},
		{r.Applied.Deleted, flagAppliedDeleted},
		{same, flagSame},
		{r.Applied.Adrift, flagAdrift},
		{r.Applied.Unsure, flagUnsure},
		{r.Attempt != nil, flagAttempt},
		{r.Attempt != nil && r.Attempt.Uncertain, flagUncertain},
		{r.Hold != nil, flagHold},
		{r.Hold != nil && r.Hold.Base.Deleted, flagBaseDeleted},
		{r.EdgesDirty, flagEdgesDirty},
		{r.EdgesHeld, flagEdgesHeld},
		{r.Epoch != 0, flagEpoch},
		{r.Secret != nil, flagSecret},
		{r.SecretHeld, flagSecretHeld},
		{r.Parting, flagParting},
		{!r.Told.IsZero(), flagTold},
		{r.Imported, flagImported},
	} {
		if f.set {
			flags |= f.flag
		}
	}
	size := 256 + len(r.Desired.Doc) + len(r.Applied.Doc) + len(r.Applied.Doubt) + len(r.Failure)
	w := writer(append(make([]byte, 0, size), recordFormat))
	w.number(flags)
	w.time(r.Created)
	w.time(r.Modified)
	w.time(r.Due)
	w.number(uint64(r.Failures))
	w.text(r.Failure)
	w.number(r.OpenFrom)
	w.state(r.Desired)
	applied := r.Applied.State
	if same {
		applied.Doc = nil
	}
	w.state(applied)
	w.text(r.Applied.LegacyID)
	w.text(string(r.Applied.Account))
	w.bytes(r.Applied.Doubt)
	if a := r.Attempt; a != nil {
		w.text(a.ID)
		w.text(string(a.Action))
		w.number(a.Version)
		w.text(a.Owner)
		w.bytes(a.Doc)
	}
	if h := r.Hold; h != nil {
		w.text(h.ID)
		w.state(h.Base)
	}
	if r.Epoch != 0 {
		w.number(r.Epoch)
	}
	if r.Secret != nil {
		w.bytes(r.Secret)
	}
	if !r.Told.IsZero() {
		w.time(r.Told)
	}
	return w
}

func decodeRecord(typ Type, id string, b []byte) (*Record, error) {
	if len(b) == 0 || b[0] != recordFormat {
		return nil, fmt.Errorf("%w: unknown format", errCorrupt)
	}
	rd := reader{rest: b[1:]}
	flags := rd.number()
	r := &Record{
		Type: typ, ID: id, Created: rd.time(), Modified: rd.time(), Due: rd.time(),
		Failures: int(rd.number()), Failure: rd.text(), OpenFrom: rd.number(),
		Desired: rd.state(flags&flagDeleted != 0),
		Applied: Applied{
			State: rd.state(flags&flagAppliedDeleted != 0), LegacyID: rd.text(), Account: Account(rd.text()), Doubt: rd.bytes(),
			Adrift: flags&flagAdrift != 0, Unsure: flags&flagUnsure != 0,
		},
	}
	if flags&flagSame != 0 {
		r.Applied.Doc = r.Desired.Doc
	}
	if flags&flagAttempt != 0 {
		r.Attempt = &Attempt{
			ID: rd.text(), Action: abi.Action(rd.text()), Version: rd.number(), Owner: rd.text(), Doc: rd.bytes(),
			Uncertain: flags&flagUncertain != 0,
		}
	}
	if flags&flagHold != 0 {
		r.Hold = &Hold{ID: rd.text(), Base: rd.state(flags&flagBaseDeleted != 0)}
	}
	r.Imported = flags&flagImported != 0
	r.EdgesDirty, r.EdgesHeld, r.SecretHeld = flags&flagEdgesDirty != 0, flags&flagEdgesHeld != 0, flags&flagSecretHeld != 0
	r.Parting = flags&flagParting != 0
	if flags&flagEpoch != 0 {
		if r.Epoch = rd.number(); r.Epoch == 0 {
			rd.fail()
		}
	}
	if flags&flagSecret != 0 {
		if r.Secret = rd.bytes(); r.Secret == nil {
			rd.fail()
		}
	}
	if flags&flagTold != 0 {
		if r.Told = rd.time(); r.Told.IsZero() {
			rd.fail()
		}
	}
	if rd.bad || len(rd.rest) != 0 || flags >= flagsEnd || r.Failures < 0 {
		return nil, errCorrupt
	}
	return r, nil
}

// writer appends the parts of a record.
type writer []byte

func (w *writer) number(n uint64) { *w = binary.AppendUvarint(*w, n) }

func (w *writer) text(s string) {
	w.number(uint64(len(s)))
	*w = append(*w, s...)
}

// bytes writes length+1, so that a missing document and an empty one differ.
func (w *writer) bytes(b []byte) {
	if b == nil {
		w.number(0)
		return
	}
	w.number(uint64(len(b)) + 1)
	*w = append(*w, b...)
}

func (w *writer) time(t time.Time) {
	*w = binary.AppendVarint(*w, t.Unix())
	w.number(uint64(t.Nanosecond()))
}

// state writes all of a state but Deleted, which is a flag.
func (w *writer) state(s State) {
	w.number(s.Version)
	w.text(s.Lifecycle)
	w.bytes(s.Doc)
}

// reader takes the parts of a record off again. Once something is bad, all that follows is zero.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) number() uint64 {
	n, k := binary.Uvarint(r.rest)
	if k <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[k:]
	return n
}

func (r *reader) fail() { r.bad, r.rest = true, nil }

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) text() string { return string(r.take(r.number())) }

// bytes returns a slice of what is read from.
func (r *reader) bytes() []byte {
	n := r.number()
	if n == 0 {
		return nil
	}
	return r.take(n - 1)
}

func (r *reader) time() time.Time {
	sec, k := binary.Varint(r.rest)
	if k <= 0 {
		r.fail()
		return time.Time{}
	}
	r.rest = r.rest[k:]
	nsec := r.number()
	if nsec >= uint64(time.Second) {
		r.fail()
		return time.Time{}
	}
	return time.Unix(sec, int64(nsec)).UTC()
}

func (r *reader) state(deleted bool) State {
	return State{Deleted: deleted, Version: r.number(), Lifecycle: r.text(), Doc: r.bytes()}
}

package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Type names a kind of resource; the values are the names of the resource types of RFC 7643 section 6.
type Type string

// The resource types that are stored.
const (
	User  Type = "User"
	Group Type = "Group"
)

// Account is the lifecycle state of an account in the application, as the application last acknowledged it.
type Account string

// The states of an account. Each takes away more than the one before it.
const (
	AccountAbsent      Account = ""            // never created, or not known to be there
	AccountActive      Account = "active"      // the person can sign in
	AccountSuspended   Account = "suspended"   // switched off, kept whole
	AccountDeactivated Account = "deactivated" // taken out of the tenant's organisation
	AccountDeleted     Account = "deleted"     // gone from the application
)

// State is one version of what a client wants of a resource.
type State struct {
	Version uint64 `json:"v,omitempty"`   // grows with each change
	Deleted bool   `json:"del,omitempty"` // the client deleted the resource; Doc is what it was
	// Lifecycle is a policy's choice of what this state, in which the person has no access, does to the account, in
	// place of the tenant's rule: "deactivate", "suspend", "delete" or "nothing"; empty leaves the rule in force.
	Lifecycle string `json:"l,omitempty"`
	Doc       []byte `json:"-"` // the canonical document; nil where the resource does not exist
}

// Present reports whether the state is that of a resource that exists.
func (s State) Present() bool { return s.Doc != nil && !s.Deleted }

// Applied is what the application last acknowledged.
type Applied struct {
	State            // the target that the application was last level with; Doc is nil where it never was
	LegacyID string  `json:"lid,omitempty"`     // the application's own id of the account
	Account  Account `json:"account,omitempty"` // the lifecycle state of the account
	Adrift   bool    `json:"adrift,omitempty"`  // the account may be in another state, or gone, and has to be told again
	Unsure   bool    `json:"unsure,omitempty"`  // the account may hold something else than Doc and has to be told again
	Doubt    []byte  `json:"-"`                 // what it may have been told besides; nil for nothing
}

// Attempt is a delivery that was begun and has no outcome yet. It is stored before the first byte is sent.
type Attempt struct {
	ID        string     `json:"id"`     // the idempotency key
	Action    abi.Action `json:"action"` // what the application is being told
	Version   uint64     `json:"v"`      // the version being delivered
	Owner     string     `json:"owner"`  // the process that began it
	Uncertain bool       `json:"unsure"` // it was sent, and nobody knows what came of it
	Doc       []byte     `json:"-"`      // the document being delivered; nil as long as that is the target's
}

// Hold is a change that waits for an approval. While it stands, Base is what may be delivered.
type Hold struct {
	ID      string `json:"id"`     // the approval's id
	Version uint64 `json:"v"`      // the desired version that waits
	Base    State  `json:"base"`   // the last state that nobody has to approve
	Change  string `json:"change"` // fingerprint of the change, see Approval.Change
}

// Record is one stored resource: what is desired, what is applied, and what stands between the two.
type Record struct {
	Type     Type      // which kind of resource
	ID       string    // the SCIM id, a UUIDv7
	Created  time.Time // meta.created
	Modified time.Time // meta.lastModified
	Desired  State     // what SCIM reads return
	Applied  Applied   // what the application has
	Attempt  *Attempt  // the delivery under way, if any
	Hold     *Hold     // the approval waited for, if any
	Due      time.Time // when the next delivery may start; zero where nothing is to be delivered
	Failures int       // deliveries that failed in a row
	Failure  string    // what the last of them said
	// OpenFrom is the lowest version whose journal entry may still lack its final outcome; 0 where none does.
	OpenFrom uint64
}

// Target is the state that the application is to be brought to: the desired one, or while a change waits for an
// approval, the last one before it.
func (r *Record) Target() State {
	if r.Hold != nil {
		return r.Hold.Base
	}
	return r.Desired
}

// Dirty reports whether something is still to be delivered.
func (r *Record) Dirty() bool { return !r.Due.IsZero() }

// Clone returns a copy that can be changed without touching r. Documents are shared: they are never changed in place.
func (r *Record) Clone() *Record {
	c := *r
	if r.Attempt != nil {
		a := *r.Attempt
		c.Attempt = &a
	}
	if r.Hold != nil {
		h := *r.Hold
		c.Hold = &h
	}
	return &c
}

// Version is the weak entity tag of the desired state, RFC 7643 section 3.1 "meta.version".
func (r *Record) Version() string { return `W/"` + strconv.FormatUint(r.Desired.Version, 10) + `"` }

// AppendResource appends the document as a client sees it: the desired document with id and meta in front. location
// is the URL of the resource's endpoint with a trailing slash; empty leaves meta.location out, as filters need none.
func (r *Record) AppendResource(dst []byte, location string) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, r.ID...)
	dst = append(dst, `","meta":{"created":"`...)
	dst = r.Created.UTC().AppendFormat(dst, timeFormat)
	dst = append(dst, `","lastModified":"`...)
	dst = r.Modified.UTC().AppendFormat(dst, timeFormat)
	if location != "" {
		dst = append(dst, `","location":`...)
		dst = appendString(dst, location+r.ID)
		dst = append(dst, `,"resourceType":"`...)
	} else {
		dst = append(dst, `","resourceType":"`...)
	}
	dst = append(dst, r.Type...)
	dst = append(dst, `","version":"W/\"`...)
	dst = strconv.AppendUint(dst, r.Desired.Version, 10)
	dst = append(dst, `\""}`...)
	if len(r.Desired.Doc) > 2 {
		dst = append(dst, ',')
		return append(dst, r.Desired.Doc[1:]...)
	}
	return append(dst, '}')
}

// timeFormat is xsd:dateTime with milliseconds, always of one width so that text order is time order.
const timeFormat = "2006-01-02T15:04:05.000Z"

func appendString(dst []byte, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // a string always marshals
		return append(dst, `""`...)
	}
	return append(dst, b...)
}

// A record is stored as one byte of format, a short JSON header and the documents behind it, so that reading a
// resource never parses a document.
const recordFormat = 1

type recordHeader struct {
	Created  time.Time `json:"c"`
	Modified time.Time `json:"m"`
	Desired  State     `json:"d"`
	Applied  Applied   `json:"a"`
	Same     bool      `json:"same,omitempty"` // the applied document is the desired one and stored once
	Attempt  *Attempt  `json:"at,omitempty"`
	Hold     *Hold     `json:"h,omitempty"`
	Due      time.Time `json:"due,omitzero"`
	Failures int       `json:"f,omitempty"`
	Failure  string    `json:"fm,omitempty"`
	OpenFrom uint64    `json:"of,omitempty"`
}

var errCorrupt = errors.New("the stored record is damaged")

func (r *Record) encode() ([]byte, error) {
	h := recordHeader{
		Created: r.Created, Modified: r.Modified, Desired: r.Desired, Applied: r.Applied, Attempt: r.Attempt,
		Hold: r.Hold, Due: r.Due, Failures: r.Failures, Failure: r.Failure, OpenFrom: r.OpenFrom,
	}
	var docs [5][]byte
	docs[0] = r.Desired.Doc
	if h.Same = r.Applied.Doc != nil && bytes.Equal(r.Applied.Doc, r.Desired.Doc); !h.Same {
		docs[1] = r.Applied.Doc
	}
	docs[4] = r.Applied.Doubt
	if r.Attempt != nil {
		docs[2] = r.Attempt.Doc
	}
	if r.Hold != nil {
		docs[3] = r.Hold.Base.Doc
	}
	head, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode the record: %w", err)
	}
	size := 1 + binary.MaxVarintLen64 + len(head)
	for _, d := range docs {
		size += binary.MaxVarintLen64 + len(d)
	}
	out := append(make([]byte, 0, size), recordFormat)
	out = appendSection(out, head)
	for _, d := range docs {
		out = appendSection(out, d)
	}
	return out, nil
}

// appendSection writes length+1, so that a missing document and an empty one differ.
func appendSection(dst, b []byte) []byte {
	if b == nil {
		return binary.AppendUvarint(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(b))+1)
	return append(dst, b...)
}

func cutSection(b []byte) (section, rest []byte, err error) {
	n, k := binary.Uvarint(b)
	if k <= 0 || (n > 0 && n-1 > uint64(len(b)-k)) {
		return nil, nil, errCorrupt
	}
	b = b[k:]
	if n == 0 {
		return nil, b, nil
	}
	return b[: n-1 : n-1], b[n-1:], nil
}

func decodeRecord(typ Type, id string, b []byte) (*Record, error) {
	if len(b) == 0 || b[0] != recordFormat {
		return nil, fmt.Errorf("%w: unknown format", errCorrupt)
	}
	head, b, err := cutSection(b[1:])
	if err != nil {
		return nil, err
	}
	var docs [5][]byte
	for i := range docs {
		if docs[i], b, err = cutSection(b); err != nil {
			return nil, err
		}
	}
	if len(b) != 0 {
		return nil, fmt.Errorf("%w: something follows it", errCorrupt)
	}
	var h recordHeader
	if err := json.Unmarshal(head, &h); err != nil {
		return nil, fmt.Errorf("%w: %w", errCorrupt, err)
	}
	r := &Record{
		Type: typ, ID: id, Created: h.Created, Modified: h.Modified, Desired: h.Desired, Applied: h.Applied,
		Attempt: h.Attempt, Hold: h.Hold, Due: h.Due, Failures: h.Failures, Failure: h.Failure, OpenFrom: h.OpenFrom,
	}
	r.Desired.Doc = docs[0]
	if r.Applied.Doc = docs[1]; h.Same {
		r.Applied.Doc = docs[0]
	}
	r.Applied.Doubt = docs[4]
	if r.Attempt != nil {
		r.Attempt.Doc = docs[2]
	}
	if r.Hold != nil {
		r.Hold.Base.Doc = docs[3]
	}
	return r, nil
}

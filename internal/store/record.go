package store

import (
	"encoding/json"
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
	Version uint64 // grows with each change
	Deleted bool   // the client deleted the resource; Doc is what it was
	// Lifecycle is a policy's choice of what this state, in which the person has no access, does to the account, in
	// place of the tenant's rule: "deactivate", "suspend", "delete" or "nothing"; empty leaves the rule in force.
	Lifecycle string
	Doc       []byte // the canonical document; nil where the resource does not exist
}

// Present reports whether the state is that of a resource that exists.
func (s State) Present() bool { return s.Doc != nil && !s.Deleted }

// Shown is the document of a resource that exists, nil for one that does not.
func (s State) Shown() []byte {
	if s.Deleted {
		return nil
	}
	return s.Doc
}

// Applied is what the application last acknowledged.
type Applied struct {
	State            // the target that the application was last level with; Doc is nil where it never was
	LegacyID string  // the application's own id of the account
	Account  Account // the lifecycle state of the account
	Adrift   bool    // the account may be in another state, or gone, and has to be told again
	Unsure   bool    // the account may hold something else than Doc and has to be told again
	Doubt    []byte  // what it may have been told besides; nil for nothing
}

// Attempt is a delivery that was begun and has no outcome yet. It is stored before the first byte is sent.
type Attempt struct {
	ID        string     // the idempotency key
	Action    abi.Action // what the application is being told
	Version   uint64     // the version being delivered
	Owner     string     // the process that began it
	Uncertain bool       // it was sent, and nobody knows what came of it
	Doc       []byte     // the document being delivered; nil as long as that is the target's
}

// Hold is a change that waits for an approval. While it stands, Base is what may be delivered.
type Hold struct {
	ID   string // the approval's id
	Base State  // the last state that nobody has to approve; what waits is the record's desired one
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
	// Secret is a password on its way to the application, sealed; nil for none. It is gone as soon as it is delivered.
	Secret []byte
	// SecretHeld means that the password waits for the approval that Hold speaks of.
	SecretHeld bool
	// Imported means that an import has made the resource and no client has changed it since.
	Imported bool
	// Epoch is that of a group's edges: those of an earlier one are no members any more. It lets a group of any size be
	// emptied in one small write.
	Epoch uint64
	// EdgesDirty means that the application is to be told of members of the group.
	EdgesDirty bool
	// EdgesHeld means that members of the group wait for the approval that Hold speaks of.
	EdgesHeld bool
	// Parting means that the account of the deleted resource is kept for some time yet, counted from Modified, and deleted
	// then.
	Parting bool
	// Told is when it was last written down what came of telling the application anything of the resource, or of its
	// members; zero where that never was.
	Told time.Time
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

package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Call is one attempt to tell the application of an action, with all requests that it took. Attempts that fail alike one
// after the other are one.
type Call struct {
	Key           string     `json:"key"`  // the idempotency key, of the last attempt
	Time          time.Time  `json:"time"` // when it began; of several attempts, the first
	ResourceType  Type       `json:"resource_type"`
	ResourceID    string     `json:"resource_id"`
	Subject       string     `json:"subject,omitempty"` // the userName or displayName
	Action        abi.Action `json:"action"`
	Version       uint64     `json:"version,omitempty"`      // of what was sent; of members, the newest version that is about them
	Members       []string   `json:"members,omitempty"`      // who joins or leaves, the first of them
	MoreMembers   int        `json:"more_members,omitempty"` // how many do beside them
	Exchanges     []Exchange `json:"exchanges,omitempty"`    // of the last attempt
	MoreExchanges int        `json:"more_exchanges,omitempty"`
	// Outcome is done, adopted (an account was found and linked), absent (there is no account), retry (it will be tried
	// again), refused, or unknown (what came of an earlier attempt could not be found out).
	Outcome string `json:"outcome"`
	Status  int    `json:"status,omitempty"` // of the last answer
	Detail  string `json:"detail,omitempty"` // the application's words, or what went wrong
	// Unresolved means that the application may have carried it out all the same.
	Unresolved    bool      `json:"unresolved,omitempty"`
	RetryAfter    int       `json:"retry_after,omitempty"` // seconds that the application asked to be left alone
	Next          time.Time `json:"next,omitzero"`         // when it is tried again
	PolicyVersion string    `json:"policy_version,omitempty"`
	Release       uint64    `json:"release,omitempty"`
	Count         uint64    `json:"count,omitempty"` // how many attempts there were, where there were several
	Last          time.Time `json:"last,omitzero"`   // when the last of several began

	// Place and Moved say where the entry lies, Run how many failures in a row it ends.
	Place uint64 `json:"place,omitempty,string"`
	Moved uint64 `json:"moved,omitempty,string"`
	Run   int    `json:"run,omitempty"`
}

// The outcomes of calls that failed: one will be tried again, one will not.
const (
	CallRetry   = "retry"
	CallRefused = "refused"
)

// Exchange is one request to the application, and the status of its answer.
type Exchange struct {
	Method string  `json:"method"`
	Path   string  `json:"path"`             // below the application's URL; values in a query are redacted
	Status int     `json:"status,omitempty"` // 0 where there was no answer
	Millis float64 `json:"ms"`               // how long it took, in milliseconds
}

// maxFailureRun is how many failures in a row are kept apart where they are not alike. A resource that fails for weeks, in
// whatever turns, takes no more room than that.
const maxFailureRun = 20

// ReserveCall gives a call its place before what came of it is written, so that it stands in front of that.
func (tx *Tx) ReserveCall(c *Call) (err error) {
	c.Place, err = tx.stamp()
	return err
}

// AppendCall writes a call to the journal, at the place that was reserved for it. again says that the delivery before it failed too; a failure like the one before
// is counted there.
func (tx *Tx) AppendCall(c *Call, again bool) error {
	if again && c.Outcome == CallRetry {
		last, err := tx.lastCall(c.ResourceID)
		if err != nil {
			return err
		}
		if last != nil && last.Outcome == CallRetry {
			if last.Run >= maxFailureRun || last.alike(c) {
				return tx.repeatCall(last, c)
			}
			c.Run = last.Run + 1
		}
	}
	c.Moved = c.Place
	b, err := encodeEntry(kindCall, c)
	if err != nil {
		return err
	}
	if err := tx.kv.Set(tx.placeKey(c.ResourceID, c.Place), b); err != nil {
		return err
	}
	return tx.announce(kindCall, c.ResourceID, c.Place, c.Place)
}

// alike reports whether two attempts failed in the same way.
func (c *Call) alike(d *Call) bool {
	return c.Action == d.Action && c.Version == d.Version && c.Status == d.Status && c.Release == d.Release && c.PolicyVersion == d.PolicyVersion &&
		slices.EqualFunc(c.Exchanges, d.Exchanges, func(x, y Exchange) bool { return x.Method == y.Method && x.Status == y.Status })
}

// repeatCall counts an attempt to the call that failed before it.
func (tx *Tx) repeatCall(last, c *Call) error {
	merged := *c
	merged.Time, merged.Last, merged.Count = last.Time, c.Time, max(last.Count, 1)+1
	merged.Place, merged.Moved, merged.Run = last.Place, c.Place, last.Run
	if err := tx.kv.Delete(tx.feedKey(last.Moved)); err != nil {
		return err
	}
	b, err := encodeEntry(kindCall, &merged)
	if err != nil {
		return err
	}
	if err := tx.kv.Set(tx.placeKey(c.ResourceID, last.Place), b); err != nil {
		return err
	}
	return tx.announce(kindCall, c.ResourceID, last.Place, merged.Moved)
}

// lastCall returns the resource's last call if it is among the newest entries, else nil.
func (tx *Tx) lastCall(resource string) (*Call, error) {
	looks := 0
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tablePlaces).String(resource)), kv.ScanOptions{Reverse: true}) {
		if err != nil {
			return nil, err
		}
		if len(entry.Value) > 0 && entryKind(entry.Value[0]) == kindCall {
			return decodeCall(entry.Value)
		}
		if looks++; looks == 16 {
			break
		}
	}
	return nil, nil //nolint:nilnil // there is none, which is no error
}

func encodeEntry(kind entryKind, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode a journal entry: %w", err)
	}
	return append([]byte{byte(kind)}, b...), nil
}

func decodeEntry(value []byte, kind entryKind, v any) error {
	if len(value) == 0 || entryKind(value[0]) != kind {
		return fmt.Errorf("journal: %w", errCorrupt)
	}
	if err := json.Unmarshal(value[1:], v); err != nil {
		return fmt.Errorf("journal: %w: %w", errCorrupt, err)
	}
	return nil
}

func decodeCall(value []byte) (*Call, error) {
	c := new(Call)
	return c, decodeEntry(value, kindCall, c)
}

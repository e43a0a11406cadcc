package adapter

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// DefaultJournalKeep is for how long the journal's entries are kept where the tenant does not say: 90 days.
const DefaultJournalKeep = 2160 * time.Hour

// MaxJournalKeep bounds JournalConfig.Keep: ten years.
const MaxJournalKeep = 87_600 * time.Hour

// JournalConfig says how a tenant's journal is kept.
type JournalConfig struct {
	// Keep is for how long an entry is kept after it changed last, DefaultJournalKeep by default; negative for ever.
	Keep time.Duration
}

func (c *JournalConfig) setDefaults() {
	if c.Keep == 0 {
		c.Keep = DefaultJournalKeep
	}
}

// leastJournalKeep is the shortest time that entries are kept: whoever waits for an outcome finds it in the journal.
const leastJournalKeep = time.Hour

func (c *JournalConfig) validate(bad func(format string, args ...any)) {
	if c.Keep >= 0 && (c.Keep < leastJournalKeep || c.Keep > MaxJournalKeep) {
		bad("journal.keep: %s is not from %s to %s; want a duration between them, or forever", c.Keep, leastJournalKeep, MaxJournalKeep)
	}
}

// Bounds of what the journal keeps of a request.
const (
	maxRequestChanges = 50  // attributes
	maxRequestValue   = 256 // bytes of a value
	maxRequestMembers = 50  // members who join, and who leave
)

// redacted stands in the place of a value that is secret.
const redacted = `"[redacted]"`

// appendRequest appends what a change asks for, as a store.Request in JSON: the attributes in which the documents differ
// that changed names, with their values as far as they are not secret, and who joins and leaves a group.
func (c *change) appendRequest(dst []byte, before []byte) []byte {
	var old, now gjson.Result
	if before != nil {
		old = gjson.ParseBytes(before)
	}
	if !c.deleted {
		now = gjson.ParseBytes(c.doc)
	}
	dst = append(dst, '{')
	if !c.deleted && len(c.changed) > 0 {
		n := 0
		dst = append(dst, `"changes":[`...)
		for _, path := range c.changed {
			if path == membersName && c.kind.Type == store.Group {
				continue // they are no document's
			}
			dst = c.appendChanges(dst, &n, path, old, now)
		}
		dst = append(dst, ']')
		if n > maxRequestChanges {
			dst = strconv.AppendInt(append(dst, `,"more_changes":`...), int64(n-maxRequestChanges), 10)
		}
	}
	if m := c.moves; m != nil && !m.none() {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = m.append(append(dst, `"members":`...))
	}
	return append(dst, '}')
}

// appendChanges appends an attribute's change; of a whole extension, that of each of its attributes, as far as there is room.
func (c *change) appendChanges(dst []byte, n *int, path string, old, now gjson.Result) []byte {
	ref, known := c.kind.Schema.Path(path)
	if known && ref.IsExtension() {
		names := map[string]bool{}
		for _, doc := range [...]gjson.Result{old, now} {
			valueAt(doc, ref).ForEach(func(key, _ gjson.Result) bool {
				names[key.Str] = true
				return true
			})
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			sub, known := c.kind.Schema.Lookup(ref.Attr.Name, name, "")
			dst = c.appendChange(dst, n, path+":"+name, sub, known, old, now)
		}
		return dst
	}
	return c.appendChange(dst, n, path, ref, known, old, now)
}

func (c *change) appendChange(dst []byte, n *int, path string, ref schema.Ref, known bool, old, now gjson.Result) []byte {
	if *n++; *n > maxRequestChanges {
		return dst
	}
	if *n > 1 {
		dst = append(dst, ',')
	}
	dst = appendText(append(dst, `{"path":`...), store.Cut(path, maxRequestValue))
	secret := !known || path == passwordName || ref.Attr.Secret() || ref.Sub.Secret()
	if path == passwordName { // it is in no document
		return append(append(append(dst, `,"new":`...), redacted...), '}')
	}
	for i, doc := range [...]gjson.Result{old, now} {
		value := valueAt(doc, ref)
		if known && !value.Exists() {
			continue
		}
		dst = append(dst, [...]string{`,"old":`, `,"new":`}[i]...)
		if secret {
			dst = append(dst, redacted...)
		} else {
			dst = appendValue(dst, value)
		}
	}
	return append(dst, '}')
}

// valueAt is what a document has at an attribute.
func valueAt(doc gjson.Result, ref schema.Ref) gjson.Result {
	if !doc.Exists() || ref.Attr == nil {
		return gjson.Result{}
	}
	if ref.URN != "" {
		doc = member(doc, ref.URN)
	}
	if doc = member(doc, ref.Attr.Name); ref.Sub != nil {
		doc = member(doc, ref.Sub.Name)
	}
	return doc
}

// member is that of an object under a name, which may have dots in it.
func member(obj gjson.Result, name string) (found gjson.Result) {
	obj.ForEach(func(key, value gjson.Result) bool {
		if key.Str == name {
			found = value
			return false
		}
		return true
	})
	return found
}

// appendValue appends a value, cut to a text if it is too long.
func appendValue(dst []byte, v gjson.Result) []byte {
	if len(v.Raw) <= maxRequestValue {
		return append(dst, v.Raw...)
	}
	text := v.Raw
	if v.Type == gjson.String {
		text = v.Str
	}
	return gjson.AppendJSONString(dst, store.Cut(text, maxRequestValue)+"…")
}

// memberMoves is who joins and leaves a group by one change.
type memberMoves struct {
	added, removed int
	join, leave    []string // the first of them
	all            bool     // all others leave
}

func (m *memberMoves) none() bool { return m.added == 0 && m.removed == 0 && !m.all }

// clear takes down that everybody leaves; on nil it does nothing, as note does.
func (m *memberMoves) clear() {
	if m != nil {
		m.all = true
	}
}

func (m *memberMoves) note(member string, joins bool) {
	if m == nil {
		return
	}
	n, list := &m.removed, &m.leave
	if joins {
		n, list = &m.added, &m.join
	}
	if *n++; *n <= maxRequestMembers {
		*list = append(*list, member)
	}
}

func (m *memberMoves) append(dst []byte) []byte {
	dst = append(dst, '{')
	begin := len(dst)
	name := func(name string) {
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		dst = append(dst, name...)
	}
	for _, side := range [...]struct {
		list, more string
		ids        []string
		n          int
	}{{`"added":`, `"more_added":`, m.join, m.added}, {`"removed":`, `"more_removed":`, m.leave, m.removed}} {
		if side.n == 0 {
			continue
		}
		name(side.list)
		for i, id := range side.ids {
			if dst = append(dst, ","[:min(i, 1)]...); i == 0 {
				dst = append(dst, '[')
			}
			dst = appendText(dst, id)
		}
		dst = append(dst, ']')
		if more := side.n - len(side.ids); more > 0 {
			name(side.more)
			dst = strconv.AppendInt(dst, int64(more), 10)
		}
	}
	if m.all {
		name(`"all":true`)
	}
	return append(dst, '}')
}

// subject is the name by which the journal knows the resource of a change.
func (c *change) subject(before []byte) string {
	if s := store.SubjectOf(c.doc); s != "" {
		return s
	}
	return store.SubjectOf(before)
}

// describeRequest puts what a change asks for into its journal entry.
func (c *change) describeRequest(op *store.Operation, before []byte) {
	op.Subject = c.subject(before)
	if c.moves == nil && c.joining != nil && c.verdict == abi.Deny {
		c.moves = movesOf(c)
	}
	op.Request = c.appendRequest(make([]byte, 0, 512), before)
}

// describeMoves adds who has joined and left, which is known when the members have been changed.
func (c *change) describeMoves(op *store.Operation) {
	if c.moves != nil && !c.moves.none() {
		op.Request = c.appendRequest(nil, c.before().Shown())
	}
}

// movesOf is who would have joined and left by a change that is denied, as far as somebody asked.
func movesOf(c *change) *memberMoves {
	m := new(memberMoves)
	for _, id := range c.joining.Add {
		m.note(id, true)
	}
	for _, id := range c.joining.Remove {
		m.note(id, false)
	}
	m.all = c.joining.Clear
	return m
}

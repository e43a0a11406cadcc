package adapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/patch"
)

const (
	// maxMemberChanges bounds the edges that one request changes, so that it fits one transaction of every store.
	maxMemberChanges = 5000
	// maxMemberName bounds what a client may name a member by, in bytes.
	maxMemberName = 256
	// maxNesting bounds the groups that contain one resource.
	maxNesting = 10_000
	// maxMemberLooks bounds what one request looks at to change members, all its operations together: edges, times the
	// terms of the filter that they are compared with. Others wait for the transaction meanwhile.
	maxMemberLooks = 100_000
)

// live reports whether an edge is a membership as clients see it.
func live(group *store.Record, e store.Edge) bool { return e.Desired && e.Epoch == group.Epoch }

// memberEdit changes the members of one group in one transaction.
type memberEdit struct {
	tx      *store.Tx
	group   *store.Record // as it will be
	kind    Kind
	pending bool // members that are not there yet are kept until they are
	silent  bool // the application is not told of groups
	held    bool // who joins waits for an approval
	holdAll bool // who leaves waits for it too
	changes int
	looks   int             // what was looked at
	above   map[string]bool // the groups that contain this one, once somebody has asked
	removed bool            // somebody left
	sweep   bool            // edges of an earlier epoch are left behind
	moves   *memberMoves    // takes down who joins and leaves; nil for nobody to know
}

// apply carries steps out in their order.
func (m *memberEdit) apply(steps []patch.ElementChange) error {
	for i := range steps {
		if err := m.step(&steps[i]); err != nil {
			return err
		}
	}
	if !m.held || !m.group.EdgesHeld {
		return nil
	}
	// Who waits for one approval is answered for in one transaction.
	waiting := 0
	err := m.tx.HeldEdges(m.group.ID, func(store.Edge) bool {
		waiting++
		return waiting <= maxMemberChanges
	})
	if err == nil && waiting > maxMemberChanges {
		err = tooManyMembers()
	}
	return err
}

func (m *memberEdit) step(s *patch.ElementChange) error {
	if s.Clear {
		if err := m.clear(s.Add); err != nil {
			return err
		}
	}
	for _, element := range s.Remove {
		if err := m.remove(element); err != nil {
			return err
		}
	}
	if s.RemoveWhere != nil {
		if err := m.removeWhere(s.RemoveWhere); err != nil {
			return err
		}
	}
	for _, element := range s.Add {
		if err := m.add(element); err != nil {
			return err
		}
	}
	return nil
}

// clear removes every member but those that are added again at once. A group that is too large for that is emptied by
// beginning a new epoch.
func (m *memberEdit) clear(again []scim.Object) error {
	keep := make(map[string]bool, len(again))
	for _, element := range again {
		e, err := m.find(element)
		if err != nil {
			return err
		}
		keep[e.Member] = true
	}
	var gone []store.Edge
	large := false
	err := m.tx.Members(m.group.ID, "", func(e store.Edge) bool {
		if live(m.group, e) && !keep[e.Member] {
			gone = append(gone, e)
		}
		large = m.look(1) != nil || len(gone) > maxMemberChanges/2
		return !large
	})
	switch {
	case err != nil:
		return err
	case !large:
		for _, e := range gone {
			if err := m.set(e, false); err != nil {
				return err
			}
		}
		return nil
	case m.held && m.holdAll:
		return tooManyMembers()
	}
	m.group.Epoch++
	m.sweep, m.removed = true, true
	m.moves.clear()
	return nil
}

func tooManyMembers() error {
	return &scim.Error{
		Status: http.StatusRequestEntityTooLarge,
		Detail: fmt.Sprintf("The request changes more than %d members; send it in parts", maxMemberChanges),
	}
}

func (m *memberEdit) remove(element scim.Object) error {
	e, err := m.find(element)
	if err != nil || !live(m.group, e) {
		return err
	}
	return m.set(e, false)
}

func (m *memberEdit) removeWhere(expr filter.Expr) error {
	where, err := filter.CompileElement(filter.AttrPath{Name: membersName}, expr, m.kind.Schema)
	if err != nil {
		return err
	}
	var gone []store.Edge
	var buf []byte
	var stop error
	consider := func(e store.Edge) bool {
		if stop = m.look(where.Cost()); stop != nil {
			return false
		}
		buf = appendMember(buf[:0], e, "")
		if live(m.group, e) && where.MatchValue(gjson.ParseBytes(buf)) {
			gone = append(gone, e)
		}
		if len(gone) > maxMemberChanges {
			stop = tooManyMembers()
		}
		return stop == nil
	}
	named, ok := where.Alternatives(func(path string) bool { return path == membersName+".value" })
	if ok {
		err = m.eachNamed(named, consider)
	} else {
		err = m.tx.Members(m.group.ID, "", consider)
	}
	if err := errors.Join(err, stop); err != nil {
		return err
	}
	for _, e := range gone {
		if err := m.set(e, false); err != nil {
			return err
		}
	}
	return nil
}

// eachNamed calls fn with the edges that the alternatives of a filter name, each once.
func (m *memberEdit) eachNamed(alternatives [][]filter.Equality, fn func(store.Edge) bool) error {
	seen := map[string]bool{}
	for _, all := range alternatives {
		name := all[0].Key
		if seen[name] || len(name) > maxMemberName {
			continue
		}
		seen[name] = true
		switch e, err := m.tx.Edge(m.group.ID, name); {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		case !fn(e):
			return nil
		}
	}
	return nil
}

// look counts what the request has looked at, and is an error where that is too much.
func (m *memberEdit) look(n int) error {
	if m.looks += n; m.looks > maxMemberLooks {
		return scim.BadRequest(scim.TooMany, "The request would look at more than %d members; name them by their value, or send it in parts", maxMemberLooks)
	}
	return nil
}

func (m *memberEdit) add(element scim.Object) error {
	e, err := m.find(element)
	if err != nil || live(m.group, e) {
		return err
	}
	if e.Member == m.group.ID {
		return scim.BadRequest(scim.InvalidValue, "A group cannot be a member of itself")
	}
	if e.Type == "" && !m.pending {
		return scim.BadRequest(scim.InvalidValue, "There is no resource with the id %s, which %q names", scim.Quote(e.Member), "members.value")
	}
	if e.Type == store.Group {
		if err := m.refuseCycle(e.Member); err != nil {
			return err
		}
	}
	return m.set(e, true)
}

// find returns the edge that an element of members speaks of, as it is stored or as it would begin.
//
// A member is named by its id. Clients exist that send a group before its users, and name those by their own ids, so one
// that is not there under its id is looked for by externalId, and otherwise is pending under the name that it was given.
func (m *memberEdit) find(element scim.Object) (store.Edge, error) {
	name, _ := element["value"].(string)
	if name == "" || len(name) > maxMemberName {
		return store.Edge{}, scim.BadRequest(scim.InvalidValue, "The attribute %q must have 1 to %d bytes", "members.value", maxMemberName)
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return store.Edge{}, scim.BadRequest(scim.InvalidValue, "The attribute %q must not have control characters", "members.value")
	}
	if err := m.look(4); err != nil { // as many reads as it may take
		return store.Edge{}, err
	}
	e := store.Edge{Group: m.group.ID, Member: name}
	for _, typ := range memberTypes(element) {
		switch _, err := m.tx.Get(typ, name); {
		case err == nil:
			e.Type = typ
			return m.stored(e)
		case !errors.Is(err, store.ErrNotFound):
			return e, err
		}
	}
	if !m.pending {
		return m.stored(e)
	}
	id, err := byExternalID(m.tx, name)
	if err != nil {
		return e, err
	}
	if id != "" {
		e.Member, e.Type = id, store.User
	}
	return m.stored(e)
}

// memberTypes lists what a member may be, the likely first.
func memberTypes(element scim.Object) []store.Type {
	if typ, _ := element["type"].(string); typ == string(store.Group) {
		return []store.Type{store.Group, store.User}
	}
	return []store.Type{store.User, store.Group}
}

func (m *memberEdit) stored(e store.Edge) (store.Edge, error) {
	have, err := m.tx.Edge(e.Group, e.Member)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return e, nil
	case err != nil:
		return e, err
	}
	if e.Type != "" {
		have.Type = e.Type
	}
	return have, nil
}

// byExternalID returns the user with an externalId, "" for none.
func byExternalID(tx *store.Tx, value string) (found string, err error) {
	ix, ok := tx.Index(store.User, "externalId")
	if !ok {
		return "", nil
	}
	var stop error
	err = tx.Find(store.User, ix, value, func(id string) bool {
		rec, err := tx.Get(store.User, id)
		if stop = err; err == nil && externalID(rec) == value { // a value can be kept for somebody who does not have it now
			found = id
		}
		return stop == nil && found == ""
	})
	return found, errors.Join(err, stop)
}

// set makes an edge a membership or ends it.
func (m *memberEdit) set(e store.Edge, desired bool) error {
	if m.changes++; m.changes > maxMemberChanges {
		return tooManyMembers()
	}
	m.moves.note(e.Member, desired)
	prev, err := m.previous(e)
	if err != nil {
		return err
	}
	e.Desired, e.Version = desired, m.group.Desired.Version
	e.Waiting, e.Silent = e.Type == "", m.silent
	if e.Held = m.held && (desired || m.holdAll); e.Held {
		m.group.EdgesHeld = true
		if e.Base = live(m.group, prev); prev.Held {
			e.Base = prev.Base && prev.Epoch == m.group.Epoch
		}
		if prev.Dirty() {
			e.Version = prev.Version // what is on its way still belongs to that one
		}
	}
	e.Epoch = m.group.Epoch
	m.removed = m.removed || !desired
	m.group.EdgesDirty = m.group.EdgesDirty || e.Deliverable()
	return m.tx.PutEdge(prev, e)
}

// previous is the edge as it is stored, the zero Edge where it is not.
func (m *memberEdit) previous(e store.Edge) (store.Edge, error) {
	prev, err := m.tx.Edge(e.Group, e.Member)
	if errors.Is(err, store.ErrNotFound) {
		return store.Edge{}, nil
	}
	return prev, err
}

// refuseCycle is an error where the group would contain itself by way of the member. Whom the request makes a member
// changes nothing about what contains the group, so that is found out once.
func (m *memberEdit) refuseCycle(member string) error {
	if m.group.ID == member {
		return scim.BadRequest(scim.InvalidValue, "A group cannot be a member of itself")
	}
	if m.above == nil {
		m.above = map[string]bool{}
		err := newLineage(m.tx).ancestors(m.group.ID, func(above *store.Record, _ bool) bool {
			m.above[above.ID] = true
			return true
		})
		if err != nil {
			return err
		}
	}
	if m.above[member] {
		return scim.BadRequest(scim.InvalidValue, "The group %s contains this one already, so it cannot be its member", scim.Quote(member))
	}
	return nil
}

// membersName is the attribute of a group that edges stand for.
const membersName = "members"

// takeMembers takes the members out of a client's document and returns them as a step, nil where the document does not
// speak of them.
func takeMembers(kind Kind, body scim.Object) ([]patch.ElementChange, error) {
	if kind.Type != store.Group {
		return nil, nil
	}
	ops := []patch.Operation{{Op: patch.Replace, Value: body}}
	routed, rest := patch.Split(kind.Schema, ops, membersName)
	if len(routed) == 0 {
		return nil, nil
	}
	steps, err := patch.ElementChanges(kind.Schema, routed)
	if err != nil {
		return nil, err
	}
	clear(body)
	for _, op := range rest {
		left, _ := op.Value.(scim.Object)
		for name, value := range left {
			body[name] = value
		}
	}
	return steps, nil
}

// splitMembers takes the operations on the members of a group out of a PATCH.
func splitMembers(kind Kind, ops []patch.Operation) ([]patch.ElementChange, []patch.Operation, error) {
	if kind.Type != store.Group {
		return nil, ops, nil
	}
	routed, rest := patch.Split(kind.Schema, ops, membersName)
	steps, err := patch.ElementChanges(kind.Schema, routed)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range steps {
		if s.RemoveWhere != nil {
			if _, err := filter.CompileElement(filter.AttrPath{Name: membersName}, s.RemoveWhere, kind.Schema); err != nil {
				return nil, nil, err
			}
		}
	}
	return steps, rest, nil
}

// appendMember appends an edge as an element of members. root is the SCIM root; empty leaves the reference out.
func appendMember(dst []byte, e store.Edge, root string) []byte {
	dst = append(dst, '{')
	if e.Type != "" {
		if root != "" {
			dst = append(dst, `"$ref":`...)
			dst = appendText(dst, root, "/", string(e.Type), "s/", e.Member)
			dst = append(dst, ',')
		}
		dst = append(dst, `"type":"`...)
		dst = append(dst, e.Type...)
		dst = append(dst, `",`...)
	}
	dst = append(dst, `"value":`...)
	return append(appendText(dst, e.Member), '}')
}

// appendText appends the parts as one JSON string.
func appendText(dst []byte, parts ...string) []byte {
	begin := len(dst)
	dst = append(dst, '"')
	for _, p := range parts {
		for i := range len(p) {
			if c := p[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
				return appendAnyText(dst[:begin], strings.Join(parts, ""))
			}
		}
		dst = append(dst, p...)
	}
	return append(dst, '"')
}

// appendAnyText is appendText for what is not all plain ASCII.
func appendAnyText(dst []byte, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // a string always marshals
		return append(dst, `""`...)
	}
	return append(dst, b...)
}

package filter

import (
	"encoding/json"
	"unsafe"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/scim"
)

// Matcher is a compiled filter. It is safe for concurrent use.
type Matcher struct {
	root *node
	// fields are the members of the matched object that the filter looks at.
	// They are collected in a single pass over the object; nodes refer to them by
	// their index.
	fields []string
	// scalar is set where simple values are matched: fields[0] is the value.
	scalar    bool
	mentioned []string
}

// node is a compiled expression.
type node struct {
	kind kind
	l, r *node
	// slot is the index of the member in Matcher.fields.
	slot int
	// inner is the member of that member, for an attribute under a URN. Empty for
	// others.
	inner string
	// sub is the sub-attribute, empty for none.
	sub  string
	test test
	elem *Matcher
	// path is the canonical path of what is compared.
	path string
	// holds is what a constant says.
	holds bool
}

type kind uint8

const (
	and kind = iota
	or
	not
	comparison
	presence
	elements
	// constant is what remains of a term whose attribute the resource type lacks.
	constant
)

// Match reports whether the filter selects the resource. The resource is JSON in
// canonical form: attributes named as in the schema, those of an extension under
// its URN. What is not JSON matches as if it were empty.
//
// The bytes must not change during the call; nothing of them is kept. Match
// allocates only for a text on its way that has JSON escapes, and for a compared
// one that is not ASCII or is very long.
func (m *Matcher) Match(doc []byte) bool {
	// gjson reads strings; a copy of every candidate would be the dearest part of a scan.
	s := unsafe.String(unsafe.SliceData(doc), len(doc)) // read only during this call, never kept
	return m.MatchValue(gjson.Parse(s))
}

// MatchValue is [Matcher.Match] for JSON that gjson has parsed already.
func (m *Matcher) MatchValue(v gjson.Result) bool {
	var few [8]gjson.Result
	slots := few[:]
	if len(m.fields) > len(few) {
		slots = make([]gjson.Result, len(m.fields))
	}
	if m.scalar {
		slots[0] = v
	} else if v.IsObject() {
		missing := len(m.fields)
		v.ForEach(func(key, value gjson.Result) bool {
			for i, f := range m.fields {
				if f == key.Str {
					slots[i] = value
					missing--
					break
				}
			}
			return missing > 0
		})
	}
	return m.root.match(slots)
}

// MatchObject is [Matcher.Match] for a decoded value, such as an element of a
// multi-valued attribute while a PATCH is applied. It costs an encoding.
func (m *Matcher) MatchObject(v any) bool {
	data, err := json.Marshal(v)
	return err == nil && m.Match(data)
}

func (n *node) match(slots []gjson.Result) bool {
	switch n.kind {
	case and:
		return n.l.match(slots) && n.r.match(slots)
	case or:
		return n.l.match(slots) || n.r.match(slots)
	case not:
		return !n.l.match(slots)
	case constant:
		return n.holds
	}
	v := slots[n.slot]
	if n.inner != "" {
		v = member(v, n.inner)
	}
	if n.sub == "" {
		return n.matchValues(v)
	}
	// A sub-attribute: of the only value, or of any one of several. Where there
	// is no value at all, the sub-attribute is missing.
	none, matched := true, false
	each(v, func(e gjson.Result) bool {
		none = false
		matched = n.matchValues(member(e, n.sub))
		return !matched
	})
	return matched || none && n.kind == comparison && n.test.holdsNowhere()
}

// matchValues reports whether any of the attribute's values matches.
func (n *node) matchValues(v gjson.Result) bool {
	switch n.kind {
	case presence:
		return present(v, 0)
	case elements:
		matched := false
		each(v, func(e gjson.Result) bool {
			matched = n.elem.MatchValue(e)
			return !matched
		})
		return matched
	}
	if !v.IsArray() || n.test.as == asNull {
		return n.test.holds(v)
	}
	none, matched := true, false
	each(v, func(e gjson.Result) bool {
		none = false
		matched = n.test.holds(e)
		return !matched
	})
	return matched || none && n.test.holds(gjson.Result{})
}

// each calls f for every value of a multi-valued attribute, or for the value of
// a singular one, until f reports false.
func each(v gjson.Result, f func(gjson.Result) bool) {
	switch {
	case v.IsArray():
		v.ForEach(func(_, e gjson.Result) bool { return f(e) })
	case v.Type != gjson.Null:
		f(v)
	}
}

// member returns the member of an object. Its name is not a gjson path: a URN
// with its dots is a name like any other.
func member(v gjson.Result, name string) gjson.Result {
	var found gjson.Result
	if v.IsObject() {
		v.ForEach(func(key, value gjson.Result) bool {
			if key.Str == name {
				found = value
				return false
			}
			return true
		})
	}
	return found
}

// present reports whether there is a value with something in it: not null, not
// an empty text, and not a list or object of nothing else (RFC 7644 table 3). It
// looks no deeper than documents go.
func present(v gjson.Result, depth int) bool {
	switch {
	case v.Type == gjson.Null:
		return false
	case v.Type == gjson.String:
		return v.Str != ""
	case v.Type != gjson.JSON || depth == scim.MaxDepth:
		return true
	}
	some := false
	v.ForEach(func(_, e gjson.Result) bool {
		some = present(e, depth+1)
		return !some
	})
	return some
}

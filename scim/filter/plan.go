package filter

import (
	"slices"
	"time"

	"github.com/tidwall/gjson"
)

// Equality is a condition that a resource must meet to match a filter: the
// attribute has a value whose index key is Key.
type Equality struct {
	// Path is the canonical path of the attribute, such as "userName",
	// "emails.value" or "urn:…:User:manager.value": what schema.Ref prints.
	Path string
	// Key is what the filter compares with: as it is if the attribute is
	// caseExact, else through [fold.String].
	Key string
}

// Alternatives returns what indexes can serve. indexed says of an attribute's
// canonical path whether there is an index on its values; only comparisons of
// such an attribute with a text by "eq" are looked at.
//
// A resource that the filter selects meets every condition of one alternative
// at least. One that does so may still not match, so candidates go through
// [Matcher.Match]. The comparisons inside a value path are among the
// conditions, each for itself: emails[type eq "work" and value eq "x"] gives
// emails.type and emails.value.
//
// No alternative has an empty list of conditions. ok is false where nothing
// but a scan finds what matches; where it is true and there is no alternative,
// nothing matches.
func (m *Matcher) Alternatives(indexed func(path string) bool) (alternatives [][]Equality, ok bool) {
	return m.root.alternatives(indexed)
}

// maxAlternatives bounds what "and" makes of two lists of alternatives.
const maxAlternatives = MaxTerms

func (n *node) alternatives(indexed func(string) bool) ([][]Equality, bool) {
	switch n.kind {
	case and:
		l, lok := n.l.alternatives(indexed)
		r, rok := n.r.alternatives(indexed)
		switch {
		case !lok:
			return r, rok
		case !rok:
			return l, true
		case len(l)*len(r) > max(len(l), len(r)):
			// Both sides have several. Either one is enough to know.
			if len(r) < len(l) {
				return r, true
			}
			return l, true
		}
		both := make([][]Equality, 0, len(l)*len(r))
		for _, x := range l {
			for _, y := range r {
				both = append(both, slices.Concat(x, y))
			}
		}
		return both, true
	case or:
		l, lok := n.l.alternatives(indexed)
		r, rok := n.r.alternatives(indexed)
		if !lok || !rok || len(l)+len(r) > maxAlternatives {
			return nil, false
		}
		return slices.Concat(l, r), true
	case elements:
		return n.elem.root.alternatives(indexed)
	case comparison:
		if n.test.op == Equal && n.test.as == asText && indexed(n.path) {
			return [][]Equality{{{Path: n.path, Key: n.test.text}}}, true
		}
	case constant:
		return nil, !n.holds
	}
	return nil, false
}

// Between returns the bounds that a dateTime attribute at a canonical path must
// lie within, both inclusive, for a resource to match. A zero bound is none. What
// lies within them may still not match.
func (m *Matcher) Between(path string) (from, to time.Time) { return m.root.between(path) }

func (n *node) between(path string) (from, to time.Time) {
	switch {
	case n.kind == and:
		from, to = n.l.between(path)
		rfrom, rto := n.r.between(path)
		if rfrom.After(from) {
			from = rfrom
		}
		if to.IsZero() || !rto.IsZero() && rto.Before(to) {
			to = rto
		}
	case n.kind != comparison || n.path != path || n.test.as != asTime:
	case n.test.op == Equal:
		return n.test.time, n.test.time
	case n.test.op == Greater, n.test.op == GreaterOrEqual:
		return n.test.time, to
	case n.test.op == Less, n.test.op == LessOrEqual:
		return from, n.test.time
	}
	return from, to
}

// Attributes returns the canonical paths of the attributes that the filter looks
// at, without sub-attributes, each once: "members" for members[value eq "x"].
// What is not part of the stored document, such as a group's members, must be
// put there before it can match.
func (m *Matcher) Attributes() []string { return m.mentioned }

// Mentions reports whether an attribute is among Attributes.
func (m *Matcher) Mentions(path string) bool { return slices.Contains(m.mentioned, path) }

// Cost is how many comparisons matching one document may take: the terms of the filter. It is at least 1.
func (m *Matcher) Cost() int { return m.root.cost() }

func (n *node) cost() int {
	switch n.kind {
	case and, or:
		return n.l.cost() + n.r.cost()
	case not:
		return n.l.cost()
	case elements:
		return n.elem.Cost()
	}
	return 1
}

// Excludes reports whether the filter can select no resource whose attribute at
// path, a canonical one such as "meta.resourceType", is the text value and
// nothing else. False means that it may.
func (m *Matcher) Excludes(path, value string) bool {
	return m.root.given(path, gjson.Result{Type: gjson.String, Str: value}) == no
}

// verdict is what is known of a filter as long as not all of a resource is.
type verdict int8

const (
	no    verdict = -1
	maybe verdict = 0
	yes   verdict = 1
)

func (n *node) given(path string, v gjson.Result) verdict {
	switch n.kind {
	case and:
		return min(n.l.given(path, v), n.r.given(path, v))
	case or:
		return max(n.l.given(path, v), n.r.given(path, v))
	case not:
		return -n.l.given(path, v)
	case comparison:
		if n.path == path {
			return known(n.test.holds(v))
		}
	case constant:
		return known(n.holds)
	}
	return maybe
}

func known(holds bool) verdict {
	if holds {
		return yes
	}
	return no
}

// Need is which values of a multi-valued attribute a filter looks at. Whether it
// matches a resource follows from these values alone: the others may be left out
// of the document.
type Need struct {
	// All is set where any value may count.
	All bool
	// One is set where it counts whether there is a value at all: one, any, will
	// do beside those in Values.
	One bool
	// Values are the sub-attribute "value" of those that count.
	Values []string
}

// Needs returns which values of an attribute the filter looks at. The attribute
// is a complex multi-valued one of the core schema with a sub-attribute "value"
// that is caseExact, such as a group's members.
func (m *Matcher) Needs(attribute string) Need {
	var need Need
	m.needs(m.root, attribute, &need)
	slices.Sort(need.Values)
	need.Values = slices.Compact(need.Values)
	return need
}

func (m *Matcher) needs(n *node, attribute string, need *Need) {
	switch n.kind {
	case and, or:
		m.needs(n.l, attribute, need)
		m.needs(n.r, attribute, need)
		return
	case not:
		m.needs(n.l, attribute, need)
		return
	case constant:
		return
	}
	if m.fields[n.slot] != attribute || n.inner != "" {
		return
	}
	switch {
	case n.kind == elements:
		values, ok := n.elem.root.values(attribute + ".value")
		need.All = need.All || !ok
		need.Values = append(need.Values, values...)
	case n.kind == presence, n.test.as == asNull:
		// A value always has its sub-attribute "value".
		whole := n.sub == "" || n.sub == "value"
		need.One = need.One || whole
		need.All = need.All || !whole
	case n.isEquality(attribute + ".value"):
		need.Values = append(need.Values, n.test.text)
	default:
		need.All = true
	}
}

func (n *node) isEquality(path string) bool {
	return n.kind == comparison && n.path == path && n.test.op == Equal && n.test.as == asText && !n.test.fold
}

// values returns what the attribute at path must be one of where n holds, and
// whether that is known.
func (n *node) values(path string) ([]string, bool) {
	switch {
	case n.kind == and:
		if l, ok := n.l.values(path); ok {
			return l, true
		}
		return n.r.values(path)
	case n.kind == or:
		l, lok := n.l.values(path)
		r, rok := n.r.values(path)
		return slices.Concat(l, r), lok && rok
	case n.isEquality(path):
		return []string{n.test.text}, true
	}
	return nil, false
}

package patch

import (
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// listing is the value of a remove that lists elements. An element is meant by what identifies it,
// its "value" and, where both have one, its "type": clients repeat a display or a $ref from
// memory. One listed without a "value" means the elements that have all its sub-attributes.
type listing struct {
	attr   *schema.Attribute
	simple []any
	byWhat map[string][]scim.Object // by folded "value"
	others []scim.Object            // those without one
}

func newListing(attr *schema.Attribute, listed []any) *listing {
	l := &listing{attr: attr, byWhat: map[string][]scim.Object{}}
	for _, e := range listed {
		obj, ok := e.(scim.Object)
		if !ok {
			l.simple = append(l.simple, e)
			continue
		}
		if key, ok := l.key(obj); ok {
			l.byWhat[key] = append(l.byWhat[key], obj)
		} else {
			l.others = append(l.others, obj)
		}
	}
	return l
}

// slow is how many comparisons has makes beside its look-up.
func (l *listing) slow() int { return len(l.simple) + len(l.others) }

func (l *listing) key(obj scim.Object) (string, bool) {
	sub := l.attr.Sub("value")
	s, ok := obj["value"].(string)
	if sub == nil || !ok {
		return "", false
	}
	return sub.Fold(s), true
}

func (l *listing) has(e any) bool {
	obj, ok := e.(scim.Object)
	if !ok {
		for _, s := range l.simple {
			if l.attr.Same(s, e) {
				return true
			}
		}
		return false
	}
	if key, ok := l.key(obj); ok {
		for _, listed := range l.byWhat[key] {
			if listed["type"] == nil || obj["type"] == nil || l.sameSub("type", listed, obj) {
				return true
			}
		}
	}
	for _, listed := range l.others {
		if l.within(listed, obj) {
			return true
		}
	}
	return false
}

// within reports whether obj has all that listed has.
func (l *listing) within(listed, obj scim.Object) bool {
	for name := range listed {
		if !l.sameSub(name, listed, obj) {
			return false
		}
	}
	return len(listed) > 0
}

func (l *listing) sameSub(name string, x, y scim.Object) bool {
	sub := l.attr.Sub(name)
	return sub != nil && sub.Same(x[name], y[name])
}

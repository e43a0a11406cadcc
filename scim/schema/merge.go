package schema

import (
	"encoding/json"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/fold"
)

// Merge adds canonical elements to a canonical list of this attribute and returns the list.
// An element that is there already changes nothing (RFC 7644 §3.5.2.1). One that is the same by "value"
// and "type" (RFC 7643 §2.4 wants no two of these) gives its other sub-attributes to the one that is
// there, but for immutable ones that have a value.
// The elements of list may be changed; list itself and more become the result's.
func (a *Attribute) Merge(list, more []any) []any {
	if len(list)+len(more) <= 1 {
		return append(list, more...)
	}
	index := make(map[string]int, len(list)+len(more))
	for i, e := range list {
		if key := a.identity(e); key != "" {
			if _, ok := index[key]; !ok {
				index[key] = i
			}
		}
	}
	for _, e := range more {
		key := a.identity(e)
		i, ok := index[key]
		if !ok {
			index[key] = len(list)
			list = append(list, e)
			continue
		}
		have, ok := list[i].(scim.Object)
		add, both := e.(scim.Object)
		if !ok || !both {
			continue
		}
		for name, v := range add {
			if _, set := have[name]; set && a.Sub(name).Mutability == Immutable {
				continue
			}
			have[name] = v
		}
	}
	return list
}

// identity is equal for two elements exactly if a list should not hold both.
func (a *Attribute) identity(e any) string {
	switch e := e.(type) {
	case string:
		return "s" + a.Fold(e)
	case scim.Object:
		v, ok := e[valueName]
		if !ok {
			break
		}
		s, ok := v.(string)
		if !ok {
			break
		}
		key := "v" + a.subFold(valueName, s)
		if t, ok := e[typeName].(string); ok {
			key += "\x00" + a.subFold(typeName, t)
		}
		return key
	}
	data, _ := json.Marshal(e) // canonical values always marshal
	return "j" + string(data)
}

func (a *Attribute) subFold(name, s string) string {
	if sub := a.Sub(name); sub != nil {
		return sub.Fold(s)
	}
	return s
}

// Fold makes strings equal that the attribute does not tell apart (caseExact, RFC 7643 §7).
func (a *Attribute) Fold(s string) string {
	if a.CaseExact {
		return s
	}
	return fold.String(s)
}

// Same reports whether two canonical values of this attribute are the same to it: strings are
// compared by the attribute's caseExact, lists without regard to order, objects by their members.
func (a *Attribute) Same(x, y any) bool {
	switch x := x.(type) {
	case string:
		y, ok := y.(string)
		return ok && a.Fold(x) == a.Fold(y)
	case scim.Object:
		y, ok := y.(scim.Object)
		if !ok || len(x) != len(y) {
			return false
		}
		for name, v := range x {
			sub := a.Sub(name)
			if w, ok := y[name]; !ok || sub == nil || !sub.Same(v, w) {
				return false
			}
		}
		return true
	case []any:
		y, ok := y.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		count := make(map[string]int, len(x))
		for _, e := range x {
			count[a.identity(e)]++
		}
		for _, e := range y {
			if count[a.identity(e)]--; count[a.identity(e)] < 0 {
				return false
			}
		}
		return true
	}
	return scim.Equal(x, y)
}

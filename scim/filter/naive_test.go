package filter_test

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/fold"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// naive evaluates filters over decoded documents in the plainest way: it lists
// an attribute's values and tries them one after the other. It is what Matcher
// is measured against. Filters must have passed Compile.
type naive struct{ rt *schema.ResourceType }

func (n naive) match(e filter.Expr, doc scim.Object) bool {
	return n.eval(e, func(a filter.AttrPath) ([]any, schema.Ref, bool) {
		ref, ok := n.rt.Lookup(a.URN, a.Name, a.Sub)
		if !ok {
			return nil, schema.Ref{}, false // of another type, see CompileEach
		}
		var in any = doc
		if ref.URN != "" {
			in = get(in, ref.URN)
		}
		values := list(get(in, ref.Attr.Name))
		return values, ref, ref.Attr.MultiValued && len(values) > 0
	})
}

// find returns the values of the attribute that a names, which are elements if
// the attribute is complex, what it is, and whether there is an element whose
// sub-attributes are meant.
type find func(a filter.AttrPath) (values []any, ref schema.Ref, inElement bool)

func (n naive) eval(e filter.Expr, find find) bool {
	switch e := e.(type) {
	case filter.And:
		l, r := n.eval(e.L, find), n.eval(e.R, find)
		return l && r
	case filter.Or:
		l, r := n.eval(e.L, find), n.eval(e.R, find)
		return l || r
	case filter.Not:
		return !n.eval(e.X, find)
	case filter.Present:
		values, ref, _ := find(e.Attr)
		for _, v := range subs(values, ref.Sub) {
			if filled(v) {
				return true
			}
		}
		return false
	case filter.ValuePath:
		values, ref, _ := find(e.Attr) // none of an unknown attribute
		for _, v := range values {
			if n.eval(e.Filter, element(ref.Attr, v)) {
				return true
			}
		}
		return false
	case filter.Compare:
		return n.compare(e, find)
	}
	panic("unknown expression")
}

// element finds attributes inside one value of a multi-valued attribute.
func element(parent *schema.Attribute, v any) find {
	return func(a filter.AttrPath) ([]any, schema.Ref, bool) {
		if parent.Type != schema.TypeComplex {
			return []any{v}, schema.Ref{Attr: parent}, false
		}
		sub := parent.Sub(a.Name)
		if sub == nil {
			return nil, schema.Ref{}, false
		}
		return list(get(v, sub.Name)), schema.Ref{Attr: sub}, parent.MultiValued
	}
}

func (n naive) compare(e filter.Compare, find find) bool {
	values, ref, inElement := find(e.Attr)
	null := e.Value.Kind == filter.Null
	if ref.Attr == nil {
		return e.Op == filter.Equal && null || e.Op == filter.NotEqual && !null
	}
	if null && ref.Sub == nil {
		// The attribute as a whole.
		return filled(values) == (e.Op == filter.NotEqual)
	}
	leaf := ref.Attr
	if leaf.Type == schema.TypeComplex {
		if leaf = ref.Sub; leaf == nil {
			leaf = ref.Attr.Sub("value")
		}
		values = subs(values, leaf)
	}
	if len(values) == 0 {
		values = []any{nil}
	}
	for _, v := range values {
		if null {
			if filled(v) == (e.Op == filter.NotEqual) {
				return true
			}
			continue
		}
		inner := list(v)
		switch {
		case leaf == ref.Attr:
			inner = []any{v}
		case len(inner) == 0:
			inner = []any{nil}
		}
		for _, v := range inner {
			// RFC 7643 §2.4: no primary is a false one.
			if v == nil && inElement && leaf.Name == "primary" && leaf.Type == schema.TypeBoolean {
				v = false
			}
			if holds(e, leaf, v) {
				return true
			}
		}
	}
	return false
}

func holds(e filter.Compare, a *schema.Attribute, v any) bool {
	text := e.Op == filter.Contains || e.Op == filter.StartsWith || e.Op == filter.EndsWith
	order, ok := 0, false
	switch a.Type {
	case schema.TypeBoolean:
		var b bool
		if b, ok = v.(bool); ok && b != (e.Value.Bool || strings.EqualFold(e.Value.Text, "true")) {
			order = 1
		}
	case schema.TypeInteger, schema.TypeDecimal:
		var n json.Number
		if n, ok = v.(json.Number); ok {
			order = compareNumbers(n, json.Number(e.Value.Text))
		}
	case schema.TypeDateTime:
		s, isText := v.(string)
		if text {
			return isText && holdsText(e.Op, fold.String(s), fold.String(e.Value.Text))
		}
		var at time.Time
		at, ok = instant(s)
		want, _ := instant(e.Value.Text)
		order = at.Compare(want)
	default:
		s, isText := v.(string)
		want := e.Value.Text
		if a.Type == schema.TypeString && !a.CaseExact {
			s, want = fold.String(s), fold.String(want)
		}
		if text {
			return isText && holdsText(e.Op, s, want)
		}
		order, ok = cmp.Compare(s, want), isText
	}
	if !ok {
		return e.Op == filter.NotEqual
	}
	return map[filter.Op]bool{
		filter.Equal: order == 0, filter.NotEqual: order != 0,
		filter.Greater: order > 0, filter.GreaterOrEqual: order >= 0,
		filter.Less: order < 0, filter.LessOrEqual: order <= 0,
	}[e.Op]
}

func holdsText(op filter.Op, s, want string) bool {
	switch op {
	case filter.Contains:
		return strings.Contains(s, want)
	case filter.StartsWith:
		return strings.HasPrefix(s, want)
	default:
		return strings.HasSuffix(s, want)
	}
}

func compareNumbers(a, b json.Number) int {
	ai, aerr := a.Int64()
	bi, berr := b.Int64()
	if aerr == nil && berr == nil {
		return cmp.Compare(ai, bi)
	}
	af, _ := a.Float64()
	bf, _ := b.Float64()
	return cmp.Compare(af, bf)
}

func instant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// get returns the member of an object, or nil.
func get(v any, name string) any {
	o, _ := v.(scim.Object)
	return o[name]
}

// list returns the values of an attribute.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// subs returns the sub-attribute of each value, nil where it is missing, or the
// values themselves if there is no sub-attribute.
func subs(values []any, sub *schema.Attribute) []any {
	if sub == nil {
		return values
	}
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = get(v, sub.Name)
	}
	return out
}

func filled(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		for _, e := range v {
			if filled(e) {
				return true
			}
		}
		return false
	case scim.Object:
		for _, e := range v {
			if filled(e) {
				return true
			}
		}
		return false
	default:
		return true
	}
}

package patch

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// maxLooks bounds the elements that one request may have looked at, all operations counted, and each
// as often as its filter has terms. Many operations on a long list are otherwise a cheap way to keep a
// processor busy.
const maxLooks = 100_000

// Sub-attributes whose meaning RFC 7643 §2.4 fixes.
const (
	primaryName = "primary"
	typeName    = "type"
)

// elements returns the list that ref names.
func (a *applier) elements(ref schema.Ref) ([]any, error) {
	list, _ := a.get(ref).([]any)
	return list, a.look(len(list))
}

func (a *applier) look(n int) error {
	if a.looked += n; a.looked > maxLooks {
		return scim.BadRequest(scim.TooMany, "The operations look at more than %d values; send fewer at once", maxLooks)
	}
	return nil
}

// union is the attribute's list with canonical elements added.
func (a *applier) union(ref schema.Ref, more []any) ([]any, error) {
	list, err := a.elements(ref)
	if err != nil {
		return nil, err
	}
	for _, e := range more {
		if isPrimary(e) {
			clearPrimary(list)
			break
		}
	}
	list = ref.Attr.Merge(list, more)
	if most := a.rt.Limit(ref); len(list) > most {
		return nil, scim.BadRequest(scim.InvalidValue, "The attribute %q would have more than the %d values accepted", ref, most)
	}
	return list, nil
}

func isPrimary(e any) bool {
	obj, _ := e.(scim.Object)
	return obj[primaryName] == true
}

// clearPrimary makes place for another primary element (RFC 7644 §3.5.2).
func clearPrimary(list []any) {
	for _, e := range list {
		if obj, ok := e.(scim.Object); ok && isPrimary(e) {
			obj[primaryName] = false
		}
	}
}

// removeListed removes the elements that v lists and no others.
func (a *applier) removeListed(ref schema.Ref, v any) error {
	v, err := a.rt.Value(ref, v, &schema.Secrets{})
	if err != nil {
		return err
	}
	listed, _ := v.([]any)
	list, err := a.elements(ref)
	if err != nil || len(listed) == 0 {
		return err
	}
	meant := newListing(ref.Attr, listed)
	if err := a.look(len(list) * meant.slow()); err != nil {
		return err
	}
	a.setList(ref, slices.DeleteFunc(list, meant.has))
	return nil
}

// assignInAll sets a sub-attribute of a list in every element; in an empty list it makes one.
func (a *applier) assignInAll(ref schema.Ref, v any) error {
	list, err := a.elements(ref)
	if err != nil {
		return err
	}
	if len(list) == 0 && v != nil {
		return a.create(ref, scim.Object{ref.Sub.Name: v})
	}
	return a.setInEach(ref, selection{list, slices.Repeat([]bool{true}, len(list))}, v)
}

// selection is a list and which of its elements are meant. They are told apart by position, since
// elements may be simple values, or equal.
type selection struct {
	list []any
	is   []bool
}

func (s selection) empty() bool { return !slices.Contains(s.is, true) }

// objects lists the complex values meant.
func (s selection) objects() []scim.Object {
	var objs []scim.Object
	for i, e := range s.list {
		if obj, ok := e.(scim.Object); ok && s.is[i] {
			objs = append(objs, obj)
		}
	}
	return objs
}

// without is the list without those of the meant elements of which drop is true.
func (s selection) without(drop func(any) bool) []any {
	rest := make([]any, 0, len(s.list))
	for i, e := range s.list {
		if !s.is[i] || !drop(e) {
			rest = append(rest, e)
		}
	}
	return rest
}

func anyValue(any) bool { return true }

// hollow reports whether an element has nothing left but labels.
func hollow(e any) bool {
	obj, ok := e.(scim.Object)
	return ok && schema.Hollow(obj)
}

// filtered does what an operation says to the elements that its path selects.
func (a *applier) filtered(op Operation, ref schema.Ref) error {
	m, err := filter.CompileElement(filter.AttrPath{URN: ref.URN, Name: ref.Attr.Name}, op.Path.Filter, a.rt)
	if err != nil {
		return err
	}
	list, err := a.elements(ref)
	if err != nil {
		return err
	}
	if err := a.look(len(list) * m.Cost()); err != nil {
		return err
	}
	s := selection{list, make([]bool, len(list))}
	for i, e := range list {
		s.is[i] = m.MatchObject(e)
	}
	v := op.Value
	if op.Op == Remove {
		v = nil
	}
	switch {
	case ref.Sub != nil && s.empty() && v != nil && v != "":
		return a.createSelected(op, ref, scim.Object{ref.Sub.Name: v})
	case ref.Sub != nil:
		return a.setInEach(ref, s, v)
	case v == nil:
		a.setList(ref, s.without(anyValue))
		return nil
	case ref.Attr.Type != schema.TypeComplex:
		return a.changeSimple(op, ref, s)
	}
	obj, err := schema.Object(ref, v)
	switch {
	case err != nil:
		return err
	case obj == nil:
		a.setList(ref, s.without(anyValue))
		return nil
	case s.empty():
		return a.createSelected(op, ref, obj)
	}
	return a.changeSelected(op, ref, s, obj)
}

// changeSimple adds to a list of simple values, or puts values in the place of those selected.
func (a *applier) changeSimple(op Operation, ref schema.Ref, s selection) error {
	if s.empty() {
		return noTarget(op)
	}
	v, err := a.rt.Value(ref, op.Value, &a.secrets)
	if err != nil {
		return err
	}
	more, _ := v.([]any)
	rest := s.list
	if op.Op == Replace {
		rest = s.without(anyValue)
	}
	a.setList(ref, ref.Attr.Merge(rest, more))
	return nil
}

// changeSelected merges a client's value into the selected elements, or puts it in their place.
func (a *applier) changeSelected(op Operation, ref schema.Ref, s selection, obj scim.Object) error {
	if fresh := (scim.Object{}); a.mergeInto(ref, fresh, obj) == nil && isPrimary(fresh) {
		clearPrimary(s.list)
	}
	terms, _ := equalities(ref, op.Path.Filter)
	for _, have := range s.objects() {
		if op.Op == Replace {
			if err := unassignOthers(ref, have, obj, terms); err != nil {
				return err
			}
		}
		if err := a.mergeInto(ref, have, obj); err != nil {
			return err
		}
	}
	a.setList(ref, s.without(hollow))
	return nil
}

// unassignOthers takes from an element what its replacement does not name, but for what the path's
// filter says of it: that stays true.
func unassignOthers(ref schema.Ref, have, obj, terms scim.Object) error {
	for _, sub := range ref.Attr.SubAttributes {
		_, given := scim.Member(obj, sub.Name)
		_, term := terms[sub.Name]
		if given || term || sub.Mutability == schema.ReadOnly {
			continue
		}
		if err := setSub(schema.Ref{URN: ref.URN, Attr: ref.Attr, Sub: sub}, have, nil); err != nil {
			return err
		}
	}
	return nil
}

// setInEach gives ref's sub-attribute a client's value in every selected element.
func (a *applier) setInEach(ref schema.Ref, s selection, v any) error {
	v, err := a.rt.Value(ref, v, &a.secrets)
	if err != nil {
		return err
	}
	if ref.Sub.Mutability == schema.WriteOnly {
		a.secrets.Set(ref, v)
		return nil
	}
	if ref.Sub.Name == primaryName && v == true {
		clearPrimary(s.list)
	}
	for _, have := range s.objects() {
		if err := a.mergeInto(ref, have, scim.Object{ref.Sub.Name: v}); err != nil {
			return err
		}
	}
	list := s.list
	if v == nil && ref.Sub.Name != primaryName && ref.Sub.Name != typeName {
		list = s.without(hollow)
	}
	a.setList(ref, list)
	return nil
}

// createSelected makes the element that a filter of equalities looked for in vain.
func (a *applier) createSelected(op Operation, ref schema.Ref, obj scim.Object) error {
	terms, ok := equalities(ref, op.Path.Filter)
	if _, known := terms["value"]; !ok || op.Op == Replace && (known || ref.Sub == nil) {
		return noTarget(op)
	}
	obj = maps.Clone(obj)
	for name, v := range terms {
		if _, given := scim.Member(obj, name); !given {
			obj[name] = v
		}
	}
	return a.create(ref, obj)
}

func noTarget(op Operation) error {
	return scim.BadRequest(scim.NoTarget, "The path %s selects nothing", scim.Quote(op.Path.String()))
}

// create adds an element.
func (a *applier) create(ref schema.Ref, obj scim.Object) error {
	return a.assign(Add, schema.Ref{URN: ref.URN, Attr: ref.Attr}, obj)
}

// equalities returns what the elements are like that a filter selects, if it consists of nothing but
// equalities joined by "and".
func equalities(ref schema.Ref, e filter.Expr) (terms scim.Object, ok bool) {
	terms = scim.Object{}
	return terms, collect(ref, e, terms)
}

func collect(ref schema.Ref, e filter.Expr, terms scim.Object) bool {
	switch e := e.(type) {
	case filter.And:
		l, r := collect(ref, e.L, terms), collect(ref, e.R, terms)
		return l && r
	case filter.Compare:
		sub := ref.Attr.Sub(e.Attr.Name)
		if e.Op != filter.Equal || sub == nil || e.Attr.Sub != "" {
			return false
		}
		var v any
		switch e.Value.Kind {
		case filter.String:
			v = e.Value.Text
		case filter.Number:
			v = json.Number(e.Value.Text)
		case filter.Bool:
			v = e.Value.Bool
		case filter.Null:
			return false
		}
		if have, ok := terms[sub.Name]; ok && have != v {
			return false // nothing is equal to two values
		}
		terms[sub.Name] = v
		return true
	}
	return false
}

package patch

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Apply applies operations to a canonical document, in order, and returns the result in canonical
// form; doc is left as it is, also on an error. A value for a writeOnly attribute, such as password, is
// in the result's Secrets. Whether anything changed is for the caller to see by comparing the
// encoded documents (RFC 7644 §3.5.2.1: no change, no new modify time).
//
// Where the RFC leaves a choice, or clients are known to mean something else than it says:
//
//   - Values come in all the forms that schema.ResourceType.Normalize takes. null and "" unassign.
//   - An add or replace without a path merges: objects member by member, lists by add or replace.
//     Names may be dotted, have a URN or be whole paths. readOnly attributes and schemas are passed
//     over there, since clients echo them; named by a path they are an error.
//   - A remove of a list attribute with a value removes only the elements listed, by their "value" (and
//     "type", if given), else by all sub-attributes listed.
//   - An add through a filter that matches nothing creates the element, if the filter is nothing but
//     equalities, and sets those in it. So does a replace of one sub-attribute, unless the filter asks
//     for a "value" (Entra ID). Else it is noTarget. A remove that matches nothing succeeds (§3.5.2.2).
//   - Replacing an element through a filter keeps the filter's equalities that the value leaves out.
//   - An element of which only "type" and "primary" are left is gone.
//   - Giving a complex attribute another "value" drops its "$ref" and readOnly parts, which described
//     the old one.
//   - A path on "schemas" is accepted and does nothing: schemas follow from the data.
//
// What is dormant in doc (schema.ResourceType.Separate) stays as it is, and what the operations leave alone is not judged.
//
// # Errors
//
// All are *scim.Error with status 400: invalidPath for an attribute that does not exist, or a filter on
// one that is not a list; invalidFilter for a filter that does not fit its attribute; noTarget as
// above; mutability for a readOnly path, for another value of an immutable attribute and for removing
// a required attribute; invalidValue and invalidSyntax as Normalize gives them.
func Apply(rt *schema.ResourceType, doc scim.Object, ops []Operation) (schema.Normalized, error) {
	doc, dormant := rt.Separate(doc)
	a := applier{rt: rt, doc: scim.Clone(doc), removed: map[string]bool{}}
	for i, op := range ops {
		if err := a.apply(op); err != nil {
			return schema.Normalized{}, inOperation(i, len(ops), err)
		}
	}
	// What is required is looked at here and not in the operation, so that a remove may be followed by an add.
	out, err := rt.Settle(doc, a.doc)
	if lost, ok := errors.AsType[*schema.MissingError](err); ok && a.removed[lost.Ref.String()] {
		err = scim.BadRequest(scim.Mutability, "The required attribute %q cannot be removed", lost.Ref)
	}
	if err != nil {
		return schema.Normalized{}, err
	}
	schema.Rejoin(out.Doc, dormant)
	out.Secrets = a.secrets
	return out, nil
}

type applier struct {
	rt      *schema.ResourceType
	doc     scim.Object
	secrets schema.Secrets
	removed map[string]bool // paths that a remove named
	looked  int             // at how many elements of lists
}

func (a *applier) apply(op Operation) error {
	if op.Path == nil {
		if op.Op == Remove {
			return scim.BadRequest(scim.NoTarget, `A remove needs a "path"`)
		}
		obj, ok := op.Value.(scim.Object)
		if !ok {
			return scim.BadRequest(scim.InvalidValue, `Without a "path" the value must be an object; found %s`, scim.Kind(op.Value))
		}
		return a.members(op.Op, "", obj)
	}
	ref, err := target(a.rt, *op.Path)
	if err != nil {
		return err
	}
	if readOnly(ref) {
		return scim.BadRequest(scim.Mutability, "The attribute %q is readOnly", ref)
	}
	if op.Op == Remove {
		a.removed[ref.String()] = true
		a.removed[schema.Ref{URN: ref.URN, Attr: ref.Attr}.String()] = true
	}
	switch {
	case isSchemas(ref):
		if op.Op == Remove {
			return scim.BadRequest(scim.Mutability, `The required attribute "schemas" cannot be removed`)
		}
		return nil
	case op.Path.Filter != nil:
		return a.guard(ref, func() error { return a.filtered(op, ref) })
	case op.Op == Remove:
		return a.guard(ref, func() error { return a.remove(ref, op.Value) })
	case ref.IsExtension():
		obj, err := schema.Object(ref, op.Value)
		if err != nil {
			return err
		}
		if obj == nil {
			return a.remove(ref, nil)
		}
		return a.members(op.Op, ref.Attr.Name+":", obj)
	}
	return a.assign(op.Op, ref, op.Value)
}

// target finds what a path names.
func target(rt *schema.ResourceType, p filter.Path) (schema.Ref, error) {
	t := p.Target()
	ref, ok := rt.Lookup(t.URN, t.Name, t.Sub)
	if !ok {
		detail := "unknown attribute " + scim.Quote(t.String())
		if _, err := rt.Resolve(t.String()); err != nil {
			detail = scim.AsError(err).Detail // has the nearest name
		}
		return schema.Ref{}, scim.BadRequest(scim.InvalidPath, "The path %s: %s", scim.Quote(p.String()), detail)
	}
	if p.Filter != nil && !ref.Attr.MultiValued {
		return schema.Ref{}, scim.BadRequest(scim.InvalidPath, "The path %s has a filter, and %q is not a list", scim.Quote(p.String()), ref.Attr.Name)
	}
	return ref, nil
}

func readOnly(ref schema.Ref) bool {
	return ref.Attr.Mutability == schema.ReadOnly || ref.Leaf().Mutability == schema.ReadOnly
}

func isSchemas(ref schema.Ref) bool { return ref.URN == "" && ref.Attr.Name == "schemas" }

// members adds or replaces what an object without a path names. prefix is the URN, with its colon, of
// the extension that the object belongs to.
func (a *applier) members(op Op, prefix string, obj scim.Object) error {
	for _, key := range slices.Sorted(maps.Keys(obj)) {
		name, v := prefix+key, obj[key]
		if strings.Contains(key, "[") {
			p, err := parsePath(name)
			if err != nil {
				return err
			}
			if err := a.apply(Operation{Op: op, Path: &p, Value: v}); err != nil {
				return err
			}
			continue
		}
		if strings.EqualFold(name, a.rt.Schema.ID) {
			// The core schema's URN as if it were an extension.
			core, ok := v.(scim.Object)
			if !ok {
				return scim.BadRequest(scim.InvalidValue, "%s must be an object; found %s", scim.Quote(name), scim.Kind(v))
			}
			if err := a.members(op, "", core); err != nil {
				return err
			}
			continue
		}
		ref, err := a.rt.Resolve(name)
		if err != nil {
			return err
		}
		switch {
		case readOnly(ref) || isSchemas(ref):
		case ref.IsExtension():
			err = a.apply(Operation{Op: op, Path: &filter.Path{Attr: filter.AttrPath{URN: ref.Attr.Name}}, Value: v})
		default:
			err = a.assign(op, ref, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// assign adds or replaces the value of an attribute or sub-attribute.
func (a *applier) assign(op Op, ref schema.Ref, v any) error {
	return a.guard(ref, func() error { return a.assignFreely(op, ref, v) })
}

// guard runs a change of ref's attribute and fails if the attribute is immutable and had another
// value before (RFC 7644 §3.5.2). Sub-attributes are guarded one by one, by setSub.
func (a *applier) guard(ref schema.Ref, change func() error) error {
	if ref.Attr.Mutability != schema.Immutable {
		return change()
	}
	before := scim.CloneValue(a.get(ref))
	if err := change(); err != nil {
		return err
	}
	if before != nil && !ref.Attr.Same(before, a.get(ref)) {
		return schema.ImmutableError(schema.Ref{URN: ref.URN, Attr: ref.Attr})
	}
	return nil
}

func (a *applier) assignFreely(op Op, ref schema.Ref, v any) error {
	attr := ref.Attr
	switch {
	case attr.Mutability == schema.WriteOnly:
		return a.secret(ref, v)
	case ref.Sub != nil && attr.MultiValued:
		return a.assignInAll(ref, v)
	case ref.Sub != nil:
		return a.mergeObject(schema.Ref{URN: ref.URN, Attr: attr}, scim.Object{ref.Sub.Name: v})
	case attr.MultiValued:
		v, err := a.rt.Value(ref, v, &a.secrets)
		if err != nil {
			return err
		}
		list, _ := v.([]any)
		if op == Add {
			list, err = a.union(ref, list)
		} else {
			was, _ := a.get(ref).([]any)
			err = ref.KeepImmutable(was, list)
		}
		if err == nil {
			a.setList(ref, list)
		}
		return err
	case attr.Type == schema.TypeComplex:
		obj, err := schema.Object(ref, v)
		if err != nil {
			return err
		}
		if obj == nil {
			return a.clear(ref)
		}
		return a.mergeObject(ref, obj)
	}
	v, err := a.rt.Value(ref, unwrap(v), &a.secrets)
	if err != nil {
		return err
	}
	a.set(ref, v)
	return nil
}

// unwrap undoes what older Entra ID connectors do to a simple value: [{"$ref": null, "value": "x"}].
func unwrap(v any) any {
	if list, ok := v.([]any); ok && len(list) == 1 {
		if obj, ok := list[0].(scim.Object); ok && len(obj) <= 2 {
			if inner, ok := obj["value"]; ok {
				return inner
			}
		}
	}
	return v
}

// secret keeps the value of a writeOnly attribute; the last one counts.
func (a *applier) secret(ref schema.Ref, v any) error {
	v, err := a.rt.Value(ref, v, &a.secrets)
	if err == nil {
		a.secrets.Set(ref, v)
	}
	return err
}

// mergeObject sets the sub-attributes of a complex attribute that obj names and leaves the others.
func (a *applier) mergeObject(ref schema.Ref, obj scim.Object) error {
	have, _ := a.get(ref).(scim.Object)
	if have == nil {
		have = scim.Object{}
	}
	if err := a.mergeInto(ref, have, obj); err != nil {
		return err
	}
	if len(have) == 0 {
		a.set(ref, nil)
	} else {
		a.set(ref, have)
	}
	return nil
}

// mergeInto sets what obj, a client's complex value, names in have, a canonical one.
func (a *applier) mergeInto(ref schema.Ref, have, obj scim.Object) error {
	before := have["value"]
	given := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(obj)) {
		ref, err := ref.ResolveSub(key)
		if err != nil {
			return err
		}
		sub := ref.Sub
		if sub.Mutability == schema.ReadOnly {
			continue
		}
		if sub.Mutability == schema.WriteOnly {
			if err := a.secret(ref, obj[key]); err != nil {
				return err
			}
			continue
		}
		v, err := a.rt.Value(ref, obj[key], &a.secrets)
		if err != nil {
			return err
		}
		if err := setSub(ref, have, v); err != nil {
			return err
		}
		given[sub.Name] = true
	}
	if before == nil || scim.Equal(before, have["value"]) {
		return nil
	}
	for _, sub := range ref.Attr.SubAttributes {
		if !given[sub.Name] && (sub.Name == "$ref" || sub.Mutability == schema.ReadOnly) {
			delete(have, sub.Name)
		}
	}
	return nil
}

// setSub sets one sub-attribute to a canonical value, or unassigns it.
func setSub(ref schema.Ref, obj scim.Object, v any) error {
	name, have := ref.Sub.Name, obj[ref.Sub.Name]
	if ref.Sub.Mutability == schema.Immutable && have != nil && (v == nil || !ref.Sub.Same(have, v)) {
		return schema.ImmutableError(ref)
	}
	if v == nil {
		delete(obj, name)
	} else {
		obj[name] = v
	}
	return nil
}

// remove unassigns an attribute or sub-attribute, or with a value only the elements that it lists.
func (a *applier) remove(ref schema.Ref, v any) error {
	attr := ref.Attr
	switch {
	case ref.IsExtension():
		for _, sub := range attr.SubAttributes {
			if sub.Mutability == schema.ReadOnly {
				continue
			}
			inner := schema.Ref{URN: attr.Name, Attr: sub}
			a.removed[inner.String()] = true
			if err := a.guard(inner, func() error { return a.remove(inner, nil) }); err != nil {
				return err
			}
		}
		return nil
	case attr.Mutability == schema.WriteOnly:
		a.secrets.Set(ref, nil)
		return nil
	case ref.Sub != nil && attr.MultiValued:
		return a.assignInAll(ref, nil)
	case ref.Sub != nil:
		return a.mergeObject(schema.Ref{URN: ref.URN, Attr: attr}, scim.Object{ref.Sub.Name: nil})
	case attr.MultiValued && v != nil:
		return a.removeListed(ref, v)
	}
	return a.clear(ref)
}

// clear unassigns an attribute at the first level. With a complex one its sub-attributes go, and no immutable one may.
func (a *applier) clear(ref schema.Ref) error {
	if have, ok := a.get(ref).(scim.Object); ok {
		for _, sub := range ref.Attr.SubAttributes {
			if sub.Mutability == schema.Immutable && have[sub.Name] != nil {
				return schema.ImmutableError(schema.Ref{URN: ref.URN, Attr: ref.Attr, Sub: sub})
			}
		}
	}
	a.set(ref, nil)
	return nil
}

// get returns the value at the first level that ref names; nil if unassigned.
func (a *applier) get(ref schema.Ref) any {
	in := a.doc
	if ref.URN != "" {
		in, _ = a.doc[ref.URN].(scim.Object)
	}
	return in[ref.Attr.Name]
}

// setList is set for a list, of which an empty one is unassigned.
func (a *applier) setList(ref schema.Ref, list []any) {
	if len(list) == 0 {
		a.set(ref, nil)
		return
	}
	a.set(ref, list)
}

// set gives an attribute at the first level a canonical value, or with nil unassigns it.
func (a *applier) set(ref schema.Ref, v any) {
	in := a.doc
	if ref.URN != "" {
		in, _ = a.doc[ref.URN].(scim.Object)
		if in == nil {
			in = scim.Object{}
			a.doc[ref.URN] = in
		}
	}
	if v != nil {
		in[ref.Attr.Name] = v
		return
	}
	delete(in, ref.Attr.Name)
	if ref.URN != "" && len(in) == 0 {
		delete(a.doc, ref.URN)
	}
}

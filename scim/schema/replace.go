package schema

import (
	"slices"

	"github.com/caddy-scim/caddy-scim/scim"
)

// Replace is what PUT means (RFC 7644 §3.5.1): obj, a client's document, takes the place of before, a
// canonical one. readOnly attributes stay as they were, whatever obj says of them, and so does an
// immutable one that obj leaves out. Every other attribute that obj leaves out is gone, but for what is
// dormant (see Separate). Both arguments are left as they are; the result may share values with before.
//
// The errors are those of Normalize, and 400 mutability for an immutable attribute that has a value
// already and would get another.
func (rt *ResourceType) Replace(before, obj scim.Object) (Normalized, error) {
	before, dormant := rt.Separate(before)
	after, err := rt.Normalize(obj, FromClient)
	if err != nil {
		return Normalized{}, err
	}
	for _, p := range rt.parts {
		old, into := before, after.Doc
		if p.urn != "" {
			old, _ = before[p.urn].(scim.Object)
			into, _ = after.Doc[p.urn].(scim.Object)
		}
		if into == nil {
			into = scim.Object{}
		}
		for _, a := range p.list {
			if err := keep(Ref{URN: p.urn, Attr: a}, old, into); err != nil {
				return Normalized{}, err
			}
		}
		if p.urn != "" && len(into) > 0 {
			after.Doc[p.urn] = into
		}
	}
	after.Doc[schemasName] = rt.schemas(after.Doc)
	Rejoin(after.Doc, dormant)
	return after, nil
}

// keep carries what a client may not change over from old to into.
func keep(ref Ref, old, into scim.Object) error {
	a := ref.Leaf()
	was, ok := old[a.Name]
	if !ok {
		return nil
	}
	now, given := into[a.Name]
	switch {
	case a.Mutability == ReadOnly:
		into[a.Name] = was
	case a.Mutability == Immutable && !given:
		into[a.Name] = was
	case a.Mutability == Immutable && !a.Same(was, now):
		return ImmutableError(ref)
	case a.Type == TypeComplex && a.MultiValued:
		was, _ := was.([]any)
		now, _ := now.([]any)
		return ref.KeepImmutable(was, now)
	case a.Type == TypeComplex:
		was, _ := was.(scim.Object)
		now, _ := now.(scim.Object)
		if !given {
			now = scim.Object{} // what is immutable stays, also where the whole value is left out
		}
		for _, sub := range a.SubAttributes {
			if sub.Mutability != Immutable {
				// A readOnly sub-attribute, such as the manager's displayName, describes the value
				// that it stood beside, and this one may be another.
				continue
			}
			if err := keep(Ref{URN: ref.URN, Attr: a, Sub: sub}, was, now); err != nil {
				return err
			}
		}
		if len(now) > 0 {
			into[a.Name] = now
		}
	}
	return nil
}

// KeepImmutable holds a list that takes another's place to the other's immutable sub-attributes: an element that was
// there, with the same "value" (and "type"), keeps them where now leaves them out, and must not give them another value.
// The elements of now are changed. The error is an ImmutableError.
func (r Ref) KeepImmutable(was, now []any) error {
	a := r.Attr
	if len(was) == 0 || len(now) == 0 || a.Sub(valueName) == nil || !slices.ContainsFunc(a.SubAttributes, func(sub *Attribute) bool {
		return sub.Mutability == Immutable && sub.Name != valueName && sub.Name != typeName
	}) {
		return nil
	}
	had := make(map[string]scim.Object, len(was))
	for _, e := range was {
		if obj, ok := e.(scim.Object); ok && obj[valueName] != nil {
			had[a.identity(e)] = obj
		}
	}
	for _, e := range now {
		obj, _ := e.(scim.Object)
		old := had[a.identity(e)]
		for _, sub := range a.SubAttributes {
			if sub.Mutability != Immutable || old == nil || obj == nil {
				continue
			}
			if err := keep(Ref{URN: r.URN, Attr: a, Sub: sub}, old, obj); err != nil {
				return err
			}
		}
	}
	return nil
}

// ImmutableError is the error for giving an immutable attribute that has a value another one.
func ImmutableError(ref Ref) *scim.Error {
	return scim.BadRequest(scim.Mutability, "The attribute %q is immutable and has a value already", ref)
}

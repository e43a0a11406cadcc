package schema

import (
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
)

// Mode says whose document is normalised.
type Mode uint8

const (
	// FromClient is for what a client sent: readOnly attributes are dropped without a word (RFC 7643
	// §3.1, RFC 7644 §3.5.1), because identity providers echo what they have read.
	FromClient Mode = iota
	// FromServer is for documents that this provider made: readOnly attributes stay.
	FromServer
)

// schemasName is the one attribute that the engine itself writes.
const schemasName = "schemas"

// Normalized is a resource in canonical form.
type Normalized struct {
	// Doc is the document: names in the schemas' case, every value of its attribute's type, nothing
	// unassigned, extension attributes under their URN, "schemas" naming what is present. It holds no
	// value of a writeOnly attribute.
	Doc scim.Object
	// Secrets are the values of writeOnly attributes, such as password.
	Secrets Secrets
}

// Normalize checks a whole resource and brings it into canonical form. obj is left as it is.
//
// What identity providers are known to get wrong is put right: names in any case; names dotted or
// with a URN at the top level ("name.givenName", "urn:…:User:department"); "True" and "false" for
// booleans; numbers in strings; one object or one string for a list; a string, or a list of one, for
// a complex value that has a "value" ("manager": "id"); schemas that name URNs without data.
// null, an empty string, an empty list and an empty object are all unassigned, and so is an
// element of a list of which nothing but "type" and "primary" would remain. Elements that are the
// same by value and type become one. Where several elements of a list are primary, the first stays
// so: RFC 7643 §2.4 allows one only, but Entra ID and Okta can both send more, and their
// administrators could do nothing about a refusal.
//
// # Errors
//
// All are *scim.Error with status 400 and a detail that names the attribute: invalidSyntax for an
// attribute that the schemas do not know, or that is given twice; invalidValue for a value of the
// wrong type or beyond a bound, and for a required attribute without a value.
func (rt *ResourceType) Normalize(obj scim.Object, mode Mode) (Normalized, error) {
	n := normalizer{rt: rt, mode: mode, whole: true, secrets: &Secrets{}, doc: make(scim.Object, len(obj)+1)}
	if err := n.members(obj); err != nil {
		return Normalized{}, err
	}
	if err := n.required(); err != nil {
		return Normalized{}, err
	}
	n.doc[schemasName] = rt.schemas(n.doc)
	return Normalized{Doc: n.doc, Secrets: *n.secrets}, nil
}

// Value brings one value of the attribute that ref names into canonical form by Normalize's rules
// for a client's document, and returns nil if it makes the attribute unassigned. Values of writeOnly
// sub-attributes go to secrets. Whether required sub-attributes are there is not checked, since a
// value may be a part of one that is to be changed.
func (rt *ResourceType) Value(ref Ref, v any, secrets *Secrets) (any, error) {
	n := normalizer{rt: rt, mode: FromClient, secrets: secrets}
	if ref.IsExtension() {
		n.doc = scim.Object{}
		if err := n.extension(rt.part(ref.Attr.Name), v); err != nil {
			return nil, err
		}
		return n.doc[ref.Attr.Name], nil
	}
	return n.value(ref, v)
}

type normalizer struct {
	rt      *ResourceType
	mode    Mode
	whole   bool        // a whole resource: required sub-attributes are checked
	before  scim.Object // what the document was, where it was changed in place
	secrets *Secrets
	doc     scim.Object
}

// members sets what the object's members say, in the order of their names so that the same
// document always fails with the same error.
func (n *normalizer) members(obj scim.Object) error {
	for _, key := range sortedKeys(obj) {
		v := obj[key]
		if n.rt.part(key) == n.rt.parts[0] {
			// The core schema's URN as if it were an extension.
			core, err := Object(Ref{Attr: &Attribute{Name: n.rt.Schema.ID}}, v)
			if err != nil {
				return err
			}
			if err := n.members(core); err != nil {
				return err
			}
			continue
		}
		ref, err := n.rt.Resolve(key)
		if err != nil {
			return err
		}
		if ref.IsExtension() {
			err = n.extension(n.rt.part(ref.Attr.Name), v)
		} else {
			err = n.set(ref, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// extension sets the members of an extension's object.
func (n *normalizer) extension(p *part, v any) error {
	ref := Ref{Attr: p.container}
	obj, err := Object(ref, v)
	if err != nil {
		return err
	}
	for _, key := range sortedKeys(obj) {
		ref, err := n.rt.resolveIn(p, key)
		if err != nil {
			return err
		}
		if err := n.set(ref, obj[key]); err != nil {
			return err
		}
	}
	return nil
}

// set puts one attribute into the document.
func (n *normalizer) set(ref Ref, v any) error {
	if n.mode == FromClient && ref.Attr.Mutability == ReadOnly {
		return nil
	}
	if ref.URN == "" && ref.Attr.Name == schemasName {
		return checkSchemas(ref, v)
	}
	if ref.Sub != nil {
		v = scim.Object{ref.Sub.Name: v}
		ref.Sub = nil
	}
	v, err := n.value(ref, v)
	if err != nil || v == nil {
		return err
	}
	if ref.Attr.Mutability == WriteOnly {
		if _, ok := n.secrets.Get(ref.String()); ok {
			return givenTwice(ref)
		}
		n.secrets.Set(ref, v)
		return nil
	}
	into := n.doc
	if ref.URN != "" {
		into, _ = n.doc[ref.URN].(scim.Object)
		if into == nil {
			into = scim.Object{}
			n.doc[ref.URN] = into
		}
	}
	have, ok := into[ref.Attr.Name]
	if !ok {
		into[ref.Attr.Name] = v
		return nil
	}
	return mergeDistinct(ref, have, v)
}

// mergeDistinct adds sub-attributes that came under dotted names to those already there.
func mergeDistinct(ref Ref, have, v any) error {
	a, ok := have.(scim.Object)
	b, ok2 := v.(scim.Object)
	if !ok || !ok2 {
		return givenTwice(ref)
	}
	for name, e := range b {
		if _, ok := a[name]; ok {
			ref.Sub = ref.Attr.Sub(name)
			return givenTwice(ref)
		}
		a[name] = e
	}
	return nil
}

func givenTwice(ref Ref) error {
	return scim.BadRequest(scim.InvalidSyntax, "The attribute %q is given twice", ref)
}

// required fails if a required attribute has no value.
func (n *normalizer) required() error {
	for _, p := range n.rt.parts {
		in, was := n.doc, n.before
		if p.urn != "" {
			in, _ = n.doc[p.urn].(scim.Object)
			if in == nil && !p.required {
				continue
			}
			was, _ = n.before[p.urn].(scim.Object)
			if n.before != nil && in == nil && was == nil {
				continue // as before
			}
		}
		for _, a := range p.list {
			if !a.Required || a.Mutability == ReadOnly || a.Name == schemasName && p.urn == "" {
				continue
			}
			ref := Ref{URN: p.urn, Attr: a}
			if a.Mutability == WriteOnly {
				if _, ok := n.secrets.Get(ref.String()); ok || n.mode == FromServer || n.before != nil {
					continue
				}
			} else if !blank(in[a.Name]) || was != nil && blank(was[a.Name]) {
				continue
			}
			return missing(ref)
		}
		if p.required && p.urn != "" && in == nil {
			return missing(Ref{Attr: p.container})
		}
	}
	return nil
}

// MissingError is the error for a required attribute without a value. It unwraps to a *scim.Error, 400 invalidValue.
type MissingError struct {
	Ref Ref
	err *scim.Error
}

func (e *MissingError) Error() string { return e.err.Error() }

// Unwrap returns the *scim.Error.
func (e *MissingError) Unwrap() error { return e.err }

func missing(ref Ref) error {
	return &MissingError{ref, scim.BadRequest(scim.InvalidValue, "The required attribute %q is missing or empty", ref)}
}

// blank reports whether a canonical value says nothing.
func blank(v any) bool {
	s, ok := v.(string)
	return v == nil || ok && strings.TrimSpace(s) == ""
}

// schemas lists the core schema and the extensions that the document has data of (RFC 7643 §3).
func (rt *ResourceType) schemas(doc scim.Object) []any {
	list := []any{rt.Schema.ID}
	for _, p := range rt.parts[1:] {
		if _, ok := doc[p.urn]; ok {
			list = append(list, p.urn)
		}
	}
	return list
}

// checkSchemas checks the form of "schemas" and nothing more: its content follows from the data.
// Clients list URNs that carry no data here, or leave it out.
func checkSchemas(ref Ref, v any) error {
	switch v := v.(type) {
	case nil, string:
		return nil
	case []any:
		for _, e := range v {
			if _, ok := e.(string); !ok {
				return wrongType(ref, e, "a list of URIs")
			}
		}
		return nil
	}
	return wrongType(ref, v, "a list of URIs")
}

func sortedKeys(o scim.Object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

package schema

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// DefaultMaxElements bounds a multi-valued attribute where the resource type sets no bound.
const DefaultMaxElements = 1000

// ResourceType is a kind of resource: a core schema and its extensions (RFC 7643 §6). Make one with
// NewResourceType; it must not be changed afterwards and is then safe for concurrent use.
type ResourceType struct {
	Name        string
	Endpoint    string // begins with a slash: "/Users"
	Description string
	Schema      *Schema
	Extensions  []Extension
	// MaxElements is the most elements that one multi-valued attribute of the core schema may hold. One of an
	// extension may hold DefaultMaxElements.
	MaxElements int

	core       names            // the core schema's attributes and the common ones
	byURN      map[string]*part // each under its URN as declared and folded
	parts      []*part          // the core, then the extensions, as declared
	restricted bool             // a stored document may hold what is not returned by default
	requested  bool             // some attribute is returned on request
	everything *selection       // what is shown to who asks for nothing in particular
}

// Extension is a schema whose attributes a resource may carry under the schema's URN (RFC 7643 §3.3).
type Extension struct {
	Schema   *Schema
	Required bool
}

// part is one schema as it is used in a resource type.
type part struct {
	urn      string // "" for the core, whose attributes stand at the top level
	attrs    names
	list     []*Attribute
	required bool
	// container is the extension itself seen as a complex attribute that stands at the top level
	// under its URN; nil for the core.
	container *Attribute
}

// NewResourceType puts a resource type together. Every resource type has the common attributes of
// RFC 7643 §3.1 beside those of its core schema.
func NewResourceType(name, endpoint, description string, core *Schema, extensions ...Extension) (*ResourceType, error) {
	rt := &ResourceType{
		Name: name, Endpoint: endpoint, Description: description, Schema: core, Extensions: extensions,
		MaxElements: DefaultMaxElements,
		byURN:       make(map[string]*part, 2+2*len(extensions)),
	}
	list := slices.Concat(commonAttributes(), core.Attributes)
	var err error
	if rt.core, err = newNames(list); err != nil {
		return nil, fmt.Errorf("resource type %s: %w", name, err)
	}
	rt.add(core.ID, &part{attrs: rt.core, list: list, required: true})
	for _, e := range extensions {
		if rt.part(e.Schema.ID) != nil {
			return nil, fmt.Errorf("resource type %s: schema %s stands twice", name, e.Schema.ID)
		}
		for _, p := range rt.parts {
			if ambiguous(p.id(rt), p.attrs, e.Schema.ID) || ambiguous(e.Schema.ID, e.Schema.attrs, p.id(rt)) {
				return nil, fmt.Errorf("resource type %s: the schema %s has an attribute whose path is another schema's id", name, e.Schema.ID)
			}
		}
		rt.add(e.Schema.ID, &part{
			urn: e.Schema.ID, attrs: e.Schema.attrs, list: e.Schema.Attributes, required: e.Required,
			container: &Attribute{
				Name: e.Schema.ID, Type: TypeComplex, Description: e.Schema.Description, Required: e.Required,
				Mutability: ReadWrite, Returned: ReturnedDefault, Uniqueness: UniqueNone,
				SubAttributes: e.Schema.Attributes, subs: e.Schema.attrs,
			},
		})
	}
	rt.everything = rt.choose(chooser{})
	return rt, nil
}

// ambiguous reports whether a path that begins with one schema's URN is another's.
func ambiguous(urn string, attrs names, other string) bool {
	rest, ok := cutURN(other, urn)
	if !ok {
		return false
	}
	name, _, _ := strings.Cut(rest, ".")
	return attrs.find(name) != nil
}

// MaxExtensions is how many extensions a resource type may have.
const MaxExtensions = 32

// Extend returns the resource type with further extensions.
func (rt *ResourceType) Extend(more ...Extension) (*ResourceType, error) {
	all := slices.Concat(rt.Extensions, more)
	if len(all) > MaxExtensions {
		return nil, fmt.Errorf("resource type %s: more than the %d extensions accepted", rt.Name, MaxExtensions)
	}
	out, err := NewResourceType(rt.Name, rt.Endpoint, rt.Description, rt.Schema, all...)
	if err == nil {
		out.MaxElements = rt.MaxElements
	}
	return out, err
}

// Limit is the most elements that a multi-valued attribute may hold.
func (rt *ResourceType) Limit(ref Ref) int {
	if ref.URN != "" {
		return DefaultMaxElements
	}
	return rt.MaxElements
}

// part finds the part of a URN in any case, or returns nil.
func (rt *ResourceType) part(urn string) *part {
	if p := rt.byURN[urn]; p != nil || !strings.Contains(urn, ":") {
		return p
	}
	return rt.byURN[lower(urn)]
}

func (rt *ResourceType) add(urn string, p *part) {
	rt.byURN[urn] = p
	rt.byURN[lower(urn)] = p
	rt.parts = append(rt.parts, p)
	// What was stored under an earlier definition of an extension is not shown.
	rt.restricted = rt.restricted || p.custom()
	for _, a := range p.list {
		rt.restricted = rt.restricted || restricted(a)
		rt.requested = rt.requested || requested(a)
	}
}

// custom reports whether the part's schema is somebody's own, and can be another one tomorrow.
func (p *part) custom() bool { return p.urn != "" && !strings.HasPrefix(lower(p.urn), reserved) }

// requested reports whether a or something of it is returned on request.
func requested(a *Attribute) bool {
	return a.Returned == ReturnedRequest || slices.ContainsFunc(a.SubAttributes, requested)
}

// restricted reports whether a stored document may hold something of a that a response must not
// show unless asked for. What is writeOnly never gets into a document.
func restricted(a *Attribute) bool {
	if a.Mutability == WriteOnly {
		return false
	}
	if a.Returned == ReturnedNever || a.Returned == ReturnedRequest {
		return true
	}
	for _, s := range a.SubAttributes {
		if restricted(s) {
			return true
		}
	}
	return false
}

// Ref is an attribute in its place within a resource.
type Ref struct {
	// URN is the extension under whose key the attribute stands; empty for core and common
	// attributes, which stand at the top level.
	URN string
	// Attr is the attribute at the first level.
	Attr *Attribute
	// Sub is the sub-attribute named, or nil.
	Sub *Attribute
}

// Leaf is the attribute that the reference ends in: Sub if there is one, else Attr.
func (r Ref) Leaf() *Attribute {
	if r.Sub != nil {
		return r.Sub
	}
	return r.Attr
}

// String is the canonical attribute path of RFC 7644 §3.10.
func (r Ref) String() string {
	s := r.Attr.Name
	if r.URN != "" {
		s = r.URN + ":" + s
	}
	if r.Sub != nil {
		s += "." + r.Sub.Name
	}
	return s
}

// Unique reports whether no two resources may have the same value of the attribute that the reference ends in.
// Within one tenant, that is: server and global are the same here, as tenants know nothing of each other (RFC 7643 §7).
func (r Ref) Unique() bool {
	a := r.Leaf()
	return a.Uniqueness != UniqueNone && a.Type != TypeComplex && a.Mutability != WriteOnly && (r.URN != "" || a.Name != idName)
}

// idName is the attribute that is unique by being the key of its resource.
const idName = "id"

// IsExtension reports whether the reference is to a whole extension: Attr.Name is its URN, and its
// attributes are Attr's sub-attributes (which, unlike elsewhere, may be complex).
func (r Ref) IsExtension() bool { return r.URN == "" && strings.Contains(r.Attr.Name, ":") }

// Attributes lists every attribute and sub-attribute in its place, the common and core ones first.
func (rt *ResourceType) Attributes() iter.Seq[Ref] {
	return func(yield func(Ref) bool) {
		for _, p := range rt.parts {
			for _, a := range p.list {
				if !yield(Ref{URN: p.urn, Attr: a}) {
					return
				}
				for _, sub := range a.SubAttributes {
					if !yield(Ref{URN: p.urn, Attr: a, Sub: sub}) {
						return
					}
				}
			}
		}
	}
}

// Lookup finds an attribute by its URN, name and sub-attribute name, each in any case; urn and sub
// may be empty. Without a URN the core schema comes first, then the extensions in their order: RFC
// 7644 §3.10 only recommends the URN on an extension's attribute. A whole extension is found under its
// URN, whether given as urn with no name or, as a path parser sees it, split at its last colon.
func (rt *ResourceType) Lookup(urn, name, sub string) (Ref, bool) {
	ref, ok := rt.lookup(urn, name)
	if sub == "" {
		return ref, ok
	}
	// An attribute's name in a path with a URN stands after a colon: what follows a dot there may
	// still be a part of the URN.
	if !ok || ref.IsExtension() {
		return rt.lookup(urn, name+"."+sub)
	}
	if ref.Sub = ref.Attr.Sub(sub); ref.Sub == nil {
		return Ref{}, false
	}
	return ref, true
}

func (rt *ResourceType) lookup(urn, name string) (Ref, bool) {
	if urn == "" {
		if p := rt.part(name); p != nil && p.container != nil {
			return Ref{Attr: p.container}, true
		}
		for _, p := range rt.parts {
			if a := p.attrs.find(name); a != nil {
				return Ref{URN: p.urn, Attr: a}, true
			}
		}
		return Ref{}, false
	}
	if p := rt.part(urn); p != nil {
		if name == "" && p.container != nil {
			return Ref{Attr: p.container}, true
		}
		if a := p.attrs.find(name); a != nil {
			return Ref{URN: p.urn, Attr: a}, true
		}
		return Ref{}, false
	}
	if p := rt.part(urn + ":" + name); p != nil && p.container != nil {
		return Ref{Attr: p.container}, true
	}
	return Ref{}, false
}

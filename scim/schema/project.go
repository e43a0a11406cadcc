package schema

import (
	"strings"
	"unsafe"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/tidwall/gjson"
)

// Projection says which attributes of a resource type a response shows (RFC 7644 §3.9). Make one per
// request and use it for all its resources. The zero value shows everything as it is stored.
type Projection struct {
	rt *ResourceType // nil in the zero value
	// root tells the members apart; nil where every document is shown as it is stored, but for what the resource type
	// does not know.
	root   *selection
	choice chooser
}

// selection is what to show of a value: all of it, or some members.
type selection struct {
	members map[string]*selection // nil: all
	// fits is the attribute that the value must suit to be shown at all; nil where every stored value does.
	fits *Attribute
	// schemas is the resource type whose schemas alone are shown; nil where the value is not that of "schemas".
	schemas *ResourceType
}

var showAll = &selection{}

// Projection compiles the values of the "attributes" and "excludedAttributes" parameters, each a
// comma-separated list of attribute paths. An empty list is none. Names that the schemas do not know are
// ignored: they ask for nothing that exists.
//
// What is returned "always" is shown whatever was asked, "never" is not, "request" only when named in
// attributes. The two parameters exclude each other: both together are 400 invalidValue.
func (rt *ResourceType) Projection(attributes, excluded string) (Projection, error) {
	want, wantAny := rt.paths(attributes)
	drop, dropAny := rt.paths(excluded)
	if wantAny && dropAny {
		return Projection{}, scim.BadRequest(scim.InvalidValue, "The parameters attributes and excludedAttributes exclude each other")
	}
	if !wantAny && !dropAny && !rt.restricted {
		return Projection{rt: rt}, nil
	}
	c := chooser{want: want, drop: drop, asked: wantAny}
	return Projection{rt: rt, root: rt.choose(c), choice: c}, nil
}

// Asserting is the projection for the answer to a write: what is returned on request is also shown where the client has
// just set it (RFC 7643 §7), unless it said itself which attributes it wants.
func (p Projection) Asserting(asserted []Ref) Projection {
	if p.rt == nil || p.choice.asked || len(asserted) == 0 {
		return p
	}
	p.choice.asserted = map[string]bool{}
	for _, ref := range asserted {
		p.choice.asserted[ref.String()] = true
	}
	p.root = p.rt.choose(p.choice)
	return p
}

// Asserted lists the attributes returned on request that a client's document names.
func (rt *ResourceType) Asserted(obj scim.Object) []Ref {
	if !rt.requested {
		return nil
	}
	var list []Ref
	for key, v := range obj {
		if rt.part(key) == rt.parts[0] {
			core, _ := v.(scim.Object)
			list = append(list, rt.Asserted(core)...)
			continue
		}
		ref, err := rt.Resolve(key)
		if err != nil {
			continue
		}
		if !ref.IsExtension() {
			list = append(list, ref.asserted(v)...)
			continue
		}
		ext, _ := v.(scim.Object)
		for key, v := range ext {
			if inner, err := rt.resolveIn(rt.part(ref.Attr.Name), key); err == nil {
				list = append(list, inner.asserted(v)...)
			}
		}
	}
	return list
}

// asserted lists what of the attribute and its sub-attributes is returned on request and set by a client's value.
func (r Ref) asserted(v any) (list []Ref) {
	if r.Leaf().Returned == ReturnedRequest {
		list = append(list, r)
	}
	if r.Sub != nil || !requested(r.Attr) {
		return list
	}
	values, ok := v.([]any)
	if !ok {
		values = []any{v}
	}
	for _, e := range values {
		obj, _ := e.(scim.Object)
		for key := range obj {
			if sub, err := r.ResolveSub(key); err == nil && sub.Sub.Returned == ReturnedRequest {
				list = append(list, sub)
			}
		}
	}
	return list
}

// choose compiles what is shown.
func (rt *ResourceType) choose(c chooser) *selection {
	root := &selection{members: map[string]*selection{}}
	for _, p := range rt.parts {
		if p.urn == "" {
			c.choose(root, p, nil)
			continue
		}
		ext := &selection{members: map[string]*selection{}}
		c.choose(ext, p, p.container)
		if len(ext.members) > 0 {
			root.members[p.urn] = ext
		}
	}
	if root.members[schemasName] != nil {
		root.members[schemasName] = &selection{schemas: rt}
	}
	return root
}

// Shows reports whether anything of a top-level attribute is shown. What is computed for a response need not be where
// it is not.
func (p Projection) Shows(name string) bool { return p.root == nil || p.root.members[name] != nil }

// MaxProjectionNames bounds how many names of one parameter are looked at.
const MaxProjectionNames = 500

// paths resolves a comma-separated list. some is true if the list names anything at all, known or not.
func (rt *ResourceType) paths(list string) (found map[string]bool, some bool) {
	for i, path := range splitN(list) {
		if path = strings.TrimSpace(path); path == "" || i >= MaxProjectionNames {
			continue
		}
		some = true
		if ref, ok := rt.Path(path); ok {
			if found == nil {
				found = map[string]bool{}
			}
			found[ref.String()] = true
		}
	}
	return found, some
}

func splitN(list string) []string {
	if list == "" {
		return nil
	}
	return strings.SplitN(list, ",", MaxProjectionNames+1)
}

// Path finds an attribute path as a client writes it (RFC 7644 §3.10).
func (rt *ResourceType) Path(path string) (Ref, bool) {
	if ref, err := rt.Resolve(path); err == nil {
		return ref, true
	}
	urn, name := "", path
	if i := strings.LastIndexByte(path, ':'); i >= 0 {
		urn, name = path[:i], path[i+1:]
	}
	name, sub, _ := strings.Cut(name, ".")
	return rt.Lookup(urn, name, sub)
}

// chooser decides attribute by attribute.
type chooser struct {
	want, drop map[string]bool
	asked      bool            // by "attributes"
	asserted   map[string]bool // set by the request that is answered
}

// choose fills into with what is shown of a part's attributes. container, if the part is an
// extension, may itself have been named.
func (c chooser) choose(into *selection, p *part, container *Attribute) {
	named, dropped := false, false
	if container != nil {
		named, dropped = c.want[container.Name], c.drop[container.Name]
	}
	for _, a := range p.list {
		s := c.attribute(Ref{URN: p.urn, Attr: a}, named, dropped)
		if s == nil {
			continue
		}
		if p.custom() {
			s = &selection{members: s.members, fits: a}
		}
		into.members[a.Name] = s
	}
}

// attribute returns what to show of ref's attribute, nil for nothing. named and dropped tell of the
// attribute's parent.
func (c chooser) attribute(ref Ref, named, dropped bool) *selection {
	a, path := ref.Leaf(), ref.String()
	show := false
	switch a.Returned {
	case ReturnedNever:
		return nil
	case ReturnedAlways:
		show = true
	case ReturnedRequest:
		show = c.want[path] || c.asserted[path] && !dropped && !c.drop[path]
	default:
		show = !c.asked && !dropped && !c.drop[path] || named || c.want[path]
	}
	if len(a.SubAttributes) == 0 {
		if show {
			return showAll
		}
		return nil
	}
	// Of a complex attribute that is not shown itself, a sub-attribute may have been named, or be
	// returned always.
	members := make(map[string]*selection, len(a.SubAttributes))
	for _, sub := range a.SubAttributes {
		sref := Ref{URN: ref.URN, Attr: a, Sub: sub}
		if s := c.attribute(sref, show && c.asked, !show); s != nil {
			members[sub.Name] = s
		}
	}
	switch len(members) {
	case 0:
		return nil
	case len(a.SubAttributes):
		return showAll
	}
	return &selection{members: members}
}

// Apply returns what a response shows of a canonical document. Where nothing is to be left out
// the result is doc itself.
func (p Projection) Apply(doc []byte) []byte {
	root := p.root
	if root == nil {
		if p.rt == nil || !p.rt.foreign(doc) {
			return doc
		}
		root = p.rt.everything
	}
	out, some := root.appendTo(make([]byte, 0, len(doc)), gjson.ParseBytes(doc))
	if !some {
		return []byte("{}")
	}
	return out
}

// foreign reports whether a document has an extension that the resource type does not know (any more).
func (rt *ResourceType) foreign(doc []byte) (found bool) {
	s := unsafe.String(unsafe.SliceData(doc), len(doc)) // read only during this call, never kept
	gjson.Parse(s).ForEach(func(k, _ gjson.Result) bool {
		found = rt.core[k.Str] == nil && rt.part(k.Str) == nil
		return !found
	})
	return found
}

// appendSchemas appends the list of those of the schemas that the resource type has.
func (rt *ResourceType) appendSchemas(dst []byte, v gjson.Result) ([]byte, bool) {
	start := len(dst)
	dst = append(dst, '[')
	v.ForEach(func(_, e gjson.Result) bool {
		if rt.part(e.Str) == nil {
			return true
		}
		if len(dst) > start+1 {
			dst = append(dst, ',')
		}
		dst = append(dst, e.Raw...)
		return true
	})
	return append(dst, ']'), true
}

// appendTo appends what is shown of v and reports whether that is anything.
func (s *selection) appendTo(dst []byte, v gjson.Result) ([]byte, bool) {
	switch {
	case s.schemas != nil && v.IsArray():
		return s.schemas.appendSchemas(dst, v)
	case s.fits != nil && !s.fits.fitsJSON(v):
		return dst, false
	}
	if s.members == nil || v.Type != gjson.JSON {
		return append(dst, v.Raw...), true
	}
	array := v.IsArray()
	inner := s
	if array && s.fits != nil {
		inner = &selection{members: s.members} // the elements have been looked at with the list
	}
	open, shut := byte('{'), byte('}')
	if array {
		open, shut = '[', ']'
	}
	start := len(dst)
	dst = append(dst, open)
	empty := true
	v.ForEach(func(k, e gjson.Result) bool {
		child, mark := inner, len(dst)
		if !empty {
			dst = append(dst, ',')
		}
		if !array {
			if child = s.members[k.Str]; child == nil {
				dst = dst[:mark]
				return true
			}
			dst = append(dst, k.Raw...)
			dst = append(dst, ':')
		}
		var some bool
		if dst, some = child.appendTo(dst, e); some {
			empty = false
		} else {
			dst = dst[:mark]
		}
		return true
	})
	if empty {
		return dst[:start], false
	}
	return append(dst, shut), true
}

// fitsJSON is fitsValue for a value that is not decoded.
func (a *Attribute) fitsJSON(v gjson.Result) bool {
	decoded, err := scim.DecodeValue([]byte(v.Raw))
	return err == nil && a.fitsValue(decoded)
}

package filter

import (
	"errors"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Compile resolves an expression's names against a resource type and checks that
// every attribute exists and suits its operator and literal. The [Matcher] then
// matches stored resources of that type, which are in canonical form.
//
// Beyond the RFC's letter, for clients that depend on it:
//
//   - A complex attribute that has a sub-attribute named value may stand for it:
//     emails co "@x", manager eq "id".
//   - A boolean may be compared with the text "true" or "false" in any case, and
//     a number with a text that holds one.
//   - An attribute of an extension may be named without its URN, if no attribute
//     of the core schema has the name.
//   - A value path may be used on a singular complex attribute, which counts as a
//     single value, and on a simple multi-valued attribute, whose values are
//     called value.
//
// # Errors
//
// Every error is a [*scim.Error], 400 with scimType invalidFilter, whose detail
// names the attribute. Attributes that are never returned, such as password,
// cannot be filtered by either: that would give them away one letter at a time.
func Compile(e Expr, rt *schema.ResourceType) (*Matcher, error) {
	c := compiler{Matcher: &Matcher{}, rt: rt}
	return c.compile(e)
}

// CompileEach is [Compile] for a query over several resource types: one Matcher
// for each. An attribute that a type lacks has no value there (RFC 7644
// §3.4.2.1); one that all of them lack is an error.
func CompileEach(e Expr, types ...*schema.ResourceType) ([]*Matcher, error) {
	list := make([]*Matcher, len(types))
	seen := map[string]bool{}
	var missing []unknownAttribute
	for i, rt := range types {
		c := compiler{Matcher: &Matcher{}, rt: rt, seen: seen, missing: &missing}
		m, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		list[i] = m
	}
	for _, u := range missing {
		if !seen[u.name] {
			return nil, u.err
		}
	}
	return list, nil
}

// unknownAttribute is an attribute that a resource type lacks.
type unknownAttribute struct {
	name string
	err  error
}

// CompileElement compiles the filter of a PATCH path, which selects values of
// the attribute attr. The Matcher's methods then take one value of the attribute
// instead of a resource.
//
// # Errors
//
// As [Compile]. An unknown attr is an error too.
func CompileElement(attr AttrPath, f Expr, rt *schema.ResourceType) (*Matcher, error) {
	c := compiler{Matcher: &Matcher{}, rt: rt}
	t, err := c.target(attr)
	if err != nil {
		return nil, err
	}
	return c.elements(attr, t, f)
}

// compiler fills a Matcher for one scope: a resource, or the values of an
// attribute.
type compiler struct {
	*Matcher
	rt *schema.ResourceType
	// parent is the attribute whose values are matched; nil in a resource.
	parent *schema.Attribute
	// prefix goes before a name to make its canonical path.
	prefix string

	// In a query over several types: the attributes that one of them has, as the
	// filter writes them, and those that one of them lacks. Else nil.
	seen    map[string]bool
	missing *[]unknownAttribute
	// within is the attribute before the "[" that the compiler is in.
	within string
}

// target is an attribute as found in the compiler's scope.
type target struct {
	slot  int
	inner string
	attr  *schema.Attribute
	sub   *schema.Attribute
	path  string
}

func (t target) leaf() *schema.Attribute {
	if t.sub != nil {
		return t.sub
	}
	return t.attr
}

func (c *compiler) compile(e Expr) (*Matcher, error) {
	root, err := c.node(e)
	if err != nil {
		return nil, err
	}
	c.root = root
	return c.Matcher, nil
}

func (c *compiler) node(e Expr) (*node, error) {
	switch e := e.(type) {
	case And:
		return c.pair(and, e.L, e.R)
	case Or:
		return c.pair(or, e.L, e.R)
	case Not:
		x, err := c.node(e.X)
		return &node{kind: not, l: x}, err
	case Compare:
		return c.compare(e)
	case Present:
		return c.present(e)
	case ValuePath:
		return c.valuePath(e)
	default:
		return nil, scim.BadRequest(scim.InvalidFilter, "The filter has a part that is not known here")
	}
}

func (c *compiler) pair(k kind, l, r Expr) (*node, error) {
	ln, err := c.node(l)
	if err != nil {
		return nil, err
	}
	rn, err := c.node(r)
	return &node{kind: k, l: ln, r: rn}, err
}

func (c *compiler) compare(e Compare) (*node, error) {
	t, err := c.target(e.Attr)
	if errors.Is(err, errLacking) {
		// What is missing equals null, and differs from everything but that.
		return &node{kind: constant, holds: (e.Value.Kind == Null) == (e.Op == Equal) && (e.Op == Equal || e.Op == NotEqual)}, nil
	}
	if err != nil {
		return nil, err
	}
	if e.Op < Equal || e.Op > LessOrEqual {
		return nil, scim.BadRequest(scim.InvalidFilter, "The filter has an operator that is not known here")
	}
	leaf := t.leaf()
	if leaf.Type == schema.TypeComplex && !isNullTest(e) {
		value := leaf.Sub("value")
		if t.sub != nil || value == nil || isExtension(leaf) {
			return nil, scim.BadRequest(scim.InvalidFilter,
				"The attribute %s is complex: the filter must name one of its sub-attributes to compare", quote(e.Attr))
		}
		if hidden(value) {
			return nil, neverReturned(e.Attr)
		}
		t.sub, t.path = value, t.path+"."+value.Name
		leaf = value
	}
	n := t.node(comparison)
	if n.test, err = newTest(e, leaf); err != nil {
		return nil, err
	}
	// RFC 7643 §2.4: where primary is missing it is false.
	inElement := c.parent != nil && c.parent.MultiValued || t.sub != nil && t.attr.MultiValued
	n.test.orFalse = inElement && leaf.Type == schema.TypeBoolean && leaf.Name == "primary"
	n.path = t.path
	return n, nil
}

func (c *compiler) present(e Present) (*node, error) {
	t, err := c.target(e.Attr)
	if errors.Is(err, errLacking) {
		return &node{kind: constant}, nil
	}
	if err != nil {
		return nil, err
	}
	return t.node(presence), nil
}

func (c *compiler) valuePath(e ValuePath) (*node, error) {
	t, err := c.target(e.Attr)
	if errors.Is(err, errLacking) {
		return &node{kind: constant}, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := c.elements(e.Attr, t, e.Filter)
	if err != nil {
		return nil, err
	}
	n := t.node(elements)
	n.elem = m
	return n, nil
}

// elements compiles a filter on the values of t.
func (c *compiler) elements(a AttrPath, t target, f Expr) (*Matcher, error) {
	hasSubs := t.attr.Type == schema.TypeComplex && !isExtension(t.attr)
	if c.parent != nil || t.sub != nil || !hasSubs && !t.attr.MultiValued {
		return nil, scim.BadRequest(scim.InvalidFilter,
			`A filter in "[" and "]" cannot follow the attribute %s, which has no values with sub-attributes`, quote(a))
	}
	in := compiler{
		Matcher: &Matcher{scalar: !hasSubs}, rt: c.rt, parent: t.attr, prefix: t.path,
		seen: c.seen, missing: c.missing, within: lowerASCII(a.String()) + "[",
	}
	return in.compile(f)
}

// errLacking is an attribute that is to be taken for one without a value.
var errLacking = errors.New("the resource type lacks the attribute")

// target finds an attribute.
func (c *compiler) target(a AttrPath) (target, error) {
	t, known, err := c.find(a)
	if c.missing == nil || err != nil && known {
		return t, err
	}
	name := c.within + lowerASCII(a.String())
	if known {
		c.seen[name] = true
		return t, nil
	}
	*c.missing = append(*c.missing, unknownAttribute{name, err})
	return target{}, errLacking
}

// find is target but for what it means that an attribute is not known.
func (c *compiler) find(a AttrPath) (t target, known bool, err error) {
	if c.parent != nil {
		return c.elementTarget(a)
	}
	ref, ok := c.rt.Lookup(a.URN, a.Name, a.Sub)
	if !ok {
		return target{}, false, scim.BadRequest(scim.InvalidFilter, "The filter's attribute %s is not known for the resource type %s", quote(a), c.rt.Name)
	}
	if hidden(ref.Attr) || ref.Sub != nil && hidden(ref.Sub) {
		return target{}, true, neverReturned(a)
	}
	t = target{attr: ref.Attr, sub: ref.Sub, path: ref.String()}
	if ref.URN != "" {
		t.slot, t.inner = c.field(ref.URN), ref.Attr.Name
	} else {
		t.slot = c.field(ref.Attr.Name)
	}
	top := schema.Ref{URN: ref.URN, Attr: ref.Attr}
	c.mention(top.String())
	return t, true, nil
}

// elementTarget finds an attribute inside a value path.
func (c *compiler) elementTarget(a AttrPath) (t target, known bool, err error) {
	if a.URN == "" && a.Sub == "" {
		if c.scalar && strings.EqualFold(a.Name, "value") {
			c.field("")
			return target{attr: c.parent, path: c.prefix}, true, nil
		}
		if sub := c.parent.Sub(a.Name); sub != nil {
			if hidden(sub) {
				return target{}, true, neverReturned(a)
			}
			return target{slot: c.field(sub.Name), attr: sub, path: c.prefix + "." + sub.Name}, true, nil
		}
	}
	return target{}, false, scim.BadRequest(scim.InvalidFilter, "The filter's attribute %s is not a sub-attribute of %s", quote(a), c.parent.Name)
}

func (t target) node(k kind) *node {
	n := &node{kind: k, slot: t.slot, inner: t.inner}
	if t.sub != nil {
		n.sub = t.sub.Name
	}
	return n
}

// field returns the slot for a member of the matched object.
func (m *Matcher) field(name string) int {
	for i, f := range m.fields {
		if f == name {
			return i
		}
	}
	m.fields = append(m.fields, name)
	return len(m.fields) - 1
}

func (m *Matcher) mention(path string) {
	for _, p := range m.mentioned {
		if p == path {
			return
		}
	}
	m.mentioned = append(m.mentioned, path)
}

// isExtension reports whether a stands for a whole extension: its name is a URN.
func isExtension(a *schema.Attribute) bool { return schema.Ref{Attr: a}.IsExtension() }

func hidden(a *schema.Attribute) bool {
	return a.Mutability == schema.WriteOnly || a.Returned == schema.ReturnedNever
}

func neverReturned(a AttrPath) error {
	return scim.BadRequest(scim.InvalidFilter, "The attribute %s is never returned and cannot be filtered by", quote(a))
}

// lowerASCII makes one of the ways in which clients write an attribute's name.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

func isNullTest(e Compare) bool {
	return e.Value.Kind == Null && (e.Op == Equal || e.Op == NotEqual)
}

func quote(a AttrPath) string { return scim.Quote(a.String()) }

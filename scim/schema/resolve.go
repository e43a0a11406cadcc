package schema

import (
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
)

// Resolve finds what a member's name at the top level of a resource means: an attribute, a whole
// extension under its URN, or, as Entra ID writes them, a dotted name or one with a URN. Unlike
// Lookup it wants an extension's attribute to be named with its URN.
//
// The error is a *scim.Error of type invalidSyntax, with the nearest name that exists.
func (rt *ResourceType) Resolve(key string) (Ref, error) {
	if a := rt.core.find(key); a != nil {
		return Ref{Attr: a}, nil
	}
	if strings.Contains(key, ":") {
		if p := rt.part(key); p != nil && p.container != nil {
			return Ref{Attr: p.container}, nil
		}
		for _, p := range rt.parts {
			if rest, ok := cutURN(key, p.id(rt)); ok {
				return rt.resolveIn(p, rest)
			}
		}
	}
	return rt.resolveIn(rt.parts[0], key)
}

// id is the URN of the part's schema.
func (p *part) id(rt *ResourceType) string {
	if p.urn == "" {
		return rt.Schema.ID
	}
	return p.urn
}

func cutURN(key, urn string) (string, bool) {
	if len(key) <= len(urn) || key[len(urn)] != ':' || key[:len(urn)] != urn && lower(key[:len(urn)]) != lower(urn) {
		return "", false
	}
	return key[len(urn)+1:], true
}

// resolveIn finds "name" or "name.sub" among the attributes of one schema.
func (rt *ResourceType) resolveIn(p *part, key string) (Ref, error) {
	prefix := ""
	if p.urn != "" {
		prefix = p.urn + ":"
	}
	if a := p.attrs.find(key); a != nil {
		return Ref{URN: p.urn, Attr: a}, nil
	}
	name, sub, dotted := strings.Cut(key, ".")
	if a := p.attrs.find(name); dotted && a != nil {
		return Ref{URN: p.urn, Attr: a}.ResolveSub(sub)
	}
	if p.urn == "" {
		for _, other := range rt.parts[1:] {
			if a := other.attrs.find(name); a != nil {
				return Ref{}, unknownButNear(key, Ref{URN: other.urn, Attr: a}.String())
			}
		}
	}
	return Ref{}, unknown(prefix, key, p.list)
}

// ResolveSub finds a sub-attribute of r's attribute by name in any case. The error is as Resolve's.
func (r Ref) ResolveSub(name string) (Ref, error) {
	r.Sub = nil
	sub := r.Attr.Sub(name)
	if sub == nil {
		return Ref{}, unknown(r.String()+".", name, r.Attr.SubAttributes)
	}
	r.Sub = sub
	return r, nil
}

// unknown is the error for a name that is not among the attributes.
func unknown(prefix, name string, among []*Attribute) error {
	best, least := "", 3 // two slips at most
	if len(name) <= maxNameBytes {
		for _, a := range among {
			// A short name is not near to everything else that is short.
			if d := distance(lower(name), lower(a.Name)); d < least && 2*d < len(a.Name) {
				best, least = a.Name, d
			}
		}
	}
	if best == "" {
		return scim.BadRequest(scim.InvalidSyntax, "unknown attribute %s", scim.Quote(prefix+name))
	}
	return unknownButNear(prefix+name, prefix+best)
}

func unknownButNear(name, near string) error {
	return scim.BadRequest(scim.InvalidSyntax, "unknown attribute %s; did you mean %q?", scim.Quote(name), near)
}

// distance counts the slips between two words: a letter more, less or other, or two swapped.
func distance(a, b string) int {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return 3
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

package adapter

import (
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// lookups are the attributes beside the unique ones that clients look resources up by. An externalId brings back the
// deleted resource that had it, and goes before every other attribute that does: it is the client's own name for it.
var lookups = map[store.Type][]string{
	store.User:  {"externalId", "emails.value"},
	store.Group: {"externalId", "displayName"},
}

// indexes are those that a tenant's resource types ask for: every unique attribute has one, and the lookups.
func indexes(types *schema.Registry) store.Indexes {
	all := store.Indexes{}
	for typ, paths := range lookups {
		rt := types.ResourceType(string(typ))
		if rt == nil {
			continue
		}
		looked := map[string]bool{}
		for _, path := range paths {
			if ref, ok := rt.Path(path); ok {
				all[typ] = append(all[typ], index(ref, path == "externalId"))
				looked[ref.String()] = true
			}
		}
		for ref := range rt.Attributes() {
			if ref.Unique() && !looked[ref.String()] {
				// A user's userName brings the user back too; an extension's badge does not make it the same person.
				all[typ] = append(all[typ], index(ref, ref.URN == "" && ref.Leaf().Required))
			}
		}
	}
	return all
}

// index is the index on an attribute.
func index(ref schema.Ref, revives bool) store.Index {
	ix := store.Index{
		Attribute: ref.String(), CaseExact: ref.Leaf().CaseExact, Unique: ref.Unique(), Revives: revives,
	}
	if ref.URN != "" {
		ix.Path = append(ix.Path, ref.URN)
	}
	ix.Path = append(ix.Path, ref.Attr.Name)
	if ref.Sub != nil {
		if ref.Attr.MultiValued {
			ix.Path = append(ix.Path, store.Each)
		}
		ix.Path = append(ix.Path, ref.Sub.Name)
	}
	return ix
}

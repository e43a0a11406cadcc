package adapter

import (
	"slices"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// rehearsal is what a dry run would have stored so far, as far as later records meet it. It is nil for a real run, which
// finds it in the store.
type rehearsal struct {
	accounts map[rehearsed]string   // an account's legacy id → the resource that it would be linked with
	links    map[rehearsed]bool     // resources that exist and would be linked
	values   map[rehearsed][]string // an attribute's value → the resources that would have been made with it
	active   int                    // active users that would have been made
	off      int                    // accounts that would have been switched off
	// undone takes back what the transaction under way has rehearsed, which may run again.
	undone []func()
}

type rehearsed struct {
	typ             store.Type
	attribute, name string
}

func newRehearsal(dry bool) *rehearsal {
	if !dry {
		return nil
	}
	return &rehearsal{accounts: map[rehearsed]string{}, links: map[rehearsed]bool{}, values: map[rehearsed][]string{}}
}

// undo takes back what has been rehearsed since keep.
func (r *rehearsal) undo() {
	if r == nil {
		return
	}
	for _, fn := range slices.Backward(r.undone) {
		fn()
	}
	r.undone = nil
}

// keep says that what was rehearsed last is to stay.
func (r *rehearsal) keep() {
	if r != nil {
		r.undone = nil
	}
}

// create rehearses a new resource.
func (r *rehearsal) create(tx *store.Tx, typ store.Type, id string, a *account) {
	r.account(typ, id, a.LegacyID)
	for _, attribute := range attributesOf(tx, typ) {
		for _, value := range tx.Values(typ, attribute, a.Doc) {
			key := rehearsed{typ, attribute, value}
			have := r.values[key]
			r.values[key] = append(slices.Clip(have), id)
			r.undone = append(r.undone, func() { r.values[key] = have })
		}
	}
}

func attributesOf(tx *store.Tx, typ store.Type) (names []string) {
	tx.UniqueValues(typ, nil, func(attribute string, _ []string) { names = append(names, attribute) })
	for _, name := range lookups[typ] {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// link rehearses the link of a resource that exists.
func (r *rehearsal) link(typ store.Type, id, legacyID string) {
	r.account(typ, id, legacyID)
	key := rehearsed{typ: typ, name: id}
	r.links[key] = true
	r.undone = append(r.undone, func() { delete(r.links, key) })
}

// add counts one more of what the rehearsal counts.
func (r *rehearsal) add(n *int) {
	*n++
	r.undone = append(r.undone, func() { *n-- })
}

func (r *rehearsal) account(typ store.Type, id, legacyID string) {
	key := rehearsed{typ: typ, name: legacyID}
	r.accounts[key] = id
	r.undone = append(r.undone, func() { delete(r.accounts, key) })
}

// linked reports whether an account would be linked by now.
func (r *rehearsal) linked(typ store.Type, legacyID string) bool {
	return r != nil && r.accounts[rehearsed{typ: typ, name: legacyID}] != ""
}

// taken reports whether a resource would be linked by now.
func (r *rehearsal) taken(typ store.Type, id string) bool {
	return r != nil && r.links[rehearsed{typ: typ, name: id}]
}

// sharing lists the resources that would have been made with one of the values.
func (r *rehearsal) sharing(typ store.Type, attribute string, values []string) (ids []string) {
	if r == nil {
		return nil
	}
	for _, value := range values {
		for _, id := range r.values[rehearsed{typ, attribute, value}] {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// holder names a unique attribute of which a resource that would have been made has a value of the document's.
func (r *rehearsal) holder(tx *store.Tx, typ store.Type, doc []byte) (attribute string, held bool) {
	if r == nil {
		return "", false
	}
	tx.UniqueValues(typ, doc, func(name string, values []string) {
		if !held && len(r.sharing(typ, name, values)) > 0 {
			attribute, held = name, true
		}
	})
	return attribute, held
}

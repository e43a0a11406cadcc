package adapter

import (
	"errors"
	"slices"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim/filter"
)

// source calls fn with every resource of a span that a filter may select, and with others, in the order of the ids,
// until fn returns false.
type source func(tx *store.Tx, span store.Span, fn func(*store.Record) bool) error

// lookup is source for the ids that an index finds. Ids of what is not there may be among them.
type lookup func(span store.Span, fn func(id string) bool) error

// Bounds of planning.
const (
	// peekMost is how many ids of an index are read beforehand, to find the index with the fewest.
	peekMost = 64
	// togetherMost is how many ids of several lookups are put together; with more of them everything is looked at.
	togetherMost = 50_000
)

// plan chooses where the candidates of a selection come from.
func (l *lister) plan(sel *selection) error {
	typ := sel.kind.Type
	sel.source = func(tx *store.Tx, span store.Span, fn func(*store.Record) bool) error { return tx.Each(typ, span, fn) }
	if sel.match == nil {
		return nil
	}
	alternatives, ok := sel.match.Alternatives(func(path string) bool { return l.indexed(typ, path) })
	if !ok {
		return l.planModified(sel)
	}
	found := make([]lookup, len(alternatives))
	for i, all := range alternatives {
		var err error
		if found[i], err = l.fewest(typ, all); err != nil {
			return err
		}
	}
	if len(found) == 1 {
		sel.source = byIDs(typ, found[0])
		return nil
	}
	ids, ok, err := together(found)
	if ok {
		sel.source = byIDs(typ, listed(ids))
	}
	return err
}

// planModified serves a filter on meta.lastModified, with which clients ask for what has changed.
func (l *lister) planModified(sel *selection) error {
	typ := sel.kind.Type
	from, to := sel.match.Between("meta.lastModified")
	if from.IsZero() && to.IsZero() {
		return nil
	}
	find := func(_ store.Span, fn func(string) bool) error { return l.tx.ModifiedIn(typ, from, to, fn) }
	ids, ok, err := together([]lookup{find})
	if ok {
		sel.source = byIDs(typ, listed(ids))
	}
	return err
}

// byIDs is the source of the resources that a lookup finds.
func byIDs(typ store.Type, find lookup) source {
	return func(tx *store.Tx, span store.Span, fn func(*store.Record) bool) error {
		var failed error
		err := find(span, func(id string) bool {
			var rec *store.Record
			if rec, failed = tx.Get(typ, id); errors.Is(failed, store.ErrNotFound) {
				failed = nil
				return true
			}
			return failed == nil && fn(rec)
		})
		return errors.Join(err, failed)
	}
}

// listed is the lookup in a sorted list.
func listed(ids []string) lookup {
	return func(span store.Span, fn func(string) bool) error {
		for i := range ids {
			if span.Reverse {
				i = len(ids) - 1 - i
			}
			if span.Covers(ids[i]) && !fn(ids[i]) {
				break
			}
		}
		return nil
	}
}

// together collects what several lookups find. It reports false where that is too much.
func together(all []lookup) (ids []string, ok bool, err error) {
	ids = []string{}
	for _, find := range all {
		err := find(store.Span{}, func(id string) bool {
			ids = append(ids, id)
			return len(ids) <= togetherMost
		})
		if err != nil || len(ids) > togetherMost {
			return nil, false, err
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), true, nil
}

// fewest returns the lookup of that equality which the fewest resources meet. All of them have to be met.
func (l *lister) fewest(typ store.Type, all []filter.Equality) (lookup, error) {
	var best lookup
	least := 0
	for _, eq := range all {
		if eq.Path == groupsName+".value" {
			continue // whole groups would be read, to be told no more than another equality tells
		}
		find, err := l.lookup(typ, eq)
		if err != nil {
			return nil, err
		}
		var ids []string
		err = find(store.Span{}, func(id string) bool {
			ids = append(ids, id)
			return len(ids) < peekMost
		})
		if err != nil {
			return nil, err
		}
		if len(ids) < peekMost {
			find = listed(ids) // there are no others to find
		}
		if best == nil || len(ids) < least {
			best, least = find, len(ids)
		}
	}
	if best == nil {
		return l.lookup(typ, all[0])
	}
	return best, nil
}

// indexed reports whether an equality on an attribute can be looked up.
func (l *lister) indexed(typ store.Type, path string) bool {
	switch {
	case path == "id",
		path == "members.value" && typ == store.Group,
		path == "groups.value" && typ == store.User:
		return true
	}
	_, ok := l.tx.Index(typ, path)
	return ok
}

// lookup returns what finds the resources that meet an equality whose attribute is indexed.
func (l *lister) lookup(typ store.Type, eq filter.Equality) (lookup, error) {
	switch {
	case eq.Path == "id":
		return listed([]string{eq.Key}), nil
	case eq.Path == "members.value" && typ == store.Group:
		return func(span store.Span, fn func(string) bool) error { return l.tx.MembershipsIn(eq.Key, span, fn) }, nil
	case eq.Path == "groups.value" && typ == store.User:
		ids, err := l.usersOf(eq.Key)
		return listed(ids), err
	}
	ix, _ := l.tx.Index(typ, eq.Path)
	return func(span store.Span, fn func(string) bool) error { return l.tx.FindIn(typ, ix, eq.Key, span, fn) }, nil
}

package adapter

import (
	"errors"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// lineage finds the groups that contain a resource, within one transaction. It remembers what it has read of groups: the
// users of a page are in the same ones for the most part.
type lineage struct {
	tx     *store.Tx
	groups map[string]*store.Record // those that were read; nil: there is none
	above  map[string][]string      // the groups that a group is a direct member of
	// granted leaves out what waits for an approval, and keeps what is to go when it is approved.
	granted bool
}

// maxLineage bounds how many groups are remembered.
const maxLineage = 10_000

func newLineage(tx *store.Tx) *lineage { return &lineage{tx: tx} }

// group returns a group, nil where there is none.
func (l *lineage) group(id string) (*store.Record, error) {
	if rec, known := l.groups[id]; known {
		return rec, nil
	}
	rec, err := l.read(id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if l.groups == nil || len(l.groups) >= maxLineage {
		l.groups, l.above = map[string]*store.Record{}, map[string][]string{}
	}
	l.groups[id] = rec
	return rec, nil
}

func (l *lineage) read(id string) (*store.Record, error) {
	if !l.granted {
		return l.tx.Get(store.Group, id)
	}
	rec, err := l.tx.Load(store.Group, id)
	if err == nil && !rec.Target().Present() {
		return nil, nil //nolint:nilnil // it is not there
	}
	return rec, err
}

// counts reports whether an edge makes its member one of the group's.
func (l *lineage) counts(group *store.Record, e store.Edge) bool {
	if l.granted && e.Held {
		return e.Base
	}
	return live(group, e)
}

// parents lists the groups that a resource is a direct member of. Groups that are gone and memberships of an earlier
// epoch do not count.
func (l *lineage) parents(member string) (groups []string, err error) {
	var failed error
	err = l.tx.Memberships(member, "", func(e store.Edge) bool {
		if (!e.Desired && !(l.granted && e.Held)) || e.Type == "" { // whoever is awaited is no member yet
			return true
		}
		var group *store.Record
		if group, failed = l.group(e.Group); group != nil && l.counts(group, e) {
			groups = append(groups, e.Group)
		}
		return failed == nil
	})
	return groups, errors.Join(err, failed)
}

// parentsOf is parents for a group that has been read.
func (l *lineage) parentsOf(group string) (groups []string, err error) {
	groups, known := l.above[group]
	if known {
		return groups, nil
	}
	if groups, err = l.parents(group); err == nil {
		l.above[group] = groups
	}
	return groups, err
}

// ancestors calls fn with the groups that contain a resource, each once and the direct ones first, until fn returns
// false.
func (l *lineage) ancestors(member string, fn func(group *store.Record, direct bool) bool) error {
	level, err := l.parents(member)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for direct := true; len(level) > 0; direct = false {
		var fresh, next []string
		for _, id := range level {
			if seen[id] {
				continue
			}
			if len(seen) == maxNesting {
				return scim.BadRequest(scim.TooMany, "More than %d groups contain the resource", maxNesting)
			}
			seen[id] = true
			group, err := l.group(id)
			if err != nil {
				return err
			}
			if !fn(group, direct) {
				return nil
			}
			fresh = append(fresh, id)
		}
		for _, id := range fresh {
			above, err := l.parentsOf(id)
			if err != nil {
				return err
			}
			next = append(next, above...)
		}
		level = next
	}
	return nil
}

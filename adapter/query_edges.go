package adapter

import (
	"errors"
	"slices"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// needEdges finds out what of the edges of groups a selection looks at. They are no part of a stored document.
func (sel *selection) needEdges() {
	if sel.match != nil {
		sel.need = sel.match.Needs(membersName)
		sel.groups = sel.match.Mentions(groupsName)
	}
	if sel.kind.Type == store.Group && sel.sorter.path == membersName {
		sel.need.One = true // the first
	}
	sel.groups = sel.groups || sel.sorter.path == groupsName
}

// document makes the document of a resource with all that the query looks at.
func (l *lister) document(sel *selection, rec *store.Record) (err error) {
	l.doc = rec.AppendResource(l.doc[:0], sel.view.location(sel.kind))
	switch sel.kind.Type {
	case store.Group:
		l.doc, err = l.appendMembers(l.doc, sel, rec)
	case store.User:
		if !sel.groups {
			break
		}
		before := len(l.doc)
		if l.doc, err = appendGroups(l.kin, l.doc, rec, l.root); err == nil {
			err = l.spend((len(l.doc) - before) / groupBytes)
		}
	}
	return err
}

// groupBytes is about how long a user's group is in a document.
const groupBytes = 128

// appendMembers adds those members to a group that the query looks at. It does not read the others, however many there
// are.
func (l *lister) appendMembers(doc []byte, sel *selection, group *store.Record) ([]byte, error) {
	need := sel.need
	if !need.All && !need.One && len(need.Values) == 0 {
		return doc, nil
	}
	list := openList(doc, membersName)
	if need.All || need.One {
		var spent error
		err := l.tx.Members(group.ID, "", func(e store.Edge) bool {
			if spent = l.spend(1); spent != nil {
				return false
			}
			if !live(group, e) {
				return true
			}
			list.next()
			list.doc = appendMember(list.doc, e, l.root)
			return need.All
		})
		if err = errors.Join(err, spent); err != nil || need.All {
			return list.close(), err
		}
	}
	for _, value := range need.Values {
		e, err := l.tx.Edge(group.ID, value)
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue
		case err != nil:
			return doc, err
		}
		if err := l.spend(1); err != nil {
			return doc, err
		}
		if live(group, e) {
			list.next()
			list.doc = appendMember(list.doc, e, l.root)
		}
	}
	return list.close(), nil
}

// usersOf returns the ids of the users that are members of a group or of a group within it, sorted.
func (l *lister) usersOf(group string) ([]string, error) {
	var users []string
	seen := map[string]bool{group: true}
	for groups := []string{group}; len(groups) > 0; {
		id := groups[len(groups)-1]
		groups = groups[:len(groups)-1]
		rec, err := l.tx.Get(store.Group, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var spent error
		err = l.tx.Members(id, "", func(e store.Edge) bool {
			if spent = l.spend(1); spent != nil {
				return false
			}
			switch {
			case !live(rec, e):
			case e.Type == store.User:
				users = append(users, e.Member)
			case e.Type == store.Group && !seen[e.Member]:
				seen[e.Member] = true
				groups = append(groups, e.Member)
			}
			return true
		})
		if err = errors.Join(err, spent); err != nil {
			return nil, err
		}
	}
	slices.Sort(users)
	return slices.Compact(users), nil
}

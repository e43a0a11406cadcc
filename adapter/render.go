package adapter

import (
	"context"
	"errors"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// View is how resources are shown to a client.
type View struct {
	// Root is the SCIM root as the client sees it, for locations; empty leaves them out.
	Root string
	// Show selects the attributes. Those that are computed from the edges of groups are read only where it shows them.
	Show schema.Projection
}

// location is the URL of the resources of a kind, with a trailing slash; empty without a root.
func (v View) location(kind Kind) string {
	if v.Root == "" {
		return ""
	}
	return v.Root + kind.Schema.Endpoint + "/"
}

// Show returns a resource as a client sees it, RFC 7643 section 3: its document with id and meta, and with what is
// computed from the edges of groups, members of a Group and groups of a User.
func (t *Tenant) Show(ctx context.Context, kind Kind, rec *store.Record, view View) (doc []byte, err error) {
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		doc, err = show(tx, kind, rec, view)
		return err
	})
	return doc, err
}

// show is Show inside a transaction.
func show(tx *store.Tx, kind Kind, rec *store.Record, view View) ([]byte, error) {
	doc := rec.AppendResource(make([]byte, 0, len(rec.Desired.Doc)+320), view.location(kind)) // with room for id, meta and a group
	var err error
	switch {
	case kind.Type == store.Group && view.Show.Shows(membersName):
		doc, err = appendMembers(tx, doc, rec, view.Root)
	case kind.Type == store.User && view.Show.Shows(groupsName):
		doc, err = appendGroups(tx, doc, rec, view.Root)
	}
	if err != nil {
		return nil, err
	}
	return view.Show.Apply(doc), nil
}

// appendMembers adds the attribute members to the document of a group; where there are none the document stays as it is.
func appendMembers(tx *store.Tx, doc []byte, group *store.Record, root string) ([]byte, error) {
	list := openList(doc, membersName)
	err := tx.Members(group.ID, "", func(e store.Edge) bool {
		if live(group, e) {
			list.next()
			list.doc = appendMember(list.doc, e, root)
		}
		return true
	})
	return list.close(), err
}

// groupsName is the attribute of a user that is computed from edges.
const groupsName = "groups"

// appendGroups adds the attribute groups to the document of a user: the groups that the user is a direct member of, and
// those that contain one of them, RFC 7643 section 4.1.2.
func appendGroups(tx *store.Tx, doc []byte, user *store.Record, root string) ([]byte, error) {
	list := openList(doc, groupsName)
	var stop error
	err := ancestors(tx, user.ID, func(id string, direct bool) bool {
		group, err := tx.Get(store.Group, id)
		if err != nil {
			stop = err
			return false
		}
		list.next()
		list.doc = appendGroup(list.doc, group, direct, root)
		return true
	})
	return list.close(), errors.Join(err, stop)
}

func appendGroup(dst []byte, group *store.Record, direct bool, root string) []byte {
	dst = append(dst, '{')
	if root != "" {
		dst = append(dst, `"$ref":`...)
		dst = append(appendText(dst, root+"/Groups/"+group.ID), ',')
	}
	dst = append(dst, `"display":`...)
	dst = append(appendText(dst, gjson.GetBytes(group.Desired.Doc, "displayName").Str), `,"type":"`...)
	if direct {
		dst = append(dst, "direct"...)
	} else {
		dst = append(dst, "indirect"...)
	}
	dst = append(dst, `","value":`...)
	return append(appendText(dst, group.ID), '}')
}

// listWriter adds an attribute with a list to the end of a document.
type listWriter struct {
	doc   []byte
	name  string
	begun bool
}

func openList(doc []byte, name string) *listWriter { return &listWriter{doc: doc, name: name} }

// next makes room for one more element.
func (l *listWriter) next() {
	if l.begun {
		l.doc = append(l.doc, ',')
		return
	}
	l.begun = true
	l.doc = append(l.doc[:len(l.doc)-1], `,"`...) // a document has an id at least
	l.doc = append(l.doc, l.name...)
	l.doc = append(l.doc, `":[`...)
}

func (l *listWriter) close() []byte {
	if !l.begun {
		return l.doc
	}
	return append(l.doc, "]}"...)
}

package adapter

import (
	"context"
	"iter"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
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
// computed from the edges of groups, members of a Group and groups of a User. That is all of it, and rest is nil, unless
// a group has so many members that they had better not be in memory all at once: then rest yields what follows, an error
// last of all. Members who join or leave meanwhile may show or not.
func (t *Tenant) Show(ctx context.Context, kind Kind, rec *store.Record, view View) (doc []byte, rest iter.Seq2[[]byte, error], err error) {
	list := memberList{group: rec, view: view}
	grouped := kind.Type == store.Group && view.Show.Shows(membersName)
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
		if !grouped {
			doc, err = show(tx, newLineage(tx), kind, rec, view)
			return err
		}
		doc, err = list.append(tx, view.Show.Apply(appendRecord(rec, kind, view)))
		return err
	})
	if err != nil || !list.more {
		return doc, nil, err
	}
	return doc, func(yield func([]byte, error) bool) {
		for list.more {
			var part []byte
			err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
				part, err = list.append(tx, part[:0])
				return err
			})
			if !yield(part, err) || err != nil {
				return
			}
		}
	}, nil
}

// show returns a resource as a client sees it, inside a transaction, whose lineage is kin, and as a whole. A group with
// more members than are shown on a page is an error that says how to ask.
func show(tx *store.Tx, kin *lineage, kind Kind, rec *store.Record, view View) ([]byte, error) {
	doc := appendRecord(rec, kind, view)
	switch {
	case kind.Type == store.User && view.Show.Shows(groupsName):
		var err error
		if doc, err = appendGroups(kin, doc, rec, view.Root); err != nil {
			return nil, err
		}
	case kind.Type == store.Group && view.Show.Shows(membersName):
		doc = view.Show.Apply(doc)
		list := memberList{group: rec, view: view}
		for first := true; first || list.more; first = false {
			var err error
			if doc, err = list.append(tx, doc); err != nil {
				return nil, err
			}
			if len(doc) > MaxPageBytes {
				return nil, scim.BadRequest(scim.TooMany, "The group %s has too many members to be shown in a list; ask with excludedAttributes=members, or for the group by its id", scim.Quote(rec.ID))
			}
		}
		return doc, nil
	}
	return view.Show.Apply(doc), nil
}

// appendRecord appends what the record itself says of a resource, with room for more.
func appendRecord(rec *store.Record, kind Kind, view View) []byte {
	return rec.AppendResource(make([]byte, 0, len(rec.Desired.Doc)+320), view.location(kind))
}

// membersAtOnce is how many edges are read in one transaction when a group is shown.
const membersAtOnce = 2000

// memberList adds the attribute members to the document of a group, some members at a time.
type memberList struct {
	group *store.Record
	view  View
	after string // the last member that was looked at
	begun bool   // the attribute has been opened
	more  bool   // there are members behind it
	buf   []byte
}

// append adds the next members to what was shown so far, and the end of the document behind the last one. Where there
// are no members at all the document stays as it is.
func (l *memberList) append(tx *store.Tx, doc []byte) ([]byte, error) {
	// They are shown in a document of their own, so that the view's word on sub-attributes counts for them.
	page := openList(append(l.buf[:0], "{}"...), membersName)
	seen := 0
	err := tx.Members(l.group.ID, l.after, func(e store.Edge) bool {
		if seen++; seen > membersAtOnce {
			return false
		}
		l.after = e.Member
		if live(l.group, e) {
			page.next()
			page.doc = appendMember(page.doc, e, l.view.Root)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	l.more = seen > membersAtOnce
	l.buf = page.close()
	if elements := gjson.GetBytes(l.view.Show.Apply(l.buf), membersName).Raw; len(elements) > 2 {
		elements = elements[1 : len(elements)-1]
		switch {
		case l.begun:
			doc = append(doc, ',')
		default:
			if doc = doc[:len(doc)-1]; len(doc) > 1 {
				doc = append(doc, ',')
			}
			doc = append(doc, `"members":[`...)
			l.begun = true
		}
		doc = append(doc, elements...)
	}
	if l.begun && !l.more {
		doc = append(doc, "]}"...)
	}
	return doc, nil
}

// groupsName is the attribute of a user that is computed from edges.
const groupsName = "groups"

// appendGroups adds the attribute groups to the document of a user: the groups that the user is a direct member of, and
// those that contain one of them, RFC 7643 section 4.1.2.
func appendGroups(kin *lineage, doc []byte, user *store.Record, root string) ([]byte, error) {
	list := openList(doc, groupsName)
	err := kin.ancestors(user.ID, func(group *store.Record, direct bool) bool {
		list.next()
		list.doc = appendGroup(list.doc, group, direct, root)
		return true
	})
	return list.close(), err
}

func appendGroup(dst []byte, group *store.Record, direct bool, root string) []byte {
	dst = append(dst, '{')
	if root != "" {
		dst = append(dst, `"$ref":`...)
		dst = append(appendText(dst, root, "/Groups/", group.ID), ',')
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
	if l.doc = l.doc[:len(l.doc)-1]; len(l.doc) > 1 {
		l.doc = append(l.doc, ',')
	}
	l.doc = append(l.doc, '"')
	l.doc = append(l.doc, l.name...)
	l.doc = append(l.doc, `":[`...)
}

func (l *listWriter) close() []byte {
	if !l.begun {
		return l.doc
	}
	return append(l.doc, "]}"...)
}

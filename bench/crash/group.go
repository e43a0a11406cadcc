package main

import (
	"fmt"
	"maps"
	"net/url"
	"strconv"
)

// group is one group. One worker makes, renames and deletes it. Of a shared one, which is never deleted, each worker puts
// its own users in and out.
type group struct {
	no       string
	id       string
	name     string // empty where it does not exist; for its owner alone
	revision int
	shared   bool
}

// owns reports whether the worker is the one that makes, renames and deletes the group.
func (w *worker) owns(g *group) bool { return !g.shared || w.no == 0 }

// name is the name of a group as far as the worker can know it. Of those of others it does not, but that they exist.
func (w *worker) name(g *group) string {
	if !w.owns(g) {
		return "of another"
	}
	return g.name
}

func (g *group) revise() string {
	g.revision++
	return g.no + "#" + strconv.Itoa(g.revision)
}

func (g *group) document(name string, members []string) string {
	doc := map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": name, "externalId": "ext-" + g.no,
	}
	if members != nil {
		doc["members"] = values(members)
	}
	return text(doc)
}

func values(ids []string) []any {
	list := make([]any, 0, len(ids))
	for _, id := range ids {
		list = append(list, map[string]any{"value": id})
	}
	return list
}

// changeGroup draws what happens to a group of the worker's own next.
func (w *worker) changeGroup(g *group) {
	if g.name == "" {
		who := w.some()
		name := g.revise()
		w.group(g, "create a group", "POST", "/Groups", g.document(name, ids(who)), name, w.with(g, who))
		return
	}
	path := "/Groups/" + g.id
	switch n := w.rnd.IntN(6); {
	case n == 0 && !g.shared:
		w.group(g, "delete a group", "DELETE", path, "", "", nil)
	case n == 1 && !g.shared:
		who := w.some()
		name := g.revise()
		w.group(g, "replace a group", "PUT", path, g.document(name, ids(who)), name, w.with(nil, who))
	default:
		name := g.revise()
		op := map[string]any{"op": "replace", "path": "displayName", "value": name}
		if w.dialect == "okta" {
			op = map[string]any{"op": "replace", "value": map[string]any{"id": g.id, "displayName": name}}
		}
		w.group(g, "rename a group", "PATCH", path, w.patch(op), name, w.with(g, nil))
	}
}

// changeMembers draws who joins or leaves a group, or both.
func (w *worker) changeMembers(g *group) {
	if w.name(g) == "" {
		return
	}
	members := w.with(g, nil)
	var ops []map[string]any
	for range 1 + w.rnd.IntN(2) {
		who := w.some()
		if len(who) == 0 {
			return
		}
		if w.rnd.IntN(3) > 0 {
			for _, u := range who {
				members[u.id] = true
			}
			ops = append(ops, map[string]any{"op": "add", "path": "members", "value": values(ids(who))})
			continue
		}
		if w.dialect == "entra" {
			for _, u := range who {
				delete(members, u.id)
			}
			ops = append(ops, map[string]any{"op": "remove", "path": "members", "value": values(ids(who))})
			continue
		}
		delete(members, who[0].id)
		ops = append(ops, map[string]any{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", who[0].id)})
	}
	w.group(g, "members", "PATCH", "/Groups/"+g.id, w.patch(ops...), w.name(g), members)
}

// some draws a few of the worker's users who are there.
func (w *worker) some() []*user {
	var list []*user
	for range w.rnd.IntN(4) {
		if u := w.users[w.rnd.IntN(len(w.users))]; u.is.Present {
			list = append(list, u)
		}
	}
	return list
}

func ids(list []*user) []string {
	out := []string{}
	for _, u := range list {
		out = append(out, u.id)
	}
	return out
}

// with returns the ids of the worker's users that are in the group, and those of more; of those alone without a group.
func (w *worker) with(g *group, more []*user) map[string]bool {
	set := map[string]bool{}
	for _, u := range w.users {
		if u.in[g] {
			set[u.id] = true
		}
	}
	for _, u := range more {
		set[u.id] = true
	}
	return set
}

// group sends a change of a group, and keeps what came of it.
func (w *worker) group(g *group, name, method, path, body, next string, members map[string]bool) {
	r, known := w.write(name, method, path, body)
	switch {
	case !known:
		got, is, ok := w.readGroup(g)
		switch was := w.with(g, nil); {
		case !ok:
		case got == next && maps.Equal(is, members):
			w.become(g, next, members)
		case got != w.name(g) || !maps.Equal(is, was):
			w.fail("group %s (%s) was %q with %v and was to be %q with %v, which nobody answered; it is %q with %v", g.no, g.id, w.name(g), was, next, members, got, is)
		}
		return
	case !r.ok():
		w.refused(name, method, path, body, r)
		return
	}
	if method == "POST" {
		g.id = r.get("id").Str
	}
	w.become(g, next, members)
}

func (w *worker) become(g *group, name string, members map[string]bool) {
	if w.owns(g) {
		g.name = name
	}
	for _, u := range w.users {
		if u.in[g] = members[u.id]; !u.in[g] {
			delete(u.in, g)
		}
	}
}

// readGroup returns what SCIM shows of a group: its name and those of the worker's users who are in it.
func (w *worker) readGroup(g *group) (name string, members map[string]bool, ok bool) {
	members = map[string]bool{}
	path := "/Groups?" + url.Values{"filter": {fmt.Sprintf("externalId eq %q", "ext-"+g.no)}}.Encode()
	r, ok := w.read(path)
	if !ok {
		return "", nil, false
	}
	switch n := r.get("totalResults"); {
	case !r.ok() || n.Int() > 1:
		w.fail("GET %s: %s", path, r)
		return "", nil, false
	case n.Int() == 0:
		return "", members, true
	}
	if w.owns(g) {
		g.id, name = r.get("Resources.0.id").Str, r.get("Resources.0.displayName").Str
	} else {
		name = w.name(g)
	}
	for _, m := range r.get("Resources.0.members").Array() {
		for _, u := range w.users {
			if u.id == m.Get("value").Str {
				members[u.id] = true
			}
		}
	}
	return name, members, true
}

// checkGroup compares what SCIM shows of a group with what was acknowledged.
func (w *worker) checkGroup(g *group) {
	name, members, ok := w.readGroup(g)
	if !ok {
		return
	}
	if want := w.with(g, nil); !maps.Equal(members, want) || name != w.name(g) {
		w.fail("group %s (%s) was acknowledged as %q with %v of the worker's, and SCIM shows %q with %v", g.no, g.id, w.name(g), want, name, members)
	}
}

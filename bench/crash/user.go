package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
)

// person is what is asked for of a user, which is what SCIM shows and what the application is to have.
type person struct {
	Present bool
	Active  bool
	Login   string
	Title   string // with the revision, which grows with each change that speaks of it
}

// user is one user of one worker, whatever lives it has had. Nobody else changes it, so that what it is to be is known
// after each answer.
type user struct {
	no       string
	id       string // empty as long as nobody knows it
	is       person
	revision int
	in       map[*group]bool
}

func (u *user) externalID() string { return "ext-" + u.no }

// revise returns the title of the next change.
func (u *user) revise() string {
	u.revision++
	return u.no + "#" + strconv.Itoa(u.revision)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it has nothing that JSON does not know
	}
	return string(b)
}

// document is what a client sends of a user.
func (u *user) document(p person) string {
	return text(map[string]any{
		"schemas":  []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"userName": p.Login, "externalId": u.externalID(), "title": p.Title, "active": p.Active,
		"emails": []any{map[string]any{"value": u.no + "@acme.example", "type": "work", "primary": true}},
	})
}

// patch is a PATCH message in the dialect of a client.
func (c *client) patch(ops ...map[string]any) string {
	if c.dialect == "entra" {
		for _, op := range ops {
			op["op"] = map[any]string{"replace": "Replace", "add": "Add", "remove": "Remove"}[op["op"]]
			if b, ok := op["value"].(bool); ok {
				op["value"] = map[bool]string{true: "True", false: "False"}[b]
			}
		}
	}
	return text(map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": ops})
}

// activation is how the dialects switch a user on and off.
func (c *client) activation(active bool) map[string]any {
	if c.dialect == "okta" {
		return map[string]any{"op": "replace", "value": map[string]any{"active": active}}
	}
	return map[string]any{"op": "replace", "path": "active", "value": active}
}

// changeUser draws what happens to a user next.
func (w *worker) changeUser(u *user) {
	next := u.is
	path := "/Users/" + u.id
	if !u.is.Present {
		w.create(u, person{Present: true, Active: w.rnd.IntN(8) > 0, Login: u.no + w.pick("", "-b"), Title: u.revise()})
		return
	}
	switch w.rnd.IntN(12) {
	case 0, 1:
		w.user(u, "delete", "DELETE", path, "", person{})
	case 2, 3:
		next.Active = !next.Active
		w.user(u, "active", "PATCH", path, w.patch(w.activation(next.Active)), next)
	case 4:
		next.Active, next.Title = !next.Active, u.revise()
		w.user(u, "active and more", "PATCH", path, w.patch(w.activation(next.Active), map[string]any{"op": "replace", "path": "title", "value": next.Title}), next)
	case 5, 6:
		next.Title, next.Login, next.Active = u.revise(), u.no+w.pick("", "-b"), w.rnd.IntN(6) > 0
		w.user(u, "replace", "PUT", path, u.document(next), next)
	case 7:
		if u.is.Active {
			next.Login, next.Title = u.no+w.pick("", "-b"), u.revise()
			w.user(u, "rename", "PATCH", path, w.patch(map[string]any{"op": "replace", "value": map[string]any{"userName": next.Login, "title": next.Title}}), next)
			return
		}
		next.Active, next.Title = true, u.revise() // a create of who is inactive brings them back
		w.user(u, "create of an inactive one", "POST", "/Users", u.document(next), next)
	default:
		next.Title = u.revise()
		w.user(u, "title", "PATCH", path, w.patch(map[string]any{"op": "replace", "path": "title", "value": next.Title}), next)
	}
}

func (w *worker) create(u *user, next person) {
	w.user(u, "create", "POST", "/Users", u.document(next), next)
}

// user sends a change of a user, and keeps what came of it.
func (w *worker) user(u *user, name, method, path, body string, next person) {
	r, known := w.write(name, method, path, body)
	switch {
	case !known:
		w.lookUser(u, next)
		return
	case !r.ok():
		w.refused(name, method, path, body, r)
		return
	}
	if method == "POST" {
		if id := r.get("id").Str; u.id == "" {
			u.id = id
		} else if u.id != id {
			w.fail("%s came back as %s, and was %s", u.no, id, u.id)
		}
	}
	u.become(next)
}

func (u *user) become(next person) {
	u.is = next
	if !next.Present {
		clear(u.in)
	}
}

// readUser returns what SCIM shows of a user.
func (w *worker) readUser(u *user) (person, bool) {
	path := "/Users?" + url.Values{"filter": {fmt.Sprintf("externalId eq %q", u.externalID())}}.Encode()
	if u.id != "" && w.rnd.IntN(2) == 0 {
		path = "/Users/" + u.id
	}
	r, ok := w.read(path)
	if !ok {
		return person{}, false
	}
	at := ""
	if list := r.get("totalResults"); list.Exists() {
		if list.Int() > 1 {
			w.fail("%s is there more than once: %s", u.no, r)
		}
		if list.Int() == 0 {
			return person{}, true
		}
		at = "Resources.0."
	} else if r.status == 404 {
		return person{}, true
	}
	if !r.ok() {
		w.fail("GET %s: %s", path, r)
		return person{}, false
	}
	if id := r.get(at + "id").Str; u.id == "" {
		u.id = id
	} else if u.id != id {
		w.fail("%s is %s, and was %s", u.no, id, u.id)
	}
	return person{true, r.get(at + "active").Bool(), r.get(at + "userName").Str, r.get(at + "title").Str}, true
}

// lookUser finds out whether a change was carried out that got no answer.
func (w *worker) lookUser(u *user, next person) {
	got, ok := w.readUser(u)
	switch {
	case !ok:
	case got == next:
		u.become(next)
	case got != u.is:
		w.fail("user %s (%s) was %+v and was to be %+v, which nobody answered; it is %+v", u.no, u.id, u.is, next, got)
	}
}

// checkUser compares what SCIM shows with what was acknowledged.
func (w *worker) checkUser(u *user) {
	if got, ok := w.readUser(u); ok && got != u.is {
		w.fail("user %s (%s) was acknowledged as %+v, and SCIM shows %+v", u.no, u.id, u.is, got)
	}
}

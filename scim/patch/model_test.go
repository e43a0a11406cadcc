package patch_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// model is a user as a person would keep it: three texts and a list of e-mails.
type model struct {
	title, given, family string
	emails               []email
}

type email struct {
	value, typ string
	primary    string // "", "true" or "false"
}

func (m *model) doc() scim.Object {
	o := scim.Object{"schemas": []any{schema.UserURN}, "userName": "u"}
	if m.title != "" {
		o["title"] = m.title
	}
	name := scim.Object{}
	if m.given != "" {
		name["givenName"] = m.given
	}
	if m.family != "" {
		name["familyName"] = m.family
	}
	if len(name) > 0 {
		o["name"] = name
	}
	var list []any
	for _, e := range m.emails {
		list = append(list, e.object())
	}
	if list != nil {
		o["emails"] = list
	}
	return o
}

func (e email) object() scim.Object {
	o := scim.Object{"value": e.value, "type": e.typ}
	if e.primary != "" {
		o["primary"] = e.primary == "true"
	}
	return o
}

func (m *model) noPrimary() {
	for i := range m.emails {
		if m.emails[i].primary == "true" {
			m.emails[i].primary = "false"
		}
	}
}

func (m *model) add(e email) {
	if e.primary == "true" {
		m.noPrimary()
	}
	for i, have := range m.emails {
		if have.value == e.value && have.typ == e.typ {
			if e.primary != "" {
				m.emails[i].primary = e.primary
			}
			return
		}
	}
	m.emails = append(m.emails, e)
}

func (m *model) remove(which func(email) bool) { m.emails = slices.DeleteFunc(m.emails, which) }

// settle joins e-mails that became the same, and leaves one primary.
func (m *model) settle() {
	list := m.emails
	m.emails = nil
	for _, e := range list {
		i := slices.IndexFunc(m.emails, func(have email) bool { return have.value == e.value && have.typ == e.typ })
		switch {
		case i < 0:
			m.emails = append(m.emails, e)
		case e.primary != "":
			m.emails[i].primary = e.primary
		}
	}
	found := false
	for i, e := range m.emails {
		if e.primary == "true" && found {
			m.emails[i].primary = "false"
		}
		found = found || e.primary == "true"
	}
}

func (m *model) hasType(typ string) bool {
	return slices.ContainsFunc(m.emails, func(e email) bool { return e.typ == typ })
}

var (
	texts  = rapid.SampledFrom([]string{"a", "b", "Ärger", `"q"`, "x y"})
	values = rapid.SampledFrom([]string{"1@e.example", "2@e.example", "3@e.example"})
	kinds  = rapid.SampledFrom([]string{"work", "home", "other"})
	sets   = rapid.SampledFrom([]string{"add", "Add", "replace", "REPLACE"})
)

// step draws one operation, carries it out on the model and returns it.
func (m *model) step(t *rapid.T) map[string]any {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		v := rapid.OneOf(texts, rapid.Just("")).Draw(t, "title")
		m.title = v
		return spell(t, sets.Draw(t, "op"), "title", v)
	case 1:
		m.given = texts.Draw(t, "given")
		return spell(t, sets.Draw(t, "op"), "name.givenName", m.given)
	case 2:
		m.family = texts.Draw(t, "family")
		return spell(t, sets.Draw(t, "op"), "name", map[string]any{"FamilyName": m.family})
	case 3:
		m.given = ""
		return map[string]any{"op": "remove", "path": "name.givenName"}
	case 4:
		e := email{values.Draw(t, "value"), kinds.Draw(t, "type"), rapid.SampledFrom([]string{"", "true", "false"}).Draw(t, "primary")}
		m.add(e)
		return spell(t, "add", "emails", []any{e.object()})
	case 5:
		m.emails = nil
		var list []any
		for _, v := range rapid.SliceOfNDistinct(values, 0, 3, rapid.ID).Draw(t, "values") {
			m.emails = append(m.emails, email{value: v, typ: "work"})
			list = append(list, map[string]any{"Value": v, "type": "work"})
		}
		return spell(t, "replace", "emails", list)
	case 6:
		v := values.Draw(t, "value")
		m.remove(func(e email) bool { return e.value == v })
		if rapid.Bool().Draw(t, "listed") {
			return map[string]any{"op": "Remove", "path": "emails", "value": []any{map[string]any{"value": strings.ToUpper(v)}}}
		}
		return map[string]any{"op": "remove", "path": fmt.Sprintf("emails[value eq %q]", v)}
	case 7:
		v, typ := values.Draw(t, "value"), kinds.Draw(t, "type")
		if !m.hasType(typ) {
			m.add(email{value: v, typ: typ})
		}
		for i := range m.emails {
			if m.emails[i].typ == typ {
				m.emails[i].value = v
			}
		}
		return spell(t, sets.Draw(t, "op"), fmt.Sprintf("emails[type eq %q].value", typ), v)
	case 8:
		typ := kinds.Draw(t, "type")
		m.remove(func(e email) bool { return e.typ == typ })
		path := fmt.Sprintf("emails[type eq %q].value", typ)
		if rapid.Bool().Draw(t, "emptied") {
			return spell(t, "replace", path, "")
		}
		return map[string]any{"op": "remove", "path": path}
	default:
		typ := kinds.Draw(t, "type")
		if m.hasType(typ) {
			m.noPrimary()
			for i := range m.emails {
				if m.emails[i].typ == typ {
					m.emails[i].primary = "true"
				}
			}
			return spell(t, "replace", fmt.Sprintf("emails[type eq %q].primary", typ), "True")
		}
		m.title = ""
		return map[string]any{"op": "remove", "path": "title"}
	}
}

// spell writes a change in one of the ways that mean the same.
func spell(t *rapid.T, op, path string, value any) map[string]any {
	switch rapid.IntRange(0, 3).Draw(t, "spelling") {
	case 0:
		return map[string]any{"op": op, "path": schema.UserURN + ":" + path, "value": value}
	case 1:
		return map[string]any{"op": op, "value": map[string]any{path: value}}
	case 2:
		return map[string]any{"op": op, "value": map[string]any{schema.UserURN + ":" + path: value}}
	}
	return map[string]any{"OP": op, "path": path, "Value": value}
}

// A PATCH does what a person would do by hand.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{title: "t"}
		doc := m.doc()
		for range rapid.IntRange(1, 4).Draw(t, "requests") {
			var ops []any
			for range rapid.IntRange(1, 6).Draw(t, "operations") {
				ops = append(ops, m.step(t))
			}
			m.settle()
			body, err := json.Marshal(map[string]any{"Operations": ops})
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := patch.Parse(body)
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			n, err := patch.Apply(schema.User(), doc, parsed)
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			if diff := cmp.Diff(m.doc(), n.Doc); diff != "" {
				t.Fatalf("%s (-model +got):\n%s", body, diff)
			}
			doc = n.Doc
		}
	})
}

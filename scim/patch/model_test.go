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

// model is a user as a person would keep it: three texts, a list of e-mails, and two extensions.
type model struct {
	title, given, family string
	emails               []email
	department           string
	manager, managerRef  string
	number               string
	tags                 []string
}

// kit is the URN of an extension that no standard knows. It has a dot, as URNs may.
const kit = "urn:example:kit.v2:User"

// kitted is User with that extension.
func kitted(t testing.TB) *schema.ResourceType {
	t.Helper()
	s, err := schema.ParseExtension([]byte(`{"id":"` + kit + `","attributes":[
		{"name":"number","type":"integer"},{"name":"tags","multiValued":true,"caseExact":true}]}`))
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.User().Extend(schema.Extension{Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

type email struct {
	value, typ string
	primary    string // "", "true" or "false"
}

func (m *model) doc() scim.Object {
	schemas := []any{schema.UserURN}
	o := scim.Object{"userName": "u"}
	enterprise, kitPart := scim.Object{}, scim.Object{}
	if m.department != "" {
		enterprise["department"] = m.department
	}
	if m.manager != "" {
		manager := scim.Object{"value": m.manager}
		if m.managerRef != "" {
			manager["$ref"] = m.managerRef
		}
		enterprise["manager"] = manager
	}
	if m.number != "" {
		kitPart["number"] = json.Number(m.number)
	}
	if len(m.tags) > 0 {
		kitPart["tags"] = anys(m.tags)
	}
	for _, part := range []struct {
		urn string
		obj scim.Object
	}{{ent, enterprise}, {kit, kitPart}} {
		if len(part.obj) > 0 {
			o[part.urn] = part.obj
			schemas = append(schemas, part.urn)
		}
	}
	o["schemas"] = schemas
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

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
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
	switch rapid.IntRange(0, 16).Draw(t, "kind") {
	case 10:
		return m.enterprise(t)
	case 11:
		return m.managed(t)
	case 12:
		return m.numbered(t)
	case 13:
		return m.tagged(t)
	case 14:
		f := filters.Draw(t, "filter")
		m.remove(f.selects)
		return map[string]any{"op": "remove", "path": "emails[" + f.text + "]"}
	case 15:
		return m.replaceSelected(t)
	case 16:
		e := email{value: values.Draw(t, "value"), typ: kinds.Draw(t, "type")}
		m.remove(func(have email) bool { return have.value == e.value && have.typ == e.typ })
		return map[string]any{"op": "remove", "path": schema.UserURN + ":emails", "value": map[string]any{"value": e.value, "type": strings.ToUpper(e.typ)}}
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

// selection is a filter of a value path and what it means.
type selection struct {
	text    string
	selects func(email) bool
}

var filters = rapid.SampledFrom([]selection{
	{`type eq "work" or primary eq true`, func(e email) bool { return e.typ == "work" || e.primary == "true" }},
	{`not (value sw "1")`, func(e email) bool { return e.value[0] != '1' }},
	{`value co "2@" and type ne "HOME"`, func(e email) bool { return e.value[0] == '2' && e.typ != "home" }},
	{`primary eq false`, func(e email) bool { return e.primary != "true" }},
	{`value ge "2" and not (type eq "other" or primary pr)`, func(e email) bool {
		return e.value >= "2" && e.typ != "other" && e.primary == ""
	}},
})

// replaceSelected changes the type of what a filter selects; without anything to change, the request would fail.
func (m *model) replaceSelected(t *rapid.T) map[string]any {
	f, typ := filters.Draw(t, "filter"), kinds.Draw(t, "type")
	if !slices.ContainsFunc(m.emails, f.selects) {
		m.title = ""
		return map[string]any{"op": "replace", "value": map[string]any{"title": nil}}
	}
	primary := rapid.Bool().Draw(t, "primary")
	chosen := make([]bool, len(m.emails))
	for i, e := range m.emails {
		chosen[i] = f.selects(e)
	}
	if primary {
		m.noPrimary()
	}
	for i := range m.emails {
		if chosen[i] {
			if m.emails[i].typ = typ; primary {
				m.emails[i].primary = "true"
			}
		}
	}
	value := map[string]any{"Type": typ}
	if primary {
		value["primary"] = "true"
	}
	return map[string]any{"op": "add", "path": "emails[" + f.text + "]", "value": value}
}

// enterprise changes the standard extension, by its attribute or as a whole.
func (m *model) enterprise(t *rapid.T) map[string]any {
	v := texts.Draw(t, "department")
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0:
		m.department, m.manager, m.managerRef = "", "", ""
		return map[string]any{"op": "remove", "path": ent}
	case 1:
		m.department = ""
		return map[string]any{"op": "remove", "path": strings.ToUpper(ent) + ":Department"}
	case 2:
		m.department = v
		return map[string]any{"op": sets.Draw(t, "op"), "path": ent, "value": map[string]any{"department": v}}
	case 3:
		m.department = v
		return map[string]any{"op": sets.Draw(t, "op"), "value": map[string]any{ent: map[string]any{"department": v}}}
	}
	m.department = v
	return spellIn(t, sets.Draw(t, "op"), ent, "department", v)
}

// managed changes a singular complex attribute whose parts belong together.
func (m *model) managed(t *rapid.T) map[string]any {
	id := rapid.SampledFrom([]string{"1", "2"}).Draw(t, "manager")
	set := func(ref string) {
		if ref != "" || id != m.manager {
			m.managerRef = ref
		}
		m.manager = id
	}
	op := sets.Draw(t, "op")
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0:
		set("")
		return spellIn(t, op, ent, "manager", id)
	case 1:
		set("../Users/" + id)
		return spellIn(t, op, ent, "manager", []any{map[string]any{"$ref": "../Users/" + id, "value": id, "displayName": "nobody may set this"}})
	case 2:
		set("")
		return spellIn(t, op, ent, "manager.value", id)
	case 3:
		m.manager, m.managerRef = "", ""
		return spellIn(t, op, ent, "manager", "")
	}
	m.manager, m.managerRef = "", ""
	return map[string]any{"op": "remove", "path": ent + ":manager"}
}

// numbered changes an integer of somebody's own extension.
func (m *model) numbered(t *rapid.T) map[string]any {
	n := rapid.IntRange(-3, 3).Draw(t, "number")
	if rapid.IntRange(0, 4).Draw(t, "remove") == 0 {
		m.number = ""
		return map[string]any{"op": "remove", "path": kit + ":number"}
	}
	m.number = fmt.Sprint(n)
	if rapid.Bool().Draw(t, "as text") {
		return spellIn(t, sets.Draw(t, "op"), kit, "number", m.number)
	}
	return spellIn(t, sets.Draw(t, "op"), kit, "number", n)
}

// tagged changes a list of simple values.
func (m *model) tagged(t *rapid.T) map[string]any {
	list := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "A", "b", "c"}), 0, 3, rapid.ID).Draw(t, "tags")
	drop := func(v string) { m.tags = slices.DeleteFunc(m.tags, func(have string) bool { return have == v }) }
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0:
		for _, v := range list {
			if !slices.Contains(m.tags, v) {
				m.tags = append(m.tags, v)
			}
		}
		return spellIn(t, "Add", kit, "tags", list)
	case 1:
		m.tags = list
		return spellIn(t, "Replace", kit, "tags", list)
	case 2:
		for _, v := range list {
			drop(v)
		}
		return map[string]any{"op": "remove", "path": kit + ":tags", "value": list}
	case 3:
		drop("a")
		return map[string]any{"op": "remove", "path": kit + `:tags[value eq "a"]`}
	}
	m.tags, m.number = nil, ""
	return map[string]any{"op": "remove", "path": kit}
}

// spellIn writes a change within an extension in one of the ways that mean the same.
func spellIn(t *rapid.T, op, urn, path string, value any) map[string]any {
	switch rapid.IntRange(0, 2).Draw(t, "spelling") {
	case 0:
		return map[string]any{"op": op, "path": urn + ":" + path, "value": value}
	case 1:
		return map[string]any{"op": op, "value": map[string]any{urn + ":" + path: value}}
	}
	return map[string]any{"op": op, "value": map[string]any{strings.ToLower(urn): map[string]any{path: value}}}
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
	rt := kitted(t)
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
			n, err := patch.Apply(rt, doc, parsed)
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

package schema_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

const badge = "urn:example:params:scim:schemas:extension:badge:1.0:User"

// badged is User with the extension of testdata/badge.json.
func badged(t testing.TB, required bool) *schema.ResourceType {
	t.Helper()
	data, err := os.ReadFile("testdata/badge.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := schema.ParseExtension(data)
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.User().Extend(schema.Extension{Schema: s, Required: required})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

func TestParseExtensionRefuses(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"https://example.com/user": "is not a URN",
		"urn:x":                    "is not a URN",
		"urn:example:":             "is not a URN",
		schema.UserURN:             "is reserved",
		"URN:ietf:params:SCIM:schemas:extension:enterprise:2.0:User": "is reserved",
	} {
		_, err := schema.ParseExtension([]byte(`{"id":"` + id + `","attributes":[{"name":"a"}]}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want … %s", id, err, want)
		}
	}
}

func TestExtend(t *testing.T) {
	t.Parallel()
	parse := func(id, attr string) schema.Extension {
		s, err := schema.ParseExtension([]byte(`{"id":"` + id + `","attributes":[{"name":"` + attr + `"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Extension{Schema: s}
	}
	a, b := parse("urn:example:a", "x"), parse("urn:example:b", "x")
	r, err := schema.Standard().Extend(map[string][]schema.Extension{"User": {a, b}, "Group": {a}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"User", "Group"} {
		if ref, ok := r.ResourceType(name).Path("urn:example:a:X"); !ok || ref.String() != "urn:example:a:x" {
			t.Errorf("%s: %v", name, ref)
		}
	}
	if len(schema.User().Extensions) != 1 || schema.Standard().Schema("urn:example:a") != nil {
		t.Error("the standard registry was changed")
	}
	if r.ResourceType("Group").MaxElements != schema.Group().MaxElements {
		t.Error("the bound on members is gone")
	}
	if n := len(r.SchemaDocuments("")); n != 5 {
		t.Errorf("%d schemas are served", n)
	}
	many := make([]schema.Extension, schema.MaxExtensions)
	for name, more := range map[string][]schema.Extension{
		"User":    {a, a},
		"Printer": {a},
		"Group":   {parse("urn:example:c", "x"), parse("urn:example:c:x", "y")}, // urn:example:c:x is an attribute and an extension
	} {
		if _, err := schema.Standard().Extend(map[string][]schema.Extension{name: more}); err == nil {
			t.Errorf("%s is extended by %v", name, more)
		}
	}
	if _, err := schema.User().Extend(many...); err == nil || !strings.Contains(err.Error(), "more than the 32 extensions") {
		t.Errorf("%v", err)
	}
}

// Every characteristic is obeyed for an attribute of an extension as for one of the core.
func TestExtensionNormalize(t *testing.T) {
	t.Parallel()
	rt := badged(t, false)
	head := func(ext string) string { return `{"userName":"a","` + badge + `":` + ext + `}` }
	for _, tc := range []struct{ in, want string }{
		{`{"number":"B1"}`, `{"number":"B1"}`},
		{`{"NUMBER":"B1","level":"Gold","kind":"gold"}`, `{"number":"B1","level":"gold","kind":"gold"}`},
		{`{"number":"B1","level":"Tin"}`, `{"number":"B1","level":"Tin"}`},
		{`{"number":"B1","kind":"GOLD"}`, `{"number":"B1","kind":"GOLD"}`},
		{`{"number":"B1","visits":"7","weight":1.5,"from":"2020-01-02T03:04:05Z","photo":"/p/1","active":"True"}`, `{"number":"B1","visits":7,"weight":1.5,"from":"2020-01-02T03:04:05Z","photo":"/p/1","active":true}`},
		{`{"number":"B1","issued":"x"}`, `{"number":"B1"}`},
		{`{"number":"B1","pin":"1234"}`, `{"number":"B1"}`},
		{`{"number":"B1","doors":["a","A",{"value":"b","primary":true},{"value":"c","primary":true}]}`, `{"number":"B1","doors":[{"value":"A"},{"value":"b","primary":true},{"value":"c","primary":false}]}`},
	} {
		n, err := rt.Normalize(decode(t, head(tc.in)), schema.FromClient)
		if err != nil {
			t.Errorf("%s: %v", tc.in, err)
			continue
		}
		if diff := cmp.Diff(any(decode(t, tc.want)), n.Doc[badge]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.in, diff)
		}
		if !slices.Contains(n.Doc["schemas"].([]any), any(badge)) {
			t.Errorf("%s: schemas %v", tc.in, n.Doc["schemas"])
		}
		if pin, _ := n.Secrets.Get(badge + ":pin"); strings.Contains(tc.in, "pin") && pin != "1234" {
			t.Errorf("the secret is %v", pin)
		}
	}
	for _, tc := range []struct {
		in   string
		typ  scim.Type
		want string
	}{
		{`{"level":"gold"}`, scim.InvalidValue, badge + `:number" is missing`},
		{`{"number":"B1","visits":1.5}`, scim.InvalidValue, `visits" must be an integer`},
		{`{"number":"B1","from":"today"}`, scim.InvalidValue, `from" must be a date`},
		{`{"number":"B1","photo":"%zz"}`, scim.InvalidValue, `photo" must be a string with a URI`},
		{`{"number":"B1","lvel":"x"}`, scim.InvalidSyntax, `did you mean "` + badge + `:level"?`},
		{`{"number":["a","b"]}`, scim.InvalidValue, `number" must be a string`},
	} {
		_, err := rt.Normalize(decode(t, head(tc.in)), schema.FromClient)
		wantError(t, err, tc.typ, tc.want)
	}
	_, err := badged(t, true).Normalize(decode(t, `{"userName":"a"}`), schema.FromClient)
	wantError(t, err, scim.InvalidValue, badge)
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	var unique []string
	seen := map[string]bool{}
	for ref := range badged(t, false).Attributes() {
		if seen[ref.String()] {
			t.Errorf("%s stands twice", ref)
		}
		seen[ref.String()] = true
		if ref.Unique() {
			unique = append(unique, ref.String())
		}
	}
	if diff := cmp.Diff([]string{"userName", badge + ":number", badge + ":doors.serial"}, unique); diff != "" {
		t.Error(diff)
	}
	if !seen["name.givenName"] || !seen["meta.version"] || !seen[schema.EnterpriseUserURN+":manager.value"] {
		t.Error("not every attribute is listed")
	}
	for range badged(t, false).Attributes() {
		break // whoever has seen enough may stop
	}
}

// What was stored under another definition is kept, and neither shown nor judged.
func TestDormant(t *testing.T) {
	t.Parallel()
	rt := badged(t, false)
	const gone = "urn:example:gone:User"
	before := decode(t, `{`+core+`,"userName":"a","title":"t",
		"`+gone+`":{"x":1},
		"`+badge+`":{"level":"gold","visits":"many","colour":"red","doors":"d"}}`)
	kept := scim.Clone(before)
	known, dormant := rt.Separate(before)
	if diff := cmp.Diff(decode(t, `{`+core+`,"userName":"a","title":"t","`+badge+`":{"level":"gold"}}`), known); diff != "" {
		t.Errorf("known: %s", diff)
	}
	if diff := cmp.Diff(decode(t, `{"`+gone+`":{"x":1},"`+badge+`":{"visits":"many","colour":"red","doors":"d"}}`), dormant); diff != "" {
		t.Errorf("dormant: %s", diff)
	}
	n, err := rt.Replace(before, decode(t, `{"userName":"b","`+badge+`":{"number":"B1","visits":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"schemas":["` + schema.UserURN + `","` + badge + `"],"userName":"b","` + gone + `":{"x":1},"` + badge + `":{"number":"B1","visits":3,"colour":"red","doors":"d"}}`
	if diff := cmp.Diff(decode(t, want), n.Doc); diff != "" {
		t.Errorf("replaced: %s", diff)
	}
	if diff := cmp.Diff(kept, before); diff != "" {
		t.Errorf("the document given was changed: %s", diff)
	}
	for _, query := range [][2]string{{"", ""}, {"", "meta"}, {"schemas,userName," + badge, ""}} {
		p, err := rt.Projection(query[0], query[1])
		if err != nil {
			t.Fatal(err)
		}
		stored, err := scim.Encode(n.Doc)
		if err != nil {
			t.Fatal(err)
		}
		stored = []byte(strings.Replace(string(stored), `"`+badge+`"],`, `"`+badge+`","`+gone+`"],`, 1))
		want := `{"schemas":["` + schema.UserURN + `","` + badge + `"],"userName":"b","` + badge + `":{"number":"B1","visits":3}}`
		if diff := cmp.Diff(decode(t, want), decode(t, string(p.Apply(stored)))); diff != "" {
			t.Errorf("%v: %s", query, diff)
		}
	}
	p, err := schema.User().Projection("", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(p.Apply([]byte(`{` + both + `,"` + gone + `":{"x":1},"userName":"a"}`))); got != `{`+both+`,"userName":"a"}` {
		t.Errorf("of a user whose extension is gone from the configuration %s is shown", got)
	}
	if same, none := rt.Separate(known); none != nil || !scim.Equal(same, known) {
		t.Errorf("%v of what is known is dormant", none)
	}
}

// What did not change is not judged; what did is.
func TestSettle(t *testing.T) {
	t.Parallel()
	rt := badged(t, false)
	before := decode(t, `{`+core+`,"userName":"a","`+badge+`":{"level":"gold","doors":[{"value":"x"}]}}`)
	for _, tc := range []struct{ after, missing string }{
		{`{"userName":"a","active":false,"` + badge + `":{"level":"gold","doors":[{"value":"x"}]}}`, ""},
		{`{"userName":"a","` + badge + `":{"level":"tin","doors":[{"value":"x"}]}}`, ""},
		{`{"userName":"a"}`, ""},
		{`{"active":false}`, "userName"},
		{`{"userName":" ","` + badge + `":{"level":"gold"}}`, "userName"},
	} {
		n, err := rt.Settle(before, decode(t, tc.after))
		if tc.missing == "" {
			if err != nil {
				t.Errorf("%s: %v", tc.after, err)
			}
			if again, err := rt.Settle(n.Doc, n.Doc); err != nil || !scim.Equal(n.Doc, again.Doc) {
				t.Errorf("%s: settled again: %v, %v", tc.after, again.Doc, err)
			}
			continue
		}
		wantError(t, err, scim.InvalidValue, `"`+tc.missing+`" is missing`)
	}
	plain := decode(t, `{`+core+`,"userName":"a"}`)
	_, err := rt.Settle(plain, decode(t, `{"userName":"a","`+badge+`":{"level":"tin"}}`))
	wantError(t, err, scim.InvalidValue, badge+`:number" is missing`)
	full := decode(t, `{`+core+`,"userName":"a","`+badge+`":{"number":"B1"}}`)
	if _, err := badged(t, true).Settle(full, plain); err == nil {
		t.Error("a required extension was removed")
	}
	if _, err := badged(t, true).Settle(plain, plain); err != nil {
		t.Errorf("a user from before the extension cannot be changed: %v", err)
	}
}

// returned "request": in the answer to a write that named the attribute, and where a read asks for it.
func TestAsserted(t *testing.T) {
	t.Parallel()
	rt := badged(t, false)
	const doc = `{"` + badge + `":{"doors":[{"code":"1","value":"x"}],"notes":"n","number":"B1"},"userName":"a"}`
	show := func(attributes, excluded, body string) string {
		p, err := rt.Projection(attributes, excluded)
		if err != nil {
			t.Fatal(err)
		}
		return string(p.Asserting(rt.Asserted(decode(t, body))).Apply([]byte(doc)))
	}
	const hidden = `{"` + badge + `":{"doors":[{"value":"x"}],"number":"B1"},"userName":"a"}`
	for _, tc := range []struct{ attributes, excluded, body, want string }{
		{"", "", `{"userName":"a"}`, hidden},
		{"", "", `{"` + badge + `":{"Notes":"n"}}`, `{"` + badge + `":{"doors":[{"value":"x"}],"notes":"n","number":"B1"},"userName":"a"}`},
		{"", "", `{"` + badge + `:notes":"n"}`, `{"` + badge + `":{"doors":[{"value":"x"}],"notes":"n","number":"B1"},"userName":"a"}`},
		{"", "", `{"` + badge + `":{"doors":[{"value":"x","code":"1"}]}}`, strings.Replace(doc, `"notes":"n",`, "", 1)},
		{"userName", "", `{"` + badge + `":{"notes":"n"}}`, `{"userName":"a"}`},
		{badge + ":notes", "", `{}`, `{"` + badge + `":{"notes":"n"}}`},
		{"", badge + ":notes", `{"` + badge + `":{"notes":"n"}}`, hidden},
		{"", badge, `{"` + badge + `":{"notes":"n"}}`, `{"userName":"a"}`},
	} {
		if got := show(tc.attributes, tc.excluded, tc.body); got != tc.want {
			t.Errorf("attributes=%s excluded=%s body=%s\n got %s\nwant %s", tc.attributes, tc.excluded, tc.body, got, tc.want)
		}
	}
	if schema.User().Asserted(decode(t, `{"userName":"a"}`)) != nil {
		t.Error("the standard schemas have nothing that is returned on request")
	}
}

// A PUT must not change what is immutable within a value that it repeats.
func TestReplaceKeepsImmutableSubAttributes(t *testing.T) {
	t.Parallel()
	rt := badged(t, false)
	user := func(doors string) scim.Object {
		return decode(t, `{"userName":"a","`+badge+`":{"number":"B1","doors":[`+doors+`]}}`)
	}
	before, err := rt.Normalize(user(`{"value":"x","serial":"S1"},{"value":"y"}`), schema.FromServer)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ doors, want string }{
		{`{"value":"x"}`, `{"value":"x","serial":"S1"}`},
		{`{"value":"x","serial":"S1"},{"value":"z","serial":"S9"}`, `{"value":"x","serial":"S1"},{"value":"z","serial":"S9"}`},
		{`{"value":"y","serial":"S2"}`, `{"value":"y","serial":"S2"}`},
		{`{"value":"x","serial":"S2"}`, ""},
	} {
		n, err := rt.Replace(before.Doc, user(tc.doors))
		if tc.want == "" {
			wantError(t, err, scim.Mutability, badge+`:doors.serial" is immutable`)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(user(tc.want)[badge], n.Doc[badge]); diff != "" {
			t.Errorf("%s: %s", tc.doors, diff)
		}
	}
}

// A policy may repeat or leave out what is dormant, need not know secrets, and is not held to what the document lacks.
func TestRewrite(t *testing.T) {
	t.Parallel()
	s, err := schema.ParseExtension([]byte(`{"id":"urn:example:pins","attributes":[{"name":"pin","required":true,"mutability":"writeOnly"},{"name":"level","required":true},{"name":"room"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.User().Extend(schema.Extension{Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	const dormant = `"urn:example:gone":{"x":1}`
	doc := decode(t, `{`+core+`,"userName":"a","urn:example:pins":{"room":"1","old":true},`+dormant+`}`)
	kept := scim.Clone(doc)
	const want = `{"schemas":["` + schema.UserURN + `","urn:example:pins"],"userName":"b","urn:example:pins":{"room":"2","old":true},` + dormant + `}`
	for _, after := range []string{
		`{"userName":"b","urn:example:pins":{"room":"2","old":true},` + dormant + `}`,
		`{"userName":"b","urn:example:pins":{"ROOM":"2"}}`,
		`{"id":"9","meta":{},"userName":"b","urn:example:pins:room":"2"}`,
	} {
		given := decode(t, after)
		n, err := rt.Rewrite(doc, given)
		if err != nil {
			t.Errorf("%s: %v", after, err)
			continue
		}
		if diff := cmp.Diff(decode(t, want), n.Doc); diff != "" {
			t.Errorf("%s (-want +got):\n%s", after, diff)
		}
		if !scim.Equal(kept, doc) || !scim.Equal(decode(t, after), given) {
			t.Errorf("%s: a document given was changed", after)
		}
	}
	for _, tc := range []struct {
		after string
		typ   scim.Type
		want  string
	}{
		{`{"title":"x"}`, scim.InvalidValue, `"userName" is missing`},
		{`{"userName":"b","urn:example:gone":{"x":2}}`, scim.InvalidSyntax, `unknown attribute "urn:example:gone"`},
		{`{"userName":"b","urn:example:pins":{"old":false}}`, scim.InvalidSyntax, `unknown attribute "urn:example:pins:old"`},
	} {
		_, err := rt.Rewrite(doc, decode(t, tc.after))
		wantError(t, err, tc.typ, tc.want)
	}
}

// The document in docs/schemas.md is one.
func TestDocumentationOfSchemas(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/schemas.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```json\n")
	doc, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("there is no document")
	}
	s, err := schema.ParseExtension([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	if s.ID != badge || !s.Attribute("number").Required || s.Attribute("doors").Sub("value") == nil {
		t.Errorf("%+v", s)
	}
}

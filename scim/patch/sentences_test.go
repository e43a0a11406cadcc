package patch_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// staff is User with an extension that has one attribute for each characteristic.
func staff(t testing.TB) *schema.ResourceType {
	t.Helper()
	s, err := schema.ParseExtension([]byte(`{"id":"urn:example:staff","attributes":[
		{"name":"number","required":true,"uniqueness":"server"},
		{"name":"hired","type":"dateTime","mutability":"immutable"},
		{"name":"rank","type":"integer","mutability":"readOnly"},
		{"name":"level","canonicalValues":["junior","senior"]},
		{"name":"skills","multiValued":true,"required":true},
		{"name":"keys","type":"complex","multiValued":true,"subAttributes":[
			{"name":"value","required":true},{"name":"room","required":true},{"name":"serial","mutability":"immutable"},{"name":"primary","type":"boolean"}]},
		{"name":"desk","type":"complex","subAttributes":[{"name":"room","required":true},{"name":"plan","mutability":"immutable"}]}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.User().Extend(schema.Extension{Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

const staffURN = "urn:example:staff"

func in(ext string) string { return `{"` + staffURN + `":` + ext + `}` }

// RFC 7644 §3.5.2, sentence by sentence, on an extension that no standard knows. What is about the standard schemas
// alone is in apply_test.go, members of groups in split_test.go.
func TestSentences(t *testing.T) {
	t.Parallel()
	const least = `"number":"1","skills":["go"]`
	const keys = `"keys":[{"value":"a","room":"1","primary":true},{"value":"b","room":"2"}]`
	testChanges(t, staff(t), map[string]change{
		// "A client MAY "add" a value to an "immutable" attribute if the attribute had no previous value."
		"immutable without a value": {in(`{` + least + `}`), `{"op":"add","path":"` + staffURN + `:hired","value":"2020-01-01T00:00:00Z"}`, in(`{` + least + `,"hired":"2020-01-01T00:00:00Z"}`)},
		// "adding the attribute with its fully qualified name automatically adds the URI to the resource's schemas"
		"schemas follow": {`{}`, `{"op":"add","value":{"` + staffURN + `:number":"1","` + staffURN + `:skills":"go"}}`, in(`{` + least + `}`)},
		// "Operations are applied sequentially ... the resulting resource becomes the target of the next operation."
		"one after the other": {in(`{` + least + `}`), `{"op":"add","path":"` + staffURN + `:keys","value":{"value":"x","room":"9"}},{"op":"replace","path":"` + staffURN + `:keys[room eq \"9\"].value","value":"y"}`, in(`{` + least + `,"keys":[{"value":"y","room":"9"}]}`)},
		// "a PATCH operation that sets a value's "primary" to "true" SHALL cause the server to set it to "false" for any other values"
		"primary by a value path":      {in(`{` + least + `,` + keys + `}`), `{"op":"replace","path":"` + staffURN + `:keys[value eq \"b\"].primary","value":true}`, in(`{` + least + `,"keys":[{"value":"a","room":"1","primary":false},{"value":"b","room":"2","primary":true}]}`)},
		"primary by an element":        {in(`{` + least + `,` + keys + `}`), `{"op":"add","path":"` + staffURN + `:keys","value":[{"value":"b","room":"2","primary":true}]}`, in(`{` + least + `,"keys":[{"value":"a","room":"1","primary":false},{"value":"b","room":"2","primary":true}]}`)},
		"primary by a selected record": {in(`{` + least + `,` + keys + `}`), `{"op":"add","path":"` + staffURN + `:keys[room eq \"2\"]","value":{"primary":"True"}}`, in(`{` + least + `,"keys":[{"value":"a","room":"1","primary":false},{"value":"b","room":"2","primary":true}]}`)},
		// add: "If the target location specifies a complex attribute, a set of sub-attributes SHALL be specified"
		"add to a complex attribute": {in(`{` + least + `,"desk":{"room":"1"}}`), `{"op":"add","path":"` + staffURN + `:desk","value":{"plan":"p"}}`, in(`{` + least + `,"desk":{"room":"1","plan":"p"}}`)},
		// add: "If the target location already contains the value specified, no changes SHOULD be made"
		"add what is there": {in(`{` + least + `,` + keys + `}`), `{"op":"add","path":"` + staffURN + `:keys","value":{"value":"a","room":"1"}},{"op":"add","path":"` + staffURN + `:skills","value":["GO"]},{"op":"add","path":"` + staffURN + `:number","value":"1"}`, in(`{` + least + `,` + keys + `}`)},
		// remove: "If no other values remain ... the multi-valued attribute SHALL be considered unassigned."
		"remove the last by a filter": {in(`{` + least + `,"keys":[{"value":"a","room":"1"}]}`), `{"op":"remove","path":"` + staffURN + `:keys[room sw \"1\"]"}`, in(`{` + least + `}`)},
		// RFC 7643 §6: a resource MAY omit an extension that is not required, what is required within it included.
		"remove an extension with required attributes": {in(`{` + least + `,` + keys + `}`), `{"op":"remove","path":"` + staffURN + `"}`, `{}`},
		"null for an extension":                        {in(`{` + least + `}`), `{"op":"replace","value":{"` + staffURN + `":null}}`, `{}`},
		// replace: "Sub-attributes that are not specified in the "value" parameter are left unchanged."
		"replace of a complex attribute": {in(`{` + least + `,"desk":{"room":"1","plan":"p"}}`), `{"op":"replace","path":"` + staffURN + `:desk","value":{"room":"2"}}`, in(`{` + least + `,"desk":{"room":"2","plan":"p"}}`)},
		"replace of an extension":        {in(`{` + least + `,"level":"junior"}`), `{"op":"replace","path":"` + staffURN + `","value":{"level":"Senior"}}`, in(`{` + least + `,"level":"senior"}`)},
		// replace: "the matching sub-attribute of all matching records is replaced"
		"replace in all that match": {in(`{` + least + `,` + keys + `}`), `{"op":"replace","path":"` + staffURN + `:keys[room pr].room","value":"3"}`, in(`{` + least + `,"keys":[{"value":"a","room":"3","primary":true},{"value":"b","room":"3"}]}`)},
		// replace: "all matching record values SHALL be replaced"
		"replace what matches": {in(`{` + least + `,` + keys + `}`), `{"op":"replace","path":"` + staffURN + `:keys[value eq \"a\"]","value":{"value":"c","room":"7"}}`, in(`{` + least + `,"keys":[{"value":"c","room":"7"},{"value":"b","room":"2"}]}`)},
		// replace: "specifies an attribute that does not exist, the service provider SHALL treat the operation as an add"
		"replace what is not there": {in(`{` + least + `}`), `{"op":"replace","path":"` + staffURN + `:desk.room","value":"1"}`, in(`{` + least + `,"desk":{"room":"1"}}`)},
		// Immutable within an element that is repeated.
		"immutable stays in a repeated element": {in(`{` + least + `,"keys":[{"value":"a","room":"1","serial":"s"}]}`), `{"op":"replace","path":"` + staffURN + `:keys","value":[{"value":"a","room":"2"}]}`, in(`{` + least + `,"keys":[{"value":"a","room":"2","serial":"s"}]}`)},
		"readOnly is echoed":                    {in(`{` + least + `,"rank":3}`), `{"op":"replace","value":{"` + staffURN + `":{"rank":9,"level":"x"}}}`, in(`{` + least + `,"rank":3,"level":"x"}`)},
	})
	const doc = `{"title":"t","` + staffURN + `":{` + least + `,"hired":"2020-01-01T00:00:00Z","rank":3,"keys":[{"value":"a","room":"1","serial":"s"},{"value":"b","room":"2"}],"desk":{"room":"1","plan":"p"}}}`
	for _, tc := range []struct {
		ops    string
		typ    scim.Type
		detail string
	}{
		// "If an attribute is removed or becomes unassigned and is defined as a required attribute or a read-only attribute ... mutability"
		{`{"op":"remove","path":"` + staffURN + `:number"}`, scim.Mutability, `:number" cannot be removed`},
		{`{"op":"remove","path":"` + staffURN + `:skills[value eq \"go\"]"}`, scim.Mutability, `:skills" cannot be removed`},
		{`{"op":"remove","path":"` + staffURN + `:skills","value":["GO"]}`, scim.Mutability, `:skills" cannot be removed`},
		{`{"op":"remove","path":"` + staffURN + `:keys[value eq \"b\"].room"}`, scim.Mutability, `:keys.room" cannot be removed`},
		{`{"op":"remove","path":"` + staffURN + `:desk.room"}`, scim.Mutability, `:desk.room" cannot be removed`},
		{`{"op":"remove","path":"` + staffURN + `:rank"}`, scim.Mutability, `:rank" is readOnly`},
		{`{"op":"replace","path":"` + staffURN + `:number","value":null}`, scim.InvalidValue, `:number" is missing`},
		{`{"op":"replace","path":"` + staffURN + `:skills","value":[]}`, scim.InvalidValue, `:skills" is missing`},
		// "a client MUST NOT modify an attribute that has mutability "readOnly" or "immutable""
		{`{"op":"add","path":"` + staffURN + `:rank","value":4}`, scim.Mutability, `:rank" is readOnly`},
		{`{"op":"replace","path":"` + staffURN + `:hired","value":"2021-01-01T00:00:00Z"}`, scim.Mutability, `:hired" is immutable`},
		{`{"op":"remove","path":"` + staffURN + `:hired"}`, scim.Mutability, `:hired" is immutable`},
		{`{"op":"remove","path":"` + staffURN + `:desk"}`, scim.Mutability, `:desk.plan" is immutable`},
		{`{"op":"replace","path":"` + staffURN + `:desk","value":null}`, scim.Mutability, `:desk.plan" is immutable`},
		{`{"op":"remove","path":"` + staffURN + `"}`, scim.Mutability, `is immutable`},
		{`{"op":"replace","path":"` + staffURN + `:keys","value":[{"value":"a","room":"1","serial":"other"}]}`, scim.Mutability, `:keys.serial" is immutable`},
		{`{"op":"replace","path":"` + staffURN + `:keys[value eq \"a\"].serial","value":"x"}`, scim.Mutability, `:keys.serial" is immutable`},
		// "An operation that is not compatible with an attribute's mutability or schema SHALL return the appropriate ... response"
		{`{"op":"add","path":"` + staffURN + `:keys","value":[{"value":"c"}]}`, scim.InvalidValue, `:keys.room" is missing`},
		{`{"op":"add","path":"` + staffURN + `:hired.year","value":"x"}`, scim.InvalidPath, `unknown attribute`},
		{`{"op":"add","path":"` + staffURN + `[number eq \"1\"]","value":{"level":"x"}}`, scim.InvalidPath, ``},
		// replace: "no record match was made ... noTarget"
		{`{"op":"replace","path":"` + staffURN + `:keys[value eq \"z\"]","value":{"value":"z","room":"1"}}`, scim.NoTarget, `selects nothing`},
		{`{"op":"replace","path":"` + staffURN + `:keys[value eq \"z\"].room","value":"1"}`, scim.NoTarget, `selects nothing`},
		{`{"op":"replace","path":"` + staffURN + `:keys[room gt \"5\"].value","value":"1"}`, scim.NoTarget, `selects nothing`},
		// "SHALL be treated as atomic"
		{`{"op":"replace","path":"title","value":"u"},{"op":"replace","path":"` + staffURN + `:rank","value":1}`, scim.Mutability, `Operation 2`},
	} {
		_, _, err := apply(t, staff(t), doc, tc.ops)
		wantError(t, err, tc.typ, tc.detail)
	}
}

// What a document holds of an earlier configuration is kept, and stands in nobody's way.
func TestDormantDataIsKept(t *testing.T) {
	t.Parallel()
	doc := decode(t, `{"schemas":["`+schema.UserURN+`"],"userName":"a","urn:example:gone":{"x":1},"`+staffURN+`":{"level":"x","old":true,"skills":"go"}}`)
	ops, err := patch.Parse([]byte(`{"Operations":[{"op":"replace","path":"active","value":false},{"op":"remove","path":"` + staffURN + `:level"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	n, err := patch.Apply(staff(t), doc, ops)
	if err != nil {
		t.Fatal(err)
	}
	want := decode(t, `{"schemas":["`+schema.UserURN+`"],"userName":"a","active":false,"urn:example:gone":{"x":1},"`+staffURN+`":{"old":true,"skills":"go"}}`)
	if diff := cmp.Diff(want, n.Doc); diff != "" {
		t.Error(diff)
	}
}

// What the operations say of attributes that are returned on request.
func TestAsserted(t *testing.T) {
	t.Parallel()
	s, err := schema.ParseExtension([]byte(`{"id":"urn:example:notes","attributes":[{"name":"note","returned":"request"},
		{"name":"list","type":"complex","multiValued":true,"subAttributes":[{"name":"value"},{"name":"code","returned":"request"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.User().Extend(schema.Extension{Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	for ops, want := range map[string]string{
		`{"op":"add","path":"title","value":"t"}`:                                           "",
		`{"op":"add","path":"urn:example:notes:note","value":"t"}`:                          "urn:example:notes:note",
		`{"op":"remove","path":"note"}`:                                                     "urn:example:notes:note",
		`{"op":"add","value":{"urn:example:notes":{"note":"t"}}}`:                           "urn:example:notes:note",
		`{"op":"add","path":"urn:example:notes","value":{"note":"t"}}`:                      "urn:example:notes:note",
		`{"op":"add","path":"urn:example:notes:list","value":[{"code":"c"}]}`:               "urn:example:notes:list.code",
		`{"op":"replace","path":"urn:example:notes:list[value eq \"v\"].code","value":"c"}`: "urn:example:notes:list.code",
		`{"op":"replace","path":"nonesuch","value":"c"}`:                                    "",
	} {
		parsed, err := patch.Parse([]byte(`{"Operations":[` + ops + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, ref := range patch.Asserted(rt, parsed) {
			got += ref.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", ops, got, want)
		}
	}
}

package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim/schema"
)

func TestResourceTypeDocuments(t *testing.T) {
	t.Parallel()
	docs := schema.Standard().ResourceTypeDocuments("https://h.example/scim/v2/")
	want := []string{
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"User","name":"User","description":"User Account","endpoint":"/Users","schema":"urn:ietf:params:scim:schemas:core:2.0:User",` +
			`"schemaExtensions":[{"schema":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","required":false}],"meta":{"resourceType":"ResourceType","location":"https://h.example/scim/v2/ResourceTypes/User"}}`,
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"Group","name":"Group","description":"Group","endpoint":"/Groups","schema":"urn:ietf:params:scim:schemas:core:2.0:Group",` +
			`"schemaExtensions":[],"meta":{"resourceType":"ResourceType","location":"https://h.example/scim/v2/ResourceTypes/Group"}}`,
	}
	if len(docs) != len(want) {
		t.Fatalf("%d documents", len(docs))
	}
	for i := range docs {
		if diff := cmp.Diff(want[i], string(docs[i])); diff != "" {
			t.Error(diff)
		}
	}
}

// A schema document that we serve is one that we read: nothing gets lost.
func TestSchemaDocumentsRoundTrip(t *testing.T) {
	t.Parallel()
	r := schema.Standard()
	docs := r.SchemaDocuments("https://h.example/scim/v2")
	if len(docs) != 3 {
		t.Fatalf("%d schemas", len(docs))
	}
	for _, doc := range docs {
		s, err := schema.Parse(doc)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(doc), string(s.Document("https://h.example/scim/v2"))); diff != "" {
			t.Error(diff)
		}
		if r.Schema(strings.ToUpper(s.ID)) == nil {
			t.Errorf("%s not found", s.ID)
		}
		var head struct {
			Schemas []string
			Meta    struct{ ResourceType, Location string }
		}
		if err := json.Unmarshal(doc, &head); err != nil {
			t.Fatal(err)
		}
		if head.Schemas[0] != schema.SchemaURN || head.Meta.ResourceType != "Schema" || head.Meta.Location != "https://h.example/scim/v2/Schemas/"+s.ID {
			t.Errorf("%+v", head)
		}
	}
	if r.Schema("urn:x") != nil || r.ResourceType("x") != nil || r.ResourceType("user") != schema.User() {
		t.Error("look-up")
	}
}

// The characteristics that RFC 7643's text fixes.
func TestStandardSchemas(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rt        *schema.ResourceType
		urn, path string
		want      schema.Attribute // Type, MultiValued, Required, CaseExact, Mutability, Returned, Uniqueness
	}{
		{schema.User(), "", "id", schema.Attribute{Type: "string", CaseExact: true, Mutability: "readOnly", Returned: "always", Uniqueness: "global"}},
		{schema.User(), "", "externalId", schema.Attribute{Type: "string", CaseExact: true, Mutability: "readWrite", Returned: "default", Uniqueness: "none"}},
		{schema.User(), "", "meta.version", schema.Attribute{Type: "string", CaseExact: true, Mutability: "readOnly", Returned: "default", Uniqueness: "none"}},
		{schema.User(), "", "schemas", schema.Attribute{Type: "reference", MultiValued: true, Required: true, CaseExact: true, Mutability: "readWrite", Returned: "always", Uniqueness: "none"}},
		{schema.User(), "", "userName", schema.Attribute{Type: "string", Required: true, Mutability: "readWrite", Returned: "default", Uniqueness: "server"}},
		{schema.User(), "", "active", schema.Attribute{Type: "boolean", Mutability: "readWrite", Returned: "default", Uniqueness: "none"}},
		{schema.User(), "", "password", schema.Attribute{Type: "string", Mutability: "writeOnly", Returned: "never", Uniqueness: "none"}},
		{schema.User(), "", "emails.value", schema.Attribute{Type: "string", Mutability: "readWrite", Returned: "default", Uniqueness: "none"}},
		{schema.User(), "", "addresses.primary", schema.Attribute{Type: "boolean", Mutability: "readWrite", Returned: "default", Uniqueness: "none"}},
		{schema.User(), "", "photos.value", schema.Attribute{Type: "reference", CaseExact: true, Mutability: "readWrite", Returned: "default", Uniqueness: "none"}},
		{schema.User(), "", "x509Certificates.value", schema.Attribute{Type: "binary", CaseExact: true, Mutability: "readWrite", Returned: "default", Uniqueness: "none"}},
		{schema.User(), "", "groups", schema.Attribute{Type: "complex", MultiValued: true, Mutability: "readOnly", Returned: "default", Uniqueness: "none"}},
		{schema.User(), schema.EnterpriseUserURN, "manager.displayName", schema.Attribute{Type: "string", Mutability: "readOnly", Returned: "default", Uniqueness: "none"}},
		{schema.User(), schema.EnterpriseUserURN, "manager.value", schema.Attribute{Type: "string", CaseExact: true, Mutability: "readWrite", Returned: "default", Uniqueness: "none"}},
		{schema.Group(), "", "displayName", schema.Attribute{Type: "string", Required: true, Mutability: "readWrite", Returned: "default", Uniqueness: "none"}},
		{schema.Group(), "", "members.value", schema.Attribute{Type: "string", Required: true, CaseExact: true, Mutability: "immutable", Returned: "default", Uniqueness: "none"}},
	} {
		name, sub, _ := strings.Cut(tc.path, ".")
		ref, ok := tc.rt.Lookup(tc.urn, name, sub)
		if !ok {
			t.Errorf("%s not found", tc.path)
			continue
		}
		a := ref.Leaf()
		got := schema.Attribute{Type: a.Type, MultiValued: a.MultiValued, Required: a.Required, CaseExact: a.CaseExact, Mutability: a.Mutability, Returned: a.Returned, Uniqueness: a.Uniqueness}
		if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(schema.Attribute{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.path, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	attr := func(s string) string { return `{"id":"urn:x","attributes":[` + s + `]}` }
	for _, tc := range []struct{ doc, want string }{
		{`{`, "unexpected end"},
		{`{"attributes":[{"name":"a"}]}`, "is not a URI"},
		{`{"id":"urn:a b","attributes":[{"name":"a"}]}`, "is not a URI"},
		{`{"id":"urn:x"}`, "attributes: missing"},
		{attr(`null`), "must be an object; found null"},
		{attr(`{"name":""}`), "name: missing"},
		{attr(`{"name":"1a"}`), `"1a": name: must begin with a letter`},
		{attr(`{"name":"a.b"}`), `"a.b": name: must begin with a letter`},
		{attr(`{"name":"$a"}`), `"$a": name: must begin with a letter`},
		{attr(`{"name":"a","type":"float"}`), `"a": type: "float" is none of string, boolean`},
		{attr(`{"name":"a","mutability":"x"}`), `mutability: "x" is none of readOnly`},
		{attr(`{"name":"a","returned":"x"}`), `returned: "x" is none of always`},
		{attr(`{"name":"a","uniqueness":"x"}`), `uniqueness: "x" is none of none, server`},
		{attr(`{"name":"a","type":"complex"}`), "subAttributes: missing"},
		{attr(`{"name":"a","subAttributes":[{"name":"b"}]}`), `subAttributes on type "string"`},
		{attr(`{"name":"a"},{"name":"A"}`), `"A" stands twice`},
		{attr(`{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"complex","subAttributes":[{"name":"c"}]}]}`), `"a.b": a sub-attribute cannot have subAttributes`},
		{attr(`{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"complex"}]}`), `"a.b": type: a complex attribute within a complex one`},
		{attr(strings.Repeat(`{"name":"a"},`, 500) + `{"name":"a"}`), "more than the 500"},
		{attr(`{"name":"a","type":"complex","subAttributes":[` + strings.Repeat(`{"name":"a"},`, 500) + `{"name":"a"}]}`), "more than the 500"},
		{attr(`{"name":"a","description":"` + strings.Repeat("x", schema.MaxDocument) + `"}`), "longer than"},
		{`{"id":"urn:x","attributes":{"name":"a"}}`, "must be a list of attributes; found an object"},
		{`{"id":5,"attributes":[{"name":"a"}]}`, "id: must be a string; found a number"},
		{`{"id":"urn:x","ID":"urn:y","attributes":[{"name":"a"}]}`, "stands twice"},
		{`{"id":"urn:x","extends":"User","attributes":[{"name":"a"}]}`, `unknown member "extends"; known are attributes, description`},
		{attr(`{"name":"a","returend":"never"}`), `"a": unknown member "returend"; did you mean "returned"?`},
		{attr(`{"name":"a","required":"true"}`), `"a": required: must be true or false; found a string`},
		{attr(`{"name":"a","canonicalValues":["x",""]}`), `"a": canonicalValues: must be a list of strings`},
		{attr(`{"name":"a","type":"integer","canonicalValues":["1"]}`), `canonicalValues on type "integer"`},
		{attr(`{"name":"a","referenceTypes":["User"]}`), `referenceTypes on type "string"`},
		{attr(`{"name":"a","type":"boolean","uniqueness":"server"}`), `"a": uniqueness: a boolean has none`},
		{attr(`{"name":"a","mutability":"writeOnly","uniqueness":"server"}`), `"a": uniqueness: the values of a writeOnly`},
		{attr(`{"name":"a","type":"complex","multiValued":true,"subAttributes":[{"name":"primary"}]}`), `"a.primary": type: RFC 7643 §2.4`},
	} {
		if _, err := schema.Parse([]byte(tc.doc)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%.80s: got %v, want … %s", tc.doc, err, tc.want)
		}
	}
}

func TestParseFillsDefaults(t *testing.T) {
	t.Parallel()
	s, err := schema.Parse([]byte(`{"id":"urn:x","attributes":[{"name":"a"},{"name":"b","mutability":"writeOnly","returned":"always"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	a, b := s.Attribute("A"), s.Attribute("b")
	if a.Type != schema.TypeString || a.Mutability != schema.ReadWrite || a.Returned != schema.ReturnedDefault || a.Uniqueness != schema.UniqueNone {
		t.Errorf("%+v", a)
	}
	if b.Returned != schema.ReturnedNever {
		t.Errorf("a writeOnly attribute is returned %s", b.Returned)
	}
}

func TestClashes(t *testing.T) {
	t.Parallel()
	user := schema.User()
	if _, err := schema.NewRegistry(user, user); err == nil {
		t.Error("one resource type twice")
	}
	s, err := schema.Parse([]byte(`{"id":"urn:x","attributes":[{"name":"ID"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.NewResourceType("X", "/Xs", "", s); err == nil {
		t.Error("an attribute named as a common one")
	}
	if _, err := schema.NewResourceType("X", "/Xs", "", user.Schema, schema.Extension{Schema: user.Schema}); err == nil {
		t.Error("a schema that extends itself")
	}
	other, err := schema.Parse([]byte(`{"id":"` + schema.UserURN + `","attributes":[{"name":"a"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.NewResourceType("X", "/Xs", "", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.NewRegistry(user, rt); err == nil {
		t.Error("two schemas with one id")
	}
}

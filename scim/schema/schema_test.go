package schema_test

import (
	"testing"

	"github.com/caddy-scim/caddy-scim/scim/schema"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		urn, name, sub string
		want           string // "" = not found
	}{
		{"", "userName", "", "userName"},
		{"", "USERNAME", "", "userName"},
		{"", "name", "givenname", "name.givenName"},
		{"", "name", "nope", ""},
		{"", "meta", "lastModified", "meta.lastModified"},
		{"", "id", "", "id"},
		{"", "nope", "", ""},
		{"", "emails", "$ref", ""},
		{"", "groups", "$REF", "groups.$ref"},
		{schema.UserURN, "name", "familyName", "name.familyName"},
		{"URN:IETF:params:scim:schemas:core:2.0:user", "externalId", "", "externalId"},
		{schema.EnterpriseUserURN, "manager", "value", schema.EnterpriseUserURN + ":manager.value"},
		{schema.EnterpriseUserURN, "userName", "", ""},
		{schema.EnterpriseUserURN, "", "", schema.EnterpriseUserURN},
		{"", "urn:ietf:params:scim:schemas:extension:Enterprise:2.0:user", "", schema.EnterpriseUserURN},
		{"urn:ietf:params:scim:schemas:extension:enterprise:2.0", "User", "", schema.EnterpriseUserURN},
		{"urn:ietf:params:scim:schemas:extension:enterprise:2.0", "User", "department", ""},
		{"", "department", "", schema.EnterpriseUserURN + ":department"},
		{"urn:example", "department", "", ""},
		{"", "\u212anown", "", ""},
	} {
		ref, ok := schema.User().Lookup(tc.urn, tc.name, tc.sub)
		got := ""
		if ok {
			got = ref.String()
		}
		if got != tc.want {
			t.Errorf("Lookup(%q, %q, %q) = %q, want %q", tc.urn, tc.name, tc.sub, got, tc.want)
		}
	}
}

// A path is split at its last colon and then at its first dot, which may be inside a URN.
func TestLookupOfAURNWithADot(t *testing.T) {
	t.Parallel()
	s, err := schema.Parse([]byte(`{"id":"urn:example:ext.v2","attributes":[{"name":"a"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.NewResourceType("X", "/Xs", "", schema.User().Schema, schema.Extension{Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ urn, name, sub string }{{"urn:example", "ext", "v2"}, {"urn:example:ext.v2", "", ""}} {
		if ref, ok := rt.Lookup(tc.urn, tc.name, tc.sub); !ok || !ref.IsExtension() || ref.String() != s.ID {
			t.Errorf("Lookup(%q, %q, %q) = %v, %t", tc.urn, tc.name, tc.sub, ref, ok)
		}
	}
}

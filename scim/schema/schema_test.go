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

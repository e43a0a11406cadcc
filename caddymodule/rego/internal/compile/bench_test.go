package compile_test

import (
	"testing"

	"github.com/caddy-scim/caddy-scim/caddymodule/rego/internal/compile"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// user is of the size that identity providers send, 1.5 KB.
const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
"id":"2819c223-7f76-453a-919d-413861904646","externalId":"701984","userName":"bjensen@example.com",
"name":{"formatted":"Ms. Barbara J Jensen, III","familyName":"Jensen","givenName":"Barbara","middleName":"Jane","honorificPrefix":"Ms.","honorificSuffix":"III"},
"displayName":"Babs Jensen","nickName":"Babs","profileUrl":"https://login.example.com/bjensen",
"emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"babs@jensen.example","type":"home"}],
"addresses":[{"streetAddress":"100 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US",
"formatted":"100 Universal City Plaza\nHollywood, CA 91608 USA","type":"work","primary":true}],
"phoneNumbers":[{"value":"555-555-5555","type":"work"},{"value":"555-555-4444","type":"mobile"}],
"userType":"Employee","title":"Tour Guide","preferredLanguage":"en-US","locale":"en-US","timezone":"America/Los_Angeles","active":true,
"groups":[{"value":"e9e30dba-f08f-4109-8486-d5c6a331660a","$ref":"https://example.com/v2/Groups/e9e30dba-f08f-4109-8486-d5c6a331660a","display":"Tour Guides"}],
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","costCenter":"4130","organization":"Universal Studios",
"division":"Theme Park","department":"Tour Operations","manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d","displayName":"John Smith"}},
"meta":{"resourceType":"User","created":"2010-01-23T04:56:22Z","lastModified":"2011-05-13T04:42:34Z","version":"W/\"3694e05e9dff591\"",
"location":"https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646"}}`

func BenchmarkDecide(b *testing.B) {
	policy := load(b, departments)
	in := &abi.DecideInput{Operation: abi.OpUpdate, ResourceType: "User", Before: []byte(user), After: []byte(user)}
	var fuel, memory float64
	for b.Loop() {
		d, used, err := policy.Decide(b.Context(), in)
		if err != nil || d.Verdict != abi.Allow {
			b.Fatalf("%+v, %v", d, err)
		}
		fuel, memory = float64(used.Fuel), float64(used.Memory)
	}
	b.ReportMetric(fuel, "fuel/op")
	b.ReportMetric(memory, "memory")
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		wasm, err := compile.Source(b.Context(), "test.rego", []byte(departments))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(wasm)), "bytes")
	}
}

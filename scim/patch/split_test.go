package patch_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

func parse(t testing.TB, ops string) []patch.Operation {
	t.Helper()
	parsed, err := patch.Parse([]byte(`{"Operations":[` + ops + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func show(t testing.TB, ops []patch.Operation) string {
	t.Helper()
	var b strings.Builder
	for _, op := range ops {
		b.WriteString(string(op.Op))
		if op.Path != nil {
			b.WriteString(" " + op.Path.String())
		}
		if op.Value != nil {
			enc, err := scim.Encode(scim.Object{"v": op.Value})
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(" " + strings.TrimSuffix(strings.TrimPrefix(string(enc), `{"v":`), "}"))
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestSplit(t *testing.T) {
	t.Parallel()
	const core = `urn:ietf:params:scim:schemas:core:2.0:Group`
	for _, tc := range []struct{ ops, routed, rest string }{
		{`{"op":"add","path":"Members","value":["1"]},{"op":"replace","path":"displayName","value":"x"}`, `add Members ["1"]`, `replace displayName "x"`},
		{`{"op":"remove","path":"` + core + `:members"}`, `remove ` + core + `:members`, ``},
		{`{"op":"remove","path":"members[value eq \"1\"]"},{"op":"add","path":"members","value":["2"]}`, `remove members[value eq "1"]; add members ["2"]`, ``},
		{`{"op":"replace","value":{"displayName":"x","MEMBERS":["1"]}}`, `replace MEMBERS ["1"]`, `replace {"displayName":"x"}`},
		{`{"op":"replace","value":{"members":[]}}`, `replace members []`, ``},
		{`{"op":"replace","value":{}}`, ``, `replace {}`},
		{`{"op":"replace","value":{"` + core + `":{"members":["1"],"displayName":"x"},"` + core + `:members":["2"]}}`, `replace members ["1"]; replace ` + core + `:members ["2"]`, `replace {"` + core + `":{"displayName":"x"}}`},
		{`{"op":"replace","value":5},{"op":"remove","path":"nope"}`, ``, `replace 5; remove nope`},
	} {
		ops := parse(t, tc.ops)
		before := show(t, ops)
		routed, rest := patch.Split(schema.Group(), ops, "members")
		if diff := cmp.Diff([]string{tc.routed, tc.rest}, []string{show(t, routed), show(t, rest)}); diff != "" {
			t.Errorf("%s:\n%s", tc.ops, diff)
		}
		if show(t, ops) != before {
			t.Errorf("%s: the operations were changed", tc.ops)
		}
	}
}

func TestElementChanges(t *testing.T) {
	t.Parallel()
	one, two := scim.Object{"value": "1"}, scim.Object{"value": "2"}
	for _, tc := range []struct {
		ops  string
		want []patch.ElementChange
	}{
		{`{"op":"add","path":"members","value":[{"value":"1","$ref":null},"2"]}`, []patch.ElementChange{{Add: []scim.Object{one, two}}}},
		{`{"op":"add","path":"members","value":{"value":"1"}}`, []patch.ElementChange{{Add: []scim.Object{one}}}},
		{`{"op":"replace","path":"members","value":["1"]}`, []patch.ElementChange{{Clear: true, Add: []scim.Object{one}}}},
		{`{"op":"replace","path":"members","value":[]}`, []patch.ElementChange{{Clear: true, Add: []scim.Object{}}}},
		{`{"op":"replace","value":{"id":"g","members":null}}`, []patch.ElementChange{{Clear: true, Add: []scim.Object{}}}},
		{`{"op":"remove","path":"members"}`, []patch.ElementChange{{Clear: true}}},
		{`{"op":"remove","path":"members","value":[{"value":"1"}]}`, []patch.ElementChange{{Remove: []scim.Object{one}}}},
		{`{"op":"remove","path":"members","value":[]}`, []patch.ElementChange{{Remove: []scim.Object{}}}},
		{`{"op":"remove","path":"members[value eq \"1\"]"}`, []patch.ElementChange{{Remove: []scim.Object{one}}}},
		{`{"op":"add","path":"members[value eq \"1\"]","value":{"display":"d"}}`, []patch.ElementChange{{Add: []scim.Object{{"value": "1", "display": "d"}}}}},
		{`{"op":"remove","path":"members","value":["1"]},{"op":"add","path":"members","value":["2"]}`, []patch.ElementChange{{Remove: []scim.Object{one}}, {Add: []scim.Object{two}}}},
	} {
		routed, _ := patch.Split(schema.Group(), parse(t, tc.ops), "members")
		got, err := patch.ElementChanges(schema.Group(), routed)
		if err != nil {
			t.Fatalf("%s: %v", tc.ops, err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.ops, diff)
		}
	}
	routed, _ := patch.Split(schema.Group(), parse(t, `{"op":"remove","path":"members[type eq \"User\" or display pr]"}`), "members")
	got, err := patch.ElementChanges(schema.Group(), routed)
	if err != nil || len(got) != 1 || got[0].Clear || got[0].RemoveWhere == nil || got[0].RemoveWhere.String() != `type eq "User" or display pr` {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, tc := range []struct {
		ops    string
		typ    scim.Type
		detail string
	}{
		{`{"op":"replace","path":"members[value eq \"1\"].display","value":"d"}`, scim.Mutability, "members.display"},
		{`{"op":"add","path":"members","value":[{"display":"d"}]}`, scim.InvalidValue, `"members.value" is missing`},
		{`{"op":"add","path":"members","value":[5]}`, scim.InvalidValue, `"members" must be`},
		{`{"op":"add","path":"members","value":[{"valeu":"1"}]}`, scim.InvalidSyntax, `did you mean "members.value"?`},
		{`{"op":"add","path":"members[value ne \"1\"]","value":{"display":"d"}}`, scim.NoTarget, "selects nothing"},
	} {
		routed, _ := patch.Split(schema.Group(), parse(t, tc.ops), "members")
		_, err := patch.ElementChanges(schema.Group(), routed)
		wantError(t, err, tc.typ, tc.detail)
	}
}

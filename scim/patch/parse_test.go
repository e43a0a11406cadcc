package patch_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"the RFC's form":      {`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"title","value":"x"}]}`, "add title"},
		"several":             {`{"Operations":[{"op":"remove","path":"title"},{"op":"replace","value":{}}]}`, "remove title, replace "},
		"any case":            {`{"OPERATIONS":[{"Op":"Replace","PATH":"Name.GivenName","Value":1}]}`, "replace Name.GivenName"},
		"one object":          {`{"Operations":{"op":"ADD","path":"title","value":null}}`, "add title"},
		"an empty path":       {`{"Operations":[{"op":"add","path":" ","value":{}}]}`, "add "},
		"a null path":         {`{"Operations":[{"op":"add","path":null,"value":{}}]}`, "add "},
		"a value path":        {`{"Operations":[{"op":"add","path":"emails[type EQ \"work\"].value","value":"x"}]}`, `add emails[type eq "work"].value`},
		"what is more":        {`{"Operations":[{"op":"add","path":"title","value":"x","name":"addTitle"}],"id":5}`, "add title"},
		"a remove with value": {`{"Operations":[{"op":"remove","path":"members","value":[{"value":"1"}]}]}`, "remove members"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ops, err := patch.Parse([]byte(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, op := range ops {
				path := ""
				if op.Path != nil {
					path = op.Path.String()
				}
				got = append(got, string(op.Op)+" "+path)
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	op := func(s string) string { return `{"Operations":[` + s + `]}` }
	for _, tc := range []struct {
		body   string
		typ    scim.Type
		detail string
	}{
		{``, scim.InvalidSyntax, "empty"},
		{`[]`, scim.InvalidSyntax, "must be a JSON object"},
		{`{"active":false}`, scim.InvalidSyntax, `needs "Operations"`},
		{op(``), scim.InvalidSyntax, "one operation at least"},
		{`{"Operations":null}`, scim.InvalidSyntax, "must be an object; found null"},
		{op(`5`), scim.InvalidSyntax, "must be an object; found a number"},
		{op(`{"path":"title","value":"x"}`), scim.InvalidSyntax, `"op" must be "add", "remove" or "replace"; found null`},
		{op(`{"op":5,"value":{}}`), scim.InvalidSyntax, "found a number"},
		{op(`{"op":"move","path":"a","value":1}`), scim.InvalidSyntax, `found "move"`},
		{op(`{"op":"add","Op":"remove","path":"a","value":1}`), scim.InvalidSyntax, "stands twice"},
		{op(`{"op":"add","path":5,"value":1}`), scim.InvalidPath, "found a number"},
		{op(`{"op":"add","path":"a b","value":1}`), scim.InvalidPath, `the path "a b" cannot be read`},
		{op(`{"op":"add","path":"emails[type eq]","value":1}`), scim.InvalidPath, "cannot be read"},
		{op(`{"op":"add","path":"` + strings.Repeat("a[", 5000) + `","value":1}`), scim.InvalidPath, "cannot be read"},
		{op(`{"op":"add","path":"title"}`), scim.InvalidValue, `add needs a "value"`},
		{op(`{"op":"replace"}`), scim.InvalidValue, `replace needs a "value"`},
		{op(`{"op":"remove"}`), scim.NoTarget, `a remove needs a "path"`},
		{op(`{"op":"add","path":"title","value":"x"},{"op":"remove","path":""}`), scim.NoTarget, `Operation 2: a remove needs a "path"`},
		{op(strings.Repeat(`{"op":"remove","path":"a"},`, patch.MaxOperations) + `{"op":"remove","path":"a"}`), scim.InvalidSyntax, "5001 operations; 5000 are accepted"},
	} {
		_, err := patch.Parse([]byte(tc.body))
		wantError(t, err, tc.typ, tc.detail)
	}
}

func wantError(t testing.TB, err error, typ scim.Type, detail string) {
	t.Helper()
	e, ok := errors.AsType[*scim.Error](err)
	if !ok || e.Status != 400 || e.ScimType != typ || !strings.Contains(e.Detail, detail) {
		t.Errorf("got %v, want %s … %s", err, typ, detail)
	}
}

func decode(t testing.TB, s string) scim.Object {
	t.Helper()
	obj, err := scim.Decode([]byte(s))
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return obj
}

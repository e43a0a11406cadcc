package compile_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/caddymodule/rego/internal/compile"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// load compiles a policy and loads it in a real host.
func load(t testing.TB, source string) *plugins.Policy {
	t.Helper()
	return tck.Load(t, plugins.Options{}, compiled(t, source))
}

func compiled(t testing.TB, source string) []byte {
	t.Helper()
	wasm, err := compile.Source(t.Context(), "test.rego", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

const departments = `package scim

default decide := {"verdict": "allow"}

enterprise := "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

decide := {"verdict": "deny", "status": 400, "scim_type": "invalidValue", "detail": $"{input.after.userName} has no department"} if {
	input.resource_type == "User"
	input.operation != "delete"
	not input.after[enterprise].department
}

decide := {"verdict": "hold", "title": concat("", ["New board member: ", input.after.userName])} if {
	input.after[enterprise].department == "Board"
}

decide := {"verdict": "allow", "after": object.union(input.after, {"nickName": upper(input.after.userName)})} if {
	input.after[enterprise].department == "Capitals"
}
`

func TestDecide(t *testing.T) {
	t.Parallel()
	policy := load(t, departments)
	d, _, err := policy.Decide(t.Context(), &abi.DecideInput{Operation: abi.OpCreate, ResourceType: "User", After: []byte(`{"userName":"ada"}`)})
	t.Logf("%+v %v", d, err)
}

func TestSameBytes(t *testing.T) {
	t.Parallel()
	first := compiled(t, departments)
	for range 20 {
		if !bytes.Equal(first, compiled(t, departments)) {
			t.Fatal("the same source gives another module")
		}
	}
	_ = strings.Contains
	t.Log(len(first))
}

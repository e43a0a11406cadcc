package rego_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/caddymodule/rego"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/scaffold"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// TestExamples runs the golden cases of each example.
func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("example/*.rego")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, file := range files {
		wasm := compiled(t, file)
		cases, _, err := golden.Bundled(wasm)
		if err != nil {
			t.Fatal(err)
		}
		check(t, file, wasm, cases)
	}
}

// TestNewPolicy compiles what a new policy begins with.
func TestNewPolicy(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	if err := scaffold.Write(dir, "my_policy-2", "rego"); err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile(filepath.Join(dir, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	policy := check(t, "policy.rego", compiled(t, filepath.Join(dir, "policy.rego")), cases)
	if d := policy.Description(); d.Name != "my_policy-2" || d.Settings == nil {
		t.Errorf("the policy describes itself as %+v", d)
	}
}

func compiled(t *testing.T, file string) []byte {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := rego.Compiler{}.Compile(t.Context(), filepath.Base(file), source)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// check runs the cases against a module.
func check(t *testing.T, file string, wasm, list []byte) *plugins.Policy {
	t.Helper()
	cases, err := golden.ReadCases(list)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	policy := tck.Load(t, plugins.Options{}, wasm)
	report, err := golden.Run(t.Context(), cases, policy.Call)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err != nil || report.Passed < 3 {
		t.Errorf("%s: %d cases passed: %v", file, report.Passed, err)
	}
	return policy
}

// TestPage compiles the policy that docs/rego.md shows.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.FromSlash("../../docs/rego.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```rego\n")
	source, _, _ := strings.Cut(rest, "```")
	file := filepath.Join(t.TempDir(), "page.rego")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, file, compiled(t, file), []byte(`[
		{"name": "deny", "hook": "decide", "input": {"operation": "create", "resource_type": "User", "after": {"userName": "ada"}},
		 "want": {"verdict": "deny", "status": 400, "scim_type": "invalidValue", "detail": "ada has no department"}},
		{"name": "hold", "hook": "decide", "want": {"verdict": "hold", "title": "New board member: ada"},
		 "input": {"operation": "create", "resource_type": "User", "settings": {"board": "Board"},
		  "after": {"userName": "ada", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Board"}}}},
		{"name": "map", "hook": "map", "input": {"action": "create", "resource_type": "User", "id": "1", "after": {"userName": "ada"}},
		 "want": {"requests": [{"method": "POST", "path": "/accounts", "body": {"login": "ada"}}, {"method": "POST", "path": "/welcome", "body": {"login": "ada"}}]}}
	]`))
}

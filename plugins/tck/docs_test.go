package tck_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// TestFirstPolicy does what docs/policy-abi.md tells a newcomer to: it writes the
// policy and its test, runs the test, builds the module and runs the cases.
func TestFirstPolicy(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "policy-abi.md"))
	if err != nil {
		t.Fatal(err)
	}
	code, data := listings(string(page), "go"), listings(string(page), "json")
	if len(code) != 2 || len(data) != 1 {
		t.Fatalf("the page has %d listings in Go and %d in JSON, want the policy, its test and the cases", len(code), len(data))
	}
	cases, err := golden.ReadCases([]byte(data[0]))
	if err != nil {
		t.Fatal(err)
	}
	dir := project(t, root, map[string]string{"main.go": code[0], "main_test.go": code[1]})
	test := exec.CommandContext(t.Context(), "go", "test", ".")
	test.Dir = dir
	if out, err := test.CombinedOutput(); err != nil {
		t.Fatalf("go test: %v\n%s", err, out)
	}
	policy := tck.Load(t, plugins.Options{}, tck.BuildGo(t, dir))
	report, err := golden.Run(t.Context(), cases, policy.Call)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err != nil {
		t.Error(err)
	}
}

// TestReadmePolicy builds the README's policy and sees that nobody gets around it.
func TestReadmePolicy(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	code := listings(string(page), "go")
	if len(code) != 1 {
		t.Fatalf("the page has %d listings in Go, want the policy", len(code))
	}
	policy := tck.Load(t, plugins.Options{}, tck.BuildGo(t, project(t, root, map[string]string{"main.go": code[0]})))
	const employee, contractor = `{"userName":"ada"}`, `{"userName":"ada","userType":"contractor"}`
	for _, c := range []struct {
		operation     abi.Operation
		before, after string
		want          abi.Verdict
	}{
		{abi.OpCreate, "", employee, abi.Allow},
		{abi.OpCreate, "", contractor, abi.Hold},
		{abi.OpUpdate, employee, contractor, abi.Hold},
		{abi.OpUpdate, contractor, contractor, abi.Allow},
		{abi.OpDelete, contractor, "", abi.Allow},
	} {
		got, _, err := policy.Decide(t.Context(), &abi.DecideInput{
			Operation: c.operation, ResourceType: "User", Before: json.RawMessage(c.before), After: json.RawMessage(c.after),
		})
		if err != nil || got.Verdict != c.want {
			t.Errorf("%s from %s to %s: %+v, %v, want %s", c.operation, c.before, c.after, got, err, c.want)
		}
	}
}

// project writes a module of its own that uses this one.
func project(t *testing.T, root string, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files["go.mod"] = "module hello\n\ngo 1.26.0\n\nrequire github.com/caddy-scim/caddy-scim v0.0.0\n\n" +
		"replace github.com/caddy-scim/caddy-scim => " + root + "\n"
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listings returns the fenced listings of a page in a language.
func listings(page, language string) (found []string) {
	for _, part := range strings.Split(page, "```"+language+"\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		found = append(found, text)
	}
	return found
}

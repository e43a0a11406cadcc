package tck_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins"
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
	cases, err := tck.ReadCases([]byte(data[0]))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string]string{
		"main.go":      code[0],
		"main_test.go": code[1],
		"go.mod": "module hello\n\ngo 1.26.0\n\nrequire github.com/caddy-scim/caddy-scim v0.0.0\n\n" +
			"replace github.com/caddy-scim/caddy-scim => " + root + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	test := exec.CommandContext(t.Context(), "go", "test", ".")
	test.Dir = dir
	if out, err := test.CombinedOutput(); err != nil {
		t.Fatalf("go test: %v\n%s", err, out)
	}
	policy := tck.Load(t, plugins.Options{}, tck.BuildGo(t, dir))
	for _, c := range cases {
		if err := c.Check(t.Context(), policy); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// listings returns the fenced listings of a page in a language.
func listings(page, language string) (found []string) {
	for _, part := range strings.Split(page, "```"+language+"\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		found = append(found, text)
	}
	return found
}

package caddymodule_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fenced = regexp.MustCompile("(?ms)^```caddyfile\n(.*?)^```$")

// policyFiles are policies that the documentation names by where an operator has them; they are those of the examples.
var policyFiles = regexp.MustCompile(`/etc/caddy/policies/(\w+)\.wasm`)

// schemaFiles are those that the documentation names and this machine does not have.
var schemaFiles = strings.NewReplacer("/etc/caddy/schemas/badge.json", "testdata/badge.json", "/etc/caddy/schemas/site.json", "testdata/badge.json")

// Every Caddyfile in the documentation can be pasted and starts, and the README's is the one of the root folder.
func TestCaddyfilesInTheDocumentation(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	for _, secret := range []string{"ACME_SCIM_TOKEN", "REPORT_TOKEN", "SIEM_TOKEN"} {
		t.Setenv(secret, "the-documentation-s-"+secret)
	}
	for _, secret := range []string{"SCIM_WEBHOOK_SECRET", "HOOK_SECRET", "HOOK_SECRET_BEFORE"} {
		t.Setenv(secret, "whsec_dGhlIGRvY3VtZW50YXRpb24ncyBzZWNyZXQgb2YgYSB3ZWJob29r")
	}
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for _, file := range append(files, "../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
			blocks++
			got, err := adapt(t, file, block[1])
			if err != nil {
				t.Errorf("%s: %v in\n%s", file, err, block[1])
				continue
			}
			there := policyFiles.ReplaceAllString(schemaFiles.Replace(string(got)), "../examples/policies/$1/$1.wasm")
			if err := validate(t, []byte(there)); err != nil {
				t.Errorf("%s: %v in\n%s", file, err, block[1])
			}
			if filepath.Base(file) != "README.md" {
				continue
			}
			root, err := os.ReadFile("../Caddyfile")
			if err != nil {
				t.Fatal(err)
			}
			want, err := adapt(t, "../Caddyfile", string(root))
			if err != nil {
				t.Fatal(err)
			}
			if indented(t, got) != indented(t, want) {
				t.Errorf("the README's Caddyfile says\n%s\nthe root folder's says\n%s", indented(t, got), indented(t, want))
			}
		}
	}
	if blocks == 0 {
		t.Error("no Caddyfile found in the documentation")
	}
}

// Caddy does nothing on a reload whose configuration is the same. A policy's file that has changed makes another one.
func TestChangedPolicyChangesTheConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "acme.wasm")
	caddyfile := "{\n\tscim {\n\t\ttenant acme {\n\t\t\tpolicy " + file + "\n\t\t}\n\t}\n}\n"
	seen := map[string]string{}
	for _, content := range []string{"", "one", "two", "one"} {
		if content != "" {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := adapt(t, "Caddyfile", caddyfile)
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := seen[content]; ok && before != string(out) {
			t.Errorf("the same file makes another configuration: %s, then %s", before, out)
		}
		seen[content] = string(out)
	}
	if seen[""] == seen["one"] || seen["one"] == seen["two"] {
		t.Errorf("a changed file makes the same configuration: %v", seen)
	}
}

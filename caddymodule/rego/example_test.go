package rego_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/caddymodule/rego"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
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
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wasm, err := rego.Compiler{}.Compile(t.Context(), filepath.Base(file), source)
		if err != nil {
			t.Fatal(err)
		}
		raw, _, err := golden.Bundled(wasm)
		if err != nil {
			t.Fatal(err)
		}
		cases, err := golden.ReadCases(raw)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		report, err := golden.Run(t.Context(), cases, tck.Load(t, plugins.Options{}, wasm).Call)
		if err != nil {
			t.Fatal(err)
		}
		for _, result := range report.Results {
			if !result.Passed() {
				t.Errorf("%s: %s: %s", file, result.Name, result.Problem)
			}
		}
		t.Logf("%s: %d cases, %d bytes, %d units of fuel at most", file, report.Passed, len(wasm), report.MaxFuel)
	}
}

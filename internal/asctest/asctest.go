// Package asctest compiles policies in AssemblyScript for tests.
package asctest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Required is the environment variable that makes a test fail, and not be skipped,
// where a compiler is missing: its value is then "required".
const Required = "CADDY_SCIM_COMPILERS"

// Build compiles the project in dir as its asconfig.json says, and puts the golden
// cases of its cases.json into the module, if it has some. The test is skipped where
// the compiler is not installed: "npm ci" in plugins/sdk/assemblyscript installs it.
func Build(tb testing.TB, dir string) []byte {
	tb.Helper()
	sdk := SDK(tb)
	out := filepath.Join(tb.TempDir(), "policy.wasm")
	Node(tb, dir, Compiler(tb), "--config", "asconfig.json", "--outFile", out)
	cases, err := filepath.Abs(filepath.Join(dir, "cases.json"))
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := os.Stat(cases); err == nil {
		Node(tb, dir, filepath.Join(sdk, "lib", "bundle.mjs"), out, cases)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		tb.Fatal(err)
	}
	return wasm
}

// CheckCommitted fails the test if the module in file, beside its project, is not
// what the project compiles to. The compiler's version is fixed, so that it gives the
// same bytes everywhere. It returns the module.
func CheckCommitted(t *testing.T, file string) (wasm []byte) {
	t.Helper()
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("is compiled from its source", func(t *testing.T) {
		t.Parallel()
		if !bytes.Equal(Build(t, filepath.Dir(file)), wasm) {
			t.Errorf("%s is not what its source compiles to; run npm run build in plugins/sdk/assemblyscript", file)
		}
	})
	return wasm
}

// Compiler returns the path of the compiler, which Node runs.
func Compiler(tb testing.TB) string {
	tb.Helper()
	asc := filepath.Join(SDK(tb), "node_modules", "assemblyscript", "bin", "asc.js")
	if _, err := os.Stat(asc); err != nil {
		missing(tb, "the AssemblyScript compiler is not installed; run npm ci in plugins/sdk/assemblyscript")
	}
	return asc
}

// Node runs a script of Node.js in dir, which must succeed, and returns what it said.
func Node(tb testing.TB, dir, script string, args ...string) string {
	tb.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(tb, "Node.js is not installed")
	}
	run := exec.CommandContext(tb.Context(), node, append([]string{script}, args...)...) //nolint:gosec // the script is a test's own
	run.Dir = dir
	out, err := run.CombinedOutput()
	if err != nil {
		tb.Fatalf("node %s %q: %v\n%s", script, args, err, out)
	}
	return string(out)
}

// SDK returns the path of plugins/sdk/assemblyscript, from wherever in the repository
// the test runs.
func SDK(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		sdk := filepath.Join(dir, "plugins", "sdk", "assemblyscript")
		if _, err := os.Stat(filepath.Join(sdk, "package.json")); err == nil {
			return sdk
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("the test runs outside of the repository")
		}
		dir = parent
	}
}

func missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv(Required) == "required" {
		tb.Fatal(what)
	}
	tb.Skip(what)
}

package assemblyscript_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/asctest"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/assemblyscript"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

var probe = filepath.Join("testdata", "probe", "probe.wasm")

// TestNode runs the tests that are written for Node.js, against the probe.
func TestNode(t *testing.T) {
	t.Parallel()
	asctest.CheckCommitted(t, probe)
	out := asctest.Node(t, ".", "--test", filepath.Join("test", "reader.test.mjs"), filepath.Join("test", "sdk.test.mjs"))
	if !strings.Contains(out, "# fail 0\n") || strings.Contains(out, "# pass 0\n") {
		t.Errorf("node --test said\n%s", out)
	}
}

// TestTemplate does with a new project what its README says.
func TestTemplate(t *testing.T) {
	t.Parallel()
	compiler := asctest.Compiler(t)
	dir := t.TempDir()
	write(t, dir, "template", ".")
	write(t, dir, "lib", "sdk")
	// npm install would put the compiler there.
	if err := os.Symlink(filepath.Join(asctest.SDK(t), "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	asctest.Node(t, dir, compiler, "--config", "asconfig.json")
	module := filepath.Join(dir, "build", "hello.wasm")
	asctest.Node(t, dir, filepath.Join("sdk", "bundle.mjs"), module, "cases.json")
	asctest.Node(t, dir, "--test", filepath.Join("test", "policy.test.mjs"))

	wasm, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	bundled, ok, err := golden.Bundled(wasm)
	if err != nil || !ok {
		t.Fatalf("the module has no golden cases: %v", err)
	}
	cases, err := golden.ReadCases(bundled)
	if err != nil {
		t.Fatal(err)
	}
	policy := tck.Load(t, plugins.Options{}, wasm)
	report, err := golden.Run(t.Context(), cases, policy.Call)
	if err == nil {
		err = report.Err()
	}
	if err != nil || report.Passed == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if d := policy.Description(); d.Name != "hello" || len(d.Hooks) != 1 {
		t.Errorf("the policy is described as %+v", d)
	}
}

// write writes a folder of the SDK's files into a project named hello.
func write(t *testing.T, dir, from, to string) {
	t.Helper()
	err := fs.WalkDir(assemblyscript.Files, from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, to, filepath.FromSlash(strings.TrimPrefix(path, from)))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		data, err := assemblyscript.Files.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, bytes.ReplaceAll(data, []byte("{{.Name}}"), []byte("hello")), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestBundle compares what bundle.mjs has made of an example with what package golden
// makes of it.
func TestBundle(t *testing.T) {
	t.Parallel()
	example := filepath.Join("..", "..", "..", "examples", "policies", "mapping")
	wasm, err := os.ReadFile(filepath.Join(example, "mapping.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile(filepath.Join(example, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := golden.Bundle(wasm, cases)
	if err != nil || !bytes.Equal(again, wasm) {
		t.Errorf("bundling again changes the module, %v", err)
	}
}

// TestMemory wants more memory than there is, and then something else.
func TestMemory(t *testing.T) {
	t.Parallel()
	wasm, err := os.ReadFile(probe)
	if err != nil {
		t.Fatal(err)
	}
	policy := tck.Load(t, plugins.Options{}, wasm)
	call := func(do string) error {
		_, _, err := policy.Import(context.Background(), &abi.ImportInput{ResourceType: "User", Record: []byte(`{"do":"` + do + `"}`)})
		return err
	}
	for range 2 {
		if err := call("memory"); !errors.Is(err, plugins.ErrTrap) {
			t.Errorf("failed with %v, want %v", err, plugins.ErrTrap)
		}
		if err := call("doc"); err != nil {
			t.Errorf("the next call: %v", err)
		}
	}
}

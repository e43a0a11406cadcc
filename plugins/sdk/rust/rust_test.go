package rust_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/rust"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/sdktest"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// TestUnits runs the crate's own tests, without WebAssembly, and the tests of a new
// project.
func TestUnits(t *testing.T) {
	t.Parallel()
	dir := sdktest.Project(t, rust.Files, nil)
	said := sdktest.Make(t, dir, "test")
	if !strings.Contains(said, "test result: ok. 2 passed") {
		t.Errorf("a new project's tests said\n%s", said)
	}
	rustc := strings.TrimSpace(sdktest.Make(t, dir, "-s", "compiler"))
	binary := filepath.Join(dir, "build", "units")
	for _, args := range [][]string{
		{rustc, "--edition", "2021", "-D", "warnings", "--test", "--crate-name", "scim_policy", "sdk/src/lib.rs", "-o", binary},
		{binary, "--quiet"},
	} {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
}

// TestReadme builds both policies of the README, and runs the tests of the first.
func TestReadme(t *testing.T) {
	t.Parallel()
	listings := sdktest.Listings(t, "README.md", "rust")
	if len(listings) != 3 {
		t.Fatalf("the page has %d listings in Rust, want a policy, its tests and another policy", len(listings))
	}
	cases := []byte(`[{"name":"a delete","hook":"decide","input":{"operation":"delete","resource_type":"User"},"want":{"verdict":"allow"}}]`)
	for source, want := range map[string][]string{
		listings[0] + listings[1]: {abi.HookDecide},
		listings[2]:               {abi.HookDecide, abi.HookMap},
	} {
		dir := sdktest.Project(t, rust.Files, map[string][]byte{"src/lib.rs": []byte(source), "cases.json": cases})
		sdktest.Make(t, dir)
		if strings.Contains(source, "#[test]") {
			sdktest.Make(t, dir, "test")
		}
		wasm, err := os.ReadFile(filepath.Join(dir, "build", sdktest.Name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		if got := tck.Load(t, plugins.Options{}, wasm).Description().Hooks; !slices.Equal(got, want) {
			t.Errorf("the policy has the hooks %q, want %q", got, want)
		}
	}
}

package rust_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/sdk/rust"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/sdktest"
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

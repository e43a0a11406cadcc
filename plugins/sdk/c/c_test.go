package c_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/sdk/c"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/sdktest"
)

// TestUnits runs the tests of the library, without WebAssembly, where the compiler
// looks for accesses to memory that is not there.
func TestUnits(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob(filepath.Join("lib", "*.c"))
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	binary := filepath.Join(t.TempDir(), "units")
	build := append([]string{
		"-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Ilib", "-DSCIM_POLICY_STEP=1", filepath.Join("test", "sdk_test.c"), "-o", binary,
	}, sources...)
	if out, err := cc(t, append(build, "-fsanitize=address,undefined", "-fno-sanitize-recover=all")).CombinedOutput(); err != nil {
		t.Logf("without sanitizers, since the compiler has none: %v\n%s", err, out)
		if out, err := cc(t, build).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	run := exec.CommandContext(t.Context(), binary)
	run.Dir = t.TempDir()
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func cc(t *testing.T, args []string) *exec.Cmd {
	t.Helper()
	compiler, err := exec.LookPath("cc")
	if err != nil {
		sdktest.Missing(t, "a C compiler is missing; apt-get install gcc libc6-dev")
	}
	return exec.CommandContext(t.Context(), compiler, args...)
}

// TestNewProject runs the tests of a new project, which build it for this machine.
func TestNewProject(t *testing.T) {
	t.Parallel()
	sdktest.Make(t, sdktest.Project(t, c.Files, nil), "test")
}

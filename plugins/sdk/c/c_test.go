package c_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/c"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/sdktest"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
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

// TestReadme builds both policies of the README.
func TestReadme(t *testing.T) {
	t.Parallel()
	listings := sdktest.Listings(t, "README.md", "c")
	if len(listings) != 2 {
		t.Fatalf("the page has %d listings in C, want two policies", len(listings))
	}
	for i, want := range [][]string{{abi.HookDecide}, {abi.HookDecide, abi.HookMap}} {
		policy := tck.Load(t, plugins.Options{}, sdktest.Build(t, c.Files, map[string][]byte{"policy.c": []byte(listings[i])}))
		if got := policy.Description().Hooks; !slices.Equal(got, want) {
			t.Errorf("policy %d has the hooks %q, want %q", i, got, want)
		}
	}
}

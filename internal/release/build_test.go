package release_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/release"
)

const ownModule = "github.com/caddy-scim/caddy-scim"

// TestManifestAgreesWithGoMod keeps the release from being built of other versions than the tests ran with.
func TestManifestAgreesWithGoMod(t *testing.T) {
	t.Parallel()
	root := checkout(t)
	m := readManifest(t, root)

	if got := run(t, root, "go", "list", "-m", "-f", "{{.Version}}", "github.com/caddyserver/caddy/v2"); got != m.Caddy {
		t.Errorf("go.mod has Caddy %s, xcaddy.json %s", got, m.Caddy)
	}
	if got := run(t, root, "go", "list", "-m", "-f", "{{.GoVersion}}"); got != m.Go && !strings.HasPrefix(got, m.Go+".") {
		t.Errorf("go.mod has Go %s, xcaddy.json %s", got, m.Go)
	}
	if !slices.ContainsFunc(m.Modules, func(mod release.Module) bool { return mod.Path == ownModule }) {
		t.Errorf("xcaddy.json does not list %s", ownModule)
	}
}

// TestBuild does with xcaddy.json what xcaddy does: a main package that imports Caddy, its standard modules and each
// listed package, in a module of its own, with this module taken from the checkout. It shows that the module builds
// outside its own repository and that its Caddy modules register under their ids.
func TestBuild(t *testing.T) {
	t.Parallel()
	root := checkout(t)
	m := readManifest(t, root)
	dir := t.TempDir()

	var main, mod strings.Builder
	main.WriteString("package main\n\nimport (\n\tcaddycmd \"github.com/caddyserver/caddy/v2/cmd\"\n\n")
	main.WriteString("\t_ \"github.com/caddyserver/caddy/v2/modules/standard\"\n")
	fmt.Fprintf(&mod, "module caddy\n\ngo %s\n\nrequire github.com/caddyserver/caddy/v2 %s\n", goVersion(t, root), m.Caddy)
	for _, dep := range m.Modules {
		fmt.Fprintf(&main, "\t_ %q\n", dep.Import())
		fmt.Fprintf(&mod, "require %s %s\n", dep.Path, dep.Version)
	}
	main.WriteString(")\n\nfunc main() { caddycmd.Main() }\n")
	fmt.Fprintf(&mod, "replace %s => %q\n", ownModule, root)

	write(t, filepath.Join(dir, "main.go"), main.String())
	write(t, filepath.Join(dir, "go.mod"), mod.String())
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), string(sums))

	binary := filepath.Join(dir, "caddy.exe") // a suffix that Windows needs and others do not mind
	run(t, dir, "go", "build", "-mod=mod", "-o", binary, ".")

	modules := strings.Fields(run(t, dir, binary, "list-modules"))
	for _, id := range []string{"scim", "http.handlers.scim"} {
		if !slices.Contains(modules, id) {
			t.Errorf("the binary has no module %q", id)
		}
	}
}

// checkout returns the folder of this module's go.mod.
func checkout(t *testing.T) string {
	t.Helper()
	return filepath.Dir(run(t, ".", "go", "env", "GOMOD"))
}

func goVersion(t *testing.T, root string) string {
	t.Helper()
	return run(t, root, "go", "list", "-m", "-f", "{{.GoVersion}}")
}

func readManifest(t *testing.T, root string) *release.Manifest {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "xcaddy.json"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := release.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run returns what a command printed to its standard output, without the last line end.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(name), strings.Join(args, " "), err, stdout.Bytes(), stderr.Bytes())
	}
	return strings.TrimSpace(stdout.String())
}

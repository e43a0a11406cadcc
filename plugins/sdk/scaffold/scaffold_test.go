package scaffold_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/asctest"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/scaffold"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestMain(m *testing.M) { os.Exit(tck.Main(m)) }

const name = "my_policy-2"

// TestProjects begins a policy in each language and does with it what its README says.
func TestProjects(t *testing.T) {
	t.Parallel()
	for lang, build := range map[string]func(*testing.T, string){
		"go": func(t *testing.T, dir string) {
			run(t, dir, "go", "vet", "./...")
			run(t, dir, "go", "test", "./...")
			module := filepath.Join("build", name+".wasm")
			run(t, dir, "env", "GOOS=wasip1", "GOARCH=wasm", "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", module, ".")
			run(t, dir, "go", "run", "github.com/caddy-scim/caddy-scim/plugins/sdk/go/bundle", module, "cases.json")
		},
		"rust": func(t *testing.T, dir string) {
			needs(t, "make", "rustc")
			run(t, dir, "make", "test", "all")
		},
		"c": func(t *testing.T, dir string) {
			needs(t, "make", "clang", "clang-19", "clang-18", "clang-14")
			run(t, dir, "make", "test", "all")
		},
		"ts": func(t *testing.T, dir string) {
			asctest.Compiler(t)
			// npm install would put the compiler there.
			if err := os.Symlink(filepath.Join(asctest.SDK(t), "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
				t.Fatal(err)
			}
			run(t, dir, "npm", "test")
		},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "new")
			if err := scaffold.Write(dir, name, lang); err != nil {
				t.Fatal(err)
			}
			complete(t, dir)
			build(t, dir)
			check(t, filepath.Join(dir, "build", name+".wasm"))
		})
	}
}

// complete looks for what every project has, and for what was left open.
func complete(t *testing.T, dir string) {
	t.Helper()
	for _, file := range []string{"README.md", "cases.json", ".gitignore", "sdk"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Error(err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("{{.Name}}")) {
			t.Errorf("%s does not know the policy's name", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// check runs the cases that a module carries.
func check(t *testing.T, module string) {
	t.Helper()
	wasm, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	bundled, ok, err := golden.Bundled(wasm)
	if err != nil || !ok {
		t.Fatalf("the module carries no cases: %v", err)
	}
	cases, err := golden.ReadCases(bundled)
	if err != nil {
		t.Fatal(err)
	}
	policy := tck.Load(t, plugins.Options{}, wasm)
	report, err := golden.Run(t.Context(), cases, policy.Call)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err != nil || report.Passed < 3 {
		t.Errorf("%d cases passed: %v", report.Passed, err)
	}
	d := policy.Description()
	if d.Name != name || !slices.Equal(d.Hooks, []string{abi.HookDecide}) {
		t.Errorf("the policy describes itself as %+v", d)
	}
	var schema map[string]any
	if err := json.Unmarshal(d.Settings, &schema); err != nil || schema["type"] != "object" {
		t.Errorf("the schema of its settings is %s", d.Settings)
	}
}

// run runs a command where no package can be fetched.
func run(t *testing.T, dir, command string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod -buildvcs=false", "GOWORK=off", "npm_config_offline=true", "CARGO_NET_OFFLINE=true")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", command, args, err, out)
	}
}

// needs skips the test where command or all of the compilers are missing, unless it is
// known that they must be there.
func needs(t *testing.T, command string, compilers ...string) {
	t.Helper()
	_, err := exec.LookPath(command)
	if err == nil && slices.ContainsFunc(compilers, func(name string) bool {
		_, err := exec.LookPath(name)
		return err == nil
	}) {
		return
	}
	missing := command + " and one of " + strings.Join(compilers, ", ") + " are needed"
	if os.Getenv(asctest.Required) == "required" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for policy, lang := range map[string]string{
		"": "go", "A": "go", "1a": "go", "-a": "go", "a b": "go", "a/b": "rust", "../a": "c", "é": "ts", "a.b": "go", strings.Repeat("a", 64): "go",
		"fine": "cobol", "fine2": "",
	} {
		dir := filepath.Join(t.TempDir(), "new")
		err := scaffold.Write(dir, policy, lang)
		if err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%q in %q: %v", policy, lang, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q in %q: something was written", policy, lang)
		}
	}
}

func TestKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, lang := range scaffold.Languages() {
		dir := t.TempDir()
		theirs := filepath.Join(dir, "cases.json")
		if err := os.WriteFile(theirs, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := scaffold.Write(dir, name, lang); err == nil || !strings.Contains(err.Error(), theirs) {
			t.Errorf("%s: %v", lang, err)
		}
		if data, err := os.ReadFile(theirs); err != nil || string(data) != "mine" {
			t.Errorf("%s: the file holds %q, %v", lang, data, err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("%s: the folder has %v, %v", lang, entries, err)
		}
	}
}

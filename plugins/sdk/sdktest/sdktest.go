// Package sdktest builds policies in Rust and C for tests as their authors do: in a
// project that begins with what the SDK has for one, and by its Makefile.
package sdktest

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Required is the environment variable that makes a test fail, and not be skipped,
// where a compiler is missing: its value is then "required".
const Required = "CADDY_SCIM_COMPILERS"

// Name is what a project's policy is called.
const Name = "policy-under-test"

// Project writes a new project with the files of an SDK, and with other files in
// their place or beside them. The test is skipped where make cannot build it, with
// these options such as LIBC=1.
func Project(tb testing.TB, sdk fs.FS, files map[string][]byte, options ...string) (dir string) {
	tb.Helper()
	dir = tb.TempDir()
	err := fs.WalkDir(sdk, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(sdk, path)
		if err != nil {
			return err
		}
		inside, ofTemplate := strings.CutPrefix(path, "template/")
		if ofTemplate {
			data = bytes.ReplaceAll(data, []byte("{{.Name}}"), []byte(Name))
		} else {
			inside = filepath.Join("sdk", strings.TrimPrefix(path, "lib/"))
		}
		return write(dir, inside, data)
	})
	if err != nil {
		tb.Fatal(err)
	}
	for path, data := range files {
		if err := write(dir, path, data); err != nil {
			tb.Fatal(err)
		}
	}
	need(tb, dir, options)
	return dir
}

// Build builds such a project and returns the module.
func Build(tb testing.TB, sdk fs.FS, files map[string][]byte, options ...string) (wasm []byte) {
	tb.Helper()
	dir := Project(tb, sdk, files, options...)
	Make(tb, dir, options...)
	wasm, err := os.ReadFile(filepath.Join(dir, "build", Name+".wasm"))
	if err != nil {
		tb.Fatal(err)
	}
	return wasm
}

// Make runs make in dir, which must succeed, and returns what it said.
func Make(tb testing.TB, dir string, args ...string) string {
	tb.Helper()
	said, err := run(tb, dir, "make", args...)
	if err != nil {
		tb.Fatalf("make %q: %v\n%s", args, err, said)
	}
	return said
}

// need skips the test where the project cannot be built.
func need(tb testing.TB, dir string, options []string) {
	tb.Helper()
	said, err := run(tb, dir, "make", append([]string{"can-build"}, options...)...)
	if err == nil {
		return
	}
	Missing(tb, "the compiler is missing; apt-get install make, and clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 for C, or rustc libstd-rust-dev-wasm32 lld-14 for Rust\n"+said)
}

// Missing skips the test because of what is missing, unless that must not be.
func Missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv(Required) == "required" {
		tb.Fatal(what)
	}
	tb.Skip(what)
}

func run(tb testing.TB, dir, command string, args ...string) (string, error) {
	cmd := exec.CommandContext(tb.Context(), command, args...) //nolint:gosec // what the test says
	cmd.Dir = dir
	said, err := cmd.CombinedOutput()
	return string(said), err
}

func write(dir, path string, data []byte) error {
	path = filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// Listings returns the fenced listings of a page in a language.
func Listings(tb testing.TB, page, language string) (found []string) {
	tb.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		tb.Fatal(err)
	}
	for _, part := range strings.Split(string(text), "```"+language+"\n")[1:] {
		listing, _, _ := strings.Cut(part, "```")
		found = append(found, listing)
	}
	return found
}

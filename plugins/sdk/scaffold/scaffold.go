//go:build !wasip1

// Package scaffold begins new policies: a project with a source, its tests, golden
// cases and the whole SDK, that builds without any package but its compiler.
package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/sdk"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/assemblyscript"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/c"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/rego"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/rust"
)

// Languages returns the languages that Write knows: "go", "rust", "ts", which is
// AssemblyScript, "c" and "rego".
func Languages() []string { return []string{"go", "rust", "ts", "c", "rego"} }

// name is what a policy can be called: as a tenant can, but that package managers want
// a letter in front.
var name = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

// Write writes a new policy, called policy, into dir, which is made if need be. lang
// is one of Languages.
//
// # Errors
//
// A name or language that cannot be, and a file that is there already: nothing is
// written then.
func Write(dir, policy, lang string) error {
	if !name.MatchString(policy) {
		return fmt.Errorf("a policy cannot be called %q: want a to z, 0 to 9, - and _, a letter first, at most 63 of them", policy)
	}
	files, err := project(policy, lang)
	if err != nil {
		return err
	}
	for _, f := range files {
		switch _, err := os.Lstat(filepath.Join(dir, f.path)); {
		case err == nil:
			return fmt.Errorf("%s is there already; nothing was written", filepath.Join(dir, f.path))
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	for _, f := range files {
		if err := f.write(dir); err != nil {
			return err
		}
	}
	return nil
}

// file is one file of a project.
type file struct {
	path string // within the project
	data []byte
}

// write makes the file, which must not be there yet.
func (f *file) write(dir string) (err error) {
	target := filepath.Join(dir, f.path)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil { //nolint:gosec // a project is no secret
		return err
	}
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // as above
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = out.Write(f.data)
	return err
}

// project returns the files of a new policy.
func project(policy, lang string) ([]file, error) {
	switch lang {
	case "go":
		return goProject(policy)
	case "rust":
		return together(rust.Files, policy)
	case "ts":
		return together(assemblyscript.Files, policy)
	case "c":
		return together(c.Files, policy)
	case "rego": // which has no SDK
		files, err := collect(rego.Files, "template", "", nil)
		fill(files, policy)
		return files, err
	}
	return nil, fmt.Errorf("there is no language %q, want one of %s", lang, strings.Join(Languages(), ", "))
}

// together returns what an SDK has in template and, as the folder sdk, in lib.
func together(from fs.FS, policy string) ([]file, error) {
	files, err := collect(from, "template", "", nil)
	if err != nil {
		return nil, err
	}
	fill(files, policy)
	lib, err := collect(from, "lib", "sdk", nil)
	return append(files, lib...), err
}

// goProject puts the SDK under its own import path, so that a project does not care
// whether it comes from its folder or from a registry.
func goProject(policy string) ([]file, error) {
	files, err := collect(sdk.Go, "go/template", "", nil)
	if err != nil {
		return nil, err
	}
	fill(files, policy)
	for i := range files { // a folder with a go.mod cannot be embedded
		files[i].path = strings.TrimSuffix(files[i].path, ".txt")
	}
	source := func(p string) bool {
		return !strings.HasSuffix(p, "_test.go") && !strings.HasPrefix(p, "go/template/") && p != "sources.go"
	}
	lib, err := collect(sdk.Go, "go", "sdk/plugins/sdk/go", source)
	if err != nil {
		return nil, err
	}
	contract, err := collect(abi.Sources, ".", "sdk/plugins/abi", source)
	if err != nil {
		return nil, err
	}
	module := file{path: filepath.FromSlash("sdk/go.mod"), data: []byte("module github.com/caddy-scim/caddy-scim\n\ngo 1.26.0\n")}
	return slices.Concat(files, lib, contract, []file{module}), nil
}

// collect returns the files below a folder that keep accepts, all if it is nil, with
// their paths below another.
func collect(from fs.FS, folder, to string, keep func(path string) bool) (files []file, err error) {
	err = fs.WalkDir(from, folder, func(p string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || keep != nil && !keep(p) {
			return err
		}
		data, err := fs.ReadFile(from, p)
		inside := p
		if folder != "." {
			inside = strings.TrimPrefix(p, folder+"/")
		}
		files = append(files, file{path: filepath.FromSlash(path.Join(to, inside)), data: data})
		return err
	})
	return files, err
}

// fill writes the policy's name where a template leaves it open.
func fill(files []file, policy string) {
	for i := range files {
		files[i].data = bytes.ReplaceAll(files[i].data, []byte("{{.Name}}"), []byte(policy))
	}
}

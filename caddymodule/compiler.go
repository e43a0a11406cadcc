package caddymodule

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/plugins"
)

// Compiler makes policies of source code. It is what a Caddy module in the namespace scim.compilers must be: the last
// part of its id is the extension of the files that it takes, so that scim.compilers.rego takes hello.rego. It has no
// configuration and is used without being provisioned, by commands as well.
type Compiler interface {
	// Compile returns the WebAssembly module that source stands for, the same bytes for the same source on every run.
	// The name is the file's, for errors alone. Source is at most plugins.DefaultMaxModuleBytes+1 bytes and may come
	// from a stranger. Compile runs in a process of its own, which has no environment and ends when it takes more than
	// 10 s of a processor or 1 GiB of memory.
	Compile(ctx context.Context, name string, source []byte) (wasm []byte, err error)
}

// compilers is the namespace of Compiler modules.
const compilers = "scim.compilers"

// compilerPackages are the packages with compilers that are not part of this one, by the extension that they take.
var compilerPackages = map[string]string{
	".rego": "github.com/caddy-scim/caddy-scim/caddymodule/rego",
}

// wasmMagic begins every WebAssembly module.
const wasmMagic = "\x00asm"

// readPolicyFile reads a policy that may still have to be compiled, and returns its module. Wherever a person names the
// file of a policy, this reads it.
func readPolicyFile(ctx context.Context, path string) (wasm []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	// Whoever looks at it says what is wrong with one byte too many.
	content, err := io.ReadAll(io.LimitReader(f, plugins.DefaultMaxModuleBytes+1))
	if err != nil {
		return nil, err
	}
	return compilePolicy(ctx, path, content)
}

// compilePolicy returns content if it is a module or nobody knows what else, and otherwise what the compiler for the
// extension of name makes of it.
func compilePolicy(ctx context.Context, name string, content []byte) (wasm []byte, err error) {
	extension := strings.ToLower(filepath.Ext(name))
	if extension == "" || bytes.HasPrefix(content, []byte(wasmMagic)) {
		return content, nil
	}
	info, err := caddy.GetModule(compilers + extension)
	if err != nil { // there is none
		if pkg, known := compilerPackages[extension]; known {
			return nil, fmt.Errorf("this Caddy cannot compile %s files; build it with: xcaddy build --with %s", extension, pkg)
		}
		return content, nil
	}
	return compileApart(ctx, info.ID, filepath.Base(name), content)
}

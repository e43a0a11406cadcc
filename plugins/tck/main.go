package tck

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins"
)

// compilerArg is the argument that makes a test's binary a compiler.
const compilerArg = "tck-compile-policy"

// cacheDir is where the hosts of this process keep compiled modules; empty without
// Main.
var cacheDir string

// Main runs the tests of a package and returns the exit code, for its TestMain. With
// it, the hosts of NewHost compile modules in a process of their own, as a server
// does: the test's binary once more. Without, they take no large modules.
func Main(m *testing.M) int {
	if len(os.Args) == 2 && os.Args[1] == compilerArg {
		return plugins.CompileMain()
	}
	dir, err := os.MkdirTemp("", "policies-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	cacheDir = dir
	return m.Run()
}

// compiler fills in how a host compiles.
func compiler(opts plugins.Options) (plugins.Options, error) {
	if cacheDir == "" || opts.Compiler != nil || opts.CacheDir != "" {
		return opts, nil
	}
	self, err := os.Executable()
	if err != nil {
		return opts, err
	}
	opts.CacheDir = cacheDir
	opts.Compiler = &plugins.Compiler{Path: self, Args: []string{filepath.Base(self), compilerArg}}
	return opts, nil
}

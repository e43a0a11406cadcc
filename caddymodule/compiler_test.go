package caddymodule_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/caddymodule"
)

func init() { caddy.RegisterModule(upperCompiler{}) }

// upperCompiler compiles .upper files by writing them in capitals.
type upperCompiler struct{}

func (upperCompiler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "scim.compilers.upper", New: func() caddy.Module { return upperCompiler{} }}
}

func (upperCompiler) Compile(_ context.Context, name string, source []byte) ([]byte, error) {
	switch string(source) {
	case "":
		return nil, errors.New(name + " is empty")
	case "environment":
		return []byte(strings.Join(os.Environ(), "\n")), nil
	case "crash":
		panic("a secret")
	case "memory":
		var taken [][]byte
		for len(taken) < 1<<10 { // 6 GiB, which nobody lets it have
			taken = append(taken, bytes.Repeat(source, 1<<20))
		}
		return slices.Concat(taken...), nil
	}
	return bytes.ToUpper(source), nil
}

var _ caddymodule.Compiler = upperCompiler{}

func TestReadPolicyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		file, content, want, problem string
	}{
		{file: "a.wasm", content: "\x00asm module", want: "\x00asm module"},
		{file: "module", content: "\x00asm module", want: "\x00asm module"},
		{file: "module.upper", content: "\x00asm module", want: "\x00asm module"},
		{file: "text.txt", content: "whatever it is", want: "whatever it is"},
		{file: "source.upper", content: "source", want: "SOURCE"},
		{file: "source.UPPER", content: "source", want: "SOURCE"},
		{file: "empty.upper", problem: "empty.upper is empty"},
		{file: "environment.upper", content: "environment", want: "GOMAXPROCS=1"},
		{file: "crash.upper", content: "crash", problem: "crash.upper: its compiler crashed or took more than 10s of a processor (exit status 2)"},
		{file: "memory.upper", content: "memory", problem: "memory.upper: compiling it takes more than 1024 MiB of memory"},
		{file: "source.rego", content: "package scim", problem: "xcaddy build --with github.com/caddy-scim/caddy-scim/caddymodule/rego"},
	} {
		path := filepath.Join(dir, c.file)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := caddymodule.ReadPolicyFile(t.Context(), path)
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: error %v, want %q", c.file, err, c.problem)
			}
		case err != nil || string(got) != c.want:
			t.Errorf("%s: %q, %v, want %q", c.file, got, err, c.want)
		}
	}
	if _, err := caddymodule.ReadPolicyFile(t.Context(), filepath.Join(dir, "none.upper")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

package plugins

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// compilerArg makes the test's program the compiler of policies.
const compilerArg = "compile-a-policy"

// outside returns options with a compiler in a process of its own.
func outside(tb testing.TB, opts Options) Options {
	tb.Helper()
	exe, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	opts.CacheDir = filepath.Join(tb.TempDir(), "cache")
	opts.Compiler = &Compiler{Path: exe, Args: []string{exe, compilerArg}}
	return opts
}

// files counts the files below dir.
func files(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCompiler(t *testing.T) {
	t.Parallel()
	opts := outside(t, Options{})
	mustAllow(t, mustLoad(t, newHost(t, opts), hostile(t, "good")))
	if n := files(t, opts.CacheDir); n != 2 {
		t.Errorf("the cache has %d files, want the code and a mark", n)
	}
	// What was compiled before needs no compiler.
	opts.Compiler = &Compiler{Path: filepath.Join(t.TempDir(), "none"), Args: []string{"none"}}
	h := newHost(t, opts)
	mustAllow(t, mustLoad(t, h, hostile(t, "good")))
	if _, err := h.Load(t.Context(), hostile(t, "trap"), LoadOptions{}); !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "is not a compiler") {
		t.Errorf("without a compiler: %v", err)
	}
}

// TestCompilerRefuses gives the compiler modules that pass the meter and are wrong all the same.
func TestCompilerRefuses(t *testing.T) {
	t.Parallel()
	h := newHost(t, outside(t, Options{}))
	neighbour := mustLoad(t, h, hostile(t, "good"))
	for name, problem := range map[string]string{
		"memory_large": "2000 pages",
		"wrong_type":   "cannot use i64 as result",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := h.Load(t.Context(), hostile(t, name), LoadOptions{})
			refused, ok := errors.AsType[*LoadError](err)
			if !ok || !strings.Contains(refused.Problem, problem) {
				t.Errorf("refused with %v, want …%s…", err, problem)
			}
			mustAllow(t, neighbour)
		})
	}
}

// TestNoCompiler lets something else be the compiler.
func TestNoCompiler(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"says nothing": "/bin/true", "says something else": "/bin/ls", "is not there": "/nowhere"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := outside(t, Options{})
			opts.Compiler = &Compiler{Path: path, Args: []string{path, "/"}}
			_, err := newHost(t, opts).Load(t.Context(), hostile(t, "good"), LoadOptions{})
			if err == nil || isLoadError(err) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want an error that names %s and does not blame the module", err, path)
			}
		})
	}
}

// TestCompilerIsEnded ends the context while the compiler runs.
func TestCompilerIsEnded(t *testing.T) {
	t.Parallel()
	opts := outside(t, Options{})
	opts.Compiler = &Compiler{Path: "/bin/sleep", Args: []string{"sleep", "600"}}
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	if _, err := newHost(t, opts).Load(ctx, hostile(t, "good"), LoadOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want %v", err, context.DeadlineExceeded)
	}
}

// TestCompileInput reads what no host asks.
func TestCompileInput(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{
		"":                           "asked nothing",
		"hello\n":                    "does not understand",
		`{"size":-1}` + "\n":         "does not understand",
		`{"size":2000000000}` + "\n": "does not understand",
		`{"size":10}` + "\nabc":      "did not get the whole module",
	} {
		if got, disk := compileInput(strings.NewReader(asked)); disk || !strings.Contains(got, want) {
			t.Errorf("asked %q: %q, want …%s…", asked, got, want)
		}
	}
}

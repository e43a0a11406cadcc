package plugins

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPruneCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for n, name := range []string{"oldest", "older", "new"} {
		path := filepath.Join(dir, "wazero", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old.AddDate(n, 0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		limit int64
		left  int
	}{{300, 3}, {299, 2}, {150, 1}, {0, 0}} {
		pruneCache(dir, c.limit)
		if n := files(t, dir); n != c.left {
			t.Errorf("with a limit of %d bytes %d files are left, want %d", c.limit, n, c.left)
		}
		if _, err := os.Stat(filepath.Join(dir, "wazero", "new")); c.left > 0 && err != nil {
			t.Errorf("the newest file went first: %v", err)
		}
	}
}

// TestChangedCode changes what the cache holds: no host runs it, and each compiles again.
func TestChangedCode(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, path string, content []byte){
		"a bit": func(t *testing.T, path string, content []byte) {
			t.Helper()
			content[len(content)/3] ^= 4
			write(t, path, content)
		},
		// The runtime's own checksum does not cover where functions begin.
		"where a function begins": func(t *testing.T, path string, content []byte) {
			t.Helper()
			content[40] ^= 1
			write(t, path, content)
		},
		"shorter": func(t *testing.T, path string, content []byte) { t.Helper(); write(t, path, content[:len(content)/2]) },
		"empty":   func(t *testing.T, path string, _ []byte) { t.Helper(); write(t, path, nil) },
		"garbage": func(t *testing.T, path string, content []byte) {
			t.Helper()
			write(t, path, make([]byte, len(content)))
		},
		"not there": func(t *testing.T, path string, _ []byte) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
		"no folder": func(t *testing.T, path string, _ []byte) {
			t.Helper()
			if err := os.RemoveAll(filepath.Dir(filepath.Dir(path))); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for _, outsideOf := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, compiler %v", name, outsideOf), func(t *testing.T) {
				t.Parallel()
				opts := outside(t, Options{MaxIdleBytes: 1}) // everything is given up at once
				if !outsideOf {
					opts.Compiler = nil
				}
				h := newHost(t, opts)
				p := mustLoad(t, h, hostile(t, "good"))
				path := codeIn(t, opts.CacheDir)
				before, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				change(t, path, bytes.Clone(before))
				mustAllow(t, p)
				mustAllow(t, mustLoad(t, newHost(t, opts), hostile(t, "good")))
				if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
					t.Errorf("%v, the code is not what it was before", err)
				}
			})
		}
	}
}

// TestCacheThatCannotBeWritten keeps what it has, and blames no module for the rest.
func TestCacheThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	opts := outside(t, Options{})
	mustAllow(t, mustLoad(t, newHost(t, opts), hostile(t, "good")))
	// A file where a folder must be made stops everybody, also those whom permissions do not.
	for _, dir := range []string{"passed", filepath.Base(filepath.Dir(codeIn(t, opts.CacheDir)))} {
		opts := outside(t, Options{})
		if err := os.MkdirAll(opts.CacheDir, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(opts.CacheDir, dir), nil)
		if _, err := newHost(t, opts).Load(t.Context(), hostile(t, "good"), LoadOptions{}); err == nil || isLoadError(err) {
			t.Errorf("with a file in the place of %s: %v, want an error that does not blame the module", dir, err)
		}
	}
}

// TestUnfinished leaves what other hosts may be working on.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, unfinished+"now"), nil)
	write(t, filepath.Join(dir, unfinished+"then"), nil)
	then := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(filepath.Join(dir, unfinished+"then"), then, then); err != nil {
		t.Fatal(err)
	}
	removeUnfinished(dir)
	if n := files(t, dir); n != 1 {
		t.Errorf("%d are left, want the one of now", n)
	}
}

// codeIn returns the path of the one compiled module of a cache.
func codeIn(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "wazero-*", "*"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0]
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

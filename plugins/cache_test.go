package plugins

import (
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

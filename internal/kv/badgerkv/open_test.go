package badgerkv

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func TestOpenLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := openTest(t, Options{Dir: dir})
	s, err := Open(Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, ErrLocked) || s != nil {
		t.Fatalf("a second opening: %v; want ErrLocked", err)
	}
	if !strings.Contains(err.Error(), dir) {
		t.Errorf("the error does not say which directory: %v", err)
	}
	if err := first.Update(context.Background(), setter(benchKey(t, 1), "x")); err != nil {
		t.Errorf("the first store after the attempt: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openTest(t, Options{Dir: dir})
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string]Options{
		"no directory":        {},
		"a file":              {Dir: file},
		"below a file":        {Dir: filepath.Join(file, "data")},
		"small memory tables": {Dir: t.TempDir(), MemTableBytes: 1 << 20},
		"negative cache":      {Dir: t.TempDir(), BlockCacheBytes: -1},
	} {
		s, err := Open(opts)
		if err == nil {
			t.Errorf("%s: opened", name)
			_ = s.Close()
			continue
		}
		if errors.Is(err, ErrLocked) || !strings.HasPrefix(err.Error(), "badgerkv: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDirectoryMode(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "var", "scim")
	var log bytes.Buffer
	s := openTest(t, Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, path := range []string{dir, filepath.Dir(dir)} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o700 {
			t.Errorf("%s has mode %v", path, got)
		}
	}
	if log.Len() > 0 {
		t.Errorf("a good opening says: %s", log.String())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	openTest(t, Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), dir) {
		t.Errorf("an open directory is not warned of: %q", log.String())
	}
}

func TestOptionsDefaults(t *testing.T) {
	t.Parallel()
	opts, err := Options{Dir: "x"}.complete()
	if err != nil {
		t.Fatal(err)
	}
	b := opts.badger(&logger{to: opts.Logger})
	if !b.SyncWrites {
		t.Error("commits do not wait for the disk")
	}
	if opts.GCInterval != 10*time.Minute || b.MemTableSize != 32<<20 || b.BlockCacheSize != 32<<20 {
		t.Errorf("defaults: %+v", opts)
	}
}

func TestLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := &logger{to: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))}
	type table struct{ Left []byte }
	tests := []struct {
		log  func()
		want string
	}{
		{func() { l.Errorf("it broke: %v\n", errors.New("cause")) }, `level=ERROR msg="it broke: cause"`},
		{func() { l.Warningf("slow by %s", time.Second) }, `level=WARN msg="slow by 1s"`},
		{func() { l.Infof("level %d of %s", 3, "x") }, `level=DEBUG msg="level 3 of x"`},
		{func() { l.Infof("\n") }, ""},
		{func() { l.Debugf("key %q", "secret") }, ""},
		{func() { l.Errorf("Unable to read: Key: %v", []byte("secret")) }, `msg="Unable to read: Key: <[]uint8>"`},
		{func() { l.Warningf("failed: %+v", table{[]byte("secret")}) }, `msg="failed: <badgerkv.table>"`},
	}
	for _, tt := range tests {
		out.Reset()
		tt.log()
		if got := out.String(); !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
			t.Errorf("logged %q, want %q", got, tt.want)
		}
	}
	if err := l.takeSyncError(); err != nil {
		t.Errorf("an ordinary error counts as a failure to sync: %v", err)
	}
}

// An error text from Badger carries the key; ours must not.
func TestErrorsCarryNoKeys(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{NoSync: true})
	k := benchKey(t, 1).String("bjensen@example.com")
	err := s.View(context.Background(), func(tx kv.Tx) error {
		_, err := tx.Get(k)
		return err
	})
	if !errors.Is(err, kv.ErrNotFound) || strings.Contains(err.Error(), "bjensen") {
		t.Errorf("Get: %v", err)
	}
}

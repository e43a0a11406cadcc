package badgerkv

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// A process that is killed between making a file and writing to it leaves an empty one.
func TestOpenUnfinished(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][]string{
		"log of a memory table": {"00007.mem"},
		"value log":             {"000007.vlog"},
		"several":               {"00007.mem", "00008.mem", "000008.vlog"},
		"of a first start":      {"00001.mem", "000001.vlog"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write := setter(benchKey(t, 1), "x")
			if name != "of a first start" {
				s := openTest(t, Options{Dir: dir})
				if err := errors.Join(s.Update(context.Background(), write), s.Close()); err != nil {
					t.Fatal(err)
				}
			}
			for _, file := range files {
				if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Open(Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			err = s.View(context.Background(), func(tx kv.Tx) error {
				_, err := tx.Get(benchKey(t, 1))
				return err
			})
			if want := name == "of a first start"; errors.Is(err, kv.ErrNotFound) != want || (err != nil && !want) {
				t.Errorf("what was written: %v", err)
			}
			if err := s.Update(context.Background(), write); err != nil {
				t.Error(err)
			}
		})
	}
}

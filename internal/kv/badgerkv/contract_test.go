package badgerkv

import (
	"log/slog"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/kvtest"
)

// openTest opens a store that is closed at the test's end.
func openTest(t testing.TB, opts Options) *Store {
	t.Helper()
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestContract(t *testing.T) {
	t.Parallel()
	kvtest.Run(t, kvtest.Capabilities{Durable: true}, func(t testing.TB) (kv.Store, func() kv.Store) {
		opts := Options{Dir: t.TempDir()}
		s := openTest(t, opts)
		return s, func() kv.Store {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			s = openTest(t, opts)
			return s
		}
	})
}

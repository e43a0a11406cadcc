package memkv_test

import (
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/kvtest"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
)

func TestContract(t *testing.T) {
	t.Parallel()
	kvtest.Run(t, kvtest.Capabilities{Durable: false}, func(t testing.TB) (kv.Store, func() kv.Store) {
		s := memkv.New()
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		return s, nil
	})
}

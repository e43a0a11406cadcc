package store

import (
	"context"
	"encoding/hex"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/badgerkv"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
)

// backends runs a test on every backend that needs nothing but this machine.
func backends(t *testing.T, test func(t *testing.T, backend kv.Store)) {
	t.Helper()
	for name, open := range map[string]func(t *testing.T) kv.Store{
		"memory": func(*testing.T) kv.Store { return memkv.New() },
		"badger": func(t *testing.T) kv.Store {
			s, err := badgerkv.Open(badgerkv.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backend := open(t)
			t.Cleanup(func() {
				if err := backend.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, backend)
		})
	}
}

var tenants atomic.Uint64

// freshTenant is one that has no records yet.
func freshTenant(t interface{ Fatal(...any) }) kv.Tenant {
	n := tenants.Add(1)
	tenant, err := kv.NewTenant("t" + hex.EncodeToString([]byte{byte(n >> 16), byte(n >> 8), byte(n)}))
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

// update and view run fn in a transaction and fail the test on an error.
func update(t interface{ Fatal(...any) }, s *Store, tenant kv.Tenant, fn func(*Tx) error) {
	if err := s.Update(context.Background(), tenant, fn); err != nil {
		t.Fatal(err)
	}
}

func view(t interface{ Fatal(...any) }, s *Store, tenant kv.Tenant, fn func(*Tx) error) {
	if err := s.View(context.Background(), tenant, fn); err != nil {
		t.Fatal(err)
	}
}

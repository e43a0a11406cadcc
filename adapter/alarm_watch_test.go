package adapter_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// A connection may be taken out of the configuration at any moment, also while its alarms are looked after.
func TestConnectionThatGoesWhileItIsWatched(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Alarms.Silent = time.Hour }}
	s := adaptertest.Start(t, opts)
	s.Want(http.StatusOK, "GET", "/Users", nil)
	before := s.Tenant()
	err := store.New(s.Store).Update(t.Context(), before.ID(), func(tx *store.Tx) error { return tx.SetSeen("main", time.Now()) })
	if err != nil {
		t.Fatal(err)
	}
	opts.Configure = func(c *adapter.TenantConfig) {
		c.Connections = []adapter.ConnectionConfig{{ID: "another", Profile: "generic"}}
	}
	s.Use(opts)
	if err := before.WatchConnections(t.Context()); err != nil {
		t.Error(err)
	}
}

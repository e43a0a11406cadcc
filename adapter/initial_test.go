package adapter_test

import (
	"net/http"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// A configuration that is refused for one tenant's first policy gives no other tenant a policy.
func TestNothingBeginsWithARefusedConfiguration(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{})
	conn, err := connectorOf(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	acme := adapter.TenantConfig{
		ID: s.Tenant().ID(), Connections: []adapter.ConnectionConfig{{ID: "main", Profile: "generic"}}, Connector: conn,
		Policies: adapter.PoliciesConfig{Initial: denying},
	}
	broken := other(t, s, func(c *adapter.TenantConfig) { c.Policies.Initial = []byte("no module") })
	for range 16 { // tenants are looked at in any order
		if _, err := s.Engine.Use([]adapter.TenantConfig{acme, broken}); err == nil {
			t.Fatal("a first policy that is none was taken")
		}
	}
	if st := status(t, s); len(st.Releases) != 0 || st.Active != 0 {
		t.Errorf("the status is %+v", st)
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
}

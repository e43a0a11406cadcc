package adapter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/plugins"
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

// A tenant's policies cannot be promised more than the server lets policies have: its releases could not be loaded, and
// then nothing could be decided.
func TestLimitsBeyondTheServers(t *testing.T) {
	t.Parallel()
	host := adaptertest.Host(t)
	s := released(t, adaptertest.Options{Policies: host})
	promote(t, s, push(t, s, allowing), 100)
	most := host.Limits()
	for name, limits := range map[string]plugins.LoadOptions{
		"memory":  {MaxMemoryBytes: most.MaxMemoryBytes + 1},
		"fuel":    {Fuel: most.Fuel + 1},
		"timeout": {Deadline: most.Deadline + 1},
	} {
		_, err := s.Engine.Use([]adapter.TenantConfig{other(t, s, func(c *adapter.TenantConfig) {
			c.ID, c.Policies.Limits = s.Tenant().ID(), limits
		})})
		if err == nil || !strings.Contains(err.Error(), "policy: "+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
}

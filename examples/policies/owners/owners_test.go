package owners_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/examples/policies/owners"
	"github.com/caddy-scim/caddy-scim/internal/policytest"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	policytest.Check(t, "owners", owners.Wasm)
}

// Where others are deleted, an owner's account is there, and is the owner's again when they come back.
func TestAccounts(t *testing.T) {
	t.Parallel()
	policy := tck.Load(t, plugins.Options{}, owners.Wasm)
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.Policy = &adapter.Policy{Module: policy, Settings: json.RawMessage(`{"roles":["owner"]}`)}
	}})
	user := func(name, role string) string {
		return `{"userName":"` + name + `","externalId":"` + name + `","name":{"givenName":"` + name + `","familyName":"Doe"},
			"emails":[{"value":"` + name + `@acme.example"}],"roles":[{"value":"` + role + `"}]}`
	}
	for name, role := range map[string]string{"ann": "owner", "bob": "reader"} {
		path := "/Users/" + s.Want(http.StatusCreated, http.MethodPost, "/Users", user(name, role)).Get("id").Str
		s.Want(http.StatusNoContent, http.MethodDelete, path, nil)
		s.Want(http.StatusNotFound, http.MethodGet, path, nil)
	}
	s.WaitIdle()
	left := s.App(http.MethodGet, "/members", nil)
	if left.Get("members.#").Int() != 1 || left.Get("members.0.login").Str != "ann" || left.Get("members.0.state").Str != "suspended" {
		t.Fatalf("after both were deleted the application has %s", left.Body)
	}
	s.Want(http.StatusCreated, http.MethodPost, "/Users", user("ann", "owner"))
	s.WaitIdle()
	back := s.App(http.MethodGet, "/members", nil)
	if back.Get("members.#").Int() != 1 || back.Get("members.0.no").Raw != left.Get("members.0.no").Raw || back.Get("members.0.state").Str != "active" {
		t.Errorf("after the owner came back the application has %s", back.Body)
	}
}

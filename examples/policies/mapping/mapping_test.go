package mapping_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/examples/policies/mapping"
	"github.com/caddy-scim/caddy-scim/internal/asctest"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func TestGolden(t *testing.T) {
	t.Parallel()
	policy := asctest.CheckPolicy(t, "mapping.wasm")
	if policy.Has(abi.HookDecide) || !policy.Has(abi.HookMap) || !policy.Has(abi.HookImport) {
		t.Errorf("the policy has the hooks %q, want map and import", policy.Description().Hooks)
	}
}

// TestApplication lets the policy speak to the example application, and takes what
// that has stored back through the import.
func TestApplication(t *testing.T) {
	t.Parallel()
	policy := tck.Load(t, plugins.Options{}, mapping.Wasm)
	settings := json.RawMessage(`{"role":{"of":{"Engineering":"engineer"},"otherwise":"member"}}`)
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.Policy = &adapter.Policy{Module: policy, Settings: settings}
	}})
	created := s.Want(http.StatusCreated, http.MethodPost, "/Users", `{"userName":"ada","name":{"givenName":"Ada","familyName":"Lovelace"},
		"emails":[{"value":"ada@acme.example","type":"work"}],"`+enterprise+`":{"department":"Engineering"}}`)
	member := s.App(http.MethodGet, "/members?login=ada", nil).Get("members.0")
	want := map[string]string{
		"login": "ada", "mail": "ada@acme.example", "full_name": "Ada Lovelace", "given": "Ada", "family": "Lovelace",
		"dept": "Engineering", "role": "engineer", "state": "active", "ref": created.Get("id").Str,
	}
	for field, text := range want {
		if got := member.Get(field).Str; got != text {
			t.Errorf("the application has the %s %q, want %q", field, got, text)
		}
	}

	out, _, err := policy.Import(t.Context(), &abi.ImportInput{ResourceType: "User", Record: json.RawMessage(member.Raw), Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	if out.LegacyID != member.Get("no").Raw {
		t.Errorf("imported with the id %q, want %s", out.LegacyID, member.Get("no").Raw)
	}
	s.Want(http.StatusNoContent, http.MethodDelete, "/Users/"+created.Get("id").Str, nil)
	again := s.Want(http.StatusCreated, http.MethodPost, "/Users", string(out.Resource))
	for _, path := range []string{"userName", "name.givenName", "name.familyName", "emails.0.value"} {
		if got, want := again.Get(path).Str, created.Get(path).Str; got != want {
			t.Errorf("imported with the %s %q, want %q", path, got, want)
		}
	}
}

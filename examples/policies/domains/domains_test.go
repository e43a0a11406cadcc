package domains_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/examples/policies/domains"
	"github.com/caddy-scim/caddy-scim/internal/policytest"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	policytest.Check(t, "domains", domains.Wasm)
}

// What the identity provider's administrator is shown names the attribute and the domain.
func TestRefusal(t *testing.T) {
	t.Parallel()
	policy := tck.Load(t, plugins.Options{}, domains.Wasm)
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.Policy = &adapter.Policy{Module: policy, Settings: json.RawMessage(`{"domains":["acme.example"]}`)}
	}})
	at := func(domain string) string { return `{"userName":"ann","emails":[{"value":"ann@` + domain + `"}]}` }
	no := s.Want(http.StatusBadRequest, http.MethodPost, "/Users", at("evil.example"))
	if detail := no.Get("detail").Str; no.Get("scimType").Str != "invalidValue" || !strings.Contains(detail, "emails.value") || !strings.Contains(detail, `"evil.example"`) {
		t.Errorf("refused with %s", no.Body)
	}
	path := "/Users/" + s.Want(http.StatusCreated, http.MethodPost, "/Users", at("acme.example")).Get("id").Str
	change := `{"Operations":[{"op":"replace","path":"emails","value":[{"value":"ann@evil.example"}]}]}`
	s.Want(http.StatusBadRequest, http.MethodPatch, path, change)
	s.Want(http.StatusOK, http.MethodPatch, path, `{"Operations":[{"op":"replace","path":"active","value":false}]}`)
	s.Want(http.StatusOK, http.MethodPatch, path, change)
	s.Want(http.StatusBadRequest, http.MethodPatch, path, `{"Operations":[{"op":"replace","path":"active","value":true}]}`)
	s.Want(http.StatusNoContent, http.MethodDelete, path, nil)
}

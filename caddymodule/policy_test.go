package caddymodule_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/examples/policies/members"
)

func TestPolicy(t *testing.T) {
	s := newServer(t)
	wasm := filepath.Join(s.dir, "members.wasm")
	if err := os.WriteFile(wasm, members.Wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	config := func(domain string) string {
		return s.caddyfile(s.badger() + s.tenant("acme", "policy "+wasm+" {\nsetting domain "+domain+"\n}"))
	}
	s.load(config("acme.example"))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	if got := s.wantApp(200, "GET", "/members?login=ann", "").get("members.0.mail"); got != "ann@acme.example" {
		t.Errorf("the policy's map gave the mail %q", got)
	}
	denied := s.want(http.StatusBadRequest, acmeToken, "POST", "/scim/v2/Users", strings.ReplaceAll(user("bob"), "acme.example", "globex.example"))
	if denied.get("scimType") != "invalidValue" || !strings.Contains(denied.get("detail"), "acme.example") {
		t.Errorf("the policy's denial: %s", denied.body)
	}
	version := s.wantAdmin(200, "GET", "/scim/tenants", "").get("tenants.0.policy")
	if len(version) != 64 {
		t.Errorf("the policy's version is %q", version)
	}

	// Other settings, the same module.
	s.load(config("globex.example"))
	s.want(http.StatusBadRequest, acmeToken, "POST", "/scim/v2/Users", user("bob"))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", strings.ReplaceAll(user("bob"), "acme.example", "globex.example"))
	if log := s.log(); strings.Contains(log, "bob@") || strings.Contains(log, "ann@") {
		t.Error("the log has personal data")
	}
}

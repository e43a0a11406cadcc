package caddymodule_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

// TestOrganisationCaddyfile runs the example of accounts that are people's own: whoever is taken out of the organisation
// keeps theirs.
func TestOrganisationCaddyfile(t *testing.T) {
	s := newServer(t)
	app := httptest.NewServer(legacyapp.New(legacyapp.Options{}))
	t.Cleanup(app.Close)
	raw, err := os.ReadFile("../examples/caddyfiles/organisation.Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	file := strings.NewReplacer("http://127.0.0.1:9000", app.URL, "reverse_proxy 127.0.0.1:9000", "reverse_proxy "+app.URL,
		"http://localhost:8080", s.url, "scim {\n", "scim {\n"+s.badger(),
	).Replace(string(raw))
	config, err := adapt(t, "organisation.Caddyfile", file)
	if err != nil {
		t.Fatal(err)
	}
	own := fmt.Sprintf(`{"admin":{"disabled":true,"config":{"persist":false}},"storage":{"module":"file_system","root":%q},`, s.dir)
	if err := caddy.Load([]byte(own+strings.TrimPrefix(string(config), "{")), true); err != nil {
		t.Fatal(err)
	}
	want := func(organisations string) {
		t.Helper()
		got := s.want(http.StatusOK, "", "GET", "/members", "")
		if got.get("members.#") != "1" || got.get("members.0.personal") != "true" || got.get("members.0.state") != "active" || got.get("members.0.organisations") != organisations {
			t.Errorf("the application has %s, want %s", got.body, organisations)
		}
	}
	s.want(http.StatusCreated, "", "POST", "/members", `{"login":"annie","mail":"ann@acme.example","personal":true}`)
	s.want(http.StatusOK, "", "PUT", "/organisations/chess-club/members/1001", "")
	id := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann")).get("id")
	want(`{"acme":"active","chess-club":"active"}`)
	s.want(http.StatusOK, acmeToken, "PATCH", "/scim/v2/Users/"+id, patchActive(false))
	want(`{"acme":"suspended","chess-club":"active"}`)
	s.want(http.StatusOK, acmeToken, "PATCH", "/scim/v2/Users/"+id, patchActive(true))
	want(`{"acme":"active","chess-club":"active"}`)
	s.want(http.StatusNoContent, acmeToken, "DELETE", "/scim/v2/Users/"+id, "")
	want(`{"chess-club":"active"}`)
	if again := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann")).get("id"); again != id {
		t.Errorf("created again it has the id %s, not %s", again, id)
	}
	want(`{"acme":"active","chess-club":"active"}`)
}

// An account that is kept for a while is deleted by a Caddy that was started in between.
func TestDeleteAfterARestart(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme", "lifecycle {\n on_delete suspend\n delete_after 30d\n}")))
	id := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann")).get("id")
	s.want(http.StatusNoContent, acmeToken, "DELETE", "/scim/v2/Users/"+id, "")
	if got := s.wantApp(http.StatusOK, "GET", "/members", "").get("members.0.state"); got != "suspended" {
		t.Errorf("after the delete the account is %q", got)
	}
	s.stop()
	s.load(s.caddyfile(s.badger() + s.tenant("acme", "lifecycle {\n on_delete suspend\n delete_after 1ms\n}")))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for s.wantApp(http.StatusOK, "GET", "/members", "").get("members.#") != "0" {
		if ctx.Err() != nil {
			t.Fatal("the account is never deleted")
		}
	}
	if again := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann")).get("id"); again != id {
		t.Errorf("created again it has the id %s, not %s", again, id)
	}
}

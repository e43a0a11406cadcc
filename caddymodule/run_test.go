package caddymodule_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
	"github.com/caddy-scim/caddy-scim/internal/kv/badgerkv"
)

// openable reports whether nobody holds the directory's lock.
func openable(t *testing.T, dir string) bool {
	t.Helper()
	store, err := badgerkv.Open(badgerkv.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if errors.Is(err, badgerkv.ErrLocked) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}

// hold opens the directory as another process would.
func hold(t *testing.T, dir string) *badgerkv.Store {
	t.Helper()
	store, err := badgerkv.Open(badgerkv.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// metric reads one series, -1 where there is none.
func (s *server) metric(series string) float64 {
	s.t.Helper()
	for line := range strings.Lines(s.want(http.StatusOK, "", "GET", "/metrics", "").body) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return n
		}
	}
	return -1
}

func TestTheWholeWay(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))

	made := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	id := made.get("id")
	if got, want := made.get("meta.location"), s.url+"/scim/v2/Users/"+id; got != want {
		t.Errorf("location: got %q, want %q", got, want)
	}
	if got := s.wantApp(200, "GET", "/members?login=ann", "").get("members.0.state"); got != "active" {
		t.Errorf("in the application the account is %q", got)
	}
	s.want(http.StatusOK, acmeToken, "PATCH", "/scim/v2/Users/"+id, setTitle("Dr"))
	if got := s.wantApp(200, "GET", "/members?login=ann", "").get("members.0.title"); got != "Dr" {
		t.Errorf("the application has the title %q", got)
	}
	s.want(http.StatusNoContent, acmeToken, "DELETE", "/scim/v2/Users/"+id, "")
	if got := s.wantApp(200, "GET", "/members", "").get("members.#"); got != "0" {
		t.Errorf("the application has %s accounts left", got)
	}

	refused := s.want(http.StatusUnauthorized, globexToken, "GET", "/scim/v2/Users", "")
	if got := refused.get("schemas.0"); got != "urn:ietf:params:scim:api:messages:2.0:Error" {
		t.Errorf("no SCIM error: %s", refused.body)
	}
	s.want(http.StatusNotFound, acmeToken, "GET", "/scim/v3/Users", "")
	s.want(http.StatusOK, appKey, "GET", "/members?login=everything-else", "")
	requests := s.wantApp(200, "GET", "/requests", "").body
	if strings.Contains(requests, "/scim/v3") || !strings.Contains(requests, "everything-else") {
		t.Errorf("what is not SCIM goes to the application, and nothing else: %s", requests)
	}

	for series, least := range map[string]float64{
		`caddy_scim_request_duration_seconds_count{code="201",method="POST",tenant="acme"}`: 1,
		`caddy_scim_refused_tokens_total{reason="unknown"}`:                                 1,
		`caddy_scim_backlog{tenant="acme"}`:                                                 0,
		`caddy_scim_deliveries_total{action="create",outcome="done",tenant="acme"}`:         1,
		`caddy_scim_decisions_total{tenant="acme",verdict="allow"}`:                         3,
	} {
		// They count from the start of the process, which has run other tests.
		if got := s.metric(series); got < least {
			t.Errorf("%s is %v, want %v at least", series, got, least)
		}
	}

	if openable(t, s.data) {
		t.Error("the store is not locked while it is in use")
	}
	s.stop()
	if !openable(t, s.data) {
		t.Error("the store is locked after the stop")
	}
	log := s.log()
	for _, secret := range []string{acmeToken, globexToken, appKey} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	for _, want := range []string{`"scim_tenant":"acme"`, `"Authorization":["REDACTED"]`, `"logger":"scim"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestManagedTokensByTheAdminAPI(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme") + s.tenant("globex")))

	tenants := s.wantAdmin(200, "GET", "/scim/tenants", "")
	if got, want := tenants.get("tenants.#.id")+tenants.get("tenants.#.connections")+tenants.get("tenants.#.backlog")+tenants.get("tenants.#.pace.state"),
		`["acme","globex"][[{"id":"main","profile":"generic"}],[{"id":"main","profile":"generic"}]][0,0]["closed","closed"]`; got != want {
		t.Errorf("tenants:\ngot  %s\nwant %s", got, want)
	}
	if got := strings.TrimSpace(s.wantAdmin(200, "GET", "/scim/tenants/acme/tokens", "").body); got != `{"tokens":[]}` {
		t.Errorf("tokens: %s", got)
	}

	made := s.wantAdmin(201, "POST", "/scim/tenants/acme/tokens", `{"name":"for the test"}`)
	token, id := made.get("token"), made.get("id")
	s.want(200, token, "GET", "/scim/v2/Users", "")
	list := s.wantAdmin(200, "GET", "/scim/tenants/acme/tokens", "")
	if list.get("tokens.0.id") != id || list.get("tokens.0.connection") != "main" || list.get("tokens.0.name") != "for the test" {
		t.Errorf("tokens: %s", list.body)
	}
	if strings.Contains(list.body, token) || strings.Contains(list.body, "hash") {
		t.Errorf("the list shows what it must not: %s", list.body)
	}

	s.wantAdmin(404, "DELETE", "/scim/tenants/globex/tokens/"+id, "")
	s.want(200, token, "GET", "/scim/v2/Users", "")
	s.wantAdmin(204, "DELETE", "/scim/tenants/acme/tokens/"+id, "")
	s.want(401, token, "GET", "/scim/v2/Users", "")

	// A token outlives a reload, and its connection's removal ends it.
	token = s.wantAdmin(201, "POST", "/scim/tenants/acme/tokens", "").get("token")
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	s.want(200, token, "GET", "/scim/v2/Users", "")
	s.load(s.caddyfile(s.badger() + strings.ReplaceAll(s.tenant("acme"), "connection main", "connection other")))
	s.want(401, token, "GET", "/scim/v2/Users", "")
	if strings.Contains(s.log(), token) {
		t.Error("the log has the token")
	}
}

func TestAdminErrors(t *testing.T) {
	s := newServer(t)
	two := strings.Replace(s.tenant("globex"), "connection main", "connection second\n\tconnection main", 1)
	s.load(s.caddyfile(s.badger() + s.tenant("acme") + two))
	for _, c := range []struct {
		method, path, body string
		status             int
		message            string
	}{
		{"GET", "/scim/", "", 404, "there is nothing at /scim/"},
		{"GET", "/scim/tenants/nobody/tokens", "", 404, `there is no tenant "nobody"`},
		{"GET", "/scim/tenants/~system/tokens", "", 404, `there is no tenant "~system"`},
		{"GET", "/scim/tenants/acme/secrets", "", 404, "there is nothing at /scim/tenants/acme/secrets"},
		{"POST", "/scim/tenants", "{}", 405, "POST is not possible here; possible is GET"},
		{"PUT", "/scim/tenants/acme/tokens", "{}", 405, "PUT is not possible here; possible is GET, POST"},
		{"DELETE", "/scim/tenants/acme/tokens/nonesuch", "", 404, `the tenant has no token "nonesuch"`},
		{"POST", "/scim/tenants/acme/tokens", `{"connexion":"main"}`, 400, `the body is not the JSON object that is wanted: it has no field "connexion"`},
		{"POST", "/scim/tenants/acme/tokens", `{"connection":"okta"}`, 400, `connection: there is no "okta"; the tenant has main`},
		{"POST", "/scim/tenants/globex/tokens", `{}`, 400, `connection: missing; the tenant has main, second`},
		{"POST", "/scim/tenants/acme/tokens", `{"name":7}`, 400, "name: a JSON number does not fit"},
		{"POST", "/scim/tenants/acme/tokens", `{"expires":"2001-01-01T00:00:00Z"}`, 400, "token: invalid: it would expire at 2001-01-01T00:00:00Z, which is past"},
		{"POST", "/scim/tenants/acme/tokens", `{"users":true,"groups":true}`, 400, "users and groups are all types there are, so together they limit nothing; name one of them, or none for a token that reaches all types"},
		{"POST", "/scim/tenants/acme/tokens", `{} {}`, 400, "the body holds more than one JSON object"},
		{"POST", "/scim/tenants/acme/tokens", `{"name":"` + strings.Repeat("a", 70_000) + `"}`, 413, "the body is larger than 65536 bytes"},
		{"GET", "/scim/tenants/acme/approvals?all=maybe", "", 400, `all: "maybe" is neither true nor false`},
		{"POST", "/scim/tenants/acme/approvals/x/approve", "", 400, "by: missing; it says who does it"},
		{"POST", "/scim/tenants/acme/approvals/x/approve", `{"by":"a","comment":"` + strings.Repeat("a", 1001) + `"}`, 400, "comment: longer than 1000 bytes or not UTF-8"},
		{"POST", "/scim/tenants/acme/approvals/x/approve", `{"by":"a"}`, 404, `the tenant has no approval "x"`},
		{"POST", "/scim/tenants/acme/approvals/x/postpone", `{"by":"a"}`, 404, "there is nothing at /scim/tenants/acme/approvals/x/postpone"},
	} {
		resp := s.wantAdmin(c.status, c.method, c.path, c.body)
		if got := resp.get("error"); got != c.message {
			t.Errorf("%s %s: got %q, want %q", c.method, c.path, got, c.message)
		}
	}

	s.load(fmt.Sprintf("{\nadmin unix/%s/admin.sock\npersist_config off\n}", s.dir))
	s.wantAdmin(503, "GET", "/scim/tenants", "")
}

func TestApprovalsByTheAdminAPI(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme", "hold create")))
	s.want(201, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	s.want(201, acmeToken, "POST", "/scim/v2/Users", user("bob"))
	if got := s.wantApp(200, "GET", "/members", "").get("members.#"); got != "0" {
		t.Fatalf("%s accounts reached the application before anybody approved", got)
	}
	list := s.wantAdmin(200, "GET", "/scim/tenants/acme/approvals", "")
	if list.get("approvals.#") != "2" || list.get("approvals.0.after.userName") != "ann" {
		t.Fatalf("approvals: %s", list.body)
	}
	ann, bob := list.get("approvals.0.id"), list.get("approvals.1.id")

	s.wantAdmin(409, "POST", "/scim/tenants/acme/approvals/"+ann+"/approve", `{"by":"root","version":99}`)
	done := s.wantAdmin(200, "POST", "/scim/tenants/acme/approvals/"+ann+"/approve", `{"by":"root","version":1}`)
	if done.get("state") != "approved" || done.get("decided_by") != "root" {
		t.Errorf("approved: %s", done.body)
	}
	s.wantAdmin(409, "POST", "/scim/tenants/acme/approvals/"+ann+"/approve", `{"by":"root"}`)
	s.wantAdmin(200, "POST", "/scim/tenants/acme/approvals/"+bob+"/reject", `{"by":"root","comment":"who is that?"}`)
	if got := s.wantAdmin(200, "GET", "/scim/tenants/acme/approvals", "").get("approvals.#"); got != "0" {
		t.Errorf("%s approvals still wait", got)
	}
	if got := s.wantAdmin(200, "GET", "/scim/tenants/acme/approvals?all=true", "").get("approvals.#"); got != "2" {
		t.Errorf("there are %s approvals in all", got)
	}
	if again := s.want(403, acmeToken, "POST", "/scim/v2/Users", user("bob")); !strings.Contains(again.get("detail"), "who is that?") {
		t.Errorf("the rejected change was answered with %s", again.body)
	}
}

// TestRootCaddyfile runs the Caddyfile at the root against the example application.
func TestRootCaddyfile(t *testing.T) {
	s := newServer(t)
	t.Setenv("SITE_ADDRESS", s.url)
	app := httptest.NewServer(legacyapp.New(legacyapp.Options{}))
	t.Cleanup(app.Close)
	t.Setenv("APPLICATION_URL", app.URL)
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	raw, err := os.ReadFile("../Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	config, err := adapt(t, "Caddyfile", string(raw))
	if err != nil {
		t.Fatal(err)
	}
	// What Caddy itself keeps on disk stays out of the home directory.
	own := fmt.Sprintf(`{"admin":{"disabled":true,"config":{"persist":false}},"storage":{"module":"file_system","root":%q},`, s.dir)
	if err := caddy.Load([]byte(own+strings.TrimPrefix(string(config), "{")), true); err != nil {
		t.Fatal(err)
	}

	id := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann")).get("id")
	if got := s.want(200, "", "GET", "/members?login=ann", "").get("members.0.state"); got != "active" {
		t.Errorf("the account is %q", got)
	}
	s.want(http.StatusNoContent, acmeToken, "DELETE", "/scim/v2/Users/"+id, "")
	if got := s.want(200, "", "GET", "/members?login=ann", "").get("members.0.state"); got != "suspended" {
		t.Errorf("after the delete the account is %q", got)
	}
	again := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	if again.get("id") != id {
		t.Errorf("created again it has the id %s, not %s", again.get("id"), id)
	}
	if got := s.want(200, "", "GET", "/members?login=ann", ""); got.get("members.0.state") != "active" || got.get("members.#") != "1" {
		t.Errorf("created again the application has %s", got.body)
	}
}

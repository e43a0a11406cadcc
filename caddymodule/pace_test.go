package caddymodule_test

import (
	"strings"
	"testing"
	"time"
)

// An application that cannot be reached shows in the admin API and in the metrics, and is tried at once when somebody
// says so.
func TestPaceByTheAdminAPI(t *testing.T) {
	s := newServer(t)
	tenant := strings.Replace(s.tenant("acme", "delivery {\n wait 30s\n retry 1h 1h\n }"),
		"auth bearer", "name legacy\n rate 1000/s 10\n breaker 2\n auth bearer", 1)
	s.load(s.caddyfile(s.badger() + tenant))
	pace := func(path string) string {
		return s.wantAdmin(200, "GET", "/scim/tenants", "").get("tenants.0.pace." + path)
	}
	if pace("state") != "closed" || pace("application") != "legacy" || pace("rate") != "1000" || pace("oldest_due") != "" {
		t.Errorf("at the start: %s", pace("@this"))
	}
	s.wantApp(200, "POST", "/faults", `{"status":503,"count":1000}`)
	for _, name := range []string{"ann", "bob", "cid"} {
		s.want(201, acmeToken, "POST", "/scim/v2/Users", user(name))
	}
	if pace("state") != "open" || pace("last_error") != "the application answered 503 Service Unavailable" || pace("oldest_due") == "" {
		t.Errorf("it is down: %s", pace("@this"))
	}
	metrics := s.want(200, "", "GET", "/metrics", "").body
	for _, want := range []string{
		`caddy_scim_breaker_state{tenant="acme"} 2`, `caddy_scim_breaker_opened_total{tenant="acme"} 1`, `caddy_scim_pauses_total{tenant="acme"} 0`,
		`caddy_scim_paused_seconds{tenant="acme"} 0`, `caddy_scim_pace_share{tenant="acme"} 1`, `caddy_scim_rate{tenant="acme"} 1000`,
		`caddy_scim_backlog_oldest_seconds{tenant="acme"}`, `caddy_scim_backlog{tenant="acme"} 3`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	s.wantApp(200, "POST", "/faults", `{"count":0}`)
	s.wantAdmin(405, "GET", "/scim/tenants/acme/retry", "")
	s.wantAdmin(404, "POST", "/scim/tenants/nobody/retry", "")
	if got := s.wantAdmin(200, "POST", "/scim/tenants/acme/retry", ""); got.get("pace.application") != "legacy" || got.get("backlog") == "" {
		t.Errorf("try now: %s", got.body)
	}
	for begun := time.Now(); s.wantAdmin(200, "GET", "/scim/tenants", "").get("tenants.0.backlog") != "0"; {
		if time.Since(begun) > time.Minute {
			t.Fatalf("it is not told: %s", pace("@this"))
		}
	}
	if pace("state") != "closed" {
		t.Errorf("it is back: %s", pace("@this"))
	}
}

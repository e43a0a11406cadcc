package caddymodule_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// gated is a server whose site lets pass who is active, and an application behind it that says what it was told.
func gated(t *testing.T, matcher string, options ...string) *server {
	t.Helper()
	s := newServer(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Seen", r.Header.Get("Seen"))
	}))
	t.Cleanup(site.Close)
	s.load(s.gate(site.URL, matcher, s.badger()+s.tenant("acme", options...)))
	return s
}

func (s *server) gate(site, matcher, scim string) string {
	return strings.Replace(s.caddyfile(scim), "reverse_proxy "+s.app.URL, fmt.Sprintf(`@locked_out {
		not path /scim/* /metrics
		not scim_active {http.request.header.Who} %s
	}
	error @locked_out 403
	reverse_proxy %s {
		header_up Seen "{scim.user.id}|{scim.user.userName}|{scim.user.emails.value}|{scim.user.title}|{scim.user.groups}|{scim.user.unknown}|{scim.user.urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department}"
	}`, matcher, site), 1)
}

// visit asks for a page as somebody, and returns the status and what the application was told of who it is.
func (s *server) visit(who string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/page", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Who", who)
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Seen")
}

func (s *server) wantVisit(status int, who string) string {
	s.t.Helper()
	got, seen := s.visit(who)
	if got != status {
		s.t.Errorf("%q gets %d, want %d", who, got, status)
	}
	return seen
}

func patchActive(active bool) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":%t}]}`, active)
}

// Whoever is deactivated is out at the next request, though the application has not been told and cannot be.
func TestGateLocksOutWhileTheApplicationIsDown(t *testing.T) {
	s := gated(t, "")
	s.wantVisit(403, "")
	s.wantVisit(403, "ann")
	id := s.want(201, acmeToken, "POST", "/scim/v2/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
		"userName":"Ann","externalId":"e-1","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Lab"},"title":"a, b%","emails":[{"value":"other@acme.example"},{"value":"ann@acme.example","primary":true}]}`).get("id")
	group := s.want(201, acmeToken, "POST", "/scim/v2/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],
		"displayName":"R, D","members":[{"value":"`+id+`"}]}`).get("id")
	for _, who := range []string{"ann", "ANN", "e-1", "other@acme.example", "Ann@acme.example", id, strings.ToUpper(id)} {
		if seen := s.wantVisit(200, who); seen != id+"|Ann|ann@acme.example|a, b%|R%2C D|{scim.user.unknown}|Lab" {
			t.Errorf("%s: the application is told %q", who, seen)
		}
	}
	for _, who := range []string{"E-1", "an", "a nn", "other", strings.Repeat("a", 5000), group} {
		s.wantVisit(403, who)
	}

	s.wantApp(200, "POST", "/faults", `{"status":503,"count":1000}`)
	s.want(200, acmeToken, "PATCH", "/scim/v2/Users/"+id, patchActive(false))
	s.wantVisit(403, "ann")
	s.wantVisit(403, "ann@acme.example")
	if state := gjson.Get(s.wantApp(200, "GET", "/members", "").body, "members.0.state").Str; state != "active" {
		t.Errorf("the application knows already: %s", state)
	}
	s.want(200, acmeToken, "PATCH", "/scim/v2/Users/"+id, patchActive(true))
	s.wantVisit(200, "ann")
	s.want(204, acmeToken, "DELETE", "/scim/v2/Users/"+id, "")
	s.wantVisit(403, "ann")
	s.wantVisit(403, id)
	if body := s.want(200, "", "GET", "/metrics", "").body; !strings.Contains(body, `caddy_scim_gate_requests_total{result="passed",tenant="acme"}`) {
		t.Error("no metric says who passed")
	}
}

// Of what waits for an approval, what was before counts.
func TestGateAndApprovals(t *testing.T) {
	s := gated(t, "{\n group staff\n }", "hold create update delete", "hold_revocations")
	approve := func() {
		t.Helper()
		list := s.wantAdmin(200, "GET", "/scim/tenants/acme/approvals", "").body
		for _, a := range gjson.Get(list, "approvals.#.id").Array() {
			s.wantAdmin(200, "POST", "/scim/tenants/acme/approvals/"+a.Str+"/approve", `{"by":"ops"}`)
		}
	}
	id := s.want(201, acmeToken, "POST", "/scim/v2/Users", user("ann")).get("id")
	s.wantVisit(403, "ann")
	approve()
	s.wantVisit(403, "ann")
	group := s.want(201, acmeToken, "POST", "/scim/v2/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],
		"displayName":"Staff","members":[{"value":"`+id+`"}]}`).get("id")
	s.wantVisit(403, "ann")
	approve()
	s.wantVisit(200, "ann")

	s.want(200, acmeToken, "PATCH", "/scim/v2/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations":[{"op":"replace","value":{"userName":"bob","emails":[{"value":"bob@acme.example"}]}}]}`)
	for who, status := range map[string]int{"ann": 200, "ann@acme.example": 200, "bob": 403, "bob@acme.example": 403} {
		s.wantVisit(status, who)
	}
	approve()
	for who, status := range map[string]int{"ann": 403, "ann@acme.example": 403, "bob": 200, "bob@acme.example": 200} {
		s.wantVisit(status, who)
	}
	s.want(200, acmeToken, "PATCH", "/scim/v2/Users/"+id, patchActive(false))
	s.wantVisit(200, "bob")
	approve()
	s.wantVisit(403, "bob")
	s.want(200, acmeToken, "PATCH", "/scim/v2/Users/"+id, patchActive(true))
	s.wantVisit(403, "bob")
	approve()
	s.wantVisit(200, "bob")
	s.want(204, acmeToken, "DELETE", "/scim/v2/Groups/"+group, "")
	s.wantVisit(200, "bob")
	s.want(204, acmeToken, "DELETE", "/scim/v2/Users/"+id, "")
	s.wantVisit(200, "bob")
	approve()
	s.wantVisit(403, "bob")
}

// Nobody passes by the name of somebody else, nor by one that two have.
func TestGateNames(t *testing.T) {
	s := gated(t, "")
	mail := func(name, address string) string {
		return s.want(201, acmeToken, "POST", "/scim/v2/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
			"userName":"`+name+`","emails":[{"value":"`+name+`@first.example","primary":true},{"value":"`+address+`"}]}`).get("id")
	}
	ann := mail("ann@acme.example", "x@acme.example")
	mail("mallory", "ann@acme.example")
	seen := s.wantVisit(200, "ann@acme.example")
	if !strings.HasPrefix(seen, ann) {
		t.Errorf("%s is taken for ann", seen)
	}
	s.want(200, acmeToken, "PATCH", "/scim/v2/Users/"+ann, patchActive(false))
	s.wantVisit(403, "ann@acme.example")
	mail("one", "both@acme.example")
	two := mail("two", "both@acme.example")
	s.wantVisit(403, "both@acme.example")
	s.want(204, acmeToken, "DELETE", "/scim/v2/Users/"+two, "")
	s.wantVisit(200, "both@acme.example")
}

// Tenants are strangers to each other, and a name that comes from outside chooses none that there is not.
func TestGateTenants(t *testing.T) {
	s := newServer(t)
	site := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(site.Close)
	both := s.badger() + s.tenant("acme") + s.tenant("globex")
	if err := s.try(s.gate(site.URL, "", both)); err == nil || !strings.Contains(err.Error(), "tenant: missing; there are 2 tenants") {
		t.Errorf("two tenants and no word which: %v", err)
	}
	for problem, block := range map[string]string{
		`by: "title" is not one of`: `{"who":"{x}","by":["title"]}`,
		`who: missing`:              `{}`,
		`has no placeholder`:        `{"who":"ann"}`,
		`there is none named "x"`:   `{"who":"{x}","tenant":"x"}`,
		`groups: one has no name`:   `{"who":"{x}","groups":[""]}`,
	} {
		config := fmt.Sprintf(`{"apps":{"scim":{"storage":{"store":"badger","path":%q},"tenants":{"acme":{"application":{"url":"http://127.0.0.1:1",
			"routes":{"create":{"method":"POST","path":"/a"},"update":{"method":"PUT","path":"/a"},"delete":{"method":"DELETE","path":"/a"},
			"suspend":{"method":"POST","path":"/a"},"reactivate":{"method":"POST","path":"/a"}}}}}},
			"http":{"servers":{"s":{"listen":["127.0.0.1:0"],"routes":[{"match":[{"scim_active":%s}]}]}}}}}`, s.data, block)
		if err := validate(t, []byte(config)); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v", block, err)
		}
	}
	s.load(s.gate(site.URL, "{\n tenant {http.request.header.Tenant}\n }", both))
	s.want(201, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	for tenant, status := range map[string]int{"acme": 404, "globex": 403, "": 403, "../acme": 403, "{env.HOME}": 403} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/page", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Who", "ann")
		req.Header.Set("Tenant", tenant)
		resp, err := s.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("tenant %q: %d, want %d", tenant, resp.StatusCode, status)
		}
	}
}

func TestGateCaddyfile(t *testing.T) {
	t.Parallel()
	for text, problem := range map[string]string{
		"@a scim_active":                            "wants the name of who asks",
		"@a scim_active {x} y":                      `"y" is too much`,
		"@a scim_active {x} {\n by title\n }":       "wrong arguments, want: by id|userName|externalId|emails.value...",
		"@a scim_active {x} {\n by\n }":             "wrong arguments",
		"@a scim_active {x} {\n group\n }":          "wrong arguments",
		"@a scim_active {x} {\n colour\n }":         `scim_active has no option "colour"; it has tenant, by, group`,
		"@a {\nscim_active {x}\nscim_active {y}\n}": "twice",
	} {
		_, err := adapt(t, "Caddyfile", "localhost {\n"+text+"\nrespond @a 403\n}\n")
		if err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v, want %s", text, err, problem)
		}
	}
}

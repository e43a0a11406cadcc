package caddymodule_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// events is the option of a tenant with one stream.
func events(stream string) string {
	return "events {\n issuer https://scim.example.com/scim/v2\n poll_wait 10m\n stream audit {\n" + stream + "\n }\n}"
}

// What is pushed, polled and fetched with Caddy around it, with the secrets nowhere in the log.
func TestEventsByCaddy(t *testing.T) {
	t.Setenv("SIEM_TOKEN", "token-of-the-siem")
	got := make(chan string, 10)
	siem := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.Header.Get("Authorization") + " " + string(body)
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(siem.Close)
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme", events("push "+siem.URL+"\n auth bearer {env.SIEM_TOKEN}"))))
	keys := s.want(http.StatusOK, "", "GET", "/scim/v2/Events/jwks.json", "")
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	first := <-got
	if !strings.HasPrefix(first, "Bearer token-of-the-siem ey") {
		t.Errorf("pushed was %s", first)
	}
	s.wantAdmin(http.StatusNoContent, "POST", "/scim/events/rotate", "")
	s.wantAdmin(http.StatusMethodNotAllowed, "GET", "/scim/events/rotate", "")
	after := s.want(http.StatusOK, "", "GET", "/scim/v2/Events/jwks.json", "")
	if keys.get("keys.#") != "1" || after.get("keys.#") != "2" {
		t.Errorf("keys before and after the rotation: %s, %s", keys.body, after.body)
	}

	// A reload makes the receiver one that polls: the worker ends, and what is queued from then on waits.
	s.load(s.caddyfile(s.badger() + s.tenant("acme", events("poll"))))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("bob"))
	polled := s.want(http.StatusOK, acmeToken, "POST", "/scim/v2/Events/poll/audit", `{"returnImmediately":true}`)
	if n := len(gjson.Get(polled.body, "sets").Map()); n != 1 {
		t.Errorf("%d events polled, want 1: %s", n, polled.body)
	}
	metrics := s.want(http.StatusOK, "", "GET", "/metrics", "").body
	if !strings.Contains(metrics, `caddy_scim_events_total{outcome="accepted",stream="audit",tenant="acme"}`) {
		t.Error("the metrics do not count what was pushed")
	}
	if log := s.log(); strings.Contains(log, "token-of-the-siem") {
		t.Error("the log holds the receiver's token")
	}
}

// A receiver that waits for an event does not hold up a reload.
func TestReloadEndsLongPolls(t *testing.T) {
	s := newServer(t)
	config := func(n int) string {
		return s.caddyfile(s.badger() + s.tenant("acme", events("poll"), fmt.Sprintf("delivery {\n backlog %d\n}", n)))
	}
	s.load(config(1000))
	answered := make(chan response, 1)
	go func() {
		resp, err := send(s.client, "POST", s.url+"/scim/v2/Events/poll/audit", acmeToken, `{}`)
		if err != nil {
			t.Errorf("poll: %v", err)
		}
		answered <- resp
	}()
	// Wherever the poll has got to, the end of the server that it is at ends it.
	for n := 1001; ; n++ {
		s.load(config(n))
		select {
		case resp := <-answered:
			if resp.status != http.StatusOK || resp.get("sets") != "{}" {
				t.Errorf("%d %s", resp.status, resp.body)
			}
			return
		default:
		}
	}
}

func TestValidateEventsErrors(t *testing.T) {
	t.Setenv("KEY", "key\nwith a line end")
	stream := func(fields string) string {
		return `"events":{"issuer":"https://i.example","streams":{"a":{` + fields + `}}}`
	}
	for _, c := range []struct{ events, want string }{
		{`"events":{"streams":{"a":{}}}`, `events.issuer: missing`},
		{`"events":{"issuer":"i.example","streams":{"a":{}}}`, `events.issuer: not an http or https URL`},
		{`"events":{"issuer":"{env.NONE}"}`, `events: issuer: the environment variable NONE is not set or empty`},
		{`"events":{"issuer":"https://i.example","retention":"100d"}`, `events.retention: 2400h0m0s is not between`},
		{`"events":{"max_queued":-1}`, `events: limits must not be negative`},
		{`"events":{"issuer":"https://i.example","streams":{"A":null}}`, `events.streams[0].name: must be 1 to 63`},
		{stream(`"audience":[""]`), `events.streams[0].audience: it is empty`},
		{stream(`"events":["created"]`), `events: stream "a": events: "created" is none of create, put`},
		{stream(`"push":{}`), `stream "a": push: url: it is empty`},
		{stream(`"push":{"url":"http://siem.example"}`), `push: url: events hold personal data and are sent by https alone`},
		{stream(`"push":{"url":"https://u:hunter2@siem.example"}`), `push: url: not an https URL without user`},
		{stream(`"push":{"url":"ftp://siem.example"}`), `push: url: events hold personal data`},
		{stream(`"push":{"url":"https://s.example","timeout":-1}`), `push: timeout: it is negative`},
		{stream(`"push":{"url":"https://s.example","auth":{}}`), `push: auth: want one of bearer, basic and header`},
		{stream(`"push":{"url":"https://s.example","auth":{"bearer":"a","header":{"name":"b","value":"c"}}}`), `push: auth: want one of bearer, basic and header`},
		{stream(`"push":{"url":"https://s.example","auth":{"bearer":"{env.KEY}"}}`), `the value of Authorization holds a character that cannot be sent`},
		{stream(`"push":{"url":"https://s.example","auth":{"bearer":"a"},"headers":{"authorization":["b"]}}`), `auth: sets Authorization, which headers set too`},
		{stream(`"push":{"url":"https://s.example","headers":{"a b":["c"]}}`), `header: "a b" is not the name of a header`},
		{stream(`"poll":{}`), `unknown field "poll"`},
	} {
		config := `{"apps":{"scim":{"tenants":{"acme":{"application":{"url":"http://app.example",` + routes + `},` + c.events + `}}}}}`
		if !json.Valid([]byte(config)) {
			t.Fatalf("not JSON: %s", config)
		}
		err := validate(t, []byte(config))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.events, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "key\n")) {
			t.Errorf("%s: the error holds a secret: %v", c.events, err)
		}
	}
}

// Receivers tell tenants apart by iss and aud, since one key signs for all.
func TestValidateEventsOfTwoTenants(t *testing.T) {
	tenant := func(issuer, stream string) string {
		return `{"application":{"url":"http://app.example",` + routes + `},"events":{"issuer":"` + issuer + `","streams":{` + stream + `}}}`
	}
	const here, both = "https://i.example", `"siem":{"audience":["a","b"]}`
	for _, c := range []struct{ acme, globex, want string }{
		{tenant(here, `"audit":{}`), tenant(here, `"audit":{}`), ``},
		{tenant(here, both), tenant("https://j.example", both), ``},
		{tenant(here, both), tenant(here+"/", `"audit":{"audience":["c","b"]}`),
			`stream "siem" of tenant "acme" and stream "audit" of tenant "globex": events: both have the issuer https://i.example and the audience b`},
	} {
		err := validate(t, []byte(`{"apps":{"scim":{"tenants":{"acme":`+c.acme+`,"globex":`+c.globex+`}}}}`))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s\n%s:\ngot  %v\nwant %s", c.acme, c.globex, err, c.want)
		}
	}
}

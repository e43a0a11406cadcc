package caddymodule_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
)

// habits is the application of the example: whatever comes of it, it answers 200.
type habits struct {
	mu     sync.Mutex
	told   []string
	logins map[string]string // by the account's id
	answer map[string]string // once, in the place of its own
}

func (h *habits) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.URL.Path == "/oauth/token" {
		if _, secret, _ := r.BasicAuth(); secret != appKey {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"of-the-moment","token_type":"Bearer","expires_in":60}`)
		return
	}
	if r.Header.Get("Authorization") != "Bearer of-the-moment" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, _ := io.ReadAll(r.Body)
	line := strings.TrimSpace(r.Method + " " + r.URL.RequestURI() + " " + string(body))
	h.told = append(h.told, line)
	if other, ok := h.answer[r.Method+" "+r.URL.Path]; ok {
		delete(h.answer, r.Method+" "+r.URL.Path)
		_, _ = io.WriteString(w, other)
		return
	}
	_, _ = io.WriteString(w, h.usual(r, body))
}

func (h *habits) usual(r *http.Request, body []byte) string {
	switch r.Method + " " + r.URL.Path {
	case "POST /api/accounts":
		login := gjson.GetBytes(body, "login").Str
		for _, taken := range h.logins {
			if taken == login {
				return `{"ok":false,"code":"duplicate"}`
			}
		}
		id := fmt.Sprint(len(h.logins) + 1)
		h.logins[id] = login
		return `{"ok":true,"account":{"id":` + id + `}}`
	case "GET /api/accounts":
		for id, login := range h.logins {
			if login == r.URL.Query().Get("login") {
				return `{"ok":true,"accounts":[{"id":` + id + `,"login":"` + login + `"}]}`
			}
		}
		return `{"ok":false,"code":"unknown_account"}`
	case "POST /api/lists":
		return `{"ok":true,"list":{"id":"L1"}}`
	case "DELETE /api/accounts/1":
		delete(h.logins, "1")
	}
	return `{"ok":true}`
}

// since returns what the application was told since it was asked last.
func (h *habits) since() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	told := h.told
	h.told = nil
	return told
}

// TestConnectorCaddyfile runs the example of an application with habits of its own.
func TestConnectorCaddyfile(t *testing.T) {
	s := newServer(t)
	h := &habits{logins: map[string]string{}, answer: map[string]string{}}
	app := httptest.NewServer(h)
	t.Cleanup(app.Close)
	raw, err := os.ReadFile("../examples/caddyfiles/connector.Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	file := strings.NewReplacer("http://127.0.0.1:9000", app.URL, "http://localhost:8080", s.url, "scim {\n", "scim {\n"+s.badger()).Replace(string(raw))
	config, err := adapt(t, "connector.Caddyfile", strings.Replace(file, "\tscim\n}", "\tscim /scim/*\n}", 1))
	if err != nil {
		t.Fatal(err)
	}
	own := fmt.Sprintf(`{"admin":{"disabled":true,"config":{"persist":false}},"storage":{"module":"file_system","root":%q},`, s.dir)
	if err := caddy.Load([]byte(own+strings.TrimPrefix(string(config), "{")), true); err != nil {
		t.Fatal(err)
	}
	want := func(lines ...string) {
		t.Helper()
		if diff := cmp.Diff(lines, h.since()); diff != "" {
			t.Errorf("the application was told, -want +got:\n%s", diff)
		}
	}

	ann := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann")).get("id")
	want(`POST /api/accounts {"login":"ann","mail":"ann@acme.example"}`, `PUT /api/accounts/1/plan {"plan":"member"}`, "POST /api/accounts/1/welcome")

	// An account that is there already is found and taken.
	h.logins["7"] = "bob"
	bob := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("bob")).get("id")
	told := h.since()
	if len(told) < 3 || told[1] != "GET /api/accounts?login=bob" || !strings.HasPrefix(told[2], "PUT /api/accounts/7 ") {
		t.Errorf("the application was told %q", told)
	}

	// A success that is none is what the client is told.
	h.answer["PUT /api/accounts/1"] = `{"ok":false,"code":"mail","message":"not such a mail"}`
	refused := s.want(http.StatusBadRequest, acmeToken, "PATCH", "/scim/v2/Users/"+ann, `{"Operations":[{"op":"replace","path":"emails","value":[{"value":"x@y.example","primary":true}]}]}`)
	if !strings.Contains(refused.body, "not such a mail") {
		t.Errorf("the client is told %s", refused.body)
	}
	h.since()

	// The members are told as one list.
	members, err := json.Marshal([]map[string]string{{"value": ann}, {"value": bob}})
	if err != nil {
		t.Fatal(err)
	}
	group := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g","members":`+string(members)+`}`).get("id")
	told = h.since()
	if last := told[len(told)-1]; last != `PUT /api/lists/L1/accounts {"accounts":["1","7"]}` && last != `PUT /api/lists/L1/accounts {"accounts":["7","1"]}` {
		t.Errorf("the application was told %q", told)
	}
	s.want(http.StatusNoContent, acmeToken, "PATCH", "/scim/v2/Groups/"+group, `{"Operations":[{"op":"remove","path":"members","value":`+string(members)+`}]}`)
	want(`PUT /api/lists/L1/accounts {"accounts":[]}`)

	// Whoever is suspended is out of their sessions too, and an account that is gone is.
	s.want(http.StatusOK, acmeToken, "PATCH", "/scim/v2/Users/"+ann, patchActive(false))
	want("POST /api/accounts/1/lock", "DELETE /api/accounts/1/sessions")
	h.mu.Lock()
	h.answer["DELETE /api/accounts/1"] = `{"ok":false,"code":"unknown_account"}`
	delete(h.logins, "1")
	h.mu.Unlock()
	s.want(http.StatusNoContent, acmeToken, "DELETE", "/scim/v2/Users/"+ann, "")
	if told := h.since(); !slices.Contains(told, "DELETE /api/accounts/1") {
		t.Errorf("the application was told %q", told)
	}
	s.want(http.StatusNotFound, acmeToken, "GET", "/scim/v2/Users/"+ann, "")
}

package legacyapp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

// app is a running application and a client of it.
type app struct {
	t   *testing.T
	url string
	key string
}

func start(t *testing.T, opts legacyapp.Options) *app {
	t.Helper()
	server := httptest.NewServer(legacyapp.New(opts))
	t.Cleanup(server.Close)
	return &app{t: t, url: server.URL, key: opts.Key}
}

// try sends a request; the error is that of the connection.
func (a *app) try(method, path, body string, headers ...string) (int, string, error) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if a.key != "" {
		req.Header.Set("Authorization", "Bearer "+a.key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	if len(data) > 0 && (!json.Valid(data) || resp.Header.Get("Content-Type") != "application/json") {
		a.t.Errorf("%s %s: not JSON: %s", method, path, data)
	}
	return resp.StatusCode, string(data), nil
}

// want sends a request and checks the status.
func (a *app) want(status int, method, path, body string, headers ...string) string {
	a.t.Helper()
	got, answer, err := a.try(method, path, body, headers...)
	if err != nil {
		a.t.Fatal(err)
	}
	if got != status {
		a.t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, got, answer, status)
	}
	return answer
}

func equal(t *testing.T, json, path, want string) {
	t.Helper()
	if got := gjson.Get(json, path).String(); got != want {
		t.Errorf("%s = %q, want %q in %s", path, got, want, json)
	}
}

func TestMemberLifecycle(t *testing.T) {
	t.Parallel()
	a := start(t, legacyapp.Options{})

	m := a.want(201, "POST", "/members", `{"login":"mo","mail":"mo@acme.example","full_name":"Mo K","role":"engineer","ref":"x1","unknown":1}`)
	equal(t, m, "member.no", "1001")
	equal(t, m, "member.state", "active")
	equal(t, m, "member.role", "engineer")
	equal(t, a.want(201, "POST", "/members", `{"login":"na","mail":"na@acme.example"}`), "member.no", "1002")

	m = a.want(200, "PATCH", "/members/1001", `{"dept":"Research","full_name":null}`)
	equal(t, m, "member.dept", "Research")
	equal(t, m, "member.full_name", "")
	equal(t, m, "member.login", "mo")

	equal(t, a.want(200, "POST", "/members/1001/suspend", ``), "member.state", "suspended")
	equal(t, a.want(200, "POST", "/members/1001/suspend", ``), "member.state", "suspended")
	equal(t, a.want(200, "GET", "/members/1001", ``), "member.state", "suspended")
	equal(t, a.want(200, "POST", "/members/1001/restore", ``), "member.state", "active")

	equal(t, a.want(200, "GET", "/members", ``), "members.#.no", "[1001,1002]")
	for query, want := range map[string]string{
		"?login=MO":                      "[1001]",
		"?mail=Na@ACME.example":          "[1002]",
		"?ref=x1":                        "[1001]",
		"?login=mo&mail=na@acme.example": "[]",
		"?login=nobody":                  "[]",
		"?login=":                        "[]",
	} {
		equal(t, a.want(200, "GET", "/members"+query, ``), "members.#.no", want)
	}

	a.want(204, "DELETE", "/members/1001", ``)
	a.want(404, "GET", "/members/1001", ``)
	a.want(404, "DELETE", "/members/1001", ``)
	equal(t, a.want(201, "POST", "/members", `{"login":"mo","mail":"mo@acme.example"}`), "member.no", "1003")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	a := start(t, legacyapp.Options{MaxMembers: 2, MaxBody: 4096})
	a.want(201, "POST", "/members", `{"login":"mo","mail":"mo@acme.example"}`)
	a.want(201, "POST", "/members", `{"login":"na","mail":"na@acme.example"}`)
	for _, c := range []struct {
		method, path, body string
		status             int
		problem            string
	}{
		{"POST", "/members", `{"login":"x","mail":"x@acme.example"}`, 507, "no room"},
		{"PATCH", "/members/1002", `{"login":"MO"}`, 409, `login "MO" is taken`},
		{"PATCH", "/members/1002", `{"mail":"Mo@acme.example"}`, 409, `is taken`},
		{"PATCH", "/members/1002", `{"mail":"nowhere"}`, 422, `mail "nowhere" is not an address`},
		{"PATCH", "/members/1002", `{"role":"king"}`, 422, `role "king" is not known`},
		{"PATCH", "/members/1002", `{"login":" "}`, 422, `login is missing`},
		{"PATCH", "/members/1002", `{"dept":"` + strings.Repeat("x", 600) + `"}`, 422, `longer than`},
		{"PATCH", "/members/1002", `{"dept":5}`, 400, `not the JSON`},
		{"PATCH", "/members/1002", `{`, 400, `not the JSON`},
		{"PATCH", "/members/1002", `{"dept":"` + strings.Repeat("x", 5000) + `"}`, 413, `too large`},
		{"PUT", "/members/1002", `{}`, 405, "PUT is not possible"},
		{"GET", "/members/x", ``, 404, "no such member"},
		{"GET", "/nowhere", ``, 404, "no such page"},
		{"POST", "/faults", `{"status":42}`, 422, "status"},
		{"POST", "/faults", `{"delay_ms":-1}`, 422, "out of range"},
	} {
		saysProblem(t, a.want(c.status, c.method, c.path, c.body), c.problem)
	}
	equal(t, a.want(200, "GET", "/members/1002", ``), "member.login", "na")
}

func saysProblem(t *testing.T, answer, want string) {
	t.Helper()
	if got := gjson.Get(answer, "problem").String(); !strings.Contains(got, want) {
		t.Errorf("problem %q does not say %q", got, want)
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	a := start(t, legacyapp.Options{Key: "k1"})
	a.want(200, "GET", "/members", ``)
	a.want(401, "GET", "/members", ``, "Authorization", "Bearer k2")
	a.want(401, "POST", "/faults", `{}`, "Authorization", "k1")
	for _, line := range gjson.Get(a.want(200, "GET", "/requests", ``), "requests.#.headers").Array() {
		if strings.Contains(line.Raw, "k1") || strings.Contains(line.Raw, "k2") {
			t.Errorf("a key is shown: %s", line.Raw)
		}
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	a := start(t, legacyapp.Options{MaxRequests: 3})
	a.want(201, "POST", "/members?via=x", `{"login":"mo","mail":"mo@acme.example"}`, "Idempotency-Key", "k-1")
	a.want(400, "POST", "/members", `not json`)
	got := a.want(200, "GET", "/requests", ``)
	equal(t, got, "total", "2")
	equal(t, got, "requests.0.number", "1")
	equal(t, got, "requests.0.method", "POST")
	equal(t, got, "requests.0.path", "/members?via=x")
	equal(t, got, "requests.0.headers.Idempotency-Key", "k-1")
	equal(t, got, "requests.0.body.login", "mo")
	equal(t, got, "requests.0.status", "201")
	equal(t, got, "requests.1.body", "not json")
	equal(t, got, "requests.1.status", "400")

	a.want(200, "GET", "/members", ``)
	a.want(200, "GET", "/members", ``)
	equal(t, a.want(200, "GET", "/requests", ``), "requests.#.number", "[2,3,4]")
	a.want(204, "DELETE", "/requests", ``)
	equal(t, a.want(200, "GET", "/requests", ``), "total", "0")
}

func TestRequestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	a := start(t, legacyapp.Options{MaxRequestBytes: 40 << 10})
	for range 8 {
		a.want(422, "POST", "/members", `{"login":"`+strings.Repeat("x", 20<<10)+`"}`)
	}
	got := a.want(200, "GET", "/requests", ``)
	equal(t, got, "total", "8")
	equal(t, got, "requests.#.number", "[7,8]")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	a := start(t, legacyapp.Options{})
	create := func(login string) (int, string, error) {
		return a.try("POST", "/members", fmt.Sprintf(`{"login":%q,"mail":"%s@acme.example"}`, login, login))
	}

	a.want(200, "POST", "/faults", `{"status":503,"count":2,"delay_ms":1,"retry_after":"7"}`)
	a.want(200, "GET", "/members", ``)
	for range 2 {
		if status, _, err := create("mo"); status != 503 || err != nil {
			t.Fatal(status, err)
		}
	}
	if status, _, err := create("mo"); status != 201 || err != nil {
		t.Fatal("the fault outlives its count", status, err)
	}

	a.want(200, "POST", "/faults", `{"status":0}`)
	if _, _, err := create("na"); err == nil {
		t.Fatal("the connection was not dropped")
	}
	equal(t, a.want(200, "GET", "/members?login=na", ``), "members.#", "0")

	a.want(200, "POST", "/faults", `{"status":0,"after":true}`)
	if _, _, err := create("na"); err == nil {
		t.Fatal("the connection was not dropped")
	}
	equal(t, a.want(200, "GET", "/members?login=na", ``), "members.#", "1")

	a.want(200, "POST", "/faults", `{"delay_ms":1}`)
	if status, _, err := create("ot"); status != 201 || err != nil {
		t.Fatal(status, err)
	}
	a.want(200, "POST", "/faults", `{"delay_ms":1,"after":true}`)
	if status, _, err := create("pi"); status != 201 || err != nil {
		t.Fatal(status, err)
	}

	a.want(200, "POST", "/faults", `{"status":422,"count":9,"problem":"not today"}`)
	equal(t, a.want(422, "DELETE", "/members/1001", ``), "problem", "not today")
	equal(t, a.want(200, "GET", "/faults", ``), "fault.count", "8")
	a.want(204, "DELETE", "/faults", ``)
	a.want(204, "DELETE", "/members/1001", ``)
}

func TestDelayEndsWhenTheCallerLeaves(t *testing.T) {
	t.Parallel()
	handler := legacyapp.New(legacyapp.Options{})
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/faults", strings.NewReader(`{"status":503,"delay_ms":600000}`)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // a panic value, not a wrapped error
			t.Errorf("recovered %v", got)
		}
	}()
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/members", strings.NewReader(`{}`)).WithContext(ctx))
	t.Error("the request was answered")
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	const body = `{"login":"mo","mail":"mo@acme.example"}`
	unaware := start(t, legacyapp.Options{})
	unaware.want(201, "POST", "/members", body, "Idempotency-Key", "k")
	unaware.want(409, "POST", "/members", body, "Idempotency-Key", "k")

	aware := start(t, legacyapp.Options{HonourIdempotencyKeys: true})
	first := aware.want(201, "POST", "/members", body, "Idempotency-Key", "k")
	if again := aware.want(201, "POST", "/members", body, "Idempotency-Key", "k"); again != first {
		t.Errorf("answered %s, first %s", again, first)
	}
	aware.want(409, "POST", "/members", body, "Idempotency-Key", "k2")
	aware.want(409, "POST", "/members", body)
}

func TestConcurrentCallersSeeOneOrder(t *testing.T) {
	t.Parallel()
	a := start(t, legacyapp.Options{})
	var group sync.WaitGroup
	var mu sync.Mutex
	created := map[int]int{}
	for i := range 40 {
		group.Go(func() {
			login := fmt.Sprintf("u%d", i/2) // each login is tried twice
			status, _, err := a.try("POST", "/members", fmt.Sprintf(`{"login":%q,"mail":"%s@acme.example"}`, login, login))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			created[status]++
		})
	}
	group.Wait()
	if created[201] != 20 || created[409] != 20 {
		t.Errorf("answers by status: %v", created)
	}
	equal(t, a.want(200, "GET", "/requests", ``), "total", "40")
}

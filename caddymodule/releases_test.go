package caddymodule_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/caddymodule"
)

// Policies that always say the same.
var (
	allowing = adaptertest.Module(map[string]string{"decide": `{"verdict":"allow"}`})
	denying  = adaptertest.Module(map[string]string{"decide": `{"verdict":"deny","status":403,"detail":"nobody gets in"}`})
	talking  = adaptertest.Module(map[string]string{"decide": adaptertest.Logs + `{"verdict":"allow"}`})
)

const acmePolicies = "/scim/tenants/acme/policies"

// upload is the body of a push.
func upload(module []byte, fields string) string {
	return `{"module":"` + base64.StdEncoding.EncodeToString(module) + `","by":"ops"` + fields + `}`
}

// untilAdmin asks again and again until an answer has the value at the JSON path.
func (s *server) untilAdmin(url, path, value string) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		got := s.wantAdmin(200, "GET", url, "")
		switch {
		case got.get(path) == value:
			return
		case time.Now().After(deadline):
			s.t.Fatalf("%s does not become %s: %s", path, value, got.body)
		}
	}
}

func TestReleasesByTheAdminAPI(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme") + s.tenant("globex")))
	if got, want := strings.TrimSpace(s.wantAdmin(200, "GET", acmePolicies, "").body), `{"releases":[],`; !strings.HasPrefix(got, want) {
		t.Errorf("without releases: %s", got)
	}
	pushed := s.wantAdmin(201, "POST", acmePolicies, upload(allowing, `,"note":"lets all in"`))
	if pushed.get("release.number") != "1" || pushed.get("release.state") != "uploaded" || pushed.get("release.note") != "lets all in" || len(pushed.get("report.version")) != 64 {
		t.Errorf("pushed %s", pushed.body)
	}
	s.wantAdmin(201, "POST", acmePolicies, upload(denying, ``))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("before")) // a release that was only uploaded rules nothing

	status := s.wantAdmin(200, "POST", acmePolicies+"/1/promote", `{"by":"ops"}`)
	if status.get("active") != "1" || status.get("releases.1.state") != "active" {
		t.Errorf("promoted: %s", status.body)
	}
	s.wantAdmin(200, "POST", acmePolicies+"/2/shadow", `{"by":"ops"}`)
	made := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	s.untilAdmin(acmePolicies, "shadow_stats.different", "1")
	found := s.wantAdmin(200, "GET", acmePolicies+"/differences?limit=10", "")
	if found.get("differences.0.would.detail") != "nobody gets in" || found.get("differences.0.was.verdict") != "allow" ||
		found.get("differences.0.resource_id") != made.get("id") || found.get("differences.#") != "1" {
		t.Errorf("differences: %s", found.body)
	}
	s.wantAdmin(200, "POST", acmePolicies+"/unshadow", `{"by":"ops"}`)

	canary := s.wantAdmin(200, "POST", acmePolicies+"/2/promote", `{"by":"ops","percent":50}`)
	if canary.get("active") != "1" || canary.get("canary") != "2" || canary.get("canary_percent") != "50" {
		t.Errorf("canary: %s", canary.body)
	}
	s.wantAdmin(200, "POST", acmePolicies+"/2/promote", `{"by":"ops","percent":100}`)
	s.want(http.StatusForbidden, acmeToken, "POST", "/scim/v2/Users", user("bob"))
	s.want(http.StatusCreated, globexToken, "POST", "/scim/v2/Users", user("bob"))
	if back := s.wantAdmin(200, "POST", acmePolicies+"/rollback", `{"by":"ops"}`); back.get("active") != "1" || back.get("releases.0.state") != "retired" {
		t.Errorf("rolled back: %s", back.body)
	}
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("bob"))
	if got := s.wantAdmin(200, "GET", acmePolicies+"/2/module", ""); got.body != string(denying) || got.header.Get("Content-Type") != "application/wasm" {
		t.Errorf("the module comes back as %q of type %q", got.body, got.header.Get("Content-Type"))
	}

	// A restart changes nothing.
	s.stop()
	s.load(s.caddyfile(s.badger() + s.tenant("acme") + s.tenant("globex")))
	if got := s.wantAdmin(200, "GET", acmePolicies, ""); got.get("active") != "1" || got.get("releases.#") != "2" {
		t.Errorf("after a restart: %s", got.body)
	}

	for _, c := range []struct {
		status             int
		method, path, body string
		want               string
	}{
		{400, "POST", "", `{}`, "module: missing"},
		{400, "POST", "", `{"module":"AAAA"}`, "by: missing; it says who does it"},
		{400, "POST", "", upload([]byte("no module"), ``), "module: "},
		{400, "POST", "", upload(allowing, `,"settings":[]`), "settings: "},
		{400, "POST", "", upload(allowing, `,"signature":"AAAA"`), "signature: 3 bytes, want 64"},
		{400, "POST", "", upload(allowing, `,"since":"2026-01-01T00:00:00Z"`), "since: only a replay has it"},
		{400, "POST", "", upload(allowing, `,"note":"`+strings.Repeat("x", 1001)+`"`), "note: longer than 1000 bytes"},
		{400, "POST", "", upload(allowing, `,"percent":5`), `it has no field "percent"`},
		{400, "POST", "", `[1]`, "wanted: it is a JSON array"},
		{400, "POST", "", `{"module":"AAAA`, "wanted: unexpected EOF"},
		{400, "POST", "", `{} {}`, "more than one JSON object"},
		{400, "POST", "", `{"module":5}`, "module: a JSON number does not fit"},
		{400, "POST", "", `{"module":"A*AA"}`, "module or signature: not base64, from its byte 1 on"},
		{400, "POST", "/replay", `{"since":5}`, "since: not a time such as "},
		{400, "POST", "/replay", `{"since":"yesterday"}`, "since: not a time such as "},
		{413, "POST", "", strings.Repeat(" ", 13<<20), "the body is larger than "},
		{405, "DELETE", "", ``, "DELETE is not possible here; possible is GET, POST"},
		{400, "POST", "/1/promote", `{}`, "by: missing"},
		{400, "POST", "/1/promote", `{"by":"ops","percent":0}`, "percent: 0 is not from 1 to 100"},
		{400, "POST", "/1/shadow", `{"by":"ops","percent":5}`, "percent: only promote has it"},
		{400, "POST", "/rollback", `{"by":"` + strings.Repeat("x", 201) + `"}`, "by: longer than 200 bytes"},
		{404, "POST", "/3/promote", `{"by":"ops"}`, "the tenant has no release 3"},
		{404, "POST", "/3/shadow", `{"by":"ops"}`, "the tenant has no release 3"},
		{404, "GET", "/3/module", ``, "the tenant has no release 3"},
		{404, "POST", "/0/promote", `{"by":"ops"}`, "there is nothing at"},
		{404, "GET", "/nothing", ``, "there is nothing at"},
		{405, "GET", "/rollback", ``, "possible is POST"},
		{400, "GET", "/differences?limit=1001", ``, "limit: "},
		{400, "GET", "/log?after=-1", ``, "after: "},
		{400, "GET", "/log?wait=2m", ``, `wait: "2m" is not a duration from 0s to 1m0s`},
		{400, "POST", "/replay", upload(allowing, ``), "since: missing"},
		{400, "POST", "/replay", upload([]byte("no module"), `,"since":"2026-01-01T00:00:00Z"`), "module: "},
	} {
		if got := s.wantAdmin(c.status, c.method, acmePolicies+c.path, c.body).get("error"); !strings.Contains(got, c.want) {
			t.Errorf("%s %s %.80s: got %q, want %q", c.method, c.path, c.body, got, c.want)
		}
	}
	steps := strings.Count(s.log(), `"msg":"policy step taken"`)
	for _, path := range []string{"/unshadow", "/1/promote"} { // it is so already
		if got := s.wantAdmin(200, "POST", acmePolicies+path, `{"by":"ops"}`); got.get("unchanged") != "true" || got.get("active") != "1" {
			t.Errorf("%s once more: %s", path, got.body)
		}
	}
	log := s.log()
	if got := strings.Count(log, `"msg":"policy step taken"`); got != steps {
		t.Errorf("the log has %d steps, want %d", got, steps)
	}
	for _, want := range []string{`"msg":"policy uploaded","tenant":"acme"`, `"step":"promote","release":2,"percent":50`, `"step":"rollback","release":1`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	if strings.Contains(log, `"ops"`) || strings.Contains(log, "ann@") {
		t.Error("the log has personal data")
	}
	for series, least := range map[string]float64{
		`caddy_scim_policy_calls_total{hook="decide",outcome="answered",policy="policy",tenant="acme"}`: 1,
		`caddy_scim_policy_calls_total{hook="decide",outcome="answered",policy="shadow",tenant="acme"}`: 1,
		`caddy_scim_policy_fuel_total{hook="decide",policy="policy",tenant="acme"}`:                     1,
		`caddy_scim_policy_shadow_total{result="different",tenant="acme"}`:                              1,
		`caddy_scim_policies_loaded`:                1,
		`caddy_scim_policies_compiled`:              1,
		`caddy_scim_policy_instances{state="idle"}`: 1,
		`caddy_scim_policy_evicted_total`:           0,
	} {
		if got := s.metric(series); got < least {
			t.Errorf("%s is %v, want %v at least", series, got, least)
		}
	}
}

// Uploads whose bodies do not come take the turns; others are told to come again, and go through when those have ended.
func TestUploadsTakeTurns(t *testing.T) {
	defer caddymodule.HurryTurns()()
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	var bodies [2]*io.PipeWriter
	var group sync.WaitGroup
	for i := range bodies {
		var body *io.PipeReader
		body, bodies[i] = io.Pipe()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://admin"+acmePolicies, body)
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			resp, err := s.admin.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusBadRequest {
				t.Errorf("an upload of nothing was answered with %s", resp.Status)
			}
		})
	}
	want := func(status int) response {
		for deadline := time.Now().Add(time.Minute); ; {
			got, err := send(s.admin, "POST", "http://admin"+acmePolicies, "", `{}`)
			if err == nil && got.status == status {
				return got
			}
			if time.Now().After(deadline) {
				t.Fatalf("got %d, %v, want %d", got.status, err, status)
			}
		}
	}
	if busy := want(http.StatusServiceUnavailable); busy.header.Get("Retry-After") == "" || !strings.Contains(busy.get("error"), "at work already") {
		t.Errorf("while others upload: %v %s", busy.header, busy.body)
	}
	s.wantAdmin(400, "POST", acmePolicies+"/replay", `{}`) // replays have turns of their own
	for _, body := range bodies {
		_ = body.Close()
	}
	group.Wait()
	want(http.StatusBadRequest)
}

func TestAPinnedTenant(t *testing.T) {
	s := newServer(t)
	file := writeFile(t, filepath.Join(s.dir, "allow.wasm"), allowing)
	s.load(s.caddyfile(s.badger() + s.tenant("acme", "policy "+file)))
	s.wantAdmin(201, "POST", acmePolicies, upload(denying, ``))
	for _, path := range []string{"/1/promote", "/rollback"} {
		if got := s.wantAdmin(409, "POST", acmePolicies+path, `{"by":"ops"}`).get("error"); !strings.Contains(got, "the configuration sets this tenant's policy; take the file out") {
			t.Errorf("%s: %s", path, got)
		}
	}
	s.wantAdmin(200, "POST", acmePolicies+"/1/shadow", `{"by":"ops"}`)
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	s.untilAdmin(acmePolicies, "shadow_stats.different", "1")
	if got := s.wantAdmin(200, "GET", acmePolicies, "").get("pinned"); len(got) != 64 {
		t.Errorf("pinned to %q", got)
	}

	// Without the file the release can rule, and with it again the file does.
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	s.wantAdmin(200, "POST", acmePolicies+"/1/promote", `{"by":"ops"}`)
	s.want(http.StatusForbidden, acmeToken, "POST", "/scim/v2/Users", user("bob"))
	s.load(s.caddyfile(s.badger() + s.tenant("acme", "policy "+file)))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("bob"))
}

func TestInitialPolicy(t *testing.T) {
	s := newServer(t)
	first, second := writeFile(t, filepath.Join(s.dir, "first.wasm"), denying), writeFile(t, filepath.Join(s.dir, "second.wasm"), allowing)
	s.load(s.caddyfile(s.badger() + s.tenant("acme", "policy {\ninitial "+first+"\n}")))
	s.want(http.StatusForbidden, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	s.wantAdmin(201, "POST", acmePolicies, upload(allowing, ``))
	s.wantAdmin(200, "POST", acmePolicies+"/2/promote", `{"by":"ops"}`)

	// Where there are releases the configuration's first is not looked at any more.
	s.load(s.caddyfile(s.badger() + s.tenant("acme", "policy {\ninitial "+second+"\n}")))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	if got := s.wantAdmin(200, "GET", acmePolicies, ""); got.get("active") != "2" || got.get("releases.#") != "2" || got.get("releases.1.by") != "configuration" {
		t.Errorf("releases: %s", got.body)
	}
}

func TestGuardOfTheOperator(t *testing.T) {
	s := newServer(t)
	guard := writeFile(t, filepath.Join(s.dir, "guard.wasm"), denying)
	other := writeFile(t, filepath.Join(s.dir, "guard2.wasm"), talking)
	file := writeFile(t, filepath.Join(s.dir, "allow.wasm"), allowing)
	strict := writeFile(t, filepath.Join(s.dir, "deny.wasm"), denying)
	s.load(s.caddyfile("guard " + guard + "\n" + s.badger() + s.tenant("acme", "policy "+file) + s.tenant("globex")))
	for _, token := range []string{acmeToken, globexToken} {
		if got := s.want(http.StatusForbidden, token, "POST", "/scim/v2/Users", user("ann")).get("detail"); !strings.Contains(got, "nobody gets in") {
			t.Errorf("denied with %q", got)
		}
	}
	if got := s.wantAdmin(200, "GET", acmePolicies, "").get("guard"); len(got) != 64 {
		t.Errorf("the guard is %q", got)
	}
	// The stricter of the two wins.
	s.load(s.caddyfile("guard " + other + "\n" + s.badger() + s.tenant("acme", "policy "+strict) + s.tenant("globex")))
	s.want(http.StatusForbidden, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	s.want(http.StatusCreated, globexToken, "POST", "/scim/v2/Users", user("ann"))
	if got := s.metric(`caddy_scim_policy_calls_total{hook="decide",outcome="answered",policy="guard",tenant="globex"}`); got < 2 {
		t.Errorf("calls of the guard: %v", got)
	}
}

func TestSignedUploads(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile("policies {\nsigner " + public('a') + " " + public('b') + "\n}\n" + s.badger() +
		s.tenant("acme") + s.tenant("globex", "policy {\nsigner "+public('a')+"\n}")))
	by := func(letter byte) string {
		return `,"signature":"` + base64.StdEncoding.EncodeToString(ed25519.Sign(signer(letter), allowing)) + `"`
	}
	const globex = "/scim/tenants/globex/policies"
	for _, c := range []struct {
		status       int
		path, fields string
	}{
		{400, acmePolicies, ``},
		{400, acmePolicies, by('c')},
		{400, acmePolicies, `,"signature":"` + base64.StdEncoding.EncodeToString(ed25519.Sign(signer('a'), denying)) + `"`},
		{201, acmePolicies, by('a')},
		{201, acmePolicies, by('b')},
		{400, globex, by('b')},
		{201, globex, by('a')},
	} {
		got := s.wantAdmin(c.status, "POST", c.path, upload(allowing, c.fields))
		if c.status == 400 && !strings.Contains(got.get("error"), "signature: ") || c.status == 201 && got.get("release.signer") == "" {
			t.Errorf("%s %s: %s", c.path, c.fields, got.body)
		}
	}
	if got := s.wantAdmin(200, "GET", acmePolicies, "").get("releases.#"); got != "2" {
		t.Errorf("%s releases", got)
	}
}

// TestHotSwap promotes and takes back under load; no request may fail, and each new user is what one of the two made.
func TestHotSwap(t *testing.T) {
	s := newServer(t)
	rewriting := func(title string) []byte {
		return adaptertest.Module(map[string]string{
			"decide": `{"verdict":"allow"}`,
			"map":    `{"requests":[{"body":{"login":"` + title + `","mail":"` + title + `@acme.example"}}]}`,
		})
	}
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	for _, module := range [][]byte{allowing, talking, rewriting("x")} {
		s.wantAdmin(201, "POST", acmePolicies, upload(module, ``))
	}
	c := startClients(s, 4)
	for range 10 {
		s.wantAdmin(200, "POST", acmePolicies+"/1/promote", `{"by":"ops"}`)
		c.step()
		s.wantAdmin(200, "POST", acmePolicies+"/2/promote", `{"by":"ops","percent":50}`)
		c.step()
		s.wantAdmin(200, "POST", acmePolicies+"/2/promote", `{"by":"ops"}`)
		c.step()
		s.wantAdmin(200, "POST", acmePolicies+"/rollback", `{"by":"ops"}`)
		c.step()
	}
	c.stop()
	t.Logf("%d requests", c.requests.Load())
	if got := s.wantAdmin(200, "GET", acmePolicies, "").get("active"); got != "1" {
		t.Errorf("release %s rules", got)
	}
}

func TestReplayInLines(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	for i := range 3 {
		s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user(fmt.Sprintf("user-%d", i)))
	}
	body := upload(denying, `,"since":"2020-01-01T00:00:00Z"`)
	first := s.wantAdmin(200, "POST", acmePolicies+"/replay", body)
	if got := first.header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Errorf("content type %q", got)
	}
	lines := strings.Split(strings.TrimSpace(first.body), "\n")
	for _, line := range lines[:len(lines)-1] {
		if done, total := gjson.Get(line, "done"), gjson.Get(line, "total"); !done.Exists() || total.Int() < done.Int() {
			t.Errorf("a line of progress is %s", line)
		}
	}
	report := lines[len(lines)-1]
	if gjson.Get(report, `replay.changes.#(hook=="decide")#|#`).Int() != 3 || gjson.Get(report, "replay.different").Int() < 3 || gjson.Get(report, "replay.failed").Int() != 0 {
		t.Errorf("the report is %s", report)
	}
	second := strings.Split(strings.TrimSpace(s.wantAdmin(200, "POST", acmePolicies+"/replay", body).body), "\n")
	if again := second[len(second)-1]; again != report {
		t.Errorf("another report on the second run:\n%s\n%s", report, again)
	}
	if got := s.wantAdmin(200, "GET", acmePolicies, "").get("releases.#"); got != "0" {
		t.Errorf("a replay made %s releases", got)
	}
}

func TestPolicyLogIsWaitedFor(t *testing.T) {
	s := newServer(t)
	file := writeFile(t, filepath.Join(s.dir, "talking.wasm"), talking)
	config := s.caddyfile(s.badger() + s.tenant("acme", "policy "+file))
	s.load(config)
	wait := func(after string) <-chan response {
		answer := make(chan response, 1)
		go func() {
			got, err := send(s.admin, "GET", "http://admin"+acmePolicies+"/log?wait=1m&after="+after, "", "")
			if err != nil {
				t.Error(err)
			}
			answer <- got
		}()
		return answer
	}
	waiting := wait("0")
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	got := <-waiting
	if got.get("lines.0.text") != `{"verdict":"allow"}` || got.get("lines.0.hook") != "decide" || got.get("next") == "0" {
		t.Errorf("the log is %s", got.body)
	}
	// A configuration that is replaced lets nobody wait on, and another one goes on with the lines. Whoever has not asked
	// yet when it is replaced asks the next one, and waits there.
	waiting = wait(got.get("next"))
	for answered := false; !answered; {
		s.load(config)
		select {
		case next := <-waiting:
			answered = true
			if next.status != 200 || next.get("lines.#") != "0" || next.get("next") != got.get("next") {
				t.Errorf("after a reload: %d %s", next.status, next.body)
			}
		default:
		}
	}
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("bob"))
	if all := s.wantAdmin(200, "GET", acmePolicies+"/log", ""); all.get("lines.#") == "0" {
		t.Errorf("the log is %s", all.body)
	}
}

// Uploads by many at once are each a release.
func TestUploadsAtOnce(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	var uploads sync.WaitGroup
	for i := range 4 {
		uploads.Go(func() {
			module := adaptertest.Module(map[string]string{"decide": `{"verdict":"hold","title":"` + strings.Repeat("x", i+1) + `"}`})
			got, err := send(s.admin, "POST", "http://admin"+acmePolicies, "", upload(module, ``))
			if err != nil || got.status != 201 {
				t.Errorf("%v %d %s", err, got.status, got.body)
			}
		})
	}
	uploads.Wait()
	if got := s.wantAdmin(200, "GET", acmePolicies, "").get("releases.#.number"); !bytes.Equal([]byte(got), []byte("[4,3,2,1]")) {
		t.Errorf("releases %s", got)
	}
}

package rego_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-scim/caddy-scim/caddymodule/rego"
	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

// TestMain makes the test's own program the caddy that compiles policies, and keeps what is compiled out of the home of
// whoever runs the test.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "scim" {
		caddycmd.Main()
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "caddy-scim-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Setenv("XDG_DATA_HOME", dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

const (
	token  = "acme-static-token-0123456789"
	appKey = "key-of-the-application"
)

// site is the one Caddy of the process with a tenant whose policy is in Rego.
type site struct {
	url, dir string
	client   http.Client
}

func newSite(t *testing.T) *site {
	t.Helper()
	dir, err := os.MkdirTemp("", "scim") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{url: "http://" + l.Addr().String(), dir: dir, client: http.Client{Timeout: time.Minute}}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ACME_SCIM_TOKEN", token)
	t.Setenv("APPLICATION_KEY", appKey)
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// load starts Caddy with a policy file.
func (s *site) load(t *testing.T, app, policy string) error {
	t.Helper()
	caddyfile := fmt.Sprintf(`{
	admin unix/%[1]s/admin.sock
	persist_config off
	storage file_system %[1]s/caddy
	log {
		output file %[1]s/log
	}
	scim {
		storage badger {
			path %[1]s/data
		}
		tenant acme {
			connection main {
				token {env.ACME_SCIM_TOKEN}
			}
			application %[2]s {
				auth bearer {env.APPLICATION_KEY}
				create POST /members {
					id member.no
				}
				lookup GET /members?login={userName} {
					id members.0.no
				}
				map {
					login userName
					mail emails.value
					title title
				}
			}
			seats 2
			policy %[3]s {
				settings "{\"domains\": [\"acme.example\"]}"
			}
		}
	}
}
%[4]s {
	bind 127.0.0.1
	scim /scim/*
}`, s.dir, app, policy, s.url)
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return err
	}
	return caddy.Load(config, true)
}

// post creates a user and returns the answer.
func (s *site) post(t *testing.T, user string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/scim/v2/Users", strings.NewReader(user))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/scim+json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// TestCaddy runs the example in a real Caddy.
func TestCaddy(t *testing.T) {
	app := httptest.NewServer(legacyapp.New(legacyapp.Options{Key: appKey}))
	t.Cleanup(app.Close)
	s := newSite(t)
	example, err := filepath.Abs("example/contractors.rego")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.load(t, app.URL, example); err != nil {
		t.Fatal(err)
	}
	const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"userType":%q,"emails":[{"value":%q,"type":"work"}]}`
	for _, c := range []struct {
		name, kind, mail string
		status           int
		answer           string
	}{
		{"ada", "Employee", "ada@acme.example", http.StatusCreated, `"userName":"ada"`},
		{"eve", "Employee", "eve@globex.example", http.StatusBadRequest, "eve needs a work email in one of the domains acme.example"},
		{"bob", "Employee", "bob@acme.example", http.StatusCreated, `"userName":"bob"`},
		{"cyd", "Employee", "cyd@acme.example", http.StatusForbidden, "all 2 seats are taken"},
	} {
		if status, answer := s.post(t, fmt.Sprintf(user, c.name, c.kind, c.mail)); status != c.status || !strings.Contains(answer, c.answer) {
			t.Errorf("%s: %d %s, want %d %q", c.name, status, answer, c.status, c.answer)
		}
	}
}

// TestCaddyRefuses checks that what is wrong with a source is said when the configuration is loaded.
func TestCaddyRefuses(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ name, source, problem string }{
		{"typo.rego", "package scim\n\ndecide := {\"verdict\": x}\n", "typo.rego:3: rego_unsafe_var_error: var x is unsafe"},
		{"clock.rego", "package scim\n\ndecide := {\"verdict\": time.now_ns()}\n", "clock.rego:3: rego_type_error: a policy cannot use time.now_ns"},
		{"bomb.rego", "package scim\n\ndecide := {\"verdict\": x}\n\nx := [" + strings.Repeat("{\"a\":1},", 30_000) + "1]\n", "bomb.rego: "},
	} {
		file := filepath.Join(s.dir, c.name)
		if err := os.WriteFile(file, []byte(c.source), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.load(t, "http://127.0.0.1:1", file); err == nil || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v, want %q", c.name, err, c.problem)
		}
	}
}

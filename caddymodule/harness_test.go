package caddymodule_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

// Static tokens of the tests' tenants.
const (
	acmeToken   = "acme-static-token-0123456789"
	globexToken = "globex-static-token-0123456789"
	appKey      = "key-of-the-application"
)

// server is the one Caddy of the process, on a port and a socket of its own. Tests that use it must not run in
// parallel with each other.
type server struct {
	t      *testing.T
	dir    string // of sockets and files
	data   string // of the store
	url    string // of the site
	app    *httptest.Server
	client *http.Client // no connection is used twice, as Caddy may close it in between
	admin  *http.Client
}

func newServer(t *testing.T) *server {
	t.Helper()
	// t.TempDir is too long for a socket.
	dir, err := os.MkdirTemp("", "scim")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dir: dir, data: filepath.Join(t.TempDir(), "data")}
	t.Cleanup(func() {
		if log, err := os.ReadFile(filepath.Join(dir, "log")); err == nil && t.Failed() {
			for line := range strings.Lines(string(log)) {
				if strings.Contains(line, `"level":"error"`) || strings.Contains(line, `"level":"warn"`) {
					t.Log(strings.TrimSpace(line))
				}
			}
		}
		_ = os.RemoveAll(dir)
	})
	s.app = httptest.NewServer(legacyapp.New(legacyapp.Options{Key: appKey}))
	t.Cleanup(s.app.Close)
	s.url = "http://" + freeAddress(t)
	s.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	s.admin = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, "admin.sock"))
		},
	}}
	t.Setenv("ACME_SCIM_TOKEN", acmeToken)
	t.Setenv("GLOBEX_SCIM_TOKEN", globexToken)
	t.Setenv("APPLICATION_KEY", appKey)
	t.Cleanup(s.stop)
	return s
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// caddyfile is a configuration around a body of the option scim.
func (s *server) caddyfile(scim string, global ...string) string {
	return fmt.Sprintf(`{
	admin unix/%[1]s/admin.sock
	persist_config off
	storage file_system %[1]s/caddy
	log {
		level DEBUG
		output file %[1]s/log
	}
	metrics
	%[3]s
	scim {
		%[2]s
	}
}
%[5]s {
	bind 127.0.0.1
	log
	metrics /metrics
	scim /scim/*
	reverse_proxy %[4]s
}`, s.dir, scim, strings.Join(global, "\n\t"), s.app.URL, s.url)
}

func (s *server) badger(options ...string) string {
	return fmt.Sprintf("storage badger {\n path %s\n %s\n}\n", s.data, strings.Join(options, "\n"))
}

// tenant is one that speaks to the example application. Its static token is in NAME_SCIM_TOKEN.
func (s *server) tenant(name string, options ...string) string {
	return fmt.Sprintf(`tenant %[1]s {
	connection main {
		token {env.%[2]s_SCIM_TOKEN}
	}
	application %[3]s {
		auth bearer {env.APPLICATION_KEY}
		create POST /members {
			id member.no
		}
		lookup GET /members?login={userName} {
			id members.0.no
		}
		update PATCH /members/{legacy_id}
		suspend POST /members/{legacy_id}/suspend
		reactivate POST /members/{legacy_id}/restore
		delete DELETE /members/{legacy_id}
		map {
			login userName
			mail emails.value
			title title
		}
	}
	%[4]s
}
`, name, strings.ToUpper(name), s.app.URL, strings.Join(options, "\n\t"))
}

// try loads a Caddyfile.
func (s *server) try(caddyfile string) error {
	s.t.Helper()
	config, err := adapt(s.t, "Testfile", caddyfile)
	if err != nil {
		return err
	}
	return caddy.Load(config, true)
}

func (s *server) load(caddyfile string) {
	s.t.Helper()
	if err := s.try(caddyfile); err != nil {
		s.t.Fatalf("load: %v", err)
	}
}

func (s *server) stop() {
	if err := caddy.Stop(); err != nil {
		s.t.Errorf("stop: %v", err)
	}
}

// response is an answer with its body read.
type response struct {
	status int
	header http.Header
	body   string
}

func (r response) get(path string) string { return gjson.Get(r.body, path).String() }

// send sends a request, and once more where the connection was closed without an answer. That is what Go's HTTP server
// does, since it never got as far as a handler, with a request that comes over a connection that the old configuration
// had just accepted when it was stopped. (RFC 9110 section 9.2.2: clients send again what was not processed.)
func send(client *http.Client, method, url, token, body string) (response, error) {
	for {
		resp, err := sendOnce(client, method, url, token, body)
		if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			return resp, err
		}
	}
}

func sendOnce(client *http.Client, method, url, token, body string) (response, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		return response{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return response{resp.StatusCode, resp.Header, string(data)}, err
}

// want sends a request to the site, which has to be answered with the status.
func (s *server) want(status int, token, method, path, body string) response {
	s.t.Helper()
	return s.wantOf(s.client, s.url, status, token, method, path, body)
}

// wantAdmin sends a request to the admin endpoint.
func (s *server) wantAdmin(status int, method, path, body string) response {
	s.t.Helper()
	return s.wantOf(s.admin, "http://admin", status, "", method, path, body)
}

// wantApp sends a request to the application.
func (s *server) wantApp(status int, method, path, body string) response {
	s.t.Helper()
	return s.wantOf(s.app.Client(), s.app.URL, status, appKey, method, path, body)
}

func (s *server) wantOf(client *http.Client, base string, status int, token, method, path, body string) response {
	s.t.Helper()
	resp, err := send(client, method, base+path, token, body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	if resp.status != status {
		s.t.Fatalf("%s %s: got %d, want %d: %s", method, path, resp.status, status, resp.body)
	}
	return resp
}

// user is the document of a new user.
func user(name string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%[1]q,"active":true,`+
		`"emails":[{"value":"%[1]s@acme.example","primary":true}]}`, name)
}

func setTitle(title string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":%q}]}`, title)
}

// log is what Caddy has logged.
func (s *server) log() string {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

package caddymodule_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

func init() {
	caddy.RegisterModule((*failingApp)(nil))
}

// failingApp is an app whose start fails. Caddy starts apps in any order, so it may come before or after scim.
type failingApp struct{}

func (*failingApp) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "scim_test_failing", New: func() caddy.Module { return new(failingApp) }}
}

func (*failingApp) Start() error { return errors.New("this app never starts") }
func (*failingApp) Stop() error  { return nil }

// failing returns the configuration with an app that fails to start.
func failing(t *testing.T, config []byte) []byte {
	t.Helper()
	out := strings.Replace(string(config), `"apps":{`, `"apps":{"scim_test_failing":{},`, 1)
	if out == string(config) {
		t.Fatal("there is nowhere to put the app")
	}
	return []byte(out)
}

// clients send requests as acme until stop, each its own users, and count what was not answered as it must be.
type clients struct {
	s        *server
	stopped  atomic.Bool
	running  sync.WaitGroup
	requests atomic.Int64
	progress chan struct{}
}

func startClients(s *server, n int) *clients {
	c := &clients{s: s, progress: make(chan struct{})}
	for i := range n {
		c.running.Go(func() { c.run(i) })
	}
	return c
}

func (c *clients) run(n int) {
	for i := 0; !c.stopped.Load(); i++ {
		made, ok := c.send(http.StatusCreated, "POST", "/scim/v2/Users", user(fmt.Sprintf("user-%d-%d", n, i)))
		if !ok {
			return
		}
		path := "/scim/v2/Users/" + made.get("id")
		if _, ok := c.send(http.StatusOK, "PATCH", path, setTitle("Dr")); !ok {
			return
		}
		got, ok := c.send(http.StatusOK, "GET", path, "")
		if !ok {
			return
		}
		if got.get("title") != "Dr" {
			c.s.t.Errorf("a change was lost: %s", got.body)
		}
	}
}

func (c *clients) send(status int, method, path, body string) (response, bool) {
	resp, err := send(c.s.client, method, c.s.url+path, acmeToken, body)
	if err != nil || resp.status != status {
		c.s.t.Errorf("%s %s: got %d, want %d: %s %v", method, path, resp.status, status, resp.body, err)
		return resp, false
	}
	c.requests.Add(1)
	select {
	case c.progress <- struct{}{}:
	default:
	}
	return resp, true
}

// step waits until some more requests have been answered.
func (c *clients) step() {
	for range 5 {
		<-c.progress
	}
}

func (c *clients) stop() {
	c.stopped.Store(true)
	c.running.Wait()
}

func TestReloadUnderLoad(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme") + s.tenant("globex")))
	c := startClients(s, 6)
	for i := range 20 {
		storage := s.badger(fmt.Sprintf("block_cache %dMiB", 32+i))
		tenants := s.tenant("acme", fmt.Sprintf("delivery {\nconcurrency %d\n}", 2+i))
		if i%2 == 0 {
			tenants += s.tenant("globex")
		}
		if err := s.try(s.caddyfile(storage + tenants)); err != nil {
			t.Errorf("reload %d: %v", i, err)
			break
		}
		c.step()
	}
	c.stop()
	t.Logf("%d requests", c.requests.Load())
	if openable(t, s.data) {
		t.Error("the store is not open any more")
	}
	if log := s.log(); !strings.Contains(log, `"options":["block_cache"]`) {
		t.Error("nobody was told that the changed option needs a restart")
	}
	// The last configuration has no globex.
	s.want(http.StatusUnauthorized, globexToken, "GET", "/scim/v2/Users", "")
	s.stop()
	if !openable(t, s.data) {
		t.Error("the store is locked after the stop")
	}
}

func TestReloadThatFails(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	next, err := adapt(t, "Testfile", s.caddyfile(s.badger()+s.tenant("globex")))
	if err != nil {
		t.Fatal(err)
	}
	c := startClients(s, 4)
	for range 20 {
		if err := caddy.Load(failing(t, next), true); err == nil || !strings.Contains(err.Error(), "this app never starts") {
			t.Errorf("the reload: %v", err)
			break
		}
		c.step()
	}
	c.stop()
	s.want(http.StatusUnauthorized, globexToken, "GET", "/scim/v2/Users", "")
	// Deliveries are the old configuration's again.
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	if got := s.wantApp(200, "GET", "/members?login=ann", "").get("members.#"); got != "1" {
		t.Errorf("the application has %s accounts of ann", got)
	}
	s.stop()
	if !openable(t, s.data) {
		t.Error("the store is locked after the stop")
	}
}

func TestReloadThatCannotBeProvisioned(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	for range 3 {
		err := s.try(s.caddyfile(s.badger() + s.tenant("initech")))
		if err == nil || !strings.Contains(err.Error(), "INITECH_SCIM_TOKEN is not set") {
			t.Fatalf("the reload: %v", err)
		}
		s.want(http.StatusOK, acmeToken, "GET", "/scim/v2/Users", "")
		// Caddy keeps the admin endpoint of the configuration that failed; it has to speak for the one that runs.
		if got := s.wantAdmin(200, "GET", "/scim/tenants", "").get("tenants.#.id"); got != `["acme"]` {
			t.Errorf("tenants: %s", got)
		}
	}
}

func TestReloadToAnotherDirectory(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	first := s.data
	s.data = t.TempDir()
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	if got := s.want(http.StatusOK, acmeToken, "GET", "/scim/v2/Users", "").get("totalResults"); got != "0" {
		t.Errorf("the new directory has %s users", got)
	}
	if !openable(t, first) {
		t.Error("the old directory is still locked")
	}
	s.data = first
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	if got := s.want(http.StatusOK, acmeToken, "GET", "/scim/v2/Users", "").get("totalResults"); got != "1" {
		t.Errorf("the old directory has %s users", got)
	}
}

func TestStartFailsOnALockedDirectory(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	s.stop()
	held := hold(t, s.data)
	err := s.try(s.caddyfile(s.badger() + s.tenant("acme")))
	if err == nil || !strings.Contains(err.Error(), "scim app module: start: open the storage: badgerkv: the directory is in use by another process or store: "+s.data) {
		t.Errorf("the start: %v", err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.load(s.caddyfile(s.badger() + s.tenant("acme")))
	s.want(http.StatusOK, acmeToken, "GET", "/scim/v2/Users", "")
}

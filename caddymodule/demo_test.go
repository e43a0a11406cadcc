package caddymodule

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/tidwall/gjson"
)

func TestDemoCaddyfile(t *testing.T) {
	t.Parallel()
	cfg := demoConfig{Dir: "/tmp/with space/ä", Admin: "unix//tmp/with space/ä/admin.sock", Legacy: "http://127.0.0.1:9", Host: "127.0.0.1", Port: "0"}
	for name, test := range map[string]struct {
		change func(*demoConfig)
		want   map[string]string // values in the JSON
	}{
		"no policy": {func(*demoConfig) {}, map[string]string{
			"admin.listen": cfg.Admin, "admin.config.persist": "false", "storage.root": cfg.Dir + "/caddy",
			"apps.scim.storage.path": cfg.Dir + "/store", "apps.scim.tenants.acme.policy": "",
			"apps.scim.tenants.acme.lifecycle.on_delete": "delete", "apps.http.servers.srv0.listen.0": "127.0.0.1:0",
			"apps.http.servers.srv0.automatic_https.disable": "true", "apps.scim.tenants.acme.connections.default": "{}",
			"apps.scim.tenants.acme.application.groups.routes.create.id": "team.no",
		}},
		"the example's policy": {func(c *demoConfig) { c.Policy, c.Domain = "/tmp/a b.wasm", "acme.example" }, map[string]string{
			"apps.scim.tenants.acme.policy.initial": "/tmp/a b.wasm", "apps.scim.tenants.acme.policy.file": "", "apps.scim.tenants.acme.policy.settings.domain": "acme.example",
		}},
		"another policy": {func(c *demoConfig) { c.Policy = "/tmp/b.wasm" }, map[string]string{
			"apps.scim.tenants.acme.policy.file": "/tmp/b.wasm", "apps.scim.tenants.acme.policy.settings": "",
		}},
		"every interface": {func(c *demoConfig) { c.Host, c.Port = "", "8080" }, map[string]string{"apps.http.servers.srv0.listen.0": ":8080"}},
		"IPv6":            {func(c *demoConfig) { c.Host = "::1" }, map[string]string{"apps.http.servers.srv0.listen.0": "[::1]:0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cfg
			test.change(&c)
			text, err := c.caddyfile()
			if err != nil {
				t.Fatal(err)
			}
			if string(caddyfile.Format([]byte(text))) != text {
				t.Error("it is not as caddy fmt writes it")
			}
			config, err := adaptDemo(text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			for path, want := range test.want {
				if got := gjson.GetBytes(config, path).String(); got != want {
					t.Errorf("%s is %q, want %q in %s", path, got, want, config)
				}
			}
		})
	}
	for _, dir := range []string{"/tmp/{$HOME}", `/tmp/a"b`, "/tmp/a\nb"} {
		c := cfg
		c.Dir = dir
		if text, err := c.caddyfile(); err == nil {
			t.Errorf("%q is taken: %s", dir, text)
		}
	}
}

func TestSplitListen(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, address := range []string{"", "8080", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:65536", ":-1", "a b:0", "{env.X}:0", `"x":0`, taken.Addr().String()} {
		if host, port, err := splitListen(address); err == nil || !strings.HasPrefix(err.Error(), "--listen: ") {
			t.Errorf("%q: %q %q %v", address, host, port, err)
		}
	}
	for address, want := range map[string][2]string{"127.0.0.1:0": {"127.0.0.1", "0"}, ":0": {"", "0"}, "[::1]:0": {"::1", "0"}} {
		if host, port, err := splitListen(address); err != nil || host != want[0] || port != want[1] {
			t.Errorf("%q: %q %q %v", address, host, port, err)
		}
	}
}

func TestDemoURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/scim/v2", "0.0.0.0:80": "http://127.0.0.1:80/scim/v2",
		"[::]:80": "http://127.0.0.1:80/scim/v2", "[::1]:81": "http://[::1]:81/scim/v2",
	} {
		addr, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := demoURL(addr); err != nil || got != want {
			t.Errorf("%s: %s, %v", address, got, err)
		}
	}
}

// Where the path of a socket would be too long the admin endpoint is a port.
func TestDemoAdminOfALongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	address, err := demoAdmin(dir)
	if err != nil || !strings.HasPrefix(address, "127.0.0.1:") {
		t.Errorf("%q, %v", address, err)
	}
}

func TestDemoAnnounce(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{"": "approval approve", "none": "field map of the configuration", "mine.wasm": "mine.wasm"} {
		d := &demo{
			opts: demoOptions{listen: ":8080", policy: policy}, dir: "/tmp/d", admin: "unix//tmp/it's/admin.sock",
			scimURL: "http://127.0.0.1:8080/scim/v2", token: "scim_x", legacy: "http://127.0.0.1:9",
		}
		var out strings.Builder
		if err := d.announce(&out); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{
			want, "export SCIM=http://127.0.0.1:8080/scim/v2\n", `export ADMIN='unix//tmp/it'\''s/admin.sock'`, "removed at the end",
			"Other machines may reach SCIM", "scim simulate --idp okta", "scim simulate --idp entra", "scim simulate --idp onelogin",
		} {
			if !strings.Contains(out.String(), part) {
				t.Errorf("policy %q: there is no %q in\n%s", policy, part, &out)
			}
		}
		if strings.Contains(out.String(), "approval approve") != (policy == "") {
			t.Errorf("policy %q: approvals are for the example's policy alone", policy)
		}
	}
}

package caddymodule

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-scim/caddy-scim/examples/policies/members"
)

// What the demo is made of.
const (
	demoTenant     = "acme"
	demoDomain     = "acme.example"
	demoConnection = "default"
	demoNoPolicy   = "none"
)

// Files in the demo's directory.
const (
	demoTokenFile       = "demo-token"
	demoPolicyFile      = "members.wasm"
	demoAllowFile       = "allow.wasm"
	demoStore           = "store"
	demoApplicationFile = "application.jsonl"
	demoCaddyfile       = "Caddyfile"
	demoSocket          = "admin.sock"
)

//go:embed demo.caddyfile
var demoTemplate string

// demoConfig is what the template of the Caddyfile is filled with.
type demoConfig struct {
	Dir, Admin, Legacy string
	Policy             string // path; empty for none
	Domain             string // the example policy's setting; empty for another policy
	Host, Port         string
}

// caddyfile fills the template.
func (c demoConfig) caddyfile() (string, error) {
	for _, path := range []string{c.Dir, c.Policy} {
		if strings.ContainsAny(path, "{}\"\r\n") {
			return "", fmt.Errorf("the path %q has a brace, a quote or a line end, which a Caddyfile does not take", path)
		}
	}
	t, err := template.New("demo").Parse(demoTemplate)
	if err != nil {
		return "", err
	}
	c.Dir = filepath.ToSlash(c.Dir)
	var out bytes.Buffer
	if err := t.Execute(&out, c); err != nil {
		return "", err
	}
	return string(caddyfile.Format(out.Bytes())), nil
}

// adaptDemo turns the Caddyfile into Caddy's JSON.
func adaptDemo(file string) ([]byte, error) {
	adapter := caddyconfig.GetAdapter("caddyfile")
	if adapter == nil {
		return nil, errors.New("this Caddy is built without the Caddyfile, which the demo needs")
	}
	config, _, err := adapter.Adapt([]byte(file), map[string]any{"filename": demoCaddyfile})
	return config, err
}

// splitListen checks the address to listen on. A port that is taken is an error: where several sockets may share a
// port, Caddy would share it with whoever has it.
func splitListen(address string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || strings.ContainsAny(host, "{}/\"` \t") {
		return "", "", fmt.Errorf("--listen: %q is not a host and a port, such as 127.0.0.1:8080", address)
	}
	if port == "0" {
		return host, port, nil
	}
	listener, err := net.Listen("tcp", address) //nolint:noctx // it does not wait
	if err != nil {
		return "", "", fmt.Errorf("--listen: %w; port 0 takes a free one: --listen %s", err, net.JoinHostPort(host, "0"))
	}
	return host, port, listener.Close()
}

// maxSocketPath is what every system takes as the path of a socket, in bytes.
const maxSocketPath = 100

// demoAdmin is the address of the admin endpoint: a socket in the directory, which nobody else can reach, or where
// there are no such sockets or its path is too long, a free port.
func demoAdmin(dir string) (string, error) {
	socket := filepath.Join(dir, demoSocket)
	if runtime.GOOS != "windows" && len(socket) <= maxSocketPath {
		conn, err := net.DialTimeout("unix", socket, time.Second) //nolint:noctx // it has a bound
		if err == nil {
			return "", errors.Join(fmt.Errorf("another demo is running on %s", dir), conn.Close())
		}
		return "unix/" + socket, nil
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// allowAll is a policy that allows everything and leaves the rest to the field map.
var allowAll = slices.Concat(
	[]byte("\x00asm\x01\x00\x00\x00"),
	[]byte{1, 13, 3, 0x60, 2, 0x7f, 0x7f, 0, 0x60, 0, 0, 0x60, 0, 1, 0x7f}, // types: (i32, i32) -> (), () -> (), () -> (i32)
	[]byte{2, 28, 1}, []byte("\x0bscim_policy\x0cwrite_output\x00\x00"), // the import
	[]byte{3, 3, 2, 1, 2}, // two functions
	[]byte{5, 3, 1, 0, 1}, // a memory of one page
	[]byte{7, 39, 3}, []byte("\x06memory\x02\x00"), []byte("\x11scim_policy_abi_1\x00\x01"), []byte("\x06decide\x00\x02"),
	[]byte{10, 15, 2, 2, 0, 0x0b, 10, 0, 0x41, 0, 0x41, 19, 0x10, 0, 0x41, 0, 0x0b}, // decide: write_output(0, 19), 0
	[]byte{11, 25, 1, 0, 0x41, 0, 0x0b, 19}, []byte(`{"verdict":"allow"}`),
)

// demoPolicy returns the path of the policy's file: the example's, which is written to the directory, or the one that
// was named. domain is the setting of the example's.
func demoPolicy(dir, named string) (path, domain string, err error) {
	switch named {
	case demoNoPolicy:
		if _, err := os.Stat(filepath.Join(dir, demoStore)); errors.Is(err, fs.ErrNotExist) {
			return "", "", nil
		}
		// A release of an earlier start would rule, but for a policy of the configuration.
		path = filepath.Join(dir, demoAllowFile)
		return path, "", os.WriteFile(path, allowAll, 0o600)
	case "":
		path = filepath.Join(dir, demoPolicyFile)
		return path, demoDomain, os.WriteFile(path, members.Wasm, 0o600)
	}
	if path, err = filepath.Abs(named); err != nil {
		return "", "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", "", fmt.Errorf("--policy: %w", err)
	}
	return path, "", nil
}

// demoURL is the SCIM root as this machine reaches it.
func demoURL(addr net.Addr) (string, error) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return "", fmt.Errorf("%s is no TCP address", addr)
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(tcp.Port)), Path: (&Handler{}).basePath()}
	return u.String(), nil
}

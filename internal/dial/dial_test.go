package dial_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/dial"
	"github.com/caddy-scim/caddy-scim/internal/dial/dialtest"
)

func TestGuardRefusesWhereNoApplicationIs(t *testing.T) {
	t.Parallel()
	for addr, reason := range map[string]string{
		"169.254.169.254":                "link-local",
		"169.254.0.1":                    "link-local",
		"169.254.255.255":                "link-local",
		"fe80::1":                        "link-local",
		"fe80::1%eth0":                   "link-local",
		"febf:ffff::1":                   "link-local",
		"::ffff:169.254.169.254":         "link-local",
		"::169.254.169.254":              "link-local",
		"64:ff9b::169.254.169.254":       "link-local",
		"64:ff9b:1::169.254.169.254":     "link-local",
		"64:ff9b:1:9:8:7:a9fe:a9fe":      "link-local",
		"2002:a9fe:a9fe::1":              "link-local",
		"2001:0:1:2:3:4:5601:5601":       "link-local", // Teredo has it inverted
		"0.0.0.0":                        "unspecified",
		"0.1.2.3":                        "unspecified",
		"::":                             "unspecified",
		"::ffff:0.0.0.0":                 "unspecified",
		"64:ff9b::":                      "unspecified",
		"224.0.0.1":                      "multicast",
		"239.255.255.255":                "multicast",
		"ff02::1":                        "multicast",
		"::ffff:224.0.0.1":               "multicast",
		"255.255.255.255":                "reserved",
		"240.0.0.1":                      "reserved",
		"fec0::1":                        "reserved",
		"100.100.100.200":                "metadata",
		"::ffff:100.100.100.200":         "metadata",
		"168.63.129.16":                  "metadata",
		"192.0.0.192":                    "metadata",
		"fd00:ec2::254":                  "metadata",
		"fd20:ce::254":                   "metadata",
		"64:ff9b::168.63.129.16":         "metadata",
		"2002:6464:64c8:0:0:5efe:1:2":    "metadata",
		"2001:0:a9fe:a9fe:0:0:9b9b:9b37": "metadata",
	} {
		var refused *dial.RefusedError
		err := new(dial.Guard).Check(netip.MustParseAddr(addr))
		if !errors.As(err, &refused) || !errors.Is(err, dial.ErrRefused) || !strings.Contains(refused.Reason, reason) {
			t.Errorf("%s: %v, want it refused as %s", addr, err, reason)
		}
		everything := dial.Guard{Pins: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
		if everything.Check(netip.MustParseAddr(addr)) == nil {
			t.Errorf("%s: a pin opens it", addr)
		}
	}
	if new(dial.Guard).Check(netip.Addr{}) == nil {
		t.Error("no address is allowed")
	}
}

func TestGuardAllowsWhereApplicationsLive(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{
		"127.0.0.1", "127.9.9.9", "::1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "100.64.0.1", "fd12:3456::1", "8.8.8.8",
		"2606:4700::1111", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "169.253.1.1", "169.255.1.1", "192.0.2.1",
	} {
		if err := new(dial.Guard).Check(netip.MustParseAddr(addr)); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestGuardNames(t *testing.T) {
	t.Parallel()
	var g dial.Guard
	for _, host := range []string{"169.254.10.1", "fe80::7", "legacy.example", "::ffff:240.0.0.9", ""} {
		g.Name(host)
	}
	for addr, allowed := range map[string]bool{
		"169.254.10.1": true, "::ffff:169.254.10.1": true, "fe80::7": true, "fe80::7%eth1": true, "240.0.0.9": true,
		"169.254.10.2": false, "169.254.169.254": false, "fe80::8": false, "64:ff9b::169.254.10.1": false,
	} {
		if err := g.Check(netip.MustParseAddr(addr)); (err == nil) != allowed {
			t.Errorf("%s: %v, want it allowed: %v", addr, err, allowed)
		}
	}
	g.Pins = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	if g.Check(netip.MustParseAddr("169.254.10.1")) == nil {
		t.Error("an address is allowed that no pin has")
	}
}

func TestGuardPins(t *testing.T) {
	t.Parallel()
	g := dial.Guard{Pins: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}}
	for addr, allowed := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "fd00:1::9": true, "fd00:1::9%eth0": true,
		"10.2.0.1": false, "127.0.0.1": false, "::1": false, "64:ff9b::10.1.2.3": false,
	} {
		err := g.Check(netip.MustParseAddr(addr))
		if (err == nil) != allowed {
			t.Errorf("%s: %v, want it allowed: %v", addr, err, allowed)
		}
	}
}

// ways are both ways to dial under a guard.
func ways(g *dial.Guard, resolver *net.Resolver) map[string]dial.Func {
	return map[string]dial.Func{
		"dialer": g.Dialer(resolver).DialContext,
		"wrap":   g.Wrap(resolver, (&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: noNames}}).DialContext),
	}
}

// noNames is for a dialer that is to be given addresses alone.
func noNames(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("a name was resolved twice")
}

func TestDialNamesThatResolveElsewhere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("here")) }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var dns dialtest.Names
	dns.Lead("legacy.example", "127.0.0.1")
	dns.Lead("both.example", "169.254.169.254", "127.0.0.1")
	dns.Lead("metadata.example", "169.254.169.254")
	dns.Lead("mapped.example", "::ffff:169.254.169.254")
	dns.Lead("six.example", "fe80::1", "fd00:ec2::254", "64:ff9b::a9fe:a9fe")
	dns.Lead("zero.example", "0.0.0.0", "::")
	dns.Lead("everybody.example", "224.0.0.1", "ff02::1", "255.255.255.255")
	dns.Lead("private.example", "10.255.255.1")
	pinned := &dial.Guard{Pins: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	for _, tc := range []struct {
		host    string
		guard   *dial.Guard
		refused bool
	}{
		{"legacy.example", new(dial.Guard), false},
		{"LEGACY.Example", new(dial.Guard), false},
		{"both.example", new(dial.Guard), false}, // by the address that is allowed
		{"127.0.0.1", new(dial.Guard), false},
		{"127.0.0.1", pinned, false},
		{"legacy.example", pinned, false},
		{"metadata.example", new(dial.Guard), true},
		{"mapped.example", new(dial.Guard), true},
		{"six.example", new(dial.Guard), true},
		{"zero.example", new(dial.Guard), true},
		{"everybody.example", new(dial.Guard), true},
		{"169.254.169.254", new(dial.Guard), true},
		{"::ffff:169.254.169.254", new(dial.Guard), true},
		{"0.0.0.0", new(dial.Guard), true},
		{"::", new(dial.Guard), true},
		{"private.example", pinned, true},
		{"10.255.255.1", pinned, true},
	} {
		for way, fn := range ways(tc.guard, dns.Resolver()) {
			transport := &http.Transport{DialContext: fn, DisableKeepAlives: true}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+net.JoinHostPort(tc.host, port), http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := transport.RoundTrip(req)
			if err == nil {
				resp.Body.Close()
			}
			if tc.refused != errors.Is(err, dial.ErrRefused) || !tc.refused && err != nil {
				t.Errorf("%s by %s: %v, want it refused: %v", tc.host, way, err, tc.refused)
			}
		}
	}
}

// A name that led to the application when the configuration was read leads elsewhere with the next connection.
func TestDialNameThatMoves(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var dns dialtest.Names
	for way, fn := range ways(new(dial.Guard), dns.Resolver()) {
		dns.Lead("legacy.example", "127.0.0.1")
		conn, err := fn(t.Context(), "tcp", "legacy.example:"+port)
		if err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		conn.Close()
		dns.Lead("legacy.example", "169.254.169.254")
		if conn, err := fn(t.Context(), "tcp", "legacy.example:"+port); !errors.Is(err, dial.ErrRefused) {
			t.Errorf("%s: %v %v, want it refused", way, conn, err)
		}
	}
}

func TestDialOtherNetworks(t *testing.T) {
	t.Parallel()
	for way, fn := range ways(new(dial.Guard), nil) {
		for network, address := range map[string]string{"udp": "127.0.0.1:53", "unix": "/run/legacy.sock"} {
			conn, err := fn(t.Context(), network, address)
			if err == nil {
				conn.Close()
			}
			if !errors.Is(err, dial.ErrRefused) {
				t.Errorf("%s by %s: %v, want it refused", network, way, err)
			}
		}
	}
}

func TestWrapUnknownName(t *testing.T) {
	t.Parallel()
	var dns dialtest.Names
	_, err := new(dial.Guard).Wrap(dns.Resolver(), noNames)(t.Context(), "tcp", "nowhere.example:80")
	var unknown *net.DNSError
	if !errors.As(err, &unknown) || !unknown.IsNotFound {
		t.Errorf("%v, want that there is no such name", err)
	}
	if _, err := new(dial.Guard).Wrap(nil, noNames)(t.Context(), "tcp", "no port"); err == nil {
		t.Error("an address without a port is dialled")
	}
}

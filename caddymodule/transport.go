package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

// loadTransports loads the transports of the tenants' applications.
func (a *App) loadTransports(ctx caddy.Context) error {
	for _, name := range slices.Sorted(maps.Keys(a.Tenants)) {
		t := a.Tenants[name]
		if t == nil || t.Application == nil || len(t.Application.TransportRaw) == 0 {
			continue
		}
		if err := t.Application.loadTransport(ctx); err != nil {
			return fmt.Errorf("tenant %q: application: transport: %w", name, err)
		}
	}
	return nil
}

func (a *Application) loadTransport(ctx caddy.Context) error {
	proxy := gjson.GetBytes(a.TransportRaw, "network_proxy")
	deprecated := gjson.GetBytes(a.TransportRaw, "forward_proxy_url")
	if strings.Contains(proxy.Raw+deprecated.Raw, "{http.") || strings.Contains(proxy.Get("url").Str+deprecated.Str, "{") {
		return errors.New("the proxy's URL has a placeholder, and there is no request of a client's to fill it in")
	}
	a.proxied = proxy.Exists() && proxy.Get("from").Str != "none" || deprecated.Str != ""
	module, err := ctx.LoadModule(a, "TransportRaw") // which empties it
	if err != nil {
		return err
	}
	transport, ok := module.(*reverseproxy.HTTPTransport)
	if !ok {
		return errors.New("want the transport http")
	}
	a.transport = transport
	return nil
}

// What Caddy leaves unbounded, and is bounded for an application.
const (
	maxConns          = 64
	maxResponseHeader = 64 << 10
	tlsHandshake      = 5 * time.Second
)

// guarded returns the transport that was loaded, such that it dials what the connector's configuration allows and nothing
// else; nil for the connector's own.
func (a *Application) guarded(cfg *connector.Config) (http.RoundTripper, error) {
	h := a.transport
	if h == nil {
		return nil, nil //nolint:nilnil // the connector has its own
	}
	switch {
	case slices.Contains(h.Versions, "3"):
		return nil, errors.New("versions: HTTP/3 dials by itself, wherever a name leads; want 1.1, 2 or h2c")
	case h.ProxyProtocol != "":
		return nil, errors.New("proxy_protocol: there is no client whose address could be told")
	case h.TLS != nil && strings.Contains(h.TLS.ServerName, "{"):
		return nil, errors.New("tls: server_name: a placeholder cannot be replaced here; {$NAME} in a Caddyfile can")
	case h.TLS != nil && strings.HasPrefix(strings.ToLower(cfg.BaseURL), "http:"):
		return nil, errors.New("tls: the application's URL is http")
	case a.proxied && len(cfg.Addresses) > 0:
		return nil, errors.New("network_proxy: a proxy dials for itself, so that addresses would say nothing; want one of them")
	}
	resolver, err := a.resolver()
	if err != nil {
		return nil, fmt.Errorf("resolver: %w", err)
	}
	t := h.Transport
	t.DialContext = cfg.Guard().Wrap(resolver, t.DialContext)
	if !a.proxied {
		t.Proxy = nil // that of the environment dials for itself
	}
	if t.MaxConnsPerHost == 0 {
		t.MaxConnsPerHost = maxConns
	}
	if t.MaxResponseHeaderBytes == 0 {
		t.MaxResponseHeaderBytes = maxResponseHeader
	}
	if t.TLSHandshakeTimeout == 0 {
		t.TLSHandshakeTimeout = tlsHandshake
	}
	return t, nil
}

// resolver asks the name servers that the transport names; nil for the machine's own.
func (a *Application) resolver() (*net.Resolver, error) {
	if a.transport.Resolver == nil {
		return nil, nil //nolint:nilnil // as documented
	}
	var servers []caddy.NetworkAddress
	for _, raw := range a.transport.Resolver.Addresses {
		server, err := caddy.ParseNetworkAddressWithDefaults(raw, "udp", 53)
		if err != nil {
			return nil, err
		}
		servers = append(servers, server)
	}
	if len(servers) == 0 {
		return nil, errors.New("it has no address")
	}
	dialer := &net.Dialer{Timeout: time.Duration(a.transport.DialTimeout)}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		server := servers[rand.IntN(len(servers))] //nolint:gosec // any of them will do
		if server.Network == "udp" && strings.HasPrefix(network, "tcp") {
			server.Network = network // the answer was too long
		}
		return dialer.DialContext(ctx, server.Network, server.JoinHostPort(0))
	}}, nil
}

// verified reports whether the transport checks the application's certificate.
func (a *Application) verified() bool {
	return a.transport == nil || a.transport.TLS == nil || !a.transport.TLS.InsecureSkipVerify
}

func (a *Application) closeIdle() {
	if a.transport != nil && a.transport.Transport != nil {
		a.transport.Transport.CloseIdleConnections()
	}
}

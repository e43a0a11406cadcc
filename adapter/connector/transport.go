package connector

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/dial"
)

// MaxAddresses bounds Config.Addresses.
const MaxAddresses = 256

// Guard returns what decides which addresses may be dialled for this configuration. Whoever gives New a transport of
// their own has it dial under this guard.
func (c *Config) Guard() *dial.Guard {
	g := &dial.Guard{Pins: slices.Clone(c.Addresses)}
	named := []string{c.BaseURL}
	if c.Auth.OAuth != nil {
		named = append(named, c.Auth.OAuth.TokenURL)
	}
	for _, raw := range named {
		if u, err := url.Parse(raw); err == nil {
			g.Name(u.Hostname())
		}
	}
	return g
}

func checkAddresses(pins []netip.Prefix) error {
	if len(pins) > MaxAddresses {
		return configErrorf("addresses", "are %d, want at most %d", len(pins), MaxAddresses)
	}
	for _, p := range pins {
		if !p.IsValid() {
			return configErrorf("addresses", "has one that is no range of addresses")
		}
	}
	return nil
}

// newTransport returns the connector's own transport. Its bounds are for one application. It uses no proxy, whatever the
// environment says: behind one nobody here knows what is dialled.
func newTransport(guard *dial.Guard, resolver *net.Resolver) *http.Transport {
	return &http.Transport{
		DialContext:            guard.Dialer(resolver).DialContext,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        64,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        time.Minute,
		TLSHandshakeTimeout:    5 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
	}
}

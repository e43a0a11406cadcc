package connector

import (
	"net/netip"
	"net/url"
	"strings"
)

// Secure reports whether calls, and those for a token, go over TLS or do not leave this machine.
func (c *Connector) Secure() bool {
	return secure(c.base) && (c.tokenURL == nil || secure(c.tokenURL))
}

func secure(u *url.URL) bool {
	host := u.Hostname()
	if u.Scheme == "https" || strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

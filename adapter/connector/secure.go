package connector

import (
	"net/netip"
	"strings"
)

// Secure reports whether calls go over TLS, or do not leave this machine.
func (c *Connector) Secure() bool {
	host := c.base.Hostname()
	if c.base.Scheme == "https" || strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

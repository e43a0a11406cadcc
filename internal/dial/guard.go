package dial

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// ErrRefused means that an address may not be dialled. Nothing was sent to it.
var ErrRefused = errors.New("the address may not be dialled")

// RefusedError says which address may not be dialled, and why. It is ErrRefused.
type RefusedError struct {
	Addr   netip.Addr
	Reason string
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s may not be dialled: it is %s", e.Addr, e.Reason)
}

// Is reports whether target is ErrRefused.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// Guard decides which addresses may be dialled. The zero value allows all that is not refused for everybody:
//
//   - link-local addresses (169.254.0.0/16, fe80::/10), where clouds have their metadata services, and the addresses
//     outside of these that some clouds have them at
//   - multicast, broadcast and reserved addresses, and the unspecified one, which Linux takes for this machine
//   - IPv6 addresses that embed one of these: mapped, compatible, NAT64, 6to4, Teredo
//
// Loopback and private addresses are allowed: old applications live there. Pins narrow that.
//
// A Guard is safe for concurrent use once it is not changed any more.
type Guard struct {
	// Pins are the only ranges that may be dialled; none means all. What is refused for everybody stays refused, so that
	// 0.0.0.0/0 opens nothing.
	Pins []netip.Prefix

	named []netip.Addr
}

// Name allows the address that host is, if it is one: whoever writes an address into a configuration means it. A name
// allows nothing, as others say where it leads. Pins hold all the same.
func (g *Guard) Name(host string) {
	if addr, err := netip.ParseAddr(host); err == nil {
		g.named = append(g.named, addr.Unmap())
	}
}

// Check returns a *RefusedError where addr may not be dialled.
func (g *Guard) Check(addr netip.Addr) error {
	given := addr
	if addr = addr.Unmap(); slices.Contains(g.named, addr) || slices.Contains(g.named, addr.WithZone("")) {
		return g.pinned(given)
	}
	addr = addr.WithZone("")
	for range 3 { // an embedded address may embed another
		if reason := refused(addr); reason != "" {
			return &RefusedError{Addr: given, Reason: reason}
		}
		inner, ok := embedded(addr)
		if !ok {
			return g.pinned(given)
		}
		addr = inner
	}
	return &RefusedError{Addr: given, Reason: "embedded too many times"}
}

func (g *Guard) pinned(addr netip.Addr) error {
	plain := addr.Unmap().WithZone("")
	if len(g.Pins) == 0 || slices.ContainsFunc(g.Pins, func(p netip.Prefix) bool { return p.Contains(plain) }) {
		return nil
	}
	return &RefusedError{Addr: addr, Reason: "outside of the addresses that are configured"}
}

// checkText checks an address as net gives it.
func (g *Guard) checkText(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return g.Check(addr)
}

// ranges are refused for everybody.
var ranges = []struct {
	prefix netip.Prefix
	is     string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "an unspecified address"},
	{netip.MustParsePrefix("::/128"), "an unspecified address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address"}, // and broadcast
	{netip.MustParsePrefix("fec0::/10"), "a reserved address"},
	{netip.MustParsePrefix("100.100.100.200/32"), "a metadata service"}, // Alibaba
	{netip.MustParsePrefix("168.63.129.16/32"), "a metadata service"},   // Azure
	{netip.MustParsePrefix("192.0.0.192/32"), "a metadata service"},     // Oracle
	{netip.MustParsePrefix("fd00:ec2::254/128"), "a metadata service"},  // Amazon
	{netip.MustParsePrefix("fd20:ce::254/128"), "a metadata service"},   // Google
	{netip.MustParsePrefix("fd00:42::42/128"), "a metadata service"},    // Scaleway
	{netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"), "a metadata service"},
}

func refused(addr netip.Addr) string {
	if !addr.IsValid() {
		return "no address"
	}
	for i := range ranges {
		if ranges[i].prefix.Contains(addr) {
			return ranges[i].is
		}
	}
	return ""
}

var (
	compatible = netip.MustParsePrefix("::/96")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48")
	sixToFour  = netip.MustParsePrefix("2002::/16")
	teredo     = netip.MustParsePrefix("2001::/32")
	loopback6  = netip.IPv6Loopback()
)

// embedded returns the IPv4 address that an IPv6 address leads to.
func embedded(addr netip.Addr) (inner netip.Addr, ok bool) {
	if addr.Is4() {
		return inner, false
	}
	b := addr.As16()
	switch {
	case addr.Is4In6():
		return addr.Unmap(), true
	case addr == loopback6:
		return inner, false
	case compatible.Contains(addr), nat64.Contains(addr), nat64Local.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixToFour.Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	case teredo.Contains(addr):
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}), true
	}
	return inner, false
}

var _ error = (*RefusedError)(nil)

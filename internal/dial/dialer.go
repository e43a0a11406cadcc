package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// DefaultTimeout bounds the making of one connection, resolution included.
const DefaultTimeout = 5 * time.Second

// Func is what net.Dialer.DialContext is: address is a host and a port.
type Func func(ctx context.Context, network, address string) (net.Conn, error)

// Dialer returns a dialer that asks g about each address before it connects to it. resolver is nil for the machine's
// own. It makes no connections but TCP.
func (g *Guard) Dialer(resolver *net.Resolver) *net.Dialer {
	return &net.Dialer{
		Timeout:   DefaultTimeout,
		KeepAlive: 30 * time.Second,
		Resolver:  resolver,
		// Called with the address that the socket is about to be connected to, for each that a name resolves to.
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			if !isTCP(network) {
				return fmt.Errorf("%w: the network is %s", ErrRefused, network)
			}
			return g.checkText(address)
		},
	}
}

// Wrap returns a Func for a dialer that cannot be told to ask g: it resolves the host itself, asks g, and has next dial
// an address alone, one after the other until one answers. With the host goes what only next knows of it; TLS takes
// its server name from the URL. resolver is nil for the machine's own.
func (g *Guard) Wrap(resolver *net.Resolver, next Func) Func {
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if !isTCP(network) {
			return nil, fmt.Errorf("%w: the network is %s", ErrRefused, network)
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		addrs, err := lookup(ctx, resolver, network, host)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		var failed []error
		for _, addr := range addrs {
			conn, err := net.Conn(nil), g.Check(addr)
			if err == nil {
				conn, err = next(ctx, network, net.JoinHostPort(addr.String(), port))
			}
			if err == nil {
				return conn, nil
			}
			if failed = append(failed, err); ctx.Err() != nil {
				break
			}
		}
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.Join(failed...)}
	}
}

// lookup returns the addresses of a host, which may be one itself.
func lookup(ctx context.Context, resolver *net.Resolver, network, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	addrs, err := resolver.LookupNetIP(ctx, "ip"+network[len("tcp"):], host)
	if err != nil {
		return nil, err
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

func isTCP(network string) bool { return network == "tcp" || network == "tcp4" || network == "tcp6" }

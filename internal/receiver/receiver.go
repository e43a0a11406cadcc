// Package receiver holds what all have in common who send something to a receiver of the operator's choosing, events and
// webhooks: a client that goes nowhere else, and what the headers of both sides may say.
package receiver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxAnswer bounds what is read of an answer, in bytes, and its header.
	MaxAnswer = 64 << 10
	// MaxRetryAfter is the longest pause that a receiver can ask for.
	MaxRetryAfter = time.Hour
)

// Dial connects to an address, as http.Transport's DialContext.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// Transport returns a transport with TLS 1.2 or later and bounds for one receiver.
func Transport(dial Dial) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: MaxAnswer,
	}
}

// Client returns a client that follows no redirect: credentials, and what is sent with them, go where the operator said, and
// nowhere else.
func Client(transport http.RoundTripper, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// CheckHeader reports what is wrong with headers that are to be sent along. No error holds a value.
func CheckHeader(header http.Header) error {
	for name, values := range header {
		if !isHeaderName(name) {
			return fmt.Errorf("header: %.80q is not the name of a header", name)
		}
		for _, value := range values {
			if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				return fmt.Errorf("header: the value of %s holds a character that cannot be sent", name)
			}
		}
	}
	return nil
}

// isHeaderName reports whether s is a token, RFC 9110 section 5.6.2.
func isHeaderName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// RetryAfter reads the header of RFC 9110 section 10.2.3: how long to wait from now, MaxRetryAfter at most, and 0 where it
// does not say.
func RetryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, MaxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), MaxRetryAfter)
	}
	return 0
}

// Reason is why a request failed, without its URL, which may hold a secret.
func Reason(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

package event

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Defaults and bounds of pushing.
const (
	// DefaultPushTimeout bounds one request where PushConfig.Timeout is 0.
	DefaultPushTimeout = 10 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 64 << 10
	// maxRetryAfter is the longest pause that a receiver can ask for.
	maxRetryAfter = time.Hour
)

// PushConfig is where events are sent to, RFC 8935.
type PushConfig struct {
	// URL takes the events: https, or http where the host is this machine.
	URL string
	// Header is sent along, such as Authorization.
	Header http.Header
	// Timeout bounds one request, 10s by default.
	Timeout time.Duration
	// Transport carries the requests; by default one of its own with TLS 1.2 or later.
	Transport http.RoundTripper
}

// Pusher sends events to one receiver. It is safe for concurrent use.
type Pusher struct {
	url    string
	header http.Header
	client *http.Client
	clock  func() time.Time
}

// NewPusher checks cfg. It connects to nothing.
func NewPusher(cfg PushConfig) (*Pusher, error) {
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.Fragment != "":
		return nil, errors.New("url: not an https URL without user and fragment") // the error of Parse quotes it
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, errors.New("url: events hold personal data and are sent by https alone; http is for localhost")
	}
	for name, values := range cfg.Header {
		if !isHeaderName(name) {
			return nil, fmt.Errorf("header: %.80q is not the name of a header", name)
		}
		for _, value := range values {
			if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				return nil, fmt.Errorf("header: the value of %s holds a character that cannot be sent", name)
			}
		}
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("timeout: it is negative")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultPushTimeout
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: cfg.Timeout}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           2,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxAnswer,
		}
	}
	return &Pusher{
		url: cfg.URL, header: cfg.Header.Clone(), clock: time.Now,
		client: &http.Client{
			Transport: cfg.Transport, Timeout: cfg.Timeout,
			// A receiver's credentials and a tenant's events go where the operator said, and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// Close ends the connections that wait for the next event.
func (p *Pusher) Close() { p.client.CloseIdleConnections() }

// Verdict is what came of sending an event.
type Verdict string

// The verdicts.
const (
	Accepted Verdict = "accepted" // the receiver has it
	Rejected Verdict = "rejected" // the receiver will never take this one
	Failed   Verdict = "failed"   // it may take it later
)

// Answer is a receiver's answer.
type Answer struct {
	Verdict Verdict
	// Status is that of HTTP, 0 where there was no answer.
	Status int
	// Code is the receiver's word for what is wrong, RFC 8935 section 2.4; empty where it gave none.
	Code string
	// RetryAfter is how long the receiver asks to be left alone, an hour at most.
	RetryAfter time.Duration
	// Err says why there was no answer. It holds no URL.
	Err error
}

// Send sends one SET, RFC 8935 section 2.1. The receiver has it once it answers 202, or any other 2xx.
func (p *Pusher) Send(ctx context.Context, set string) Answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(set))
	if err != nil {
		return Answer{Verdict: Failed, Err: errors.New("the request could not be made")}
	}
	for name, values := range p.header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Set("Content-Type", MediaType)
	req.Header.Set("Accept", "application/json")
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "caddy-scim")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // a URL may hold a secret
		}
		return Answer{Verdict: Failed, Err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what was read of it will do
	out := Answer{Verdict: Failed, Status: resp.StatusCode, RetryAfter: p.retryAfter(resp.Header.Get("Retry-After"))}
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		out.Verdict = Accepted
	case resp.StatusCode == http.StatusBadRequest:
		out.Code = errorCode(body)
		if !transient(out.Code) {
			out.Verdict = Rejected
		}
	}
	return out
}

// transient reports whether an error is about the two parties' keys, names and credentials, which somebody can mend, and
// not about the event, RFC 8935 section 4.
func transient(code string) bool {
	switch code {
	case "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied":
		return true
	}
	return false
}

// errorCode is the code in an error's body. One that is none, which could hold anything, is left out.
func errorCode(body []byte) string {
	var in struct {
		Err string `json:"err"`
	}
	if json.Unmarshal(body, &in) != nil || !IsErrorCode(in.Err) {
		return ""
	}
	return in.Err
}

// isHeaderName reports whether s is a token, RFC 9110 section 5.6.2.
func isHeaderName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

// IsErrorCode reports whether s has the form of a Security Event Token Error Code, RFC 8935 section 7.1.1.
func IsErrorCode(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// retryAfter reads the header of RFC 9110 section 10.2.3.
func (p *Pusher) retryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(p.clock()), 0), maxRetryAfter)
	}
	return 0
}

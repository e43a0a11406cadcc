package event

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/receiver"
)

// Defaults and bounds of pushing.
const (
	// DefaultPushTimeout bounds one request where PushConfig.Timeout is 0.
	DefaultPushTimeout = 10 * time.Second
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
	case u.Scheme != "https" && (u.Scheme != "http" || !receiver.Loopback(u.Hostname())):
		return nil, errors.New("url: events hold personal data and are sent by https alone; http is for localhost")
	}
	if err := receiver.CheckHeader(cfg.Header); err != nil {
		return nil, err
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("timeout: it is negative")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultPushTimeout
	}
	if cfg.Transport == nil {
		cfg.Transport = receiver.Transport((&net.Dialer{Timeout: cfg.Timeout}).DialContext)
	}
	return &Pusher{
		url: cfg.URL, header: cfg.Header.Clone(), clock: time.Now, client: receiver.Client(cfg.Transport, cfg.Timeout),
	}, nil
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
		return Answer{Verdict: Failed, Err: receiver.Reason(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, receiver.MaxAnswer)) // what was read of it will do
	out := Answer{Verdict: Failed, Status: resp.StatusCode, RetryAfter: receiver.RetryAfter(resp.Header.Get("Retry-After"), p.clock())}
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

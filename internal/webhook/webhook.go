// Package webhook sends notices by the scheme of Standard Webhooks (standardwebhooks.com): an id that stays the same
// however often a notice is sent, the time, and a signature over id, time and body by HMAC-SHA256.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/dial"
	"github.com/caddy-scim/caddy-scim/internal/receiver"
)

// The headers of a notice.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// Defaults and bounds.
const (
	// DefaultTimeout bounds one request where Config.Timeout is 0.
	DefaultTimeout = 15 * time.Second
	// MaxSecrets is how many secrets can sign at once.
	MaxSecrets = 4
	// minKey and maxKey bound a secret, in bytes; as Standard Webhooks has it, but for more at the upper end.
	minKey, maxKey = 24, 512
	secretPrefix   = "whsec_"
)

// Config is where notices are sent to.
type Config struct {
	// URL takes the notices: https, or http where the host is this machine or Plain is set.
	URL string
	// Plain allows http to other machines.
	Plain bool
	// Secrets sign the notices, each by itself, so that one can be replaced with no gap: "whsec_" and base64 of 24 to 512
	// bytes. At least one, at most MaxSecrets.
	Secrets []string
	// Header is sent along.
	Header http.Header
	// Timeout bounds one request, 15s by default.
	Timeout time.Duration
	// Transport carries the requests; by default one of its own with TLS 1.2 or later.
	Transport http.RoundTripper
	// Clock is time.Now by default.
	Clock func() time.Time
}

// Sender sends notices to one receiver. It is safe for concurrent use.
type Sender struct {
	url    string
	host   string
	header http.Header
	keys   [][]byte
	client *http.Client
	clock  func() time.Time
}

// New checks cfg. It connects to nothing. No error holds a secret or the URL.
func New(cfg Config) (*Sender, error) {
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.Fragment != "", u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("url: not an https URL without user and fragment") // the error of Parse quotes it
	case u.Scheme == "http" && !cfg.Plain && !receiver.Loopback(u.Hostname()):
		return nil, errors.New("url: http is for this machine; want https, or the option that allows plain http")
	}
	if err := receiver.CheckHeader(cfg.Header); err != nil {
		return nil, err
	}
	for name := range cfg.Header {
		switch http.CanonicalHeaderKey(name) {
		case HeaderID, HeaderTimestamp, HeaderSignature, "Content-Type", "Content-Length", "Host", "Transfer-Encoding", "Connection":
			return nil, fmt.Errorf("header: %s is set by the webhook itself", name)
		}
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("timeout: it is negative")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	s := &Sender{url: cfg.URL, host: strings.ToLower(u.Host), header: cfg.Header.Clone(), clock: cfg.Clock}
	if s.clock == nil {
		s.clock = time.Now
	}
	if len(cfg.Secrets) == 0 || len(cfg.Secrets) > MaxSecrets {
		return nil, fmt.Errorf("secret: want 1 to %d of them", MaxSecrets)
	}
	for i, secret := range cfg.Secrets {
		key, err := parseSecret(secret)
		if err != nil {
			return nil, fmt.Errorf("secret %d: %w", i+1, err)
		}
		s.keys = append(s.keys, key)
	}
	if cfg.Transport == nil {
		cfg.Transport = receiver.Transport(dialer(u.Hostname()))
	}
	s.client = receiver.Client(cfg.Transport, cfg.Timeout)
	return s, nil
}

// dialer connects to receivers, and to no metadata service that a receiver's name may lead to.
func dialer(host string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	guard := new(dial.Guard)
	guard.Name(host)
	return guard.Dialer(nil).DialContext
}

func parseSecret(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, errors.New(`it does not begin with "whsec_"`)
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New(`what follows "whsec_" is not base64`)
	}
	if len(key) < minKey || len(key) > maxKey {
		return nil, fmt.Errorf("it has %d bytes; want %d to %d, such as whsec_$(openssl rand -base64 32)", len(key), minKey, maxKey)
	}
	return key, nil
}

// Host is the receiver's host, and port where the URL has one. It is no secret, as a path can be.
func (s *Sender) Host() string { return s.host }

// Close ends the connections that wait for the next notice.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Answer is what came of sending a notice.
type Answer struct {
	// Taken means that the receiver has it.
	Taken bool
	// Unwanted means that the receiver understood and will not have this one, however often it is sent: 400, 413 or 422.
	Unwanted bool
	// Status is that of HTTP, 0 where there was no answer.
	Status int
	// RetryAfter is how long the receiver asks to be left alone, an hour at most.
	RetryAfter time.Duration
	// Err says why there was no answer. It holds no URL.
	Err error
}

// Send sends one notice. The receiver has it once it answers 2xx.
func (s *Sender) Send(ctx context.Context, id string, body []byte) Answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return Answer{Err: errors.New("the request could not be made")}
	}
	for name, values := range s.header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "caddy-scim")
	}
	now := s.clock()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(HeaderID, id)
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(HeaderSignature, s.sign(id, now, body))
	resp, err := s.client.Do(req)
	if err != nil {
		return Answer{Err: receiver.Reason(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, receiver.MaxAnswer)) // so that the connection can be used again
	return Answer{
		Taken:      resp.StatusCode >= 200 && resp.StatusCode < 300,
		Unwanted:   resp.StatusCode == http.StatusBadRequest || resp.StatusCode == http.StatusRequestEntityTooLarge || resp.StatusCode == http.StatusUnprocessableEntity,
		Status:     resp.StatusCode,
		RetryAfter: receiver.RetryAfter(resp.Header.Get("Retry-After"), s.clock()),
	}
}

// sign returns the signatures of all secrets, the newest first.
func (s *Sender) sign(id string, at time.Time, body []byte) string {
	var out strings.Builder
	for i, key := range s.keys {
		if i > 0 {
			out.WriteByte(' ')
		}
		mac := hmac.New(sha256.New, key)
		_, _ = fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
		_, _ = mac.Write(body)
		out.WriteString("v1,")
		out.WriteString(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return out.String()
}

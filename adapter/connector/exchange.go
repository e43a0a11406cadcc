package connector

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"

	"github.com/caddy-scim/caddy-scim/internal/dial"
)

// answered is an exchange with its answer.
type answered struct {
	Exchange
	header http.Header
	body   []byte // bounded; cut off bodies are nil
	sent   bool   // the request may have reached the application
	held   bool   // it was not sent at all: the pace did not let it in
	err    error
	detail string // of err
}

// exchange sends one request and reads its answer.
func (c *Connector) exchange(ctx context.Context, p *prepared, key string) (ans answered) {
	ans.Method, ans.Path, ans.Key = p.method, p.path, key
	if p.query != "" {
		ans.Path += "?" + p.query
	}
	ticket, err := c.pace.enter(ctx, p.entry)
	if err != nil {
		ans.held, ans.err, ans.detail = true, err, held(ctx, err)
		return ans
	}
	defer func() { ticket.Done(c.report(ctx, p, &ans)) }()
	start := c.now()
	defer func() {
		ans.Duration = c.now().Sub(start)
		note(ctx, ans.Exchange)
	}()

	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var progress progress
	req := (&http.Request{
		Method: p.method, URL: p.url, Host: p.url.Host, Header: c.header.Clone(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(httptrace.WithClientTrace(bounded, progress.trace()))
	if key != "" {
		// In lower case on purpose: net/http takes a request with this header, in its canonical case, for one that it
		// may send again by itself when a connection breaks. An application that does not know the header would then
		// do it twice. On the wire the case means nothing.
		req.Header["idempotency-key"] = []string{key}
	}
	if p.body != nil {
		if req.Header.Get("Content-Type") == "" {
			req.Header.Set("Content-Type", "application/json")
		}
		req.ContentLength = int64(len(p.body))
		req.Body = io.NopCloser(bytes.NewReader(p.body))
		// With it net/http sends again what certainly has not been sent: a kept connection that was closed meanwhile.
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.body)), nil }
	}
	if err := bounded.Err(); err != nil {
		ans.err, ans.detail = err, explain(ctx, err)
		return ans
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		ans.sent, ans.err, ans.detail = !progress.unsent(err), err, explain(ctx, err)
		return ans
	}
	defer resp.Body.Close()
	ans.Status, ans.header, ans.sent = resp.StatusCode, resp.Header, true
	most := c.maxAnswer
	if p.maxAnswer > 0 {
		most = p.maxAnswer
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		ans.err = err // the status is there, which is what counts
	case int64(len(body)) > most:
		ans.err = errAnswerTooLarge
	default:
		ans.body = body
	}
	return ans
}

var errAnswerTooLarge = errors.New("the application's answer is too large to be read")

// progress follows how far a request gets. Its hooks may still be called after RoundTrip has returned.
type progress struct{ wanted, connected atomic.Bool }

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { p.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { p.connected.Store(true) },
	}
}

// unsent reports whether the request has certainly not left: there was no connection to send it on. A transport that
// does not tell is believed only where its error says as much.
func (p *progress) unsent(err error) bool {
	var token *TokenError
	if errors.As(err, &token) {
		return true
	}
	if p.wanted.Load() && !p.connected.Load() {
		return true
	}
	if p.connected.Load() {
		return false
	}
	var dns *net.DNSError
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	return errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial" || errors.As(err, &cert)
}

// explain says what went wrong without naming addresses: those are the operator's and the line is read by clients.
func explain(ctx context.Context, err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var unknownCA x509.UnknownAuthorityError
	var timeout net.Error
	var token *TokenError
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return "the delivery was interrupted"
	case errors.As(err, &token):
		return token.Detail
	case errors.Is(err, dial.ErrRefused):
		return "the application's host name leads to an address that may not be called"
	case errors.As(err, &dns):
		return "the application's host name could not be resolved"
	case errors.As(err, &cert) || errors.As(err, &unknownCA):
		return "the application's certificate is not trusted"
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return "the application did not answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the application refuses connections"
	case errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return "the application closed the connection without an answer"
	default:
		return "the application could not be reached"
	}
}

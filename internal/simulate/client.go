package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/tidwall/gjson"
)

const (
	maxAnswer     = 4 << 20
	maxFailure    = 300 // runes of an answer's text in a failure
	maxTries      = 5
	maxRetryAfter = 30 * time.Second
)

// client sends requests as the identity provider does.
type client struct {
	http   *http.Client
	base   string
	token  string
	header http.Header
	pause  func(context.Context, time.Duration) error
}

func newClient(opts *Options) *client {
	copied := *opts.HTTPClient
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{http: &copied, base: opts.BaseURL, token: opts.Token, pause: opts.pause}
}

// session is a step under way: it sends requests and keeps its row. It is safe for concurrent use.
type session struct {
	client *client
	mu     sync.Mutex // guards row
	row    *Row
}

// count counts a user or check, failed if err is not nil.
func (s *session) count(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.row.Passed++
		return
	}
	s.row.Failed++
	if s.row.Failure == "" {
		s.row.Failure = err.Error()
	}
}

func (s *session) skip() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.row.Skipped++
}

func (s *session) timed(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.row.Requests++
	s.row.Slowest = max(s.row.Slowest, d)
}

// response is an answer whose body is JSON or empty.
type response struct {
	what   string // the request, for failures
	status int
	media  string
	body   []byte
	retry  time.Duration
}

// send sends a request and expects one of the statuses. path may have a query, which is sent as it stands. Where the
// server is busy it waits, as identity providers do.
func (s *session) send(ctx context.Context, method, path string, body any, want ...int) (*response, error) {
	return s.sendAs(ctx, s.client.token, method, path, body, want...)
}

func (s *session) sendAs(ctx context.Context, token, method, path string, body any, want ...int) (*response, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	for try := 1; ; try++ {
		resp, err := s.once(ctx, token, method, path, data)
		if err != nil {
			return nil, err
		}
		for _, status := range want {
			if resp.status == status {
				return resp, nil
			}
		}
		busy := resp.status == http.StatusTooManyRequests || resp.status == http.StatusServiceUnavailable
		if !busy || try == maxTries {
			return nil, resp.unexpected(want)
		}
		if err := s.client.pause(ctx, resp.retry); err != nil {
			return nil, err
		}
	}
}

func (s *session) once(ctx context.Context, token, method, path string, data []byte) (*response, error) {
	shown := path
	if decoded, err := url.PathUnescape(path); err == nil {
		shown = decoded
	}
	resp := &response{what: clean(method + " " + shown)}
	req, err := http.NewRequestWithContext(ctx, method, s.client.base, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	route, query, _ := strings.Cut(path, "?")
	req.URL.Path += route
	req.URL.RawQuery = query // as it stands: some providers do not encode it
	for name, values := range s.client.header {
		if name != "Content-Type" || data != nil {
			req.Header[name] = values
		}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	start := time.Now()
	answer, err := s.client.http.Do(req)
	if err != nil {
		s.timed(time.Since(start))
		return nil, fmt.Errorf("%s: %w", resp.what, plain(err))
	}
	defer answer.Body.Close()
	resp.status = answer.StatusCode
	resp.body, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	s.timed(time.Since(start))
	if err != nil {
		return nil, fmt.Errorf("%s: reading the answer: %w", resp.what, plain(err))
	}
	resp.media, _, _ = mime.ParseMediaType(answer.Header.Get("Content-Type")) // "" if there is none
	resp.retry = time.Second
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds >= 0 {
		resp.retry = min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	return resp, resp.checkMedia(req.Header.Get("Accept"))
}

// checkMedia makes sure that a body is JSON, of the type asked for. Errors as HTML are what administrators complain
// about most.
func (r *response) checkMedia(accept string) error {
	if len(r.body) == 0 {
		return nil
	}
	ok := r.media == "application/scim+json" || r.media == "application/json"
	if accept == "application/json" {
		ok = r.media == accept
	}
	if !ok {
		return r.failf("answered %d with %q, want %s: %s", r.status, r.media, accept, r.body[:min(len(r.body), 80)])
	}
	if !json.Valid(r.body) {
		return r.failf("answered %d with a body that is not JSON", r.status)
	}
	return nil
}

// unexpected says what came instead of the wanted status.
func (r *response) unexpected(want []int) error {
	text := make([]string, len(want))
	for i, status := range want {
		text[i] = strconv.Itoa(status)
	}
	said := ""
	if len(r.body) > 0 {
		said = strings.TrimSpace(": " + gjson.GetBytes(r.body, "scimType").String() + " " + gjson.GetBytes(r.body, "detail").String())
	}
	return r.failf("answered %d, want %s%s", r.status, strings.Join(text, " or "), said)
}

func (r *response) failf(format string, args ...any) error {
	return errors.New(r.what + ": " + clean(fmt.Sprintf(format, args...)))
}

// clean makes what a server said fit for a terminal.
func clean(s string) string {
	runes := []rune(strings.ToValidUTF8(s, "?"))
	if len(runes) > maxFailure {
		runes = append(runes[:maxFailure], '…')
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, string(runes))
}

// plain takes the URL off an error of net/http, which the message has already.
func plain(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

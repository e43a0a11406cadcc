package event_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/event"
)

func TestPushAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		header string // Retry-After
		body   string
		want   event.Verdict
		code   string
		pause  time.Duration
	}{
		"accepted":                {status: 202, want: event.Accepted},
		"ok":                      {status: 200, body: "fine", want: event.Accepted},
		"no content":              {status: 204, want: event.Accepted},
		"invalid request":         {status: 400, body: `{"err":"invalid_request","description":"x"}`, want: event.Rejected, code: "invalid_request"},
		"an unknown code":         {status: 400, body: `{"err":"jwtAud"}`, want: event.Rejected, code: "jwtAud"},
		"invalid key":             {status: 400, body: `{"err":"invalid_key"}`, want: event.Failed, code: "invalid_key"},
		"invalid issuer":          {status: 400, body: `{"err":"invalid_issuer"}`, want: event.Failed, code: "invalid_issuer"},
		"invalid audience":        {status: 400, body: `{"err":"invalid_audience"}`, want: event.Failed, code: "invalid_audience"},
		"authentication failed":   {status: 400, body: `{"err":"authentication_failed"}`, want: event.Failed, code: "authentication_failed"},
		"access denied":           {status: 400, body: `{"err":"access_denied"}`, want: event.Failed, code: "access_denied"},
		"a code that is none":     {status: 400, body: `{"err":"line\nend"}`, want: event.Rejected},
		"400 without a code":      {status: 400, body: `Bad Request`, want: event.Rejected},
		"an endless error":        {status: 400, body: `{"err":"` + strings.Repeat("x", 1<<20) + `"}`, want: event.Rejected},
		"unauthorized":            {status: 401, want: event.Failed},
		"not found":               {status: 404, want: event.Failed},
		"a redirect":              {status: 308, want: event.Failed},
		"unavailable":             {status: 503, want: event.Failed},
		"unavailable for a while": {status: 503, header: "120", want: event.Failed, pause: 2 * time.Minute},
		"unavailable for ever":    {status: 503, header: "99999999", want: event.Failed, pause: time.Hour},
		"no time":                 {status: 429, header: "soon", want: event.Failed},
		"a time that is past":     {status: 429, header: "Wed, 21 Oct 2015 07:28:00 GMT", want: event.Failed},
		"a time far away":         {status: 429, header: "Wed, 21 Oct 2099 07:28:00 GMT", want: event.Failed, pause: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			var body string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				got, body = r, string(b)
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			t.Cleanup(server.Close)
			p, err := event.NewPusher(event.PushConfig{URL: server.URL + "/in", Header: http.Header{"authorization": {"Bearer x"}, "Accept": {"text/html"}}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Close)
			a := p.Send(t.Context(), "a.b.c")
			if a.Verdict != c.want || a.Status != c.status || a.Code != c.code || a.RetryAfter != c.pause || a.Err != nil {
				t.Errorf("got %+v", a)
			}
			if got.Method != "POST" || got.URL.Path != "/in" || body != "a.b.c" || got.Header.Get("Content-Type") != "application/secevent+jwt" ||
				got.Header.Get("Accept") != "application/json" || got.Header.Get("Authorization") != "Bearer x" {
				t.Errorf("the request was %s %s %v %q", got.Method, got.URL, got.Header, body)
			}
		})
	}
}

func TestPushWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(server.Close)
	p, err := event.NewPusher(event.PushConfig{URL: server.URL + "/?key=hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if a := p.Send(t.Context(), "a.b.c"); a.Verdict != event.Failed || a.Err == nil || a.Status != 0 || strings.Contains(a.Err.Error(), "hunter2") {
		t.Errorf("got %+v", a)
	}
}

func TestPushChecksCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	t.Cleanup(server.Close)
	stranger, err := event.NewPusher(event.PushConfig{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stranger.Close)
	if a := stranger.Send(t.Context(), "a.b.c"); a.Verdict != event.Failed || a.Err == nil {
		t.Errorf("a certificate of nobody's was accepted: %+v", a)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	friend, err := event.NewPusher(event.PushConfig{URL: server.URL, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(friend.Close)
	if a := friend.Send(t.Context(), "a.b.c"); a.Verdict != event.Accepted {
		t.Errorf("got %+v", a)
	}
}

func TestPushConfig(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"https://siem.example/events": true, "https://siem.example:8443/e?x=y": true, "http://localhost:9/e": true, "http://127.0.0.1/e": true,
		"http://[::1]:9/e": true, "http://LOCALHOST/": true,
		"": false, "siem.example": false, "http://siem.example/e": false, "http://10.0.0.1/": false, "http://localhost.evil.example/": false,
		"https://u:hunter2@siem.example": false, "https://siem.example/#f": false, "ftp://siem.example": false, "https://": false,
		"https://hunter2:port:x/": false, "http://127.0.0.1.evil.example/": false,
	} {
		_, err := event.NewPusher(event.PushConfig{URL: url})
		if (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error quotes it: %v", url, err)
		}
	}
}

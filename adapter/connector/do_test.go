package connector_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The clock of the tests.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func TestClassification(t *testing.T) {
	t.Parallel()
	const (
		create     = abi.ActionCreate
		update     = abi.ActionUpdate
		remove     = abi.ActionDelete
		suspend    = abi.ActionSuspend
		deactivate = abi.ActionDeactivate
		reactivate = abi.ActionReactivate
	)
	for _, c := range []struct {
		action abi.Action
		status int
		want   connector.Outcome // its Kind, Unknown and Gone
	}{
		{update, 200, connector.Outcome{Kind: connector.Done}},
		{update, 202, connector.Outcome{Kind: connector.Done}},
		{update, 204, connector.Outcome{Kind: connector.Done}},
		{update, 301, connector.Outcome{Kind: connector.Retry, Unknown: true}},
		{update, 303, connector.Outcome{Kind: connector.Retry, Unknown: true}},
		{update, 304, connector.Outcome{Kind: connector.Retry, Unknown: true}},
		{update, 400, connector.Outcome{Kind: connector.Refused}},
		{update, 401, connector.Outcome{Kind: connector.Retry}},
		{update, 403, connector.Outcome{Kind: connector.Refused}},
		{update, 404, connector.Outcome{Kind: connector.Refused, Gone: true}},
		{update, 405, connector.Outcome{Kind: connector.Refused}},
		{update, 407, connector.Outcome{Kind: connector.Retry}},
		{update, 408, connector.Outcome{Kind: connector.Retry}},
		{update, 409, connector.Outcome{Kind: connector.Refused}},
		{create, 409, connector.Outcome{Kind: connector.Conflict}},
		{update, 410, connector.Outcome{Kind: connector.Refused, Gone: true}},
		{reactivate, 404, connector.Outcome{Kind: connector.Refused, Gone: true}},
		{create, 404, connector.Outcome{Kind: connector.Refused, Gone: true}},
		{remove, 404, connector.Outcome{Kind: connector.Done, Gone: true}},
		{remove, 410, connector.Outcome{Kind: connector.Done, Gone: true}},
		{suspend, 404, connector.Outcome{Kind: connector.Done, Gone: true}},
		{deactivate, 410, connector.Outcome{Kind: connector.Done, Gone: true}},
		{update, 422, connector.Outcome{Kind: connector.Refused}},
		{update, 425, connector.Outcome{Kind: connector.Retry}},
		{update, 429, connector.Outcome{Kind: connector.Retry}},
		{update, 500, connector.Outcome{Kind: connector.Retry, Unknown: true}},
		{remove, 503, connector.Outcome{Kind: connector.Retry, Unknown: true}},
		{create, 599, connector.Outcome{Kind: connector.Retry, Unknown: true}},
	} {
		conn := newConnector(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://evil.example/")
			w.WriteHeader(c.status)
		})
		call := updateCall()
		call.Action = c.action
		got := conn.Do(t.Context(), call)
		if got.Kind != c.want.Kind || got.Unknown != c.want.Unknown || got.Gone != c.want.Gone || got.Status != c.status {
			t.Errorf("%s %d: %+v", c.action, c.status, got)
		}
		if (got.Detail == "") != (got.Kind == connector.Done) || strings.Contains(got.Detail, "evil") {
			t.Errorf("%s %d: detail %q", c.action, c.status, got.Detail)
		}
		if len(got.Exchanges) != 1 || got.Exchanges[0].Status != c.status || got.Exchanges[0].Key != "k1" {
			t.Errorf("%s %d: exchanges %+v", c.action, c.status, got.Exchanges)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	conn := newConnector(t, nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	if out := conn.Do(t.Context(), updateCall()); out.Kind != connector.Retry {
		t.Errorf("%+v", out)
	}
	if _, _, err := conn.Lookup(t.Context(), updateCall()); err == nil {
		t.Error("a lookup took a redirect for an answer")
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"":                              0,
		"7":                             7 * time.Second,
		" 7 ":                           7 * time.Second,
		"0":                             0,
		"-5":                            0,
		"soon":                          0,
		"7200":                          time.Hour,
		"99999999999999999999":          0,
		"Sun, 01 Mar 2026 12:01:30 GMT": 90 * time.Second,
		"Sun, 01 Mar 2026 11:00:00 GMT": 0,
		"Mon, 02 Mar 2026 12:00:00 GMT": time.Hour,
	} {
		conn := newConnector(t, func(cfg *connector.Config) { cfg.Now = noon }, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		if out := conn.Do(t.Context(), updateCall()); out.RetryAfter != want {
			t.Errorf("%q: %v, want %v", value, out.RetryAfter, want)
		}
	}
}

func TestDetail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ contentType, body, want string }{
		{"application/json", `{"problem":"role \"x\" is not known"}`, `role "x" is not known`},
		{"application/json", `{"detail":"d","message":"m"}`, `d`},
		{"application/json", `{"message":"m","error":"e"}`, `m`},
		{"application/json", `{"error":"invalid_request","error_description":"what happened"}`, `what happened`},
		{"application/json", `{"error":{"message":"e"}}`, `e`},
		{"application/problem+json", `{"type":"about:blank","title":"t"}`, `t`},
		{"application/json", `{"errors":["one","two"]}`, `one`},
		{"application/json", `{"errors":[{"message":"one"}]}`, `one`},
		{"application/json", `{"errors":[{"code":5,"detail":"one"}]}`, `one`},
		{"", `{"detail":"no content type"}`, `no content type`},
		{"application/json", "{\"detail\":\" a\\r\\nb\\u0000\\u202ec \"}", `a  b  c`},
		{"application/json", `{"detail":"<b>hi</b>"}`, `the application answered 422 Unprocessable Entity`},
		{"application/json", `{"detail":5,"stack":"at main.go"}`, `the application answered 422 Unprocessable Entity`},
		{"application/json", `["x"]`, `the application answered 422 Unprocessable Entity`},
		{"application/json", `{"detail":`, `the application answered 422 Unprocessable Entity`},
		{"text/plain; charset=utf-8", "no such team\nat main.go:5", `no such team`},
		{"text/plain", " <html><title>500</title>", `the application answered 422 Unprocessable Entity`},
		{"text/html", `<html><body>Error</body></html>`, `the application answered 422 Unprocessable Entity`},
		{"text/html", `Error`, `the application answered 422 Unprocessable Entity`},
		{"text/plain", ``, `the application answered 422 Unprocessable Entity`},
		{"text/plain", strings.Repeat("é", 5000), strings.Repeat("é", 148) + "…"},
	} {
		conn := newConnector(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{c.contentType}
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, c.body)
		})
		out := conn.Do(t.Context(), updateCall())
		if out.Detail != c.want && !(strings.HasPrefix(c.body, "éé") && strings.HasSuffix(out.Detail, "…") && len(out.Detail) <= 300) {
			t.Errorf("%s %s:\n got %q\nwant %q", c.contentType, c.body, out.Detail, c.want)
		}
	}
}

func TestCredentialsProblemSaysSo(t *testing.T) {
	t.Parallel()
	conn := newConnector(t, func(cfg *connector.Config) { cfg.Auth.Bearer = "s3cret" }, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"problem":"the key is wrong"}`)
	})
	out := conn.Do(t.Context(), updateCall())
	if out.Detail != "the application does not accept the connector's credentials (401): the key is wrong" {
		t.Errorf("detail %q", out.Detail)
	}
}

func TestAccountID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, answer, want string // want "" for unknown
	}{
		{"member.no", `{"member":{"no":1001}}`, "1001"},
		{"member.no", `{"member":{"no":12345678901234567890}}`, "12345678901234567890"},
		{"member.no", `{"member":{"no":"a-1"}}`, "a-1"},
		{"0.id", `[{"id":"x"}]`, "x"},
		{"member.no", `{"member":{"no":null}}`, ""},
		{"member.no", `{"member":{"no":""}}`, ""},
		{"member.no", `{"member":{"no":true}}`, ""},
		{"member.no", `{"member":{"no":{}}}`, ""},
		{"member.no", `{"member":{"no":"a\r\nb"}}`, ""},
		{"member.no", `{"member":{"no":"` + strings.Repeat("x", 300) + `"}}`, ""},
		{"member.no", `{"member":{"no":1001}`, ""},
		{"member.no", `{"member":{"no":1001},"x":"` + strings.Repeat("x", 5000) + `"}`, ""},
		{"member.no", ``, ""},
	} {
		conn := newConnector(t, func(cfg *connector.Config) {
			cfg.Routes[abi.ActionCreate] = connector.Route{Method: "POST", Path: "/members", ID: c.path}
			cfg.MaxResponseBytes = 4096
		}, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, c.answer)
		})
		out := conn.Do(t.Context(), createCall())
		if out.LegacyID != c.want {
			t.Errorf("%s in %.60s: %q, want %q", c.path, c.answer, out.LegacyID, c.want)
		}
		if unknown := c.want == ""; out.Unknown != unknown || (out.Kind == connector.Retry) != unknown || (out.Detail != "") != unknown {
			t.Errorf("%s in %.60s: %+v", c.path, c.answer, out)
		}
	}

	conn := newConnector(t, func(cfg *connector.Config) {
		cfg.Routes[abi.ActionCreate] = connector.Route{Method: "PUT", Path: "/members/{userName}"}
	}, func(http.ResponseWriter, *http.Request) {})
	if out := conn.Do(t.Context(), createCall()); out.Kind != connector.Done || out.LegacyID != "" {
		t.Errorf("accounts without an id: %+v", out)
	}
}

// steps is a policy's call of three requests, which need the id that the first one tells.
func steps() connector.Call {
	call := createCall()
	call.Requests = []abi.Request{
		{Body: json.RawMessage(`{"login":"mo"}`)},
		{Method: "PUT", Path: "/teams/T1/people/{legacy_id}"},
		{Method: "POST", Path: "/members/{legacy_id}/welcome", Body: json.RawMessage(`{}`)},
	}
	return call
}

func TestSeveralRequests(t *testing.T) {
	t.Parallel()
	ignore := cmpopts.IgnoreFields(connector.Exchange{}, "Duration")
	for _, c := range []struct {
		second, third int // statuses
		want          connector.Outcome
	}{
		{204, 200, connector.Outcome{Kind: connector.Done, Status: 200}},
		{503, 0, connector.Outcome{Kind: connector.Retry, Status: 503, Unknown: true}},
		{429, 0, connector.Outcome{Kind: connector.Retry, Status: 429, Unknown: true}},
		{409, 0, connector.Outcome{Kind: connector.Refused, Status: 409, Unknown: true}},
		{204, 422, connector.Outcome{Kind: connector.Refused, Status: 422, Unknown: true}},
	} {
		conn := newConnector(t, nil, func(w http.ResponseWriter, r *http.Request) {
			switch r.Method + " " + r.URL.Path {
			case "POST /members":
				w.WriteHeader(http.StatusCreated)
				_, _ = io.WriteString(w, `{"member":{"no":1001}}`)
			case "PUT /teams/T1/people/1001":
				w.WriteHeader(c.second)
			case "POST /members/1001/welcome":
				w.WriteHeader(c.third)
			default:
				t.Errorf("%s %s", r.Method, r.URL)
			}
		})
		out := conn.Do(t.Context(), steps())
		c.want.LegacyID = "1001"
		c.want.Exchanges = []connector.Exchange{
			{Method: "POST", Path: "/members", Key: "k1", Status: 201},
			{Method: "PUT", Path: "/teams/T1/people/1001", Key: "k1-2", Status: c.second},
		}
		if c.third != 0 {
			c.want.Exchanges = append(c.want.Exchanges, connector.Exchange{Method: "POST", Path: "/members/1001/welcome", Key: "k1-3", Status: c.third})
		}
		if diff := cmp.Diff(c.want, out, ignore, cmpopts.IgnoreFields(connector.Outcome{}, "Detail")); diff != "" {
			t.Errorf("%d, %d (-want +got):\n%s", c.second, c.third, diff)
		}
	}
}

func TestHostileIDFromTheApplication(t *testing.T) {
	t.Parallel()
	var paths atomic.Int32
	conn := newConnector(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		paths.Add(1)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"member":{"no":"../admin"}}`)
	})
	out := conn.Do(t.Context(), steps())
	if out.Kind != connector.Retry || !out.Unknown || paths.Load() != 1 {
		t.Errorf("%+v after %d requests", out, paths.Load())
	}
}

func TestGoneCountsForTheLastRequest(t *testing.T) {
	t.Parallel()
	conn := newConnector(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	call := updateCall()
	call.Action = abi.ActionSuspend
	call.Requests = []abi.Request{{Method: "DELETE", Path: "/teams/T1/people/1001"}, {}}
	if out := conn.Do(t.Context(), call); out.Kind != connector.Done || out.Gone || out.Status != 200 {
		t.Errorf("%+v", out)
	}
}

// broken is a server that does something below HTTP with each connection, after the request has come.
func broken(t *testing.T, do func(net.Conn)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		do(conn)
		_ = conn.Close()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestConnectionProblems(t *testing.T) {
	t.Parallel()
	say := func(s string) func(net.Conn) { return func(c net.Conn) { _, _ = io.WriteString(c, s) } }
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = discardLog()
	secure.StartTLS()
	defer secure.Close()
	for _, c := range []struct {
		name, base string
		unknown    bool
		detail     string
	}{
		{"nobody listens", closed, false, "refuses connections"},
		{"no such host", "http://nowhere.invalid", false, "could not be resolved"},
		{"untrusted certificate", secure.URL, false, "certificate is not trusted"},
		{"closed after the request", broken(t, say("")), true, "closed the connection"},
		{"reset after the request", broken(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), true, "closed the connection"},
		{"not HTTP", broken(t, say("SSH-2.0-OpenSSH\r\n")), true, "could not be reached"},
		{"half an answer", broken(t, say("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n")), true, "closed the connection"},
		{"endless header", broken(t, say("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20))), true, "could not be reached"},
	} {
		conn := connectTo(t, c.base, nil)
		out := conn.Do(t.Context(), createCall())
		if out.Kind != connector.Retry || out.Unknown != c.unknown || out.Status != 0 || !strings.Contains(out.Detail, c.detail) || out.Err == nil {
			t.Errorf("%s: %+v", c.name, out)
		}
		if strings.Contains(out.Detail, "127.0.0.1") || strings.Contains(out.Detail, "nowhere") {
			t.Errorf("%s: the detail names an address: %s", c.name, out.Detail)
		}
		_, found, err := conn.Lookup(t.Context(), createCall())
		var failed *connector.LookupError
		if found || !errors.As(err, &failed) || !strings.Contains(failed.Detail, c.detail) {
			t.Errorf("%s: lookup: %v %v", c.name, found, err)
		}
	}
}

// net/http sends a request again by itself when a kept connection breaks, if it takes it for idempotent. A create must
// never be one of those, whether it has a body or not.
func TestNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	for _, action := range []abi.Action{abi.ActionUpdate, abi.ActionSuspend, abi.ActionDelete} {
		var seen atomic.Int32
		conn := newConnector(t, nil, func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1) > 1 {
				panic(http.ErrAbortHandler)
			}
			if got := r.Header["Idempotency-Key"]; len(got) != 1 || got[0] != "k1" {
				t.Errorf("idempotency key %q", got)
			}
			w.WriteHeader(http.StatusNoContent)
		})
		call := updateCall()
		call.Action = action
		if out := conn.Do(t.Context(), call); out.Kind != connector.Done {
			t.Fatalf("%+v", out)
		}
		out := conn.Do(t.Context(), call) // on the kept connection
		if out.Kind != connector.Retry || !out.Unknown || seen.Load() != 2 {
			t.Errorf("%s: %d requests, %+v", action, seen.Load(), out)
		}
	}
}

func TestTimeoutAndCancel(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	arrived := make(chan struct{}, 1)
	conn := newConnector(t, func(cfg *connector.Config) { cfg.Timeout = 50 * time.Millisecond }, func(http.ResponseWriter, *http.Request) {
		<-release
	})
	patient := newConnector(t, nil, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-release
	})
	t.Cleanup(func() { close(release) }) // comes before the servers' own
	out := conn.Do(t.Context(), updateCall())
	if out.Kind != connector.Retry || out.Detail != "the application did not answer in time" || !errors.Is(out.Err, context.DeadlineExceeded) {
		t.Errorf("%+v", out)
	}

	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	out = patient.Do(ctx, updateCall())
	if out.Kind != connector.Retry || !out.Unknown || out.Detail != "the delivery was interrupted" {
		t.Errorf("%+v", out)
	}
	out = patient.Do(ctx, updateCall())
	if out.Kind != connector.Retry || out.Unknown || out.Detail != "the delivery was interrupted" {
		t.Errorf("cancelled before: %+v", out)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		kind   connector.Kind
	}{{200, connector.Done}, {422, connector.Refused}, {503, connector.Retry}} {
		conn := newConnector(t, func(cfg *connector.Config) { cfg.MaxResponseBytes = 1000 }, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, err := io.WriteString(w, `{"detail":"x","members":"`)
			for err == nil { // without an end: the connector has to leave
				_, err = io.WriteString(w, strings.Repeat("x", 1<<16))
			}
		})
		if out := conn.Do(t.Context(), updateCall()); out.Kind != c.kind || out.Status != c.status {
			t.Errorf("%d: %+v", c.status, out)
		}
		if c.status == http.StatusOK {
			if _, found, err := conn.Lookup(t.Context(), updateCall()); found || err == nil || !strings.Contains(err.Error(), "too large") {
				t.Errorf("lookup: %v %v", found, err)
			}
		}
	}
}

func TestATransportFromOutside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err     error
		unknown bool
	}{
		{io.ErrUnexpectedEOF, true},
		{errors.New("something"), true},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, false},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, true},
		{&net.DNSError{}, false},
		{fmt.Errorf("x: %w", &tls.CertificateVerificationError{Err: errors.New("expired")}), false},
	} {
		conn, err := connector.New(connector.Config{BaseURL: "http://app.example", Routes: routes()}, roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, c.err
		}))
		if err != nil {
			t.Fatal(err)
		}
		if out := conn.Do(t.Context(), updateCall()); out.Unknown != c.unknown || out.Kind != connector.Retry {
			t.Errorf("%v: %+v", c.err, out)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

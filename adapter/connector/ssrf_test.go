package connector_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/dial"
	"github.com/caddy-scim/caddy-scim/internal/dial/dialtest"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// wire is a server that notes what it is sent as it came, before anything makes sense of it.
type wire struct {
	URL  string
	mu   sync.Mutex
	seen []sent
}

// sent is one request as it came.
type sent struct {
	line   string
	header textproto.MIMEHeader
	body   string
}

// listen starts a server at an address of this machine.
func listen(t *testing.T, addr string) *wire {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr+":0")
	if err != nil {
		t.Skipf("this machine has no %s: %v", addr, err)
	}
	w := &wire{URL: "http://" + l.Addr().String()}
	var open sync.WaitGroup
	t.Cleanup(func() { l.Close(); open.Wait() })
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { w.serve(conn) })
		}
	})
	return w
}

func (w *wire) serve(conn net.Conn) {
	defer conn.Close()
	in := textproto.NewReader(bufio.NewReader(conn))
	line, err := in.ReadLine()
	if err != nil {
		return
	}
	header, err := in.ReadMIMEHeader()
	if err != nil {
		return
	}
	var size int64
	_, _ = fmt.Sscan(header.Get("Content-Length"), &size)
	body, _ := io.ReadAll(io.LimitReader(in.R, size))
	w.mu.Lock()
	w.seen = append(w.seen, sent{line, header, string(body)})
	w.mu.Unlock()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
}

// take returns what came since it was asked last.
func (w *wire) take() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// hostileTexts are what somebody may call themselves who wants a request to go elsewhere or to say something else.
var hostileTexts = []string{
	"..", ".", "../admin", "../../", "..\\admin", "\\..\\..\\", "a/../../admin", "./../admin", "..;/admin", "..;a=b/../admin", "%2e%2e", "%2E%2e/admin",
	"%2e%2e%2fadmin", "%252e%252e%252fadmin", "%25252e%25252e", "..%2fadmin", "..%5cadmin", "%5c..%5c..", "..%c0%afadmin", "%c0%ae%c0%ae", "%u002e%u002e%u002fadmin",
	"%U002E%u002e", "%2e%2e/%zz", "%2e%2e%2fadmin%", "%252e%252e/%u", "\uff0e\uff0e", "\uff0e\uff0e\uff0fadmin", "\u2024\u2024", "\u2025", "\ufe52\ufe52/admin", "..\uff3cadmin", " .. ", ".. /admin", "..\t", "\u3000..",
	"//evil.example/x", "/\\evil.example", "\\\\evil.example\\x", "http://evil.example/", "https:evil.example", "@evil.example/", "user:pass@evil.example", ":80@evil.example",
	"evil.example#", "#admin", "?admin=1", "a?b=c&d=e", "a&admin=true", "a;admin=true", "%3fadmin=1", "%23", "a%00b", "a\x00b", "a\x00.png", "\x7f", "a\u0085b", "a\u2028b", "\ufeff", "\ufffd", "\xff\xfe",
	"a\r\nX-Admin: 1", "a\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n", "a\nX-Admin: 1", "a\rX-Admin: 1", "a%0d%0aX-Admin:%201", "a%250d%250aX-Admin: 1", "a\u560d\u560aX-Admin: 1",
	"a HTTP/1.1\r\nX: y", " HTTP/1.0", "{legacy_id}", "{{id}}", "${jndi:ldap://evil.example/x}", "$(reboot)", "[::1]", "169.254.169.254", "[fe80::1%25eth0]",
	strings.Repeat("a", 9000), strings.Repeat("../", 3000), strings.Repeat("%25", 100) + "2e%2e", strings.Repeat("%2e", 4000), strings.Repeat("\u00e9", 3000), "é/ü", "日本", "..日本", "a..b", "...", "a.", ".a",
}

// What a resource says is one segment of the path and one value of the query, or no request is made.
func TestSSRFTemplates(t *testing.T) {
	t.Parallel()
	inside, elsewhere := listen(t, "127.0.0.1"), listen(t, "127.0.0.2")
	conn := connectTo(t, inside.URL+"/api/v1", func(cfg *connector.Config) {
		cfg.Auth = connector.Auth{Bearer: "the-secret"}
		cfg.Routes[abi.ActionUpdate] = connector.Route{
			Method: "PUT", Path: "/u/{userName}/x?q={userName}&last=1", Body: json.RawMessage(`{"who":"{userName}","admin":false}`),
		}
		cfg.Routes[abi.ActionDelete] = connector.Route{Method: "DELETE", Path: "/u/{legacy_id}"}
		cfg.Lookup = &connector.Route{Path: "/u/{userName}?login={userName}", ID: "no"}
	})
	made := 0
	for _, text := range append(hostileTexts, elsewhere.URL, strings.TrimPrefix(elsewhere.URL, "http:"), "@"+strings.TrimPrefix(elsewhere.URL, "http://")) {
		doc, err := json.Marshal(map[string]string{"userName": text})
		if err != nil {
			t.Fatal(err)
		}
		legacy := text
		text = string([]rune(text)) // as the document has it
		out := conn.Do(t.Context(), connector.Call{Action: abi.ActionUpdate, ResourceID: "u-1", LegacyID: "1", After: doc})
		came := inside.take()
		if len(came) != len(out.Exchanges) || len(came) > 1 || (len(came) == 0) != (out.Kind == connector.Refused) {
			t.Errorf("%q: %d requests came, %d are on record: %+v", text, len(came), len(out.Exchanges), out)
		}
		for _, r := range came {
			made++
			u := r.below(t, text, "PUT", "/api/v1/u/", 6)
			if segments := strings.Split(u.EscapedPath(), "/"); segments[5] != "x" || mustUnescape(t, segments[4]) != text {
				t.Errorf("%q became the path %s", text, u.EscapedPath())
			}
			if query, err := url.ParseQuery(u.RawQuery); err != nil || len(query) != 2 || query.Get("q") != text || query.Get("last") != "1" {
				t.Errorf("%q became the query %s", text, u.RawQuery)
			}
			var body map[string]any
			if err := json.Unmarshal([]byte(r.body), &body); err != nil || len(body) != 2 || body["who"] != strings.TrimSpace(text) || body["admin"] != false {
				t.Errorf("%q became the body %s", text, r.body)
			}
		}
		_, _, err = conn.Lookup(t.Context(), connector.Call{Action: abi.ActionCreate, ResourceID: "u-1", After: doc})
		for _, r := range inside.take() {
			r.below(t, text, "GET", "/api/v1/u/", 5)
		}
		var failed *connector.LookupError
		if errors.As(err, &failed) {
			t.Errorf("%q: the lookup says %v", text, err)
		}
		conn.Do(t.Context(), connector.Call{Action: abi.ActionDelete, ResourceID: "u-1", LegacyID: legacy})
		for _, r := range inside.take() {
			r.below(t, text, "DELETE", "/api/v1/u/", 5)
		}
	}
	if made == 0 {
		t.Error("no request was made at all, which proves nothing")
	}
	if came := elsewhere.take(); len(came) > 0 {
		t.Errorf("elsewhere came %v", came)
	}
}

// below checks that a request is one request, to where it belongs, with the headers that the connector sends.
func (r *sent) below(t *testing.T, about, method, prefix string, segments int) *url.URL {
	t.Helper()
	words := strings.Split(r.line, " ")
	if len(words) != 3 || words[0] != method || words[2] != "HTTP/1.1" || !strings.HasPrefix(words[1], prefix) {
		t.Fatalf("%q made the request %q", about, r.line)
	}
	u, err := url.ParseRequestURI(words[1])
	if err != nil || u.Host != "" || u.Fragment != "" || len(strings.Split(u.EscapedPath(), "/")) != segments {
		t.Fatalf("%q made the request %q", about, r.line)
	}
	staysBelow(t, strings.TrimPrefix(words[1], "/api"))
	known := []string{"Accept", "Accept-Encoding", "Authorization", "Content-Length", "Content-Type", "Host", "Idempotency-Key", "User-Agent"}
	for name, values := range r.header {
		if !slices.Contains(known, name) || len(values) != 1 {
			t.Fatalf("%q made the header %s: %q", about, name, values)
		}
	}
	return u
}

func mustUnescape(t *testing.T, segment string) string {
	t.Helper()
	text, err := url.PathUnescape(segment)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Whatever a policy asks for stays below the base URL, or is not sent.
func TestSSRFPolicies(t *testing.T) {
	t.Parallel()
	inside, elsewhere := listen(t, "127.0.0.1"), listen(t, "127.0.0.2")
	conn := connectTo(t, inside.URL+"/api", nil)
	refused := []string{
		elsewhere.URL, elsewhere.URL + "/x", strings.TrimPrefix(elsewhere.URL, "http:"), "@evil.example/", "evil.example", ":80/", "", ".", "..", "x",
		"//evil.example/x", "///evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/../admin", "/a/../../admin", "/a/..", "/./a", "/a/.", "/..", "/..;/admin", "/..;x=y/admin",
		"/%2e%2e/admin", "/%2E./admin", "/.%2e", "/a%2f..%2f..%2fadmin", "/a%5c..%5c..", "/%252e%252e/admin", "/%25252e%25252e/x", "/..%252fadmin", "/%c0%ae%c0%ae/", "/%ff", "/%", "/%zz", "/%u002e%u002e/",
		"/%25u002e%25u002e/admin", "/%EF%BC%8E%EF%BC%8E/admin", "/%E2%80%A4%E2%80%A4/x", "/%E2%80%A5", "/a%EF%BC%8F..%EF%BC%8Fadmin", "/a b", "/a\tb", "/a#b", "/a\x00", "/a%00", "/a?b=%00", "/a%0d%0aX:%20y", "/a\r\nX: y", "/a?b=%0a",
		"/a?b=c d", "/a?b=#c", "/é", "/{userName}", "/{", "/}", "/{id", "/{legacy_id}/../x", "/{members.id}", "/a?b={password}", "/a\u2028", "/" + strings.Repeat("a", 9000), "/" + strings.Repeat("%2525", 2000),
	}
	for _, path := range refused {
		call := updateCall()
		call.Requests = []abi.Request{{Method: "PUT", Path: "/fine"}, {Method: "PUT", Path: path}}
		if path == "" {
			continue // the route's own
		}
		out := conn.Do(t.Context(), call)
		if came := inside.take(); out.Kind != connector.Refused || !errors.Is(out.Err, connector.ErrRequest) && !isMissing(out.Err) && len(came) > 0 {
			t.Errorf("%q: %+v, and %v came", path, out, came)
		}
	}
	for _, method := range []string{"CONNECT", "TRACE", "OPTIONS", "HEAD", "put", "GET /admin HTTP/1.1\r\nX: y\r\n\r\nPUT", "PUT ", "", "PROPFIND"} {
		call := updateCall()
		if call.Requests = []abi.Request{{Method: method, Path: "/a"}}; method == "" {
			continue // the route's own
		}
		if out := conn.Do(t.Context(), call); out.Kind != connector.Refused || len(inside.take()) > 0 {
			t.Errorf("the method %q: %+v", method, out)
		}
	}
	for path, want := range map[string]string{
		"/a/b?c=d&e=http://evil.example/": "/api/a/b?c=d&e=http://evil.example/",
		"/http://evil.example/":           "/api/http://evil.example/",
		"/@evil.example":                  "/api/@evil.example",
		"/a%2Fb;c=d":                      "/api/a%2Fb;c=d",
		"/a...b/.../x":                    "/api/a...b/.../x",
		"/{legacy_id}/{id}":               "/api/1001/u-1",
	} {
		call := updateCall()
		call.Requests = []abi.Request{{Method: "PUT", Path: path}}
		conn.Do(t.Context(), call)
		came := inside.take()
		if len(came) != 1 || came[0].line != "PUT "+want+" HTTP/1.1" {
			t.Errorf("%q: %v came", path, came)
		}
	}
	if came := elsewhere.take(); len(came) > 0 {
		t.Errorf("elsewhere came %v", came)
	}
}

func isMissing(err error) bool {
	var missing *connector.MissingError
	return errors.As(err, &missing)
}

// No answer sends the connector anywhere else, whatever its status.
func TestSSRFRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := listen(t, "127.0.0.2")
	for _, status := range []int{300, 301, 302, 303, 304, 305, 306, 307, 308, 399, 201, 401, 407, 503} {
		for _, location := range []string{
			elsewhere.URL + "/x", "//" + strings.TrimPrefix(elsewhere.URL, "http://"), "http://169.254.169.254/latest/meta-data/", "/api/members/other", "../../admin", "file:///etc/passwd", "gopher://127.0.0.1:70/x",
		} {
			var came []string
			conn := newConnector(t, nil, func(w http.ResponseWriter, r *http.Request) {
				came = append(came, r.Method+" "+r.URL.Path)
				w.Header().Set("Location", location)
				w.Header().Set("Refresh", "0;url="+location)
				w.Header().Set("Content-Location", location)
				w.Header().Set("Alt-Svc", `h2="`+strings.TrimPrefix(elsewhere.URL, "http://")+`"; ma=9999`)
				w.Header().Set("Proxy-Authenticate", "Basic")
				w.WriteHeader(status)
			})
			for range 2 {
				if out := conn.Do(t.Context(), updateCall()); (out.Kind == connector.Done) != (status == 201) {
					t.Errorf("%d to %s: %+v", status, location, out)
				}
			}
			if _, found, _ := conn.Lookup(t.Context(), updateCall()); found {
				t.Errorf("%d to %s: found", status, location)
			}
			if want := []string{"PATCH /members/1001", "PATCH /members/1001", "GET /members"}; !slices.Equal(came, want) {
				t.Errorf("%d to %s: %q came", status, location, came)
			}
		}
	}
	if came := elsewhere.take(); len(came) > 0 {
		t.Errorf("elsewhere came %v", came)
	}
}

// The base URL's name leads where its owner wants; where no application is, nothing is sent.
func TestSSRFNames(t *testing.T) {
	t.Parallel()
	inside := listen(t, "127.0.0.1")
	port := inside.URL[strings.LastIndexByte(inside.URL, ':'):]
	for name, c := range map[string]struct {
		host    string
		leads   []string
		pins    []string
		refused bool
	}{
		"the application":             {"legacy.example", []string{"127.0.0.1"}, nil, false},
		"the address":                 {"127.0.0.1", nil, nil, false},
		"pinned":                      {"legacy.example", []string{"127.0.0.1"}, []string{"127.0.0.0/8"}, false},
		"one of two is allowed":       {"legacy.example", []string{"169.254.169.254", "127.0.0.1"}, nil, false},
		"pinned elsewhere":            {"legacy.example", []string{"127.0.0.1"}, []string{"10.0.0.0/8"}, true},
		"the address pinned away":     {"127.0.0.1", nil, []string{"10.0.0.0/8"}, true},
		"metadata":                    {"legacy.example", []string{"169.254.169.254"}, nil, true},
		"metadata, pinned by all":     {"legacy.example", []string{"169.254.169.254"}, []string{"0.0.0.0/0"}, true},
		"metadata, mapped":            {"legacy.example", []string{"::ffff:169.254.169.254"}, nil, true},
		"metadata of Amazon's, IPv6":  {"legacy.example", []string{"fd00:ec2::254"}, nil, true},
		"link-local":                  {"legacy.example", []string{"fe80::1"}, nil, true},
		"multicast":                   {"legacy.example", []string{"224.0.0.1", "ff02::1"}, nil, true},
		"unspecified":                 {"legacy.example", []string{"0.0.0.0", "::"}, nil, true},
		"broadcast":                   {"legacy.example", []string{"255.255.255.255"}, nil, true},
		"NAT64":                       {"legacy.example", []string{"64:ff9b::a9fe:a9fe"}, nil, true},
		"a name that is a number":     {"2852039166", nil, nil, true}, // 169.254.169.254 for some
		"a name in hexadecimal":       {"0xa9fea9fe", nil, nil, true},
		"a name in octal":             {"0251.0376.0251.0376", nil, nil, true},
		"a name that does not exist":  {"nowhere.example", nil, nil, true},
		"localhost, wherever it goes": {"localhost", nil, []string{"10.0.0.0/8"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var dns dialtest.Names
			if c.leads != nil {
				dns.Lead(c.host, c.leads...)
			}
			conn := connectTo(t, "http://"+c.host+port+"/api", func(cfg *connector.Config) {
				cfg.Resolver = dns.Resolver()
				for _, pin := range c.pins {
					cfg.Addresses = append(cfg.Addresses, netip.MustParsePrefix(pin))
				}
			})
			out := conn.Do(t.Context(), updateCall())
			if (out.Kind == connector.Retry) != c.refused || out.Unknown || len(out.Exchanges) != 1 {
				t.Errorf("%+v, want it refused: %v", out, c.refused)
			}
			if c.leads != nil && c.refused && (!errors.Is(out.Err, dial.ErrRefused) || strings.Contains(out.Detail, c.leads[0])) {
				t.Errorf("%q, by %v", out.Detail, out.Err)
			}
		})
	}
}

// The name is asked for each connection: an answer that was good once is good for that connection alone.
func TestSSRFNameThatMoves(t *testing.T) {
	t.Parallel()
	inside := listen(t, "127.0.0.1")
	var dns dialtest.Names
	dns.Lead("legacy.example", "127.0.0.1")
	conn := connectTo(t, "http://legacy.example"+inside.URL[strings.LastIndexByte(inside.URL, ':'):]+"/api", func(cfg *connector.Config) { cfg.Resolver = dns.Resolver() })
	if out := conn.Do(t.Context(), updateCall()); out.Kind != connector.Done {
		t.Fatalf("%+v", out)
	}
	dns.Lead("legacy.example", "169.254.169.254")
	if out := conn.Do(t.Context(), updateCall()); !errors.Is(out.Err, dial.ErrRefused) {
		t.Errorf("%+v, want it refused", out)
	}
	if came := inside.take(); len(came) != 1 {
		t.Errorf("%v came", came)
	}
}

// A proxy that the environment names is not used: it would dial for us, and ask nobody.
func TestSSRFProxyOfTheEnvironment(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the proxy was asked for %s", r.URL) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	var dns dialtest.Names
	dns.Lead("legacy.example", "169.254.169.254")
	conn := connectTo(t, "http://legacy.example/api", func(cfg *connector.Config) { cfg.Resolver = dns.Resolver() })
	if out := conn.Do(t.Context(), updateCall()); !errors.Is(out.Err, dial.ErrRefused) {
		t.Errorf("%+v, want it refused", out)
	}
}

// Headers come from the configuration, and none of them can be made two.
func TestSSRFHeaders(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*connector.Config){
		"a line in a value":       func(cfg *connector.Config) { cfg.Header = http.Header{"X-A": {"a\r\nX-Admin: 1"}} },
		"a line in a name":        func(cfg *connector.Config) { cfg.Header = http.Header{"X-A: 1\r\nX-Admin": {"1"}} },
		"a colon in a name":       func(cfg *connector.Config) { cfg.Header = http.Header{"X-A:": {"1"}} },
		"NUL":                     func(cfg *connector.Config) { cfg.Header = http.Header{"X-A": {"a\x00"}} },
		"the host":                func(cfg *connector.Config) { cfg.Header = http.Header{"Host": {"evil.example"}} },
		"the length":              func(cfg *connector.Config) { cfg.Header = http.Header{"content-length": {"0"}} },
		"the encoding":            func(cfg *connector.Config) { cfg.Header = http.Header{"Transfer-Encoding": {"chunked"}} },
		"a line in a token":       func(cfg *connector.Config) { cfg.Auth.Bearer = "a\nX-Admin: 1" },
		"a line in a credential":  func(cfg *connector.Config) { cfg.Auth.HeaderName, cfg.Auth.HeaderValue = "X-Key", "a\r\nX-Admin: 1" },
		"a credential's name":     func(cfg *connector.Config) { cfg.Auth.HeaderName, cfg.Auth.HeaderValue = "X-Key\r\nX", "a" },
		"a credential as routing": func(cfg *connector.Config) { cfg.Auth.HeaderName, cfg.Auth.HeaderValue = "Host", "evil.example" },
	} {
		cfg := connector.Config{BaseURL: "http://127.0.0.1:9"}
		change(&cfg)
		if _, err := connector.New(cfg, nil); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), "X-Admin") && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is several lines: %v", name, err)
		}
	}
	inside := listen(t, "127.0.0.1")
	conn := connectTo(t, inside.URL, nil)
	for _, key := range []string{"a\r\nX-Admin: 1", "a\nb", "a b", "a\x00", "é", strings.Repeat("k", 300)} {
		call := updateCall()
		call.IdempotencyKey = key
		if out := conn.Do(t.Context(), call); out.Kind != connector.Refused || len(inside.take()) > 0 {
			t.Errorf("the key %q: %+v", key, out)
		}
	}
}

// A base URL that says more than where the application is, or less, is a mistake.
func TestSSRFBaseURL(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "/api", "app.example", "ftp://app.example", "file:///etc/passwd", "gopher://app.example", "unix:///run/app.sock", "http:app.example", "http://", "http:///api", "http://user@app.example", "http://user:pass@app.example",
		"http://app.example/?a=b", "http://app.example/#a", "http://app.example?", "http://app.example/a/../b", "http://app.example/%2e%2e/b", "http://app.example//b", "http://app.example/\r\nX: y", "http://app.example\x00",
		"http://[::1", "http://app.example:port", "javascript:alert(1)",
	} {
		if _, err := connector.New(connector.Config{BaseURL: base}, nil); err == nil {
			t.Errorf("%q is accepted", base)
		}
	}
}

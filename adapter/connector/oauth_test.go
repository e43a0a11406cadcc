package connector_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/dial/dialtest"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// issuer is a token endpoint that says t1, t2, … and knows which of them is good.
type issuer struct {
	*httptest.Server
	mu     sync.Mutex
	made   int
	good   string
	answer func(w http.ResponseWriter, token string) // nil answers with the token, which lives an hour
	asked  []url.Values
	basic  []string
	hold   chan struct{} // not nil holds answers back until it is closed
	came   chan struct{} // not nil is told of each question
}

func newIssuer(t *testing.T) *issuer {
	i := new(issuer)
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Server.Close)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.came != nil {
		i.came <- struct{}{}
	}
	if i.hold != nil {
		<-i.hold
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.made++
	id, secret, _ := r.BasicAuth()
	i.basic = append(i.basic, id+":"+secret)
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		http.Error(w, "no form", http.StatusBadRequest)
		return
	}
	i.asked = append(i.asked, r.PostForm)
	i.good = fmt.Sprintf("t%d", i.made)
	if i.answer != nil {
		i.answer(w, i.good)
		return
	}
	say(w, map[string]any{"access_token": i.good, "token_type": "Bearer", "expires_in": 3600})
}

func say(w http.ResponseWriter, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (i *issuer) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.made
}

// revoke makes the token that is good now bad.
func (i *issuer) revoke() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.good = "none"
}

// guarded is an application that takes good tokens alone.
func (i *issuer) guarded(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	good := i.good
	i.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if r.Header.Get("Authorization") != "Bearer "+good {
		http.Error(w, "who are you", http.StatusUnauthorized)
		return
	}
	_, _ = w.Write(body)
}

func (i *issuer) auth(cfg *connector.Config) {
	cfg.Auth = connector.Auth{OAuth: &connector.OAuth{TokenURL: i.URL + "/token", ClientID: "scim client", ClientSecret: "s3cret/+"}}
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	for style, want := range map[string]string{"": "scim+client:s3cret%2F%2B", connector.AuthStyleHeader: "scim+client:s3cret%2F%2B", connector.AuthStyleParams: ":"} {
		i := newIssuer(t)
		conn := newConnector(t, func(cfg *connector.Config) {
			i.auth(cfg)
			cfg.Auth.OAuth.AuthStyle = style
			cfg.Auth.OAuth.Scopes, cfg.Auth.OAuth.Audience = []string{"members:write", "members:read"}, "https://legacy.example/"
		}, i.guarded)
		for range 3 {
			if out := conn.Do(t.Context(), updateCall()); out.Kind != connector.Done || len(out.Exchanges) != 1 {
				t.Fatalf("%+v", out)
			}
		}
		if _, found, err := conn.Lookup(t.Context(), updateCall()); found || err != nil {
			t.Errorf("%v %v", found, err)
		}
		if i.count() != 1 || i.basic[0] != want {
			t.Errorf("asked %d times, as %q", i.count(), i.basic)
		}
		form := i.asked[0]
		if form.Get("grant_type") != "client_credentials" || form.Get("scope") != "members:write members:read" || form.Get("audience") != "https://legacy.example/" {
			t.Errorf("asked with %v", form)
		}
		if inForm := form.Get("client_secret") == "s3cret/+" && form.Get("client_id") == "scim client"; inForm != (style == connector.AuthStyleParams) {
			t.Errorf("%s: asked with %v", style, form)
		}
	}
}

func TestOAuthRenews(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	i := newIssuer(t)
	conn := newConnector(t, func(cfg *connector.Config) { i.auth(cfg); cfg.Now = clock.Now }, i.guarded)
	do := func(asked int) {
		t.Helper()
		if out := conn.Do(t.Context(), updateCall()); out.Kind != connector.Done || i.count() != asked {
			t.Fatalf("asked %d times, want %d: %+v", i.count(), asked, out)
		}
	}
	do(1)
	clock.Advance(58 * time.Minute)
	do(1)
	clock.Advance(90 * time.Second) // before it has expired
	do(2)
	i.revoke() // and the application does not take it any more
	if out := conn.Do(t.Context(), updateCall()); out.Kind != connector.Retry || out.Status != http.StatusUnauthorized || i.count() != 2 {
		t.Errorf("a token that is new is fetched again: %+v", out)
	}
	clock.Advance(time.Minute)
	do(3)
	i.revoke()
	clock.Advance(time.Minute)
	i.mu.Lock()
	i.answer = func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusServiceUnavailable) }
	i.mu.Unlock()
	if out := conn.Do(t.Context(), updateCall()); out.Kind != connector.Retry || out.Unknown || out.Status != http.StatusUnauthorized {
		t.Errorf("%+v, want the application's answer", out)
	}
	clock.Advance(2 * time.Hour)
	out := conn.Do(t.Context(), updateCall())
	if out.Kind != connector.Retry || out.Unknown || out.Status != 0 || out.Detail != "the token endpoint answered 503" {
		t.Errorf("%+v", out)
	}
	asked := i.count()
	for range 10 {
		conn.Do(t.Context(), updateCall())
	}
	if i.count() != asked {
		t.Errorf("an endpoint that fails was asked %d times more at once", i.count()-asked)
	}
	i.mu.Lock()
	i.answer = nil
	i.mu.Unlock()
	clock.Advance(2 * time.Minute)
	do(asked + 1)
}

// While a token is good, an endpoint that is down stops nothing.
func TestOAuthRenewalFails(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	i := newIssuer(t)
	conn := newConnector(t, func(cfg *connector.Config) { i.auth(cfg); cfg.Now = clock.Now }, i.guarded)
	conn.Do(t.Context(), updateCall())
	i.mu.Lock()
	i.answer = func(w http.ResponseWriter, _ string) { i.good = "t1"; w.WriteHeader(http.StatusInternalServerError) }
	i.mu.Unlock()
	clock.Advance(59*time.Minute + 30*time.Second)
	for range 5 {
		if out := conn.Do(t.Context(), updateCall()); out.Kind != connector.Done || i.count() != 2 {
			t.Errorf("asked %d times: %+v", i.count(), out)
		}
	}
}

func TestOAuthAsksOnce(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	i.hold, i.came = make(chan struct{}), make(chan struct{}, 100)
	conn := newConnector(t, i.auth, i.guarded)
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if out := conn.Do(t.Context(), updateCall()); out.Kind != connector.Done {
				t.Errorf("%+v", out)
			}
		})
	}
	<-i.came
	close(i.hold)
	all.Wait()
	if i.count() != 1 {
		t.Errorf("asked %d times", i.count())
	}
}

func TestOAuthAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, token string)
		detail string
	}{
		"refused": {func(w http.ResponseWriter, _ string) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(401)
			say(w, map[string]any{"error": "invalid_client"})
		}, "the token endpoint answered 401 (invalid_client)"},
		"talkative": {func(w http.ResponseWriter, _ string) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(400)
			say(w, map[string]any{"error": "s3cret/+ is wrong", "error_description": "s3cret/+"})
		}, "the token endpoint answered 400"},
		"an error 200": {func(w http.ResponseWriter, _ string) { say(w, map[string]any{"error": "invalid_scope"}) }, "the token endpoint answered 200 (invalid_scope)"},
		"no token":     {func(w http.ResponseWriter, _ string) { say(w, map[string]any{}) }, "the token endpoint gave no usable answer"},
		"no JSON":      {func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, "<html>") }, "the token endpoint gave no usable answer"},
		"a redirect":   {func(w http.ResponseWriter, _ string) { w.Header().Set("Location", "/token2"); w.WriteHeader(307) }, "the token endpoint answered 307"},
		"too large": {func(w http.ResponseWriter, token string) {
			say(w, map[string]any{"access_token": token, "pad": strings.Repeat("x", 100<<10)})
		}, "the token endpoint gave no usable answer"},
		"a long token": {func(w http.ResponseWriter, _ string) {
			say(w, map[string]any{"access_token": strings.Repeat("x", 20<<10)})
		}, "the token endpoint gave a token that cannot be sent"},
		"a header": {func(w http.ResponseWriter, _ string) { say(w, map[string]any{"access_token": "x\r\nX-Admin: 1"}) }, "the token endpoint gave a token that cannot be sent"},
		"another type": {func(w http.ResponseWriter, token string) {
			say(w, map[string]any{"access_token": token, "token_type": "mac"})
		}, "the token endpoint gave a token that is no bearer token"},
		"no answer":     {func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) }, "the token endpoint closed the connection without an answer"},
		"another realm": {func(w http.ResponseWriter, _ string) { w.WriteHeader(403) }, "the token endpoint answered 403"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t)
			i.Config.ErrorLog = discardLog()
			i.answer = c.answer
			conn := newConnector(t, i.auth, func(http.ResponseWriter, *http.Request) { t.Error("the application was asked") })
			out := conn.Do(t.Context(), updateCall())
			if out.Kind != connector.Retry || out.Unknown || out.Status != 0 || out.Detail != c.detail {
				t.Errorf("%+v, want %q", out, c.detail)
			}
			if strings.Contains(fmt.Sprint(out.Err), "s3cret") || strings.Contains(fmt.Sprint(out.Err), i.URL) {
				t.Errorf("the error says %v", out.Err)
			}
			if i.count() != 1 {
				t.Errorf("asked %d times", i.count())
			}
			if _, _, err := conn.Lookup(t.Context(), updateCall()); err == nil || !strings.Contains(err.Error(), "the token endpoint") {
				t.Errorf("the lookup says %v", err)
			}
		})
	}
}

// The token endpoint is dialled under the same guard as the application.
func TestOAuthEndpointThatIsElsewhere(t *testing.T) {
	t.Parallel()
	var dns dialtest.Names
	dns.Lead("login.example", "169.254.169.254")
	conn := newConnector(t, func(cfg *connector.Config) {
		cfg.Resolver = dns.Resolver()
		cfg.Auth.OAuth = &connector.OAuth{TokenURL: "http://login.example/token", ClientID: "a", ClientSecret: "b"}
	}, func(http.ResponseWriter, *http.Request) { t.Error("the application was asked") })
	out := conn.Do(t.Context(), updateCall())
	if out.Kind != connector.Retry || out.Unknown || out.Detail != "the token endpoint's host name leads to an address that may not be called" {
		t.Errorf("%+v", out)
	}
}

func TestOAuthErrors(t *testing.T) {
	t.Parallel()
	ok := connector.OAuth{TokenURL: "https://login.example/token?p=1", ClientID: "a", ClientSecret: "s3cret"}
	for field, change := range map[string]func(*connector.OAuth){
		"token_url":     func(o *connector.OAuth) { o.TokenURL = "ftp://login.example" },
		"client_id":     func(o *connector.OAuth) { o.ClientID = "" },
		"client_secret": func(o *connector.OAuth) { o.ClientSecret = "" },
		"scope":         func(o *connector.OAuth) { o.Scopes = []string{"a b"} },
		"auth_style":    func(o *connector.OAuth) { o.AuthStyle = "guess" },
	} {
		o := ok
		change(&o)
		_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Auth: connector.Auth{OAuth: &o}}, nil)
		wantField(t, field, err, "auth.oauth."+field)
	}
	for _, raw := range []string{"", "/token", "https:///token", "https://a:s3cret@login.example/", "https://login.example/#a", "https://login.example/%zz"} {
		o := ok
		o.TokenURL = raw
		_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Auth: connector.Auth{OAuth: &o}}, nil)
		wantField(t, raw, err, "auth.oauth.token_url")
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%v", err)
		}
	}
	_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Auth: connector.Auth{OAuth: &ok, Bearer: "x"}}, nil)
	wantField(t, "two", err, "auth")
	_, err = connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Auth: connector.Auth{OAuth: &ok}, Header: http.Header{"authorization": {"x"}}}, nil)
	wantField(t, "the header", err, "auth")
	cfg := connector.Config{BaseURL: "http://127.0.0.1:9", Auth: connector.Auth{OAuth: &ok}}
	for _, text := range []string{fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), fmt.Sprintf("%+v", &ok), cfg.LogValue().String(), cfg.Auth.LogValue().String()} {
		if strings.Contains(text, "s3cret") {
			t.Errorf("%s", text)
		}
	}
}

func TestOAuthSecure(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{"https://login.example/t": true, "http://127.0.0.1/t": true, "http://login.example/t": false} {
		conn, err := connector.New(connector.Config{BaseURL: "https://app.example", Auth: connector.Auth{OAuth: &connector.OAuth{TokenURL: raw, ClientID: "a", ClientSecret: "b"}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if conn.Close(); conn.Secure() != want {
			t.Errorf("%s: %v", raw, !want)
		}
	}
}

// A body that was sent with a token that is bad is sent whole with the one that is good.
func TestOAuthSendsTheBodyAgain(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	i := newIssuer(t)
	var bodies []string
	conn := newConnector(t, func(cfg *connector.Config) { i.auth(cfg); cfg.Now = clock.Now }, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		i.guarded(w, r)
	})
	call := updateCall()
	call.Requests = []abi.Request{{Method: "PUT", Path: "/x", Body: json.RawMessage(`{"a":1}`)}}
	conn.Do(t.Context(), call)
	i.revoke()
	clock.Advance(time.Minute)
	out := conn.Do(t.Context(), call)
	if out.Kind != connector.Done || len(bodies) != 3 || bodies[2] != `{"a":1}` || len(out.Exchanges) != 1 {
		t.Errorf("%q: %+v", bodies, out)
	}
}

package endpoint_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/limit"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// limited is a stack whose tenants have the settings.
func limited(t *testing.T, clock *clocktest.Clock, settings limit.Settings, opts adaptertest.Options) *adaptertest.Stack {
	t.Helper()
	keeper := limit.NewKeeper(limit.Options{Clock: clock.Now})
	configure := opts.Endpoint
	opts.Endpoint = func(c *endpoint.Config) {
		c.Limits = keeper.Limiter(map[string]limit.Settings{"acme": settings, "other": settings})
		if configure != nil {
			configure(c)
		}
	}
	return adaptertest.Start(t, opts)
}

// isLimited checks a 429, RFC 6585 section 4, and returns how long to wait.
func isLimited(t *testing.T, r adaptertest.Response, detail string) int {
	t.Helper()
	if r.Status != http.StatusTooManyRequests {
		t.Fatalf("got %d: %s", r.Status, r.Body)
	}
	isError(t, r, detail)
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		t.Errorf("Retry-After is %q, want whole seconds, one at least", r.Header.Get("Retry-After"))
	}
	return seconds
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := limited(t, clock, limit.Settings{
		Requests: limit.Rate{PerSecond: 2, Burst: 20}, Writes: limit.Rate{PerSecond: 1, Burst: 3},
	}, adaptertest.Options{})
	for _, name := range []string{"a", "b", "c"} {
		s.Want(http.StatusCreated, "POST", "/Users", user(name))
	}
	isLimited(t, s.Do("POST", "/Users", user("d")), "short time")
	s.Want(200, "POST", "/Users/.search", listAll) // which changes nothing
	for range 16 {
		s.Want(200, "GET", "/Users", nil)
	}
	isLimited(t, s.Do("GET", "/Users", nil), "short time")
	isLimited(t, s.Do("GET", "/ServiceProviderConfig", nil), "short time")
	// Another tenant does not notice, and who has no token learns nothing.
	if r := sent(t, s, "GET", "/Users", nil, "Authorization", "Bearer "+adaptertest.OtherToken); r.Status != 200 {
		t.Errorf("the other tenant gets %d", r.Status)
	}
	if r := sent(t, s, "GET", "/Users", nil); r.Status != 401 {
		t.Errorf("without a token: %d", r.Status)
	}
	wait := isLimited(t, s.Do("GET", "/Users", nil), "short time")
	clock.Advance(time.Duration(wait) * time.Second)
	s.Want(200, "GET", "/Users", nil)
}

// TestBulkOperationsCount each, afterwards.
func TestBulkOperationsCount(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := limited(t, clock, limit.Settings{Requests: limit.Rate{PerSecond: 1, Burst: 5}}, adaptertest.Options{})
	var ops []string
	for n := range 8 {
		ops = append(ops, making("/Users", strconv.Itoa(n), user("u"+strconv.Itoa(n))))
	}
	outcome(t, s.Do("POST", "/Bulk", bulkOf("", ops...)), "201", "201", "201", "201", "201", "201", "201", "201")
	if wait := isLimited(t, s.Do("GET", "/Users", nil), "short time"); wait != 5 {
		t.Errorf("after nine of five the next is served in %ds, want 5s", wait)
	}
	clock.Advance(5 * time.Second)
	s.Want(200, "GET", "/Users", nil)
}

// TestConcurrencyLimit has one request wait for the application while others come.
func TestConcurrencyLimit(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	s := limited(t, clocktest.New(), limit.Settings{Concurrent: 1}, adaptertest.Options{
		Configure: func(c *adapter.TenantConfig) { c.DeliveryWait = time.Minute },
		Wrap: func(app http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost && r.URL.Path == "/members" {
					arrived <- struct{}{}
					<-release
				}
				app.ServeHTTP(w, r)
			})
		},
	})
	done := make(chan adaptertest.Response)
	go func() {
		r, err := s.Send("POST", s.URL+"/Users", user("ann"), "Authorization", "Bearer "+adaptertest.Token)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	<-arrived
	isLimited(t, s.Do("GET", "/Users", nil), "under way")
	if r := sent(t, s, "GET", "/Users", nil, "Authorization", "Bearer "+adaptertest.OtherToken); r.Status != 200 {
		t.Errorf("the other tenant gets %d", r.Status)
	}
	close(release)
	if r := <-done; r.Status != http.StatusCreated {
		t.Errorf("the one that waited got %d %s", r.Status, r.Body)
	}
	s.Want(200, "GET", "/Users", nil)
}

// TestIdlePollsLockNobodyOut has as many wait as may, and one more come.
func TestIdlePollsLockNobodyOut(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := limited(t, clock, limit.Settings{Concurrent: 1, Polls: 2}, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		withStreams(adapter.StreamConfig{Name: "audit"}, adapter.StreamConfig{Name: "siem"})(c)
		c.Events.PollWait = time.Hour
	}})
	answers := make(chan adaptertest.Response, 3)
	for range 3 {
		go func() {
			for {
				r, err := s.Send("POST", s.URL+"/Events/poll/audit", `{}`, "Authorization", "Bearer "+adaptertest.Token)
				if err != nil {
					t.Error(err)
				}
				if r.Status == http.StatusTooManyRequests && strings.Contains(r.Body, "under way") {
					continue // before it could wait: another one was about to
				}
				answers <- r
				return
			}
		}()
	}
	isLimited(t, <-answers, `Too many polls of the stream "audit"`)
	// Two wait now, and the only place is free.
	s.Want(http.StatusOK, "GET", "/Users", nil)
	isLimited(t, s.Do("POST", "/Events/poll/audit", `{}`), "wait for events")
	if got := poll(t, s, "audit", `{"returnImmediately":true}`); len(got) != 0 {
		t.Errorf("events: %v", got)
	}
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	for range 2 {
		if r := <-answers; r.Status != http.StatusOK || len(r.Get("sets").Map()) != 1 {
			t.Errorf("a poll that waited got %d %s", r.Status, r.Body)
		}
	}
	// Those that were answered have left.
	s.Want(http.StatusOK, "GET", "/Users/"+id, nil)
	if got := poll(t, s, "siem", `{}`); len(got) != 1 {
		t.Errorf("the other stream has %v", got)
	}
}

// remembering is an authenticator that knows one token by heart.
type remembering struct {
	endpoint.Authenticator
	known string
	asked int
}

// Authenticate implements endpoint.Authenticator.
func (m *remembering) Authenticate(ctx context.Context, presented string) (token.Identity, error) {
	m.asked++
	return m.Authenticator.Authenticate(ctx, presented)
}

// Recall implements endpoint.Recaller.
func (m *remembering) Recall(ctx context.Context, presented string) (token.Identity, error) {
	if presented != m.known {
		return token.Identity{}, token.ErrUnknown
	}
	return m.Authenticator.Authenticate(ctx, presented)
}

// TestGuesses of tokens end, for that address, before anything is asked. Who shares it goes on.
func TestGuesses(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	tokens := &remembering{known: adaptertest.Token}
	s := limited(t, clock, limit.Settings{}, adaptertest.Options{Endpoint: func(c *endpoint.Config) {
		tokens.Authenticator, c.Tokens = c.Tokens, tokens
		c.ClientAddr = func(r *http.Request) netip.Addr { return netip.MustParseAddr(r.Header.Get("X-Test-From")) }
	}})
	get := func(from, presented string) adaptertest.Response {
		t.Helper()
		r := httptest.NewRequest("GET", endpoint.DefaultBasePath+"/ServiceProviderConfig", nil)
		r.Header.Set("Authorization", "Bearer "+presented)
		r.Header.Set("X-Test-From", from)
		w := httptest.NewRecorder()
		s.Handler.ServeHTTP(w, r)
		return adaptertest.Response{Status: w.Code, Header: w.Header(), Body: w.Body.String()}
	}
	const here, there = "192.0.2.1", "192.0.2.2"
	for n := range limit.FailuresBurst {
		if r := get(here, "guess-"+strconv.Itoa(n)); r.Status != 401 {
			t.Fatalf("guess %d: %d", n, r.Status)
		}
	}
	asked := tokens.asked
	for range 10 {
		isLimited(t, get(here, "guess"), "not valid")
	}
	if tokens.asked != asked {
		t.Error("the tokens were looked up nevertheless")
	}
	if r := get(here, adaptertest.Token); r.Status != 200 {
		t.Errorf("a token that was accepted before is shut out: %d %s", r.Status, r.Body)
	}
	isLimited(t, get(here, adaptertest.OtherToken), "not valid")
	if r := get(there, adaptertest.OtherToken); r.Status != 200 {
		t.Errorf("another address is shut out: %d", r.Status)
	}
	clock.Advance(time.Second)
	if r := get(here, adaptertest.OtherToken); r.Status != 200 {
		t.Errorf("after a second: %d", r.Status)
	}
	if r := get(here, strings.Repeat("x", 100)); r.Status != 401 {
		t.Errorf("after a second: %d", r.Status)
	}
}

package adapter_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/badgerkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// bubble is the whole of caddy-scim but for the network, so that it runs in a bubble of simulated time: Badger on disk, the
// engine, the SCIM endpoint, and the example application behind a transport that can fail.
type bubble struct {
	t          *testing.T
	engine     *adapter.Engine
	tenant     *adapter.Tenant
	generation *adapter.Generation
	handler    http.Handler
	app        *application
}

// application is the example application as a transport. It notes each request that reaches for it.
type application struct {
	handler http.Handler
	latency time.Duration

	mu      sync.Mutex
	fail    func(*http.Request) (*http.Response, error) // nil lets everything through; (nil, nil) does so with one
	calls   []call
	running map[string]int // requests under way by resource
	most    int            // under way at once
	overlap []string
}

// call is one request.
type call struct {
	at     time.Time
	method string
	path   string
	body   string
	status int
}

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// RoundTrip implements http.RoundTripper.
func (a *application) RoundTrip(r *http.Request) (*http.Response, error) {
	c := call{at: time.Now(), method: r.Method, path: r.URL.RequestURI()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		c.body, r.Body = string(body), io.NopCloser(bytes.NewReader(body))
	}
	key := subject(c)
	a.mu.Lock()
	a.running[key]++
	if a.running[key] > 1 {
		a.overlap = append(a.overlap, key)
	}
	under := 0
	for _, n := range a.running {
		under += n
	}
	a.most = max(a.most, under)
	at := len(a.calls)
	a.calls = append(a.calls, c)
	fail := a.fail
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		if a.running[key]--; a.running[key] == 0 {
			delete(a.running, key)
		}
		a.mu.Unlock()
	}()
	if fail != nil {
		if resp, err := fail(r); resp != nil || err != nil {
			return resp, err
		}
	}
	time.Sleep(a.latency)
	rec := httptest.NewRecorder()
	if r.RequestURI = c.path; r.Body == nil {
		r.Body = http.NoBody
	}
	a.handler.ServeHTTP(rec, r)
	a.mu.Lock()
	a.calls[at].status = rec.Code
	a.mu.Unlock()
	return rec.Result(), nil
}

// subject is the resource that a request is about.
func subject(c call) string {
	if c.path == "/members" || c.path == "/teams" {
		return gjson.Get(c.body, "ref").Str
	}
	path, _, _ := strings.Cut(c.path, "?")
	parts := strings.SplitN(path, "/", 4)
	if len(parts) < 3 {
		return c.path
	}
	return parts[2]
}

func (a *application) failing(fail func(*http.Request) (*http.Response, error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fail = fail
}

// taken returns the requests since the last time.
func (a *application) taken() []call {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.calls
	a.calls = nil
	return list
}

func unreachable(*http.Request) (*http.Response, error) { return nil, errRefused }

func hanging(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// failingWith answers with a status and a header.
func failingWith(status int, header ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		for i := 0; i+1 < len(header); i += 2 {
			rec.Header().Set(header[i], header[i+1])
		}
		rec.WriteHeader(status)
		return rec.Result(), nil
	}
}

// newBubble starts one, inside a bubble, with its store in dir.
func newBubble(t *testing.T, dir string, configure func(*adapter.TenantConfig, *connector.Config)) *bubble {
	t.Helper()
	w := &bubble{t: t, app: &application{
		handler: legacyapp.New(legacyapp.Options{MaxRequests: 10, MaxRequestBytes: 1 << 16}),
		latency: 5 * time.Millisecond, running: map[string]int{},
	}}
	log := slog.New(slog.DiscardHandler)
	store, err := badgerkv.Open(badgerkv.Options{Dir: dir, Logger: log, NoSync: true, GCInterval: -1, MinFreeBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	engine := adapter.Open(store, adapter.Options{Logger: log})
	w.engine = engine
	w.use(configure)
	t.Cleanup(func() {
		if err := errors.Join(engine.Close(), w.generation.Close(context.Background()), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return w
}

// use puts a configuration in use.
func (w *bubble) use(configure func(*adapter.TenantConfig, *connector.Config)) {
	w.t.Helper()
	cc := adaptertest.ConnectorConfig("http://legacy.example")
	id, err := kv.NewTenant("acme")
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := adapter.TenantConfig{ID: id, Connections: []adapter.ConnectionConfig{{ID: "main", Profile: "generic"}}}
	configure(&cfg, &cc)
	if cfg.Connector, err = connector.New(cc, w.app); err != nil {
		w.t.Fatal(err)
	}
	generation, err := w.engine.Use([]adapter.TenantConfig{cfg})
	if err != nil {
		w.t.Fatal(err)
	}
	w.generation = generation
	w.tenant, _ = generation.Tenant(id)
	static, err := token.NewStatic([]token.StaticToken{{Tenant: "acme", Connection: "main", Token: adaptertest.Token}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.handler = endpoint.New(endpoint.Config{Generation: generation, Tokens: known{static}, Logger: slog.New(slog.DiscardHandler)})
}

// reload puts another configuration in use and takes the one before it out.
func (w *bubble) reload(configure func(*adapter.TenantConfig, *connector.Config)) {
	w.t.Helper()
	old := w.generation
	w.use(configure)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := old.Close(ctx); err != nil {
		w.t.Error(err)
	}
}

// known authenticates static tokens.
type known struct{ set *token.Static }

// Authenticate implements endpoint.Authenticator.
func (k known) Authenticate(_ context.Context, presented string) (token.Identity, error) {
	return k.set.Authenticate(presented)
}

// do sends a SCIM request.
func (w *bubble) do(method, path, body string) adaptertest.Response {
	req := httptest.NewRequestWithContext(context.Background(), method, endpoint.DefaultBasePath+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+adaptertest.Token)
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	} else {
		req.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, req)
	return adaptertest.Response{Status: rec.Code, Header: rec.Header(), Body: rec.Body.String()}
}

// want is do for a request that has to be answered with a status.
func (w *bubble) want(status int, method, path, body string) adaptertest.Response {
	w.t.Helper()
	r := w.do(method, path, body)
	if r.Status != status {
		w.t.Fatalf("%s %s: got %d, want %d: %s", method, path, r.Status, status, r.Body)
	}
	return r
}

// ask asks the application, past everything that fails.
func (w *bubble) ask(path string) gjson.Result {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.app.handler.ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody))
	if rec.Code != http.StatusOK {
		w.t.Fatalf("application: GET %s: %d %s", path, rec.Code, rec.Body)
	}
	return gjson.Parse(rec.Body.String())
}

// drained waits until nothing waits for the application.
func (w *bubble) drained(within time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := w.tenant.Drained(ctx); err != nil {
		w.t.Fatalf("%d changes are left after %s: %v; %+v", w.tenant.Backlog(), within, err, w.tenant.Pace())
	}
}

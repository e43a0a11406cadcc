package caddymodule

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/seal"
)

// memory is a storage that counts how often it is open.
type memory struct {
	location     string
	opens, close int
	fail         error
}

type countedStore struct {
	kv.Store
	m *memory
}

func (s countedStore) Close() error {
	s.m.close++
	return s.Store.Close()
}

func (m *memory) Location() (string, error) { return "memory:" + m.location, nil }
func (*memory) Seal() (*seal.Box, error)    { return seal.Random(), nil }

func (m *memory) Options() map[string]any { return nil }
func (m *memory) Open(*slog.Logger) (kv.Store, error) {
	if m.fail != nil {
		return nil, m.fail
	}
	m.opens++
	return countedStore{memkv.New(), m}, nil
}

func (m *memory) want(t *testing.T, opens, closes int) {
	t.Helper()
	if m.opens != opens || m.close != closes {
		t.Errorf("the store was opened %d and closed %d times, want %d and %d", m.opens, m.close, opens, closes)
	}
}

// newApp is an app as Provision leaves it.
func newApp(t *testing.T, storage Storage, tenants ...string) *App {
	t.Helper()
	config := map[string]*Tenant{}
	for _, name := range tenants {
		config[name] = &Tenant{
			Lifecycle: &Lifecycle{OnDelete: "nothing", OnInactive: "nothing"},
			Application: &Application{URL: "http://app.invalid", Routes: map[string]*Route{
				"create": {Method: "POST", Path: "/members"}, "update": {Method: "PATCH", Path: "/members/{legacy_id}"},
			}},
		}
	}
	setup, err := newSetup(t.Context(), &App{Tenants: config})
	if err != nil {
		t.Fatal(err)
	}
	return &App{log: slog.New(slog.DiscardHandler), storage: storage, setup: setup, settled: make(chan struct{})}
}

func start(t *testing.T, a *App) {
	t.Helper()
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, a) })
}

func end(t *testing.T, a *App) {
	t.Helper()
	if err := errors.Join(a.Stop(), a.Cleanup()); err != nil {
		t.Error(err)
	}
}

func enter(t *testing.T, a *App) *session {
	t.Helper()
	s, err := a.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReloadSharesTheStore(t *testing.T) {
	storage := &memory{location: t.Name()}
	first, second := newApp(t, storage, "acme"), newApp(t, storage, "acme")
	start(t, first)
	start(t, second)
	storage.want(t, 1, 0)
	end(t, first)
	storage.want(t, 1, 0)
	end(t, second)
	storage.want(t, 1, 1)
}

func TestRequestsFinishOnWhatTheyBeganWith(t *testing.T) {
	storage := &memory{location: t.Name()}
	first, second := newApp(t, storage, "acme"), newApp(t, storage, "acme")
	start(t, first)
	old := enter(t, first)
	start(t, second)
	end(t, first)
	select {
	case <-old.done:
		t.Fatal("the session was closed under a request")
	default:
	}
	if late := enter(t, first); late != second.session {
		t.Error("a request that comes to an ended session is not served by the newest")
	} else {
		late.leave()
	}
	old.leave()
	<-old.done
	storage.want(t, 1, 0)
}

func TestStoreOutlivesTheLastAppWithItsRequests(t *testing.T) {
	storage := &memory{location: t.Name()}
	app := newApp(t, storage, "acme")
	start(t, app)
	s := enter(t, app)
	end(t, app)
	storage.want(t, 1, 0)
	if _, err := app.enter(t.Context()); !errors.Is(err, errNotRunning) {
		t.Errorf("a request after the end: %v", err)
	}
	s.leave()
	<-s.done
	storage.want(t, 1, 1)
}

func TestExitClosesTheStoreUnderARequestThatDoesNotEnd(t *testing.T) {
	storage := &memory{location: t.Name()}
	app := newApp(t, storage, "acme")
	start(t, app)
	s := enter(t, app)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := live.closeAll(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	storage.want(t, 1, 1)
	s.leave()
	<-s.done
	storage.want(t, 1, 1)
}

func TestExitWaitsForSessionsThatReloadsHaveReplaced(t *testing.T) {
	storage := &memory{location: t.Name()}
	first, second := newApp(t, storage, "acme"), newApp(t, storage, "acme")
	start(t, first)
	old := enter(t, first)
	start(t, second)
	end(t, first)
	end(t, second)
	storage.want(t, 1, 0)
	go old.leave()
	if err := live.closeAll(t.Context()); err != nil {
		t.Error(err)
	}
	storage.want(t, 1, 1)
}

func TestFailedReloadGivesDeliveriesBack(t *testing.T) {
	storage := &memory{location: t.Name()}
	first, second := newApp(t, storage, "acme"), newApp(t, storage, "acme")
	start(t, first)
	start(t, second)
	if !live.shared(second.session) {
		t.Fatal("the sessions do not share the store")
	}
	end(t, second)
	if s := enter(t, second); s != first.session {
		t.Error("a request of the failed reload is not served by the configuration before")
	} else {
		s.leave()
	}
	storage.want(t, 1, 0)
	if live.shared(first.session) {
		t.Error("the failed session is still there")
	}
}

func TestStartThatFails(t *testing.T) {
	t.Run("store", func(t *testing.T) {
		storage := &memory{location: t.Name(), fail: errors.New("no disk")}
		app := newApp(t, storage, "acme")
		if err := app.Start(); !errors.Is(err, storage.fail) {
			t.Errorf("got %v", err)
		}
		if _, err := app.enter(t.Context()); !errors.Is(err, errNotRunning) {
			t.Errorf("a request: %v", err)
		}
		end(t, app)
		storage.fail = nil
		start(t, newApp(t, storage, "acme")) // the failure was not kept
	})
	t.Run("engine", func(t *testing.T) {
		storage := &memory{location: t.Name()}
		app := newApp(t, storage, "acme")
		app.setup.tenants[0].Hold = append(app.setup.tenants[0].Hold, "nonsense")
		if err := app.Start(); err == nil {
			t.Error("no error")
		}
		end(t, app)
		storage.want(t, 1, 1)
	})
}

func TestCleanupWithoutStart(t *testing.T) {
	app := newApp(t, &memory{location: t.Name()}, "acme")
	closed := 0
	app.setup.closers = append(app.setup.closers, func() { closed++ })
	for range 2 {
		if err := app.Cleanup(); err != nil {
			t.Error(err)
		}
	}
	if closed != 1 {
		t.Errorf("freed %d times", closed)
	}
	if _, err := app.enter(t.Context()); !errors.Is(err, errNotRunning) {
		t.Errorf("a request: %v", err)
	}
}

func TestRequestsWaitForTheStart(t *testing.T) {
	app := newApp(t, &memory{location: t.Name()}, "acme")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := app.enter(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that nobody waits for: %v", err)
	}
	entered := make(chan *session)
	go func() {
		s, err := app.enter(context.Background())
		if err != nil {
			t.Error(err)
		}
		entered <- s
	}()
	start(t, app)
	if s := <-entered; s != app.session {
		t.Error("not the app's session")
	} else {
		s.leave()
	}
}

func TestHandlerWithoutAnApp(t *testing.T) {
	app := newApp(t, &memory{location: t.Name()})
	if err := app.Cleanup(); err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	if err := (&Handler{app: app}).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/scim/v2/Users", nil), nil); err != nil {
		t.Fatal(err)
	}
	want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"503","detail":"The service is starting or stopping"}`
	if rec.Code != 503 || rec.Header().Get("Retry-After") != "5" || rec.Body.String() != want {
		t.Errorf("got %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}

func TestPoliciesAreSharedBetweenReloadsAndNotBetweenTenants(t *testing.T) {
	load := func(tenant string) func() {
		_, free, err := loadPolicy(t.Context(), tenant, SmallestPolicy, limits{})
		if err != nil {
			t.Fatal(err)
		}
		return free
	}
	count := func(pool *caddy.UsagePool) (n int) {
		pool.Range(func(any, any) bool { n++; return true })
		return n
	}
	// Sessions of earlier tests may still be giving back what they held.
	for deadline := time.Now().Add(time.Minute); count(policyHosts) > 0 && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	var got []int
	note := func() { got = append(got, count(policies), count(policyHosts)) }
	note()
	first := load("acme")
	note()
	second := load("acme")
	note()
	other := load("globex")
	note()
	first()
	note()
	second()
	note()
	other()
	note()
	if diff := cmp.Diff([]int{0, 0, 1, 1, 1, 1, 2, 1, 2, 1, 1, 1, 0, 0}, got); diff != "" {
		t.Errorf("policies and hosts, -want +got:\n%s", diff)
	}
}

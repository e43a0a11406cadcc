package statemodel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// rig is the whole of caddy-scim on a store in memory and an application that is called without a network, in simulated
// time. Its process can die at every point at which a real one could: before and after each transaction is stored, and
// before and after each call on the application. The invariants are checked at each of these points.
type rig struct {
	disk      *memkv.Store
	app       *legacyapp.App
	configure func(*adapter.TenantConfig)
	connect   func(*connector.Config)
	life      *life
	lives     int

	storing sync.Mutex // held from a transaction to the end of its check

	mu     sync.Mutex
	wrong  []string // what was not as it has to be
	last   *snapshot
	book   book
	faults []string // how the next calls on the application fail
	dieIn  int      // after so many points the process dies; 0 for never
	points int      // that have passed
	log    []string // what went on, for reports
}

// life is one process.
type life struct {
	*rig
	no         int
	dead       chan struct{} // closed at its death
	once       sync.Once
	engine     *adapter.Engine
	generation *adapter.Generation
	tenant     *adapter.Tenant
	handler    http.Handler
}

// bubble runs fn in simulated time, within a check of rapid.
func bubble(t *testing.T, fn func()) {
	var failed any
	synctest.Test(t, func(*testing.T) {
		defer func() { failed = recover() }()
		fn()
	})
	if failed != nil {
		panic(failed) // what rapid stops a check with
	}
}

// newRig starts a rig; the caller ends it with stop.
func newRig(configure func(*adapter.TenantConfig), connect func(*connector.Config)) *rig {
	r := &rig{disk: memkv.New(), app: legacyapp.New(legacyapp.Options{}), configure: configure, connect: connect}
	r.last, r.book = new(snapshot), newBook()
	r.start()
	return r
}

func (r *rig) errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errorLocked(format, args...)
}

func (r *rig) errorLocked(format string, args ...any) {
	if len(r.wrong) < 10 {
		r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
	}
}

func (r *rig) notef(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

// reporter is a test, or a check of rapid.
type reporter interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// check ends a test where something was wrong.
func (r *rig) check(t reporter) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.wrong) > 0 {
		t.Fatalf("%s\n\nwhat went on:\n%s", strings.Join(r.wrong, "\n"), strings.Join(r.log, "\n"))
	}
}

// start starts a process.
func (r *rig) start() {
	r.lives++
	l := &life{rig: r, no: r.lives, dead: make(chan struct{})}
	r.life = l
	l.engine = adapter.Open(mortal{l}, adapter.Options{Logger: slog.New(slog.DiscardHandler)})
	l.use()
}

// use puts the configuration in use; what was in use before is closed.
func (l *life) use() {
	cc := adaptertest.ConnectorConfig("http://legacy.example")
	cc.Fields = append(cc.Fields, connector.Field{Target: "title", Source: "title"})
	if l.connect != nil {
		l.connect(&cc)
	}
	conn, err := connector.New(cc, wire{l})
	if err != nil {
		panic(err)
	}
	cfg := adapter.TenantConfig{
		ID: acme, Connections: []adapter.ConnectionConfig{{ID: "main", Profile: "generic"}}, Connector: conn,
		RetryMin: time.Second, RetryMax: time.Minute, DeliveryWait: 5 * time.Second,
	}
	l.configure(&cfg)
	old := l.generation
	generation, err := l.engine.Use([]adapter.TenantConfig{cfg})
	if err != nil {
		if l.gone() {
			return
		}
		panic(err)
	}
	l.mu.Lock()
	l.book.rules = append(l.book.rules, cfg)
	l.mu.Unlock()
	l.generation = generation
	if old != nil {
		if err := old.Close(context.Background()); err != nil {
			panic(err)
		}
	}
	l.tenant, _ = l.generation.Tenant(acme)
	static, err := token.NewStatic([]token.StaticToken{{Tenant: "acme", Connection: "main", Token: adaptertest.Token}})
	if err != nil {
		panic(err)
	}
	l.handler = endpoint.New(endpoint.Config{Generation: l.generation, Tokens: statics{static}, Logger: slog.New(slog.DiscardHandler)})
}

// acme is the rig's tenant.
var acme = func() kv.Tenant {
	id, err := kv.NewTenant("acme")
	if err != nil {
		panic(err)
	}
	return id
}()

// statics accepts static tokens alone.
type statics struct{ *token.Static }

// Authenticate implements endpoint.Authenticator.
func (s statics) Authenticate(_ context.Context, presented string) (token.Identity, error) {
	return s.Static.Authenticate(presented)
}

// kill ends the process without another word. The store is as it was at that moment: it takes nothing more from it.
func (l *life) kill() {
	l.once.Do(func() { close(l.dead) })
}

// gone reports whether the process is dead.
func (l *life) gone() bool {
	select {
	case <-l.dead:
		return true
	default:
		return false
	}
}

// bury waits until nothing of a process is left in memory. Of a dead one that changes nothing.
func (l *life) bury() {
	if err := l.engine.Close(); err != nil {
		panic(err)
	}
	if l.generation != nil {
		if err := l.generation.Close(context.Background()); err != nil {
			panic(err)
		}
	}
}

// restart ends the process, by its death or in order, and starts another.
func (r *rig) restart(kill bool) {
	if kill {
		r.life.kill()
	}
	r.life.bury()
	r.mu.Lock()
	r.dieIn = 0
	r.log = append(r.log, fmt.Sprintf("restart; killed: %v", kill))
	r.mu.Unlock()
	r.start()
}

func (r *rig) stop() {
	r.life.kill()
	r.life.bury()
}

// point is a moment at which the process may die; it reports whether it has.
func (l *life) point(what string) bool {
	l.mu.Lock()
	l.points++
	if l.dieIn > 0 && !l.gone() {
		if l.dieIn--; l.dieIn == 0 {
			l.log = append(l.log, "dies "+what)
			l.kill()
		}
	}
	l.mu.Unlock()
	return l.gone()
}

// mortal is the store of one process. It checks the invariants whenever something was stored.
type mortal struct{ l *life }

// errDead is what a process gets that is dead. It cannot do anything with it.
var errDead = fmt.Errorf("%w: the process is dead", kv.ErrClosed)

// View implements kv.Store.
func (m mortal) View(ctx context.Context, fn func(kv.Tx) error) error {
	if m.l.gone() {
		return errDead
	}
	return m.l.disk.View(ctx, fn)
}

// Update implements kv.Store.
func (m mortal) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if m.l.point("before a transaction is stored") {
		return errDead
	}
	wrote := false
	m.l.storing.Lock()
	err := m.l.disk.Update(ctx, func(tx kv.Tx) error {
		spy := &spy{Tx: tx}
		err := fn(spy)
		wrote = spy.wrote
		if err == nil && m.l.gone() {
			return errDead
		}
		return err
	})
	if err == nil && wrote {
		m.l.stored()
	}
	m.l.storing.Unlock()
	if err == nil && wrote && m.l.point("after a transaction is stored") {
		return errDead
	}
	return err
}

// Close implements kv.Store.
func (mortal) Close() error { return nil }

// spy notices whether anything is written.
type spy struct {
	kv.Tx
	wrote bool
}

// Set implements kv.Tx.
func (s *spy) Set(k kv.Key, v []byte) error {
	s.wrote = true
	return s.Tx.Set(k, v)
}

// Delete implements kv.Tx.
func (s *spy) Delete(k kv.Key) error {
	s.wrote = true
	return s.Tx.Delete(k)
}

// stored checks what a transaction has made of the store.
func (l *life) stored() {
	now, err := l.snapshot()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.errorLocked("read the store: %v", err)
		return
	}
	for _, inv := range invariants {
		if err := inv.holds(l.last, now, &l.book); err != nil {
			l.errorLocked("%s: %v", inv.name, err)
		}
	}
	l.book.enter(now)
	l.last = now
}

// snapshot reads the store.
func (r *rig) snapshot() (s *snapshot, err error) {
	err = r.disk.View(context.Background(), func(tx kv.Tx) (err error) {
		s, err = read(tx)
		return err
	})
	return s, err
}

// wire is the network of one process.
type wire struct{ l *life }

// RoundTrip implements http.RoundTripper.
func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.l.point("before a call") {
		return nil, errDead
	}
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	fault := ""
	if req.Method != http.MethodGet {
		done, err := w.l.called(req, body)
		if err != nil {
			w.l.errorf("%v", err)
		}
		defer done()
		fault = w.l.nextFault()
	}
	if strings.HasPrefix(fault, "slow") { // and meanwhile all else goes on
		select {
		case <-time.After(500 * time.Millisecond):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		case <-w.l.dead:
			return nil, errDead
		}
	}
	if (fault == "422" || fault == "403") && req.URL.Path != "/members" && !(req.Method == http.MethodPatch && strings.HasPrefix(req.URL.Path, "/members/")) {
		fault = "" // it refuses what it is told of somebody, and not to switch them on or off, nor groups
	}
	if status := map[string]int{"500": 500, "429": 429, "422": 422, "403": 403}[fault]; status != 0 {
		w.l.notef("  %s %s %s: %s", req.Method, req.URL.RequestURI(), body, fault)
		return respond(req, status, `{"problem":"no"}`), nil
	}
	if fault == "dropped" {
		w.l.notef("  %s %s %s: %s", req.Method, req.URL.RequestURI(), body, fault)
		return nil, io.ErrUnexpectedEOF
	}
	if path, ref := req.URL.Path, gjson.GetBytes(body, "ref").Str; req.Method == http.MethodPost && (path == "/members" || path == "/teams") {
		for _, it := range w.l.ask(path).Get(path[1:]).Array() {
			if it.Get("ref").Str == ref {
				w.l.errorf("nobody is made twice: the application has %s and is told %s", it.Raw, body)
			}
		}
	}
	rec := httptest.NewRecorder()
	w.l.app.ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), req.Method, req.URL.RequestURI(), bytes.NewReader(body)))
	w.l.notef("  %s %s %s: %d %s", req.Method, req.URL.RequestURI(), body, rec.Code, fault)
	if w.l.point("after a call") {
		return nil, errDead
	}
	switch fault {
	case "500 when done":
		return respond(req, 500, ""), nil
	case "dropped when done", "slow and dropped when done":
		return nil, io.ErrUnexpectedEOF
	}
	return respond(req, rec.Code, rec.Body.String()), nil
}

func respond(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

func (r *rig) nextFault() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) == 0 {
		return ""
	}
	f := r.faults[0]
	r.faults = r.faults[1:]
	return f
}

// called checks the invariants of a call on the application that is about to be sent. done says that it is over.
func (l *life) called(req *http.Request, body []byte) (done func(), err error) {
	now, err := l.snapshot()
	if err != nil {
		return func() {}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &call{method: req.Method, path: req.URL.EscapedPath(), body: body}
	for name, values := range req.Header { // as it goes on the wire, where case is nothing
		if strings.EqualFold(name, "Idempotency-Key") && len(values) == 1 {
			c.key = values[0]
		}
	}
	c.find(now)
	var errs []error
	for _, inv := range callInvariants {
		if err := inv.holds(c, now, &l.book); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", inv.name, err))
		}
	}
	l.book.begin(c)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.book.running = slices.DeleteFunc(l.book.running, func(other *call) bool { return other == c })
	}, errors.Join(errs...)
}

// do sends a SCIM request. A status of 0 means that the process has died and nobody has answered.
func (r *rig) do(method, path, body string) adaptertest.Response {
	l := r.life
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(context.Background(), method, "http://scim.example/scim/v2"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+adaptertest.Token)
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	r.notef("%s %s %s", method, path, body)
	l.handler.ServeHTTP(rec, req)
	r.notef("  answered %d %s", rec.Code, rec.Body)
	if l.gone() {
		return adaptertest.Response{}
	}
	return adaptertest.Response{Status: rec.Code, Header: rec.Header(), Body: rec.Body.String()}
}

// ask asks the application itself.
func (r *rig) ask(path string) adaptertest.Response {
	rec := httptest.NewRecorder()
	r.app.ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), "GET", path, nil))
	return adaptertest.Response{Status: rec.Code, Body: rec.Body.String()}
}

// Interface guards.
var (
	_ kv.Store          = mortal{}
	_ http.RoundTripper = wire{}
)

package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/internal/limit"
)

// session is one configuration at work: from the start of its app until the last request on it has ended. That may be
// long after the app is gone, as Caddy stops the apps of an old configuration in any order and does not wait for its
// requests.
type session struct {
	backend    *backend
	generation *adapter.Generation
	tokens     *authenticator
	limits     *limit.Limiter
	setup      *setup
	log        slog.Handler

	mu     sync.Mutex
	users  int           // requests that are under way
	ended  bool          // no more may come
	ending chan struct{} // closed with ended; requests that only wait should not wait any longer
	done   chan struct{}
	// endpoints are made when a handler first asks for them.
	endpoints map[endpointOptions]http.Handler
}

// begin puts a setup to work. The session owns it from then on; on an error it is the caller's still.
func begin(storage Storage, s *setup, log *slog.Logger) (*session, error) {
	backend, err := acquire(storage, log)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*session, error) {
		_, closeErr := backend.release()
		return nil, errors.Join(err, closeErr)
	}
	tokens, err := newAuthenticator(s, backend.tokens, backend.keys)
	if err != nil {
		return fail(err)
	}
	generation, err := backend.engine.Use(s.tenants)
	if err != nil {
		return fail(err)
	}
	out := &session{
		backend: backend, generation: generation, tokens: tokens, limits: backend.limits.Limiter(s.access.rates), setup: s, log: log.Handler(),
		ending: make(chan struct{}), done: make(chan struct{}),
		endpoints: map[endpointOptions]http.Handler{},
	}
	live.add(out)
	return out, nil
}

// enter says that a request begins, and reports whether it may. leave says that it ended.
func (s *session) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.users++
	return true
}

func (s *session) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	if s.ended && s.users == 0 {
		go s.finish() // not on the request's time
	}
}

// end lets no more requests in, and closes what the session holds: at once if no request is under way, else when the
// last one has ended.
func (s *session) end() {
	live.remove(s)
	s.mu.Lock()
	first := !s.ended
	if first {
		close(s.ending)
	}
	s.ended = true
	idle := s.users == 0
	s.mu.Unlock()
	if first && idle {
		s.finish()
	}
}

// finish closes what the session holds. Where it was the last on its backend the store is closed when finish returns.
// Else it does not wait for deliveries that still run on its policies and connections.
func (s *session) finish() {
	defer close(s.done)
	log := slog.New(logs)
	s.generation.Retire()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		if err := s.generation.Close(context.Background()); err != nil {
			log.Error("closing a configuration failed", "error", err)
		}
		s.setup.free()
	}()
	closed, err := s.backend.release()
	if err != nil {
		log.Error("closing the storage failed", "location", s.backend.location, "error", err)
	}
	if closed {
		<-drained // soon, as the engine has stopped its deliveries
		log.Info("closed the storage", "location", s.backend.location)
	}
	live.finished(s)
}

// endpointOptions are what a handler says about its endpoint.
type endpointOptions struct {
	basePath, baseURL string
	maxBody           int64
	maxOperations     int
}

// endpoint returns the SCIM endpoint for a handler.
func (s *session) endpoint(opts endpointOptions) http.Handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.endpoints[opts]
	if h == nil {
		h = endpoint.New(endpoint.Config{
			Generation: s.generation, Tokens: s.tokens, Logger: slog.New(logs),
			BasePath: opts.basePath, BaseURL: opts.baseURL, MaxBody: opts.maxBody, MaxOperations: opts.maxOperations,
			Limits: s.limits, ClientAddr: clientAddr,
		})
		s.endpoints[opts] = h
	}
	return h
}

// live are the sessions of this process.
var live sessions

// sessions keeps the order in which configurations came. A request that finds its own configuration ended, or one that
// never started, is served by the newest that runs.
type sessions struct {
	mu      sync.Mutex
	running []*session // oldest first
	leaving []*session // ended, and not closed yet
}

func (l *sessions) add(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = append(l.running, s)
	logs.set(s.log)
}

// lend makes a handler take the log while no session does.
func (l *sessions) lend(h slog.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.running) == 0 {
		logs.set(h)
	}
}

func (l *sessions) remove(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.running, s)
	if i < 0 {
		return
	}
	l.running = slices.Delete(l.running, i, i+1)
	l.leaving = append(l.leaving, s)
	if n := len(l.running); n > 0 {
		logs.set(l.running[n-1].log)
	}
}

func (l *sessions) finished(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaving = slices.DeleteFunc(l.leaving, func(other *session) bool { return other == s })
}

// enterNewest begins a request on the newest session; nil if there is none.
func (l *sessions) enterNewest() *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range slices.Backward(l.running) {
		if s.enter() {
			return s
		}
	}
	return nil
}

// shared reports whether another session runs on the same backend.
func (l *sessions) shared(s *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.running, func(other *session) bool { return other != s && other.backend == s.backend })
}

// closeAll ends every session and waits until the stores are closed. When ctx ends first it closes them under whoever
// is still at work.
func (l *sessions) closeAll(ctx context.Context) error {
	l.mu.Lock()
	all := slices.Concat(l.running, l.leaving)
	l.mu.Unlock()
	for _, s := range all {
		s.end()
	}
	var errs []error
	for _, s := range all {
		select {
		case <-s.done:
		case <-ctx.Done():
			errs = append(errs, fmt.Errorf("requests are still running: %w", ctx.Err()), s.backend.Destruct())
		}
	}
	return errors.Join(errs...)
}

// exitTimeout bounds how long the end of the process waits for requests that Caddy did not wait for.
const exitTimeout = 10 * time.Second

func init() {
	// Caddy cleans up when it exits, but does not wait for requests on configurations that reloads have replaced, and
	// they are what keeps the store open.
	caddy.OnExit(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, exitTimeout)
		defer cancel()
		if err := live.closeAll(ctx); err != nil {
			slog.New(logs).Error("the storage was closed under running requests", "error", err)
		}
	})
}

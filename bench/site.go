package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/badgerkv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// bearer is the static token that requests come with.
const bearer = "benchmark-static-token-0123456789"

// site is everything from the SCIM endpoint down to the disk, with an application that agrees to all it is told.
type site struct {
	data    data
	store   *counting
	engine  *adapter.Engine
	current *adapter.Generation
	conn    *connector.Connector
	told    bool // the application is told of groups
	tokens  *static
	handler *endpoint.Handler

	app *http.Server // the application, on a socket
	url string       // its address
}

// static accepts the one token.
type static struct{ *token.Static }

// Authenticate implements endpoint.Authenticator.
func (s *static) Authenticate(_ context.Context, presented string) (token.Identity, error) {
	return s.Static.Authenticate(presented)
}

// settings are what differs between measuring and testing.
type settings struct {
	noSync bool             // what is written does not wait for the disk
	clock  func() time.Time // nil is the system's
}

// open starts a site on a folder with a data set.
func open(folder string, d data, opts settings) (*site, error) {
	log := slog.New(slog.DiscardHandler)
	set, err := token.NewStatic([]token.StaticToken{{Tenant: tenant, Connection: "main", Token: bearer}})
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &site{data: d, tokens: &static{set}, url: "http://" + listener.Addr().String()}
	s.app = &http.Server{Handler: http.HandlerFunc(agree), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.app.Serve(listener) }() // it ends by Close
	backend, err := badgerkv.Open(badgerkv.Options{Dir: folder, NoSync: opts.noSync, Logger: log})
	if err != nil {
		return nil, errors.Join(err, s.app.Close())
	}
	s.store = &counting{Store: backend}
	s.engine = adapter.Open(s.store, adapter.Options{Logger: log, Clock: opts.clock})
	if err := s.tell(true); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// agree is the application.
func agree(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"no": r.Header.Get("Idempotency-Key")})
}

// tell takes a configuration in use in which the application is told of groups, member by member, or not.
func (s *site) tell(told bool) error {
	if s.current != nil && s.told == told {
		return nil
	}
	id, err := kv.NewTenant(tenant)
	if err != nil {
		return err
	}
	if told {
		// It knows of the groups that there are; what the operations changed meanwhile they have put back.
		err := store.New(s.store).Update(context.Background(), id, func(tx *store.Tx) error { return tx.SetGroupsTold(true) })
		if err != nil {
			return err
		}
	}
	cfg := connector.Config{
		BaseURL: s.url,
		Routes: map[abi.Action]connector.Route{
			abi.ActionCreate:     {Method: http.MethodPost, Path: "/members", ID: "no"},
			abi.ActionUpdate:     {Method: http.MethodPatch, Path: "/members/{legacy_id}"},
			abi.ActionSuspend:    {Method: http.MethodPost, Path: "/members/{legacy_id}/suspend"},
			abi.ActionReactivate: {Method: http.MethodPost, Path: "/members/{legacy_id}/restore"},
			abi.ActionDelete:     {Method: http.MethodDelete, Path: "/members/{legacy_id}"},
		},
		Fields: []connector.Field{{Target: "login", Source: "userName"}, {Target: "mail", Source: "emails.value"}},
	}
	if told {
		cfg.Groups = &connector.Groups{
			Routes: map[abi.Action]connector.Route{
				abi.ActionCreate:        {Method: http.MethodPost, Path: "/teams", ID: "no"},
				abi.ActionUpdate:        {Method: http.MethodPatch, Path: "/teams/{legacy_id}"},
				abi.ActionDelete:        {Method: http.MethodDelete, Path: "/teams/{legacy_id}"},
				abi.ActionAddMembers:    {Method: http.MethodPut, Path: "/teams/{legacy_id}/members/{member.legacy_id}"},
				abi.ActionRemoveMembers: {Method: http.MethodDelete, Path: "/teams/{legacy_id}/members/{member.legacy_id}"},
			},
			Fields: []connector.Field{{Target: "name", Source: "displayName"}},
		}
	}
	conn, err := connector.New(cfg, nil)
	if err != nil {
		return err
	}
	next, err := s.engine.Use([]adapter.TenantConfig{{
		ID: id, Connections: []adapter.ConnectionConfig{{ID: "main", Profile: "generic"}}, Connector: conn,
		RetryMin: time.Second, DeliveryWait: time.Minute,
	}})
	if err != nil {
		return err
	}
	before, line := s.current, s.conn
	s.current, s.conn, s.told = next, conn, told
	s.handler = endpoint.New(endpoint.Config{Generation: next, Tokens: s.tokens, Logger: slog.New(slog.DiscardHandler)})
	if before != nil {
		defer line.Close()
		if err := before.Close(context.Background()); err != nil {
			return err
		}
	}
	return s.tenant().Drained(context.Background())
}

func (s *site) tenant() *adapter.Tenant {
	id, err := kv.NewTenant(tenant)
	if err != nil {
		return nil
	}
	t, _ := s.current.Tenant(id)
	return t
}

// Close ends everything.
func (s *site) Close() error {
	errs := []error{s.engine.Close()}
	if s.current != nil {
		errs = append(errs, s.current.Close(context.Background()))
		s.conn.Close()
	}
	return errors.Join(append(errs, s.store.Close(), s.app.Close())...)
}

// call sends a request straight to the handler.
func (s *site) call(method, target, body string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(context.Background(), method, endpoint.DefaultBasePath+target, reader)
	r.Header.Set("Authorization", "Bearer "+bearer)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

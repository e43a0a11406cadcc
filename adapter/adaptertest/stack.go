// Package adaptertest runs the whole of caddy-scim but for Caddy: a Badger store on disk, the engine, the SCIM endpoint
// on a real listener, and the example legacy application behind it on another. Tests and benchmarks of several packages
// share it.
package adaptertest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/badgerkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Token is the static token of the stack's tenant "acme"; OtherToken is that of "other", who shares the application.
const (
	Token      = "acme-static-token-0123456789"
	OtherToken = "other-static-token-0123456789"
)

// Options change what Start makes. The zero value is a tenant that suspends on active:false and deletes on DELETE.
type Options struct {
	Dir       string                          // the store's directory; a new one by default
	Configure func(*adapter.TenantConfig)     // changes tenant acme before it is used
	Neighbour func(*adapter.TenantConfig)     // changes tenant other before it is used
	Connector func(*connector.Config)         // changes the connector's configuration
	NoGroups  bool                            // tells the application nothing of groups
	App       http.Handler                    // takes the example application's place
	Wrap      func(http.Handler) http.Handler // stands in front of the application
	Clock     func() time.Time
	Endpoint  func(*endpoint.Config) // changes the SCIM endpoint's configuration
	Policies  *plugins.Host          // loads releases of policies; nil keeps none
}

// Stack is a running one.
type Stack struct {
	TB         testing.TB
	URL        string // the SCIM root
	AppURL     string
	Engine     *adapter.Engine
	Generation *adapter.Generation
	Tokens     *token.Service
	Store      *badgerkv.Store
	Handler    http.Handler // what listens at URL, for requests without a network
	Dir        string

	// Client is the stack's own: whoever stops a server of the test package closes the idle connections of the default one
	// for everybody, and a request that has just taken one fails.
	Client *http.Client

	server, app *httptest.Server
	auth        authenticator
}

// authenticator accepts static and managed tokens.
type authenticator struct {
	static  *token.Static
	managed *token.Service
}

// Authenticate implements endpoint.Authenticator.
func (a authenticator) Authenticate(ctx context.Context, presented string) (token.Identity, error) {
	if who, err := a.static.Authenticate(presented); err == nil {
		return who, nil
	}
	return a.managed.Authenticate(ctx, presented)
}

// Start runs a stack until the test ends, or until Stop.
func Start(tb testing.TB, opts Options) *Stack {
	tb.Helper()
	if opts.Dir == "" {
		opts.Dir = tb.TempDir()
	}
	transport := new(http.Transport)
	tb.Cleanup(transport.CloseIdleConnections)
	s := &Stack{TB: tb, Dir: opts.Dir, Client: &http.Client{Transport: transport}}
	app := opts.App
	if app == nil {
		app = legacyapp.New(legacyapp.Options{})
	}
	if opts.Wrap != nil {
		app = opts.Wrap(app)
	}
	s.app = httptest.NewServer(app)
	s.AppURL = s.app.URL
	tb.Cleanup(s.app.Close)

	log := slog.New(slog.DiscardHandler)
	var err error
	if s.Store, err = badgerkv.Open(badgerkv.Options{Dir: opts.Dir, Logger: log}); err != nil {
		tb.Fatalf("open the store: %v", err)
	}
	s.Engine = adapter.Open(s.Store, adapter.Options{Logger: log, Clock: opts.Clock, Policies: opts.Policies})
	if s.Tokens, err = token.New(s.Store, token.Options{Logger: log, Clock: opts.Clock}); err != nil {
		tb.Fatalf("token service: %v", err)
	}
	static, err := token.NewStatic([]token.StaticToken{
		{Tenant: "acme", Connection: "main", Token: Token},
		{Tenant: "other", Connection: "main", Token: OtherToken},
	})
	if err != nil {
		tb.Fatalf("static tokens: %v", err)
	}
	s.auth = authenticator{static, s.Tokens}
	s.Use(opts)
	tb.Cleanup(s.Stop)
	return s
}

// Use puts a configuration in use, as a reload does.
func (s *Stack) Use(opts Options) {
	s.TB.Helper()
	cc := ConnectorConfig(s.AppURL)
	if opts.NoGroups {
		cc.Groups = nil
	}
	if opts.Connector != nil {
		opts.Connector(&cc)
	}
	var tenants []adapter.TenantConfig
	for _, name := range []string{"acme", "other"} {
		id, err := kv.NewTenant(name)
		if err != nil {
			s.TB.Fatal(err)
		}
		conn, err := connector.New(cc, nil)
		if err != nil {
			s.TB.Fatalf("connector: %v", err)
		}
		s.TB.Cleanup(conn.Close)
		cfg := adapter.TenantConfig{
			ID: id, Connections: []adapter.ConnectionConfig{{ID: "main", Profile: "generic"}}, Connector: conn,
			RetryMin: time.Millisecond, RetryMax: 10 * time.Millisecond, DeliveryWait: 30 * time.Second,
		}
		if opts.Configure != nil && name == "acme" {
			opts.Configure(&cfg)
		}
		if opts.Neighbour != nil && name == "other" {
			opts.Neighbour(&cfg)
		}
		tenants = append(tenants, cfg)
	}
	var err error
	if s.Generation, err = s.Engine.Use(tenants); err != nil {
		s.TB.Fatalf("use the configuration: %v", err)
	}
	ec := endpoint.Config{Generation: s.Generation, Tokens: s.auth, Logger: slog.New(slog.DiscardHandler)}
	if opts.Endpoint != nil {
		opts.Endpoint(&ec)
	}
	handler := endpoint.New(ec)
	if s.server != nil {
		s.server.Close()
	}
	s.Handler = handler
	s.server = httptest.NewServer(handler)
	s.URL = s.server.URL + endpoint.DefaultBasePath
}

// Stop ends everything but the application. It may be called more than once.
func (s *Stack) Stop() {
	s.server.Close()
	if err := s.Engine.Close(); err != nil {
		s.TB.Errorf("close the engine: %v", err)
	}
	if err := s.Generation.Close(context.Background()); err != nil {
		s.TB.Errorf("close the configuration: %v", err)
	}
	if err := s.Tokens.Close(context.Background()); err != nil {
		s.TB.Errorf("close the tokens: %v", err)
	}
	if err := s.Store.Close(); err != nil {
		s.TB.Errorf("close the store: %v", err)
	}
}

// Tenant returns tenant acme.
func (s *Stack) Tenant() *adapter.Tenant {
	id, err := kv.NewTenant("acme")
	if err != nil {
		s.TB.Fatal(err)
	}
	t, _ := s.Generation.Tenant(id)
	return t
}

// ConnectorConfig is the example application's API as an operator would configure it.
func ConnectorConfig(base string) connector.Config {
	return connector.Config{
		BaseURL: base,
		Routes: map[abi.Action]connector.Route{
			abi.ActionCreate:     {Method: http.MethodPost, Path: "/members", ID: "member.no"},
			abi.ActionUpdate:     {Method: http.MethodPatch, Path: "/members/{legacy_id}"},
			abi.ActionSuspend:    {Method: http.MethodPost, Path: "/members/{legacy_id}/suspend"},
			abi.ActionDeactivate: {Method: http.MethodPost, Path: "/members/{legacy_id}/suspend"},
			abi.ActionReactivate: {Method: http.MethodPost, Path: "/members/{legacy_id}/restore"},
			abi.ActionDelete:     {Method: http.MethodDelete, Path: "/members/{legacy_id}"},
		},
		Lookup: &connector.Route{
			Method: http.MethodGet, Path: "/members?login={userName}", ID: "members.0.no",
			Match: []connector.Field{{Target: "members.0.login", Source: "userName"}},
		},
		Fields: []connector.Field{
			{Target: "login", Source: "userName"},
			{Target: "mail", Source: "emails.value"},
			{Target: "full_name", Source: "{name.givenName} {name.familyName}"},
			{Target: "role", Source: "userType"},
			{Target: "dept", Source: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"},
			{Target: "ref", Source: "{id}"},
		},
		Groups: GroupsConfig(),
	}
}

// NewApp returns an example application that several stacks can share one after the other.
func NewApp() http.Handler { return legacyapp.New(legacyapp.Options{}) }

// Response is an answer with its body read.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Get returns a value of the JSON body by its gjson path.
func (r Response) Get(path string) gjson.Result { return gjson.Get(r.Body, path) }

// Do sends a SCIM request as tenant acme. body is a string, or anything that marshals; nil is none.
func (s *Stack) Do(method, path string, body any, header ...string) Response {
	s.TB.Helper()
	resp, err := s.Send(method, s.URL+path, body, append([]string{"Authorization", "Bearer " + Token}, header...)...)
	if err != nil {
		s.TB.Fatalf("%s %s: %v", method, path, err)
	}
	return resp
}

// Want is Do for a request that has to be answered with a status.
func (s *Stack) Want(status int, method, path string, body any, header ...string) Response {
	s.TB.Helper()
	resp := s.Do(method, path, body, header...)
	if resp.Status != status {
		s.TB.Fatalf("%s %s: got %d, want %d: %s", method, path, resp.Status, status, resp.Body)
	}
	return resp
}

// App sends a request to the application and returns its JSON answer.
func (s *Stack) App(method, path string, body any) Response {
	s.TB.Helper()
	resp, err := s.Send(method, s.AppURL+path, body)
	if err != nil {
		s.TB.Fatalf("application: %s %s: %v", method, path, err)
	}
	return resp
}

// Send sends any request. header is names and values in turn.
func (s *Stack) Send(method, url string, body any, header ...string) (Response, error) {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			return Response{}, err
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, url, reader)
	if err != nil {
		return Response{}, err
	}
	if reader != nil {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return Response{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return Response{Status: resp.StatusCode, Header: resp.Header, Body: string(data)}, err
}

// WaitIdle waits until nothing waits for delivery.
func (s *Stack) WaitIdle() {
	s.TB.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Tenant().Drained(ctx); err != nil {
		s.TB.Fatalf("the backlog is not drained: %v", err)
	}
}

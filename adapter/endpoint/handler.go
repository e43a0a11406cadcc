// Package endpoint is the SCIM protocol over HTTP, RFC 7644 section 3: it authenticates, routes, reads bodies within
// bounds, and writes resources and errors. What a request means is package adapter's to say.
package endpoint

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/limit"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Defaults of Config.
const (
	DefaultBasePath = "/scim/v2"
	DefaultMaxBody  = 1 << 20
	DefaultMaxPage  = adapter.MaxPageSize
)

// Config is what a Handler needs. Zero values mean the defaults.
type Config struct {
	Generation *adapter.Generation // the tenants to serve; required
	Tokens     Authenticator       // required
	Logger     *slog.Logger        // required
	// BasePath is where the SCIM root is, "/scim/v2" by default, without a trailing slash.
	BasePath string
	// BaseURL is the SCIM root as clients see it, for meta.location and Location. By default it is taken from the
	// request's Host header and from whether it came over TLS.
	BaseURL string
	// MaxBody is the largest request body in bytes, 1 MiB by default; a larger one is 413.
	MaxBody int64
	// MaxOperations is how many operations a bulk request may have, 1000 by default; more are 413.
	MaxOperations int
	// Limits bound what tenants and guesses of tokens may use; nil is no limit.
	Limits *limit.Limiter
	// ClientAddr tells where a request comes from; invalid is unknown. By default it is the peer of the connection.
	ClientAddr func(*http.Request) netip.Addr
}

// Handler serves SCIM for the tenants of one generation. It is safe for concurrent use.
type Handler struct {
	cfg Config
}

// New returns a Handler.
func New(cfg Config) *Handler {
	if cfg.BasePath == "" {
		cfg.BasePath = DefaultBasePath
	}
	cfg.BasePath = strings.TrimRight(cfg.BasePath, "/")
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	if cfg.MaxBody == 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	if cfg.MaxOperations == 0 {
		cfg.MaxOperations = DefaultMaxOperations
	}
	return &Handler{cfg: cfg}
}

// request is one request on its way through the handler.
type request struct {
	*http.Request
	w      http.ResponseWriter
	h      *Handler
	tenant *adapter.Tenant
	caller adapter.Caller
	access access // what the caller may do
	kind   adapter.Kind
	// asserted is what the body of a write names of the attributes that are returned on request.
	asserted []schema.Ref
	params   url.Values // the query string
	root     string     // the SCIM root as the client sees it
	terse    bool       // of a resource, only where it is and its version are wanted
	said     answer     // what w is, but in an inner request
	blame    blame      // who hears of the answer beside the client
}

// ServeHTTP implements http.Handler. Whatever happens, an error is a SCIM error in JSON.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer h.cfg.Generation.Enter()()
	req := &request{Request: r, h: h, root: h.root(r), said: answer{ResponseWriter: w}}
	req.w = &req.said
	defer req.report()
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			h.cfg.Logger.Error("a request crashed", "method", r.Method, "panic", p, "stack", string(debug.Stack()))
			req.fail(scim.Internal())
		}
	}()
	if err := req.serve(); err != nil {
		req.fail(err)
	}
}

func (r *request) serve() error {
	route, ok := strings.CutPrefix(path.Clean("/"+r.URL.Path), r.h.cfg.BasePath)
	if !ok || (route != "" && route[0] != '/') {
		return &scim.Error{Status: http.StatusNotFound, Detail: "There is nothing here; the SCIM root is " + r.h.cfg.BasePath}
	}
	if served, err := r.public(route); served {
		return err
	}
	if err := r.authenticate(); err != nil {
		return err
	}
	route = strings.TrimPrefix(route, "/")
	name, id, _ := strings.Cut(route, "/")
	quota, err := r.admit(strings.ToLower(name), id)
	if err != nil {
		return err
	}
	defer quota.Leave()
	return r.route(route)
}

// route serves an authenticated request at a path below the SCIM root.
func (r *request) route(route string) error {
	var err error
	if r.params, err = parameters(r.URL.RawQuery); err != nil {
		return err
	}
	name, id, _ := strings.Cut(route, "/")
	if err := r.authorize(strings.ToLower(name), id); err != nil {
		return err
	}
	switch strings.ToLower(name) {
	case "users":
		r.kind = r.tenant.Users()
		return r.resource(id)
	case "groups":
		r.kind = r.tenant.Groups()
		return r.resource(id)
	case "serviceproviderconfig":
		return r.serviceProviderConfig(id)
	case "resourcetypes":
		return r.discovery(id, r.tenant.Types().ResourceTypeDocuments(r.root))
	case "schemas":
		return r.discovery(id, r.tenant.Types().SchemaDocuments(r.root))
	case "":
		return r.queryRoot()
	case ".search":
		return r.search(r.kinds()...)
	case "bulk":
		return r.bulk(id)
	case "me":
		return r.me(id)
	case "events":
		return r.events(id)
	}
	return &scim.Error{Status: http.StatusNotFound, Detail: "There is no endpoint " + scim.Quote("/"+name)}
}

// parameters reads a query string whole. What cannot be read is an error and not left out: a request whose filter got
// lost would select everything. A semicolon is an ordinary character, as clients send filters unescaped.
func parameters(raw string) (url.Values, error) {
	params, err := url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B"))
	if err != nil {
		return nil, scim.BadRequest(scim.InvalidSyntax, "The query string cannot be read: a percent sign must be followed by two hexadecimal digits")
	}
	return params, nil
}

// root is the SCIM root as the client sees it.
func (h *Handler) root(r *http.Request) string {
	if h.cfg.BaseURL != "" {
		return h.cfg.BaseURL
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + h.cfg.BasePath
}

// storeRetry is what a client is told to wait when the store failed.
const storeRetry = 10 * time.Second

// fail answers with an error. One that is not SCIM's own goes to the log, and the client learns only that it happened.
func (r *request) fail(err error) {
	var e *scim.Error
	var accepted *adapter.AcceptedError
	switch {
	case errors.As(err, &accepted): // no failure, but what is to be said in the place of a resource
		r.writeAccepted(accepted)
		return
	case errors.As(err, &e):
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return // nobody is listening
	case errors.Is(err, kv.ErrClosed), errors.Is(err, adapter.ErrClosed):
		e = scim.Unavailable(storeRetry, "The service is restarting")
	default:
		r.h.cfg.Logger.Error("a request failed", "method", r.Method, "error", err)
		e = scim.Internal()
	}
	r.writeError(e)
}

// Interface guard.
var _ http.Handler = (*Handler)(nil)

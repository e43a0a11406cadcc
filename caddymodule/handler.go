package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/scim"
)

// Handler serves SCIM 2.0 for the tenants of the app `scim`. The tenant comes from the request's bearer token. It
// answers every request that reaches it and never calls the next handler: a request that an identity provider sends to
// a wrong path must not carry its token on to the application.
type Handler struct {
	// BasePath is where the SCIM root is. Default: `/scim/v2`.
	BasePath string `json:"base_path,omitempty"`

	// BaseURL is the SCIM root as clients see it, for the locations of resources; it is needed where something in
	// front of Caddy changes scheme, host or path. {env.*} and {file.*} are replaced. Default: taken from each request.
	BaseURL string `json:"base_url,omitempty"`

	// MaxBody is the largest request body in bytes. Default: 1 MiB.
	MaxBody int64 `json:"max_body,omitempty"`

	// MaxOperations is how many operations a bulk request may have. Default: 1000.
	MaxOperations int `json:"max_operations,omitempty"`

	app      *App
	endpoint endpointOptions
	closing  <-chan struct{} // closed when the server begins to shut down
}

// CaddyModule returns the Caddy module information.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.scim", New: func() caddy.Module { return new(Handler) }}
}

// Provision implements caddy.Provisioner.
func (h *Handler) Provision(ctx caddy.Context) error {
	app, err := ctx.AppIfConfigured("scim")
	switch {
	case errors.Is(err, caddy.ErrNotConfigured):
		return errors.New("the handler needs the app scim; in a Caddyfile that is the global option scim")
	case err != nil:
		return err
	}
	var ok bool
	if h.app, ok = app.(*App); !ok {
		return fmt.Errorf("the app scim is a %T", app)
	}
	baseURL, err := replace(h.BaseURL)
	if err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	h.closing = closing(ctx)
	h.endpoint = endpointOptions{basePath: h.BasePath, baseURL: baseURL, maxBody: h.MaxBody, maxOperations: h.MaxOperations}
	return h.check()
}

func (h *Handler) check() error {
	if p := h.BasePath; p != "" && (p[0] != '/' || strings.ContainsAny(p, "{}*?#%") || strings.Contains(p, "//")) {
		return fmt.Errorf(`base_path: %q is not a plain path that begins with "/"`, p)
	}
	if h.endpoint.baseURL != "" {
		u, err := url.Parse(h.endpoint.baseURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("base_url: not an http or https URL without user, query and fragment")
		}
	}
	if h.MaxBody < 0 {
		return fmt.Errorf("max_body: %d is negative", h.MaxBody)
	}
	if h.MaxOperations < 0 {
		return fmt.Errorf("max_operations: %d is negative", h.MaxOperations)
	}
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	begin := time.Now()
	s, err := h.app.enter(r.Context())
	if err != nil {
		if r.Context().Err() == nil {
			writeUnavailable(w)
		}
		return nil
	}
	defer s.leave()
	caller := new(token.Identity)
	rec := &statusRecorder{ResponseWriterWrapper: &caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, status: http.StatusOK}
	ctx := endpoint.WithClosing(context.WithValue(r.Context(), callerKey{}, caller), h.closing)
	s.endpoint(h.endpoint).ServeHTTP(rec, r.WithContext(ctx))
	countRequest(caller.Tenant, r.Method, rec.status, time.Since(begin))
	if extra, ok := r.Context().Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields); ok && caller.Tenant != "" {
		extra.Add(zap.String("scim_tenant", caller.Tenant))
		extra.Add(zap.String("scim_connection", caller.Connection))
		extra.Add(zap.String("scim_token", caller.TokenID))
	}
	return nil
}

// startRetry is what a client is told to wait when no configuration runs.
const startRetry = 5 * time.Second

func writeUnavailable(w http.ResponseWriter) {
	e := scim.Unavailable(startRetry, "The service is starting or stopping")
	body, err := json.Marshal(e)
	if err != nil {
		body = nil
	}
	w.Header().Set("Content-Type", scim.MediaType)
	w.Header().Set("Retry-After", strconv.Itoa(int(startRetry.Seconds())))
	w.WriteHeader(e.Status)
	_, _ = w.Write(body)
}

// callerKey is the key of a request's *token.Identity, which the authenticator fills in.
type callerKey struct{}

// noteCaller says who a request's caller turned out to be.
func noteCaller(ctx context.Context, who token.Identity) {
	if caller, ok := ctx.Value(callerKey{}).(*token.Identity); ok {
		*caller = who
	}
}

// statusRecorder remembers the status of an answer.
type statusRecorder struct {
	*caddyhttp.ResponseWriterWrapper
	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *statusRecorder) WriteHeader(status int) {
	if status >= http.StatusOK { // the others come before the answer
		r.status = status
	}
	r.ResponseWriterWrapper.WriteHeader(status)
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens. Syntax:
//
//	scim [<matcher>] {
//		base_path      <path>
//		base_url       <url>
//		max_body       <size>
//		max_operations <number>
//	}
//
// Without a matcher the directive takes the requests below its base path.
//
// The directive is ordered before reverse_proxy, which is after all that rewrites, authenticates or refuses requests
// and before the handlers that take whatever is left.
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive's name
	if d.NextArg() {
		return d.Errf("%q is too much; after the matcher there is a block or nothing", d.Val())
	}
	return readBlock(d, "scim",
		option{usage: "base_path <path>", read: func(l line) error {
			if err := l.args(&h.BasePath); err != nil {
				return err
			}
			if err := h.check(); err != nil {
				return l.WrapErr(err)
			}
			return nil
		}},
		option{usage: "base_url <url>", read: text(&h.BaseURL)},
		option{usage: "max_body <size>", read: size(&h.MaxBody)},
		option{usage: "max_operations <number>", read: number(&h.MaxOperations)},
	)
}

// basePath is BasePath or its default.
func (h *Handler) basePath() string {
	if h.BasePath == "" {
		return endpoint.DefaultBasePath
	}
	return strings.TrimRight(h.BasePath, "/")
}

// Interface guards.
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
	_ caddyfile.Unmarshaler       = (*Handler)(nil)
	_ http.ResponseWriter         = (*statusRecorder)(nil)
)

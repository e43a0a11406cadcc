package caddymodule

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// adminAPI is what Caddy's admin endpoint offers of the app scim, for operators and the `caddy scim` commands:
//
//	GET    /scim/tenants                                      the tenants of the running configuration
//	GET    /scim/tenants/{tenant}/tokens                      the managed tokens, without their secrets
//	POST   /scim/tenants/{tenant}/tokens                      makes a token; the only answer that shows it
//	DELETE /scim/tenants/{tenant}/tokens/{id}                 revokes a token, at once
//	GET    /scim/tenants/{tenant}/approvals[?all=true&limited=true&after=id&limit=n]  the approvals that wait, or all; or
//	                                                          those of the deprovision limit; "next" where there are more
//	GET    /scim/tenants/{tenant}/approvals/{id}              one of them, with what differs
//	POST   /scim/tenants/{tenant}/approvals/{id}/approve      lets a held change go on
//	POST   /scim/tenants/{tenant}/approvals/{id}/reject       takes a held change back
//	GET    /scim/tenants/{tenant}/release                     how the tenant stands within its deprovision limit
//	POST   /scim/tenants/{tenant}/release                     answers all changes that the limit holds
//	GET    /scim/tenants/{tenant}/alarms                      the alarms that are raised
//	GET    /scim/tenants/{tenant}/deadletters[?all=true&status=n&action=a&after=id&limit=n]   what failed for good
//	GET    /scim/tenants/{tenant}/deadletters/{id}            one of them, with what was wanted
//	POST   /scim/tenants/{tenant}/deadletters/{id}/retry      asks for it once more: {"by":"…"}
//	POST   /scim/tenants/{tenant}/deadletters/{id}/discard    closes it: {"by":"…","reason":"…"}
//	POST   /scim/tenants/{tenant}/deadletters/retry           retries up to 200 of them: {"by":"…","status":n,"action":"…","after":"…"}
//	GET    /scim/tenants/{tenant}/webhooks                    how the webhooks do
//	POST   /scim/tenants/{tenant}/webhooks/test               sends each webhook a test notice
//	GET    /scim/tenants/{tenant}/policies                    which policies rule, and the releases, newest first
//	POST   /scim/tenants/{tenant}/policies                    checks an upload and makes a release of it, which rules nothing yet
//	GET    /scim/tenants/{tenant}/policies/{number}/module    a release's module as it was uploaded
//	POST   /scim/tenants/{tenant}/policies/{number}/shadow    asks a release beside what rules
//	POST   /scim/tenants/{tenant}/policies/unshadow           ends that
//	POST   /scim/tenants/{tenant}/policies/{number}/promote   lets a release rule, all or a percentage
//	POST   /scim/tenants/{tenant}/policies/rollback           takes the last promotion back
//	GET    /scim/tenants/{tenant}/policies/differences[?limit=n]    where shadows would have done something else
//	POST   /scim/tenants/{tenant}/policies/replay             runs an upload over what policies were asked, and stores nothing
//	GET    /scim/tenants/{tenant}/policies/log[?after=n&wait=30s]   what policies logged, waiting for more
//	GET    /scim/tenants/{tenant}/journal[?user=…&failed=true&…]    the provisioning log, a page or a stream of it, see below
//	POST   /scim/tenants/{tenant}/journal                     the same, with the parameters in the body
//	GET    /scim/tenants/{tenant}/journal/{operation}         one operation with its calls on the application
//	POST   /scim/tenants/{tenant}/retry                       tries at once what waits after failures, and an application that could not be reached
//	GET    /scim/tenants/{tenant}/imports                     the imports, newest first
//	POST   /scim/tenants/{tenant}/imports                     starts one; the answer is 202
//	GET    /scim/tenants/{tenant}/imports/{id}                how one stands; the id latest is the newest
//	GET    /scim/tenants/{tenant}/imports/{id}/items[?kind=k]  what its report names, at most 1,000 of each kind
//	GET    /scim/tenants/{tenant}/imports/{id}/progress       lines of JSON until it ends
//	POST   /scim/tenants/{tenant}/imports/{id}/cancel         ends one; what it has stored stays
//	…      /scim/tenants/{tenant}/reconciliations…            the same for comparisons of the application with what it was told
//	POST   /scim/events/rotate                                lets a new key sign events
//
// An upload is {"module": <base64>, "signature": <base64>, "settings": {…}, "note": "…", "by": "…"}; the module is
// WebAssembly of at most 8 MiB. A replay takes the same with "since", a time. Its answer is lines of JSON
// (application/x-ndjson): {"done":n,"total":m} now and then, and last {"replay":{…}} or {"error":"…"}. The steps of a
// release take {"by":"…"}, promote {"by":"…","percent":n} as well, and answer as GET does, with "unchanged":true where it
// was so before. Two uploads and two replays are at work at once in the process; what comes meanwhile waits a moment, and
// gets 503 with Retry-After.
//
// An answer to an approval is {"by":"…","comment":"…","version":n}, one to what the deprovision limit holds
// {"by":"…","comment":"…","discard":true,"dry_run":true}; the answer to that is lines of JSON, {"done":n,"total":m} now and
// then, and last {"released":{…}} or {"error":"…"}. Who "by" is nobody checks.
//
// The journal takes user (a userName, externalId, e-mail address or id) or resource (an id), failed=true, connection, outcome,
// since and until (times), limit (1 to 1000), after (a cursor), and order: newest (the default), oldest, or changes, the
// order in which entries last changed; a user's or resource's entries otherwise come by when they began, all others by their
// last change. A page is {"entries":[…],"next":"…","more":false,"latest":"…"}: next goes on as after. With order=changes and
// wait=30s it waits for entries behind after; from latest on nothing is missed. With format=ndjson, or Accept:
// application/x-ndjson, the answer is all of it, an entry a line, the oldest first; with follow=true it does not end. What
// goes wrong on the way is a last line {"error":"…"}. Caddy logs the URLs of its admin endpoint: a name that is not to be in
// the log goes into the body of a POST, {"user":"…","failed":true}, which changes nothing either.
//
// An import is started with {"by":"…","dry_run":true,"options":{"types":["User","Group"]}}; by alone is required. A
// tenant has one at a time: 409. Its progress is lines of JSON (application/x-ndjson) of the form {"job":{…}}, the last of
// which says how it has ended, or {"error":"…"} where the configuration is replaced meanwhile: the import goes on, and its
// progress can be asked for again. cancel takes {"by":"…"}.
//
// Who can reach the admin endpoint can do all that, as with everything that Caddy offers there: it is to stay on the
// machine, or behind mutual TLS. Bodies are JSON objects; an unknown field is an error. Errors are Caddy's: {"error": "…"}.
type adminAPI struct{}

// CaddyModule returns the Caddy module information.
func (*adminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.scim", New: func() caddy.Module { return new(adminAPI) }}
}

// Routes implements caddy.AdminRouter.
func (*adminAPI) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: "/scim/", Handler: caddy.AdminHandlerFunc(serveAdmin)}}
}

// adminCall is one request on its way through the admin API.
type adminCall struct {
	*http.Request
	w       http.ResponseWriter
	session *session
	tenant  *adapter.Tenant // nil for /scim/tenants
}

// serveAdmin asks whichever configuration runs: Caddy makes the admin endpoint before it starts the apps, and keeps it
// where they fail to start.
func serveAdmin(w http.ResponseWriter, r *http.Request) error {
	s := live.enterNewest()
	if s == nil {
		return apiError(http.StatusServiceUnavailable, "%w", errNotRunning)
	}
	defer s.leave()
	w.Header().Set("Cache-Control", "no-store")
	err := (&adminCall{Request: r, w: w, session: s}).serve(strings.Split(strings.Trim(r.URL.Path, "/"), "/"))
	switch {
	case errors.Is(err, kv.ErrClosed), errors.Is(err, adapter.ErrClosed):
		return apiError(http.StatusServiceUnavailable, "%w", errNotRunning)
	case errors.Is(err, kv.ErrTooBig):
		return apiError(http.StatusBadRequest, "an id, or another value of the request's URL, is longer than any that there is")
	case errors.Is(err, context.Canceled):
		return nil // nobody is listening
	}
	return err
}

func (c *adminCall) serve(path []string) error {
	notFound := apiError(http.StatusNotFound, "there is nothing at %s", c.URL.Path)
	if slices.Equal(path, []string{"scim", "events", "rotate"}) {
		return c.route(map[string]func() error{http.MethodPost: c.rotateEventKey})
	}
	if len(path) < 2 || path[1] != "tenants" {
		return notFound
	}
	if len(path) == 2 {
		return c.route(map[string]func() error{http.MethodGet: c.listTenants})
	}
	if err := c.findTenant(path[2]); err != nil {
		return err
	}
	switch rest := path[3:]; {
	case slices.Equal(rest, []string{"tokens"}):
		return c.route(map[string]func() error{http.MethodGet: c.listTokens, http.MethodPost: c.createToken})
	case len(rest) == 2 && rest[0] == "tokens":
		return c.route(map[string]func() error{http.MethodDelete: func() error { return c.revokeToken(rest[1]) }})
	case slices.Equal(rest, []string{"retry"}):
		return c.route(map[string]func() error{http.MethodPost: c.tryNow})
	case len(rest) > 0 && (rest[0] == "approvals" || rest[0] == "release"):
		return c.approvals(rest, notFound)
	case slices.Equal(rest, []string{"alarms"}):
		return c.route(map[string]func() error{http.MethodGet: c.listAlarms})
	case len(rest) > 0 && rest[0] == "deadletters":
		return c.deadLetters(rest[1:], notFound)
	case len(rest) > 0 && rest[0] == "webhooks":
		return c.webhooks(rest[1:], notFound)
	case len(rest) > 0 && rest[0] == "imports":
		return c.jobs(store.JobImport, rest[1:], notFound)
	case len(rest) > 0 && rest[0] == "reconciliations":
		return c.jobs(store.JobReconcile, rest[1:], notFound)
	case len(rest) > 0 && rest[0] == "policies":
		return c.policies(rest[1:], notFound)
	case len(rest) > 0 && rest[0] == "journal":
		return c.journal(rest[1:], notFound)
	}
	return notFound
}

// route calls the handler for the method.
func (c *adminCall) route(handlers map[string]func() error) error {
	if h, ok := handlers[c.Method]; ok {
		return h()
	}
	var allowed []string
	for method := range handlers {
		allowed = append(allowed, method)
	}
	slices.Sort(allowed)
	c.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return apiError(http.StatusMethodNotAllowed, "%s is not possible here; possible is %s", c.Method, strings.Join(allowed, ", "))
}

func (c *adminCall) findTenant(name string) error {
	id, err := kv.NewTenant(name)
	if err == nil {
		if t, ok := c.session.generation.Tenant(id); ok {
			c.tenant = t
			return nil
		}
	}
	return apiError(http.StatusNotFound, "there is no tenant %.80q", name)
}

// tenantView is what the admin API shows of a tenant.
type tenantView struct {
	ID          string           `json:"id"`
	Connections []connectionView `json:"connections"`
	Policy      string           `json:"policy,omitempty"` // the version of the policy
	Backlog     int              `json:"backlog"`          // resources that the application has not been told of yet
	Pace        *paceView        `json:"pace,omitempty"`
}

type connectionView struct {
	ID      string `json:"id"`
	Profile string `json:"profile"`
}

func (c *adminCall) listTenants() error {
	list := []tenantView{}
	for i := range c.session.setup.tenants {
		cfg := &c.session.setup.tenants[i]
		v := tenantView{ID: cfg.ID.Name(), Connections: []connectionView{}}
		for _, conn := range cfg.Connections {
			v.Connections = append(v.Connections, connectionView{ID: conn.ID, Profile: conn.Profile})
		}
		if cfg.Policy != nil {
			v.Policy = cfg.Policy.Module.Version()
		}
		if t, ok := c.session.generation.Tenant(cfg.ID); ok {
			v.Backlog = t.Backlog()
			var err error
			if v.Pace, err = viewPace(c.Context(), t); err != nil {
				return err
			}
		}
		list = append(list, v)
	}
	return c.answer(http.StatusOK, map[string]any{"tenants": list})
}

// maxAdminBody bounds the body of a request.
const maxAdminBody = 64 << 10

// read decodes the body into v. An empty one leaves v as it is.
func (c *adminCall) read(v any) error { return c.readUpTo(maxAdminBody, v) }

// readUpTo is read with a bound of its own, in bytes.
func (c *adminCall) readUpTo(limit int64, v any) error {
	body := &bodyReader{from: http.MaxBytesReader(c.w, c.Body, limit)}
	dec := json.NewDecoder(body)
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	more := err == nil && dec.More() // which may read on, and fail
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(body.failed, &tooLarge):
		return apiError(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	case body.failed != nil:
		return apiError(http.StatusBadRequest, "reading the body: %w", body.failed)
	case err == io.EOF:
		return nil
	case err != nil:
		return apiError(http.StatusBadRequest, "%s", bodyProblem(err))
	case more:
		return apiError(http.StatusBadRequest, "the body holds more than one JSON object")
	}
	return nil
}

// bodyReader tells an error of reading from one of what was read, so that a body need not be held a second time.
type bodyReader struct {
	from   io.Reader
	failed error // what reading has failed with, but for the end
}

// Read implements io.Reader.
func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if err != nil && err != io.EOF {
		b.failed = err
	}
	return n, err
}

// bodyProblem says what is wrong with a body in words of the API, and not in those of Go.
func bodyProblem(err error) string {
	var wrongType *json.UnmarshalTypeError
	var wrongTime *time.ParseError
	var wrongBase64 base64.CorruptInputError
	const whole = "the body is not the JSON object that is wanted: "
	switch {
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return fmt.Sprintf("%s: a JSON %s does not fit", wrongType.Field, wrongType.Value)
	case errors.As(err, &wrongType):
		return whole + "it is a JSON " + wrongType.Value
	case errors.As(err, &wrongTime), strings.HasPrefix(err.Error(), "Time.UnmarshalJSON"):
		return "since: not a time such as 2026-05-01T00:00:00Z"
	case errors.As(err, &wrongBase64):
		return fmt.Sprintf("module or signature: not base64, from its byte %d on", int64(wrongBase64))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return whole + "it has no field " + name
	}
	return whole + strings.TrimPrefix(err.Error(), "json: ")
}

func (c *adminCall) answer(status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(append(body, '\n'))
	return nil
}

// audit returns the log in which is written down what an operator did.
func (c *adminCall) audit() *slog.Logger {
	return slog.New(logs).With("tenant", c.tenant.ID().Name(), "remote", c.RemoteAddr)
}

func apiError(status int, format string, args ...any) error {
	return caddy.APIError{HTTPStatus: status, Err: fmt.Errorf(format, args...)}
}

// Interface guards.
var (
	_ caddy.AdminRouter = (*adminAPI)(nil)
)

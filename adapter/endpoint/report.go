package endpoint

import (
	"net/http"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/scim"
)

// answer remembers the status of what is written to it. It is a part of the request, so that it costs no allocation.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK { // the others come before the answer
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// blame says whose connection a request came by, as soon as that is known, and why it was refused.
type blame struct {
	tenant *adapter.Tenant // nil as long as it is not known
	id     string          // the connection's
	why    scim.Type
}

// blameTenant says whose token a request came with, whether or not it is good for anything.
func (r *request) blameTenant(who token.Identity) {
	id, err := kv.NewTenant(who.Tenant)
	if err != nil {
		return
	}
	if t, ok := r.h.cfg.Generation.Tenant(id); ok {
		r.blame.tenant, r.blame.id = t, who.Connection
	}
}

// report tells the tenant how the request was answered. One whose client went away before it was is not counted.
func (r *request) report() { r.tell(r.Method, r.said.status) }

func (r *request) tell(method string, status int) {
	if r.blame.tenant != nil && status != 0 {
		r.blame.tenant.Answered(r.blame.id, method, status, r.blame.why)
	}
}

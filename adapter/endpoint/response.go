package endpoint

import (
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// header sends the header of an answer with a body.
func (r *request) header(status int) {
	h := r.w.Header()
	h.Set("Content-Type", scim.ResponseMediaType(r.Header.Get("Accept")))
	h.Set("Cache-Control", "no-store") // RFC 7644 section 7.6: resources are personal data
	h.Set("X-Content-Type-Options", "nosniff")
	r.w.WriteHeader(status)
}

func (r *request) write(status int, body []byte) error {
	r.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	r.header(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = r.w.Write(body) // the client has gone; there is nobody to tell
	return nil
}

func (r *request) writeError(e *scim.Error) {
	r.blame.why = e.ScimType
	body, err := json.Marshal(e)
	if err != nil {
		body = []byte(`{"schemas":["` + scim.ErrorURN + `"],"status":"500"}`)
		e = scim.Internal()
	}
	h := r.w.Header()
	if e.Status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", realm)
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	_ = r.write(e.Status, body)
}

// location is the URL of the resources of a kind, with a trailing slash.
func (r *request) location() string { return r.root + r.kind.Schema.Endpoint + "/" }

// writeResource answers with one resource, or with the part of it that the client asked for.
func (r *request) writeResource(status int, rec *store.Record, show schema.Projection) error {
	if r.terse {
		r.tag(rec)
		r.w.WriteHeader(status)
		return nil
	}
	doc, rest, err := r.tenant.Show(r.Context(), r.kind, rec, adapter.View{Root: r.root, Show: show})
	if err != nil {
		return err
	}
	r.tag(rec)
	r.w.Header().Set("Content-Location", r.location()+rec.ID) // RFC 7643 section 3.1: as meta.location
	if rest == nil {
		return r.write(status, doc)
	}
	return r.stream(status, doc, rest)
}

// stream writes an answer that is not in memory as a whole. Where it cannot be finished the connection is cut, which
// tells the client that what it has is not all.
func (r *request) stream(status int, first []byte, rest iter.Seq2[[]byte, error]) error {
	r.header(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, gone := r.w.Write(first)
	for part, err := range rest {
		if gone != nil {
			break // the client has gone; there is nobody to tell
		}
		if err != nil {
			r.h.cfg.Logger.Error("an answer could not be finished", "method", r.Method, "error", err)
			panic(http.ErrAbortHandler)
		}
		_, gone = r.w.Write(part)
	}
	return nil
}

// projection reads the attributes and excludedAttributes parameters.
func (r *request) projection() (schema.Projection, error) {
	return r.kind.Schema.Projection(r.params.Get("attributes"), r.params.Get("excludedAttributes"))
}

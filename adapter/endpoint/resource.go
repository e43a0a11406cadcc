package endpoint

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
)

// resource serves /Users and /Users/{id}.
func (r *request) resource(id string) error {
	switch {
	case id == ".search":
		return r.search(r.kind)
	case strings.Contains(id, "/"):
		return scim.NotFound(id)
	}
	if id != "" {
		var err error
		if r.caller.If, err = conditions(r.Header); err != nil {
			return err
		}
	}
	r.prefer()
	switch {
	case id == "" && r.reads():
		return r.list()
	case id == "" && r.Method == http.MethodPost:
		return r.create()
	case id == "":
		return r.notAllowed("GET, HEAD, POST")
	case r.reads():
		return r.get(id)
	case r.Method == http.MethodPut:
		return r.replace(id)
	case r.Method == http.MethodPatch:
		return r.patch(id)
	case r.Method == http.MethodDelete:
		return r.remove(id)
	}
	return r.notAllowed("GET, HEAD, PUT, PATCH, DELETE")
}

func (r *request) reads() bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func (r *request) notAllowed(allow string) error {
	r.w.Header().Set("Allow", allow)
	return &scim.Error{Status: http.StatusMethodNotAllowed, Detail: "The method is not allowed here; allowed are " + allow}
}

// answer runs fn and shows the resource that it returns, as far as the client wants to see it. The parameters are read
// first: a request that could not be answered must not change anything.
func (r *request) answer(status int, fn func() (*store.Record, error)) error {
	show, err := r.projection()
	if err != nil {
		return err
	}
	rec, err := fn()
	if err != nil {
		return err
	}
	if r.Method == http.MethodPatch && r.kind.Type == store.Group && r.params.Get("attributes") == "" && r.params.Get("excludedAttributes") == "" {
		// RFC 7644 section 3.5.2 leaves the choice. To add one member must not cost reading all the others.
		r.tag(rec)
		r.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return r.writeResource(status, rec, show.Asserting(r.asserted))
}

func (r *request) get(id string) error {
	show, err := r.projection()
	if err != nil {
		return err
	}
	rec, err := r.tenant.Get(r.Context(), r.kind, id)
	if err != nil {
		return err
	}
	if done, err := r.unmodified(rec); done {
		return err
	}
	return r.writeResource(http.StatusOK, rec, show)
}

func (r *request) create() error {
	return r.answer(http.StatusCreated, func() (*store.Record, error) {
		body, err := r.object()
		if err != nil {
			return nil, err
		}
		r.asserted = r.kind.Schema.Asserted(body)
		res, err := r.tenant.Create(r.Context(), r.caller, r.kind, body)
		return res.Record, err
	})
}

func (r *request) replace(id string) error {
	return r.answer(http.StatusOK, func() (*store.Record, error) {
		body, err := r.object()
		if err != nil {
			return nil, err
		}
		r.asserted = r.kind.Schema.Asserted(body)
		res, err := r.tenant.Replace(r.Context(), r.caller, r.kind, id, body)
		return res.Record, err
	})
}

func (r *request) patch(id string) error {
	return r.answer(http.StatusOK, func() (*store.Record, error) {
		body, err := r.body()
		if err != nil {
			return nil, err
		}
		ops, err := patch.Parse(body)
		if err != nil {
			return nil, err
		}
		r.asserted = patch.Asserted(r.kind.Schema, ops)
		res, err := r.tenant.Patch(r.Context(), r.caller, r.kind, id, ops)
		return res.Record, err
	})
}

func (r *request) remove(id string) error {
	if _, err := r.tenant.Delete(r.Context(), r.caller, r.kind, id); err != nil {
		return err
	}
	r.w.WriteHeader(http.StatusNoContent)
	return nil
}

// object reads the body as one JSON object.
func (r *request) object() (scim.Object, error) {
	b, err := r.body()
	if err != nil {
		return nil, err
	}
	return scim.Decode(b)
}

// body reads the body within its bound.
func (r *request) body() ([]byte, error) {
	if !scim.AcceptsContentType(r.Header.Get("Content-Type")) {
		return nil, &scim.Error{
			Status: http.StatusUnsupportedMediaType,
			Detail: "The content type must be application/scim+json or application/json",
		}
	}
	if c, inner := r.w.(*call); inner {
		return c.body, nil // bounded with the bulk request that it came in; ids are longer than the references to them
	}
	limit := r.h.cfg.MaxBody
	if r.ContentLength > limit {
		return nil, scim.PayloadTooLarge(limit)
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(http.MaxBytesReader(r.w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, scim.PayloadTooLarge(limit)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, scim.BadRequest(scim.InvalidSyntax, "The body ended before its announced length")
	case err != nil:
		return nil, scim.BadRequest(scim.InvalidSyntax, "The body could not be read")
	}
	return buf.Bytes(), nil
}

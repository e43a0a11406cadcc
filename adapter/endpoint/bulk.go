package endpoint

import (
	"errors"
	"net/http"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/bulk"
)

// DefaultMaxOperations is how many operations a bulk request may have by default.
const DefaultMaxOperations = 1000

// bulk serves /Bulk, RFC 7644 section 3.7.
func (r *request) bulk(id string) error {
	if id != "" {
		return scim.NotFound(id)
	}
	if r.Method != http.MethodPost {
		return r.notAllowed("POST")
	}
	body, err := r.body()
	var e *scim.Error
	switch {
	case errors.As(err, &e) && e.Status == http.StatusRequestEntityTooLarge:
		return bulk.TooLarge(r.h.cfg.MaxBody)
	case err != nil:
		return err
	}
	req, err := bulk.Parse(body, bulk.Options{MaxOperations: r.h.cfg.MaxOperations, Roots: []string{r.root, r.h.cfg.BasePath}})
	if err != nil {
		return err
	}
	results, err := r.carryOut(req)
	if err != nil {
		return err
	}
	return r.write(http.StatusOK, bulk.AppendResponse(nil, results))
}

// bulkFeature describes /Bulk.
func (h *Handler) bulkFeature() scim.BulkFeature {
	return scim.BulkFeature{Supported: true, MaxOperations: h.cfg.MaxOperations, MaxPayloadSize: h.cfg.MaxBody}
}

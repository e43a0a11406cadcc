package endpoint

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/scim"
)

func (r *request) serviceProviderConfig(id string) error {
	if id != "" {
		return scim.NotFound(id)
	}
	if err := r.discovers(); err != nil {
		return err
	}
	config := scim.NewServiceProviderConfig(r.root, DefaultMaxPage)
	config.ETag.Supported = true
	config.Bulk = r.h.bulkFeature()
	describeQueries(config)
	config.SecurityEvents = &scim.SecurityEvents{AsyncRequest: "request", EventURIs: scim.EventURIs()}
	config.ChangePassword.Supported = r.tenant.ForwardsPasswords()
	r.describeAccess(config)
	body, err := json.Marshal(config)
	if err != nil {
		return err
	}
	return r.write(http.StatusOK, body)
}

// discovers reports, as an error, what is no way to ask an endpoint of RFC 7644 section 4, where a filter is 403.
func (r *request) discovers() error {
	if !r.reads() {
		return r.notAllowed("GET, HEAD")
	}
	if r.params.Has("filter") {
		return scim.Forbidden("This endpoint cannot be filtered")
	}
	return nil
}

// discovery serves a list of documents, or the one with an id.
func (r *request) discovery(id string, docs []json.RawMessage) error {
	if err := r.discovers(); err != nil {
		return err
	}
	if id == "" {
		list := scim.ListResponse{TotalResults: len(docs), StartIndex: 1, Resources: docs}
		return r.write(http.StatusOK, list.AppendJSON(nil))
	}
	for _, doc := range docs {
		if found := gjson.GetManyBytes(doc, "id", "name"); strings.EqualFold(found[0].Str, id) || strings.EqualFold(found[1].Str, id) {
			return r.write(http.StatusOK, doc)
		}
	}
	return scim.NotFound(id)
}

package endpoint

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// resourceTypes are those that are served. The schema of Group is published before groups are, as IdPs map by it.
var resourceTypes = sync.OnceValue(func() *schema.Registry {
	reg, err := schema.NewRegistry(schema.User())
	if err != nil {
		panic(err) // a standard type, part of this binary and covered by tests
	}
	return reg
})

func (r *request) serviceProviderConfig(id string) error {
	if id != "" {
		return scim.NotFound(id)
	}
	if !r.reads() {
		return r.notAllowed("GET, HEAD")
	}
	body, err := json.Marshal(scim.NewServiceProviderConfig(r.root, DefaultMaxPage))
	if err != nil {
		return err
	}
	return r.write(http.StatusOK, body)
}

// discovery serves a list of documents, or the one with an id (RFC 7644 section 4). A filter is 403 there.
func (r *request) discovery(id string, docs []json.RawMessage) error {
	if !r.reads() {
		return r.notAllowed("GET, HEAD")
	}
	if r.params.Has("filter") {
		return scim.Forbidden("This endpoint cannot be filtered")
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

// groups answers for the groups, of which there are none yet: an IdP that probes for them sees an empty list.
func (r *request) groups(id string) error {
	switch {
	case r.reads() && id == "":
		list := scim.ListResponse{StartIndex: 1}
		return r.write(http.StatusOK, list.AppendJSON(nil))
	case r.reads():
		return scim.NotFound(id)
	}
	return scim.NotImplemented("Groups cannot be provisioned yet")
}

package endpoint

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/scim"
)

// queryRoot serves a GET of the SCIM root: a query over all resource types, RFC 7644 section 3.4.2.1.
func (r *request) queryRoot() error {
	return scim.NotImplemented("A query at the root is not supported")
}

// search serves POST .search over the kinds, RFC 7644 section 3.4.3.
func (r *request) search(_ ...adapter.Kind) error {
	return scim.NotImplemented("The endpoint .search is not supported")
}

func (r *request) list() error {
	show, err := r.projection()
	if err != nil {
		return err
	}
	q, err := r.query()
	if err != nil {
		return err
	}
	page, err := r.tenant.List(r.Context(), r.kind, q)
	if err != nil {
		return err
	}
	list := scim.ListResponse{TotalResults: page.Total, StartIndex: page.StartIndex, Resources: make([]json.RawMessage, len(page.Records))}
	for i, rec := range page.Records {
		list.Resources[i] = show.Apply(rec.AppendResource(nil, r.location()))
	}
	return r.write(http.StatusOK, list.AppendJSON(nil))
}

// query reads the parameters of RFC 7644 section 3.4.2. A negative count is 0 and a startIndex below 1 is 1, as
// table 6 says.
func (r *request) query() (adapter.Query, error) {
	q := adapter.Query{Filter: strings.TrimSpace(r.params.Get("filter")), StartIndex: 1, Count: DefaultPageSize}
	number := func(name string, into *int) error {
		s := r.params.Get(name)
		if s == "" {
			return nil
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			return scim.BadRequest(scim.InvalidValue, "The parameter %s must be a whole number; found %s", name, scim.Quote(s))
		}
		*into = n
		return nil
	}
	if err := errors.Join(number("startIndex", &q.StartIndex), number("count", &q.Count)); err != nil {
		return q, err
	}
	q.StartIndex = max(q.StartIndex, 1)
	q.Count = min(max(q.Count, 0), DefaultMaxPage)
	return q, nil
}

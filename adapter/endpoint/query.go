package endpoint

import (
	"net/http"
	"strings"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/scim"
)

// list serves a GET of one type's endpoint, RFC 7644 section 3.4.2.
func (r *request) list() error {
	q, err := r.query()
	if err != nil {
		return err
	}
	return r.answerQuery(q, r.kind)
}

// queryRoot serves a GET of the SCIM root: a query over all resource types that the token is good for, RFC 7644 section
// 3.4.2.1.
func (r *request) queryRoot() error {
	if !r.reads() {
		return r.notAllowed("GET, HEAD")
	}
	q, err := r.query()
	if err != nil {
		return err
	}
	return r.answerQuery(q, r.kinds()...)
}

// search serves POST .search over the kinds, RFC 7644 section 3.4.3. What a query has in its URL is of no account.
func (r *request) search(kinds ...adapter.Kind) error {
	if r.Method != http.MethodPost {
		return r.notAllowed("POST")
	}
	body, err := r.body()
	if err != nil {
		return err
	}
	params, err := scim.ParseSearchRequest(body)
	if err != nil {
		return err
	}
	q, err := r.newQuery(&params)
	if err != nil {
		return err
	}
	return r.answerQuery(q, kinds...)
}

// answerQuery writes the page that a query asks for.
func (r *request) answerQuery(q adapter.Query, kinds ...adapter.Kind) error {
	page, err := r.tenant.List(r.Context(), q, kinds...)
	if err != nil {
		return err
	}
	list := scim.ListResponse{
		TotalResults: page.Total, StartIndex: page.StartIndex, Resources: page.Resources,
		NextCursor: page.Next, PreviousCursor: page.Previous,
	}
	return r.write(http.StatusOK, list.AppendJSON(nil))
}

// query reads the parameters of the URL. Those that it does not know it ignores, as RFC 7644 section 3.4.2 says.
func (r *request) query() (adapter.Query, error) {
	params := scim.SearchRequest{
		Attributes: r.params.Get("attributes"), ExcludedAttributes: r.params.Get("excludedAttributes"),
		Filter: r.params.Get("filter"), SortBy: r.params.Get("sortBy"), SortOrder: r.params.Get("sortOrder"),
	}
	ofCount := scim.InvalidValue
	if r.params.Has("cursor") {
		cursor := r.params.Get("cursor")
		params.Cursor, ofCount = &cursor, scim.InvalidCount
	}
	for _, p := range [...]struct {
		name string
		into **int
		bad  scim.Type
	}{
		{"startIndex", &params.StartIndex, scim.InvalidValue}, {"count", &params.Count, ofCount},
	} {
		s := r.params.Get(p.name)
		if s == "" {
			continue
		}
		n, err := scim.ParseWholeNumber(s)
		if err != nil {
			return adapter.Query{}, scim.BadRequest(p.bad, "The parameter %s must be a whole number; found %s", p.name, scim.Quote(s))
		}
		*p.into = &n
	}
	return r.newQuery(&params)
}

// newQuery is the query that the parameters ask for, wherever they stood.
func (r *request) newQuery(params *scim.SearchRequest) (adapter.Query, error) {
	q := adapter.Query{
		Filter: params.Filter, SortBy: strings.TrimSpace(params.SortBy), Count: params.Count, Cursor: params.Cursor,
		Attributes: params.Attributes, Excluded: params.ExcludedAttributes, Root: r.root,
	}
	switch order := strings.TrimSpace(params.SortOrder); {
	case order == "", strings.EqualFold(order, "ascending"):
	case strings.EqualFold(order, "descending"):
		q.Descending = q.SortBy != "" // without sortBy there is nothing to order by
	default:
		return q, scim.BadRequest(scim.InvalidValue, `The parameter sortOrder must be "ascending" or "descending"; found %s`, scim.Quote(order))
	}
	if params.StartIndex != nil {
		if q.Cursor != nil {
			return q, scim.BadRequest(scim.InvalidValue, "The parameters startIndex and cursor exclude each other")
		}
		q.StartIndex = *params.StartIndex
	}
	return q, nil
}

// describeQueries says in the ServiceProviderConfig what this file serves.
func describeQueries(config *scim.ServiceProviderConfig) {
	config.Sort.Supported = true
	config.Filter = scim.FilterFeature{Supported: true, MaxResults: adapter.MaxPageSize}
	config.Pagination = &scim.Pagination{
		Cursor: true, Index: true, DefaultPaginationMethod: "index",
		DefaultPageSize: adapter.DefaultPageSize, MaxPageSize: adapter.MaxPageSize,
		CursorTimeout: int(adapter.CursorTimeout.Seconds()),
	}
}

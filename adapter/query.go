package adapter

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// What a page is bounded by.
const (
	DefaultPageSize = 100       // resources on a page where the client does not say
	MaxPageSize     = 1000      // resources on a page whatever the client says
	MaxPageBytes    = 8 << 20   // a page ends before the resource that would make it larger, but for its first one
	CursorTimeout   = time.Hour // how long a cursor is good for
)

// Query selects a page of resources, RFC 7644 section 3.4.2.
type Query struct {
	Filter     string // empty selects all
	SortBy     string // an attribute's path; empty leaves the resources in the order in which they were made
	Descending bool   // the highest value of SortBy first
	// Count is how many resources the page may hold: 0 asks for the total alone. Nil, DefaultPageSize.
	Count *int
	// StartIndex is where the page begins, 1-based; what is less counts as 1. It is of no account with a Cursor.
	StartIndex int
	// Cursor asks for pages by cursor, RFC 9865: an empty one for the first page, else one that a Page named. Nil asks
	// for a page by index.
	Cursor *string
	// Attributes and Excluded are lists of what to show and what not, as schema.ResourceType.Projection takes them.
	Attributes, Excluded string
	// Root is the SCIM root as the client sees it, for locations.
	Root string

	budget int // comparisons that it may make; 0: maxComparisons
}

// NotCounted is the Total of a page by cursor for which nobody has counted what matches.
const NotCounted = -1

// Page is the answer to a Query.
type Page struct {
	Total      int // how many match, or NotCounted
	StartIndex int // of a page by index; 0 of one by cursor
	// Resources are those on the page, as the client sees them. There may be less than asked for though more match: a
	// page is bounded in bytes, and one by cursor by how many resources are looked at for it.
	Resources []json.RawMessage
	// Next and Previous are the cursors of the neighbouring pages; empty where there is none, or no cursor was used.
	Next, Previous string
}

// List answers a query over the resources of some kinds, those of one kind after those of the other where nothing sorts
// them. Attributes that only some of the kinds have are without a value in the others, RFC 7644 section 3.4.2.1.
//
// An equality on an indexed attribute (userName, externalId, emails.value, displayName of a group, id, members and
// groups) is looked up, whatever else the filter says; so is one "or" another. Everything else looks at every resource.
//
// A page by cursor costs what is on it, and what a filter passes over. Its Total is not counted unless that is known
// anyway. Resources that come while a client goes through the pages show up at the end, and none is ever seen twice.
//
// # Errors
//
// All are *scim.Error with status 400: invalidFilter; invalidValue for what is wrong with SortBy or with the
// projection; tooMany where more would have to be looked at than a request may; and of RFC 9865 invalidCursor,
// expiredCursor, and invalidCount for a count above MaxPageSize or other than that which the first page was asked with.
func (t *Tenant) List(ctx context.Context, q Query, kinds ...Kind) (Page, error) {
	sels, err := q.selections(kinds)
	if err != nil {
		return Page{}, err
	}
	l := lister{ctx: ctx, root: q.Root, sels: sels, sorted: q.SortBy != "", order: order{descending: q.Descending}, left: cmp.Or(q.budget, maxComparisons)}
	l.passage = &passage{gate: t.dispatcher.queries}
	defer l.passage.leave()
	if q.Cursor != nil {
		return t.listByCursor(ctx, &l, &q, kinds)
	}
	count := min(q.count(), MaxPageSize)
	var page Page
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		run := l
		if err := run.begin(tx); err != nil {
			return err
		}
		page = Page{StartIndex: max(q.StartIndex, 1)}
		var err error
		page.Total, err = run.byIndex(page.StartIndex-1, count)
		page.Resources = run.page
		return err
	})
	return page, err
}

func (q *Query) count() int {
	if q.Count == nil {
		return DefaultPageSize
	}
	return max(*q.Count, 0)
}

// selection is what a query selects of one kind.
type selection struct {
	kind   Kind
	match  *filter.Matcher // nil: everything
	view   View
	sorter sorter
	need   filter.Need // which members of a group the filter and the order look at
	groups bool        // they look at the groups of a user
	source source      // where candidates come from
}

// selections compiles the query for each kind. Kinds of which nothing can match are left out.
func (q *Query) selections(kinds []Kind) ([]*selection, error) {
	types := make([]*schema.ResourceType, len(kinds))
	for i, kind := range kinds {
		types[i] = kind.Schema
	}
	matchers := make([]*filter.Matcher, len(kinds))
	if text := strings.TrimSpace(q.Filter); text != "" {
		expr, err := filter.Parse(text)
		if err != nil {
			return nil, scim.BadRequest(scim.InvalidFilter, "The filter cannot be read: %s", err)
		}
		if matchers, err = filter.CompileEach(expr, types...); err != nil {
			return nil, err
		}
	}
	sorters := make([]sorter, len(kinds))
	if q.SortBy != "" {
		var err error
		if sorters, err = newSorters(q.SortBy, types); err != nil {
			return nil, err
		}
	}
	sels := make([]*selection, 0, len(kinds))
	for i, kind := range kinds {
		show, err := kind.Schema.Projection(q.Attributes, q.Excluded)
		if err != nil {
			return nil, err
		}
		if matchers[i] != nil && matchers[i].Excludes("meta.resourceType", string(kind.Type)) {
			continue
		}
		sel := &selection{kind: kind, match: matchers[i], view: View{Root: q.Root, Show: show}, sorter: sorters[i]}
		sel.needEdges()
		sels = append(sels, sel)
	}
	return sels, nil
}

// Journal calls fn with the tenant's operations, newest first, until fn returns false.
func (t *Tenant) Journal(ctx context.Context, fn func(*store.Operation) bool) error {
	return t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error { return tx.Operations(fn) })
}

package adapter

import (
	"context"
	"errors"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
)

// Query selects a page of a type's resources, RFC 7644 section 3.4.2.
type Query struct {
	Filter     string // empty selects all
	StartIndex int    // 1-based; what is less counts as 1
	Count      int    // resources on the page; 0 asks for the total alone
}

// Page is the answer to a Query.
type Page struct {
	Total      int // how many match
	StartIndex int
	Records    []*store.Record // those on the page, oldest first
}

// maxScan bounds how many resources a filter that no index serves may look at, and maxComparisons how often it may
// compare something in them.
const (
	maxScan        = 250_000
	maxComparisons = 1_000_000
)

// List answers a query. An equality on an indexed attribute (userName, externalId, emails.value, id) is looked up,
// whatever else the filter says; other filters look at every resource, up to a bound, beyond which the error is
// 400 tooMany.
func (t *Tenant) List(ctx context.Context, kind Kind, q Query) (Page, error) {
	page := Page{StartIndex: max(q.StartIndex, 1)}
	var m *filter.Matcher
	if q.Filter != "" {
		expr, err := filter.Parse(q.Filter)
		if err != nil {
			return Page{}, scim.BadRequest(scim.InvalidFilter, "The filter cannot be read: %s", err)
		}
		if m, err = filter.Compile(expr, kind.Schema); err != nil {
			return Page{}, err
		}
	}
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		page.Total, page.Records = 0, nil
		switch {
		case m == nil:
			return page.all(tx, kind, q.Count)
		default:
			return page.matching(ctx, tx, kind, m, q.Count)
		}
	})
	return page, err
}

// all pages through everything by ids and reads only what is on the page.
func (p *Page) all(tx *store.Tx, kind Kind, count int) error {
	var ids []string
	err := tx.IDs(kind.Type, func(id string) bool {
		p.Total++
		if p.Total >= p.StartIndex && len(ids) < count {
			ids = append(ids, id)
		}
		return true
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		rec, err := tx.Get(kind.Type, id)
		if err != nil {
			return err
		}
		p.Records = append(p.Records, rec)
	}
	return nil
}

func (p *Page) matching(ctx context.Context, tx *store.Tx, kind Kind, m *filter.Matcher, count int) error {
	var buf []byte
	seen, most := 0, min(maxScan, maxComparisons/m.Cost())
	var stop error
	look := func(rec *store.Record) bool {
		if seen++; seen%1024 == 0 && ctx.Err() != nil {
			stop = ctx.Err()
			return false
		}
		if seen > most {
			stop = scim.BadRequest(scim.TooMany, "The filter would look at more than %d resources; filter by userName, externalId, emails.value or id", most)
			return false
		}
		buf = rec.AppendResource(buf[:0], "")
		if !m.Match(buf) {
			return true
		}
		p.Total++
		if p.Total >= p.StartIndex && len(p.Records) < count {
			p.Records = append(p.Records, rec)
		}
		return true
	}
	ids, served, err := candidates(tx, kind, m)
	if err != nil {
		return err
	}
	if !served {
		return errors.Join(tx.All(kind.Type, look), stop)
	}
	for _, id := range ids {
		rec, err := tx.Get(kind.Type, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !look(rec) {
			break
		}
	}
	return stop
}

// candidates returns the ids that the first equality with an index selects, and whether there is one.
func candidates(tx *store.Tx, kind Kind, m *filter.Matcher) (ids []string, served bool, err error) {
	alternatives, ok := m.Alternatives(func(path string) bool {
		_, ok := tx.Index(kind.Type, path)
		return ok || path == "id"
	})
	if !ok || len(alternatives) != 1 {
		return nil, false, nil
	}
	eq := alternatives[0][0]
	if eq.Path == "id" {
		return []string{eq.Key}, true, nil
	}
	ix, _ := tx.Index(kind.Type, eq.Path)
	err = tx.Find(kind.Type, ix, eq.Key, func(id string) bool {
		ids = append(ids, id)
		return true
	})
	return ids, true, err
}

// Journal calls fn with the tenant's operations, newest first, until fn returns false.
func (t *Tenant) Journal(ctx context.Context, fn func(*store.Operation) bool) error {
	return t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error { return tx.Operations(fn) })
}

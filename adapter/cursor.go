package adapter

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/caddy-scim/caddy-scim/internal/cursor"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// listByCursor makes a page by cursor, RFC 9865.
func (t *Tenant) listByCursor(ctx context.Context, l *lister, q *Query, kinds []Kind) (Page, error) {
	if q.count() > MaxPageSize {
		return Page{}, scim.BadRequest(scim.InvalidCount, "The parameter count must be between 0 and %d; found %d", MaxPageSize, *q.Count)
	}
	key, err := t.cursorKey(ctx)
	if err != nil {
		return Page{}, err
	}
	binding := q.binding(t, kinds)
	at := cursor.Cursor{Count: q.count()}
	if *q.Cursor != "" {
		if at, err = t.openCursor(key, q, binding); err != nil {
			return Page{}, err
		}
	}
	from, ok := l.placeOf(at)
	if !ok {
		return Page{}, invalidCursor()
	}
	l.order.backward = at.Backward
	var page Page
	var around neighbours
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		run := *l
		if err := run.begin(tx); err != nil {
			return err
		}
		var err error
		page.Total, around, err = run.byCursor(from, at.Count)
		page.Resources = run.page
		return run.explain(err)
	})
	if err != nil {
		return Page{}, err
	}
	seal := func(p *place, backward bool) string {
		if p == nil {
			return ""
		}
		c := cursor.Cursor{
			Expires: t.engine.clock().Add(CursorTimeout), Count: at.Count, Backward: backward, ID: p.id, Key: p.key,
		}
		if p.id != "" {
			c.Kind = string(l.sels[p.sel].kind.Type)
		}
		return key.Seal(c, binding)
	}
	page.Next, page.Previous = seal(around.next, false), seal(around.previous, true)
	return page, nil
}

// cursorKey returns the key of the tenant's cursors. It is kept in the store, so that cursors outlive a restart.
func (t *Tenant) cursorKey(ctx context.Context) (cursor.Key, error) {
	var secret []byte
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
		secret, err = tx.CursorSecret()
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
			secret, err = tx.MakeCursorSecret()
			return err
		})
	}
	if err != nil {
		return cursor.Key{}, err
	}
	return cursor.NewKey(secret)
}

// binding is all of a query that has to stay the same from page to page.
func (q *Query) binding(t *Tenant, kinds []Kind) string {
	parts := []string{t.cfg.ID.Name(), q.Filter, q.SortBy, strconv.FormatBool(q.Descending)}
	for _, kind := range kinds {
		parts = append(parts, string(kind.Type))
	}
	var b []byte
	for _, p := range parts {
		b = append(strconv.AppendQuote(b, p), ',')
	}
	return string(b)
}

func (t *Tenant) openCursor(key cursor.Key, q *Query, binding string) (cursor.Cursor, error) {
	at, err := key.Open(*q.Cursor, binding)
	switch {
	case err != nil:
		return at, invalidCursor()
	case !t.engine.clock().Before(at.Expires):
		return at, scim.BadRequest(scim.ExpiredCursor, "The cursor has expired; it was good for %d seconds", int(CursorTimeout.Seconds()))
	case q.Count != nil && q.count() != at.Count:
		return at, scim.BadRequest(scim.InvalidCount, "The parameter count must be the same for all pages, which is %d; found %d", at.Count, q.count())
	}
	return at, nil
}

// invalidCursor is one error for all that a cursor can be wrong in.
func invalidCursor() error {
	return scim.BadRequest(scim.InvalidCursor, "The cursor is not valid for this query: begin with an empty one, "+
		"and go on with nextCursor and previousCursor, changing nothing else")
}

// placeOf returns where a cursor points to.
func (l *lister) placeOf(c cursor.Cursor) (place, bool) {
	if c.ID == "" {
		return place{}, true
	}
	sel := slices.IndexFunc(l.sels, func(s *selection) bool { return string(s.kind.Type) == c.Kind })
	return place{sel: sel, id: c.ID, key: c.Key}, sel >= 0
}

// neighbours are the places that the next and the previous page begin at; nil where there is no such page.
type neighbours struct{ next, previous *place }

// byCursor makes the page of up to count resources next to a place, in the lister's direction. total is NotCounted where
// the page is one of several.
func (l *lister) byCursor(from place, count int) (total int, around neighbours, err error) {
	if count == 0 {
		l.order.backward = false
		total, err = l.byIndex(0, 0)
		return total, around, err
	}
	var places []place
	var more *place // where to go on in the same direction; nil: there is nothing more
	if l.sorted {
		total, places, more, err = l.sortedPage(from, count)
	} else {
		total = NotCounted
		places, more, err = l.plainPage(from, count)
	}
	if err != nil {
		return 0, neighbours{}, err
	}
	// Whence the page was come to there is another one, unless that was from the very end.
	var back *place
	switch {
	case len(places) > 0:
		back = &places[0]
	case more != nil:
		back = more
	default:
		back = &place{}
	}
	if l.order.backward {
		slices.Reverse(l.page)
		return total, neighbours{next: back, previous: more}, nil
	}
	if from.id == "" {
		back = nil
		if more == nil {
			total = len(places)
		}
	}
	return total, neighbours{next: more, previous: back}, nil
}

// plainPage fills the page in the order of the ids. It ends early where the request has done what it may.
func (l *lister) plainPage(from place, count int) (places []place, more *place, err error) {
	for m, err := range l.matching(from, l.order.backward) {
		if errors.Is(err, errSpent) && l.last.id != "" {
			reached := l.last
			return places, &reached, nil
		}
		if err != nil {
			return nil, nil, err
		}
		shown := false
		if len(places) < count {
			if shown, err = l.show(l.sels[m.sel], m.rec); err != nil {
				return nil, nil, err
			}
		}
		if !shown {
			return places, &places[len(places)-1], nil
		}
		places = append(places, m.place)
	}
	return places, nil, nil
}

// sortedPage fills the page in the order that the query asks for.
func (l *lister) sortedPage(from place, count int) (total int, places []place, more *place, err error) {
	behind := &from
	if from.id == "" {
		behind = nil
	}
	places, total, err = l.first(count+1, behind)
	if err != nil {
		return 0, nil, nil, err
	}
	for i, p := range places {
		shown := false
		if i < count {
			if shown, err = l.showAt(p); err != nil {
				return 0, nil, nil, err
			}
		}
		if !shown {
			return total, places[:i], &places[i-1], nil
		}
	}
	return total, places, nil, nil
}

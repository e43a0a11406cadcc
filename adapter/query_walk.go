package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// What one request may do before it is stopped: maxComparisons bounds how often it compares something in a resource,
// and looking at one counts as some of these, so that it looks at maxScan at most.
const (
	maxScan        = 250_000
	maxComparisons = 1_000_000

	lookCost = maxComparisons / maxScan
)

// errSpent means that the request has done all that one may do.
var errSpent = errors.New("the query has looked at too much")

// lister answers one query in one transaction.
type lister struct {
	ctx    context.Context
	tx     *store.Tx
	kin    *lineage
	root   string
	sels   []*selection
	sorted bool
	order  order

	passage *passage
	spent   int // comparisons made

	left  int    // comparisons that may still be made
	looks int    // resources looked at
	last  place  // the last resource looked at
	doc   []byte // the document being matched
	key   []byte // the sort key being compared
	page  []json.RawMessage
	bytes int  // of page
	full  bool // page takes no more
}

// place is where a resource is in the results.
type place struct {
	sel int    // its selection
	id  string // empty: before everything, or behind it
	key string // its sort key
}

// match is a resource that matches.
type match struct {
	place
	rec *store.Record
}

// begin readies a copy of the lister, for transactions may run more than once.
func (l *lister) begin(tx *store.Tx) error {
	l.tx, l.kin = tx, newLineage(tx)
	sels := l.sels
	l.sels = make([]*selection, len(sels))
	for i, sel := range sels {
		planned := *sel
		l.sels[i] = &planned
		if err := l.plan(&planned); err != nil {
			return l.explain(err)
		}
	}
	return nil
}

// spend counts work.
func (l *lister) spend(n int) error {
	if l.left -= n; l.left < 0 {
		return errSpent
	}
	if l.spent += n; l.spent > gateAt {
		return l.passage.enter(l.ctx)
	}
	return nil
}

// explain tells the client what it cannot have.
func (l *lister) explain(err error) error {
	if !errors.Is(err, errSpent) {
		return err
	}
	return scim.BadRequest(scim.TooMany, "The query would look at more than a request may, which is %d resources at most; "+
		"filter by userName, externalId, emails.value or id, or page by cursor without sortBy", maxScan)
}

// matching goes through the resources that match, in the order of the selections and of their ids, beginning next to a
// place.
func (l *lister) matching(from place, backward bool) iter.Seq2[match, error] {
	return func(yield func(match, error) bool) {
		stop := false
		for n := range l.sels {
			at := n
			if backward {
				at = len(l.sels) - 1 - n
			}
			span := store.Span{Reverse: backward}
			switch {
			case from.id == "":
			case (at < from.sel) != backward && at != from.sel:
				continue
			case at == from.sel:
				span.From = from.id
			}
			var failed error
			err := l.sels[at].source(l.tx, span, func(rec *store.Record) bool {
				m := match{place{sel: at, id: rec.ID}, rec}
				var ok bool
				if ok, failed = l.look(l.sels[at], rec); failed != nil {
					return false
				}
				l.last = m.place
				stop = ok && !yield(m, nil)
				return !stop
			})
			if stop {
				return
			}
			if err = errors.Join(err, failed); err != nil {
				yield(match{}, err)
				return
			}
		}
	}
}

// look makes the document of a candidate, as far as the query needs it, and reports whether it matches.
func (l *lister) look(sel *selection, rec *store.Record) (bool, error) {
	cost := lookCost
	if sel.match != nil {
		cost = max(cost, sel.match.Cost())
	}
	if err := l.spend(cost); err != nil {
		return false, err
	}
	if l.looks++; l.looks%1024 == 0 && l.ctx.Err() != nil {
		return false, l.ctx.Err()
	}
	if sel.match == nil && !l.sorted {
		return true, nil
	}
	if err := l.document(sel, rec); err != nil {
		return false, err
	}
	return sel.match == nil || sel.match.Match(l.doc), nil
}

// show puts a resource on the page. It returns false where the page is full, and is then full for good.
func (l *lister) show(sel *selection, rec *store.Record) (bool, error) {
	if l.full {
		return false, nil
	}
	doc, err := show(l.tx, l.kin, sel.kind, rec, sel.view)
	if err != nil {
		return false, err
	}
	if len(l.page) > 0 && l.bytes+len(doc) > MaxPageBytes {
		l.full = true
		return false, nil
	}
	l.page = append(l.page, doc)
	l.bytes += len(doc)
	return true, nil
}

// showAt is show for the resource at a place.
func (l *lister) showAt(p place) (bool, error) {
	rec, err := l.tx.Get(l.sels[p.sel].kind.Type, p.id)
	if err != nil {
		return false, err
	}
	return l.show(l.sels[p.sel], rec)
}

// byIndex makes the page of up to count resources behind skip others, and returns how many match in all.
func (l *lister) byIndex(skip, count int) (total int, err error) {
	switch {
	case l.sorted:
		total, err = l.sortedByIndex(skip, count)
	case l.countable():
		total, err = l.allByIndex(skip, count)
	default:
		total, err = l.matchingByIndex(skip, count)
	}
	return total, l.explain(err)
}

// countable reports whether everything matches, so that counting needs no documents.
func (l *lister) countable() bool {
	for _, sel := range l.sels {
		if sel.match != nil {
			return false
		}
	}
	return true
}

// allByIndex counts what there is, and reads ids as far as the page, and the resources that are on it.
func (l *lister) allByIndex(skip, count int) (total int, err error) {
	if err := l.passage.enter(l.ctx); err != nil { // it counts all there is
		return 0, err
	}
	places := make([]place, 0, count)
	for at, sel := range l.sels {
		n, err := l.tx.Count(sel.kind.Type)
		if err != nil {
			return 0, err
		}
		total += n
		if skip >= n || len(places) == count {
			skip = max(skip-n, 0)
			continue
		}
		err = l.tx.IDs(sel.kind.Type, func(id string) bool {
			if skip > 0 {
				skip--
				return true
			}
			places = append(places, place{sel: at, id: id})
			return len(places) < count
		})
		if err != nil {
			return 0, err
		}
	}
	return total, l.showAll(places)
}

// showAll puts places on the page until it is full.
func (l *lister) showAll(places []place) error {
	for _, p := range places {
		if ok, err := l.showAt(p); err != nil || !ok {
			return err
		}
	}
	return nil
}

func (l *lister) matchingByIndex(skip, count int) (total int, err error) {
	for m, err := range l.matching(place{}, false) {
		if err != nil {
			return 0, err
		}
		if total++; total <= skip || len(l.page) == count {
			continue
		}
		if _, err := l.show(l.sels[m.sel], m.rec); err != nil {
			return 0, err
		}
	}
	return total, nil
}

func (l *lister) sortedByIndex(skip, count int) (total int, err error) {
	most := 0
	if skip < maxScan && count > 0 {
		most = skip + count
	}
	first, total, err := l.first(most, nil)
	if err != nil || skip >= len(first) {
		return total, err
	}
	return total, l.showAll(first[skip:])
}

// first returns the first places of the order, most at most, those only that lie behind a place if one is given, and
// how many match in all.
func (l *lister) first(most int, behind *place) (list []place, total int, err error) {
	keep := best{order: l.order, most: most}
	for m, err := range l.matching(place{}, false) {
		if err != nil {
			return nil, 0, err
		}
		total++
		sel := l.sels[m.sel]
		l.key = sel.sorter.appendKey(l.key[:0], l.doc)
		m.key = string(l.key)
		if behind != nil && l.order.compare(m.place, *behind) <= 0 || !keep.beats(m.place) {
			continue
		}
		keep.add(m.place)
	}
	return keep.cut(), total, nil
}

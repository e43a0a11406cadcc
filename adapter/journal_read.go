package adapter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// Bounds of a page of the journal.
const (
	DefaultJournalPage = 100
	MaxJournalPage     = 1000
	// maxJournalLooks is how many entries one page looks at; where few of them are wanted the page has fewer than its limit,
	// and says where to go on.
	maxJournalLooks = 10_000
	// maxJournalBytes is how large requests are that one page has, those of the last entry aside.
	maxJournalBytes = 4 << 20
	// maxJournalUsers is how many resources one name can stand for.
	maxJournalUsers = 16
)

// JournalQuery says which entries of the journal are wanted, and in which order. The zero value wants all, in the order
// in which they last changed, the oldest first.
type JournalQuery struct {
	// User is a userName, an externalId, an e-mail address or an id. Its entries come in the order in which they began: a
	// timeline. Those of deleted users, and of creates that made none, are among them.
	User string
	// Resource is the id of a user or a group, whose timeline is wanted.
	Resource string
	// Changes asks for the order in which entries last changed where a user or a resource is named, too.
	Changes bool
	// Newest asks for the newest first.
	Newest bool
	// Since and Until bound the time of what they are ordered by; zero stands for no bound.
	Since, Until time.Time
	// After is the cursor of the entry that the page begins behind; empty begins at the beginning.
	After string
	// Failed leaves out operations that were not denied, refused or rejected, calls that did not fail, and notes.
	Failed bool
	// Connection leaves out all but the operations of a connection.
	Connection string
	// Outcome leaves out what did not end that way.
	Outcome string
	// Limit bounds the page, DefaultJournalPage by default, MaxJournalPage at most.
	Limit int
}

// JournalPage is a part of the journal.
type JournalPage struct {
	Entries []JournalEntry `json:"entries"`
	// Next is what After is to be for what follows, in the same order.
	Next string `json:"next"`
	// More means that there is more at once.
	More bool `json:"more"`
	// Latest is the cursor of the newest change that the page was read with: with it as After, and Changes, follows all that
	// has come since.
	Latest string `json:"latest"`
}

func (q *JournalQuery) validate() error {
	switch {
	case q.Limit < 0 || q.Limit > MaxJournalPage:
		return &JournalQueryError{"limit", fmt.Sprintf("%d is not from 1 to %d", q.Limit, MaxJournalPage)}
	case q.User != "" && q.Resource != "":
		return &JournalQueryError{"user", "cannot be named beside a resource"}
	case len(q.User) > maxMemberName || len(q.Resource) > maxMemberName:
		return &JournalQueryError{"user", fmt.Sprintf("longer than %d bytes", maxMemberName)}
	}
	if q.Limit == 0 {
		q.Limit = DefaultJournalPage
	}
	return nil
}

// rangeOf is the part of the feed, or of timelines, that a query is about.
func (q *JournalQuery) rangeOf() (store.JournalRange, error) {
	r := store.JournalRange{Newest: q.Newest}
	if q.After != "" {
		stamp, err := parseJournalCursor(q.After)
		switch {
		case err != nil:
			return r, err
		case q.Newest:
			r.Before = max(stamp, 1)
		default:
			r.Behind = stamp
		}
	}
	if !q.Since.IsZero() {
		r = r.Since(q.Since)
	}
	if !q.Until.IsZero() {
		r = r.Until(q.Until)
	}
	return r, nil
}

// ReadJournal returns a page of the journal. It finds a user's entries without looking at those of others, unless they are
// wanted in the order of their changes.
//
// # Errors
//
// A *JournalQueryError says what is wrong with the query.
func (t *Tenant) ReadJournal(ctx context.Context, q JournalQuery) (page JournalPage, err error) {
	if err := q.validate(); err != nil {
		return page, err
	}
	r, err := q.rangeOf()
	if err != nil {
		return page, err
	}
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		last, err := tx.LastChange()
		if err != nil {
			return err
		}
		s := journalScan{q: &q, tx: tx, r: r, last: last}
		if err := s.run(); err != nil {
			return err
		}
		page = s.page()
		return nil
	})
	return page, err
}

// journalScan is one page in the making.
type journalScan struct {
	q    *JournalQuery
	tx   *store.Tx
	r    store.JournalRange
	last uint64 // the newest change

	found []placed
	looks int
	size  int    // bytes of what was asked for
	upTo  uint64 // how far it has been looked, where not to the end
	more  bool
}

// placed is an entry with its stamp in the order that was asked for.
type placed struct {
	stamp uint64
	entry *store.JournalEntry
}

func (s *journalScan) run() error {
	if s.q.User == "" && s.q.Resource == "" {
		return s.feed(nil)
	}
	homes := []string{s.q.Resource}
	if s.q.User != "" {
		var err error
		if homes, err = homesOf(s.tx, s.q.User); err != nil {
			return err
		}
	}
	if s.q.Changes {
		return s.feed(func(e *store.JournalEntry) bool {
			return slices.Contains(homes, e.ResourceID()) || (s.q.User != "" && strings.EqualFold(e.Subject(), s.q.User))
		})
	}
	return s.timelines(homes)
}

// feed collects entries in the order of their changes; want leaves out others, nil nobody.
func (s *journalScan) feed(want func(*store.JournalEntry) bool) error {
	return s.tx.Feed(s.r, func(e *store.JournalEntry) bool {
		if s.full(len(s.found)) {
			s.more = true
			return false
		}
		s.looks++
		s.upTo = e.Moved
		if (want == nil || want(e)) && s.q.wants(e) {
			s.find(e.Moved, e)
		}
		return true
	})
}

func (s *journalScan) full(n int) bool {
	return n == s.q.Limit || s.looks == maxJournalLooks || s.size > maxJournalBytes
}

// find takes an entry.
func (s *journalScan) find(stamp uint64, e *store.JournalEntry) {
	s.found = append(s.found, placed{stamp, e})
	if e.Operation != nil {
		s.size += len(e.Operation.Request)
	}
}

// timelines merges the entries of resources in the order in which they began.
func (s *journalScan) timelines(homes []string) error {
	reached := uint64(0) // behind which one of them has not been looked at
	for _, home := range homes {
		n, at := 0, uint64(0)
		s.looks, s.size = 0, 0
		err := s.tx.Timeline(home, s.r, func(e *store.JournalEntry) bool {
			if s.full(n) {
				if s.more = true; reached == 0 || s.behind(reached, at) {
					reached = at
				}
				return false
			}
			s.looks++
			if at = e.Place; s.q.wants(e) {
				s.find(at, e)
				n++
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(s.found, func(a, b placed) int {
		switch {
		case a.stamp == b.stamp:
			return 0
		case s.behind(a.stamp, b.stamp):
			return 1
		}
		return -1
	})
	if reached != 0 {
		s.upTo = reached
		s.found = slices.DeleteFunc(s.found, func(p placed) bool { return s.behind(p.stamp, reached) })
	}
	if len(s.found) > s.q.Limit {
		s.found, s.more = s.found[:s.q.Limit], true
		s.upTo = s.found[s.q.Limit-1].stamp
	}
	if len(s.found) > 0 && !s.more {
		s.upTo = s.found[len(s.found)-1].stamp
	}
	return nil
}

// behind reports whether one stamp comes after another in the order that was asked for.
func (s *journalScan) behind(a, b uint64) bool {
	if s.q.Newest {
		return a < b
	}
	return a > b
}

func (s *journalScan) page() JournalPage {
	page := JournalPage{Entries: make([]JournalEntry, len(s.found)), Next: s.q.After, More: s.more, Latest: journalCursor(s.last)}
	for i, p := range s.found {
		page.Entries[i] = newJournalEntry(p.entry, p.stamp)
	}
	if s.upTo != 0 {
		page.Next = journalCursor(s.upTo)
	}
	return page
}

// wants reports whether an entry is what the query asks for, but for whose it is and its time.
func (q *JournalQuery) wants(e *store.JournalEntry) bool {
	if q.Connection != "" && (e.Operation == nil || e.Operation.Connection != q.Connection) {
		return false
	}
	failed, outcome := false, ""
	switch {
	case e.Operation != nil:
		outcome = string(e.Operation.Outcome)
		failed = slices.Contains([]store.Outcome{store.Denied, store.Refused, store.Rejected}, e.Operation.Outcome)
	case e.Call != nil:
		outcome = e.Call.Outcome
		failed = outcome == store.CallRetry || outcome == store.CallRefused
	default:
		outcome = e.Note.State
	}
	return (failed || !q.Failed) && (q.Outcome == "" || q.Outcome == outcome)
}

// homesOf lists whose places in the journal a user's name stands for.
func homesOf(tx *store.Tx, name string) (homes []string, err error) {
	add := func(id string) bool {
		if !slices.Contains(homes, id) {
			homes = append(homes, id)
		}
		return len(homes) < maxJournalUsers
	}
	add(name) // an id, of a user who may have been forgotten
	add(store.NameHome(name))
	for _, attribute := range [...]string{"userName", "externalId", "emails.value"} {
		ix, ok := tx.Index(store.User, attribute)
		if !ok {
			continue
		}
		if err := tx.Find(store.User, ix, name, add); err != nil {
			return nil, err
		}
		if err := tx.FindBuried(store.User, ix, name, add); err != nil {
			return nil, err
		}
	}
	return homes, tx.MadeAs(name, add)
}

// JournalRecord is one operation with all that it came to.
type JournalRecord struct {
	JournalEntry
	// Related are the calls and the answers to approvals that it led to, in the order in which they began.
	Related []JournalEntry `json:"related"`
}

// maxRelated bounds what is looked at to find what belongs to one operation.
const maxRelated = 500

// ReadOperation returns one operation of the journal with the calls on the application that it led to, or ErrNoOperation.
func (t *Tenant) ReadOperation(ctx context.Context, id string) (rec JournalRecord, err error) {
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		e, err := tx.JournalOperation(id)
		if err != nil {
			return noOperation(err)
		}
		op := e.Operation
		rec = JournalRecord{JournalEntry: newJournalEntry(e, e.Moved), Related: []JournalEntry{}}
		if op.ResourceID == "" || op.Outcome == store.Denied || op.ResourceType == store.PolicyType {
			return nil
		}
		looks := 0
		return tx.Timeline(op.ResourceID, store.JournalRange{Behind: op.Place}, func(e *store.JournalEntry) bool {
			out := newJournalEntry(e, e.Place)
			if looks++; looks > maxRelated || (op.Final() && out.Time.After(op.Finished)) {
				return false
			}
			if (e.Call != nil && e.Call.Version >= op.Version) || (e.Note != nil && e.Note.Version >= op.Version) {
				rec.Related = append(rec.Related, out)
			}
			return true
		})
	})
	return rec, err
}

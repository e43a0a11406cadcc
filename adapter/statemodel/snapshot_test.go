package statemodel_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// snapshot is all that the store has of a tenant at one moment, as far as invariants speak of it.
type snapshot struct {
	records   map[string]*store.Record
	dirty     map[string]time.Time
	ops       map[string]*store.Operation
	approvals map[string]*store.Approval
	edges     map[[2]string]store.Edge // by group and member
	chores    []store.Chore
}

// within is a store that has one transaction.
type within struct{ tx kv.Tx }

// View implements kv.Store.
func (w within) View(_ context.Context, fn func(kv.Tx) error) error { return fn(w.tx) }

// Update implements kv.Store.
func (within) Update(context.Context, func(kv.Tx) error) error { return kv.ErrReadOnly }

// Close implements kv.Store.
func (within) Close() error { return nil }

// read reads a snapshot in a transaction.
func read(tx kv.Tx) (*snapshot, error) {
	s := &snapshot{
		records: map[string]*store.Record{}, dirty: map[string]time.Time{}, ops: map[string]*store.Operation{},
		approvals: map[string]*store.Approval{}, edges: map[[2]string]store.Edge{},
	}
	err := store.New(within{tx}).View(context.Background(), acme, func(tx *store.Tx) error {
		for _, typ := range []store.Type{store.User, store.Group} {
			var ids []string
			for _, deleted := range []bool{false, true} {
				err := tx.IDsBehind(typ, deleted, "", func(id string) bool {
					ids = append(ids, id)
					return true
				})
				if err != nil {
					return err
				}
			}
			for _, id := range ids {
				if s.records[id] != nil {
					return fmt.Errorf("%s is there twice, as a resource and as a tombstone", id)
				}
				rec, err := tx.Load(typ, id)
				if err != nil {
					return err
				}
				s.records[id] = rec
				err = tx.Members(id, "", func(e store.Edge) bool {
					s.edges[[2]string{e.Group, e.Member}] = e
					return true
				})
				if err != nil {
					return err
				}
			}
		}
		return errors.Join(
			tx.Dirty(time.Time{}, func(item store.DirtyItem) bool {
				s.dirty[item.ID] = item.Due
				return true
			}),
			tx.Operations(func(op *store.Operation) bool {
				s.ops[op.ID] = op
				return true
			}),
			tx.Approvals(true, "", func(a *store.Approval) bool {
				s.approvals[a.ID] = a
				return true
			}),
			tx.Chores(func(c store.Chore) bool {
				s.chores = append(s.chores, c)
				return true
			}))
	})
	return s, err
}

// byAccount returns the resource that has an account in the application, or a team.
func (s *snapshot) byAccount(typ store.Type, legacyID string) *store.Record {
	for _, rec := range s.records {
		if rec.Type == typ && rec.Applied.LegacyID == legacyID && has(rec) {
			return rec
		}
	}
	return nil
}

// has reports whether the application has an account for a resource, as far as it has said.
func has(rec *store.Record) bool {
	return rec.Applied.Account != store.AccountAbsent && rec.Applied.Account != store.AccountDeleted
}

// on reports whether a state is that of somebody who may use the application.
func on(s store.State) bool {
	return s.Present() && gjson.GetBytes(s.Doc, "active").Type != gjson.False
}

// bare is a document but for active, which the application is told by other actions.
func bare(doc []byte) string {
	if doc == nil {
		return ""
	}
	obj, err := scim.Decode(doc)
	if err != nil {
		return string(doc)
	}
	delete(obj, "active")
	out, err := scim.Encode(obj)
	if err != nil {
		return string(doc)
	}
	return string(out)
}

// book is what is remembered from one moment to the next.
type book struct {
	rules   []adapter.TenantConfig     // the configurations there were
	began   map[string]map[string]bool // by resource: the documents that an attempt stood for
	told    map[string]uint64          // by resource: the newest version that was told
	keys    map[string]string          // what each idempotency key stood for
	running []*call
}

func newBook() book {
	return book{began: map[string]map[string]bool{}, told: map[string]uint64{}, keys: map[string]string{}}
}

// ever reports whether some configuration so far was such.
func (b *book) ever(is func(adapter.TenantConfig) bool) bool { return slices.ContainsFunc(b.rules, is) }

// enter remembers what a snapshot shows.
func (b *book) enter(s *snapshot) {
	for id, rec := range s.records {
		if rec.Attempt == nil {
			continue
		}
		if b.began[id] == nil {
			b.began[id] = map[string]bool{}
		}
		b.began[id][bare(sent(rec))] = true
	}
}

// sent is the document that a record's attempt stands for.
func sent(rec *store.Record) []byte {
	if rec.Attempt.Doc != nil {
		return rec.Attempt.Doc
	}
	return rec.Target().Doc
}

// call is one request to the application that changes something there.
type call struct {
	method, path, key string
	body              []byte
	rec               *store.Record // whose attempt it is; nil for none
	team              *store.Record // of a call about members
	seats             []seat
	joins             bool
	sets              bool // the seats are all that there are to be
}

// seat is one member that a call is about.
type seat struct {
	no     string // by which the application knows them
	member *store.Record
	edge   store.Edge
}

// find finds out what a call is about.
func (c *call) find(s *snapshot) {
	parts := strings.Split(strings.Trim(c.path, "/"), "/")
	if parts[0] != "teams" || len(parts) < 3 || parts[2] != "members" {
		for _, rec := range s.records {
			if rec.Attempt != nil && rec.Attempt.ID == c.key {
				c.rec = rec
			}
		}
		return
	}
	c.sets = c.method == "PUT" && len(parts) == 3
	c.joins = c.method != "DELETE" && parts[len(parts)-1] != "remove"
	c.team = s.byAccount(store.Group, unescape(parts[1]))
	var nos []string
	if len(parts) == 4 && parts[3] != "remove" {
		nos = []string{unescape(parts[3])}
	}
	for _, v := range gjson.GetBytes(c.body, "members").Array() {
		nos = append(nos, v.String())
	}
	for _, no := range nos {
		x := seat{no: no, member: s.byAccount(store.User, no)}
		if strings.HasPrefix(no, "T") {
			x.member = s.byAccount(store.Group, no)
		}
		if c.team != nil && x.member != nil {
			x.edge = s.edges[[2]string{c.team.ID, x.member.ID}]
		}
		c.seats = append(c.seats, x)
	}
}

func unescape(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return s
}

// on is the id of the resource that the call is about.
func (c *call) on() string {
	switch {
	case c.rec != nil:
		return c.rec.ID
	case c.team != nil:
		return c.team.ID
	}
	return ""
}

// begin remembers that a call is on its way.
func (b *book) begin(c *call) {
	b.running = append(b.running, c)
	b.keys[c.key] = c.meaning()
	if c.rec != nil {
		b.told[c.rec.ID] = max(b.told[c.rec.ID], c.rec.Attempt.Version)
	}
}

func (c *call) meaning() string { return c.method + " " + c.path + " " + string(c.body) }

// Package store keeps caddy-scim's typed records over an ordered key-value store: resources with their desired and
// applied states, the edges of groups, the journal, approvals, and the indexes that find them. Everything is written
// once, here, above whichever backend holds the keys; every key belongs to one tenant.
package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

var (
	// ErrNotFound means that there is no such record in this tenant.
	ErrNotFound = errors.New("not found")
	// ErrUniqueness means that another resource of the tenant has the same value of a unique attribute.
	ErrUniqueness = errors.New("the value belongs to another resource")
)

// UniquenessError says which attribute's value is taken, and by whom. It matches ErrUniqueness.
type UniquenessError struct {
	Attribute string // the attribute's name, as the schema writes it
	HolderID  string // the resource that has the value
	Revives   bool   // the attribute says who a resource is; see Index.Revives
	// Reserved means that the holder does not show the value: it is kept for it to go back to.
	Reserved bool
}

func (e *UniquenessError) Error() string { return e.Attribute + ": " + ErrUniqueness.Error() }

// Is makes errors.Is(err, ErrUniqueness) true.
func (e *UniquenessError) Is(target error) bool { return target == ErrUniqueness }

// Tables, one prefix each below a tenant. The names are part of the stored format.
const (
	tableResources   kv.Table = "r" // type, id → record of a resource that exists
	tableTombstones  kv.Table = "t" // type, id → record of a resource that was deleted
	tableIndex       kv.Table = "i" // type, attribute, value, id → nothing
	tableBuried      kv.Table = "b" // the same for tombstones
	tableModified    kv.Table = "m" // type, time, id → nothing
	tableAccounts    kv.Table = "l" // type, legacy id → id
	tableDirty       kv.Table = "d" // due, type, id → nothing
	tableEdges       kv.Table = "e" // group, member → edge
	tableMemberships kv.Table = "f" // member, group → nothing
	tableChores      kv.Table = "c" // chore, id → nothing
	tableGroupsTold  kv.Table = "o" // there if the application is told of groups
	tableIndexes     kv.Table = "n" // type, attribute → how far the index is
	tableJournal     kv.Table = "j" // operation → journal entry
	tableVersions    kv.Table = "v" // resource, version, operation → nothing
	tableApprovals   kv.Table = "a" // approval → approval
	tablePending     kv.Table = "p" // approval → nothing
	tableRejected    kv.Table = "x" // change → approval
)

// Store is the typed view of one key-value store. It is safe for concurrent use. Beside the key-value store it knows
// only which indexes each tenant has, and of some how many resources.
type Store struct {
	kv      kv.Store
	indexes sync.Map // kv.Tenant → *tenantIndexes
	watcher Watcher  // nil for none
	feeds   sync.Map // kv.Tenant → *feed
	clock   func() time.Time
}

// New returns the store above backend, which the caller closes.
func New(backend kv.Store) *Store { return &Store{kv: backend, clock: time.Now} }

// View runs fn on a snapshot of one tenant's records.
func (s *Store) View(ctx context.Context, tenant kv.Tenant, fn func(*Tx) error) error {
	indexes := s.indexesOf(tenant).list() // before the snapshot, which then has all that these are said to hold
	return s.kv.View(ctx, func(tx kv.Tx) error { return fn(&Tx{kv: tx, tenant: tenant, indexes: indexes}) })
}

// Update runs fn in a transaction on one tenant's records: all of it or nothing is stored, and it is durable before
// Update returns nil. fn may run more than once, so it must not touch anything but the Tx and what it sets afresh.
func (s *Store) Update(ctx context.Context, tenant kv.Tenant, fn func(*Tx) error) error {
	t, journal := s.indexesOf(tenant), s.feedOf(tenant)
	t.changing.RLock()
	defer t.changing.RUnlock()
	indexes, census := t.list(), t.census.Load()
	var ran *Tx
	err := s.kv.Update(ctx, func(ktx kv.Tx) error {
		ran = &Tx{
			kv: ktx, tenant: tenant, indexes: indexes, watcher: s.watcher, writes: true, counts: census != nil, feed: journal, clock: s.clock,
		}
		err := fn(ran)
		ran.failed = err != nil
		return err
	})
	t.follow(census, ran, err)
	if err == nil && ran != nil && ran.queued != nil {
		s.watcher.Queued(tenant, ran.queued)
	}
	if err == nil && ran != nil {
		for _, fn := range ran.after {
			fn()
		}
	}
	if err == nil && ran != nil && ran.fed {
		journal.broadcast()
	}
	return err
}

func (s *Store) indexesOf(tenant kv.Tenant) *tenantIndexes {
	if t, ok := s.indexes.Load(tenant); ok {
		return t.(*tenantIndexes) //nolint:forcetypeassert // nothing else is put in
	}
	t, _ := s.indexes.LoadOrStore(tenant, new(tenantIndexes))
	return t.(*tenantIndexes) //nolint:forcetypeassert // as above
}

// Tx is one transaction on one tenant's records.
type Tx struct {
	kv      kv.Tx
	tenant  kv.Tenant
	indexes Indexes
	watcher Watcher        // nil for none
	queued  map[string]int // how many events were put into which queue
	writes  bool
	marks   map[queueOfEdges]edgeMark // those that were read
	counts  bool                      // somebody wants to know what delta is
	delta   Counts                    // by how much there are more resources than before
	failed  bool                      // the function that ran in it returned an error
	after   []func()                  // what is to happen once it is stored
	feed    *feed                     // where the journal's entries get their places; nil where nothing can be written
	clock   func() time.Time
	fed     bool // something was put into the feed
}

// After has fn called once the transaction is stored, in the order of the calls and before Update returns; not at all
// where it is not stored. fn must be quick, and may not be called for a View.
func (tx *Tx) After(fn func()) { tx.after = append(tx.after, fn) }

func (tx *Tx) key(table kv.Table) kv.Key { return tx.tenant.Key(table) }

// get returns a value or ErrNotFound. Under a key that is too long for the store there is nothing.
func (tx *Tx) get(k kv.Key) ([]byte, error) {
	b, err := tx.kv.Get(k)
	if errors.Is(err, kv.ErrNotFound) || errors.Is(err, kv.ErrTooBig) {
		return nil, ErrNotFound
	}
	return b, err
}

// first returns the id that ends the first key below prefix which is not except, or "".
func (tx *Tx) first(prefix kv.Key, except string) (found string, err error) {
	err = tx.last(prefix, 4, func(id string) bool {
		if id != except {
			found = id
		}
		return found == ""
	})
	return found, err
}

// last calls fn with the last of the n strings that each key below prefix is made of, in the order of the keys, until fn
// returns false.
func (tx *Tx) last(prefix kv.Key, n int, fn func(string) bool) error {
	return tx.ends(kv.Prefix(prefix), false, n, fn)
}

// lastString returns the last of the n strings that a key is made of.
func lastString(k kv.Key, n int) (last string, err error) {
	dec := k.Decoder()
	for range n {
		last = dec.String()
	}
	return last, dec.Err()
}

// DirtyItem is one resource whose delivery is due.
type DirtyItem struct {
	Type Type
	ID   string
	Due  time.Time
}

// Dirty calls fn for the resources that wait for a delivery and are due at from or later, the longest due first, until
// fn returns false. A caller who knows that nothing is due before from spares the backend stepping over what was.
func (tx *Tx) Dirty(from time.Time, fn func(DirtyItem) bool) error {
	return tx.DirtyBetween(from, time.Time{}, fn)
}

// DirtyBetween is Dirty for those that are due before a time; the zero time is no bound.
func (tx *Tx) DirtyBetween(from, to time.Time, fn func(DirtyItem) bool) error {
	rng := kv.Prefix(tx.key(tableDirty))
	if !from.IsZero() {
		rng.From = tx.key(tableDirty).Time(from)
	}
	if !to.IsZero() {
		rng.To = tx.key(tableDirty).Time(to)
	}
	for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		dec := entry.Key.Decoder()
		item := DirtyItem{Due: dec.Time(), Type: Type(dec.String()), ID: dec.String()}
		if err := dec.Err(); err != nil {
			return err
		}
		if !fn(item) {
			return nil
		}
	}
	return nil
}

package badgerkv

import (
	"iter"

	"github.com/dgraph-io/badger/v4"
	"github.com/tidwall/btree"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func (t *tx) Scan(r kv.Range, opts kv.ScanOptions) iter.Seq2[kv.Entry, error] {
	return func(yield func(kv.Entry, error) bool) {
		from, to, err := r.Encoded()
		if err == nil {
			err = t.usable()
		}
		if err != nil {
			yield(kv.Entry{}, err)
			return
		}
		if from >= to {
			return
		}
		m := t.merge(bounds{from, to}, opts)
		defer m.close()
		for m.next() {
			entry, err := m.entry()
			if !yield(entry, err) || err != nil {
				return
			}
			// The loop's body may have ended the transaction's context, or the
			// transaction, if an iterator was carried out of it.
			if err := t.usable(); err != nil {
				yield(kv.Entry{}, err)
				return
			}
		}
	}
}

// bounds are the ends of an encoded range, to exclusive.
type bounds struct{ from, to string }

func (b bounds) contain(key string) bool { return key >= b.from && key < b.to }

// prefix is what all keys within the bounds begin with; Badger leaves out the
// tables that hold no such key.
func (b bounds) prefix() []byte {
	n := 0
	for n < min(len(b.from), len(b.to)) && b.from[n] == b.to[n] {
		n++
	}
	return []byte(b.from[:n])
}

// merged goes through the overlays and Badger at once, in key order. Of several
// that have a key, the newest counts.
type merged struct {
	opts     kv.ScanOptions
	overlays []*overlayCursor // newest first
	stored   *storedCursor
	top      change // what counts for the current key, if an overlay has it
	topped   bool
	key      string // the current key
}

func (t *tx) merge(b bounds, opts kv.ScanOptions) *merged {
	m := &merged{opts: opts}
	if t.own != nil && t.own.changes.Len() > 0 {
		// The loop may write; the copy shares everything until it does.
		m.overlays = append(m.overlays, newOverlayCursor(t.own.changes.Copy(), b, opts.Reverse))
	}
	if t.below != nil && t.below.changes.Len() > 0 {
		m.overlays = append(m.overlays, newOverlayCursor(&t.below.changes, b, opts.Reverse))
	}
	m.stored = t.newStoredCursor(b, opts)
	return m
}

func (m *merged) close() { m.stored.close() }

// next goes to the next key that is not deleted.
func (m *merged) next() bool {
	for {
		m.stored.leave(m.key)
		if !m.choose() {
			return false
		}
		m.topped = false
		for _, c := range m.overlays {
			if c.ok && c.key == m.key {
				if !m.topped {
					m.top, m.topped = c.change(), true
				}
				c.advance()
			}
		}
		if !m.topped || !m.top.deleted {
			return true
		}
	}
}

// choose sets key to the nearest that any of the cursors stands on.
func (m *merged) choose() bool {
	found := m.stored.ok
	m.key = m.stored.key
	for _, c := range m.overlays {
		if c.ok && (!found || (c.key < m.key) != m.opts.Reverse && c.key != m.key) {
			m.key, found = c.key, true
		}
	}
	return found
}

func (m *merged) entry() (kv.Entry, error) {
	k, err := kv.DecodeKey(m.key)
	if err != nil {
		return kv.Entry{}, err
	}
	switch {
	case m.opts.KeysOnly:
		return kv.Entry{Key: k}, nil
	case m.topped:
		return kv.Entry{Key: k, Value: clone(m.top.value)}, nil
	}
	value, err := m.stored.it.Item().ValueCopy(nil)
	if err != nil {
		return kv.Entry{}, readError(err)
	}
	return kv.Entry{Key: k, Value: orEmpty(value)}, nil
}

// overlayCursor stands on a change within bounds, while ok.
type overlayCursor struct {
	it      btree.MapIter[string, change]
	bounds  bounds
	reverse bool
	key     string
	ok      bool
}

func newOverlayCursor(m *btree.Map[string, change], b bounds, reverse bool) *overlayCursor {
	c := &overlayCursor{it: m.Iter(), bounds: b, reverse: reverse}
	switch {
	case !reverse:
		c.settle(c.it.Seek(b.from))
	case c.it.Seek(b.to):
		c.settle(c.it.Prev())
	default:
		c.settle(c.it.Last())
	}
	return c
}

func (c *overlayCursor) advance() {
	if c.reverse {
		c.settle(c.it.Prev())
	} else {
		c.settle(c.it.Next())
	}
}

func (c *overlayCursor) settle(ok bool) {
	c.ok = ok && c.bounds.contain(c.it.Key())
	if c.ok {
		c.key = c.it.Key()
	}
}

func (c *overlayCursor) change() change { return c.it.Value() }

// storedCursor stands on an entry of Badger within bounds, while ok.
type storedCursor struct {
	tx     *tx
	it     *badger.Iterator
	bounds bounds
	key    string
	ok     bool
}

func (t *tx) newStoredCursor(b bounds, opts kv.ScanOptions) *storedCursor {
	it := t.iterator(badger.IteratorOptions{
		Prefix:  b.prefix(),
		Reverse: opts.Reverse,
		// Values are read one by one as they are asked for: most are in the tree,
		// and Badger's read-ahead costs a goroutine for each.
		PrefetchValues: false,
	})
	c := &storedCursor{tx: t, it: it, bounds: b}
	if !opts.Reverse {
		it.Seek([]byte(b.from))
	} else if it.Seek([]byte(b.to)); it.Valid() && string(it.Item().Key()) == b.to {
		it.Next()
	}
	c.settle()
	return c
}

// leave goes on if the cursor stands on key, which has been dealt with.
func (c *storedCursor) leave(key string) {
	if c.ok && c.key == key {
		c.it.Next()
		c.settle()
	}
}

func (c *storedCursor) settle() {
	c.ok = c.it.Valid()
	if c.ok {
		c.key = string(c.it.Item().Key())
		c.ok = c.bounds.contain(c.key)
	}
}

func (c *storedCursor) close() { c.tx.closeIterator(c.it) }

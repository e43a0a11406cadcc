package badgerkv

import (
	"github.com/dgraph-io/badger/v4"
	"github.com/tidwall/btree"
)

// change is what a transaction does to one key.
type change struct {
	value   []byte // never modified once it is here
	deleted bool
}

// overlay holds changes that are not in Badger yet, in key order, and what they
// will cost there.
type overlay struct {
	changes btree.Map[string, change]
	cost    cost
}

// set puts a change in, in place of an earlier one for the same key.
func (o *overlay) set(key string, c change) {
	old, replaced := o.changes.Set(key, c)
	if replaced {
		o.cost = o.cost.minus(costOf(key, old))
	}
	o.cost = o.cost.plus(costOf(key, c))
}

// merge puts all of newer over o.
func (o *overlay) merge(newer *overlay) {
	newer.changes.Scan(func(key string, c change) bool {
		o.set(key, c)
		return true
	})
}

// cost is what changes take of a Badger transaction's limits, and of memory.
type cost struct {
	entries int64 // against Badger's MaxBatchCount
	size    int64 // against Badger's MaxBatchSize
	memory  int64 // keys and values
}

// costOf follows Badger's own estimate: a key with its value, or with a pointer
// to it if it goes to the value log, two bytes of flags, ten for the version.
func costOf(key string, c change) cost {
	const pointer, flags, version = 12, 2, 10
	inline := int64(len(c.value))
	if inline >= valueThreshold {
		inline = pointer
	}
	return cost{
		entries: 1,
		size:    int64(len(key)) + inline + flags + version,
		memory:  int64(len(key) + len(c.value)),
	}
}

func (c cost) plus(d cost) cost {
	return cost{c.entries + d.entries, c.size + d.size, c.memory + d.memory}
}

func (c cost) minus(d cost) cost {
	return cost{c.entries - d.entries, c.size - d.size, c.memory - d.memory}
}

// capacity is what one Badger transaction can take.
type capacity cost

// batchMemory bounds what a batch of several transactions holds in memory. One
// transaction alone is bounded by kv.MaxTxBytes.
const batchMemory = 16 << 20

func newCapacity(db *badger.DB) capacity {
	// Badger refuses what reaches its limits, and adds an entry of its own that
	// marks the end of a transaction.
	const endEntries, endBytes = 2, 64
	return capacity{
		entries: db.MaxBatchCount() - endEntries - 1,
		size:    db.MaxBatchSize() - endBytes - 1,
		memory:  batchMemory,
	}
}

// fits reports whether Badger takes changes of that cost in one transaction.
func (limit capacity) fits(c cost) bool {
	return c.entries <= limit.entries && c.size <= limit.size
}

// fitsBatch reports whether a batch may grow to that cost.
func (limit capacity) fitsBatch(c cost) bool {
	return limit.fits(c) && c.memory <= limit.memory
}

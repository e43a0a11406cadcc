package badgerkv

import (
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// versions knows the timestamp that readers start at, and which timestamps are
// still read, so that compaction drops no version that somebody may ask for.
type versions struct {
	db *badger.DB

	mu        sync.Mutex
	published uint64         // all up to here is durable
	readers   map[uint64]int // timestamps being read, and by how many
}

func newVersions(db *badger.DB) *versions {
	v := &versions{db: db, published: db.MaxVersion(), readers: make(map[uint64]int)}
	db.SetDiscardTs(v.published)
	return v
}

// acquire returns the timestamp to read at; release must follow.
func (v *versions) acquire() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.readers[v.published]++
	return v.published
}

// release ends a reading at ts.
func (v *versions) release(ts uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.readers[ts]--
	if v.readers[ts] > 0 {
		return
	}
	delete(v.readers, ts)
	if ts < v.published {
		v.discard()
	}
}

// next is the timestamp of the coming commit. Only the committer may ask.
func (v *versions) next() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.published + 1
}

// publish lets readers see the commit at ts.
func (v *versions) publish(ts uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.published = ts
	v.discard()
}

// discard tells Badger which versions nobody can ask for any more: of each key,
// all but the newest at or below the oldest timestamp in use.
func (v *versions) discard() {
	oldest := v.published
	for ts := range v.readers {
		oldest = min(oldest, ts)
	}
	v.db.SetDiscardTs(oldest)
}

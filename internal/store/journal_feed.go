package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// The journal's entries are operations, calls on the application, and notes. Each has a place among those of its resource,
// for good, by when it began; and a place in the feed, by when it last changed, to which it moves with each change. So
// whoever reads the feed from a place on misses nothing, and an entry lies in it once.
const (
	tablePlaces kv.Table = "jr" // resource, stamp → kind and entry
	tableFeed   kv.Table = "ju" // stamp → kind, resource and stamp of the place
	tablePruned kv.Table = "jc" // nothing → up to where the feed has been pruned
)

// entryKind begins the value of a place.
type entryKind byte

const (
	kindOperation entryKind = 'o' // the operation's id, and the request
	kindCall      entryKind = 'c' // a Call
	kindNote      entryKind = 'n' // a Note
	kindPointer   entryKind = 'p' // the resource that a create of this name was to make
)

// stampBits is how far a stamp's milliseconds since 1970 are shifted; below them entries of one millisecond are counted.
const stampBits = 20

// stampOf is the first stamp of a time.
func stampOf(t time.Time) uint64 {
	if ms := t.UnixMilli(); ms > 0 {
		return min(uint64(ms), 1<<(64-stampBits)-1) << stampBits
	}
	return 0
}

// feed is what one process knows of a tenant's feed. It is no counter in the store: stamps are times, which only must not
// go back.
type feed struct {
	mu   sync.Mutex
	last uint64        // the newest stamp; 0 as long as nobody has looked
	news chan struct{} // closed when something has come; nil while nobody waits
}

func (s *Store) feedOf(tenant kv.Tenant) *feed {
	if f, ok := s.feeds.Load(tenant); ok {
		return f.(*feed) //nolint:forcetypeassert // nothing else is put in
	}
	f, _ := s.feeds.LoadOrStore(tenant, new(feed))
	return f.(*feed) //nolint:forcetypeassert // as above
}

// SetClock makes now the clock by which the journal's entries get their places; time.Now by default. It must be called
// before the store is used.
func (s *Store) SetClock(now func() time.Time) { s.clock = now }

// JournalNews returns a channel that is closed when the next entry of a tenant's journal has come or changed.
func (s *Store) JournalNews(tenant kv.Tenant) <-chan struct{} {
	f := s.feedOf(tenant)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.news == nil {
		f.news = make(chan struct{})
	}
	return f.news
}

func (f *feed) broadcast() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.news != nil {
		close(f.news)
		f.news = nil
	}
}

// stamp returns the next place in the feed. Transactions that write run one after the other, so stamps sort as they
// commit, and a reader's snapshot has all of them up to the newest that it has.
func (tx *Tx) stamp() (uint64, error) {
	f := tx.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == 0 {
		last, err := tx.lastStamp()
		if err != nil {
			return 0, err
		}
		f.last = last
	}
	f.last = max(f.last+1, stampOf(tx.clock()))
	return f.last, nil
}

// lastStamp is the newest stamp in the store, that of what has been pruned included; 0 for none.
func (tx *Tx) lastStamp() (uint64, error) {
	last, err := tx.JournalPruned()
	if err != nil {
		return 0, err
	}
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableFeed)), kv.ScanOptions{Reverse: true, KeysOnly: true}) {
		if err != nil {
			return 0, err
		}
		dec := entry.Key.Decoder()
		return max(last, dec.Uint64()), dec.Err()
	}
	return last, nil
}

// JournalPruned returns the stamp up to which the feed has been pruned, 0 for nowhere.
func (tx *Tx) JournalPruned() (uint64, error) {
	b, err := tx.get(tx.key(tablePruned))
	switch {
	case errors.Is(err, ErrNotFound):
		return 0, nil
	case err != nil:
		return 0, err
	case len(b) != 8:
		return 0, fmt.Errorf("where the journal is pruned: %w", errCorrupt)
	}
	return binary.BigEndian.Uint64(b), nil
}

func (tx *Tx) placeKey(home string, place uint64) kv.Key {
	return tx.key(tablePlaces).String(home).Uint64(place)
}

func (tx *Tx) feedKey(stamp uint64) kv.Key { return tx.key(tableFeed).Uint64(stamp) }

// enter gives a new entry its places, which are one stamp.
func (tx *Tx) enter(kind entryKind, home string, value func(stamp uint64) ([]byte, error)) error {
	stamp, err := tx.stamp()
	if err != nil {
		return err
	}
	b, err := value(stamp)
	if err != nil {
		return err
	}
	if err := tx.kv.Set(tx.placeKey(home, stamp), b); err != nil {
		return err
	}
	return tx.announce(kind, home, stamp, stamp)
}

// announce puts an entry into the feed.
func (tx *Tx) announce(kind entryKind, home string, place, stamp uint64) error {
	b := make([]byte, 0, 1+8+len(home))
	b = binary.BigEndian.AppendUint64(append(b, byte(kind)), place)
	tx.fed = true
	return tx.kv.Set(tx.feedKey(stamp), append(b, home...))
}

// feedItem is what the feed says of an entry.
type feedItem struct {
	stamp uint64 // its place in the feed
	kind  entryKind
	home  string
	place uint64
}

func feedItemOf(entry kv.Entry) (feedItem, error) {
	dec := entry.Key.Decoder()
	item := feedItem{stamp: dec.Uint64()}
	if err := dec.Err(); err != nil {
		return item, err
	}
	if len(entry.Value) < 9 {
		return item, fmt.Errorf("journal: %w", errCorrupt)
	}
	item.kind, item.place, item.home = entryKind(entry.Value[0]), binary.BigEndian.Uint64(entry.Value[1:]), string(entry.Value[9:])
	return item, nil
}

package badgerkv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// View implements kv.Store. It never waits for a commit.
func (s *Store) View(ctx context.Context, fn func(kv.Tx) error) error {
	if err := s.gate.Enter(ctx); err != nil {
		return err
	}
	defer s.gate.Leave()
	t := s.begin(ctx)
	defer t.end()
	return fn(t)
}

// tx reads Badger at one timestamp. In an Update two overlays lie above that:
// what the batch holds, and what this transaction wrote.
type tx struct {
	ctx      context.Context
	versions *versions
	limit    capacity
	ts       uint64
	txn      *badger.Txn
	open     []*badger.Iterator // Badger wants them closed before txn is
	done     bool

	below *overlay // nil in a View
	own   *overlay // nil in a View
	meter kv.Meter
}

// begin starts a transaction, as a View has it, at the newest durable state.
func (s *Store) begin(ctx context.Context) *tx {
	ts := s.versions.acquire()
	return &tx{
		ctx: ctx, versions: s.versions, limit: s.capacity,
		ts: ts, txn: s.db.NewTransactionAt(ts, false),
	}
}

// end makes the transaction unusable. Iterators are left open only by a caller
// that pulled from one by hand and did not stop.
func (t *tx) end() {
	t.done = true
	for _, it := range t.open {
		it.Close()
	}
	t.open = nil
	t.txn.Discard()
	t.versions.release(t.ts)
}

// usable returns why the transaction can do nothing more, or nil.
func (t *tx) usable() error {
	if t.done {
		return kv.ErrTxDone
	}
	return t.ctx.Err()
}

func (t *tx) Get(k kv.Key) ([]byte, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	key, err := k.Encoded()
	if err != nil {
		return nil, err
	}
	for _, o := range [...]*overlay{t.own, t.below} {
		if o == nil {
			continue
		}
		if c, ok := o.changes.Get(key); ok {
			if c.deleted {
				return nil, kv.ErrNotFound
			}
			return clone(c.value), nil
		}
	}
	return t.stored(key)
}

// stored reads a value from Badger.
func (t *tx) stored(key string) ([]byte, error) {
	// A value log file can be collected between the look-up of the pointer and
	// the reading of the value. The value is then elsewhere, and the second
	// look-up finds it there.
	for attempt := 0; ; attempt++ {
		item, err := t.txn.Get([]byte(key))
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil, kv.ErrNotFound
		}
		if err != nil {
			return nil, readError(err)
		}
		value, err := item.ValueCopy(nil)
		if err == nil {
			return orEmpty(value), nil
		}
		if attempt > 0 {
			return nil, readError(err)
		}
	}
}

func (t *tx) Set(k kv.Key, value []byte) error {
	key, err := t.admit(k, value)
	if err != nil {
		return err
	}
	return t.change(key, change{value: clone(value)})
}

func (t *tx) Delete(k kv.Key) error {
	key, err := t.admit(k, nil)
	if err != nil {
		return err
	}
	return t.change(key, change{deleted: true})
}

// admit returns the encoded key if it may be written.
func (t *tx) admit(k kv.Key, value []byte) (string, error) {
	if err := t.usable(); err != nil {
		return "", err
	}
	if t.own == nil {
		return "", kv.ErrReadOnly
	}
	return t.meter.Admit(k, value)
}

func (t *tx) change(key string, c change) error {
	if !t.limit.fits(t.own.cost.plus(costOf(key, c))) {
		return fmt.Errorf("%w: the transaction has %d writes of %d bytes; the most are %d and %d",
			kv.ErrTooBig, t.own.cost.entries, t.own.cost.size, t.limit.entries, t.limit.size)
	}
	t.own.set(key, c)
	return nil
}

// iterator opens one of Badger's, which closeIterator must close.
func (t *tx) iterator(opts badger.IteratorOptions) *badger.Iterator {
	it := t.txn.NewIterator(opts)
	t.open = append(t.open, it)
	return it
}

func (t *tx) closeIterator(it *badger.Iterator) {
	if i := slices.Index(t.open, it); i >= 0 {
		t.open = slices.Delete(t.open, i, i+1)
		it.Close()
	}
}

// readError passes a failure of Badger on. Badger's own text would carry the key,
// which can be a person's name, into somebody's log.
func readError(err error) error {
	if errors.Is(err, badger.ErrDBClosed) {
		return kv.ErrClosed
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	return fmt.Errorf("badgerkv: read: %w", err)
}

// clone copies a value for its new owner. It never returns nil, since an empty
// value is a value.
func clone(value []byte) []byte { return orEmpty(bytes.Clone(value)) }

func orEmpty(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

var _ kv.Tx = (*tx)(nil)

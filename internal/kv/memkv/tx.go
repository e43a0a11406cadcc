package memkv

import (
	"context"
	"iter"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tx works on a copy of the contents, which only it can see.
type tx struct {
	ctx      context.Context
	data     *tree
	readOnly bool
	done     bool
	meter    kv.Meter
}

func (t *tx) end() { t.done = true }

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
	enc, err := k.Encoded()
	if err != nil {
		return nil, err
	}
	value, ok := t.data.Get(enc)
	if !ok {
		return nil, kv.ErrNotFound
	}
	return clone(value), nil
}

func (t *tx) Set(k kv.Key, value []byte) error {
	enc, err := t.admit(k, value)
	if err != nil {
		return err
	}
	t.data.Set(enc, clone(value))
	return nil
}

func (t *tx) Delete(k kv.Key) error {
	enc, err := t.admit(k, nil)
	if err != nil {
		return err
	}
	t.data.Delete(enc)
	return nil
}

// admit returns the encoded key if it may be written.
func (t *tx) admit(k kv.Key, value []byte) (string, error) {
	if err := t.usable(); err != nil {
		return "", err
	}
	if t.readOnly {
		return "", kv.ErrReadOnly
	}
	return t.meter.Admit(k, value)
}

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
		// The loop may write: it goes over a copy.
		it := t.data.Copy().Iter()
		var ok bool
		advance := it.Next
		if opts.Reverse {
			advance = it.Prev
			if it.Seek(to) {
				ok = it.Prev()
			} else {
				ok = it.Last()
			}
		} else {
			ok = it.Seek(from)
		}
		for ; ok; ok = advance() {
			if it.Key() < from || it.Key() >= to {
				return
			}
			entry, err := t.entry(it.Key(), it.Value(), opts)
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}

// entry makes what is yielded.
func (t *tx) entry(enc string, value []byte, opts kv.ScanOptions) (kv.Entry, error) {
	if err := t.usable(); err != nil {
		return kv.Entry{}, err
	}
	k, err := kv.DecodeKey(enc)
	if err != nil {
		return kv.Entry{}, err
	}
	if opts.KeysOnly {
		return kv.Entry{Key: k}, nil
	}
	return kv.Entry{Key: k, Value: clone(value)}, nil
}

var _ kv.Tx = (*tx)(nil)

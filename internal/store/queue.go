package store

import (
	"errors"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// A table of queues holds, for each name, entries in the order of their ids: events for a stream, notices for a webhook.

// scanQueue calls fn for the entries of a queue, beginning with the id from or the first behind it, until fn returns false.
func (tx *Tx) scanQueue(table kv.Table, name, from string, opts kv.ScanOptions, fn func(id string, entry []byte) bool) error {
	rng := kv.Prefix(tx.key(table).String(name))
	if from != "" {
		rng.From = tx.key(table).String(name).String(from)
	}
	for entry, err := range tx.kv.Scan(rng, opts) {
		if err != nil {
			return err
		}
		id, err := lastString(entry.Key, 2)
		if err != nil {
			return err
		}
		if !fn(id, entry.Value) {
			return nil
		}
	}
	return nil
}

// queueLen returns how many entries a queue holds. It reads all their ids.
func (tx *Tx) queueLen(table kv.Table, name string) (n int, err error) {
	err = tx.scanQueue(table, name, "", kv.ScanOptions{KeysOnly: true}, func(string, []byte) bool {
		n++
		return true
	})
	return n, err
}

// dequeue takes an entry out of a queue, and reports whether it was there.
func (tx *Tx) dequeue(table kv.Table, name, id string) (bool, error) {
	key := tx.key(table).String(name).String(id)
	if _, err := tx.get(key); err != nil {
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		return false, err
	}
	return true, tx.kv.Delete(key)
}

// queueNames lists the queues of a table that hold something.
func (tx *Tx) queueNames(table kv.Table) ([]string, error) {
	var names []string
	base := tx.key(table)
	rng := kv.Prefix(base)
	for {
		name := ""
		for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{KeysOnly: true}) {
			if err != nil {
				return nil, err
			}
			if name, err = lastString(entry.Key, 1); err != nil {
				return nil, err
			}
			break
		}
		if name == "" {
			return names, nil
		}
		names = append(names, name)
		rng.From = base.String(name).After()
	}
}

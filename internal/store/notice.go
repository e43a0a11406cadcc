package store

import (
	"errors"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tableNotices holds the notices that webhooks have not taken yet: webhook, notice → body.
const tableNotices kv.Table = "nq"

// FileNotice puts a notice at the end of a webhook's queue. Ids sort in the order of the notices.
func (tx *Tx) FileNotice(webhook, id string, body []byte) error {
	return tx.kv.Set(tx.key(tableNotices).String(webhook).String(id), body)
}

// Notices calls fn for the notices in a webhook's queue, the oldest first, until fn returns false.
func (tx *Tx) Notices(webhook string, fn func(id string, body []byte) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableNotices).String(webhook)), kv.ScanOptions{}) {
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

// CountNotices returns how many notices are in a webhook's queue. It reads all their ids.
func (tx *Tx) CountNotices(webhook string) (n int, err error) {
	for _, err := range tx.kv.Scan(kv.Prefix(tx.key(tableNotices).String(webhook)), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// DropNotice takes a notice out of a webhook's queue, and reports whether it was there.
func (tx *Tx) DropNotice(webhook, id string) (bool, error) {
	key := tx.key(tableNotices).String(webhook).String(id)
	if _, err := tx.get(key); err != nil {
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		return false, err
	}
	return true, tx.kv.Delete(key)
}

// NoticeQueues lists the webhooks whose queues hold something, those of earlier configurations included.
func (tx *Tx) NoticeQueues() ([]string, error) {
	var names []string
	base := tx.key(tableNotices)
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

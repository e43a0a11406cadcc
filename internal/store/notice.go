package store

import "github.com/caddy-scim/caddy-scim/internal/kv"

// tableNotices holds the notices that webhooks have not taken yet: webhook, notice → body.
const tableNotices kv.Table = "nq"

// FileNotice puts a notice at the end of a webhook's queue. Ids sort in the order of the notices.
func (tx *Tx) FileNotice(webhook, id string, body []byte) error {
	return tx.kv.Set(tx.key(tableNotices).String(webhook).String(id), body)
}

// Notices calls fn for the notices in a webhook's queue, the oldest first, until fn returns false.
func (tx *Tx) Notices(webhook string, fn func(id string, body []byte) bool) error {
	return tx.scanQueue(tableNotices, webhook, "", kv.ScanOptions{}, fn)
}

// CountNotices returns how many notices are in a webhook's queue. It reads all their ids.
func (tx *Tx) CountNotices(webhook string) (n int, err error) {
	return tx.queueLen(tableNotices, webhook)
}

// DropNotice takes a notice out of a webhook's queue, and reports whether it was there.
func (tx *Tx) DropNotice(webhook, id string) (bool, error) {
	return tx.dequeue(tableNotices, webhook, id)
}

// NoticeQueues lists the webhooks whose queues hold something, those of earlier configurations included.
func (tx *Tx) NoticeQueues() ([]string, error) { return tx.queueNames(tableNotices) }

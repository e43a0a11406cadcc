package store

import (
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tableExpiries holds when approvals expire: due, approval → nothing.
const tableExpiries kv.Table = "ae"

// fileExpiry brings the list of approvals that expire in step with one that is about to be stored.
func (tx *Tx) fileExpiry(prev, a *Approval) error {
	was, is := prev.expiry(), a.expiry()
	if is.Equal(was) {
		return nil
	}
	if !was.IsZero() {
		if err := tx.kv.Delete(tx.key(tableExpiries).Time(was).String(a.ID)); err != nil {
			return err
		}
	}
	if is.IsZero() {
		return nil
	}
	return tx.kv.Set(tx.key(tableExpiries).Time(is).String(a.ID), nil)
}

// expiry is when the approval is to be looked at, zero for never.
func (a *Approval) expiry() time.Time {
	if a.State != ApprovalPending {
		return time.Time{}
	}
	return a.Expires
}

// Expiries calls fn for the approvals that wait for an answer and expire, the first that does first, until fn returns
// false.
func (tx *Tx) Expiries(fn func(id string, due time.Time) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableExpiries)), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		dec := entry.Key.Decoder()
		due, id := dec.Time(), dec.String()
		if err := dec.Err(); err != nil {
			return err
		}
		if !fn(id, due) {
			return nil
		}
	}
	return nil
}

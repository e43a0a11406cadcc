package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tableDifferences holds where shadows would have done something else: difference → difference.
const tableDifferences kv.Table = "pd"

// MaxDifferences bounds the differences that are kept of a tenant.
const MaxDifferences = 1000

// PutDifference stores a difference. Its ids sort as they were found.
func (tx *Tx) PutDifference(d *Difference) error {
	return tx.setJSON(tx.key(tableDifferences).String(d.ID), d)
}

// Differences calls fn for the tenant's differences, newest first, until fn returns false.
func (tx *Tx) Differences(fn func(*Difference) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableDifferences)), kv.ScanOptions{Reverse: true}) {
		if err != nil {
			return err
		}
		d := new(Difference)
		if err := json.Unmarshal(entry.Value, d); err != nil {
			return fmt.Errorf("difference: %w: %w", errCorrupt, err)
		}
		if !fn(d) {
			return nil
		}
	}
	return nil
}

// HasDifferences reports whether there is a difference of before a time.
func (tx *Tx) HasDifferences(before time.Time) (old bool, err error) {
	err = tx.oldDifferences(before, func(kv.Key) error {
		old = true
		return errEnough
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return old, err
}

var errEnough = errors.New("that is enough")

// oldDifferences calls fn with the keys of the differences of before a time, until it returns an error.
func (tx *Tx) oldDifferences(before time.Time, fn func(kv.Key) error) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableDifferences)), kv.ScanOptions{}) {
		if err != nil {
			return err
		}
		var d Difference
		if err := json.Unmarshal(entry.Value, &d); err != nil {
			return fmt.Errorf("difference: %w: %w", errCorrupt, err)
		}
		if !d.Time.Before(before) {
			return nil // the rest is younger
		}
		if err := fn(entry.Key); err != nil {
			return err
		}
	}
	return nil
}

// PruneDifferences forgets the oldest differences beyond MaxDifferences, and those of before a time.
func (tx *Tx) PruneDifferences(before time.Time) error {
	n := 0
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableDifferences)), kv.ScanOptions{Reverse: true, KeysOnly: true}) {
		if err != nil {
			return err
		}
		if n++; n <= MaxDifferences {
			continue
		}
		if err := tx.kv.Delete(entry.Key); err != nil {
			return err
		}
	}
	return tx.oldDifferences(before, tx.kv.Delete)
}

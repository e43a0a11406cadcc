package main

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// counting is a store that counts what goes through it: the one measure of an operation that is the same on every
// machine.
type counting struct {
	kv.Store
	read, written atomic.Int64
}

// cost is what an operation did to the store.
type cost struct {
	Read    int64 // values looked up, whether they were there or not, and entries that a scan came to
	Written int64 // keys set or deleted
}

func (c *counting) cost() cost { return cost{c.read.Load(), c.written.Load()} }

func (c cost) minus(d cost) cost { return cost{c.Read - d.Read, c.Written - d.Written} }

func (c *counting) View(ctx context.Context, fn func(kv.Tx) error) error {
	return c.Store.View(ctx, func(tx kv.Tx) error { return fn(&countingTx{tx, c}) })
}

func (c *counting) Update(ctx context.Context, fn func(kv.Tx) error) error {
	return c.Store.Update(ctx, func(tx kv.Tx) error { return fn(&countingTx{tx, c}) })
}

type countingTx struct {
	kv.Tx
	of *counting
}

func (t *countingTx) Get(k kv.Key) ([]byte, error) {
	t.of.read.Add(1)
	return t.Tx.Get(k)
}

func (t *countingTx) Set(k kv.Key, value []byte) error {
	t.of.written.Add(1)
	return t.Tx.Set(k, value)
}

func (t *countingTx) Delete(k kv.Key) error {
	t.of.written.Add(1)
	return t.Tx.Delete(k)
}

func (t *countingTx) Scan(r kv.Range, opts kv.ScanOptions) iter.Seq2[kv.Entry, error] {
	return func(yield func(kv.Entry, error) bool) {
		seen := int64(0)
		defer func() { t.of.read.Add(seen) }()
		for entry, err := range t.Tx.Scan(r, opts) {
			seen++
			if !yield(entry, err) {
				return
			}
		}
	}
}

var (
	_ kv.Store = (*counting)(nil)
	_ kv.Tx    = (*countingTx)(nil)
)

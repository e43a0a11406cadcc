// Package memkv keeps a kv.Store in memory. It is for tests and trials: it does
// all that the interface promises but durability.
package memkv

import (
	"bytes"
	"context"
	"sync"

	"github.com/tidwall/btree"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tree is the whole contents. Its Copy costs O(1) and shares nodes until one
// side writes. Values in it are never changed in place.
type tree = btree.Map[string, []byte]

// Store is an in-memory kv.Store. Use New.
type Store struct {
	// writer is the one writer's lock, a channel so that waiting for it can be
	// given up.
	writer chan struct{}
	gate   kv.Gate

	mu   sync.Mutex // guards data, and every Copy of it
	data *tree
}

// New returns an empty store.
func New() *Store {
	return &Store{writer: make(chan struct{}, 1), data: new(tree)}
}

// View implements kv.Store.
func (s *Store) View(ctx context.Context, fn func(kv.Tx) error) error {
	if err := s.gate.Enter(ctx); err != nil {
		return err
	}
	defer s.gate.Leave()
	t := &tx{ctx: ctx, data: s.snapshot(), readOnly: true}
	defer t.end()
	return fn(t)
}

// Update implements kv.Store. It runs fn exactly once. What it wrote is in
// memory, no more.
func (s *Store) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if err := s.gate.Enter(ctx); err != nil {
		return err
	}
	defer s.gate.Leave()
	select {
	case s.writer <- struct{}{}:
		defer func() { <-s.writer }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &tx{ctx: ctx, data: s.snapshot()}
	defer t.end()
	if err := fn(t); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = t.data
	return nil
}

// Close implements kv.Store. The contents are gone.
func (s *Store) Close() error {
	s.gate.Shut()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = nil
	return nil
}

func (s *Store) snapshot() *tree {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data.Copy()
}

// clone copies a value for its new owner. It never returns nil, since an empty
// value is a value.
func clone(value []byte) []byte {
	if len(value) == 0 {
		return []byte{}
	}
	return bytes.Clone(value)
}

var _ kv.Store = (*Store)(nil)

package token

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// flushTimeout bounds one write of last-used times.
const flushTimeout = 30 * time.Second

// usage is when a token was used, in nanoseconds since 1970, zero for never.
type usage struct {
	id      string
	last    atomic.Int64 // the last use
	written atomic.Int64 // the last use that was handed to the flusher or found in the store
}

func (u *usage) noteWritten(t time.Time) {
	if !t.IsZero() {
		u.last.Store(t.UnixNano())
		u.written.Store(t.UnixNano())
	}
}

// use notes a use, and has it written if the last one written is an interval old. Of the requests that find it so at
// once, one has it written.
func (s *Service) use(u *usage, now time.Time) {
	n := now.UnixNano()
	u.last.Store(n)
	written := u.written.Load()
	if n-written < int64(s.interval) || !u.written.CompareAndSwap(written, n) {
		return
	}
	s.flusher.mu.Lock()
	defer s.flusher.mu.Unlock()
	if s.flusher.closed {
		return
	}
	s.flusher.add(u.id, n)
	if !s.flusher.running {
		s.flusher.running = true
		s.flusher.done.Go(s.flushPending)
	}
}

// flusher writes last-used times behind the requests' backs. It has at most one goroutine, and that only while there
// is something to write; what comes meanwhile goes into the next transaction together.
type flusher struct {
	mu      sync.Mutex
	pending map[string]int64 // by token id; only accepted tokens get here, so their number bounds it
	running bool
	closed  bool
	done    sync.WaitGroup
}

// add needs mu.
func (f *flusher) add(id string, n int64) {
	if f.pending == nil {
		f.pending = make(map[string]int64)
	}
	f.pending[id] = max(f.pending[id], n)
}

// flushPending writes until nothing is pending or the store fails. After a failure the next use of any token, or
// Close, tries again.
func (s *Service) flushPending() {
	f := &s.flusher
	for {
		f.mu.Lock()
		batch := f.pending
		f.pending = nil
		if len(batch) == 0 {
			f.running = false
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()

		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
		err := s.writeUsage(ctx, batch)
		cancel()
		if err != nil {
			s.log.Warn("last use of tokens not written, will try again", "tokens", len(batch), "error", err)
			f.mu.Lock()
			for id, n := range batch {
				f.add(id, n)
			}
			f.running = false
			f.mu.Unlock()
			return
		}
	}
}

// writeUsage stores last-used times, none of them earlier than what is stored.
func (s *Service) writeUsage(ctx context.Context, batch map[string]int64) error {
	return s.store.Update(ctx, func(tx kv.Tx) error {
		for id, n := range batch {
			stored, err := readUsage(tx, id)
			if err != nil {
				return err
			}
			use := time.Unix(0, n).UTC()
			if !use.After(stored) {
				continue
			}
			data, err := use.MarshalText()
			if err != nil {
				return err
			}
			if err := tx.Set(usageKey(id), data); err != nil {
				return err
			}
		}
		return nil
	})
}

// Close waits for the write of last-used times that is under way and writes those that are left. It leaves the store
// open, and is to be called before the store is closed. Uses after Close are not noted. A second Close does nothing
// but what the first one failed to.
func (s *Service) Close(ctx context.Context) error {
	f := &s.flusher
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.done.Wait() // each write has its timeout

	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range s.cache.Values() {
		if last := e.usage.last.Load(); last > e.usage.written.Load() {
			f.add(e.usage.id, last)
			e.usage.written.Store(last)
		}
	}
	if len(f.pending) == 0 {
		return nil
	}
	if err := s.writeUsage(ctx, f.pending); err != nil {
		return fmt.Errorf("token: last use of %d tokens not written: %w", len(f.pending), err)
	}
	f.pending = nil
	return nil
}

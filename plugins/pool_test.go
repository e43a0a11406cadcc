package plugins

import (
	"context"
	"errors"
	"testing"
)

// TestPool takes all instances of a policy and looks at who gets one then.
func TestPool(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, newHost(t, Options{MaxInstances: 2}), hostile(t, "good"))
	first, err := p.pool.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.pool.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Fatal("two callers got the same instance")
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.pool.acquire(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the third caller got %v, want %v", err, context.Canceled)
	}

	got := make(chan *instance)
	go func() {
		third, err := p.pool.acquire(t.Context())
		if err != nil {
			t.Error(err)
		}
		got <- third
	}()
	p.pool.release(t.Context(), first, true)
	third := <-got
	if third != first {
		t.Error("the waiting caller got a new instance, want the one that came back")
	}

	p.pool.release(t.Context(), second, false) // it failed
	fourth, err := p.pool.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if fourth == second {
		t.Error("an instance that failed was used again")
	}
	if !second.module.IsClosed() {
		t.Error("an instance that failed is still open")
	}
	p.pool.release(t.Context(), third, true)
	p.pool.release(t.Context(), fourth, true)
}

// TestPoolCloses closes a policy while a call is under way and another waits.
func TestPoolCloses(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{MaxInstances: 1})
	p := mustLoad(t, h, hostile(t, "good"))
	busy, err := p.pool.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error)
	go func() {
		_, err := p.pool.acquire(t.Context())
		waiting <- err
	}()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Close(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Close did not wait for the call: %v", err)
	}
	if err := <-waiting; !errors.Is(err, ErrClosed) {
		t.Errorf("the waiting caller got %v, want %v", err, ErrClosed)
	}
	if busy.module.IsClosed() {
		t.Error("Close took the instance away from the call")
	}
	p.pool.release(t.Context(), busy, true)
	if !busy.module.IsClosed() {
		t.Error("the instance is open after the policy's last call")
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.policies) != 0 {
		t.Errorf("the host still knows %d policies", len(h.policies))
	}
}

// TestGrownIsThrownAway checks that an instance whose memory grew is not kept.
func TestGrownIsThrownAway(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, newHost(t, Options{}), hostile(t, "state_grown"))
	mustAllow(t, p)
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	if len(p.pool.idle) != 0 || p.pool.busy != 0 {
		t.Errorf("%d idle and %d busy instances, want none", len(p.pool.idle), p.pool.busy)
	}
}

package plugins

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// enter lets a call in and takes an instance for it; done gives it back.
func enter(t *testing.T, p *Policy) (inst *instance, done func(reusable bool)) {
	t.Helper()
	if err := p.pool.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	inst, err := p.instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return inst, func(reusable bool) {
		p.pool.give(inst, reusable)
		p.yield()
		p.pool.leave()
	}
}

// TestPool takes all instances of a policy and looks at who gets one then.
func TestPool(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, newHost(t, Options{MaxRunning: 2, MaxRunningTotal: 2}), hostile(t, "good"))
	first, endFirst := enter(t, p)
	second, endSecond := enter(t, p)
	if first == second {
		t.Fatal("two callers got the same instance")
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.pool.enter(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the third caller got %v, want %v", err, context.Canceled)
	}

	got := make(chan *instance)
	go func() {
		third, endThird := enter(t, p)
		got <- third
		endThird(true)
	}()
	endFirst(true)
	if third := <-got; third != first {
		t.Error("the waiting caller got a new instance, want the one that came back")
	}

	endSecond(false) // it failed
	if !second.module.IsClosed() {
		t.Error("an instance that failed is still open")
	}
	for range 2 {
		fourth, end := enter(t, p)
		if fourth == second {
			t.Error("an instance that failed was used again")
		}
		end(true)
	}
}

// TestPoolCloses closes a policy while a call is under way and another waits.
func TestPoolCloses(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{MaxRunning: 1})
	p := mustLoad(t, h, hostile(t, "good"))
	busy, end := enter(t, p)
	waiting := make(chan error)
	go func() { waiting <- p.pool.enter(t.Context()) }()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Close(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Close did not wait for the call: %v", err)
	}
	if err := <-waiting; !errors.Is(err, ErrClosed) {
		t.Errorf("the waiting caller got %v, want %v", err, ErrClosed)
	}
	if busy.module.IsClosed() {
		t.Error("the instance was closed while a call was under way")
	}
	end(true)
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if !busy.module.IsClosed() {
		t.Error("the instance is open though the policy is closed")
	}
	if s := h.Stats(); s != (Stats{}) {
		t.Errorf("the host still holds %+v", s)
	}
}

// TestFairness lets one policy wait for its own calls, while another has its turn.
func TestFairness(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{MaxRunning: 1, MaxRunningTotal: 2})
	greedy, other := mustLoad(t, h, hostile(t, "good")), mustLoad(t, h, hostile(t, "state_memory"))
	_, end := enter(t, greedy)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := decide(ended, greedy); !errors.Is(err, context.Canceled) {
		t.Errorf("a second call of the policy ran beside the first: %v", err)
	}
	mustAllow(t, other)
	end(true)
	mustAllow(t, greedy)
}

// TestEviction has room for two idle instances of three policies.
func TestEviction(t *testing.T) {
	t.Parallel()
	names := []string{"good", "state_memory", "state_globals"}
	for what, opts := range map[string]Options{
		"instances": {MaxInstances: 2},
		"bytes":     {MaxIdleBytes: 200 << 10},
		"all":       {MaxIdleBytes: 1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, opts)
			var all []*Policy
			for _, name := range names {
				all = append(all, mustLoad(t, h, hostile(t, name)))
			}
			for range 3 {
				for _, p := range all {
					mustAllow(t, p)
				}
			}
			s := h.Stats()
			if s.Policies != 3 || s.Programs != 3 || s.Evicted == 0 || s.Instances > 2 || s.Idle != s.Instances ||
				opts.MaxIdleBytes > 0 && s.IdleBytes > opts.MaxIdleBytes {
				t.Errorf("holds %+v", s)
			}
			if what == "all" && (s.Instances != 0 || s.Compiled != 0) {
				t.Errorf("holds %+v, want nothing idle", s)
			}
			for _, p := range all {
				if err := p.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if s := h.Stats(); s.Policies != 0 || s.Programs != 0 || s.Instances != 0 || s.IdleBytes != 0 {
				t.Errorf("holds %+v after all are closed", s)
			}
		})
	}
}

// TestSource brings a policy back whose module is read again, and one whose module is
// not there any more.
func TestSource(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{MaxIdleBytes: 1})
	wasm := hostile(t, "good")
	reads := 0
	load := func(source []byte) *Policy {
		p, err := h.Load(t.Context(), wasm, LoadOptions{Source: func(context.Context) ([]byte, error) {
			reads++
			return source, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	mustAllow(t, load(wasm))
	if reads != 1 {
		t.Errorf("the module was read %d times, want once", reads)
	}
	if _, err := decide(t.Context(), load(hostile(t, "trap"))); err == nil {
		t.Error("another module took the place of the one that was loaded")
	}
}

// TestSuspension lets a policy fail until its budget is used up.
func TestSuspension(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	h := newHost(t, Options{Fuel: 1_000_000, Clock: func() time.Time { return now }})
	p, neighbour := mustLoad(t, h, hostile(t, "loop")), mustLoad(t, h, hostile(t, "good"))
	fail := func(want error) {
		t.Helper()
		if _, err := decide(t.Context(), p); !errors.Is(err, want) {
			t.Fatalf("failed with %v, want %v", err, want)
		}
	}
	for range wastedCalls {
		fail(ErrFuel)
	}
	fail(ErrSuspended)
	mustAllow(t, neighbour)
	now = now.Add(wastedWithin / wastedCalls / 2)
	fail(ErrFuel) // it may go a little beyond what is left
	fail(ErrSuspended)
	now = now.Add(time.Hour)
	for range wastedCalls {
		fail(ErrFuel)
	}
	fail(ErrSuspended)
}

// TestFuel counts the same for the same call, on any instance, host and order.
func TestFuel(t *testing.T) {
	t.Parallel()
	in := &abi.DecideInput{Operation: abi.OpCreate, ResourceType: "User"}
	var want Usage
	for range 2 {
		h := newHost(t, Options{MaxRunning: 2})
		p := mustLoad(t, h, hostile(t, "state_memory"))
		for range 3 {
			_, used, err := p.Decide(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if want == (Usage{}) {
				want = used
			}
			if used != want || used.Fuel == 0 || used.Memory == 0 {
				t.Errorf("took %+v, want %+v", used, want)
			}
		}
		// Exactly that much is enough, and one unit less is not.
		for fuel, kind := range map[uint64]error{want.Fuel: nil, want.Fuel - 1: ErrFuel} {
			p, err := h.Load(t.Context(), hostile(t, "state_memory"), LoadOptions{Fuel: fuel})
			if err != nil {
				t.Fatal(err)
			}
			if _, used, err := p.Decide(t.Context(), in); !errors.Is(err, kind) || kind == nil && used != want || kind != nil && used.Fuel <= fuel {
				t.Errorf("with %d units: %v, took %d", fuel, err, used.Fuel)
			}
		}
	}
}

package adapter

import (
	"sync"

	"github.com/caddy-scim/caddy-scim/scim"
)

// ending is what a waiting request is told of its version.
type ending struct {
	state Delivery
	err   *scim.Error // for DeliveryRefused
}

// Delivery says how far a write has come when its request is answered.
type Delivery int

// How far a write has come.
const (
	DeliveryPending Delivery = iota // stored; the application will be told in the background
	DeliveryApplied                 // the application has it
	DeliveryRefused                 // the application would not have it, and desired went back
	DeliveryHeld                    // stored; waits for an approval
)

// waiters are the requests that wait for a version of a resource to be delivered.
type waiters struct {
	mu   sync.Mutex
	list map[resource][]*waiter
}

type waiter struct {
	version uint64
	done    chan ending // takes one
}

func newWaiters() waiters { return waiters{list: map[resource][]*waiter{}} }

func (w *waiters) add(r resource, version uint64) *waiter {
	x := &waiter{version: version, done: make(chan ending, 1)}
	w.mu.Lock()
	w.list[r] = append(w.list[r], x)
	w.mu.Unlock()
	return x
}

func (w *waiters) remove(r resource, x *waiter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(r, func(y *waiter) bool { return y != x })
}

// tell ends the wait of all who wait for a version in [from, upTo].
func (w *waiters) tell(r resource, from, upTo uint64, e ending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(r, func(x *waiter) bool {
		if x.version < from || x.version > upTo {
			return true
		}
		x.done <- e
		return false
	})
}

// release ends the wait of all.
func (w *waiters) release(e ending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for r, list := range w.list {
		for _, x := range list {
			x.done <- e
		}
		delete(w.list, r)
	}
}

// keep drops the waiters of r that stay refuses. The caller holds mu.
func (w *waiters) keep(r resource, stay func(*waiter) bool) {
	kept := w.list[r][:0]
	for _, x := range w.list[r] {
		if stay(x) {
			kept = append(kept, x)
		}
	}
	if len(kept) == 0 {
		delete(w.list, r)
		return
	}
	w.list[r] = kept
}

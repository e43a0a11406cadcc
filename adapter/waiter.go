package adapter

import (
	"sync"

	"github.com/caddy-scim/caddy-scim/internal/store"
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
	// expected are the operations that a request will wait for once they are stored.
	expected map[string]expectation
}

type expectation struct {
	resource resource
	bound    bool // as of a waiter
}

type waiter struct {
	version uint64
	done    chan ending // takes one
	// bound means that an outcome is being stored that the request is counted on to tell its client.
	bound bool
}

func newWaiters() waiters {
	return waiters{list: map[resource][]*waiter{}, expected: map[string]expectation{}}
}

// add lets a request wait for a version. It takes the place of what was expected.
func (w *waiters) add(r resource, version uint64, op string) *waiter {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := &waiter{version: version, done: make(chan ending, 1), bound: w.expected[op].bound}
	delete(w.expected, op)
	w.list[r] = append(w.list[r], x)
	return x
}

// expect says that a request will wait for an operation that is about to be stored; forget that it will not.
func (w *waiters) expect(r resource, op string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected[op] = expectation{resource: r}
}

func (w *waiters) forget(op string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.expected, op)
}

// bind reports whether a request waits for the operation, whose refusal is about to be stored, and keeps it from answering
// its client before that is through: until it is told, or set free.
func (w *waiters) bind(r resource, op *store.Operation) (attended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, attended = w.expected[op.ID]; attended {
		w.expected[op.ID] = expectation{resource: r, bound: true}
	}
	for _, x := range w.list[r] {
		if x.version == op.Version {
			x.bound, attended = true, true
		}
	}
	return attended
}

// free tells those who are still bound that nothing came of it. Who comes later looks into the journal.
func (w *waiters) free(r resource) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for op, x := range w.expected {
		if x.resource == r {
			w.expected[op] = expectation{resource: r}
		}
	}
	w.keep(r, func(x *waiter) bool {
		if x.bound {
			x.done <- ending{}
		}
		return !x.bound
	})
}

// leave ends the wait of a request that has waited long enough, and returns what it is to tell its client.
func (w *waiters) leave(r resource, x *waiter) ending {
	w.mu.Lock()
	bound := x.bound
	if !bound {
		w.keep(r, func(y *waiter) bool { return y != x })
	}
	w.mu.Unlock()
	if bound {
		return <-x.done
	}
	select {
	case e := <-x.done: // it was told just now
		return e
	default:
		return ending{}
	}
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
	for r := range w.list {
		w.keep(r, func(x *waiter) bool {
			if !x.bound {
				x.done <- e
			}
			return x.bound
		})
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

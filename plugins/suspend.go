package plugins

import (
	"fmt"
	"sync"
	"time"
)

// A policy that fails costs its host more than one that answers: the instance is thrown
// away and another one is made. So failures have a budget of their own, in fuel: what
// wastedCalls of them may take that use up all of theirs, and as much again in
// wastedWithin. Beyond it the policy is suspended: its calls fail at once, as they
// would have done anyway, until the budget has recovered.
const (
	wastedCalls  = 10
	wastedWithin = 20 * time.Second
)

// wasteBudget bounds what the failures of one policy may take.
type wasteBudget struct {
	size  float64 // in fuel
	clock func() time.Time

	mu   sync.Mutex
	left float64
	at   time.Time // when left was right
}

func newWasteBudget(fuel uint64, clock func() time.Time) *wasteBudget {
	size := wastedCalls * float64(fuel+instanceFuel)
	return &wasteBudget{size: size, left: size, clock: clock, at: clock()}
}

// spend takes what a failure has used.
func (b *wasteBudget) spend(fuel uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recover()
	b.left -= float64(fuel)
}

// exhausted returns for how long the policy is suspended, 0 if it is not.
func (b *wasteBudget) exhausted() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left > 0 {
		return 0 // without looking at the clock, as almost always
	}
	b.recover()
	if b.left > 0 {
		return 0
	}
	return time.Duration((1 - b.left) / b.size * float64(wastedWithin))
}

func (b *wasteBudget) recover() {
	now := b.clock()
	b.left = min(b.size, b.left+b.size*now.Sub(b.at).Seconds()/wastedWithin.Seconds())
	b.at = now
}

// check returns ErrSuspended while the policy is.
func (b *wasteBudget) check(hook string) error {
	if wait := b.exhausted(); wait > 0 {
		return &CallError{Hook: hook, Kind: ErrSuspended, Detail: fmt.Sprintf("for %v", max(wait.Round(time.Second), time.Second))}
	}
	return nil
}

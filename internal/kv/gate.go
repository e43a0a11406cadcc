package kv

import (
	"context"
	"sync"
)

// Gate lets transactions into a store until it is shut, for the use of backends.
// The zero value is open.
type Gate struct {
	mu   sync.Mutex
	shut bool
	in   sync.WaitGroup
}

// Enter lets one transaction in, which must call Leave when it ends. It returns
// ErrClosed if the gate is shut, or the error of ctx if that is done.
func (g *Gate) Enter(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	g.in.Add(1)
	return nil
}

// Leave ends what Enter began.
func (g *Gate) Leave() { g.in.Done() }

// Shut lets nothing in any more and waits until all have left. It may be called
// more than once.
func (g *Gate) Shut() {
	g.mu.Lock()
	g.shut = true
	g.mu.Unlock()
	g.in.Wait()
}

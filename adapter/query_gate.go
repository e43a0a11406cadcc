package adapter

import (
	"context"
	"runtime"
)

// gateAt is how many comparisons a query may make before it has to go through the gate.
const gateAt = 20_000

// gate lets few of a tenant's queries look at much at once; the others wait. Without it one tenant's queries could take
// all processors, which a bound on requests does not keep them from.
type gate chan struct{}

func newGate() gate { return make(gate, max(2, runtime.GOMAXPROCS(0)/2)) }

// passage is one query's way through the gate.
type passage struct {
	gate   gate
	inside bool
}

// enter waits until the query may go on. Once is enough.
func (p *passage) enter(ctx context.Context) error {
	if p.inside {
		return nil
	}
	select {
	case p.gate <- struct{}{}:
		p.inside = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *passage) leave() {
	if p.inside {
		<-p.gate
		p.inside = false
	}
}

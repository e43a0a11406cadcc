package plugins

import (
	"context"
	"fmt"
	"sync"
)

// pool hands out the instances of one policy, at most cap(slots) at a time, and
// makes one when none is idle.
type pool struct {
	create func(context.Context) (*instance, error)
	// finish is called once, when the pool is closed and its last instance is gone.
	finish func(context.Context)

	slots   chan struct{} // one element for each instance that is out
	closing chan struct{} // closed by close
	drained chan struct{} // closed after finish

	mu     sync.Mutex
	idle   []*instance // the last one was used last and is the warmest
	busy   int
	closed bool
}

func newPool(size int, create func(context.Context) (*instance, error), finish func(context.Context)) *pool {
	return &pool{
		create:  create,
		finish:  finish,
		slots:   make(chan struct{}, size),
		closing: make(chan struct{}),
		drained: make(chan struct{}),
	}
}

// acquire returns an instance that nobody else has. It waits for one until ctx
// ends or the pool is closed.
func (p *pool) acquire(ctx context.Context) (*instance, error) {
	select {
	case p.slots <- struct{}{}:
	case <-p.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a policy instance: %w", context.Cause(ctx))
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		<-p.slots
		return nil, ErrClosed
	}
	p.busy++
	var inst *instance
	if last := len(p.idle) - 1; last >= 0 {
		inst, p.idle[last] = p.idle[last], nil
		p.idle = p.idle[:last]
	}
	p.mu.Unlock()
	if inst != nil {
		return inst, nil
	}
	inst, err := p.create(ctx)
	if err != nil {
		p.release(ctx, nil, false)
		return nil, err
	}
	return inst, nil
}

// release takes back what acquire gave. An instance that is not reusable, or that
// cannot be put back to its first state, is thrown away.
func (p *pool) release(ctx context.Context, inst *instance, reusable bool) {
	reusable = reusable && inst.reset()
	p.mu.Lock()
	p.busy--
	reusable = reusable && !p.closed
	if reusable {
		p.idle = append(p.idle, inst)
	}
	last := p.closed && p.busy == 0
	p.mu.Unlock()
	if inst != nil && !reusable {
		inst.close(ctx)
	}
	<-p.slots
	if last {
		p.end(ctx)
	}
}

// close lets no further call in and throws the idle instances away. It does not
// wait for those that are out; drained tells when they are back.
func (p *pool) close(ctx context.Context) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	idle := p.idle
	p.idle = nil
	last := p.busy == 0
	p.mu.Unlock()
	close(p.closing)
	for _, inst := range idle {
		inst.close(ctx)
	}
	if last {
		p.end(ctx)
	}
}

func (p *pool) end(ctx context.Context) {
	p.finish(context.WithoutCancel(ctx))
	close(p.drained)
}

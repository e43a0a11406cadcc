package plugins

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// resetInCall is how large a memory may be to be put back to its first state before the
// caller has its answer. What is larger takes longer than most calls, and is done
// beside the next one.
const resetInCall = 256 << 10

// pool hands out the instances of one policy. It knows two bounds: how many calls run
// at once, and how many instances there are, which is one more so that a call need not
// wait until the instance of the call before it is as new.
type pool struct {
	policy *Policy

	slots   chan struct{} // one element for each call that is in
	closing chan struct{} // closed by close
	drained chan struct{} // closed when the last instance is gone
	back    chan struct{} // has an element when an instance has come back, or has gone

	mu     sync.Mutex
	idle   []*instance // the last one was used last and is the warmest
	made   int         // instances there are
	out    int         // calls that are in, and instances that are on their way back
	closed bool
}

func newPool(policy *Policy, running int) *pool {
	return &pool{
		policy:  policy,
		slots:   make(chan struct{}, running),
		closing: make(chan struct{}),
		drained: make(chan struct{}),
		back:    make(chan struct{}, 1),
	}
}

// enter lets a call in, and waits for that until ctx ends or the pool is closed. leave
// ends it.
func (p *pool) enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("call the policy: %w", context.Cause(ctx))
	}
	select {
	case p.slots <- struct{}{}:
	case <-p.closing:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for other calls of the policy: %w", context.Cause(ctx))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		<-p.slots
		return ErrClosed
	}
	p.out++
	return nil
}

func (p *pool) leave() {
	<-p.slots
	p.done()
}

// done ends what out counts.
func (p *pool) done() {
	p.mu.Lock()
	p.out--
	last := p.closed && p.out == 0
	p.mu.Unlock()
	if last {
		p.end()
	}
}

// spare returns an instance that has nothing to do, or nil.
func (p *pool) spare() *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	for last := len(p.idle) - 1; last >= 0; last-- {
		inst := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		if p.policy.host.idle.remove(inst.idle) {
			if last > 0 {
				p.signal()
			}
			return inst
		}
		// Somebody is about to free it.
	}
	return nil
}

// take returns an instance that nobody else has, making one where there is room for it.
func (p *pool) take(ctx context.Context, create func() (*instance, error)) (*instance, error) {
	for {
		if inst := p.spare(); inst != nil {
			return inst, nil
		}
		p.mu.Lock()
		room := p.made <= cap(p.slots)
		if room {
			p.made++
		}
		p.mu.Unlock()
		if room {
			inst, err := create()
			if err != nil {
				p.gone()
			}
			return inst, err
		}
		select {
		case <-p.back:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a policy instance: %w", context.Cause(ctx))
		}
	}
}

// give takes back what take gave, while the call is still in. An instance that is not
// reusable, or that cannot be put back to its first state, is thrown away.
func (p *pool) give(inst *instance, reusable bool) {
	if !reusable {
		p.discard(inst)
		return
	}
	if inst.memory.Size() <= resetInCall {
		p.restore(inst)
		return
	}
	p.mu.Lock()
	p.out++
	p.mu.Unlock()
	go func() {
		p.restore(inst)
		p.done()
	}()
}

func (p *pool) restore(inst *instance) {
	if !inst.reset() {
		p.discard(inst)
		return
	}
	inst.idle = &idleEntry{bytes: inst.size(), instance: true, free: func(*idleEntry) { p.evicted(inst) }}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.discard(inst)
		return
	}
	p.idle = append(p.idle, inst)
	excess := p.policy.host.idle.add(inst.idle)
	p.signal()
	p.mu.Unlock()
	evict(excess)
}

// evicted throws away an idle instance that has to make room.
func (p *pool) evicted(inst *instance) {
	p.mu.Lock()
	p.idle = slices.DeleteFunc(p.idle, func(other *instance) bool { return other == inst })
	p.mu.Unlock()
	p.discard(inst)
}

func (p *pool) discard(inst *instance) {
	inst.close()
	p.policy.host.idle.count(-1)
	p.policy.program.unpin()
	p.gone()
}

// gone notes that there is an instance less.
func (p *pool) gone() {
	p.mu.Lock()
	p.made--
	p.signal()
	p.mu.Unlock()
}

// signal wakes one who waits for an instance.
func (p *pool) signal() {
	select {
	case p.back <- struct{}{}:
	default:
	}
}

// close lets no further call in and throws the idle instances away. It does not
// wait for those that are out; drained tells when they are back.
func (p *pool) close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	p.out++ // until the idle ones are gone
	p.mu.Unlock()
	close(p.closing)
	for inst := p.spare(); inst != nil; inst = p.spare() {
		p.discard(inst)
	}
	p.done()
}

func (p *pool) end() {
	p.policy.free()
	close(p.drained)
}

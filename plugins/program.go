package plugins

import (
	"context"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/caddy-scim/caddy-scim/plugins/meter"
)

// programKey tells programs apart: a module, and how much memory its instances may
// have, which is part of what is compiled.
type programKey struct {
	version string
	pages   uint32
}

// program is a module as the host keeps it. Policies that load the same bytes share
// one: its code, and the state that its instances begin in, which hold nothing but
// what is in the module. Instances are not shared.
type program struct {
	host *Host
	key  programKey
	// exports are the hooks that the module has, called or not. They are set once,
	// before the program is used.
	exports []string
	// initFuel is what the initialisation of an instance takes.
	initFuel uint64

	users int // policies that hold it; guarded by Host.mu

	// making lets one caller at a time make the code.
	making chan struct{}
	mu     sync.Mutex
	code   *code // nil before the first use, and when it was given up
	pins   int   // calls and instances that need the code
	idle   *idleEntry
	// dropped says that no policy will need the code again.
	dropped bool
}

// code is what can be given up of a program and made again.
type code struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	globals  []string  // the names under which the guest's mutable globals are exported
	fresh    *snapshot // the state after initialisation; nil before the first instance
	bytes    int       // an estimate of what it holds in memory
}

func (c *code) close(ctx context.Context) {
	// Neither has a way to fail that a caller could act on.
	_ = c.compiled.Close(ctx)
	_ = c.runtime.Close(ctx)
}

// loaded reports whether the machine code is in memory.
func (p *program) loaded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.code != nil
}

// pin makes sure of the code until unpin. source reads the module where the code has
// to be made, which happens in lane.
func (p *program) pin(ctx context.Context, lane compileLane, source func(context.Context) (*meter.Module, error)) (*code, error) {
	if c := p.tryPin(); c != nil {
		return c, nil
	}
	select {
	case p.making <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the policy to be compiled: %w", context.Cause(ctx))
	}
	defer func() { <-p.making }()
	if c := p.tryPin(); c != nil {
		return c, nil
	}
	module, err := source(ctx)
	if err != nil {
		return nil, err
	}
	c, err := p.host.compile(ctx, lane, module, p.key.pages)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.code, p.pins = c, 1
	p.mu.Unlock()
	return c, nil
}

// tryPin pins the code if there is any.
func (p *program) tryPin() *code {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.code == nil {
		return nil
	}
	if p.idle != nil {
		entry := p.idle
		p.idle = nil
		if !p.host.idle.remove(entry) { // somebody is about to free it
			p.code = nil
			return nil
		}
	}
	p.pins++
	return p.code
}

// pinAgain pins code that the caller has pinned already, for an instance of it.
func (p *program) pinAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pins++
}

// unpin lets go of the code. Code that nobody needs stays until it has to make room.
func (p *program) unpin() {
	var excess []*idleEntry
	p.mu.Lock()
	p.pins--
	if p.pins == 0 && p.dropped {
		c := p.code
		p.code = nil
		defer c.close(context.Background())
	} else if p.pins == 0 {
		c := p.code
		p.idle = &idleEntry{bytes: c.bytes, free: func(e *idleEntry) { p.free(e, c) }}
		excess = p.host.idle.add(p.idle)
	}
	p.mu.Unlock()
	evict(excess)
}

// free closes the code that an entry stood for.
func (p *program) free(e *idleEntry, c *code) {
	p.mu.Lock()
	if p.idle == e {
		p.code, p.idle = nil, nil
	}
	p.mu.Unlock()
	c.close(context.Background())
}

// remember keeps the state that the first instance began in for those after it.
func (p *program) remember(c *code, s *snapshot, fuel uint64) *snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.fresh == nil {
		c.fresh = s
		c.bytes += s.bytes()
		p.initFuel = fuel
	}
	return c.fresh
}

// freshState returns the state that instances begin in, nil before there was one.
func (p *program) freshState(c *code) *snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	return c.fresh
}

func (p *program) initialFuel() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.initFuel
}

// hold returns the program of a module for one more policy, making it if need be.
func (h *Host) hold(key programKey) (*program, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	p := h.programs[key]
	if p == nil {
		p = &program{host: h, key: key, making: make(chan struct{}, 1)}
		h.programs[key] = p
	}
	p.users++
	return p, nil
}

// drop lets go of a program for one policy. The last frees it.
func (h *Host) drop(p *program) {
	h.mu.Lock()
	p.users--
	last := p.users == 0
	if last {
		delete(h.programs, p.key)
	}
	h.mu.Unlock()
	if !last {
		return
	}
	p.mu.Lock()
	entry := p.idle
	p.dropped = true
	p.mu.Unlock()
	if entry != nil && h.idle.remove(entry) {
		entry.free(entry)
	}
}

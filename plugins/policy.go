package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Policy is a loaded module. It is safe for concurrent use. Instances are pooled
// within one Policy and never shared with another, so that each tenant that loads
// a module has memory of its own, whoever else loads the same bytes.
type Policy struct {
	host        *Host
	runtime     wazero.Runtime
	version     string
	description abi.Description
	compiled    wazero.CompiledModule
	// exports are the hooks that the module has, called or not.
	exports []string
	// globals are the names under which the module exports its mutable globals.
	globals []string
	fresh   *snapshot
	pool    *pool
}

// Version identifies the module: the SHA-256 of its bytes in hexadecimal.
func (p *Policy) Version() string { return p.version }

// Description returns what the module's describe hook said when it was loaded,
// with Hooks filled in. The caller must not change what it points to.
func (p *Policy) Description() abi.Description { return p.description }

// Has reports whether the policy has the named hook, one of the Hook constants of
// package abi.
func (p *Policy) Has(hook string) bool { return slices.Contains(p.description.Hooks, hook) }

// Decide asks the policy about a write. The policy sees abi.Version whatever in.ABI
// says. A policy without a decide hook allows everything.
//
// # Errors
//
//   - a *CallError that wraps ErrTimeout, ErrTrap, ErrOutput, ErrPolicy or ErrInput
//   - ErrClosed after Close
//   - an error that wraps the cause of ctx's end
func (p *Policy) Decide(ctx context.Context, in *abi.DecideInput) (*abi.Decision, error) {
	if !p.Has(abi.HookDecide) {
		return &abi.Decision{Verdict: abi.Allow}, nil
	}
	doc := *in
	doc.ABI = abi.Version
	var d *abi.Decision
	err := p.call(ctx, abi.HookDecide, &doc, func(answer []byte) (err error) {
		d, err = abi.ParseDecision(answer, &doc)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Map asks the policy how to tell the application of an action. The policy sees
// abi.Version whatever in.ABI says. A policy without a map hook gives no requests, which stands for the
// connector's own field map.
//
// # Errors
//
// As for Decide.
func (p *Policy) Map(ctx context.Context, in *abi.MapInput) (*abi.MapOutput, error) {
	if !p.Has(abi.HookMap) {
		return &abi.MapOutput{Requests: []abi.Request{}}, nil
	}
	doc := *in
	doc.ABI = abi.Version
	var o *abi.MapOutput
	err := p.call(ctx, abi.HookMap, &doc, func(answer []byte) (err error) {
		o, err = abi.ParseMapOutput(answer)
		return err
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Close frees the policy's instances and compiled code. It waits for calls that
// are under way; when ctx ends first it returns an error that wraps the cause, and
// the last of those calls frees the rest. Further calls return ErrClosed. Closing
// twice is harmless.
func (p *Policy) Close(ctx context.Context) error {
	p.pool.close(ctx)
	select {
	case <-p.pool.drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for policy calls to end: %w", context.Cause(ctx))
	}
}

// call runs a hook with in as its input and gives its answer to read. What read
// does not accept counts as a wrong answer.
func (p *Policy) call(ctx context.Context, hook string, in any, read func([]byte) error) error {
	var input []byte
	if in != nil {
		var err error
		if input, err = json.Marshal(in); err != nil {
			return &CallError{Hook: hook, Kind: ErrInput, Detail: abi.CleanText(err.Error(), maxDetailBytes), Err: err}
		}
	}
	if limit := p.host.opts.MaxInputBytes; len(input) > limit {
		return &CallError{Hook: hook, Kind: ErrInput, Detail: fmt.Sprintf("%d bytes, want at most %d", len(input), limit)}
	}
	inst, err := p.pool.acquire(ctx)
	if err != nil {
		return err
	}
	c := inst.begin(hook, input)
	err = inst.run(ctx, c)
	if err == nil {
		if readErr := read(c.output); readErr != nil {
			err = &CallError{Hook: hook, Kind: ErrOutput, Detail: abi.CleanText(readErr.Error(), maxDetailBytes), Err: readErr}
		}
	}
	entry, logged := p.logEntry(c)
	p.pool.release(ctx, inst, err == nil)
	if logged {
		p.host.opts.Log(ctx, entry)
	}
	return err
}

// logEntry returns what c logged, and whether there is anything to hand on.
func (p *Policy) logEntry(c *call) (LogEntry, bool) {
	if p.host.opts.Log == nil || c.log.empty() {
		return LogEntry{}, false
	}
	return LogEntry{Version: p.version, Hook: c.hook, Lines: c.log.finish(), Truncated: c.log.truncated}, true
}

// free lets go of what is left when the last instance is gone.
func (p *Policy) free(ctx context.Context) {
	p.host.mu.Lock()
	delete(p.host.policies, p)
	p.host.mu.Unlock()
	// Neither has a way to fail that a caller could act on.
	_ = p.compiled.Close(ctx)
	_ = p.runtime.Close(ctx)
}

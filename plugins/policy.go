package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/meter"
)

// Policy is a loaded module. It is safe for concurrent use. Instances are pooled
// within one Policy and never shared with another, so that each tenant that loads
// a module has memory of its own, whoever else loads the same bytes.
type Policy struct {
	host        *Host
	program     *program
	description abi.Description
	pool        *pool
	fuel        uint64
	deadline    time.Duration
	waste       *wasteBudget
	turns       chan struct{} // Host.running, or Host.loading before Load returns
	log         func(context.Context, LogEntry)
	source      func(context.Context) ([]byte, error)
}

// Version identifies the module: the SHA-256 of its bytes in hexadecimal.
func (p *Policy) Version() string { return p.program.key.version }

// Description returns what the module's describe hook said when it was loaded,
// with Hooks filled in. The caller must not change what it points to.
func (p *Policy) Description() abi.Description { return p.description }

// InitialFuel returns what the initialisation of an instance takes, in the units of
// LoadOptions.Fuel.
func (p *Policy) InitialFuel() uint64 { return p.program.initialFuel() }

// Has reports whether the policy has the named hook, one of the Hook constants of
// package abi.
func (p *Policy) Has(hook string) bool { return slices.Contains(p.description.Hooks, hook) }

// Usage is what a call took. It is the same for the same module and input on every
// run and machine.
type Usage struct {
	// Fuel is the work that was done, in the units of LoadOptions.Fuel.
	Fuel uint64
	// Memory is the size of the instance's memory after the call, in bytes.
	Memory int
}

// Decide asks the policy about a write. The policy sees abi.Version whatever in.ABI
// says. A policy without a decide hook allows everything. Usage is filled in where
// there is an error as well.
//
// # Errors
//
//   - a *CallError that wraps ErrFuel, ErrTimeout, ErrTrap, ErrOutput, ErrPolicy, ErrInput or ErrSuspended
//   - ErrClosed after Close
//   - an error that wraps the cause of ctx's end
func (p *Policy) Decide(ctx context.Context, in *abi.DecideInput) (d *abi.Decision, used Usage, err error) {
	if !p.Has(abi.HookDecide) {
		return &abi.Decision{Verdict: abi.Allow}, Usage{}, nil
	}
	doc := *in
	doc.ABI = abi.Version
	used, err = p.call(ctx, abi.HookDecide, &doc, func(answer []byte) (err error) {
		d, err = abi.ParseDecision(answer, &doc)
		return err
	})
	return d, used, err
}

// Map asks the policy how to tell the application of an action. The policy sees
// abi.Version whatever in.ABI says. A policy without a map hook gives no requests, which stands for the
// connector's own field map. Its errors are those of Decide.
func (p *Policy) Map(ctx context.Context, in *abi.MapInput) (o *abi.MapOutput, used Usage, err error) {
	if !p.Has(abi.HookMap) {
		return &abi.MapOutput{Requests: []abi.Request{}}, Usage{}, nil
	}
	doc := *in
	doc.ABI = abi.Version
	used, err = p.call(ctx, abi.HookMap, &doc, func(answer []byte) (err error) {
		o, err = abi.ParseMapOutput(answer)
		return err
	})
	return o, used, err
}

// ErrNoHook is a call of a hook that the policy does not have.
var ErrNoHook = errors.New("the policy has no such hook")

// Import asks the policy to turn a record of the application's into a SCIM resource.
// The policy sees abi.Version whatever in.ABI says. Its errors are those of Decide,
// and ErrNoHook.
func (p *Policy) Import(ctx context.Context, in *abi.ImportInput) (o *abi.ImportOutput, used Usage, err error) {
	if !p.Has(abi.HookImport) {
		return nil, Usage{}, fmt.Errorf("%s: %w", abi.HookImport, ErrNoHook)
	}
	doc := *in
	doc.ABI = abi.Version
	used, err = p.call(ctx, abi.HookImport, &doc, func(answer []byte) (err error) {
		o, err = abi.ParseImportOutput(answer)
		return err
	})
	return o, used, err
}

// Call runs a hook on a JSON document and returns the guest's answer as it is, once it
// has been read as Decide, Map and Import read theirs. It is for tools: tests, dry
// runs and comparisons. Fields of the input that the ABI does not have are an error.
//
// # Errors
//
// As for Decide, and ErrNoHook.
func (p *Policy) Call(ctx context.Context, hook string, input []byte) (answer []byte, used Usage, err error) {
	if !slices.Contains(p.program.exports, hook) || hook != abi.HookDescribe && !p.Has(hook) {
		return nil, Usage{}, fmt.Errorf("%s: %w", abi.CleanText(hook, maxNameBytes), ErrNoHook)
	}
	in, read, err := p.document(hook, input)
	if err != nil {
		return nil, Usage{}, &CallError{Hook: hook, Kind: ErrInput, Detail: abi.CleanText(err.Error(), maxDetailBytes), Err: err}
	}
	used, err = p.call(ctx, hook, in, func(got []byte) error {
		answer = bytes.Clone(got)
		return read(got)
	})
	if err != nil {
		return nil, used, err
	}
	return answer, used, nil
}

// document reads a hook's input, and returns with it what reads its answer.
func (p *Policy) document(hook string, input []byte) (in any, read func([]byte) error, err error) {
	dec := json.NewDecoder(bytes.NewReader(input))
	dec.DisallowUnknownFields()
	switch hook {
	case abi.HookDecide:
		doc := new(abi.DecideInput)
		err = dec.Decode(doc)
		doc.ABI = abi.Version
		return doc, func(answer []byte) error { _, err := abi.ParseDecision(answer, doc); return err }, err
	case abi.HookMap:
		doc := new(abi.MapInput)
		err = dec.Decode(doc)
		doc.ABI = abi.Version
		return doc, func(answer []byte) error { _, err := abi.ParseMapOutput(answer); return err }, err
	case abi.HookImport:
		doc := new(abi.ImportInput)
		err = dec.Decode(doc)
		doc.ABI = abi.Version
		return doc, func(answer []byte) error { _, err := abi.ParseImportOutput(answer); return err }, err
	}
	return nil, func(answer []byte) error { _, err := abi.ParseDescription(answer); return err }, nil
}

// Close frees the policy's instances, and the compiled code if no other policy has it.
// It waits for calls that are under way; when ctx ends first it returns an error that
// wraps the cause, and the last of those calls frees the rest. Further calls return
// ErrClosed. Closing twice is harmless.
func (p *Policy) Close(ctx context.Context) error {
	p.pool.close()
	select {
	case <-p.pool.drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for policy calls to end: %w", context.Cause(ctx))
	}
}

// call runs a hook with in as its input and gives its answer to read. What read
// does not accept counts as a wrong answer.
func (p *Policy) call(ctx context.Context, hook string, in any, read func([]byte) error) (Usage, error) {
	var input []byte
	if in != nil {
		var err error
		if input, err = json.Marshal(in); err != nil {
			return Usage{}, &CallError{Hook: hook, Kind: ErrInput, Detail: abi.CleanText(err.Error(), maxDetailBytes), Err: err}
		}
	}
	if limit := p.host.opts.MaxInputBytes; len(input) > limit {
		return Usage{}, &CallError{Hook: hook, Kind: ErrInput, Detail: fmt.Sprintf("%d bytes, want at most %d", len(input), limit)}
	}
	if err := p.waste.check(hook); err != nil {
		return Usage{}, err
	}
	if err := p.pool.enter(ctx); err != nil {
		return Usage{}, err
	}
	defer p.pool.leave()
	inst, err := p.instance(ctx)
	if err != nil {
		return Usage{}, err
	}
	defer p.yield()
	c := inst.begin(p, hook, input)
	err = inst.run(ctx, c)
	used := Usage{Fuel: c.tank.used(), Memory: int(inst.memory.Size())}
	if err == nil {
		if readErr := read(c.output); readErr != nil {
			err = &CallError{Hook: hook, Kind: ErrOutput, Detail: abi.CleanText(readErr.Error(), maxDetailBytes), Err: readErr}
		}
	}
	p.logged(ctx, c)
	reusable := err == nil || errors.Is(err, ErrPolicy) // which is an answer as well
	again := p.program.initialFuel() + uint64(inst.fresh.size)/bytesPerFuel + instanceFuel
	switch {
	case !reusable:
		p.waste.spend(used.Fuel + again)
	case used.Memory != inst.fresh.size && again > p.fuel:
		// Nothing is wrong with a memory that grows, but it costs an instance all the same:
		// as much as a call may take is for free.
		p.waste.spend(again - p.fuel)
	}
	p.pool.give(inst, reusable)
	return used, err
}

// instance returns an instance to call, when it is its turn. yield lets the next
// one have its turn.
func (p *Policy) instance(ctx context.Context) (*instance, error) {
	inst := p.pool.spare()
	var code *code
	if inst == nil {
		var err error
		if code, err = p.program.pin(ctx, p.host.returning, p.module); err != nil {
			return nil, err
		}
		defer p.program.unpin()
	}
	if err := p.turn(ctx); err != nil {
		if inst != nil {
			p.pool.give(inst, true)
		}
		return nil, err
	}
	if inst != nil {
		return inst, nil
	}
	inst, err := p.pool.take(ctx, func() (*instance, error) { return p.newInstance(ctx, code) })
	if err != nil {
		p.yield()
	}
	return inst, err
}

// turn waits until a call may run; yield lets the next one run.
func (p *Policy) turn(ctx context.Context) error {
	select {
	case p.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a policy's turn: %w", context.Cause(ctx))
	}
}

func (p *Policy) yield() { <-p.turns }

// module reads and meters the module once more.
func (p *Policy) module(ctx context.Context) (*meter.Module, error) {
	wasm, err := p.source(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the policy again: %w", err)
	}
	if versionOf(wasm) != p.Version() {
		return nil, errors.New("read the policy again: it is another module than it was")
	}
	return prepare(wasm)
}

// logged hands on what the guest said, if anything.
func (p *Policy) logged(ctx context.Context, c *call) {
	if p.log == nil || c.log.empty() {
		return
	}
	p.log(ctx, LogEntry{Version: p.Version(), Hook: c.hook, Lines: c.log.finish(), Truncated: c.log.truncated})
}

// free lets go of what is left when the last instance is gone.
func (p *Policy) free() {
	p.host.mu.Lock()
	delete(p.host.policies, p)
	p.host.mu.Unlock()
	p.host.drop(p.program)
}

package plugins

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// instance is one instantiated module with a memory of its own. It serves one call
// at a time.
type instance struct {
	module  api.Module
	memory  api.Memory
	hooks   map[string]api.Function
	globals []api.MutableGlobal
	fresh   *snapshot
	limits  *Options
	call    call // reused from one call to the next
	doomed  bool // may be closed by the runtime at any moment
}

// snapshot is the state of an instance after initialisation. Since a guest has
// nothing to initialise from but its own bytes, one snapshot fits all instances of
// a policy.
type snapshot struct {
	memory  []byte
	globals []uint64
}

// newInstance instantiates the module and runs its start function and
// _initialize. The first instance of a policy also takes the snapshot.
func (p *Policy) newInstance(ctx context.Context) (*instance, error) {
	inst := &instance{limits: &p.host.opts}
	c := inst.begin(initialize, nil)
	err := inst.instantiate(ctx, p, c)
	if entry, logged := p.logEntry(c); logged {
		p.host.opts.Log(ctx, entry)
	}
	if err != nil {
		inst.close(ctx)
		return nil, err
	}
	return inst, nil
}

func (i *instance) instantiate(ctx context.Context, p *Policy, c *call) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.deadline(), ErrTimeout)
	defer cancel()
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions(exportInitialize)
	module, err := p.runtime.InstantiateModule(withCall(ctx, c), p.compiled, config)
	if err != nil {
		return c.failure(ctx, err)
	}
	i.module, i.memory = module, module.ExportedMemory(exportMemory)
	i.hooks = make(map[string]api.Function, len(p.exports))
	for _, hook := range p.exports {
		i.hooks[hook] = module.ExportedFunction(hook)
	}
	for _, name := range p.globals {
		global, ok := module.ExportedGlobal(name).(api.MutableGlobal)
		if !ok {
			return c.errorf(ErrTrap, "the global %s cannot be reset", name)
		}
		i.globals = append(i.globals, global)
	}
	if p.fresh == nil {
		if p.fresh, err = i.snapshot(); err != nil {
			return err
		}
	}
	i.fresh = p.fresh
	if ctx.Err() != nil { // the runtime may close the module a moment from now
		return c.stopped(ctx)
	}
	return nil
}

func (i *instance) snapshot() (*snapshot, error) {
	view, ok := i.memory.Read(0, i.memory.Size())
	if !ok {
		return nil, fmt.Errorf("read policy memory of %d bytes", i.memory.Size())
	}
	s := &snapshot{memory: append([]byte(nil), view...)}
	for _, g := range i.globals {
		s.globals = append(s.globals, g.Get())
	}
	return s, nil
}

// begin prepares a call of hook, which may be initialize.
func (i *instance) begin(hook string, input []byte) *call {
	i.call.reset(hook, input, i.limits)
	return &i.call
}

// run calls the hook of c and leaves its answer in c.output.
//
// # Errors
//
// As for Policy.Decide, but for the content of the answer.
func (i *instance) run(ctx context.Context, c *call) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.deadline(), ErrTimeout)
	defer cancel()
	var stack [1]uint64
	err := i.hooks[c.hook].CallWithStack(withCall(ctx, c), stack[:])
	// When the context ended during the call, the runtime may close the module a
	// moment after a call that just succeeded.
	i.doomed = ctx.Err() != nil
	if err != nil {
		return c.failure(ctx, err)
	}
	switch result := uint32(stack[0]); {
	case result == resultError:
		return c.errorf(ErrPolicy, "%s", c.output)
	case result != resultOK:
		return c.errorf(ErrOutput, "the hook returned %d, want %d or %d", int32(result), resultOK, resultError)
	case !c.answered:
		return c.errorf(ErrOutput, "the hook returned without calling write_output")
	}
	return nil
}

// reset puts the instance back to the state after its initialisation, so that
// nothing of a call is left for the next. It reports whether that was possible: a
// memory that has grown cannot shrink again.
func (i *instance) reset() bool {
	i.call.forget()
	if i.doomed {
		return false
	}
	view, ok := i.memory.Read(0, i.memory.Size())
	if !ok || len(view) != len(i.fresh.memory) {
		return false
	}
	copy(view, i.fresh.memory)
	for n, g := range i.globals {
		g.Set(i.fresh.globals[n])
	}
	return true
}

// close throws the instance away.
func (i *instance) close(ctx context.Context) {
	if i.module != nil {
		// A module of ours holds nothing whose closing could fail.
		_ = i.module.Close(context.WithoutCancel(ctx))
	}
}

// What a hook returns.
const (
	resultOK    = 0
	resultError = 1
)

// The exports of a guest beside its hooks and abi.Marker.
const (
	exportMemory     = "memory"
	exportInitialize = "_initialize"
	exportStart      = "_start"
)

// initialize stands for the name of a hook while an instance is being made.
const initialize = "initialize"

// hookNames lists what a module may export as a hook.
func hookNames() []string {
	return []string{abi.HookDecide, abi.HookMap, abi.HookImport, abi.HookDescribe}
}

package plugins

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/meter"
)

// instance is one instantiated module with a memory of its own. It serves one call
// at a time.
type instance struct {
	module  api.Module
	free    func() // gives the memory back
	memory  api.Memory
	hooks   map[string]api.Function
	globals []api.MutableGlobal
	depth   api.MutableGlobal
	fresh   *snapshot
	call    call // reused from one call to the next
	idle    *idleEntry
}

// newInstance instantiates the module and runs its start function and _initialize.
func (p *Policy) newInstance(ctx context.Context, c *code) (*instance, error) {
	inst := new(instance)
	inst.call.reset(initialize, nil, p.deadline, &p.host.opts)
	err := inst.instantiate(ctx, p, c)
	p.logged(ctx, &inst.call)
	if err != nil {
		p.waste.spend(inst.call.tank.used())
		inst.close()
		return nil, err
	}
	p.program.pinAgain()
	evict(p.host.idle.count(1))
	return inst, nil
}

func (i *instance) instantiate(ctx context.Context, p *Policy, code *code) error {
	c := &i.call
	c.tank = tank{limit: int64(p.fuel) * initialFuelFactor}
	c.start(ctx)
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions(exportInitialize)
	ctx, i.free = withMemory(ctx)
	module, err := code.runtime.InstantiateModule(context.WithValue(ctx, callKey{}, c), code.compiled, config)
	if err != nil {
		return c.failure(err)
	}
	c.attach(module)
	i.module, i.memory = module, module.ExportedMemory(exportMemory)
	i.hooks = make(map[string]api.Function, len(p.program.exports))
	for _, hook := range p.program.exports {
		i.hooks[hook] = module.ExportedFunction(hook)
	}
	for _, name := range code.globals {
		global, ok := module.ExportedGlobal(name).(api.MutableGlobal)
		if !ok {
			return c.errorf(ErrTrap, "the global %s cannot be reset", name)
		}
		i.globals = append(i.globals, global)
	}
	var ok bool
	if i.depth, ok = module.ExportedGlobal(meter.DepthGlobal).(api.MutableGlobal); !ok {
		return c.errorf(ErrTrap, "the depth of calls cannot be reset")
	}
	if i.fresh = p.program.freshState(code); i.fresh == nil {
		s, err := i.snapshot()
		if err != nil {
			return err
		}
		i.fresh = p.program.remember(code, s, c.tank.used())
	}
	return nil
}

func (i *instance) snapshot() (*snapshot, error) {
	view, ok := i.memory.Read(0, i.memory.Size())
	if !ok {
		return nil, fmt.Errorf("read policy memory of %d bytes", i.memory.Size())
	}
	s := takeSnapshot(view)
	for _, g := range i.globals {
		s.globals = append(s.globals, g.Get())
	}
	return s, nil
}

// begin prepares a call of hook.
func (i *instance) begin(p *Policy, hook string, input []byte) *call {
	c := &i.call
	c.reset(hook, input, p.deadline, &p.host.opts)
	c.tank.fill(p.fuel)
	c.depth, c.shallow = i.depth, true
	i.depth.Set(shallowDepth)
	return c
}

// run calls the hook of c and leaves its answer in c.output.
//
// # Errors
//
// As for Policy.Decide, but for the content of the answer.
func (i *instance) run(ctx context.Context, c *call) error {
	c.start(ctx)
	var stack [1]uint64
	if err := i.hooks[c.hook].CallWithStack(context.WithValue(ctx, callKey{}, c), stack[:]); err != nil {
		return c.failure(err)
	}
	if c.tank.used() > uint64(c.tank.limit) { // by what came after the last look at it
		return c.errorf(ErrFuel, "stopped after %d units", c.tank.limit)
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
	if !i.call.shallow {
		// A function of the runtime's keeps the stack that it had, up to some megabytes.
		for hook := range i.hooks {
			i.hooks[hook] = i.module.ExportedFunction(hook)
		}
	}
	i.call.forget()
	view, ok := i.memory.Read(0, i.memory.Size())
	if !ok || len(view) != i.fresh.size {
		return false
	}
	i.fresh.restore(view)
	for n, g := range i.globals {
		g.Set(i.fresh.globals[n])
	}
	return true
}

// size is what the instance holds, in bytes.
func (i *instance) size() int { return int(i.memory.Size()) + instanceBytes }

// A memory's size is a number of pages. One of maxMemoryPages is the largest whose
// size in bytes has 32 bits.
const (
	wasmPageBytes  = 64 << 10
	maxMemoryPages = 1<<16 - 1
)

// instanceBytes is an estimate of what an instance holds beside its memory.
const instanceBytes = 128 << 10

// close throws the instance away.
func (i *instance) close() {
	if i.module != nil {
		// A module of ours holds nothing whose closing could fail.
		_ = i.module.Close(context.Background())
	}
	if i.free != nil {
		i.free()
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

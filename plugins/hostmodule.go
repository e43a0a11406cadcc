package plugins

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/caddy-scim/caddy-scim/plugins/meter"
)

// policyModuleName is the module that a guest imports the ABI's functions from.
const policyModuleName = "scim_policy"

// hostModule is a set of functions that guests may import.
type hostModule struct {
	name  string
	funcs []hostFunc
}

// hostFunc is one function. run gets the parameters in stack and leaves the
// result, if there is one, in stack[0].
type hostFunc struct {
	name            string
	params, results []api.ValueType
	fuel            int64 // what a call takes, whatever it does
	run             func(c *call, mem api.Memory, stack []uint64)
}

func (m hostModule) instantiate(ctx context.Context, rt wazero.Runtime) error {
	builder := rt.NewHostModuleBuilder(m.name)
	for _, f := range m.funcs {
		builder.NewFunctionBuilder().WithGoModuleFunction(
			api.GoModuleFunc(func(ctx context.Context, guest api.Module, stack []uint64) {
				c := callFrom(ctx)
				c.attach(guest)
				c.tank.take(f.fuel)
				f.run(c, guest.Memory(), stack)
				if c.tank.left() < 0 { // before the guest asks for more
					refuel(c, nil, nil)
				}
			}), f.params, f.results).Export(f.name)
	}
	if _, err := builder.Instantiate(ctx); err != nil {
		return fmt.Errorf("make host module %s: %w", m.name, err)
	}
	return nil
}

// lookup returns the function of that name, if there is one.
func (m hostModule) lookup(name string) (hostFunc, bool) {
	for _, f := range m.funcs {
		if f.name == name {
			return f, true
		}
	}
	return hostFunc{}, false
}

const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
)

// policyModule is the ABI. No function of it keeps a pointer beyond its own run,
// and each checks pointer and length against the guest's memory as it is now.
func policyModule() hostModule {
	return hostModule{name: policyModuleName, funcs: []hostFunc{
		{"input_len", nil, []api.ValueType{i32}, hostCallFuel, inputLen},
		{"read_input", []api.ValueType{i32, i32}, []api.ValueType{i32}, hostCallFuel, readInput},
		{"write_output", []api.ValueType{i32, i32}, nil, hostCallFuel, writeOutput},
		{"log", []api.ValueType{i32, i32}, nil, hostCallFuel, logLine},
		{meter.Refuel, nil, nil, 0, refuel},
		{meter.Overflow, nil, nil, 0, overflow},
	}}
}

// inputLen returns the length of the input in bytes.
func inputLen(c *call, _ api.Memory, stack []uint64) { stack[0] = uint64(len(c.input)) }

// readInput copies the first size bytes of the input, or all if it is shorter, to
// ptr and returns how many these were.
func readInput(c *call, mem api.Memory, stack []uint64) {
	ptr, size := uint32(stack[0]), uint32(stack[1])
	n := min(uint64(size), uint64(len(c.input)))
	c.charge(uint32(n))
	copy(view(c, mem, "read_input", ptr, uint32(n)), c.input)
	stack[0] = n
}

// writeOutput makes the size bytes at ptr the answer. A second call replaces the
// first.
func writeOutput(c *call, mem api.Memory, stack []uint64) {
	ptr, size := uint32(stack[0]), uint32(stack[1])
	if uint64(size) > uint64(c.limits.MaxOutputBytes) {
		panic(c.errorf(ErrOutput, "%d bytes, want at most %d", size, c.limits.MaxOutputBytes))
	}
	c.charge(size)
	c.output = append(c.output[:0], view(c, mem, "write_output", ptr, size)...)
	c.answered = true
}

// logLine adds the size bytes at ptr to the log.
func logLine(c *call, mem api.Memory, stack []uint64) {
	ptr, size := uint32(stack[0]), uint32(stack[1])
	c.charge(min(size, uint32(c.limits.MaxLogBytes)))
	c.log.line(view(c, mem, "log", ptr, size))
}

// view returns size bytes of the guest's memory at ptr. What lies outside stops
// the guest.
func view(c *call, mem api.Memory, function string, ptr, size uint32) []byte {
	if mem == nil {
		panic(c.errorf(ErrTrap, "%s: the module has no memory", function))
	}
	bytes, ok := mem.Read(ptr, size)
	if !ok {
		panic(c.errorf(ErrTrap, "%s: %d bytes at %d are outside the memory of %d bytes", function, size, ptr, mem.Size()))
	}
	return bytes
}

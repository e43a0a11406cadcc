package meter

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

var (
	errFuel  = errors.New("out of fuel")
	errDepth = errors.New("out of depth")
)

// slice is what refuel gives at once.
const slice = 100_000

// guest is an instance with what a host must do for it.
type guest struct {
	module      api.Module
	fuel, depth api.MutableGlobal // nil for a module that was not rewritten
	budget      int64             // what refuel may still give
	given       int64
	input       []byte
	output      []byte
}

type guestKey struct{}

// newRuntime returns a runtime with the features that policies run with, and the
// functions that policies import.
func newRuntime(t testing.TB, config wazero.RuntimeConfig) wazero.Runtime {
	t.Helper()
	rt := wazero.NewRuntimeWithConfig(t.Context(), config.
		WithCoreFeatures(api.CoreFeaturesV2.SetEnabled(api.CoreFeatureReferenceTypes, false).SetEnabled(api.CoreFeatureSIMD, false)).
		WithMemoryLimitPages(2048))
	t.Cleanup(func() { _ = rt.Close(context.WithoutCancel(t.Context())) })
	wasi_snapshot_preview1.MustInstantiate(t.Context(), rt)
	builder := rt.NewHostModuleBuilder(HostModule)
	add := func(name string, params, results []api.ValueType, f func(g *guest, m api.Module, stack []uint64)) {
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
			f(ctx.Value(guestKey{}).(*guest), m, stack)
		}), params, results).Export(name)
	}
	i32 := api.ValueTypeI32
	add("input_len", nil, []api.ValueType{i32}, func(g *guest, _ api.Module, stack []uint64) { stack[0] = uint64(len(g.input)) })
	add("read_input", []api.ValueType{i32, i32}, []api.ValueType{i32}, func(g *guest, m api.Module, stack []uint64) {
		n := min(len(g.input), int(uint32(stack[1])))
		m.Memory().Write(uint32(stack[0]), g.input[:n])
		stack[0] = uint64(n)
	})
	add("write_output", []api.ValueType{i32, i32}, nil, func(g *guest, m api.Module, stack []uint64) {
		view, ok := m.Memory().Read(uint32(stack[0]), uint32(stack[1]))
		if !ok {
			panic(errors.New("outside memory"))
		}
		g.output = append(g.output[:0], view...)
	})
	add("log", []api.ValueType{i32, i32}, nil, func(*guest, api.Module, []uint64) {})
	add(Refuel, nil, nil, func(g *guest, m api.Module, _ []uint64) { g.refuel(m) })
	add(Overflow, nil, nil, func(*guest, api.Module, []uint64) { panic(errDepth) })
	if _, err := builder.Instantiate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return rt
}

// refuel gives a slice, and what is owed, while there is some left.
func (g *guest) refuel(m api.Module) {
	fuel := m.ExportedGlobal(FuelGlobal).(api.MutableGlobal)
	n := slice - int64(fuel.Get())
	if g.budget < n {
		panic(errFuel)
	}
	g.budget -= n
	g.given += n
	fuel.Set(slice)
}

// instantiate runs a module's start function and _initialize on so much fuel.
func instantiate(t testing.TB, rt wazero.Runtime, wasm []byte, budget int64) (*guest, error) {
	t.Helper()
	compiled, err := rt.CompileModule(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = compiled.Close(context.WithoutCancel(t.Context())) })
	g := &guest{budget: budget}
	ctx := context.WithValue(t.Context(), guestKey{}, g)
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions().WithSysWalltime()
	if g.module, err = rt.InstantiateModule(ctx, compiled, config); err != nil {
		return nil, err
	}
	g.fuel, _ = g.module.ExportedGlobal(FuelGlobal).(api.MutableGlobal)
	g.depth, _ = g.module.ExportedGlobal(DepthGlobal).(api.MutableGlobal)
	if initialize := g.module.ExportedFunction("_initialize"); initialize != nil {
		if _, _, err = g.call(t, "_initialize", budget, DefaultDepth); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// call calls an export and returns its results and the fuel it took.
func (g *guest) call(t testing.TB, name string, budget, depth int64, args ...uint64) (results []uint64, used int64, err error) {
	if g.fuel != nil {
		g.budget, g.given = budget, 0
		g.fuel.Set(0)
		g.depth.Set(uint64(depth))
	}
	results, err = g.module.ExportedFunction(name).Call(context.WithValue(t.Context(), guestKey{}, g), args...)
	if g.fuel != nil {
		used = g.given - int64(g.fuel.Get())
		if left := int64(g.depth.Get()); err == nil && left != depth {
			t.Errorf("%s: the depth was %d before and is %d after", name, depth, left)
		}
	}
	return results, used, err
}

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustRewrite(t testing.TB, wasm []byte) *Module {
	t.Helper()
	m, err := Rewrite(wasm, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

package meter

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
)

// FuzzRewrite checks that no bytes make Rewrite panic, that what was a valid module
// is one after it was rewritten, and that its functions end on a budget.
func FuzzRewrite(f *testing.F) {
	for _, dir := range []string{"testdata", "../testdata/hostile"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
		if err != nil || len(files) == 0 {
			f.Fatal(files, err)
		}
		for _, file := range files {
			f.Add(readFile(f, file))
		}
	}
	for _, bomb := range bombs {
		f.Add(bomb(5))
	}
	for _, make := range deep {
		f.Add(make(5))
	}
	f.Add((&random{data: []byte("\x00\x01\x02\x03 a module is made of these bytes")}).module())
	// The interpreter compiles at once.
	rt := newRuntime(f, wazero.NewRuntimeConfigInterpreter().WithMemoryLimitPages(16))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := Rewrite(wasm, Limits{})
		if err != nil {
			return
		}
		original, before := rt.CompileModule(t.Context(), wasm)
		compiled, after := rt.CompileModule(t.Context(), m.Wasm)
		if before == nil {
			defer original.Close(t.Context())
		}
		if after != nil {
			if before == nil {
				t.Fatalf("valid before it was rewritten, and after: %v", after)
			}
			return
		}
		defer compiled.Close(t.Context())
		if again, err := Rewrite(m.Wasm, Limits{}); err == nil {
			t.Fatalf("rewritten twice: %v", again.Exports)
		}
		const budget = 1_000_000
		g, err := instantiate(t, rt, m.Wasm, budget)
		if err != nil {
			return // it imports what there is not, or its start function fails
		}
		defer g.module.Close(t.Context())
		for name, f := range compiled.ExportedFunctions() {
			if len(f.ParamTypes())+len(f.ResultTypes()) > 100 {
				continue
			}
			_, used, err := g.call(t, name, budget, 10_000, make([]uint64, len(f.ParamTypes()))...)
			if errors.Is(err, errFuel) {
				return // what it asked for may be far more than there was
			}
			if used < 0 || used > budget {
				t.Errorf("%s took %d of fuel, of which there was %d", name, used, budget)
			}
		}
	})
}

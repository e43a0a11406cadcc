package meter

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
)

func TestRewriteHostileModules(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/hostile/*.wasm")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	rt := newRuntime(t, wazero.NewRuntimeConfigInterpreter())
	for _, file := range files {
		wasm, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Rewrite(wasm, Limits{})
		if err != nil {
			t.Log(filepath.Base(file), err)
			continue
		}
		_, before := rt.CompileModule(t.Context(), wasm)
		_, after := rt.CompileModule(t.Context(), m.Wasm)
		if (before == nil) != (after == nil) {
			t.Errorf("%s: %v before it was rewritten, and after: %v", filepath.Base(file), before, after)
		}
	}
}

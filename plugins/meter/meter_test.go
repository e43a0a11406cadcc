package meter

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// newRuntime returns a runtime with the features that policies run with.
func newRuntime(t testing.TB, config wazero.RuntimeConfig) wazero.Runtime {
	t.Helper()
	rt := wazero.NewRuntimeWithConfig(t.Context(), config.
		WithCoreFeatures(api.CoreFeaturesV2.SetEnabled(api.CoreFeatureReferenceTypes, false).SetEnabled(api.CoreFeatureSIMD, false)).
		WithMemoryLimitPages(65_535))
	t.Cleanup(func() { _ = rt.Close(t.Context()) })
	return rt
}

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
		if _, err := rt.CompileModule(t.Context(), m.Wasm); err != nil {
			t.Errorf("%s: valid before it was rewritten, and after: %v", filepath.Base(file), err)
		}
	}
}

package link_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"

	"github.com/caddy-scim/caddy-scim/caddymodule/rego/internal/link"
)

var hooks = []link.Hook{{Name: "decide", Undefined: "nothing"}}

// opa compiles a source as OPA does for its own hosts.
func opa(t *testing.T, source string) []byte {
	t.Helper()
	module, err := ast.ParseModule("test.rego", source)
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle.Bundle{Data: map[string]any{}, Modules: []bundle.ModuleFile{{URL: "test.rego", Path: "test.rego", Raw: []byte(source), Parsed: module}}}
	b.Manifest.Init()
	c := compile.New().WithTarget(compile.TargetWasm).WithBundle(b).WithEntrypoints("scim/decide").WithRegoVersion(ast.RegoV1)
	if err := c.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.Bundle().WasmModules[0].Raw
}

func TestBuiltinOfTheHost(t *testing.T) {
	t.Parallel()
	if _, err := link.Policy(opa(t, "package scim\ndecide := time.now_ns()\n"), hooks); !errors.Is(err, link.ErrBuiltin) {
		t.Errorf("the error is %v, want %v", err, link.ErrBuiltin)
	}
}

// TestOtherModules links what is no module of OPA's.
func TestOtherModules(t *testing.T) {
	t.Parallel()
	const header = "\x00asm\x01\x00\x00\x00"
	for _, c := range []struct{ name, wasm, problem string }{
		{"empty", "", "no module"},
		{"nothing in it", header, "no start function"},
		{"unknown section", header + "\x0d\x00", "not known"},
		{"section twice", header + "\x01\x01\x00\x01\x01\x00", "twice"},
		{"memory of its own", header + "\x05\x03\x01\x00\x01", "memory of its own"},
		{"truncated section", header + "\x01\x7f", "too early"},
		{"more elements than bytes", header + "\x03\xff\xff\xff\xff\x0f", "too early"},
		{"exports nothing", header + "\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x08\x01\x00\x0a\x04\x01\x02\x00\x0b", "does not export opa_malloc"},
		{"without bodies", header + "\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x08\x01\x00", "1 functions and 0 bodies"},
	} {
		if _, err := link.Policy([]byte(c.wasm), hooks); err == nil || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v, want %q", c.name, err, c.problem)
		}
	}
	whole := opa(t, "package scim\ndecide := {\"verdict\": \"allow\"}\n")
	for n := 0; n < len(whole)-1; n += 1 + n/50 {
		if _, err := link.Policy(whole[:n], hooks); err == nil {
			t.Errorf("the first %d of %d bytes were linked", n, len(whole))
		}
	}
}

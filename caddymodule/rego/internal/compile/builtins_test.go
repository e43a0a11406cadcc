package compile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/caddy-scim/caddy-scim/caddymodule/rego/internal/link"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// TestNativeBuiltins keeps the list of builtins what it says: those that OPA's library has, no more and no less. A
// version of OPA with more of them fails here.
func TestNativeBuiltins(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(native) {
		t.Error("the list is not sorted")
	}
	known := make(map[string]bool)
	for _, b := range ast.CapabilitiesForThisVersion().Builtins {
		known[b.Name] = true
		if strings.HasPrefix(b.Name, "rego.metadata.") { // the compiler's own; it would know no metadata here
			continue
		}
		if slices.Contains(erased, b.Name) || b.Name == ast.Assign.Name || b.Name == ast.Equality.Name { // not called as others are
			continue
		}
		if got, want := callable(t, b), slices.Contains(native, b.Name); got != want {
			t.Errorf("%s: OPA's library has it: %v, the list: %v", b.Name, got, want)
		}
	}
	for _, name := range native {
		if !known[name] {
			t.Errorf("%s is no builtin of OPA's", name)
		}
	}
}

// TestBuiltinsAreDocumented compares the list with the one that authors read. Operators have names that nobody writes.
func TestBuiltinsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.FromSlash("../../../../docs/rego.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Builtins\n")
	section, absent, _ := strings.Cut(section, "\nNot there")
	for _, b := range ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV1)).Builtins {
		name := "`" + b.Name + "`"
		got := strings.Contains(section, name)
		if want := slices.Contains(native, b.Name) && b.Infix == "" && !strings.HasPrefix(b.Name, "internal."); got != want {
			t.Errorf("the page lists %s: %v, want %v", name, got, want)
		}
		if slices.Contains(native, b.Name) && strings.Contains(absent, name) {
			t.Errorf("the page says that there is no %s", name)
		}
	}
}

// callable reports whether a policy that calls the builtin can do without OPA's host.
func callable(t *testing.T, b *ast.Builtin) bool {
	t.Helper()
	args := make([]string, len(b.Decl.FuncArgs().Args))
	for i := range args {
		args[i] = fmt.Sprintf("input.a%d", i)
	}
	source := fmt.Sprintf("package scim\ndecide := {\"x\": y} if { y := %s(%s) }\n", b.Name, strings.Join(args, ", "))
	if b.Decl.Result() == nil || b.Relation {
		source = fmt.Sprintf("package scim\ndecide := {} if { %s(%s) }\n", b.Name, strings.Join(args, ", "))
	}
	module, err := ast.ParseModuleWithOpts(file, source, ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		t.Fatalf("%s: %v", b.Name, err)
	}
	wasm, err := build(t.Context(), module, source, []string{"scim/decide"}, ast.CapabilitiesForThisVersion())
	if err != nil {
		return false
	}
	_, err = link.Policy(wasm, []link.Hook{{Name: abi.HookDecide}})
	return err == nil
}

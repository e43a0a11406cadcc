// Package compile turns a policy in Rego into a module that the host of policies runs
// like any other.
package compile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	opa "github.com/open-policy-agent/opa/v1/compile"

	"github.com/caddy-scim/caddy-scim/caddymodule/rego/internal/link"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
)

// Limits of what is compiled.
const (
	// MaxSource bounds the source, in bytes.
	MaxSource = 256 << 10
	// maxDepth bounds how deep terms are nested.
	maxDepth = 500
	// maxErrors bounds how many errors are told at once.
	maxErrors = 10
)

// file is what the source is called in the module, where its name is part of error
// messages: the module must not depend on what the file is called today.
const file = "policy.rego"

// rule is a rule of a policy that the host calls.
type rule struct {
	name string
	hook link.Hook
}

// rules are all that there may be. OPA numbers entrypoints in the order in which it is
// told of them. A rule cannot be called import, which is a word of the language.
var rules = []rule{
	{"decide", link.Hook{Name: abi.HookDecide, Undefined: "the rule decide has no value for this input; give it a default"}},
	{"map", link.Hook{Name: abi.HookMap, Undefined: "the rule map has no value for this input; give it a default"}},
	{"import_record", link.Hook{Name: abi.HookImport, Undefined: "the rule import_record has no value for this input; give it a default"}},
	{"describe", link.Hook{Name: abi.HookDescribe, NoInput: true, Undefined: "the rule describe has no value; it is evaluated without an input"}},
}

// casesRule is the rule whose value becomes the module's golden cases.
const casesRule = "cases"

// Source compiles the source of a policy. The name is that of the source in errors; the
// module is the same for the same source, whatever the name.
//
// # Errors
//
// They say where in the source the problem is, if it is in one place.
func Source(ctx context.Context, name string, source []byte) (wasm []byte, err error) {
	if len(source) > MaxSource {
		return nil, fmt.Errorf("%s: the source has more than %d bytes", name, MaxSource)
	}
	// OPA hands its modules to a program of that name where one of these is set.
	for _, variable := range []string{"EXPERIMENTAL_WASM_OPT", "EXPERIMENTAL_WASM_OPT_ARGS"} {
		if os.Getenv(variable) != "" {
			return nil, fmt.Errorf("%s is set in the environment: with wasm-opt the module of a policy would depend on the machine", variable)
		}
	}
	wasm, err = compile(ctx, string(source))
	if err != nil {
		return nil, named(name, err)
	}
	return wasm, nil
}

func compile(ctx context.Context, source string) ([]byte, error) {
	// The parser of whole modules has no say in how deep it goes.
	if _, _, errs := parser(source).Parse(); len(errs) > 0 {
		return nil, errs
	}
	module, err := ast.ParseModuleWithOpts(file, source, ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return nil, err
	}
	if module == nil {
		return nil, errors.New("it is empty")
	}
	checked, err := check(module)
	if err != nil {
		return nil, err
	}
	hooks, entrypoints := hooksOf(checked)
	if !slices.ContainsFunc(hooks, func(h link.Hook) bool { return h.Name == abi.HookDecide || h.Name == abi.HookMap }) {
		return nil, errors.New("package scim has no rule that a policy must have: decide or map, or both")
	}
	compiled, err := build(ctx, module, source, entrypoints, capabilities())
	if err != nil {
		return nil, err
	}
	wasm, err := link.Policy(compiled, hooks)
	if err != nil {
		return nil, err
	}
	cases, err := casesOf(module)
	if err != nil || cases == nil {
		return wasm, err
	}
	if wasm, err = golden.Bundle(wasm, cases); err != nil {
		return nil, fmt.Errorf("the rule %s: %w", casesRule, err)
	}
	return wasm, nil
}

func parser(source string) *ast.Parser {
	return ast.NewParser().WithFilename(file).WithReader(strings.NewReader(source)).
		WithRegoVersion(ast.RegoV1).WithMaxRecursionDepth(maxDepth)
}

// hooksOf returns the hooks of a policy and OPA's names for their rules.
func hooksOf(c *ast.Compiler) (hooks []link.Hook, entrypoints []string) {
	for _, r := range rules {
		if len(c.GetRules(reference(r.name))) == 0 {
			continue
		}
		r.hook.Entrypoint = int32(len(hooks))
		hooks = append(hooks, r.hook)
		entrypoints = append(entrypoints, "scim/"+r.name)
	}
	return hooks, entrypoints
}

// build has OPA make a module of its own kind.
func build(ctx context.Context, module *ast.Module, source string, entrypoints []string, allowed *ast.Capabilities) ([]byte, error) {
	b := &bundle.Bundle{
		Data:    map[string]any{},
		Modules: []bundle.ModuleFile{{URL: file, Path: file, Raw: []byte(source), Parsed: module}},
	}
	b.Manifest.Init()
	compiler := opa.New().WithTarget(opa.TargetWasm).WithBundle(b).WithEntrypoints(entrypoints...).
		WithPruneUnused(true). // or rules that call entrypoints would become entrypoints
		WithCapabilities(allowed).WithRegoVersion(ast.RegoV1)
	if err := compiler.Build(ctx); err != nil {
		return nil, err
	}
	return compiler.Bundle().WasmModules[0].Raw, nil
}

// reference is data.scim.NAME.
func reference(name string) ast.Ref {
	return ast.Ref{ast.DefaultRootDocument, ast.StringTerm("scim"), ast.StringTerm(name)}
}

// named gives errors of the source the name that the source has for people.
func named(name string, err error) error {
	var list ast.Errors
	var one *ast.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = ast.Errors{one}
	default:
		return fmt.Errorf("%s: %w", name, err)
	}
	renamed := make(ast.Errors, 0, min(len(list), maxErrors))
	for _, e := range list[:cap(renamed)] {
		clone := *e
		if clone.Location != nil {
			at := *clone.Location
			at.File = name
			clone.Location = &at
		}
		renamed = append(renamed, &clone)
	}
	return renamed
}

package plugins

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Load checks and compiles a module, makes its first instance and asks it to
// describe itself. Compilation takes about 10 ms for a small module and 2 s for one
// written in Go, unless the host has compiled the same bytes before; one module is
// compiled at a time, and a compilation under way cannot be interrupted.
//
// The Policy must be closed. Loading the same bytes twice gives two policies that
// share compiled code and nothing else; each tenant must have its own.
//
// # Errors
//
//   - a *LoadError when the module is at fault; it wraps a *CallError when the module
//     failed while it initialised or described itself
//   - ErrClosed after Close
//   - an error that wraps the cause of ctx's end
func (h *Host) Load(ctx context.Context, wasm []byte, opts LoadOptions) (*Policy, error) {
	if len(wasm) > h.opts.MaxModuleBytes {
		return nil, &LoadError{Problem: fmt.Sprintf("the module has %d bytes, want at most %d", len(wasm), h.opts.MaxModuleBytes)}
	}
	scan, err := scanModule(wasm)
	if err != nil {
		return nil, &LoadError{Problem: "not a module that a policy can be: " + abi.CleanText(err.Error(), maxDetailBytes), Err: err}
	}
	if err := scan.check(); err != nil {
		return nil, err
	}
	p, err := h.compile(ctx, wasm, scan)
	if err != nil {
		return nil, err
	}
	if err := p.start(ctx); err != nil {
		// The error that matters is the one that is already there.
		_ = p.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return p, nil
}

// check refuses imports that no host function answers to, and modules without any
// export.
func (s *moduleScan) check() error {
	policy, wasi := policyModule(), wasiModule()
	for _, imp := range s.imports {
		known := false
		if imp.kind == kindFunc {
			switch imp.module {
			case policy.name:
				_, known = policy.lookup(imp.name)
			case wasi.name:
				_, known = wasi.lookup(imp.name)
			}
		}
		if !known {
			return &LoadError{Name: imp.module + "." + imp.name, Problem: "unknown import; a policy may import " +
				"input_len, read_input, write_output and log of scim_policy, and what its language's runtime needs of wasi_snapshot_preview1"}
		}
	}
	if s.exports == 0 {
		return &LoadError{Name: abi.Marker, Problem: "missing export; the module exports nothing"}
	}
	return nil
}

// compile makes a policy that has no instance yet.
func (h *Host) compile(ctx context.Context, wasm []byte, scan *moduleScan) (*Policy, error) {
	if err := h.lockCompiler(ctx); err != nil {
		return nil, err
	}
	defer h.unlockCompiler()
	rt, err := h.newRuntime(ctx)
	if err != nil {
		return nil, err
	}
	p, err := h.compileIn(ctx, rt, wasm, scan)
	if err != nil {
		// The error that matters is the one that is already there.
		_ = rt.Close(ctx)
		return nil, err
	}
	return p, nil
}

func (h *Host) compileIn(ctx context.Context, rt wazero.Runtime, wasm []byte, scan *moduleScan) (*Policy, error) {
	rewritten, globals := scan.rewrite()
	compiled, err := rt.CompileModule(experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0)), rewritten)
	if err != nil {
		return nil, &LoadError{Problem: "not a module that can run: " + abi.CleanText(err.Error(), maxDetailBytes), Err: err}
	}
	sum := sha256.Sum256(wasm)
	p := &Policy{host: h, runtime: rt, version: hex.EncodeToString(sum[:]), compiled: compiled, globals: globals}
	p.pool = newPool(h.opts.MaxInstances, p.newInstance, p.free)
	p.exports, err = checkTypes(compiled.ImportedFunctions(), compiled.ExportedFunctions(), compiled.ExportedMemories())
	if err == nil {
		err = h.adopt(p)
	}
	if err != nil {
		_ = compiled.Close(ctx)
		return nil, err
	}
	return p, nil
}

// adopt makes p one of the policies that Close closes.
func (h *Host) adopt(p *Policy) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrClosed
	}
	h.policies[p] = struct{}{}
	return nil
}

// checkTypes checks the types of what a module imports and exports, and returns
// the hooks that it has.
func checkTypes(imports []api.FunctionDefinition, exports map[string]api.FunctionDefinition, memories map[string]api.MemoryDefinition) ([]string, error) {
	policy, wasi := policyModule(), wasiModule()
	for _, def := range imports {
		module, name, _ := def.Import()
		offered, known := policy.lookup(name)
		if module != policy.name {
			offered, known = wasi.lookup(name)
		}
		if known && !sameType(def, offered.params, offered.results) {
			return nil, &LoadError{Name: module + "." + name, Problem: fmt.Sprintf("imported as %s, want %s",
				signature(def.ParamTypes(), def.ResultTypes()), signature(offered.params, offered.results))}
		}
	}
	if _, ok := memories[exportMemory]; !ok {
		return nil, &LoadError{Name: exportMemory, Problem: "missing export, want the module's memory"}
	}
	if err := checkMarker(exports); err != nil {
		return nil, err
	}
	if _, ok := exports[exportInitialize]; !ok {
		if _, ok := exports[exportStart]; ok {
			return nil, &LoadError{Name: exportStart, Problem: "the module is a program that runs once; " +
				"build a library instead (Go: -buildmode=c-shared, C: -mexec-model=reactor)"}
		}
	} else if !sameType(exports[exportInitialize], nil, nil) {
		return nil, wrongType(exportInitialize, exports[exportInitialize], nil, nil)
	}
	var hooks []string
	for _, hook := range hookNames() {
		def, ok := exports[hook]
		if !ok {
			continue
		}
		if !sameType(def, nil, []api.ValueType{i32}) {
			return nil, wrongType(hook, def, nil, []api.ValueType{i32})
		}
		hooks = append(hooks, hook)
	}
	if !slices.Contains(hooks, abi.HookDecide) && !slices.Contains(hooks, abi.HookMap) {
		return nil, &LoadError{Name: abi.HookDecide, Problem: "missing export; a policy exports decide, map or both"}
	}
	return hooks, nil
}

// checkMarker checks which version of the ABI the module was built for.
func checkMarker(exports map[string]api.FunctionDefinition) error {
	if def, ok := exports[abi.Marker]; ok {
		if !sameType(def, nil, nil) {
			return wrongType(abi.Marker, def, nil, nil)
		}
		return nil
	}
	for name := range exports {
		if strings.HasPrefix(name, "scim_policy_abi_") {
			return &LoadError{Name: name, Problem: fmt.Sprintf("this ABI version is not known here, want %s", abi.Marker)}
		}
	}
	return &LoadError{Name: abi.Marker, Problem: "missing export, want a function without parameters and results that says for which ABI the module was built"}
}

func wrongType(name string, def api.FunctionDefinition, params, results []api.ValueType) error {
	return &LoadError{Name: name, Problem: fmt.Sprintf("exported as %s, want %s",
		signature(def.ParamTypes(), def.ResultTypes()), signature(params, results))}
}

func sameType(def api.FunctionDefinition, params, results []api.ValueType) bool {
	return slices.Equal(def.ParamTypes(), params) && slices.Equal(def.ResultTypes(), results)
}

// signature prints a function type as "(i32, i32) -> (i32)".
func signature(params, results []api.ValueType) string {
	names := func(types []api.ValueType) string {
		list := make([]string, 0, len(types))
		for _, t := range types {
			list = append(list, api.ValueTypeName(t))
		}
		return "(" + strings.Join(list, ", ") + ")"
	}
	return names(params) + " -> " + names(results)
}

// start makes the first instance and fills in the description.
func (p *Policy) start(ctx context.Context) error {
	p.description = abi.Description{Name: "policy", Hooks: p.exports}
	inst, err := p.pool.acquire(ctx)
	if err != nil {
		return asLoadError(initialize, err)
	}
	p.pool.release(ctx, inst, true)
	if !slices.Contains(p.exports, abi.HookDescribe) {
		return nil
	}
	var d *abi.Description
	_, err = p.call(ctx, abi.HookDescribe, nil, func(answer []byte) (err error) {
		d, err = abi.ParseDescription(answer)
		return err
	})
	if err != nil {
		return asLoadError(abi.HookDescribe, err)
	}
	for _, hook := range d.Hooks {
		if !slices.Contains(p.exports, hook) {
			return &LoadError{Name: hook, Problem: "missing export, though describe lists the hook"}
		}
	}
	if d.Hooks == nil {
		d.Hooks = p.exports
	}
	p.description = *d
	return nil
}

// asLoadError blames the module for err, unless the context or the host ended.
func asLoadError(what string, err error) error {
	if failed, ok := errors.AsType[*CallError](err); ok {
		return &LoadError{Name: what, Problem: failed.Kind.Error() + ": " + failed.Detail, Err: err}
	}
	return err
}

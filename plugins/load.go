package plugins

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/meter"
)

// Load checks, meters and compiles a module, makes its first instance and asks it to
// describe itself. Compilation takes about 10 ms for a small module and 2 s for one
// written in Go, unless the host has compiled the same bytes before or has them in
// Options.CacheDir; one module is compiled at a time.
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
	if err := h.checkOptions(&opts, wasm); err != nil {
		return nil, err
	}
	if len(wasm) > h.opts.MaxModuleBytes {
		return nil, &LoadError{Problem: fmt.Sprintf("the module has %d bytes, want at most %d", len(wasm), h.opts.MaxModuleBytes)}
	}
	module, err := prepare(wasm)
	if err != nil {
		return nil, err
	}
	pages := uint32(min(max(1, opts.MaxMemoryBytes/wasmPageBytes), maxMemoryPages))
	program, err := h.hold(programKey{versionOf(wasm), pages})
	if err != nil {
		return nil, err
	}
	p := &Policy{
		host: h, program: program, fuel: opts.Fuel, deadline: opts.Deadline,
		waste: newWasteBudget(opts.Fuel, h.opts.Clock), log: opts.Log, source: opts.Source, turns: h.loading,
	}
	p.pool = newPool(p, h.opts.MaxRunning)
	if err := h.adopt(p); err != nil {
		h.drop(program)
		return nil, err
	}
	if err := p.start(ctx, module); err != nil {
		// The error that matters is the one that is already there.
		_ = p.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	p.turns = h.running
	return p, nil
}

// checkOptions fills in what opts leaves to the host.
func (h *Host) checkOptions(opts *LoadOptions, wasm []byte) error {
	switch {
	case opts.MaxMemoryBytes > h.opts.MaxMemoryBytes:
		return fmt.Errorf("load policy: memory of %d bytes, the host allows %d", opts.MaxMemoryBytes, h.opts.MaxMemoryBytes)
	case opts.Fuel > h.opts.Fuel:
		return fmt.Errorf("load policy: fuel of %d, the host allows %d", opts.Fuel, h.opts.Fuel)
	case opts.Deadline > h.opts.Deadline:
		return fmt.Errorf("load policy: a deadline of %v, the host allows %v", opts.Deadline, h.opts.Deadline)
	}
	opts.MaxMemoryBytes = positiveOr(opts.MaxMemoryBytes, h.opts.MaxMemoryBytes)
	opts.Deadline = positiveOr(opts.Deadline, h.opts.Deadline)
	if opts.Fuel == 0 {
		opts.Fuel = h.opts.Fuel
	}
	if opts.Log == nil {
		opts.Log = h.opts.Log
	}
	if opts.Source == nil {
		kept := bytes.Clone(wasm)
		opts.Source = func(context.Context) ([]byte, error) { return kept, nil }
	}
	return nil
}

func versionOf(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}

// prepare checks what can be seen of a module without running it, and puts the meter in.
func prepare(wasm []byte) (*meter.Module, error) {
	module, err := meter.Rewrite(wasm, meter.Limits{})
	if imp, ok := errors.AsType[*meter.ImportError](err); ok {
		return nil, unknownImport(imp.Import)
	}
	if err != nil {
		return nil, &LoadError{Problem: "not a module that a policy can be: " + abi.CleanText(err.Error(), maxDetailBytes), Err: err}
	}
	policy, wasi := policyModule(), wasiModule()
	for _, imp := range module.Imports {
		known := false
		switch imp.Module {
		case policy.name:
			_, known = policy.lookup(imp.Name)
		case wasi.name:
			_, known = wasi.lookup(imp.Name)
		}
		if !known {
			return nil, unknownImport(imp)
		}
	}
	if len(module.Exports) == 0 {
		return nil, &LoadError{Name: abi.Marker, Problem: "missing export; the module exports nothing"}
	}
	return module, nil
}

func unknownImport(imp meter.Import) error {
	return &LoadError{Name: imp.Module + "." + imp.Name, Problem: "unknown import; a policy may import " +
		"input_len, read_input, write_output and log of scim_policy, and what its language's runtime needs of wasi_snapshot_preview1"}
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
	if len(hooks) == 0 || len(hooks) == 1 && hooks[0] == abi.HookDescribe {
		return nil, &LoadError{Name: abi.HookDecide, Problem: "missing export; a policy exports decide, map, import or several of them"}
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

// start compiles the module if nobody has, makes the first instance and fills in the
// description.
func (p *Policy) start(ctx context.Context, module *meter.Module) error {
	code, err := p.program.pin(ctx, p.host.compiling, func(context.Context) (*meter.Module, error) { return module, nil })
	if err != nil {
		return err
	}
	defer p.program.unpin()
	if err := p.program.learn(code.compiled); err != nil {
		return err
	}
	exports := p.program.exports
	p.description = abi.Description{Name: "policy", Hooks: exports}
	if err := p.warm(ctx); err != nil {
		return asLoadError(initialize, err)
	}
	if !slices.Contains(exports, abi.HookDescribe) {
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
		if !slices.Contains(exports, hook) {
			return &LoadError{Name: hook, Problem: "missing export, though describe lists the hook"}
		}
	}
	if d.Hooks == nil {
		d.Hooks = exports
	}
	p.description = *d
	return nil
}

// warm makes an instance if there is none.
func (p *Policy) warm(ctx context.Context) error {
	if err := p.pool.enter(ctx); err != nil {
		return err
	}
	defer p.pool.leave()
	inst, err := p.instance(ctx)
	if err != nil {
		return err
	}
	defer p.yield()
	p.pool.give(inst, true)
	return nil
}

// learn checks the types of what the module imports and exports, and keeps which hooks
// it has.
func (p *program) learn(compiled wazero.CompiledModule) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.exports != nil {
		return nil
	}
	exports, err := checkTypes(compiled.ImportedFunctions(), compiled.ExportedFunctions(), compiled.ExportedMemories())
	if err != nil {
		return err
	}
	p.exports = exports
	return nil
}

// asLoadError blames the module for err, unless the context or the host ended.
func asLoadError(what string, err error) error {
	if failed, ok := errors.AsType[*CallError](err); ok {
		return &LoadError{Name: what, Problem: failed.Kind.Error() + ": " + failed.Detail, Err: err}
	}
	return err
}

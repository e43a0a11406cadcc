// Package link makes policies of what OPA compiles. A module of OPA's wants a host of
// its own: one that lends it a memory, reads strings out of it and offers builtins. A
// policy owns its memory, takes a document and answers with one. The module stays as it
// is but for that: imports become functions, functions that nobody calls are left out,
// and a few hand-written ones speak the policy's side.
package link

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Hook is one export of the policy.
type Hook struct {
	// Name is the export: decide, map, import or describe.
	Name string
	// Entrypoint is the number of the rule, in the order in which OPA was told of them.
	Entrypoint int32
	// NoInput says that the rule is evaluated without an input.
	NoInput bool
	// Undefined is the error message for when the rule has no value.
	Undefined string
}

// Marker is the export that says which version of the ABI a module speaks.
const Marker = "scim_policy_abi_1"

// Sizes of the memory in pages of 64 KiB, beyond OPA's own data.
const (
	// heapPages is there from the start, for a memory that grows during a call cannot be
	// put back after it.
	heapPages = 4
	// maxPages is where growing ends for every host. Hosts have limits of their own.
	maxPages = 4096
)

// Policy turns a module of OPA's into a policy with these hooks, the same bytes for the
// same arguments. Every error but ErrBuiltin means that this version of OPA is not the
// one that this package was written for.
func Policy(opa []byte, hooks []Hook) ([]byte, error) {
	m, err := parse(opa)
	if err != nil {
		return nil, fmt.Errorf("read the module that OPA made: %w", err)
	}
	wasm, err := link(m, hooks)
	if err != nil {
		return nil, fmt.Errorf("link the module that OPA made: %w", err)
	}
	return wasm, nil
}

// linker knows where everything comes to lie. The functions of the policy are those of
// the host, then OPA's that are needed, then the ones of this package.
type linker struct {
	m *module
	// renamed holds the new index of each function of the module, by the old one.
	renamed map[uint32]uint32
	// kept holds the old indexes of the functions that stay, in order.
	kept []uint32
	glue glue
}

func link(m *module, hooks []Hook) ([]byte, error) {
	l := &linker{m: m, renamed: make(map[uint32]uint32)}
	if err := l.keep(); err != nil {
		return nil, err
	}
	for _, old := range l.kept {
		l.renamed[old] = uint32(len(hostFuncs)) + uint32(len(l.renamed))
	}
	l.glue.first = uint32(len(hostFuncs) + len(l.kept))
	if err := l.writeGlue(hooks); err != nil {
		return nil, err
	}
	return l.encode(hooks)
}

// opaExports are the functions of OPA's that the hooks call.
var opaExports = []string{
	"opa_malloc", "opa_json_parse", "opa_json_dump", "eval",
	"opa_eval_ctx_new", "opa_eval_ctx_set_input", "opa_eval_ctx_set_data", "opa_eval_ctx_set_entrypoint", "opa_eval_ctx_get_result",
}

// ErrBuiltin is a module that calls a builtin which OPA leaves to its host.
var ErrBuiltin = errors.New("it calls a builtin that it does not have")

// builtinPrefix begins the names of the imports by which such builtins are called.
const builtinPrefix = "opa_builtin"

// keep finds the functions that can be reached.
func (l *linker) keep() error {
	roots := []uint32{l.m.start}
	for _, name := range opaExports {
		index, ok := l.m.exports[name]
		if !ok {
			return fmt.Errorf("it does not export %s", name)
		}
		roots = append(roots, index)
	}
	for _, e := range l.m.elems {
		roots = append(roots, e.entries...)
	}
	reached := make(map[uint32]bool)
	for len(roots) > 0 {
		old := roots[len(roots)-1]
		roots = roots[:len(roots)-1]
		if reached[old] || int(old) < len(l.m.imports) {
			continue
		}
		reached[old] = true
		body, err := l.body(old)
		if err != nil {
			return err
		}
		builtin := false
		err = calls(body, func(_, _ int, callee uint32) {
			roots = append(roots, callee)
			builtin = builtin || int(callee) < len(l.m.imports) && strings.HasPrefix(l.m.imports[callee].name, builtinPrefix)
		})
		switch {
		case err != nil:
			return fmt.Errorf("function %d: %w", old, err)
		case builtin:
			return ErrBuiltin
		}
		l.kept = append(l.kept, old)
	}
	slices.Sort(l.kept)
	return nil
}

func (l *linker) body(old uint32) ([]byte, error) {
	if i := int(old) - len(l.m.imports); i < len(l.m.bodies) {
		return l.m.bodies[i], nil
	}
	return nil, fmt.Errorf("function %d is not there", old)
}

// relink returns the body of a function of OPA's with the new indexes in its calls.
func (l *linker) relink(old uint32) ([]byte, error) {
	body, err := l.body(old)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(body)+len(body)/8)
	rest := 0
	err = calls(body, func(from, to int, callee uint32) {
		out = appendU32(append(out, body[rest:from]...), l.renamed[callee])
		rest = to
	})
	return append(out, body[rest:]...), err
}

// encode writes the policy.
func (l *linker) encode(hooks []Hook) ([]byte, error) {
	// Types come first in the module and last here: whatever else is written may add one.
	var imports, funcs, code []byte
	imports = appendU32(imports, uint32(len(hostFuncs)))
	for _, f := range hostFuncs {
		imports = appendName(appendName(imports, f.module), f.name)
		imports = appendU32(append(imports, kindFunc), l.m.typeIndex(f.params, f.results))
	}
	count := uint32(len(l.kept) + len(l.glue.funcs))
	funcs, code = appendU32(funcs, count), appendU32(code, count)
	for _, old := range l.kept {
		body, err := l.relink(old)
		if err != nil {
			return nil, err
		}
		funcs = appendU32(funcs, l.m.funcs[int(old)-len(l.m.imports)])
		code = appendBytes(code, body)
	}
	for _, f := range l.glue.funcs {
		funcs = appendU32(funcs, f.typ)
		code = appendBytes(code, f.body)
	}
	types := appendU32(nil, uint32(len(l.m.types)))
	for _, t := range l.m.types {
		types = append(types, t...)
	}

	out := []byte(header)
	out = appendSection(out, sectionType, types)
	out = appendSection(out, sectionImport, imports)
	out = appendSection(out, sectionFunction, funcs)
	if l.m.table != nil {
		out = appendSection(out, sectionTable, l.m.table)
	}
	out = appendSection(out, sectionMemory, appendU32(appendU32([]byte{1, 1}, l.m.pages+heapPages), maxPages))
	out = appendSection(out, sectionGlobal, l.globals())
	out = appendSection(out, sectionExport, l.exports(hooks))
	if len(l.m.elems) > 0 {
		out = appendSection(out, sectionElement, l.elements())
	}
	out = appendSection(out, sectionCode, code)
	if l.m.data != nil {
		out = appendSection(out, sectionData, l.m.data)
	}
	return out, nil
}

// globals adds the two of this package to those of OPA's.
func (l *linker) globals() []byte {
	b := append(appendU32(nil, l.m.global+glueGlobals), l.m.globals...)
	for range glueGlobals {
		b = append(b, typeI32[0], 1 /* mutable */, opI32Const, 0, opEnd)
	}
	return b
}

func (l *linker) exports(hooks []Hook) []byte {
	b := appendU32(nil, uint32(len(hooks)+3))
	b = append(appendName(b, "memory"), kindMemory, 0)
	b = appendU32(append(appendName(b, Marker), kindFunc), l.glue.marker)
	b = appendU32(append(appendName(b, "_initialize"), kindFunc), l.glue.initialize)
	for i, h := range hooks {
		b = appendU32(append(appendName(b, h.Name), kindFunc), l.glue.hooks[i])
	}
	return b
}

func (l *linker) elements() []byte {
	b := appendU32(nil, uint32(len(l.m.elems)))
	for _, e := range l.m.elems {
		b = append(append(b, 0), e.offset...)
		b = appendU32(b, uint32(len(e.entries)))
		for _, old := range e.entries {
			b = appendU32(b, l.renamed[old])
		}
	}
	return b
}

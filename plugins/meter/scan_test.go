package meter

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
)

// sections makes a module of sections, each of which is its identifier and its
// content.
func sections(parts ...string) []byte {
	wasm := []byte(header)
	for _, part := range parts {
		wasm = append(wasm, part[0])
		wasm = binary.AppendUvarint(wasm, uint64(len(part)-1))
		wasm = append(wasm, part[1:]...)
	}
	return wasm
}

// TestCountBombs rewrites modules of a few bytes that announce gigabytes to come. The
// runtime would make room for them first.
func TestCountBombs(t *testing.T) {
	t.Parallel()
	const huge = "\xff\xff\xff\xff\x0f" // 2^32-1
	const one = "\x01\x01\x60\x00\x00"  // the type () -> ()
	for name, wasm := range map[string][]byte{
		"types":             sections("\x01" + huge),
		"parameters":        sections("\x01\x01\x60" + huge + "\x7f\x00"),
		"results":           sections("\x01\x01\x60\x00" + huge + "\x7f"),
		"group of types":    sections("\x01\x01\x4e" + huge + "\x60\x00\x00"),
		"imports":           sections("\x02" + huge),
		"import name":       sections("\x02\x01" + huge),
		"functions":         sections("\x03" + huge),
		"tables":            sections("\x04" + huge),
		"memories":          sections("\x05" + huge),
		"globals":           sections("\x06" + huge),
		"exports":           sections("\x07" + huge),
		"export name":       sections("\x07\x01" + huge),
		"element segments":  sections("\x09" + huge),
		"element entries":   sections("\x09\x01\x00\x41\x00\x0b" + huge),
		"element passive":   sections("\x09\x01\x01\x00" + huge),
		"code":              sections("\x0a" + huge),
		"locals":            sections("\x01"+one[1:], "\x03\x01\x00", "\x0a\x01\x08\x01"+huge+"\x7f\x0b"),
		"groups of locals":  sections("\x01"+one[1:], "\x03\x01\x00", "\x0a\x01\x08"+huge+"\x01\x7f\x0b"),
		"labels":            sections("\x01"+one[1:], "\x03\x01\x00", "\x0a\x01\x0a\x00\x41\x00\x0e"+huge+"\x0b"),
		"body":              sections("\x0a\x01" + huge + "\x00\x0b"),
		"data segments":     sections("\x0b" + huge),
		"data":              sections("\x0b\x01\x00\x41\x00\x0b" + huge),
		"data passive":      sections("\x0b\x01\x01" + huge),
		"tags":              sections("\x0d" + huge),
		"section":           []byte(header + "\x01" + huge),
		"repeated section":  sections("\x01\x00", "\x01\x00"),
		"order of sections": sections("\x03\x00", "\x01\x00"),
		"more in a section": sections("\x01\x00\x00"),
		"custom section":    sections("\x00" + huge),
		"no code":           sections(one, "\x03\x01\x00"),
		"too little code":   sections(one, "\x03\x01\x00", "\x0a\x00"),
		"too much code":     sections(one, "\x0a\x01\x02\x00\x0b"),
	} {
		if _, err := Rewrite(wasm, Limits{}); err == nil {
			t.Errorf("%s: it was let pass", name)
		}
	}
	// Names of functions that never come do no harm, since nobody reads them.
	good := append(readFile(t, "../testdata/hostile/good.wasm"), sections("\x00\x04name\x01\x05" + huge)[len(header):]...)
	mustRewrite(t, good)
}

func TestReader(t *testing.T) {
	t.Parallel()
	for _, n := range []uint32{0, 1, 127, 128, 1 << 20, 1<<32 - 1} {
		r := &reader{data: binary.AppendUvarint(nil, uint64(n))}
		if got := r.u32(); got != n || r.err != nil || r.pos != len(r.data) {
			t.Errorf("read %d, %v; want %d", got, r.err, n)
		}
		padded := make([]byte, 5)
		putLEB5(padded, n)
		if r = (&reader{data: padded}); r.u32() != n || r.err != nil {
			t.Errorf("read something else than %d from 5 bytes: %v", n, r.err)
		}
	}
	for name, data := range map[string][]byte{
		"33 bits":      binary.AppendUvarint(nil, 1<<32),
		"six bytes":    {0x80, 0x80, 0x80, 0x80, 0x80, 0x00},
		"no last byte": {0x80},
		"nothing":      {},
	} {
		if r := (&reader{data: data}); r.u32() != 0 || r.err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
	r := &reader{data: []byte{5, 'a', 'b'}}
	if name := r.name(); name != "" || r.err == nil {
		t.Errorf("read the name %q, %v from too few bytes", name, r.err)
	}
	if r.byte() != 0 || r.bytes(1) != nil || r.err == nil {
		t.Error("read on after an error")
	}
}

// TestResult checks what the host is told of a module, and what is left of it.
func TestResult(t *testing.T) {
	t.Parallel()
	wasm := readFile(t, "../testdata/hostile/state_globals.wasm")
	wasm = append(wasm, sections("\x00\x05other1", "\x00\x11scim_policy_cases[1]", "\x00\x11scim_policy_cases[2]")[len(header):]...)
	m := mustRewrite(t, wasm)
	if string(m.Cases) != "[1]" || strings.Contains(string(m.Wasm), "cases") || strings.Contains(string(m.Wasm), "other") {
		t.Errorf("cases %q are to be taken out of the module", m.Cases)
	}
	compiled, err := newRuntime(t, wazero.NewRuntimeConfigInterpreter()).CompileModule(t.Context(), m.Wasm)
	if err != nil {
		t.Fatal(err)
	}
	var imports, want []string
	for _, f := range compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		imports = append(imports, module+"."+name)
	}
	want = []string{"scim_policy.refuel", "scim_policy.overflow"}
	for _, imp := range m.Imports {
		want = append(want, imp.Module+"."+imp.Name)
	}
	if !slices.Equal(imports, want) || len(m.Imports) == 0 {
		t.Errorf("imports %v, want %v", imports, want)
	}
	if !slices.Contains(m.Exports, "decide") || slices.Contains(m.Exports, FuelGlobal) || len(m.Globals) == 0 {
		t.Errorf("exports %v and the globals %v", m.Exports, m.Globals)
	}
	if m := mustRewrite(t, []byte(header)); m.Cases != nil || len(m.Imports) != 0 || len(m.Exports) != 0 {
		t.Errorf("an empty module has %+v", m)
	}
}

// TestTampering rewrites modules that reach for what is not theirs: the budget, the
// functions that give more of it, or an instruction that the rewriter reads
// otherwise than the runtime. Nothing must be let pass that the runtime would take.
func TestTampering(t *testing.T) {
	t.Parallel()
	// A module of one function and one mutable global, whose body follows.
	module := func(locals int, body ...byte) []byte {
		b := &builder{}
		b.global()
		b.function(b.typ("i", ""), locals, "f", body)
		return b.module()
	}
	imports := func(module, name string) []byte {
		imp := append(appendName(appendName([]byte{1}, module), name), 0, 0)
		return sections("\x01\x01\x60\x00\x00", "\x02"+string(imp))
	}
	exports := func(name string, kind, index byte) []byte {
		exp := append(appendName([]byte{1}, name), kind, index)
		return sections("\x01\x01\x60\x00\x00", "\x03\x01\x00", "\x06\x01\x7e\x01\x42\x00\x0b", "\x07"+string(exp), "\x0a\x01\x02\x00\x0b")
	}
	for name, tamper := range map[string]struct {
		wasm []byte
		want string
	}{
		"read fuel":              {module(0, opGlobalGet, 1, 0x1a), "global 1 of 1"},
		"set fuel":               {module(0, opI64Const, 1, opGlobalSet, 1), "global 1 of 1"},
		"set depth":              {module(0, opI64Const, 1, opGlobalSet, 2), "global 2 of 1"},
		"set fuel in five bytes": {module(0, opI64Const, 1, opGlobalSet, 0x81, 0x80, 0x80, 0x80, 0), "global 1 of 1"},
		"call a helper":          {module(0, opCall, 1), "function 1 of 1"},
		"call grow":              {module(0, opCall, 3), "function 3 of 1"},
		"call refuel":            {module(0, opCall, 0xff, 0xff, 0xff, 0xff, 0x0f), "function 4294967295 of 1"},
		"an added local":         {module(1, opF64Const, 0, 0, 0, 0, 0, 0, 0, 0, 0x9f, opLocalSet, 2), "local 2 of 2"},
		"an added type":          {module(0, opLocalGet, 0, opCallIndirect, 1, 0), "type 1 of 1"},
		"an added type of block": {module(0, opBlock, 1, opEnd), "type 1 of 1"},
		"a negative type":        {module(0, opBlock, 0xff, 0x7f, opEnd), "type"},
		"a long empty type":      {module(0, opBlock, 0xc0, 0x7f, opEnd), "type"},
		"the label of a wrapper": {module(0, opBr, 1), "label 1 of 1"},
		"label of a br_table":    {module(0, opLocalGet, 0, opBrTable, 1, 0, 1), "label 1 of 1"},
		"an end too many":        {module(0, opEnd, opGlobalGet, 0, 0x1a), "goes on after its end"},
		"an end too few":         {module(0, opBlock, blockEmpty), "ends too early"},
		"an else too many":       {module(0, opElse), "else without an if"},
		"two elses":              {module(0, opLocalGet, 0, opIf, blockEmpty, opElse, opElse, opEnd), "else without an if"},
		"operands of a wrapper":  {module(0, 0x1a), "more operands than there are"},
		"operands of outside":    {module(0, opLocalGet, 0, opBlock, blockEmpty, 0x1a, opEnd), "more operands than there are"},
		"a second memory":        {module(0, opMemorySize, 1, 0x1a), "memory 1 of 1"},
		"a long memory index":    {module(0, opMemorySize, 0x80, 0, 0x1a), "memory 128 of 1"},
		"a memory's alignment":   {module(0, opLocalGet, 0, 0x28, 0x40, 0, 0, 0x1a), "alignment"},
		"a second table":         {module(0, opLocalGet, 0, opLocalGet, 0, opCallIndirect, 0, 1), "table"},
		"vectors":                {module(0, opPrefixSIMD, 0x0c), "-msimd128"},
		"atomics":                {module(0, opPrefixAtomic, 0), "atomic"},
		"tail call":              {module(0, 0x12, 0), "tail calls"},
		"reference":              {module(0, 0xd0, 0x70), "reference types"},
		"typed select":           {module(0, 0x1c, 1, 0x7f), "reference types"},
		"table.grow":             {module(0, 0xfc, 15, 0), "reference types"},
		"table.init":             {module(0, 0xfc, 12, 0, 0), "passive segments"},
		"data.drop":              {module(0, 0xfc, 9, 0), "passive segments"},
		"exception":              {module(0, 0x08, 0), "exceptions"},
		"unknown":                {module(0, 0x27), "unknown"},
		"unknown misc":           {module(0, 0xfc, 18), "unknown"},
		"import refuel":          {imports("scim_policy", "refuel"), "scim_policy.refuel"},
		"import overflow":        {imports("scim_policy", "overflow"), "scim_policy.overflow"},
		"export fuel":            {exports("scim_policy.fuel", kindGlobal, 0), "scim_policy.fuel has a name that is for the host alone"},
		"export a global":        {exports("x", kindGlobal, 1), "global 1 of 1"},
		"export a helper":        {exports("x", kindFunc, 1), "function 1 of 1"},
		"start at a helper":      {sections("\x01\x01\x60\x00\x00", "\x03\x01\x00", "\x08\x01", "\x0a\x01\x02\x00\x0b"), "function 1 of 1"},
		"a helper in the table":  {sections("\x01\x01\x60\x00\x00", "\x03\x01\x00", "\x04\x01\x70\x00\x01", "\x09\x01\x00\x41\x00\x0b\x01\x01", "\x0a\x01\x02\x00\x0b"), "function 1 of 1"},
		"an initial value":       {sections("\x06\x02\x7e\x01\x42\x00\x0b\x7e\x00\x23\x00\x0b"), "no constant"},
		"initial arithmetic":     {sections("\x06\x01\x7e\x01\x42\x00\x42\x00\x7c\x0b"), "after its constant"},
	} {
		_, err := Rewrite(tamper.wasm, Limits{})
		if err == nil || !strings.Contains(err.Error(), tamper.want) {
			t.Errorf("%s: refused with %v, want …%s…", name, err, tamper.want)
		}
	}
	for _, name := range []string{Refuel, Overflow} {
		_, err := Rewrite(imports(HostModule, name), Limits{})
		if failed, ok := errors.AsType[*ImportError](err); !ok || failed.Name != name {
			t.Errorf("refused with %v, want an ImportError of %s", err, name)
		}
	}
}

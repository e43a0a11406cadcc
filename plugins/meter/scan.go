package meter

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// header begins a module of version 1.
const header = "\x00asm\x01\x00\x00\x00"

// Sections of the binary format.
const (
	sectionCustom    = 0
	sectionType      = 1
	sectionImport    = 2
	sectionFunction  = 3
	sectionTable     = 4
	sectionMemory    = 5
	sectionGlobal    = 6
	sectionExport    = 7
	sectionStart     = 8
	sectionElement   = 9
	sectionCode      = 10
	sectionData      = 11
	sectionDataCount = 12
)

// External kinds of the binary format.
const (
	kindFunc   = 0
	kindTable  = 1
	kindMemory = 2
	kindGlobal = 3
)

// funcType is what must be known of a function type.
type funcType struct {
	params  int
	results []byte // the types
}

// module is a module that is being read and rewritten.
type module struct {
	limits Limits
	// costLimit is what the limits make of the module's size.
	costLimit time.Duration
	stats     Stats
	cases     []byte

	types   []funcType
	imports []Import
	// callees holds the type of each function, imported ones first.
	callees []uint32
	tables  int
	// hostInTable says that call_indirect may call the host.
	hostInTable bool
	memory      int
	globals     int
	// mutable holds the indexes of the mutable globals.
	mutable []uint32
	exports []string
	locals  int // of all functions so far

	// What the rewritten sections hold, without the count that begins each. Functions
	// are already counted as in the rewritten module.
	typeEntries, importEntries, functionEntries []byte
	globalEntries, exportEntries                []byte
	elementEntries                              []byte
	elements                                    int
	codeEntries                                 []byte
	start                                       []byte

	// Sections that stay as they are, and that of the code before it is rewritten.
	tableSection, memorySection, dataSection, codeSection []byte

	// blockTypes holds the added type () -> results for the results of a guest's type.
	blockTypes       map[uint32]uint32
	blockTypeEntries []byte
	blockTypeCount   int
}

// scan reads a module as far as its structure goes: it looks at everything that
// announces a size, and refuses what the runtime would make room for in vain.
//
// Custom sections are left out. They hold names and debugging information, which a
// policy does not need in order to run and which would have to be checked as well.
func (m *module) scan(wasm []byte) error {
	if !bytes.HasPrefix(wasm, []byte(header)) {
		return errors.New("it does not start like a WebAssembly module of version 1")
	}
	r := &reader{data: wasm, pos: len(header)}
	last := 0
	for r.err == nil && r.pos < len(wasm) {
		id := r.byte()
		body := r.bytes(r.u32())
		if r.err != nil {
			break
		}
		if id == sectionCustom {
			if err := m.scanCustom(body); err != nil {
				return fmt.Errorf("a custom section: %w", err)
			}
			continue
		}
		rank := sectionRank(id)
		if rank <= last {
			return fmt.Errorf("section %d is unknown, repeated or out of order", id)
		}
		last = rank
		if err := m.scanSection(id, body); err != nil {
			if _, ok := errors.AsType[*ImportError](err); ok {
				return err
			}
			return fmt.Errorf("section %d: %w", id, err)
		}
	}
	if r.err == nil && m.codeSection == nil && len(m.callees) > len(m.imports) {
		return errors.New("its functions have no code")
	}
	return r.err
}

// sectionRank returns the place of a section among the others, 0 for one that is
// not known.
func sectionRank(id byte) int {
	return 1 + bytes.IndexByte([]byte{
		sectionType, sectionImport, sectionFunction, sectionTable, sectionMemory, sectionGlobal, sectionExport,
		sectionStart, sectionElement, sectionDataCount, sectionCode, sectionData,
	}, id)
}

func (m *module) scanSection(id byte, body []byte) error {
	r := &reader{data: body}
	switch id {
	case sectionType:
		m.scanTypes(r)
	case sectionImport:
		m.scanImports(r)
	case sectionFunction:
		m.scanFunctions(r)
	case sectionTable:
		m.tableSection = body
		m.scanTables(r)
	case sectionMemory:
		m.memorySection = body
		for m.memory = r.count("memories", 1); r.pos < len(body) && r.err == nil; {
			r.limits()
		}
	case sectionGlobal:
		m.scanGlobals(r)
	case sectionExport:
		m.scanExports(r)
	case sectionStart:
		m.start = binary.AppendUvarint(nil, uint64(r.index("function", len(m.callees))+addedImports))
	case sectionElement:
		m.scanElements(r)
	case sectionDataCount:
		r.u32() // only instructions on passive segments need it
	case sectionCode:
		m.codeSection = body
		r.pos = len(body)
	case sectionData:
		m.dataSection = body
		scanData(r)
	}
	if r.err == nil && r.pos != len(body) {
		r.fail(errors.New("it goes on after its content"))
	}
	return r.err
}

func (m *module) scanCustom(body []byte) error {
	r := &reader{data: body}
	if name := r.bytes(r.u32()); string(name) == CasesSection && m.cases == nil {
		m.cases = bytes.Clone(r.data[r.pos:])
	}
	return r.err
}

func (m *module) scanTypes(r *reader) {
	n := r.count("types", maxTypes)
	first := r.pos
	m.types = make([]funcType, 0, n)
	for range n {
		if form := r.byte(); r.err == nil && form != 0x60 {
			r.failf("a type has the form %#x, which is no function", form)
		}
		var t funcType
		t.params = r.count("parameters", maxTypeValues)
		for range t.params {
			r.valueType()
		}
		results := r.count("results", maxTypeValues)
		from := r.pos
		for range results {
			r.valueType()
		}
		if r.err != nil {
			return
		}
		t.results = r.data[from:r.pos]
		m.types = append(m.types, t)
	}
	m.typeEntries = r.data[first:r.pos:r.pos]
}

func (m *module) scanImports(r *reader) {
	n := r.count("imports", maxImports)
	first := r.pos
	for range n {
		imp := Import{Module: r.name(), Name: r.name()}
		kind := r.byte()
		switch {
		case r.err != nil:
			return
		case kind != kindFunc:
			r.fail(&ImportError{imp, "it is no function"})
			return
		case imp.Module == HostModule && (imp.Name == Refuel || imp.Name == Overflow):
			r.fail(&ImportError{imp, "the name is for the host alone"})
			return
		}
		m.imports = append(m.imports, imp)
		m.callees = append(m.callees, r.index("type", len(m.types)))
	}
	m.importEntries = r.data[first:r.pos]
}

func (m *module) scanFunctions(r *reader) {
	n := r.count("functions", maxFunctions)
	first := r.pos
	for range n {
		m.callees = append(m.callees, r.index("type", len(m.types)))
		if r.err != nil {
			return
		}
	}
	m.functionEntries = r.data[first:r.pos:r.pos]
}

func (m *module) scanTables(r *reader) {
	m.tables = r.count("tables", 1)
	for range m.tables {
		if element := r.byte(); r.err == nil && element != 0x70 {
			r.failf("a table holds %#x, want functions", element)
		}
		if entries := r.limits(); entries > maxTableEntries {
			r.failf("a table has %d entries, want at most %d", entries, maxTableEntries)
		}
	}
}

func (m *module) scanGlobals(r *reader) {
	// No global can be imported, so indexes count from 0 here.
	n := r.count("globals", maxGlobals)
	first := r.pos
	for i := range n {
		r.valueType()
		mutability := r.byte()
		r.constExpr()
		if r.err != nil {
			return
		}
		if mutability == 0 {
			continue
		}
		if m.mutable = append(m.mutable, uint32(i)); len(m.mutable) > maxMutableGlobals {
			r.failf("there are more than %d mutable globals", maxMutableGlobals)
		}
	}
	m.globals = n
	m.globalEntries = r.data[first:r.pos:r.pos]
}

func (m *module) scanExports(r *reader) {
	for range r.count("exports", maxExports) {
		name := r.name()
		kind := r.byte()
		var index uint32
		switch kind {
		case kindFunc:
			index = r.index("function", len(m.callees)) + addedImports
		case kindTable:
			index = r.index("table", m.tables)
		case kindMemory:
			index = r.index("memory", m.memory)
		case kindGlobal:
			index = r.index("global", m.globals)
		default:
			r.failf("an export has the kind %#x", kind)
		}
		if strings.HasPrefix(name, Prefix) {
			r.failf("the export %s has a name that is for the host alone", name)
		}
		if r.err != nil {
			return
		}
		m.exports = append(m.exports, name)
		m.appendExport(name, kind, index)
	}
}

func (m *module) appendExport(name string, kind byte, index uint32) {
	m.exportEntries = binary.AppendUvarint(m.exportEntries, uint64(len(name)))
	m.exportEntries = append(m.exportEntries, name...)
	m.exportEntries = append(m.exportEntries, kind)
	m.exportEntries = binary.AppendUvarint(m.exportEntries, uint64(index))
}

// scanElements accepts segments that fill the table when the module is instantiated.
// The other kinds serve instructions that change a table later, which a reset would
// not undo.
func (m *module) scanElements(r *reader) {
	together := 0
	m.elements = r.count("element segments", maxElements)
	for range m.elements {
		if flags := r.u32(); r.err == nil && flags != 0 {
			r.failf("an element segment has the flags %#x, want an active one", flags)
		}
		from := r.pos
		r.constExpr()
		offset := r.data[from:r.pos]
		n := r.count("entries of an element segment", maxTableEntries-together)
		together += n
		if r.err != nil {
			return
		}
		m.elementEntries = append(m.elementEntries, 0)
		m.elementEntries = append(m.elementEntries, offset...)
		m.elementEntries = binary.AppendUvarint(m.elementEntries, uint64(n))
		for range n {
			index := r.index("function", len(m.callees))
			m.hostInTable = m.hostInTable || int(index) < len(m.imports)
			m.elementEntries = binary.AppendUvarint(m.elementEntries, uint64(index)+addedImports)
		}
	}
}

// scanData accepts segments that fill the memory when the module is instantiated,
// for the reason that scanElements gives.
func scanData(r *reader) {
	for range r.count("data segments", maxDataSegments) {
		if flags := r.u32(); r.err == nil && flags != 0 {
			r.failf("a data segment has the flags %#x, want an active one", flags)
		}
		r.constExpr()
		r.bytes(r.u32())
		if r.err != nil {
			return
		}
	}
}

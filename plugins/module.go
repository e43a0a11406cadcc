package plugins

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A memory's size is a number of pages. One of maxMemoryPages is the largest whose
// size in bytes has 32 bits.
const (
	wasmPageBytes  = 64 << 10
	maxMemoryPages = 1<<16 - 1
)

// wasmHeader begins a module of version 1.
const wasmHeader = "\x00asm\x01\x00\x00\x00"

// Limits of a module beyond its size. The runtime makes room for what a count
// announces before it looks whether it is there, so that a few bytes could take all
// memory of the process. The limits are far above what compilers produce for a
// module of the size that is allowed.
const (
	maxTypes          = 10_000
	maxTypeValues     = 1_000 // parameters, and results, of one function type
	maxImports        = 1_000
	maxFunctions      = 100_000
	maxGlobals        = 10_000
	maxExports        = 10_000
	maxElements       = 10_000
	maxDataSegments   = 100_000
	maxLocals         = 50_000    // of one function
	maxLocalsTogether = 4_000_000 // of all functions
	// maxTableEntries bounds a table; an entry takes 8 bytes in each instance.
	maxTableEntries = 1 << 17
	// maxMutableGlobals bounds what must be restored after each call.
	maxMutableGlobals = 1_024
)

// globalExportPrefix begins the names under which rewrite exports globals.
const globalExportPrefix = "scim_policy.global."

// Sections of the WebAssembly binary format.
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

// External kinds of the WebAssembly binary format.
const (
	kindFunc   = 0
	kindGlobal = 3
)

// moduleImport is one import of a module.
type moduleImport struct {
	module, name string
	kind         byte
}

// section is one section of a module.
type section struct {
	id   byte
	body []byte
}

// moduleScan is what must be known of a module before the runtime may see it.
type moduleScan struct {
	// sections holds all but the custom ones.
	sections []section
	imports  []moduleImport
	// mutable holds the indexes of the mutable globals.
	mutable []uint32
	// exports is the number of exports, and exportEntries the export section behind it.
	exports       uint32
	exportEntries []byte

	locals uint32 // of all functions so far
}

// scanModule reads a module as far as its structure goes: it looks at everything
// that announces a size, and refuses what the runtime would make room for in vain.
// What the instructions of functions mean is for the runtime to validate.
//
// Custom sections are left out. They hold names and debugging information, which a
// policy does not need in order to run and which would have to be checked as well.
func scanModule(wasm []byte) (*moduleScan, error) {
	if !bytes.HasPrefix(wasm, []byte(wasmHeader)) {
		return nil, errors.New("it does not start like a WebAssembly module of version 1")
	}
	s := &moduleScan{}
	r := &binaryReader{data: wasm, pos: len(wasmHeader)}
	last := 0
	for r.err == nil && r.pos < len(wasm) {
		id := r.byte()
		body := r.bytes(r.u32())
		if r.err != nil || id == sectionCustom {
			continue
		}
		rank := sectionRank(id)
		if rank <= last {
			return nil, fmt.Errorf("section %d is unknown, repeated or out of order", id)
		}
		last = rank
		if err := s.scanSection(id, body); err != nil {
			return nil, fmt.Errorf("section %d: %w", id, err)
		}
		s.sections = append(s.sections, section{id, body})
	}
	return s, r.err
}

// sectionRank returns the place of a section among the others, 0 for one that is
// not known.
func sectionRank(id byte) int {
	return 1 + bytes.IndexByte([]byte{
		sectionType, sectionImport, sectionFunction, sectionTable, sectionMemory, sectionGlobal, sectionExport,
		sectionStart, sectionElement, sectionDataCount, sectionCode, sectionData,
	}, id)
}

func (s *moduleScan) scanSection(id byte, body []byte) error {
	r := &binaryReader{data: body}
	switch id {
	case sectionType:
		scanTypes(r)
	case sectionImport:
		s.scanImports(r)
	case sectionFunction:
		for n := r.count("functions", maxFunctions); n > 0; n-- {
			r.u32()
		}
	case sectionTable:
		scanTables(r)
	case sectionMemory:
		for n := r.count("memories", 1); n > 0; n-- {
			r.limits()
		}
	case sectionGlobal:
		s.scanGlobals(r)
	case sectionExport:
		s.scanExports(r)
	case sectionStart:
		r.u32()
	case sectionElement:
		scanElements(r)
	case sectionDataCount:
		r.u32()
	case sectionCode:
		s.scanCode(r)
	case sectionData:
		scanData(r)
	}
	if r.err == nil && r.pos != len(body) {
		r.fail(errors.New("it goes on after its content"))
	}
	return r.err
}

func scanTypes(r *binaryReader) {
	for n := r.count("types", maxTypes); n > 0 && r.err == nil; n-- {
		if form := r.byte(); r.err == nil && form != 0x60 {
			r.fail(fmt.Errorf("a type has the form %#x, which is no function", form))
		}
		for params := r.count("parameters", maxTypeValues); params > 0; params-- {
			r.valueType()
		}
		for results := r.count("results", maxTypeValues); results > 0; results-- {
			r.valueType()
		}
	}
}

// scanImports stops at an import that is not a function: check refuses it by name.
func (s *moduleScan) scanImports(r *binaryReader) {
	for n := r.count("imports", maxImports); n > 0 && r.err == nil; n-- {
		imp := moduleImport{module: r.name(), name: r.name(), kind: r.byte()}
		s.imports = append(s.imports, imp)
		if imp.kind != kindFunc {
			r.pos = len(r.data)
			return
		}
		r.u32()
	}
}

func scanTables(r *binaryReader) {
	for n := r.count("tables", 1); n > 0 && r.err == nil; n-- {
		if element := r.byte(); r.err == nil && element != 0x70 {
			r.fail(fmt.Errorf("a table holds %#x, want functions", element))
		}
		if entries := r.limits(); entries > maxTableEntries {
			r.fail(fmt.Errorf("a table has %d entries, want at most %d", entries, maxTableEntries))
		}
	}
}

func (s *moduleScan) scanGlobals(r *binaryReader) {
	// No global can be imported, so indexes count from 0 here.
	n := r.count("globals", maxGlobals)
	for i := uint32(0); i < n && r.err == nil; i++ {
		valueType, mutability := r.valueType(), r.byte()
		r.constExpr()
		if r.err != nil || mutability == 0 {
			continue
		}
		if valueType == valueV128 {
			r.fail(errors.New("a mutable global of type v128 cannot be reset between calls"))
		}
		if s.mutable = append(s.mutable, i); len(s.mutable) > maxMutableGlobals {
			r.fail(fmt.Errorf("there are more than %d mutable globals", maxMutableGlobals))
		}
	}
}

func (s *moduleScan) scanExports(r *binaryReader) {
	s.exports = r.count("exports", maxExports)
	s.exportEntries = r.rest()
	for n := s.exports; n > 0 && r.err == nil; n-- {
		r.name()
		r.byte()
		r.u32()
	}
}

// scanElements accepts segments that fill the table when the module is instantiated.
// The other kinds serve instructions that change a table later, which a reset would
// not undo.
func scanElements(r *binaryReader) {
	var together uint32
	for n := r.count("element segments", maxElements); n > 0 && r.err == nil; n-- {
		if flags := r.u32(); r.err == nil && flags != 0 {
			r.fail(fmt.Errorf("an element segment has the flags %#x, want an active one", flags))
		}
		r.constExpr()
		entries := r.count("entries of an element segment", maxTableEntries-together)
		for together += entries; entries > 0; entries-- {
			r.u32()
		}
	}
}

func (s *moduleScan) scanCode(r *binaryReader) {
	for n := r.count("functions", maxFunctions); n > 0 && r.err == nil; n-- {
		body := &binaryReader{data: r.bytes(r.u32())}
		var locals uint64
		for groups := body.count("groups of locals", maxLocals); groups > 0 && body.err == nil; groups-- {
			locals += uint64(body.u32())
			body.valueType()
			if locals > maxLocals || uint64(s.locals)+locals > maxLocalsTogether {
				body.fail(fmt.Errorf("a function has more than %d locals, or all together more than %d", maxLocals, maxLocalsTogether))
			}
		}
		s.locals += uint32(locals)
		if body.err != nil {
			r.fail(body.err)
		}
	}
}

// scanData accepts segments that fill the memory when the module is instantiated,
// for the reason that scanElements gives.
func scanData(r *binaryReader) {
	for n := r.count("data segments", maxDataSegments); n > 0 && r.err == nil; n-- {
		if flags := r.u32(); r.err == nil && flags != 0 {
			r.fail(fmt.Errorf("a data segment has the flags %#x, want an active one", flags))
		}
		r.constExpr()
		r.bytes(r.u32())
	}
}

// rewrite returns the module as the runtime gets it: without custom sections and with
// an export for each mutable global, and the names of these exports. A host can
// restore only what is exported, and what it does not restore would carry state
// from call to call.
func (s *moduleScan) rewrite() (wasm []byte, globals []string) {
	exports := binary.AppendUvarint(nil, uint64(s.exports)+uint64(len(s.mutable)))
	exports = append(exports, s.exportEntries...)
	for _, index := range s.mutable {
		name := fmt.Sprintf("%s%d", globalExportPrefix, index)
		globals = append(globals, name)
		exports = binary.AppendUvarint(exports, uint64(len(name)))
		exports = append(exports, name...)
		exports = append(exports, kindGlobal)
		exports = binary.AppendUvarint(exports, uint64(index))
	}
	size := len(wasmHeader) + len(exports)
	for _, section := range s.sections {
		size += len(section.body) + 1 + binary.MaxVarintLen32
	}
	wasm = append(make([]byte, 0, size), wasmHeader...)
	for _, section := range s.sections {
		if section.id == sectionExport {
			section.body = exports
		}
		wasm = append(wasm, section.id)
		wasm = binary.AppendUvarint(wasm, uint64(len(section.body)))
		wasm = append(wasm, section.body...)
	}
	return wasm, globals
}

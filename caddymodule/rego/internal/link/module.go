package link

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// header begins a module of version 1.
const header = "\x00asm\x01\x00\x00\x00"

// Sections of the binary format.
const (
	sectionCustom   = 0
	sectionType     = 1
	sectionImport   = 2
	sectionFunction = 3
	sectionTable    = 4
	sectionMemory   = 5
	sectionGlobal   = 6
	sectionExport   = 7
	sectionStart    = 8
	sectionElement  = 9
	sectionCode     = 10
	sectionData     = 11
)

// External kinds of the binary format.
const (
	kindFunc   = 0
	kindMemory = 2
)

// module is a module as OPA writes it: with a memory that is imported, a start
// function, at most one table, and active segments alone.
type module struct {
	types   []string // as they are encoded
	imports []funcImport
	pages   uint32 // of the imported memory
	funcs   []uint32
	table   []byte // the section
	globals []byte // the entries
	global  uint32 // their number
	exports map[string]uint32
	start   uint32
	elems   []elements
	bodies  [][]byte
	data    []byte // the section
}

type funcImport struct {
	module, name string
	typ          uint32
}

// elements is one element segment.
type elements struct {
	offset  []byte // an expression
	entries []uint32
}

// parse reads the module. It is made by this very process, so that what is wrong with
// it is a version of OPA that this package does not know.
func parse(wasm []byte) (*module, error) {
	body, ok := bytes.CutPrefix(wasm, []byte(header))
	if !ok {
		return nil, fmt.Errorf("no module of version 1")
	}
	m := &module{exports: make(map[string]uint32)}
	r := &reader{data: body}
	seen := make(map[byte]bool)
	for !r.done() {
		id := r.byte()
		s := &reader{data: r.bytes(r.u32())}
		if seen[id] && id != sectionCustom {
			return nil, fmt.Errorf("section %d is there twice", id)
		}
		seen[id] = true
		m.section(id, s)
		if s.err != nil {
			return nil, fmt.Errorf("section %d: %w", id, s.err)
		}
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case !seen[sectionStart]:
		return nil, fmt.Errorf("it has no start function")
	case len(m.bodies) != len(m.funcs):
		return nil, fmt.Errorf("it has %d functions and %d bodies", len(m.funcs), len(m.bodies))
	}
	return m, nil
}

func (m *module) section(id byte, r *reader) {
	switch id {
	case sectionCustom: // names, for people
	case sectionType:
		for n := r.count(); n > 0 && r.err == nil; n-- {
			from := r.pos
			r.byte()
			r.bytes(r.u32())
			r.bytes(r.u32())
			m.types = append(m.types, string(r.data[from:r.pos]))
		}
	case sectionImport:
		for n := r.count(); n > 0 && r.err == nil; n-- {
			m.readImport(r)
		}
	case sectionFunction:
		for n := r.count(); n > 0 && r.err == nil; n-- {
			m.funcs = append(m.funcs, r.u32())
		}
	case sectionTable:
		m.table = r.data
	case sectionMemory:
		if r.count() != 0 {
			r.fail(fmt.Errorf("it has a memory of its own"))
		}
	case sectionGlobal:
		m.global = uint32(r.count())
		m.globals = r.data[r.pos:]
	case sectionExport:
		for n := r.count(); n > 0 && r.err == nil; n-- {
			name, kind, index := r.name(), r.byte(), r.u32()
			if kind == kindFunc {
				m.exports[name] = index
			}
		}
	case sectionStart:
		m.start = r.u32()
	case sectionElement:
		for n := r.count(); n > 0 && r.err == nil; n-- {
			m.readElements(r)
		}
	case sectionCode:
		for n := r.count(); n > 0 && r.err == nil; n-- {
			m.bodies = append(m.bodies, r.bytes(r.u32()))
		}
	case sectionData:
		m.data = r.data
	default:
		r.fail(fmt.Errorf("it is not known here"))
	}
}

func (m *module) readImport(r *reader) {
	mod, name := r.name(), r.name()
	switch kind := r.byte(); {
	case kind == kindFunc:
		m.imports = append(m.imports, funcImport{mod, name, r.u32()})
	case kind == kindMemory && m.pages == 0:
		m.pages = r.limits()
	default:
		r.fail(fmt.Errorf("import %s.%s has the kind %d", mod, name, kind))
	}
}

func (m *module) readElements(r *reader) {
	if flags := r.u32(); flags != 0 {
		r.fail(fmt.Errorf("an element segment has the flags %#x", flags))
	}
	e := elements{offset: r.constExpr()}
	for n := r.count(); n > 0 && r.err == nil; n-- {
		e.entries = append(e.entries, r.u32())
	}
	m.elems = append(m.elems, e)
}

// typeIndex returns the index of the function type, which it adds if need be.
func (m *module) typeIndex(params, results string) uint32 {
	typ := "\x60" + string(rune(len(params))) + params + string(rune(len(results))) + results
	i := slices.Index(m.types, typ)
	if i < 0 {
		i = len(m.types)
		m.types = append(m.types, typ)
	}
	return uint32(i)
}

// Helpers to write the binary format.

func appendU32(b []byte, v uint32) []byte { return binary.AppendUvarint(b, uint64(v)) }

func appendName(b []byte, name string) []byte {
	return append(appendU32(b, uint32(len(name))), name...)
}

func appendBytes(b, content []byte) []byte {
	return append(appendU32(b, uint32(len(content))), content...)
}

func appendSection(b []byte, id byte, content []byte) []byte {
	return appendBytes(append(b, id), content)
}

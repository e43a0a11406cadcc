package plugins

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// wasmPageBytes is the unit of a memory's size.
const wasmPageBytes = 64 << 10

// Limits of a module beyond its size.
const (
	// maxTableEntries bounds all tables of a module together; an entry takes 8 bytes
	// in each instance.
	maxTableEntries = 1 << 17
	// maxMutableGlobals bounds what must be restored after each call.
	maxMutableGlobals = 1024
)

// globalExportPrefix begins the names under which withGlobals exports globals.
const globalExportPrefix = "scim_policy.global."

// Section ids of the WebAssembly binary format that the scan looks into.
const (
	sectionImport = 2
	sectionTable  = 4
	sectionGlobal = 6
	sectionExport = 7
)

// External kinds of the WebAssembly binary format.
const (
	kindFunc   = 0
	kindTable  = 1
	kindMemory = 2
	kindGlobal = 3
)

// valueV128 is the type of a 128-bit vector.
const valueV128 = 0x7b

var errModuleTruncated = errors.New("it ends too early")

// moduleImport is one import of a module.
type moduleImport struct {
	module, name string
	kind         byte
}

// moduleScan is what must be known of a module before it is compiled: all that the
// runtime does not tell. The scan checks no more than it needs; the runtime
// validates the whole module later.
type moduleScan struct {
	imports      []moduleImport
	tableEntries uint64
	// mutable holds the indexes of the mutable globals that the module defines.
	mutable []uint32
	// exportStart and exportEnd delimit the export section with its header; both are
	// 0 if there is none.
	exportStart, exportEnd int
	// exportEntries is the export section's content behind its count.
	exportEntries []byte
	exportCount   uint32
}

// scanModule reads the sections of a WebAssembly 1.0 binary.
func scanModule(wasm []byte) (*moduleScan, error) {
	if !bytes.HasPrefix(wasm, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, errors.New("it does not start like a WebAssembly module of version 1")
	}
	s := &moduleScan{}
	r := &binaryReader{data: wasm, pos: 8}
	for r.err == nil && r.pos < len(wasm) {
		start := r.pos
		id := r.byte()
		body := &binaryReader{data: r.bytes(r.u32())}
		switch id {
		case sectionImport:
			s.scanImports(body)
		case sectionTable:
			s.scanTables(body)
		case sectionGlobal:
			s.scanGlobals(body)
		case sectionExport:
			s.exportStart, s.exportEnd = start, r.pos
			s.exportCount = body.u32()
			s.exportEntries = body.rest()
		}
		if body.err != nil {
			return nil, fmt.Errorf("section %d: %w", id, body.err)
		}
	}
	return s, r.err
}

func (s *moduleScan) scanImports(r *binaryReader) {
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		imp := moduleImport{module: r.name(), name: r.name(), kind: r.byte()}
		switch imp.kind {
		case kindFunc:
			r.u32()
		case kindTable:
			r.byte()
			r.limits()
		case kindMemory:
			r.limits()
		case kindGlobal:
			r.byte()
			r.byte()
		default:
			r.fail(fmt.Errorf("an import of kind %d", imp.kind))
		}
		s.imports = append(s.imports, imp)
	}
}

func (s *moduleScan) scanTables(r *binaryReader) {
	for n := r.u32(); n > 0 && r.err == nil; n-- {
		r.byte()
		s.tableEntries += uint64(r.limits())
	}
}

func (s *moduleScan) scanGlobals(r *binaryReader) {
	// No global can be imported, so indexes count from 0 here.
	n := r.u32()
	for i := uint32(0); i < n && r.err == nil; i++ {
		valueType, mutable := r.byte(), r.byte() == 1
		r.constExpr()
		if !mutable {
			continue
		}
		if valueType == valueV128 {
			r.fail(errors.New("a mutable global of type v128 cannot be reset between calls"))
		}
		s.mutable = append(s.mutable, i)
	}
}

// withGlobals returns wasm with an additional export for each of its mutable
// globals, and the names of these exports. A host can restore only what is
// exported, and what it does not restore would carry state from call to call.
func (s *moduleScan) withGlobals(wasm []byte) (rewritten []byte, names []string) {
	if len(s.mutable) == 0 {
		return wasm, nil
	}
	content := binary.AppendUvarint(nil, uint64(s.exportCount)+uint64(len(s.mutable)))
	content = append(content, s.exportEntries...)
	for _, index := range s.mutable {
		name := fmt.Sprintf("%s%d", globalExportPrefix, index)
		names = append(names, name)
		content = binary.AppendUvarint(content, uint64(len(name)))
		content = append(content, name...)
		content = append(content, kindGlobal)
		content = binary.AppendUvarint(content, uint64(index))
	}
	rewritten = make([]byte, 0, len(wasm)+len(content)+16)
	rewritten = append(rewritten, wasm[:s.exportStart]...)
	rewritten = append(rewritten, sectionExport)
	rewritten = binary.AppendUvarint(rewritten, uint64(len(content)))
	rewritten = append(rewritten, content...)
	return append(rewritten, wasm[s.exportEnd:]...), names
}

// binaryReader reads the primitives of the binary format. After the first error
// it returns zeros.
type binaryReader struct {
	data []byte
	pos  int
	err  error
}

func (r *binaryReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *binaryReader) byte() byte {
	if r.err != nil || r.pos >= len(r.data) {
		r.fail(errModuleTruncated)
		return 0
	}
	b := r.data[r.pos]
	r.pos++
	return b
}

func (r *binaryReader) bytes(n uint32) []byte {
	if r.err != nil || uint64(n) > uint64(len(r.data)-r.pos) {
		r.fail(errModuleTruncated)
		return nil
	}
	b := r.data[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b
}

func (r *binaryReader) rest() []byte { return r.data[min(r.pos, len(r.data)):] }

// u32 reads an unsigned LEB128 number of at most 32 bits. Like the signed form, it
// has at most 5 bytes.
func (r *binaryReader) u32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			if v > 1<<32-1 {
				break
			}
			return uint32(v)
		}
	}
	r.fail(errors.New("a number is too large"))
	return 0
}

// skipLEB passes over a LEB128 number of at most size bytes.
func (r *binaryReader) skipLEB(size int) {
	for range size {
		if r.byte()&0x80 == 0 {
			return
		}
	}
	r.fail(errors.New("a number is too large"))
}

func (r *binaryReader) name() string {
	b := r.bytes(r.u32())
	if !utf8.Valid(b) {
		r.fail(errors.New("a name is not UTF-8"))
	}
	return string(b)
}

// limits reads the limits of a table or memory and returns the minimum.
func (r *binaryReader) limits() uint32 {
	flags, least := r.byte(), r.u32()
	if flags&1 != 0 {
		r.u32()
	}
	return least
}

// constExpr passes over the initial value of a global.
func (r *binaryReader) constExpr() {
	for r.err == nil {
		switch op := r.byte(); op {
		case 0x0b: // end
			return
		case 0x23: // global.get
			r.u32()
		case 0x41: // i32.const
			r.skipLEB(5)
		case 0x42: // i64.const
			r.skipLEB(10)
		case 0x43: // f32.const
			r.bytes(4)
		case 0x44: // f64.const
			r.bytes(8)
		case 0xd0: // ref.null
			r.byte()
		case 0xd2: // ref.func
			r.u32()
		case 0xfd: // v128.const
			r.u32()
			r.bytes(16)
		default:
			r.fail(fmt.Errorf("a global's initial value has the opcode %#x", op))
		}
	}
}

package meter

import (
	"encoding/binary"
	"fmt"
)

// helpers appends the bodies of the added functions.
func (w *rewriter) helpers() {
	w.cached = nil
	add := func(body []byte) {
		w.codeEntries = binary.AppendUvarint(w.codeEntries, uint64(len(body)))
		w.codeEntries = append(w.codeEntries, body...)
	}
	// helperCheck
	body := []byte{0}
	body = appendIndexed(body, opGlobalGet, w.depth)
	body = append(body, opI64Const, 0, opI64LtS, opIf, blockEmpty, opCall, importOverflow, opEnd, opCall, importRefuel, opEnd)
	add(body)
	// helperBulk
	body = []byte{0}
	body = appendIndexed(body, opGlobalGet, w.fuel)
	body = append(body, opLocalGet, 0, opI64ExtendI32, opI64Const, bulkShift, opI64ShrU, opI64Sub)
	body = appendIndexed(body, opGlobalSet, w.fuel)
	body = w.appendCheckFuel(body)
	add(append(body, opEnd))
	// helperGrow. Growth that fails costs nothing but the call, and what succeeds is
	// bounded by the host's limit on memory, so that it can be paid for afterwards.
	if w.memory == 0 {
		add([]byte{0, opLocalGet, 0, opEnd})
		return
	}
	body = []byte{1, 1, valueI32, opLocalGet, 0, opMemoryGrow, 0, opLocalTee, 1, opI32Const, 0x7f, opI32Ne, opIf, blockEmpty}
	body = appendIndexed(body, opGlobalGet, w.fuel)
	body = append(body, opLocalGet, 0, opI64ExtendI32, opI64Const)
	body = appendSLEB(body, weightPage)
	body = append(body, opI64Mul, opI64Sub)
	body = appendIndexed(body, opGlobalSet, w.fuel)
	body = w.appendCheckFuel(body)
	body = append(body, opEnd, opLocalGet, 1, opEnd)
	add(body)
}

// result puts the rewritten module together.
func (m *module) result() *Module {
	out := &Module{Fuel: FuelGlobal, Depth: DepthGlobal, Imports: m.imports, Exports: m.exports, Cases: m.cases, Stats: m.stats}
	types := uint32(len(m.types))
	size := len(m.codeEntries) + len(m.dataSection) + len(m.typeEntries) + len(m.elementEntries) + len(m.exportEntries) +
		len(m.functionEntries) + len(m.globalEntries) + len(m.importEntries) + 64*len(m.mutable) + 4096
	wasm := append(make([]byte, 0, size), header...)
	section := func(id byte, count int, parts ...[]byte) {
		var n [binary.MaxVarintLen64]byte
		prefix := n[:binary.PutUvarint(n[:], uint64(count))]
		length := len(prefix)
		for _, part := range parts {
			length += len(part)
		}
		wasm = append(wasm, id)
		wasm = binary.AppendUvarint(wasm, uint64(length))
		wasm = append(wasm, prefix...)
		for _, part := range parts {
			wasm = append(wasm, part...)
		}
	}
	whole := func(id byte, body []byte) {
		if body != nil {
			wasm = append(wasm, id)
			wasm = binary.AppendUvarint(wasm, uint64(len(body)))
			wasm = append(wasm, body...)
		}
	}

	section(sectionType, len(m.types)+addedTypes+m.blockTypeCount, m.typeEntries,
		[]byte{0x60, 0, 0, 0x60, 1, valueI32, 1, valueI32, 0x60, 1, valueI32, 0}, m.blockTypeEntries)

	var imports []byte
	for _, name := range []string{Refuel, Overflow} {
		imports = appendName(appendName(imports, HostModule), name)
		imports = binary.AppendUvarint(append(imports, kindFunc), uint64(types+typeNothing))
	}
	section(sectionImport, len(m.imports)+addedImports, imports, m.importEntries)

	var functions []byte
	for _, t := range []uint32{typeNothing, typeTakeI32, typeI32} {
		functions = binary.AppendUvarint(functions, uint64(types+t))
	}
	section(sectionFunction, len(m.callees)-len(m.imports)+addedHelpers, m.functionEntries, functions)
	whole(sectionTable, m.tableSection)
	whole(sectionMemory, m.memorySection)
	fuel := []byte{valueI64, 1, opI64Const, 0, opEnd}
	depth := append(appendSLEB([]byte{valueI64, 1, opI64Const}, DefaultDepth), opEnd)
	section(sectionGlobal, m.globals+addedGlobals, m.globalEntries, fuel, depth)

	m.appendExport(FuelGlobal, kindGlobal, uint32(m.globals+globalFuel))
	m.appendExport(DepthGlobal, kindGlobal, uint32(m.globals+globalDepth))
	for _, index := range m.mutable {
		name := fmt.Sprintf("%s%d", globalPrefix, index)
		out.Globals = append(out.Globals, name)
		m.appendExport(name, kindGlobal, index)
	}
	section(sectionExport, len(m.exports)+addedGlobals+len(m.mutable), m.exportEntries)
	whole(sectionStart, m.start)
	if m.elements > 0 {
		section(sectionElement, m.elements, m.elementEntries)
	}
	section(sectionCode, len(m.callees)-len(m.imports)+addedHelpers, m.codeEntries)
	whole(sectionData, m.dataSection)
	out.Wasm = wasm
	return out
}

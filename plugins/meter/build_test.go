package meter

import (
	"encoding/binary"
	"strings"
)

// builder makes modules for tests.
type builder struct {
	types, functions, exports, code []byte
	ntypes, nfunctions, nexports    int
	globals                         []byte
	nglobals                        int
}

// typ adds a function type.
func (b *builder) typ(params, results string) byte {
	b.types = append(b.types, 0x60)
	for _, list := range []string{params, results} {
		b.types = binary.AppendUvarint(b.types, uint64(len(list)))
		for _, c := range list {
			b.types = append(b.types, map[rune]byte{'i': valueI32, 'I': valueI64, 'f': valueF32, 'F': valueF64}[c])
		}
	}
	b.ntypes++
	return byte(b.ntypes - 1)
}

// function adds a function with locals of type i32 and a body without its end, and
// exports it.
func (b *builder) function(typ byte, locals int, name string, body ...[]byte) {
	b.functions = append(b.functions, typ)
	f := []byte{1}
	f = append(binary.AppendUvarint(f, uint64(locals)), valueI32)
	for _, part := range body {
		f = append(f, part...)
	}
	f = append(f, opEnd)
	b.code = append(binary.AppendUvarint(b.code, uint64(len(f))), f...)
	if name != "" {
		b.exports = append(appendName(b.exports, name), kindFunc)
		b.exports = binary.AppendUvarint(b.exports, uint64(b.nfunctions))
		b.nexports++
	}
	b.nfunctions++
}

// global adds a mutable global of type i32.
func (b *builder) global() {
	b.globals = append(b.globals, valueI32, 1, opI32Const, 0, opEnd)
	b.nglobals++
}

func (b *builder) module() []byte {
	wasm := []byte(header)
	section := func(id byte, n int, body []byte) {
		body = append(binary.AppendUvarint(nil, uint64(n)), body...)
		wasm = append(wasm, id)
		wasm = append(binary.AppendUvarint(wasm, uint64(len(body))), body...)
	}
	section(sectionType, b.ntypes, b.types)
	section(sectionFunction, b.nfunctions, b.functions)
	section(sectionTable, 1, []byte{0x70, 0, 10})
	section(sectionMemory, 1, []byte{0, 1})
	section(sectionGlobal, b.nglobals, b.globals)
	section(sectionExport, b.nexports, b.exports)
	section(sectionCode, b.nfunctions, b.code)
	return wasm
}

// op is an instruction with one number.
func op(code byte, n int) []byte {
	if code == opI32Const || code == opI64Const {
		return appendSLEB([]byte{code}, int64(n))
	}
	return binary.AppendUvarint([]byte{code}, uint64(n))
}

// times repeats instructions.
func times(n int, part func(i int) []byte) []byte {
	var body []byte
	for i := range n {
		body = append(body, part(i)...)
	}
	return body
}

func join(parts ...[]byte) []byte {
	var body []byte
	for _, part := range parts {
		body = append(body, part...)
	}
	return body
}

func types(n int) string { return strings.Repeat("i", n) }

package meter

import (
	"encoding/binary"
	"strings"
)

// builder makes modules for tests.
type builder struct {
	types, functions, exports, code []byte
	ntypes, nfunctions, nexports    int
	tables, memories, globals       []byte
	nglobals                        int
	elements                        []byte
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

// bombs make modules that take the runtime far more time or memory to compile than
// their size suggests. Each has a size, or more.
var bombs = map[string]func(n int) []byte{
	// Values of n locals must be carried past n places where paths meet.
	"locals by blocks": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), n, "f",
			times(n, func(i int) []byte {
				return join(op(opLocalGet, 0), []byte{opIf, blockEmpty}, op(opLocalGet, 0), op(opLocalSet, 1+i), []byte{opEnd})
			}),
			op(opI32Const, 0),
			times(n, func(i int) []byte { return append(op(opLocalGet, 1+i), 0x6a) }))
		return b.module()
	},
	"locals by loops": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), n, "f",
			times(n, func(i int) []byte { return []byte{opLoop, blockEmpty} }),
			times(n, func(i int) []byte { return join(op(opLocalGet, 0), op(opLocalSet, 1+i)) }),
			times(n, func(i int) []byte { return join(op(opLocalGet, 1+i), []byte{opBrIf, 0, opEnd}) }),
			op(opLocalGet, 1))
		return b.module()
	},
	"locals by sequence of loops": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), n, "f",
			times(n, func(i int) []byte {
				return join([]byte{opLoop, blockEmpty}, op(opLocalGet, 1+i), op(opLocalTee, 1+(i+1)%n), []byte{opBrIf, 0, opEnd})
			}),
			op(opI32Const, 0),
			times(n, func(i int) []byte { return append(op(opLocalGet, 1+i), 0x6a) }))
		return b.module()
	},
	"locals by labels of a br_table": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), n, "f",
			times(n, func(i int) []byte { return []byte{opBlock, blockEmpty} }),
			op(opLocalGet, 0), op(opBrTable, n-1), times(n, func(i int) []byte { return binary.AppendUvarint(nil, uint64(i)) }),
			times(n, func(i int) []byte { return join([]byte{opEnd}, op(opLocalGet, 0), op(opLocalSet, 1+i)) }),
			op(opI32Const, 0),
			times(n, func(i int) []byte { return append(op(opLocalGet, 1+i), 0x6a) }))
		return b.module()
	},
	"operands by blocks": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f",
			times(n, func(i int) []byte { return join(op(opLocalGet, 0), op(opI32Const, i), []byte{0x6a}) }),
			times(n, func(i int) []byte { return join(op(opLocalGet, 0), []byte{opIf, blockEmpty, opEnd}) }),
			times(n-1, func(i int) []byte { return []byte{0x6a} }))
		return b.module()
	},
	"nested blocks": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f",
			times(n, func(i int) []byte { return []byte{opBlock, blockEmpty} }),
			times(n, func(i int) []byte { return []byte{opEnd} }),
			op(opLocalGet, 0))
		return b.module()
	},
	"nested ifs": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f",
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, opIf, blockEmpty} }),
			times(n, func(i int) []byte { return []byte{opEnd} }),
			op(opLocalGet, 0))
		return b.module()
	},
	"nested loops": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f",
			times(n, func(i int) []byte { return []byte{opLoop, blockEmpty} }),
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, opBrIf, 0, opEnd} }),
			op(opLocalGet, 0))
		return b.module()
	},
	"br_ifs to one label": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f", []byte{opBlock, blockEmpty},
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, opBrIf, 0} }), []byte{opEnd},
			op(opLocalGet, 0))
		return b.module()
	},
	"br_ifs to a loop": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f", []byte{opLoop, blockEmpty},
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, opBrIf, 0} }), []byte{opEnd},
			op(opLocalGet, 0))
		return b.module()
	},
	"a br_table to one label": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f", []byte{opBlock, blockEmpty},
			op(opLocalGet, 0), op(opBrTable, n-1), make([]byte, n), []byte{opEnd},
			op(opLocalGet, 0))
		return b.module()
	},
	"br_tables to one label": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f", []byte{opBlock, blockEmpty},
			times(n, func(i int) []byte {
				return join([]byte{opBlock, blockEmpty}, op(opLocalGet, 0), op(opBrTable, n-1), make([]byte, n-1), []byte{1, opEnd})
			}), []byte{opEnd},
			op(opLocalGet, 0))
		return b.module()
	},
	"br_table with values": func(n int) []byte {
		b := &builder{}
		t := b.typ("", types(n))
		b.function(b.typ("i", ""), 0, "f", []byte{opBlock, t},
			times(n, func(i int) []byte { return op(opLocalGet, 0) }),
			op(opLocalGet, 0), op(opBrTable, n-1), make([]byte, n), []byte{opEnd},
			times(n, func(i int) []byte { return []byte{0x1a} }))
		return b.module()
	},
	"br_ifs with values": func(n int) []byte {
		b := &builder{}
		t := b.typ("", types(min(n, 1000)))
		b.function(b.typ("i", ""), 0, "f", []byte{opBlock, t},
			times(min(n, 1000), func(i int) []byte { return op(opLocalGet, 0) }),
			times(n, func(i int) []byte { return join(op(opLocalGet, 0), []byte{opBrIf, 0}) }), []byte{opEnd},
			times(min(n, 1000), func(i int) []byte { return []byte{0x1a} }))
		return b.module()
	},
	"blocks with values": func(n int) []byte {
		b := &builder{}
		k := min(n, 1000)
		t := b.typ(types(k), types(k))
		b.function(b.typ("i", ""), 0, "f",
			times(k, func(i int) []byte { return op(opLocalGet, 0) }),
			times(n, func(i int) []byte { return join([]byte{opLocalGet, 0, opIf, t, opElse, opEnd}) }),
			times(k, func(i int) []byte { return []byte{0x1a} }))
		return b.module()
	},
	"loops with values": func(n int) []byte {
		b := &builder{}
		k := min(n, 1000)
		t := b.typ(types(k), types(k))
		b.function(b.typ("i", ""), 0, "f",
			times(k, func(i int) []byte { return op(opLocalGet, 0) }),
			times(n, func(i int) []byte { return join([]byte{opLoop, t, opLocalGet, 0, opBrIf, 0, opEnd}) }),
			times(k, func(i int) []byte { return []byte{0x1a} }))
		return b.module()
	},
	"calls with values": func(n int) []byte {
		b := &builder{}
		k := min(n, 1000)
		t := b.typ(types(k), types(k))
		b.function(t, 0, "", times(k, func(i int) []byte { return op(opLocalGet, i) }))
		b.function(b.typ("i", ""), 0, "f",
			times(k, func(i int) []byte { return op(opLocalGet, 0) }),
			times(n, func(i int) []byte { return []byte{opCall, 0} }),
			times(k, func(i int) []byte { return []byte{0x1a} }))
		return b.module()
	},
	"calls by globals": func(n int) []byte {
		b := &builder{}
		for range min(n, 1024) {
			b.global()
		}
		t := b.typ("", "")
		b.function(t, 0, "")
		b.function(t, 0, "f", times(n, func(i int) []byte { return []byte{opCall, 0} }))
		return b.module()
	},
	"calls": func(n int) []byte {
		b := &builder{}
		t := b.typ("", "")
		b.function(t, 0, "")
		b.function(t, 0, "f", times(n, func(i int) []byte { return []byte{opCall, 0} }))
		return b.module()
	},
	"globals by blocks": func(n int) []byte {
		b := &builder{}
		k := min(n, 1024)
		for range k {
			b.global()
		}
		b.function(b.typ("i", ""), 0, "f", []byte{opBlock, blockEmpty},
			times(n, func(i int) []byte { return join(op(opGlobalGet, i%k), []byte{opBrIf, 0}) }), []byte{opEnd})
		return b.module()
	},
	"addresses by blocks": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), n, "f",
			times(n, func(i int) []byte {
				return join(op(opLocalGet, 0), op(opI32Const, i), []byte{0x6a}, op(opLocalTee, 1+i), []byte{0x28, 0, 0, 0x1a})
			}),
			[]byte{opBlock, blockEmpty},
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, opBrIf, 0} }), []byte{opEnd},
			op(opLocalGet, 0))
		return b.module()
	},
	"accesses by blocks": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), n, "f",
			times(n, func(i int) []byte {
				return join(op(opLocalGet, 0), op(opI32Const, i), []byte{0x6a}, op(opLocalTee, 1+i), []byte{0x28, 0, 0, 0x1a})
			}),
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, opIf, blockEmpty, opEnd} }),
			op(opLocalGet, 0))
		return b.module()
	},
	"straight": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f", op(opLocalGet, 0),
			times(n, func(i int) []byte { return join(op(opI32Const, i), []byte{0x6a}) }))
		return b.module()
	},
	"operands": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f",
			times(n, func(i int) []byte { return join(op(opLocalGet, 0), op(opI32Const, i), []byte{0x6a}) }),
			times(n-1, func(i int) []byte { return []byte{0x6a} }))
		return b.module()
	},
	"stores": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", ""), 0, "f",
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, opLocalGet, 0, 0x36, 2, 0} }))
		return b.module()
	},
	"float": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("F", "F"), 0, "f", op(opLocalGet, 0),
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, 0xa0} }))
		return b.module()
	},
	"divisions": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f", op(opLocalGet, 0),
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, 0x6d} }))
		return b.module()
	},
	"truncations": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("F", ""), 0, "f",
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, 0xaa, 0x1a} }))
		return b.module()
	},
	"fills": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", ""), 0, "f",
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, opLocalGet, 0, opLocalGet, 0, 0xfc, 11, 0} }))
		return b.module()
	},
	"copies": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", ""), 0, "f",
			times(n, func(i int) []byte { return []byte{opLocalGet, 0, opLocalGet, 0, opLocalGet, 0, 0xfc, 10, 0, 0} }))
		return b.module()
	},
	"indirect calls": func(n int) []byte {
		b := &builder{}
		t := b.typ("i", "")
		b.function(t, 0, "f", times(n, func(i int) []byte { return []byte{opLocalGet, 0, opLocalGet, 0, opCallIndirect, t, 0} }))
		return b.module()
	},
	"functions": func(n int) []byte {
		b := &builder{}
		t := b.typ("", "")
		for range n {
			b.function(t, 0, "")
		}
		return b.module()
	},
	"functions with locals": func(n int) []byte {
		b := &builder{}
		t := b.typ("", "")
		for range n {
			b.function(t, min(50_000, 4_000_000/n), "")
		}
		return b.module()
	},
	"functions with parameters": func(n int) []byte {
		b := &builder{}
		t := b.typ(types(1000), types(1000))
		for range n {
			b.function(t, 0, "", []byte{0})
		}
		return b.module()
	},
}

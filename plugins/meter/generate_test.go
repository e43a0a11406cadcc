package meter

import (
	"bytes"
	"encoding/binary"
)

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
	"square roots": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("F", "F"), 0, "f", op(opLocalGet, 0), bytes.Repeat([]byte{0x9f}, n))
		return b.module()
	},
	"truncations back and forth": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("F", "F"), 0, "f", op(opLocalGet, 0), bytes.Repeat([]byte{0xaa, 0xb7}, n))
		return b.module()
	},
	"loads": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f", op(opLocalGet, 0), bytes.Repeat([]byte{0x28, 0, 0}, n))
		return b.module()
	},
	"grows": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f", op(opLocalGet, 0), bytes.Repeat([]byte{opMemoryGrow, 0}, n))
		return b.module()
	},
	"bits": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), 0, "f", op(opLocalGet, 0), bytes.Repeat([]byte{0x67, 0x68, 0x69}, n))
		return b.module()
	},
	"nearest": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("F", "F"), 0, "f", op(opLocalGet, 0), bytes.Repeat([]byte{0x9e}, n))
		return b.module()
	},
	"saturating truncations": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("F", "F"), 0, "f", op(opLocalGet, 0), bytes.Repeat([]byte{0xfc, 7, 0xba}, n))
		return b.module()
	},
	"conversions": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("F", "F"), 0, "f", op(opLocalGet, 0), bytes.Repeat([]byte{0xb1, 0xba}, n))
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
			b.function(t, 4_000_000/n+20_000, "")
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

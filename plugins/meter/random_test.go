package meter

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// random writes a valid module, as its bytes decide, that always ends. Global 0 counts
// the markers that were passed.
type random struct {
	data   []byte
	bits   bool // may look at the bits of floats
	b      builder
	body   []byte
	labels []bool // those that may be branched to
	self   int    // the function at hand
	budget int    // of instructions that are left
	result byte   // its type
}

// markerWeight is the least that a marker can cost.
const markerWeight = 2*weightMemory + 2*weightPlain

// randomBudget is the fuel for one run.
const randomBudget = 10_000_000

// The locals of each function: four parameters of all types, and counters of loops.
const (
	randomFunctions = 4
	randomCounters  = 4 // how deep loops lie in each other
)

var randomTypes = []byte{valueI32, valueI64, valueF32, valueF64}

func (r *random) byte() byte {
	if len(r.data) == 0 {
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *random) n(n int) int { return int(r.byte()) % n }

func (r *random) emit(code ...byte) { r.body = append(r.body, code...) }

// module writes it all.
func (r *random) module() []byte {
	r.b.global()
	unary := r.b.typ("iIfF", "I")
	pair := r.b.typ("iIfF", "FI")
	for r.self = range randomFunctions {
		r.body, r.labels, r.budget = nil, nil, 100
		typ, name := unary, ""
		if r.self == 0 {
			name = "f"
		} else if r.self == randomFunctions-1 {
			typ = pair
		}
		r.result = typ
		r.stmts(3)
		r.finish()
		r.b.function(typ, randomCounters, name, r.body)
	}
	return r.b.module()
}

// finish leaves the results of the function on the stack.
func (r *random) finish() {
	if r.result == 1 {
		r.expr(valueF64, 2)
	}
	r.expr(valueI64, 2)
}

func (r *random) stmts(depth int) {
	for range 1 + r.n(4) {
		if r.budget--; r.budget > 0 {
			r.stmt(depth)
		}
	}
}

func (r *random) marker() { r.emit(opGlobalGet, 0, opI32Const, 1, 0x6a, opGlobalSet, 0) }

func (r *random) stmt(depth int) {
	r.marker()
	kind := r.n(16)
	if depth == 0 {
		kind %= 6
	}
	switch kind {
	case 0, 1:
		local := byte(r.n(4))
		r.expr(randomTypes[local], 3)
		r.emit(opLocalSet, local)
	case 2: // a store
		t := r.n(4)
		if !r.bits {
			t %= 2
		}
		r.address()
		r.expr(randomTypes[t], 2)
		r.emit(byte(0x36+t), 0, 8)
	case 3:
		r.branch(opBrIf)
	case 4:
		r.address()
		r.expr(valueI32, 1)
		r.length()
		r.emit(opPrefixMisc, miscMemoryFill, 0)
	case 5:
		r.address()
		r.address()
		r.length()
		r.emit(opPrefixMisc, miscMemoryCopy, 0, 0)
	case 6, 7, 8:
		r.expr(valueI32, 2)
		r.emit(opIf, blockEmpty)
		r.labels = append(r.labels, true)
		r.stmts(depth - 1)
		switch r.n(4) {
		case 0:
			r.branch(opBr)
		case 1:
			r.emit(opElse)
			r.stmts(depth - 1)
		case 2:
			r.finish()
			r.emit(opReturn)
		}
		r.labels = r.labels[:len(r.labels)-1]
		r.emit(opEnd)
	case 9, 10:
		r.emit(opBlock, blockEmpty)
		r.labels = append(r.labels, true)
		r.stmts(depth - 1)
		r.labels = r.labels[:len(r.labels)-1]
		r.emit(opEnd)
	case 11, 12, 13:
		counter := byte(4 + depth)
		r.emit(opI32Const, byte(1+r.n(5)), opLocalSet, counter, opLoop, blockEmpty)
		r.labels = append(r.labels, false)
		r.stmts(depth - 1)
		r.emit(opLocalGet, counter, opI32Const, 1, 0x6b, opLocalTee, counter, opBrIf, 0, opEnd)
		r.labels = r.labels[:len(r.labels)-1]
	case 14:
		r.expr(valueI32, 2)
		r.table()
	case 15: // a call for its effects
		if r.self+1 < randomFunctions {
			r.arguments()
			r.emit(opCall, byte(r.self+1), 0x1a)
			if r.self+1 == randomFunctions-1 {
				r.emit(0x1a)
			}
		}
	}
}

// address leaves one that is inside memory, mostly.
func (r *random) address() {
	r.expr(valueI32, 1)
	if r.n(16) > 0 {
		r.emit(opI32Const, 0xff, 0x1f, 0x71) // & 4095
	}
}

func (r *random) length() {
	r.expr(valueI32, 1)
	r.emit(opI32Const, 0xff, 0x07, 0x71) // & 1023
}

// branch writes a br or br_if to a label that is not a loop's, if there is one.
func (r *random) branch(op byte) {
	label := r.n(max(1, len(r.labels)))
	if len(r.labels) == 0 || !r.labels[len(r.labels)-1-label] {
		return
	}
	if op == opBrIf {
		r.expr(valueI32, 2)
	}
	r.emit(op, byte(label))
}

// table writes blocks with a br_table in the innermost.
func (r *random) table() {
	n := 1 + r.n(4)
	r.emit(0x1a)
	for range n {
		r.emit(opBlock, blockEmpty)
		r.labels = append(r.labels, true)
	}
	r.expr(valueI32, 1)
	r.emit(opBrTable, byte(n))
	for range n + 1 {
		r.emit(byte(r.n(n)))
	}
	for range n {
		r.emit(opEnd)
		r.labels = r.labels[:len(r.labels)-1]
		r.marker()
	}
}

// arguments leaves values for the parameters of a function.
func (r *random) arguments() {
	for _, t := range randomTypes {
		r.expr(t, 1)
	}
}

// expr leaves a value of a type.
func (r *random) expr(t byte, depth int) {
	i := byte(bytes.IndexByte(randomTypes, t))
	kind := r.n(12)
	if depth == 0 {
		kind %= 2
	}
	switch kind {
	case 0:
		r.constant(t)
	case 1:
		r.emit(opLocalGet, i)
	case 2, 3, 4: // two operands
		r.expr(t, depth-1)
		r.expr(t, depth-1)
		r.emit([]byte{0x6a, 0x7c, 0x92, 0xa0}[i] + byte(r.n([]int{15, 15, 7, 7}[i])))
	case 5: // one operand
		r.expr(t, depth-1)
		r.emit([]byte{0x67, 0x79, 0x8b, 0x99}[i] + byte(r.n([]int{3, 3, 7, 7}[i])))
	case 6:
		r.convert(t, depth)
	case 7:
		r.address()
		r.emit(0x28+i, 0, 16)
	case 8:
		r.expr(valueI32, depth-1)
		r.emit(opIf, t)
		r.labels = append(r.labels, false)
		r.marker()
		r.expr(t, depth-1)
		r.emit(opElse)
		r.expr(t, depth-1)
		r.labels = r.labels[:len(r.labels)-1]
		r.emit(opEnd)
	case 9:
		r.expr(t, depth-1)
		r.expr(t, depth-1)
		r.expr(valueI32, depth-1)
		r.emit(opSelect)
	case 10:
		r.expr(t, depth-1)
		r.emit(opLocalTee, i)
	case 11:
		if t != valueI64 && t != valueF64 || r.self+1 >= randomFunctions || r.budget < 50 {
			r.constant(t)
			return
		}
		callee := r.self + 1
		if t == valueF64 {
			callee = randomFunctions - 1
		}
		r.budget -= 20
		r.arguments()
		r.emit(opCall, byte(callee))
		if t == valueF64 {
			r.emit(0x1a)
		} else if callee == randomFunctions-1 { // the results are of types F64 and I64
			r.emit(opLocalSet, 1, 0x1a, opLocalGet, 1)
		}
	}
}

func (r *random) constant(t byte) {
	// NaN, infinity and what is near them are worth more than other numbers.
	special := []float64{0, 1, -1, 0.5, 1e300, -1e-300, 3e9, 1e19}
	switch t {
	case valueI32:
		r.body = append(r.body, op(opI32Const, int(int8(r.byte()))<<(r.n(4)*8))...)
	case valueI64:
		r.body = append(r.body, op(opI64Const, int(int8(r.byte()))<<(r.n(8)*8))...)
	case valueF32:
		r.emit(opF32Const)
		r.body = binary.LittleEndian.AppendUint32(r.body, uint32(api.EncodeF32(float32(special[r.n(len(special))])))^uint32(r.n(2))<<30)
	case valueF64:
		r.emit(opF64Const)
		r.body = binary.LittleEndian.AppendUint64(r.body, api.EncodeF64(special[r.n(len(special))])^uint64(r.n(2))<<62)
	}
}

// convert leaves a value of a type that was made from one of another.
func (r *random) convert(t byte, depth int) {
	from := func(t byte, code ...byte) { r.expr(t, depth-1); r.emit(code...) }
	choices := map[byte][]func(){
		valueI32: {
			func() { from(valueI64, 0xa7) }, func() { from(valueF32, opPrefixMisc, 0) }, func() { from(valueF64, opPrefixMisc, 3) },
			func() { from(valueI32, 0xc0) }, func() { from(valueI32, 0x45) }, func() { from(valueF64, 0xaa) },
			func() { from(valueF32, 0xbc) },
		},
		valueI64: {
			func() { from(valueI32, 0xac) }, func() { from(valueF32, opPrefixMisc, 5) }, func() { from(valueF64, opPrefixMisc, 6) },
			func() { from(valueI64, 0xc4) }, func() { from(valueI32, 0xad) }, func() { from(valueF32, 0xae) },
			func() { from(valueF64, 0xbd) },
		},
		valueF32: {func() { from(valueI32, 0xb2) }, func() { from(valueI64, 0xb5) }, func() { from(valueF64, 0xb6) }, func() { from(valueI32, 0xbe) }},
		valueF64: {func() { from(valueI32, 0xb7) }, func() { from(valueI64, 0xba) }, func() { from(valueF32, 0xbb) }, func() { from(valueI64, 0xbf) }},
	}[t]
	n := len(choices)
	if !r.bits && (t == valueI32 || t == valueI64) {
		n-- // the last of each looks at the bits
	}
	choices[r.n(n)]()
}

// end is all that can be seen of a run.
type end struct {
	outcome
	markers uint32
	memory  [sha256.Size]byte
}

func runRandom(t testing.TB, rt wazero.Runtime, wasm []byte, args []uint64) end {
	g, err := instantiate(t, rt, wasm, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer g.module.Close(t.Context())
	var e end
	var results []uint64
	if results, e.fuel, err = g.call(t, "f", randomBudget, DefaultDepth, args...); err != nil {
		e.trap = fmt.Sprintf("%.40s", err)
	}
	e.results = append(e.results, results...)
	memory, _ := g.module.Memory().Read(0, g.module.Memory().Size())
	e.memory = sha256.Sum256(memory)
	if global := g.module.ExportedGlobal(globalPrefix + "0"); global != nil {
		e.markers = uint32(global.Get())
	}
	return e
}

// compareRandom runs the module that data stands for before and after it was
// rewritten.
func compareRandom(t testing.TB, runtimes map[string]wazero.Runtime, data []byte) {
	r := &random{data: data}
	r.bits = r.n(2) == 1
	args := []uint64{uint64(uint32(r.n(256)) << (r.n(4) * 8)), uint64(r.n(256)) << 40, api.EncodeF32(float32(r.n(256)) - 100), api.EncodeF64(float64(r.n(256)) / 7)}
	wasm := r.module()
	m, err := Rewrite(wasm, Limits{})
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	compiled := runRandom(t, runtimes["compiled"], m.Wasm, args)
	if strings.Contains(compiled.trap, errFuel.Error()) {
		return // loops in functions that are called in loops take their time
	}
	interpreted := runRandom(t, runtimes["interpreted"], m.Wasm, args)
	if fmt.Sprint(compiled) != fmt.Sprint(interpreted) {
		t.Errorf("%v with %d markers when compiled, and interpreted %v with %d", compiled.outcome, compiled.markers, interpreted.outcome, interpreted.markers)
	}
	// What a function that calls nothing took before it trapped is not counted.
	if compiled.trap == "" && compiled.fuel < int64(compiled.markers)*markerWeight {
		t.Errorf("%d of fuel for %d markers", compiled.fuel, compiled.markers)
	}
	if r.bits {
		return // what NaN looked like before depends on the processor
	}
	before := runRandom(t, runtimes["compiled"], wasm, args)
	compiled.fuel, compiled.markers = 0, 0
	if fmt.Sprint(before) != fmt.Sprint(compiled) {
		t.Errorf("%v before it was rewritten, and after %v", before.outcome, compiled.outcome)
	}
}

// TestRandom compares what random modules do before and after they were rewritten.
func TestRandom(t *testing.T) {
	t.Parallel()
	runtimes := map[string]wazero.Runtime{}
	for name, config := range engines() {
		runtimes[name] = newRuntime(t, config)
	}
	source := rand.New(rand.NewPCG(1, 2))
	for range 80 {
		data := make([]byte, 1000)
		for i := range data {
			data[i] = byte(source.Uint32())
		}
		if compareRandom(t, runtimes, data); t.Failed() {
			t.Fatalf("module of %x", data)
		}
	}
}

// FuzzMeaning is TestRandom with modules that the fuzzer chooses.
func FuzzMeaning(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03 a module is made of these bytes"))
	f.Add(bytes.Repeat([]byte{11, 3, 6, 2, 15, 14}, 100))
	runtimes := map[string]wazero.Runtime{}
	for name, config := range engines() {
		runtimes[name] = newRuntime(f, config)
	}
	f.Fuzz(func(t *testing.T, data []byte) { compareRandom(t, runtimes, data) })
}

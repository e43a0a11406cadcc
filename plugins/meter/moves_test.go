package meter

import (
	"testing"

	"github.com/tetratelabs/wazero"
)

// TestMoves runs code whose instructions weigh little and move many values: operands
// along a branch, locals where paths meet, parameters and results.
func TestMoves(t *testing.T) {
	t.Parallel()
	const n, rounds = 500, 100
	again := join(op(opLocalGet, 0), op(opI32Const, 1), []byte{0x6a}, op(opLocalTee, 0), op(opI32Const, rounds), []byte{0x49})
	operands := times(n, func(int) []byte { return op(opI32Const, 7) })
	rotate := join(op(opLocalGet, 1), times(n-1, func(i int) []byte { return join(op(opLocalGet, i+2), op(opLocalSet, i+1)) }), op(opLocalSet, n))
	sum := times(n, func(i int) []byte { return join(op(opLocalGet, i+1), []byte{0x6a}) })
	for name, c := range map[string]struct {
		build func(b *builder)
		once  int64 // what is pushed before the first round
	}{
		"operands of a loop": {func(b *builder) {
			shift := b.typ(types(n), "i")
			b.function(b.typ("", "i"), 1, "run", operands, op(opLoop, int(shift)),
				op(opLocalGet, 0), again, op(opBrIf, 0), []byte{opReturn, opEnd})
		}, n},
		"operands that meet": {func(b *builder) {
			same := b.typ(types(n), types(n))
			b.function(b.typ("", "i"), 1, "run", operands, op(opLoop, int(same)),
				op(opLocalGet, 0), []byte{opIf, same}, op(opLocalGet, 0), op(opBr, 0), []byte{opElse, opEnd},
				again, op(opBrIf, 0), []byte{opEnd}, times(n-1, func(int) []byte { return []byte{0x6a} }))
		}, n},
		"locals that meet": {func(b *builder) {
			b.function(b.typ("", "i"), n+1, "run", []byte{opLoop, blockEmpty},
				op(opI32Const, 0), []byte{opIf, blockEmpty}, rotate, []byte{opEnd},
				again, op(opBrIf, 0), []byte{opEnd}, op(opI32Const, 0), sum)
		}, 2 * n},
		"results that are parameters": {func(b *builder) {
			pass := b.typ(types(n), types(n))
			b.function(b.typ("", "i"), 1, "run", operands, op(opLoop, int(pass)), op(opCall, 1),
				again, op(opBrIf, 0), []byte{opEnd}, times(n-1, func(int) []byte { return []byte{0x6a} }))
			b.function(pass, 0, "", times(n, func(i int) []byte { return op(opLocalGet, i) }))
		}, n + rounds*n},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := new(builder)
			c.build(b)
			g, err := instantiate(t, newRuntime(t, wazero.NewRuntimeConfig()), mustRewrite(t, b.module()).Wasm, 1<<40)
			if err != nil {
				t.Fatal(err)
			}
			_, used, err := g.call(t, "run", 1<<40, DefaultDepth)
			if err != nil {
				t.Fatal(err)
			}
			if want := c.once + rounds*(n-freeLocals); used < want {
				t.Errorf("%d values moved %d times took %d units, want at least %d", n, rounds, used, want)
			}
		})
	}
}

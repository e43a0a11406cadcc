package meter

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tetratelabs/wazero"
)

// deep are functions that call themselves for ever, with frames that are as large as
// can be for what they look like.
var deep = map[string]func(n int) []byte{
	"nothing": func(int) []byte {
		b := &builder{}
		b.function(b.typ("I", ""), 0, "f", []byte{opLocalGet, 0, opCall, 0})
		return b.module()
	},
	"parameters": func(n int) []byte {
		b := &builder{}
		b.function(b.typ(types(n), ""), 0, "f", times(n, func(i int) []byte { return op(opLocalGet, i) }), []byte{opCall, 0})
		return b.module()
	},
	"operands below a call": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("I", "I"), 0, "f",
			times(n, func(i int) []byte { return join(op(opLocalGet, 0), op(opI64Const, i), []byte{opI64Mul}) }),
			[]byte{opLocalGet, 0, opCall, 0}, times(n, func(int) []byte { return []byte{opI64Add} }))
		return b.module()
	},
	"one value for each call": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("I", "I"), 0, "f", op(opLocalGet, 0),
			times(n, func(i int) []byte {
				return join(op(opI64Const, i*3+1), []byte{opI64Mul, opLocalGet, 0, opCall, 0, opI64Add})
			}))
		return b.module()
	},
	"one float for each call": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("F", "F"), 0, "f", op(opLocalGet, 0),
			times(n, func(int) []byte { return []byte{opLocalGet, 0, 0xa2, opLocalGet, 0, opCall, 0, 0xa0} }))
		return b.module()
	},
	"locals that change at each call": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("I", "I"), n, "f", op(opLocalGet, 0),
			times(n, func(int) []byte {
				return []byte{opLocalTee, 0, opLocalGet, 0, opI64Mul, opLocalGet, 0, opCall, 0, opI64Add, opLocalGet, 0, opI64Add}
			}))
		return b.module()
	},
	"locals in branches": func(n int) []byte {
		b := &builder{}
		b.function(b.typ("i", "i"), n, "f",
			times(n, func(i int) []byte {
				return join(op(opLocalGet, 0), []byte{opIf, blockEmpty}, op(opLocalGet, 0), op(opLocalSet, 1+i), op(opLocalGet, 0), []byte{opCall, 0, 0x1a, opEnd})
			}),
			op(opI32Const, 0), times(n, func(i int) []byte { return append(op(opLocalGet, 1+i), 0x6a) }))
		return b.module()
	},
}

// TestDepthEndsBeforeTheStack checks that no shape of a frame reaches the runtime's own
// limit, which is at four times the stack that DefaultDepth stands for and is not the
// same on all machines.
func TestDepthEndsBeforeTheStack(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, wazero.NewRuntimeConfig())
	for name, make := range deep {
		for _, n := range []int{1, 300} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				g, err := instantiate(t, rt, mustRewrite(t, make(n)).Wasm, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer g.module.Close(t.Context())
				args := []uint64{1}
				for range len(g.module.ExportedFunction("f").Definition().ParamTypes()) - 1 {
					args = append(args, 1)
				}
				if _, _, err = g.call(t, "f", 1<<50, 2*DefaultDepth, args...); !errors.Is(err, errDepth) {
					t.Errorf("ended with %v, want %v", err, errDepth)
				}
			})
		}
	}
}

// TestDepthIsEnough checks that programs may recurse some ten thousand times.
func TestDepthIsEnough(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, wazero.NewRuntimeConfig())
	calls := mustRewrite(t, readFile(t, "testdata/calls.wasm")).Wasm
	if o := outcomeOf(t, rt, calls, "even", 40_000); o.trap != "" || o.results[0] != 1 {
		t.Errorf("40,000 calls in each other: %v", o)
	}
	if o := outcomeOf(t, rt, calls, "even", 1_000_000); o.trap == "" {
		t.Errorf("1,000,000 calls in each other: %v", o)
	}
}

package meter

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// engines are two ways to run a module that share no code below the decoder, which
// is as near to two processors as one machine gets.
func engines() map[string]wazero.RuntimeConfig {
	return map[string]wazero.RuntimeConfig{"compiled": wazero.NewRuntimeConfig(), "interpreted": wazero.NewRuntimeConfigInterpreter()}
}

// outcome is what a call of a module came to.
type outcome struct {
	results []uint64
	trap    string
	fuel    int64
	pages   uint32
}

// outcomeOf calls an export in a new instance.
func outcomeOf(t testing.TB, rt wazero.Runtime, wasm []byte, name string, args ...uint64) outcome {
	t.Helper()
	g, err := instantiate(t, rt, wasm, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	defer g.module.Close(t.Context())
	var o outcome
	var results []uint64
	if results, o.fuel, err = g.call(t, name, 1<<40, DefaultDepth, args...); err != nil {
		o.trap, _, _ = strings.Cut(err.Error(), "\n")
	}
	o.results = append(o.results, results...)
	o.pages = g.module.Memory().Size() >> 16
	return o
}

// TestRewriteKeepsMeaning runs programs before and after they were rewritten, by two
// engines. What they do is the same, and so is the fuel that it takes.
func TestRewriteKeepsMeaning(t *testing.T) {
	t.Parallel()
	numbers := []uint64{0, 1, 2, 3, 4, 7, 20}
	floats := []uint64{0, 0x3f800000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7fa00000, 0x40490fdb, 0xc0490fdb}
	type args [][]uint64
	each := func(values []uint64) (list args) {
		for _, v := range values {
			list = append(list, []uint64{v})
		}
		return list
	}
	pairs := func(wide bool) (list args) {
		for _, a := range floats {
			for _, b := range floats {
				for op := range uint64(14) {
					if wide {
						list = append(list, []uint64{api.EncodeF64(float64(api.DecodeF32(a))), api.EncodeF64(float64(api.DecodeF32(b))), op})
					} else {
						list = append(list, []uint64{a, b, op})
					}
				}
			}
		}
		return list
	}
	for file, calls := range map[string]map[string]args{
		"loop":  {"checksum": each([]uint64{0, 1, 1000, 100_000}), "primes": each([]uint64{2, 100, 100_000, 200_000})},
		"calls": {"fib": each(numbers), "even": each(numbers), "swap_sum": each(numbers), "pick": each(numbers), "indirect": each(numbers), "pair": each(numbers), "params": each(numbers)},
		"bulk":  {"fill": each([]uint64{0, 1, 255, 256, 257, 65_536, 65_537}), "copy": each([]uint64{0, 1, 1000, 65_520, 65_521}), "grow": each([]uint64{0, 1, 99, 100, 1 << 31, 1<<32 - 1}), "size": each(numbers)},
		"float": {"f32": pairs(false), "f64": pairs(true)},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			wasm := readFile(t, filepath.Join("testdata", file+".wasm"))
			m := mustRewrite(t, wasm)
			runtimes := map[string]wazero.Runtime{}
			for name, config := range engines() {
				runtimes[name] = newRuntime(t, config)
			}
			for name, list := range calls {
				for _, args := range list {
					before := outcomeOf(t, runtimes["compiled"], wasm, name, args...)
					after := outcomeOf(t, runtimes["compiled"], m.Wasm, name, args...)
					other := outcomeOf(t, runtimes["interpreted"], m.Wasm, name, args...)
					if after.fuel <= 0 {
						t.Errorf("%s%v took %d of fuel", name, args, after.fuel)
					}
					if fmt.Sprint(after) != fmt.Sprint(other) {
						t.Errorf("%s%v: %v when compiled, and interpreted: %v", name, args, after, other)
					}
					after.fuel = 0
					if file == "float" && args[2] < 12 { // neg and copysign only move bits
						canonicalNaN(name, before.results)
					}
					if fmt.Sprint(before) != fmt.Sprint(after) {
						t.Errorf("%s%v: %v before it was rewritten, and after: %v", name, args, before, after)
					}
				}
			}
		})
	}
}

// canonicalNaN makes every NaN the one that the rewriter makes of it.
func canonicalNaN(name string, results []uint64) {
	for i, r := range results {
		switch {
		case name == "f32" && r&0x7fffffff > 0x7f800000:
			results[i] = 0x7fc00000
		case name == "f64" && r&(1<<63-1) > 0x7ff<<52:
			results[i] = 0x7ff8 << 48
		}
	}
}

// TestEndless runs what never ends. Fuel ends it, or depth.
func TestEndless(t *testing.T) {
	t.Parallel()
	const budget = 50_000_000
	m := mustRewrite(t, readFile(t, "testdata/endless.wasm"))
	rt := newRuntime(t, wazero.NewRuntimeConfig())
	for name, want := range map[string]error{
		"loop": errFuel, "loops": errFuel, "table": errFuel, "branch": errFuel, "exponential": errFuel,
		"fills": errFuel, "copies": errFuel, "grows": errFuel,
		"recursion": errDepth, "indirect": errDepth, "mutual": errDepth,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var first int64
			for i := range 2 {
				g, err := instantiate(t, rt, m.Wasm, budget)
				if err != nil {
					t.Fatal(err)
				}
				_, used, err := g.call(t, name, budget, DefaultDepth)
				if !errors.Is(err, want) {
					t.Errorf("ended with %v, want %v", err, want)
				}
				if i == 0 {
					first = used
				} else if used != first {
					t.Errorf("took %d of fuel, and %d the next time", first, used)
				}
				g.module.Close(t.Context())
			}
		})
	}
}

// TestEndlessPolicies runs the endless among the hostile policies, one of which
// never gets past its start function.
func TestEndlessPolicies(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, wazero.NewRuntimeConfig())
	for name, want := range map[string]error{"loop": errFuel, "loop_start": errFuel, "loop_initialize": errFuel, "recursion": errDepth} {
		g, err := instantiate(t, rt, mustRewrite(t, readFile(t, "../testdata/hostile/"+name+".wasm")).Wasm, 10_000_000)
		if err == nil {
			_, _, err = g.call(t, "decide", 100_000_000, DefaultDepth)
		}
		if !errors.Is(err, want) {
			t.Errorf("%s ended with %v, want %v", name, err, want)
		}
	}
}

// TestStart instantiates a module whose start function calls another, before the
// host can have set anything.
func TestStart(t *testing.T) {
	t.Parallel()
	b := &builder{}
	nothing := b.typ("", "")
	b.function(nothing, 0, "f", []byte{opCall, 1})
	b.function(nothing, 0, "")
	wasm := b.module()
	// The start section goes before that of the code.
	code := bytes.LastIndexByte(wasm[:len(wasm)-len(b.code)], sectionCode)
	wasm = slices.Concat(wasm[:code], []byte{sectionStart, 1, 0}, wasm[code:])
	rt := newRuntime(t, wazero.NewRuntimeConfig())
	if _, err := instantiate(t, rt, mustRewrite(t, wasm).Wasm, 2*slice); err != nil {
		t.Error(err)
	}
	if _, err := instantiate(t, rt, mustRewrite(t, wasm).Wasm, slice-1); !errors.Is(err, errFuel) {
		t.Errorf("instantiated without fuel: %v", err)
	}
}

// TestCharges checks that work costs what it should, within the bounds that the
// cost model leaves.
func TestCharges(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, wazero.NewRuntimeConfig())
	bulk := mustRewrite(t, readFile(t, "testdata/bulk.wasm")).Wasm
	for name, n := range map[string]uint64{"fill": 65_536, "copy": 65_520} {
		none, all := outcomeOf(t, rt, bulk, name, 0), outcomeOf(t, rt, bulk, name, n)
		if got := all.fuel - none.fuel; got != int64(n>>bulkShift) {
			t.Errorf("%s of %d bytes took %d more than of none, want %d", name, n, got, n>>bulkShift)
		}
	}
	none, pages, failed := outcomeOf(t, rt, bulk, "grow", 0), outcomeOf(t, rt, bulk, "grow", 10), outcomeOf(t, rt, bulk, "grow", 1000)
	if got := pages.fuel - none.fuel; got != 10*weightPage || failed.fuel != none.fuel {
		t.Errorf("growth by 10 pages took %d more than by none, want %d; growth that failed %d", got, 10*weightPage, failed.fuel-none.fuel)
	}
	host := mustRewrite(t, readFile(t, "testdata/host.wasm")).Wasm
	for _, name := range []string{"direct", "indirect"} {
		if o := outcomeOf(t, rt, host, name); o.fuel < weightCallHost || o.fuel > weightCallHost+50 {
			t.Errorf("a call of the host, %s: %v", name, o)
		}
	}
	loop := mustRewrite(t, readFile(t, "testdata/loop.wasm")).Wasm
	short, long := outcomeOf(t, rt, loop, "checksum", 1000), outcomeOf(t, rt, loop, "checksum", 2000)
	if perRound := (long.fuel - short.fuel) / 1000; perRound < 20 || perRound > 60 {
		t.Errorf("a round takes %d of fuel", perRound)
	}
}

// TestDebt checks that a guest goes on after it was refuelled as if nothing had
// happened, and pays for what it used beyond zero.
func TestDebt(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, wazero.NewRuntimeConfig())
	wasm := readFile(t, "testdata/loop.wasm")
	want := outcomeOf(t, rt, wasm, "primes", 100_000).results
	g, err := instantiate(t, rt, mustRewrite(t, wasm).Wasm, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	got, used, err := g.call(t, "primes", 1<<40, DefaultDepth, 100_000)
	if err != nil || !slices.Equal(got, want) || used < 10*slice {
		t.Errorf("returned %v after %d of fuel (%v), want %v after many slices", got, used, err, want)
	}
	// It ends one unit before what it takes, and not when it has exactly that.
	for budget, want := range map[int64]error{used + slice: nil, used - 2*slice: errFuel} {
		if _, _, err := g.call(t, "primes", budget, DefaultDepth, 100_000); !errors.Is(err, want) {
			t.Errorf("ended with %v on %d of fuel, want %v", err, budget, want)
		}
	}
}

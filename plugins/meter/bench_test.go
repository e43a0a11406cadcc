package meter

import (
	"encoding/json"
	"testing"

	"github.com/tetratelabs/wazero"
)

const members = "../../examples/policies/members/"

// BenchmarkRewrite rewrites a module of 3.4 MB that is written in Go.
func BenchmarkRewrite(b *testing.B) {
	wasm := readFile(b, members+"members.wasm")
	b.SetBytes(int64(len(wasm)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Rewrite(wasm, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func decideInput(b testing.TB) []byte {
	in, err := json.Marshal(map[string]any{
		"abi": 1, "operation": "create", "resource_type": "User", "after": json.RawMessage(readFile(b, members+"testdata/user.json")),
		"connection": map[string]any{"id": "c", "profile": "okta"}, "tenant": map[string]any{"id": "acme"},
		"settings": json.RawMessage(`{"domain":"acme.example"}`),
	})
	if err != nil {
		b.Fatal(err)
	}
	return in
}

// BenchmarkMembers runs a policy that is written in Go, before and after it was
// rewritten.
func BenchmarkMembers(b *testing.B) {
	in := decideInput(b)
	compare(b, members+"members.wasm", "decide", func(g *guest) { g.input = in })
}

// BenchmarkChecksum and BenchmarkPrimes run tight loops as C compilers make them, and
// BenchmarkCalls one call after the other.
func BenchmarkChecksum(b *testing.B) { compare(b, "testdata/loop.wasm", "checksum", nil, 100_000) }
func BenchmarkPrimes(b *testing.B)   { compare(b, "testdata/loop.wasm", "primes", nil, 100_000) }
func BenchmarkCalls(b *testing.B)    { compare(b, "testdata/calls.wasm", "fib", nil, 20) }

// compare runs an export before and after the module was rewritten. Where an instance
// happens to lie in memory changes its speed by some percent, so each has several.
func compare(b *testing.B, file, name string, prepare func(*guest), args ...uint64) {
	wasm := readFile(b, file)
	rt := newRuntime(b, wazero.NewRuntimeConfig())
	metered := mustRewrite(b, wasm).Wasm
	const instances = 4
	guests := map[string][]*guest{}
	for range instances {
		for name, wasm := range map[string][]byte{"before": wasm, "after": metered} {
			g, err := instantiate(b, rt, wasm, 1<<40)
			if err != nil {
				b.Fatal(err)
			}
			if prepare != nil {
				prepare(g)
			}
			guests[name] = append(guests[name], g)
		}
	}
	for _, when := range []string{"before", "after"} {
		b.Run(when, func(b *testing.B) {
			var used int64
			for i := 0; b.Loop(); i++ {
				var err error
				if _, used, err = guests[when][i%instances].call(b, name, 1<<40, DefaultDepth, args...); err != nil {
					b.Fatal(err)
				}
			}
			if used > 0 {
				b.ReportMetric(float64(used), "fuel/op")
			}
		})
	}
}

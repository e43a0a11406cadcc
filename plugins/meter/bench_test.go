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
	wasm := readFile(b, members+"members.wasm")
	rt := newRuntime(b, wazero.NewRuntimeConfig())
	for name, wasm := range map[string][]byte{"before": wasm, "after": mustRewrite(b, wasm).Wasm} {
		g, err := instantiate(b, rt, wasm, 1<<40)
		if err != nil {
			b.Fatal(err)
		}
		g.input = decideInput(b)
		b.Run(name, func(b *testing.B) {
			var used int64
			for b.Loop() {
				var results []uint64
				if results, used, err = g.call(b, "decide", 1<<40, DefaultDepth); err != nil || results[0] != 0 {
					b.Fatal(results, err)
				}
			}
			b.ReportMetric(float64(used), "fuel/op")
		})
		b.Logf("%s", g.output)
	}
}

//go:build linux || darwin || freebsd

package plugins

import (
	"testing"

	"github.com/tetratelabs/wazero/experimental"
)

// TestMemory grows memories that are mapped, and one that could not be.
func TestMemory(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*mappedMemory{"mapped": mapped(4 * wasmPageBytes), "on the heap": new(mappedMemory)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var linear experimental.LinearMemory = m
			if got := linear.Reallocate(0); got == nil || len(got) != 0 {
				t.Fatalf("no pages are %d bytes, %v", len(got), got == nil)
			}
			first := linear.Reallocate(wasmPageBytes)
			first[0], first[wasmPageBytes-1] = 1, 2
			grown := linear.Reallocate(4 * wasmPageBytes)
			if len(grown) != 4*wasmPageBytes || grown[0] != 1 || grown[wasmPageBytes-1] != 2 || grown[wasmPageBytes] != 0 {
				t.Error("a memory that grows is not what it was with zeros behind it")
			}
			grown[4*wasmPageBytes-1] = 3
			if name == "mapped" && linear.Reallocate(5*wasmPageBytes) != nil {
				t.Error("a memory grows beyond what was said to be the most")
			}
			linear.Free()
			linear.Free()
		})
	}
}

func mapped(most uint64) *mappedMemory {
	m := new(mappedMemory)
	m.reserve(most)
	return m
}

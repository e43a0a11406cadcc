package plugins

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestSnapshot restores memories that somebody has scribbled over.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		memory := make([]byte, rapid.IntRange(0, 8*snapshotPage).Draw(t, "size"))
		scribble := func(label string) {
			if len(memory) == 0 {
				return
			}
			for range rapid.IntRange(0, 5).Draw(t, label) {
				at := rapid.IntRange(0, len(memory)-1).Draw(t, "at")
				copy(memory[at:], rapid.SliceOfN(rapid.Byte(), 1, 3*snapshotPage).Draw(t, "bytes"))
			}
		}
		scribble("before")
		want := bytes.Clone(memory)
		s := takeSnapshot(memory)
		scribble("after")
		s.restore(memory)
		if !bytes.Equal(memory, want) {
			t.Fatal("the memory is not what it was")
		}
	})
}

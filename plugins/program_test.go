package plugins

import (
	"testing"
)

// TestComingBack calls a policy that was given up while somebody else's new module is
// being compiled, however long that takes.
func TestComingBack(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{MaxIdleBytes: 1})
	p := mustLoad(t, h, hostile(t, "good"))
	if err := h.compiling.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer h.compiling.leave()
	if n := h.Stats().Compiled; n != 0 {
		t.Fatalf("%d programs are still there", n)
	}
	mustAllow(t, p)
}

// TestLastPin closes a policy while something of it still needs the code.
func TestLastPin(t *testing.T) {
	t.Parallel()
	h := newHost(t, Options{})
	p := mustLoad(t, h, hostile(t, "good"))
	if _, err := p.program.pin(t.Context(), h.returning, p.module); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.program.unpin()
	if s := h.Stats(); s.IdleBytes != 0 || s.Instances != 0 || p.program.loaded() {
		t.Errorf("left behind: %+v", s)
	}
}

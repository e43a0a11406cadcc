package badgerkv

import (
	"errors"
	"testing"
)

// A disk that is nearly full refuses writes, keeps reads, and recovers.
func TestNoSpace(t *testing.T) {
	t.Parallel()
	h := newByHand(t)
	a, b := benchKey(t, 1), benchKey(t, 2)
	left, failure := uint64(DefaultMinFreeBytes+1<<20), error(nil)
	h.free = func() (uint64, error) { return left, failure }
	h.turn(setter(a, "good"))
	if told := h.finish(); told[0] != nil {
		t.Fatal(told)
	}

	left = DefaultMinFreeBytes
	h.turn(setter(a, "refused"))
	h.turn(setter(b, "refused"))
	for i, err := range h.finish() {
		if !errors.Is(err, ErrNoSpace) {
			t.Errorf("caller %d is told %v; want ErrNoSpace", i, err)
		}
	}
	h.want(a, "good")
	h.wantNone(b)

	left, failure = 0, errors.New("on purpose")
	h.turn(setter(b, "refused"))
	if told := h.finish(); !errors.Is(told[0], failure) {
		t.Errorf("told %v", told)
	}

	left, failure = DefaultMinFreeBytes+1<<20, nil
	h.turn(setter(b, "good"))
	if told := h.finish(); told[0] != nil {
		t.Errorf("with room again: %v", told)
	}
	h.want(b, "good")

	h.minFree, left = -1, 0
	h.turn(setter(b, "unchecked"))
	if told := h.finish(); told[0] != nil {
		t.Errorf("with the check off: %v", told)
	}
}

func TestFreeBytes(t *testing.T) {
	t.Parallel()
	if free, err := freeBytes(t.TempDir()); err != nil || free == 0 {
		t.Errorf("free bytes: %d, %v", free, err)
	}
}

package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// A short run: CONTRIBUTING.md says how to have a long one.
func TestCrash(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-kills", "12", "-workers", "4", "-dir", filepath.Join(t.TempDir(), "run")})
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHarness(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	sum, err := h.run(ctx)
	t.Logf("seed %d: %s", o.seed, sum)
	if err != nil {
		t.Fatal(err)
	}
	if sum.kills < o.kills || total(sum.writes) == 0 || total(sum.requests) == 0 {
		t.Error("nothing has happened")
	}
}

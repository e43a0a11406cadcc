package adapter

import (
	"context"
	"errors"
	"testing"
)

// Few pass at once, those who wait can give up, and who has left makes room.
func TestGate(t *testing.T) {
	t.Parallel()
	g := make(gate, 1)
	first, second := passage{gate: g}, passage{gate: g}
	for range 2 {
		if err := first.enter(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := second.enter(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("the second passes: %v", err)
	}
	second.leave() // it is not inside, and takes nobody's place away
	if err := second.enter(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("the second passes: %v", err)
	}
	first.leave()
	if err := second.enter(context.Background()); err != nil {
		t.Fatal(err)
	}
	second.leave()
	if len(g) != 0 {
		t.Errorf("%d are said to be inside", len(g))
	}
}

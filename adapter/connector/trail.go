package connector

import (
	"context"
	"sync"
)

// maxTrail bounds the exchanges that a trail keeps.
const maxTrail = 16

// Trail collects the requests that are sent with a context, whichever method of a Connector sends them. It is safe for
// concurrent use.
type Trail struct {
	mu   sync.Mutex
	kept []Exchange
	more int
}

type trailKey struct{}

// WithTrail returns a context whose requests the trail collects.
func WithTrail(ctx context.Context) (context.Context, *Trail) {
	t := new(Trail)
	return context.WithValue(ctx, trailKey{}, t), t
}

// Exchanges returns the first exchanges, at most 16, in the order in which they ended, and how many came after them.
func (t *Trail) Exchanges() (kept []Exchange, more int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept, t.more
}

// note adds an exchange to the trail of a context, if it has one.
func note(ctx context.Context, e Exchange) {
	t, _ := ctx.Value(trailKey{}).(*Trail)
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == maxTrail {
		t.more++
		return
	}
	t.kept = append(t.kept, e)
}

package caddymodule

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
)

// logs takes the log of everything that outlives a configuration and hands it to the logger of the newest one: those
// of older configurations are closed with them.
var logs = newRelay()

// relay is a slog.Handler that passes records to another, which can be changed at any time.
type relay struct {
	to     *atomic.Pointer[slog.Handler]
	dress  []func(slog.Handler) slog.Handler // the attributes and groups of loggers made from this one, in order
	cached *atomic.Pointer[dressed]
}

// dressed is a handler with the attributes and groups on, and the one that it was made from.
type dressed struct {
	from    *slog.Handler
	handler slog.Handler
}

func newRelay() *relay {
	r := &relay{to: new(atomic.Pointer[slog.Handler]), cached: new(atomic.Pointer[dressed])}
	r.set(slog.DiscardHandler)
	return r
}

func (r *relay) set(h slog.Handler) { r.to.Store(&h) }

func (r *relay) current() slog.Handler {
	from := r.to.Load()
	if c := r.cached.Load(); c != nil && c.from == from {
		return c.handler
	}
	c := &dressed{from: from, handler: *from}
	for _, dress := range r.dress {
		c.handler = dress(c.handler)
	}
	r.cached.Store(c)
	return c.handler
}

func (r *relay) with(dress func(slog.Handler) slog.Handler) *relay {
	return &relay{to: r.to, dress: append(slices.Clip(r.dress), dress), cached: new(atomic.Pointer[dressed])}
}

// Enabled implements slog.Handler.
func (r *relay) Enabled(ctx context.Context, level slog.Level) bool {
	return r.current().Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (r *relay) Handle(ctx context.Context, rec slog.Record) error {
	return r.current().Handle(ctx, rec)
}

// WithAttrs implements slog.Handler.
func (r *relay) WithAttrs(attrs []slog.Attr) slog.Handler {
	return r.with(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (r *relay) WithGroup(name string) slog.Handler {
	return r.with(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}

// Interface guard.
var _ slog.Handler = (*relay)(nil)

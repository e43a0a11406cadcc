package caddymodule

import (
	"bytes"
	"log/slog"
	"testing"
)

func TestRelay(t *testing.T) {
	t.Parallel()
	handler := func(to *bytes.Buffer, level slog.Level) slog.Handler {
		return slog.NewTextHandler(to, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})
	}
	var first, second bytes.Buffer
	r := newRelay()
	log := slog.New(r).With("tenant", "acme").WithGroup("delivery").With("n", 1)
	log.Info("nobody listens")
	r.set(handler(&first, slog.LevelInfo))
	log.Info("hello", "to", "first")
	log.Debug("not at this level")
	r.set(handler(&second, slog.LevelDebug))
	log.Debug("hello", "to", "second")
	slog.New(r).Info("plain")
	if got, want := first.String(), "level=INFO msg=hello tenant=acme delivery.n=1 delivery.to=first\n"; got != want {
		t.Errorf("first: got %q, want %q", got, want)
	}
	if got, want := second.String(), "level=DEBUG msg=hello tenant=acme delivery.n=1 delivery.to=second\nlevel=INFO msg=plain\n"; got != want {
		t.Errorf("second: got %q, want %q", got, want)
	}
}

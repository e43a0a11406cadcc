package plugins

import (
	"slices"
	"strings"
	"testing"
)

func TestLogBuffer(t *testing.T) {
	t.Parallel()
	var b logBuffer
	b.reset(1000)
	if !b.empty() {
		t.Error("a new log is not empty")
	}
	b.stream([]byte("one\ntw"), false)
	b.stream([]byte("o\n\n"), false)
	b.line([]byte("a\nb\x1b"))
	b.stream([]byte("panic: x\nmore\nopen"), true)
	if got, want := b.finish(), []string{"one", "two", "a b", "panic: x", "more", "open"}; !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
	if b.lastWords() != "panic: x" || b.truncated {
		t.Errorf("last words %q, truncated %v", b.lastWords(), b.truncated)
	}
}

func TestLogBufferIsBounded(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]func(*logBuffer){
		"lines":       func(b *logBuffer) { b.line([]byte("0123456789")) },
		"empty lines": func(b *logBuffer) { b.line(nil) },
		"stream":      func(b *logBuffer) { b.stream([]byte("0123456789\n"), true) },
		"newlines":    func(b *logBuffer) { b.stream([]byte("\n\n\n\n"), false) },
		"one line":    func(b *logBuffer) { b.stream([]byte("0123456789"), false) },
		"long line":   func(b *logBuffer) { b.line([]byte(strings.Repeat("x", 10_000))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b logBuffer
			b.reset(1000)
			for range 10_000 {
				add(&b)
			}
			size := 0
			lines := b.finish()
			for _, line := range lines {
				size += len(line)
			}
			if size > 1000 || len(lines) > 100 {
				t.Errorf("kept %d lines with %d bytes, want at most 1000 bytes", len(lines), size)
			}
			if name != "newlines" && !b.truncated {
				t.Error("dropped lines without saying so")
			}
		})
	}
}

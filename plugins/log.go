package plugins

import (
	"bytes"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// maxLogLine bounds one line of a log, in bytes.
const maxLogLine = 2048

// logBuffer collects what a guest logs in one call, up to a number of bytes. Lines
// are made printable when they are taken out, not while the guest runs.
type logBuffer struct {
	lines     [][]byte
	partial   []byte // the last line of standard output or error, not yet ended
	firstErr  []byte // the first line on standard error
	room      int
	truncated bool
}

func (b *logBuffer) reset(limit int) { *b = logBuffer{room: limit} }

func (b *logBuffer) empty() bool {
	return len(b.lines) == 0 && len(b.partial) == 0 && !b.truncated
}

// line adds one line.
func (b *logBuffer) line(text []byte) {
	// A line costs at least a few bytes, so that empty ones run out too.
	const overhead = 16
	if b.room < overhead {
		b.truncated = true
		return
	}
	b.lines = append(b.lines, bytes.Clone(b.take(text)))
	b.room -= overhead
}

// stream adds a piece of standard output or standard error and breaks it into
// lines.
func (b *logBuffer) stream(piece []byte, isErr bool) {
	for len(piece) > 0 {
		if b.room == 0 {
			b.truncated = true
			return
		}
		text, rest, ended := bytes.Cut(piece, []byte{'\n'})
		piece = rest
		b.partial = append(b.partial, b.take(text)...)
		if !ended {
			return
		}
		line := b.partial
		b.partial = nil
		b.room = max(0, b.room-1) // the end of a line counts as well
		if isErr && len(b.firstErr) == 0 {
			b.firstErr = line
		}
		if len(line) > 0 {
			b.lines = append(b.lines, line)
		}
	}
}

// take returns as much of text as there is room for.
func (b *logBuffer) take(text []byte) []byte {
	if len(text) > b.room {
		b.truncated = true
		text = text[:b.room]
	}
	b.room -= len(text)
	return text
}

// finish returns the lines, printable.
func (b *logBuffer) finish() []string {
	if len(b.partial) > 0 {
		b.lines = append(b.lines, b.partial)
		b.partial = nil
	}
	lines := make([]string, 0, len(b.lines))
	for _, line := range b.lines {
		lines = append(lines, abi.CleanText(string(line), maxLogLine))
	}
	return lines
}

// lastWords returns the first line on standard error, where a language runtime
// says why it gives up.
func (b *logBuffer) lastWords() string { return string(b.firstErr) }

package adapter

import (
	"context"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/plugins"
)

// maxLogLines bounds the lines of policies that are kept of a tenant, in memory and nowhere else.
const maxLogLines = 1000

// logRing holds the newest lines that a tenant's policies have logged.
type logRing struct {
	clock func() time.Time
	news  signal

	mu    sync.Mutex
	lines []PolicyLogLine // a ring once it is full
	last  uint64          // the newest line's number
}

// add takes what one call has logged.
func (r *logRing) add(release uint64, shadow bool, e plugins.LogEntry) {
	now := r.clock()
	r.mu.Lock()
	for i, text := range e.Lines {
		r.last++
		line := PolicyLogLine{
			Seq: r.last, Time: now, Release: release, Shadow: shadow, Version: e.Version, Hook: e.Hook, Text: text,
			Truncated: e.Truncated && i == len(e.Lines)-1,
		}
		if len(r.lines) < maxLogLines {
			r.lines = append(r.lines, line)
			continue
		}
		r.lines[(r.last-1)%maxLogLines] = line
	}
	r.mu.Unlock()
	r.news.broadcast()
}

// behind returns the lines behind a number, oldest first, and the newest line's number.
func (r *logRing) behind(after uint64) (lines []PolicyLogLine, last uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.last - uint64(len(r.lines)) // the number before the oldest line's
	if after < first || after > r.last {   // of another process where it is more
		after = first
	}
	for n := after; n < r.last; n++ {
		lines = append(lines, r.lines[n%maxLogLines])
	}
	return lines, r.last
}

// PolicyLog returns the lines behind a number that are still kept, the newest 1,000 of the tenant, oldest first, and the
// number to go on from. Where there are none it waits for some, for as long as wait.
func (t *Tenant) PolicyLog(ctx context.Context, after uint64, wait time.Duration) (lines []PolicyLogLine, next uint64, err error) {
	timer := time.NewTimer(max(0, wait))
	defer timer.Stop()
	for {
		news := t.shelf.lines.news.wait()
		if lines, next = t.shelf.lines.behind(after); len(lines) > 0 {
			return lines, next, nil
		}
		select {
		case <-news:
		case <-timer.C:
			return nil, next, nil
		case <-t.engine.ctx.Done():
			return nil, next, ErrClosed
		case <-ctx.Done():
			return nil, next, ctx.Err()
		}
	}
}

// PolicyLogger returns what keeps the words of a tenant's policy of the configuration, for LoadOptions.Log: those of
// releases are kept anyway. Before the tenant is in use they are dropped.
func (e *Engine) PolicyLogger(id kv.Tenant) func(context.Context, plugins.LogEntry) {
	return func(_ context.Context, entry plugins.LogEntry) {
		e.shelvesMu.Lock()
		s := e.shelves[id]
		e.shelvesMu.Unlock()
		if s != nil {
			s.lines.add(0, false, entry)
		}
	}
}

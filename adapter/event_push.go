package adapter

import (
	"context"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/event"
)

// push sends the events of one stream to its receiver, one after the other, until the engine ends or the stream is
// configured to be pushed no more. What a receiver has not acknowledged is sent again, also by the next process.
func (p *publisher) push(stream string) {
	ctx := p.all.engine.ctx
	failures := 0
	pump(ctx, &p.renewed, &p.queued, func() (pause time.Duration, over bool) {
		t, s, leave, over := p.enter(stream)
		switch {
		case over:
			return 0, true
		case t == nil:
			return paused, false
		}
		defer leave()
		return p.pushNext(ctx, t, s, &failures), false
	})
}

// pump calls next until it is over or ctx ends. Between two calls it waits as long as next says, or where that is empty
// until there is more in the queue; a new configuration ends every wait.
func pump(ctx context.Context, renewed, queued *signal, next func() (pause time.Duration, over bool)) {
	for {
		changed, more := renewed.wait(), queued.wait()
		pause, over := next()
		switch {
		case over, ctx.Err() != nil:
			return
		case pause == 0:
			continue
		case pause == paused:
			pause, more = idle, nil
		case pause > 0:
			more = nil // what comes meanwhile waits behind what has failed
		default:
			pause = idle
		}
		if !rest(ctx, pause, changed, more) {
			return
		}
	}
}

// paused says that there is no configuration to work by.
const paused time.Duration = -2

// empty says that a queue has nothing to send.
const empty time.Duration = -1

// enter returns the stream as it is configured now, whose generation waits until leave is called; no tenant while it is
// paused. over says that the stream is not pushed any more, and that the worker is out of the books.
func (p *publisher) enter(stream string) (t *Tenant, s StreamConfig, leave func(), over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tenant == nil {
		return nil, s, nil, false
	}
	if s, _ = p.tenant.cfg.Events.stream(stream); s.Push == nil {
		delete(p.pushing, stream)
		return nil, s, nil, true
	}
	return p.tenant, s, p.tenant.generation.Enter(), false
}

// pushNext sends the first event of a queue. It returns how long to wait before the next, or empty.
func (p *publisher) pushNext(ctx context.Context, t *Tenant, s StreamConfig, failures *int) time.Duration {
	items, _, err := p.read(ctx, s.Name, 1, 1)
	if err != nil {
		p.trouble("reading a queue", err)
		return time.Second
	}
	if len(items) == 0 {
		return empty
	}
	set, err := p.sign(ctx, t.cfg.Events, s, items[0])
	if err != nil {
		p.trouble("signing", err)
		return time.Second
	}
	answer := s.Push.Send(ctx, set)
	if ctx.Err() != nil {
		return 0 // it stays in the queue, whatever came of it
	}
	p.delivered(s.Name, answer.Verdict)
	if answer.Verdict == event.Failed {
		*failures++
		pause := max(backoff(t.cfg.RetryMin, t.cfg.RetryMax, *failures, s.Name), answer.RetryAfter, 1)
		p.log.Warn("a receiver did not take an event and will be sent it again", "stream", s.Name, "event", items[0].id,
			"status", answer.Status, "code", answer.Code, "reason", reason(answer.Err), "pause", pause)
		return pause
	}
	*failures = 0
	if answer.Verdict == event.Rejected {
		p.log.Error("a receiver rejected an event, which is dropped", "stream", s.Name, "event", items[0].id, "status", answer.Status, "code", answer.Code)
	}
	if _, err := p.remove(ctx, s.Name, []string{items[0].id}); err != nil {
		p.trouble("acknowledging", err)
		return time.Second
	}
	return 0
}

// rest waits for the first of a time and some channels, and reports whether the context is still there.
func rest(ctx context.Context, pause time.Duration, renewed, queued <-chan struct{}) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-renewed:
	case <-queued:
	case <-ctx.Done():
		return false
	}
	return true
}

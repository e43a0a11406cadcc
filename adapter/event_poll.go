package adapter

import (
	"context"
	"errors"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/event"
)

// ErrNoStream means that the tenant has no stream of that name that can be polled.
var ErrNoStream = errors.New("no such stream")

// Bounds of one poll.
const (
	maxPolled      = 1000
	maxPolledBytes = 1 << 20
)

// Poll is what a receiver asks for, RFC 8936 section 2.2.
type Poll struct {
	// Max is how many events it wants at most. Below zero that is the publisher's choice.
	Max int
	// Wait lets the poll wait for an event where there is none, as long as the tenant's polls wait.
	Wait bool
	// Until ends the wait early; nil is never.
	Until <-chan struct{}
	// Idle is called before the poll begins to wait, once, and resume when it has ended to. Its error is the poll's; what
	// is acknowledged stays so. Nil lets every poll wait.
	Idle func() (resume func(), err error)
	// Ack lists the events, by their jti, that the receiver has and is not to be sent again.
	Ack []string
	// Errors says of events, by their jti, what is wrong with them, by the codes of RFC 8935 section 2.4. They are not
	// sent again either.
	Errors map[string]string
}

// Polled is the answer to a poll.
type Polled struct {
	Sets map[string]string // the signed events by their jti
	More bool              // there are more that have not been acknowledged
}

// Poll takes back what a receiver has and returns what it has not, the oldest first. Until it is acknowledged an event is
// in every answer. An error of the store is returned as it is.
func (t *Tenant) Poll(ctx context.Context, stream string, ask Poll) (Polled, error) {
	s, ok := t.cfg.Events.stream(stream)
	if !ok || s.Push != nil {
		return Polled{}, ErrNoStream
	}
	pub := t.engine.events.find(t.cfg.ID)
	if err := pub.acknowledge(ctx, stream, ask); err != nil {
		return Polled{}, err
	}
	n := maxPolled
	if ask.Max >= 0 {
		n = min(n, ask.Max)
	}
	var timeout <-chan time.Time // nil before the poll waits
	for {
		queued := pub.queued.wait()
		items, more, err := pub.read(ctx, stream, n, maxPolledBytes)
		if err != nil {
			return Polled{}, err
		}
		if len(items) > 0 || more || !ask.Wait {
			return pub.answer(ctx, t.cfg.Events, s, items, more)
		}
		if timeout == nil {
			if ask.Idle != nil {
				resume, err := ask.Idle()
				if err != nil {
					return Polled{}, err
				}
				defer resume()
			}
			timer := time.NewTimer(t.cfg.Events.PollWait)
			defer timer.Stop()
			timeout = timer.C
		}
		select {
		case <-queued:
			continue
		case <-timeout:
		case <-ask.Until:
		case <-t.engine.ctx.Done():
		case <-ctx.Done():
			return Polled{}, ctx.Err()
		}
		return Polled{Sets: map[string]string{}}, nil
	}
}

func (p *publisher) answer(ctx context.Context, c *EventsConfig, s StreamConfig, items []item, more bool) (Polled, error) {
	out := Polled{Sets: make(map[string]string, len(items)), More: more}
	for _, it := range items {
		set, err := p.sign(ctx, c, s, it)
		if err != nil {
			return Polled{}, err
		}
		out.Sets[it.id] = set
	}
	return out, nil
}

// acknowledge takes out of a queue what its receiver has, and what it will never take.
func (p *publisher) acknowledge(ctx context.Context, stream string, ask Poll) error {
	taken, err := p.remove(ctx, stream, ask.Ack)
	for range taken {
		p.delivered(stream, event.Accepted)
	}
	if err != nil {
		return err
	}
	for id, code := range ask.Errors {
		n, err := p.remove(ctx, stream, []string{id})
		if err != nil {
			return err
		}
		if n == 0 {
			continue // there is no such event; what is said of it could be anything
		}
		if !event.IsErrorCode(code) {
			code = ""
		}
		p.delivered(stream, event.Rejected)
		p.log.Error("a receiver rejected an event, which is dropped", "stream", stream, "event", id, "code", code)
	}
	return nil
}

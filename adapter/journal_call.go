package adapter

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// trail is what an attempt sends, for the journal.
type trail struct {
	began time.Time
	sent  *connector.Trail
}

// trail begins an attempt: what is sent with the context is taken down.
func (d *dispatcher) trail(ctx context.Context) (context.Context, trail) {
	ctx, sent := connector.WithTrail(ctx)
	return ctx, trail{began: d.engine.now(), sent: sent}
}

// Bounds of what the journal keeps of a call.
const (
	maxCallPath    = 512 // bytes
	maxCallMembers = 20
)

// call is the journal's entry for an attempt, nil where nothing was to be told.
func (tr trail) call(r resource, action abi.Action, key string, doc []byte, m *mapping, out connector.Outcome) *store.Call {
	c := &store.Call{
		Key: key, Time: tr.began, ResourceType: r.typ, ResourceID: r.id, Subject: store.SubjectOf(doc), Action: action,
		Outcome: string(out.Kind), Status: out.Status, Detail: out.Detail, Unresolved: out.Unknown,
		RetryAfter: int(math.Ceil(out.RetryAfter.Seconds())),
	}
	switch out.Kind {
	case unknowable:
		c.Outcome = "unknown"
	case vanished:
		c.Outcome = string(absent)
	}
	if m != nil {
		c.PolicyVersion, c.Release = m.version, m.release
	}
	if tr.sent != nil {
		var sent []connector.Exchange
		sent, c.MoreExchanges = tr.sent.Exchanges()
		c.Exchanges = make([]store.Exchange, len(sent))
		for i, e := range sent {
			c.Exchanges[i] = store.Exchange{
				Method: e.Method, Path: redactPath(e.Path), Status: e.Status, Millis: float64(e.Duration.Microseconds()) / 1000,
			}
		}
	}
	if len(c.Exchanges) == 0 && out.Kind != connector.Retry && out.Kind != connector.Refused {
		return nil
	}
	return c
}

// call is the journal's entry for a shipment.
func (s *shipment) call(r resource, out connector.Outcome) *store.Call {
	doc := s.target.Doc
	if doc == nil {
		doc = s.applied.Doc
	}
	c := s.trail.call(r, s.attempt.Action, s.attempt.ID, doc, s.mapped, out)
	if c != nil {
		c.Version = s.target.Version
	}
	return c
}

// call is the journal's entry for a call about members.
func (c *crew) call(r resource, out connector.Outcome) *store.Call {
	entry := c.trail.call(r, c.action, c.key, c.group.Desired.Doc, c.mapped, out)
	if entry == nil {
		return nil
	}
	for i, e := range c.edges {
		entry.Version = max(entry.Version, e.Version)
		if i < maxCallMembers {
			entry.Members = append(entry.Members, e.Member)
		} else {
			entry.MoreMembers++
		}
	}
	return entry
}

// beginCall gives a call its place in the journal, before what came of it is written; nil stays nil.
func beginCall(tx *store.Tx, call *store.Call) (*store.Call, error) {
	if call == nil {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	c := *call // the transaction may run more than once
	return &c, tx.ReserveCall(&c)
}

// endCall writes a call to the journal, in the transaction of its outcome; nil writes nothing. next is the record after it,
// failures how many deliveries had failed in a row before it.
func endCall(tx *store.Tx, c *store.Call, next *store.Record, failures int) error {
	if c == nil {
		return nil
	}
	if c.Outcome == store.CallRetry && next != nil && next.Dirty() {
		c.Next = next.Due
	}
	return tx.AppendCall(c, failures > 0)
}

// redactPath takes the values out of a path's query, which can say who is looked up, and cuts it to a bound.
func redactPath(path string) string {
	path, query, has := strings.Cut(path, "?")
	if !has {
		return store.Cut(path, maxCallPath)
	}
	var b strings.Builder
	b.WriteString(path)
	for i, pair := range strings.Split(query, "&") {
		name, _, valued := strings.Cut(pair, "=")
		b.WriteByte("?&"[min(i, 1)])
		if !valued { // all of it may be a value
			name = "…"
		}
		b.WriteString(name)
		if valued {
			b.WriteString("=…")
		}
	}
	return store.Cut(b.String(), maxCallPath)
}

package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// droppedUnwanted is why notices are dropped that the receiver would not have.
const droppedUnwanted = "unwanted"

// dropBatch is how many notices one transaction drops.
const dropBatch = 500

// droppedSuffix ends the ids of notices that say that others were dropped.
const droppedSuffix = "-dropped"

// droppedNotices is the data of a notice that says that there were others.
type droppedNotices struct {
	Count int       `json:"count"`
	From  time.Time `json:"from"` // when the first of them was filed
	To    time.Time `json:"to"`   // and the last
}

// tend drops what has been in the tenant's queues for too long, and the oldest of what is too much. Queues of webhooks
// that are configured no more are kept for as long as others, in case that they come back.
//
// A queue from which something is being sent is left alone, unless patient is set: what is dropped then might have arrived.
func (c *courier) tend(ctx context.Context, patient bool) error {
	c.mu.Lock()
	c.filings = 0
	last := c.last
	c.mu.Unlock()
	var names []string
	err := c.all.engine.store.View(ctx, c.id, func(tx *store.Tx) (err error) {
		names, err = tx.NoticeQueues()
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range names {
		w, known := last.cfg.webhook(name)
		w.setDefaults()
		g := c.gate(name)
		if patient {
			g.Lock()
		} else if !g.TryLock() {
			g.owed.Store(true)
			continue
		}
		failed = append(failed, c.bound(ctx, name, w, known))
		g.Unlock()
	}
	return errors.Join(failed...)
}

// queueGate lets one at a time send from a queue or drop from it.
type queueGate struct {
	sync.Mutex
	owed atomic.Bool // it was to be tended meanwhile
}

func (c *courier) gate(name string) *queueGate {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.gates[name]
	if g == nil {
		g = new(queueGate)
		c.gates[name] = g
	}
	return g
}

// bound keeps one queue within its bounds. known says that the webhook is configured.
func (c *courier) bound(ctx context.Context, name string, w WebhookConfig, known bool) error {
	for {
		before := c.all.engine.now().Add(-w.Retention)
		var lead, old, many []string // lead is what says of others that they were dropped: it goes with the next
		n := 0
		err := c.all.engine.store.View(ctx, c.id, func(tx *store.Tx) (err error) {
			lead, old, many = nil, nil, nil
			if n, err = tx.CountNotices(name); err != nil {
				return err
			}
			surplus := min(max(0, n-w.MaxQueued), dropBatch)
			return tx.Notices(name, func(id string, body []byte) bool {
				var head notice
				unread := json.Unmarshal(body, &head) != nil
				switch {
				case (unread || head.Timestamp.Before(before)) && len(old) < dropBatch:
					old = append(old, id)
				case head.Type == noticeDropped:
					lead = append(lead, id)
				case len(old) == 0 && len(many) < surplus:
					many = append(many, id)
				default:
					return false
				}
				return true
			})
		})
		switch {
		case err != nil:
			return err
		case len(old) > 0:
			err = c.drop(ctx, name, droppedExpired, append(lead, old...), known)
		case len(many) > 1 || len(lead) > 0 && len(many) > 0:
			err = c.drop(ctx, name, droppedOverflow, append(lead, many...), known)
		default:
			return nil // one too many stays: what says that it was dropped would take its place
		}
		if err != nil {
			return err
		}
	}
}

// drop takes notices out of a queue that the receiver has not taken, in the order of their ids. The next that it gets
// says so, where say is set: it takes the place of the last of them.
func (c *courier) drop(ctx context.Context, name, why string, ids []string, say bool) error {
	slices.Sort(ids)
	n := 0
	err := c.all.engine.store.Update(ctx, c.id, func(tx *store.Tx) error {
		n = 0
		all := droppedNotices{}
		drop := make(map[string]bool, len(ids))
		for _, id := range ids {
			drop[id] = true
		}
		err := tx.Notices(name, func(id string, body []byte) bool {
			if !drop[id] {
				return len(drop) > 0
			}
			delete(drop, id)
			all.add(body)
			return true
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			was, err := tx.DropNotice(name, id)
			if err != nil {
				return err
			}
			if was {
				n++
			}
		}
		if !say || n == 0 {
			return nil
		}
		body, err := c.configured().noticeBody(noticeDropped, "", all)
		if err != nil {
			return err
		}
		// Behind the last of them and before all others; and it has an id of its own, as what was sent under the old one
		// may have arrived.
		return tx.FileNotice(name, ids[len(ids)-1]+droppedSuffix, body)
	})
	if err != nil || n == 0 {
		return err
	}
	c.log.Warn("notices were dropped that a webhook has not taken", "webhook", name, "reason", why, "notices", n)
	c.mu.Lock()
	if say {
		c.state(name).Dropped += n
	}
	c.mu.Unlock()
	c.filed.broadcast()
	if o, ok := c.all.engine.watch.(NoticeObserver); ok {
		o.NoticesDropped(c.id, name, why, n)
	}
	return nil
}

// add counts a notice that is dropped, or those that it speaks of.
func (d *droppedNotices) add(body []byte) {
	var head notice
	if json.Unmarshal(body, &head) != nil {
		d.Count++
		return
	}
	one := droppedNotices{Count: 1, From: head.Timestamp, To: head.Timestamp}
	if head.Type == noticeDropped {
		_ = json.Unmarshal(head.Data, &one) // it counts as one otherwise
	}
	d.Count += one.Count
	if d.From.IsZero() || one.From.Before(d.From) {
		d.From = one.From
	}
	if one.To.After(d.To) {
		d.To = one.To
	}
}

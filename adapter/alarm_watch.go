package adapter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// failuresInARow is how often a policy must have failed, with no answer in between, for an alarm.
const failuresInARow = 3

// health returns how a connection's requests go; nil for one that is not configured.
func (c *courier) health(connection string) *health {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.connections[connection]
	if h == nil && c.last != nil {
		if _, ok := c.last.Connection(connection); ok {
			h = new(health)
			c.connections[connection] = h
		}
	}
	return h
}

// judgement is what is to become of an alarm: it holds or it does not.
type judgement struct {
	holds bool
	alarm Alarm
	done  func() // called when it is stored
}

// watch brings the alarms in step with what this process knows: of connections and policies.
func (c *courier) watch(ctx context.Context) error {
	c.mu.Lock()
	t := c.tenant
	c.mu.Unlock()
	if t == nil {
		return nil
	}
	raised, err := t.Alarms(ctx)
	if err != nil {
		return err
	}
	if err := c.loadSeen(ctx, t); err != nil {
		return err
	}
	now := c.all.engine.now()
	list := slices.Concat(c.judgeConnections(t, raised, now), c.judgePolicies(t, raised))
	seen := c.newSeen(t)
	if len(list) == 0 && len(seen) == 0 {
		return nil
	}
	err = c.all.engine.store.Update(ctx, c.id, func(tx *store.Tx) error {
		for id, at := range seen {
			if err := tx.SetSeen(id, at); err != nil {
				return err
			}
		}
		for _, j := range list {
			if !j.holds {
				err = t.clear(tx, j.alarm.Kind, j.alarm.Subject)
			} else {
				err = t.raise(tx, j.alarm)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, j := range list {
		if j.done != nil {
			j.done()
		}
	}
	return nil
}

// loadSeen reads when the connections were heard of by earlier processes.
func (c *courier) loadSeen(ctx context.Context, t *Tenant) error {
	if t.cfg.Alarms.Silent == 0 {
		return nil
	}
	return c.all.engine.store.View(ctx, c.id, func(tx *store.Tx) error {
		for _, conn := range t.cfg.Connections {
			at, err := tx.Seen(conn.ID)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			h := c.health(conn.ID)
			if h == nil {
				continue // a configuration without it has come meanwhile
			}
			h.mu.Lock()
			h.stored = at
			h.mu.Unlock()
		}
		return nil
	})
}

// newSeen returns what is to be written down of when connections were heard of.
func (c *courier) newSeen(t *Tenant) map[string]time.Time {
	silent := t.cfg.Alarms.Silent
	if silent == 0 {
		return nil
	}
	news := map[string]time.Time{}
	for _, conn := range t.cfg.Connections {
		h := c.health(conn.ID)
		if h == nil {
			continue // as above
		}
		h.mu.Lock()
		if h.seen.Sub(h.stored) > silent/10 {
			news[conn.ID] = h.seen
		}
		h.mu.Unlock()
	}
	return news
}

// judgeConnections returns what is to become of the alarms of connections.
func (c *courier) judgeConnections(t *Tenant, raised []Alarm, now time.Time) []judgement {
	var list []judgement
	for _, a := range raised { // of connections that there are no more
		if a.Kind == AlarmConnectionFailing || a.Kind == AlarmConnectionSilent {
			if _, ok := t.Connection(a.Subject); !ok {
				list = append(list, judgement{alarm: a})
			}
		}
	}
	find := func(kind AlarmKind, id string) (Alarm, bool) {
		i := slices.IndexFunc(raised, func(a Alarm) bool { return a.Kind == kind && a.Subject == id })
		if i < 0 {
			return Alarm{Kind: kind, Subject: id}, false
		}
		return raised[i], true
	}
	for _, conn := range t.cfg.Connections {
		h := c.health(conn.ID)
		if h == nil {
			continue // as above
		}
		a, was := find(AlarmConnectionFailing, conn.ID)
		h.mu.Lock()
		h.slide(now, t.cfg.Alarms.Window)
		h.raised = was
		is := !t.cfg.Alarms.FailuresOff && h.failing(&t.cfg.Alarms)
		_, failed := h.sums()
		text := h.describe(conn.ID, conn.Profile, t.cfg.Alarms.Window)
		last := h.seen
		if h.stored.After(last) {
			last = h.stored
		}
		h.mu.Unlock()
		if is != was || (is && failed > 0 && text != a.Text) {
			if is {
				a.Text = text
			}
			list = append(list, judgement{holds: is, alarm: a, done: func() {
				h.mu.Lock()
				h.raised = is
				h.mu.Unlock()
			}})
		}
		silent := t.cfg.Alarms.Silent
		b, was := find(AlarmConnectionSilent, conn.ID)
		if is := silent > 0 && !last.IsZero() && now.Sub(last) >= silent; is != was {
			b.Text = fmt.Sprintf("connection %s: no request for %s; the last came at %s", conn.ID, spell(silent), last.UTC().Format(time.RFC3339))
			list = append(list, judgement{holds: is, alarm: b})
		}
	}
	return list
}

// judgePolicies returns what is to become of the alarms of policies.
func (c *courier) judgePolicies(t *Tenant, raised []Alarm) []judgement {
	var list []judgement
	broken := map[string]bool{}
	set := t.shelf.current.Load()
	if set.err != nil {
		broken[policyUnloaded] = true
		list = append(list, judgement{holds: true, alarm: Alarm{
			Kind: AlarmPolicyFailing, Subject: policyUnloaded, Text: "a release of the policy cannot be loaded; changes are answered with 503",
		}})
	}
	for _, f := range t.shelf.fails.all() {
		if f.Count < failuresInARow || !set.asks(f.Release) {
			continue
		}
		subject := policySubject(f.Release)
		broken[subject] = true
		list = append(list, judgement{holds: true, alarm: Alarm{
			Kind: AlarmPolicyFailing, Subject: subject,
			Text: fmt.Sprintf("the policy fails each time it is asked to %s (%s); changes are answered with 503 or wait", f.Hook, f.Kind),
		}})
	}
	list = slices.DeleteFunc(list, func(j judgement) bool { // what is known needs no word
		return slices.ContainsFunc(raised, func(a Alarm) bool {
			return a.Kind == j.alarm.Kind && a.Subject == j.alarm.Subject && a.Text == j.alarm.Text
		})
	})
	for _, a := range raised {
		if a.Kind == AlarmPolicyFailing && !broken[a.Subject] && t.shelf.recovered(set, a.Subject) {
			list = append(list, judgement{alarm: a})
		}
	}
	return list
}

// policyUnloaded is the subject of the alarm that there is no policy to ask.
const policyUnloaded = "unloaded"

func policySubject(release uint64) string {
	if release == 0 {
		return "configuration"
	}
	return fmt.Sprintf("release %d", release)
}

// asks reports whether the release, 0 for the policy of the configuration, is asked about changes.
func (s *ruled) asks(release uint64) bool {
	if s.pinned {
		return release == 0
	}
	return (s.active != nil && s.active.release == release) || (s.canary != nil && s.canary.release == release)
}

// recovered reports whether what an alarm of policies speaks of is over: it answers again, or is not asked any more. After a
// restart that is not known before it was asked.
func (s *shelf) recovered(set *ruled, subject string) bool {
	if subject == policyUnloaded {
		return set.loaded && set.err == nil
	}
	known := []uint64{0}
	for _, h := range set.handles() {
		known = append(known, h.release)
	}
	i := slices.IndexFunc(known, func(release uint64) bool { return policySubject(release) == subject })
	if i < 0 || !set.asks(known[i]) {
		return set.loaded
	}
	return slices.ContainsFunc(s.fails.all(), func(f PolicyFailing) bool { return f.Release == known[i] && f.Count == 0 })
}

// all returns how releases failed, those included that answer again.
func (f *failures) all() []PolicyFailing {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]PolicyFailing, len(f.list))
	for i := range f.list {
		list[i] = f.list[i].PolicyFailing
	}
	return list
}

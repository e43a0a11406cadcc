package adapter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// An account that the IdP's DELETE suspends or deactivates may be kept for a while only. Then the record is marked as
// parting when the application has it as the rule says, and lies in an index by the time of the DELETE. When its time has
// come the state that is wanted asks for a delete, and the dispatcher does the rest. Nothing waits in memory, and what
// waits is no backlog.

const (
	// maxPartings is how many accounts are given to the dispatcher before others get their turn.
	maxPartings = 100
	// partingPause is how long to wait before the next ones when the backlog is full.
	partingPause = 5 * time.Second
)

// rules lists what can become of an account without access.
func (l Lifecycle) rules() []Rule {
	if l.DeleteAfter > 0 {
		return []Rule{l.OnDelete, l.OnInactive, RuleDelete}
	}
	return []Rule{l.OnDelete, l.OnInactive}
}

func (l Lifecycle) validate(c *connector.Connector, bad func(format string, args ...any)) {
	if !slices.Contains([]Rule{RuleNothing, RuleSuspend, RuleDeactivate, RuleDelete}, l.OnDelete) {
		bad("lifecycle.on_delete: %q is not one of delete, deactivate, suspend, nothing", l.OnDelete)
	}
	if !slices.Contains([]Rule{RuleNothing, RuleSuspend, RuleDeactivate}, l.OnInactive) {
		bad("lifecycle.on_inactive: %q is not one of suspend, deactivate, nothing", l.OnInactive)
	}
	switch {
	case l.DeleteAfter < 0:
		bad("lifecycle.delete_after: %s is negative; want a duration, or 0 for never", l.DeleteAfter)
	case l.DeleteAfter > 0 && !l.OnDelete.keeps():
		bad("lifecycle.delete_after: goes with on_delete suspend or deactivate, not with %s", l.OnDelete)
	}
	switch {
	case !slices.Contains([]Gone{GoneRefuse, GoneCreate}, l.OnGone):
		bad("lifecycle.on_gone: %q is not one of refuse, create", l.OnGone)
	case l.OnGone == GoneCreate && c != nil && !c.CanLookup():
		bad("lifecycle.on_gone: create needs the application's lookup; without it a wrong route would look like an account that is gone, and make a second one")
	}
}

// keeps reports whether the rule takes access away and leaves the account.
func (r Rule) keeps() bool { return r == RuleSuspend || r == RuleDeactivate }

// parts reports whether the account that a record is level with is kept for a while only.
func (t *Tenant) parts(rec *store.Record, target store.State) bool {
	rule := t.cfg.Lifecycle.OnDelete
	if target.Lifecycle != "" {
		rule = Rule(target.Lifecycle)
	}
	return t.cfg.Lifecycle.DeleteAfter > 0 && rec.Type != store.Group && target.Deleted && exists(rec.Applied.Account) && rule.keeps()
}

// pokePartings makes the loop look at the index again.
func (d *dispatcher) pokePartings() {
	select {
	case d.partings <- struct{}{}:
	default:
	}
}

// runPartings has accounts deleted when they have been kept long enough, until the engine ends. What is due then is found
// by the next process.
func (d *dispatcher) runPartings(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Stop()
		if t, leave := d.enter(); t != nil { // otherwise a configuration will poke
			next, err := t.part(ctx)
			leave()
			if err != nil {
				d.troubled("deleting accounts that were kept", err)
			}
			if next.Before(never) {
				// As with approvals: not all of a long time at once.
				timer.Reset(min(max(next.Sub(d.engine.now()), time.Millisecond), idle))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-d.partings:
		case <-timer.C:
		}
	}
}

// part gives the dispatcher the accounts that have been kept long enough, a bounded number, and returns when to look
// again.
func (t *Tenant) part(ctx context.Context) (next time.Time, err error) {
	after := t.cfg.Lifecycle.DeleteAfter
	if after <= 0 {
		return never, nil // they are kept, as long as nobody says for how long
	}
	t.dispatcher.parting.Lock()
	defer t.dispatcher.parting.Unlock()
	now := t.engine.now()
	room := int64(t.cfg.MaxBacklog) - t.dispatcher.backlog.Load()
	var due []store.PartingItem
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		due, next = due[:0], never
		return tx.Partings(func(item store.PartingItem) bool {
			switch at := item.Since.Add(after); {
			case at.After(now):
				next = at
			case int64(len(due)) >= room:
				next = now.Add(partingPause)
			case len(due) == maxPartings:
				next = now
			default:
				due = append(due, item)
				return true
			}
			return false
		})
	})
	if err != nil {
		return now.Add(time.Second), fmt.Errorf("read which accounts are kept: %w", err)
	}
	var failed error
	for _, item := range due {
		if err := t.partWith(ctx, item, now); err != nil {
			if failed = fmt.Errorf("user %s: %w", item.ID, err); ctx.Err() != nil {
				return now, ctx.Err()
			}
			next = now.Add(time.Second)
		}
	}
	t.dispatcher.poke()
	return next, failed
}

// partWith has one account deleted: what is wanted of the deleted resource is from now on that it has none.
func (t *Tenant) partWith(ctx context.Context, item store.PartingItem, now time.Time) error {
	var next *store.Record
	var delta int64
	var told []settlement
	err := t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		next, delta, told = nil, 0, nil
		rec, err := tx.Load(item.Type, item.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || !rec.Parting || rec.Hold != nil || !rec.Modified.Equal(item.Since) {
			return err // it has come back, or has another time
		}
		next = rec.Clone()
		next.Parting = false
		next.Desired.Lifecycle = string(RuleDelete)
		next.Desired.Version++
		keepSent(next, rec.Target())
		if next.Attempt == nil {
			t.dispatcher.plan(t, next, now)
		}
		if told, delta, err = t.dispatcher.keep(tx, rec, next); err != nil {
			return err
		}
		return tx.AppendNote(&store.Note{
			Time: now, Kind: store.NoteLifecycle, ResourceType: rec.Type, ResourceID: rec.ID, Subject: store.SubjectOf(rec.Desired.Doc),
			Version: next.Desired.Version, State: noteDeleteAfter,
			Text: "the account was kept since the delete of " + item.Since.UTC().Format(time.RFC3339) + " and is deleted now",
		})
	})
	if err != nil || next == nil {
		return err
	}
	t.dispatcher.moved(next, delta)
	t.dispatcher.announce(resource{item.Type, item.ID}, told)
	return nil
}

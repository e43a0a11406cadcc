package adapter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// An identity provider that revokes wins. The exception is one that revokes by the hundred, which mostly is a mistake: a
// group that was unassigned, a filter that was changed, a source that came back empty. Beyond the tenant's deprovision limit
// changes that take access away wait for a person.

// DeprovisionLimit bounds how many people may lose their access within a window; what is more is held. Where both Users and
// Percent are set, what is reached first counts. The zero value is no limit.
type DeprovisionLimit struct {
	// Users is how many people may; 0 for no word of it.
	Users int
	// Percent is how many of a hundred people who have access, or had it at the window's beginning, may; 0 for no word of it.
	// It is never less than LeastDeprovisions people.
	Percent int
	// Window is how long the window is that slides along behind the present, at most store.KeepDeprovisions.
	Window time.Duration
}

// LeastDeprovisions is how many people a percentage lets go of however few they are.
const LeastDeprovisions = 3

// errOverLimit means that a change takes away more access than the limit lets through.
var errOverLimit = errors.New("over the deprovision limit")

// set reports whether there is a limit.
func (l DeprovisionLimit) set() bool { return l.Window > 0 }

func (l DeprovisionLimit) validate(bad func(format string, args ...any)) {
	switch {
	case l == DeprovisionLimit{}:
	case l.Users < 0:
		bad("deprovision_limit.users: %d is negative", l.Users)
	case l.Percent < 0, l.Percent > 100:
		bad("deprovision_limit.percent: %d is not between 1 and 100", l.Percent)
	case l.Users == 0 && l.Percent == 0:
		bad("deprovision_limit: it has neither a number of users nor a percentage")
	case l.Window <= 0:
		bad("deprovision_limit.window: missing; want a duration such as 1h")
	case l.Window > store.KeepDeprovisions:
		bad("deprovision_limit.window: %s is longer than %s", l.Window, store.KeepDeprovisions)
	}
}

// most is how many may lose their access within the window, of so many people who have it or had it at its beginning.
func (l DeprovisionLimit) most(people int) int {
	n := math.MaxInt
	if l.Users > 0 {
		n = l.Users
	}
	if l.Percent > 0 {
		n = min(n, max(people*l.Percent/100, LeastDeprovisions))
	}
	return n
}

// String is the limit in words.
func (l DeprovisionLimit) String() string {
	var what string
	switch {
	case l.Users == 0:
		what = fmt.Sprintf("%d%% of the users", l.Percent)
	case l.Percent == 0:
		what = fmt.Sprintf("%d users", l.Users)
	default:
		what = fmt.Sprintf("%d users or %d%%", l.Users, l.Percent)
	}
	if l.Users == 1 {
		what = strings.Replace(what, "users", "user", 1)
	}
	window := l.Window.String() // 1h0m0s
	if strings.HasSuffix(window, "m0s") {
		window = strings.TrimSuffix(strings.TrimSuffix(window, "0s"), "h0m") + map[bool]string{true: "h"}[strings.HasSuffix(window, "h0m0s")]
	}
	return what + " in " + window
}

// takesAway reports whether the change takes away access that the person has, as far as the application is concerned.
func (t *Tenant) takesAway(c *change) bool {
	if c.kind.Type != store.User || !c.before().Present() || (!c.deleted && active(c.doc)) {
		return false
	}
	return t.ruleFor(c) != RuleNothing && t.hasAccess(c.prev, c.before())
}

// hasAccess reports whether a person has access, of whom nothing else is wanted than a state. Whom the rules left as they were
// when they were switched off has it still; who is about to lose it has not.
func (t *Tenant) hasAccess(rec *store.Record, wanted store.State) bool {
	if active(wanted.Doc) {
		return true
	}
	if rec.Applied.Account != store.AccountActive {
		return false
	}
	action, needed := t.nextAction(rec.Type, rec.Applied, wanted)
	return !rec.Dirty() || !needed || (action != abi.ActionSuspend && action != abi.ActionDeactivate && action != abi.ActionDelete)
}

// counted reports whether the change counts against the deprovision limit: it takes access away, and goes through without
// anybody's word.
func (t *Tenant) counted(c *change) bool {
	waits := c.limited || (c.verdict == abi.Hold && t.cfg.HoldRevocations)
	return t.cfg.DeprovisionLimit.set() && !waits && t.takesAway(c)
}

// census finds out how many people a percentage is of. Changes that count against one are stored one after the other, so
// that the number stays what it is: the first time the error is errMoved, as that of facts.
func (t *Tenant) census(ctx context.Context, c *change) error {
	if t.cfg.DeprovisionLimit.Percent == 0 || !t.counted(c) {
		return nil
	}
	if !c.turn.held() {
		if err := c.turn.take(ctx, t.dispatcher.seats); err != nil {
			return err
		}
		return errMoved
	}
	n, err := t.counts(ctx)
	if err != nil {
		return fmt.Errorf("counts for the deprovision limit: %w", err)
	}
	c.people = n.ActiveUsers
	return nil
}

// admit counts a change against the limit in the transaction that lets it through, or is errOverLimit.
func (t *Tenant) admit(tx *store.Tx, c *change, now time.Time) error {
	if !t.counted(c) {
		return nil
	}
	return t.takeOne(tx, c.people, now)
}

// takeOne counts one more who loses access against the limit, or is errOverLimit. people is how many users are active.
func (t *Tenant) takeOne(tx *store.Tx, people int, now time.Time) error {
	d, at, err := t.room(tx, people, 0, now)
	if err != nil {
		return err
	}
	return tx.Take(&d, at)
}

// room is errOverLimit where nobody may lose access any more, once so many others have that are only planned. Else it returns
// what Take is given.
func (t *Tenant) room(tx *store.Tx, people, planned int, now time.Time) (d store.Deprovisions, at time.Time, err error) {
	if d, err = tx.Deprovisions(); err != nil {
		return d, at, err
	}
	at, taken, err := within(tx, &d, t.cfg.DeprovisionLimit, now)
	if err != nil {
		return d, at, err
	}
	if taken += planned; taken >= t.cfg.DeprovisionLimit.most(people+d.Held+taken) {
		return d, at, errOverLimit
	}
	return d, at, nil
}

// within returns how many lost their access within the window that ends now, and the time that is now noted of the next. A
// clock that was set back a little stands still meanwhile. What a clock noted that was wrong by more than the window is
// forgotten, or it would count for as long as it was wrong.
func within(tx *store.Tx, d *store.Deprovisions, l DeprovisionLimit, now time.Time) (at time.Time, taken int, err error) {
	if at = now; d.First < d.Next {
		last, err := tx.TakenAt(d.Next - 1)
		if err != nil {
			return at, 0, err
		}
		if last.Sub(now) > l.Window {
			d.First = d.Next
			return at, 0, nil
		}
		if last.After(now) {
			at = last
		}
	}
	first, err := tx.TakenSince(*d, at.Add(-l.Window))
	return at, int(d.Next - first), err
}

// overLimit makes a change that there is no room for one that waits.
func (t *Tenant) overLimit(c *change) {
	why := fmt.Sprintf("the deprovision limit of %s is reached", t.cfg.DeprovisionLimit)
	c.limited = true
	if c.verdict == abi.Hold {
		c.asks = true
		c.reason += "; " + why
		return
	}
	c.verdict, c.reason = abi.Hold, why
	c.title = fmt.Sprintf("%s of a %s", c.operation, c.kind.Type)
}

// commitOverLimit stores a change that there was no room for as one that waits, unless somebody has just said no to it.
func (t *Tenant) commitOverLimit(ctx context.Context, c *change) (*store.Record, *store.Operation, error) {
	t.overLimit(c)
	if err := t.refuseRejected(ctx, c); err != nil {
		return nil, nil, err
	}
	t.engine.watch.Withheld(t.cfg.ID)
	return t.commit(ctx, c)
}

// tripped raises the alarm, when one more change waits.
func (t *Tenant) tripped(tx *store.Tx) error {
	d, err := tx.Deprovisions()
	if err != nil {
		return err
	}
	if !d.Raised {
		d.Raised = true
		if err := tx.PutDeprovisions(d); err != nil {
			return err
		}
	}
	return t.raise(tx, Alarm{
		Kind: AlarmDeprovisionLimit,
		Text: fmt.Sprintf("the deprovision limit of %s is reached; changes that wait for release or discard: %d", t.cfg.DeprovisionLimit, d.Held),
	})
}

// calm clears the alarm once nothing waits and there is room again, and returns when to look again.
func (t *Tenant) calm(ctx context.Context) (next time.Time, err error) {
	var d store.Deprovisions
	l, now := t.cfg.DeprovisionLimit, t.engine.now()
	next = never
	check := func(tx *store.Tx, people int) (calm bool, err error) {
		if d, err = tx.Deprovisions(); err != nil || !d.Raised || d.Held > 0 || !l.set() {
			return d.Raised && d.Held == 0, err
		}
		_, taken, err := within(tx, &d, l, now)
		if err != nil {
			return false, err
		}
		if most := l.most(people + taken); taken >= most {
			at, err := tx.TakenAt(d.Next - uint64(most))
			next = at.Add(l.Window)
			return false, err
		}
		return true, nil
	}
	people := 0
	if err := t.view(ctx, func(tx *store.Tx) (err error) { d, err = tx.Deprovisions(); return err }); err != nil || !d.Raised {
		return never, err
	}
	if l.Percent > 0 {
		n, err := t.counts(ctx)
		if err != nil {
			return never, err
		}
		people = n.ActiveUsers
	}
	calm := false
	if err := t.view(ctx, func(tx *store.Tx) (err error) { calm, err = check(tx, people); return err }); err != nil || !calm {
		return next, err
	}
	return never, t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		if calm, err := check(tx, people); err != nil || !calm {
			return err
		}
		d.Raised = false
		return errors.Join(tx.PutDeprovisions(d), t.clear(tx, AlarmDeprovisionLimit, ""))
	})
}

// LimitState says how a tenant stands within its deprovision limit.
type LimitState struct {
	Limit   string `json:"limit,omitempty"`  // in words; "" for none
	Window  string `json:"window,omitempty"` // how long it is
	Taken   int    `json:"taken"`            // how many lost their access within it
	Most    int    `json:"most"`             // how many may; 0 without a limit
	Waiting int    `json:"waiting"`          // how many changes wait
	Alarm   bool   `json:"alarm"`            // the alarm is raised
}

// LimitState returns how the tenant stands within its deprovision limit.
func (t *Tenant) LimitState(ctx context.Context) (LimitState, error) {
	l, people := t.cfg.DeprovisionLimit, 0
	if l.Percent > 0 {
		n, err := t.counts(ctx)
		if err != nil {
			return LimitState{}, err
		}
		people = n.ActiveUsers
	}
	var out LimitState
	err := t.view(ctx, func(tx *store.Tx) error {
		d, err := tx.Deprovisions()
		out = LimitState{Waiting: d.Held, Alarm: d.Raised}
		if err != nil || !l.set() {
			return err
		}
		_, taken, err := within(tx, &d, l, t.engine.now())
		out.Limit, out.Window, out.Taken, out.Most = l.String(), l.Window.String(), taken, l.most(people+d.Held+taken)
		return err
	})
	return out, err
}

package adapter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
)

// finish records what came of a shipment, plans what is next, and tells those who wait.
func (d *dispatcher) finish(ctx context.Context, t *Tenant, r resource, s *shipment, out connector.Outcome) (more bool, err error) {
	var told []settlement
	var next *store.Record
	var delta int64
	var woken ripple
	recording, err := t.recordMapping(s.mapped, out)
	if err != nil {
		return false, err
	}
	failures, call := 0, s.call(r, out)
	var due time.Time
	record := func(revert bool) error {
		return d.engine.store.Update(ctx, d.id, func(tx *store.Tx) error {
			told, next, more, delta, woken = nil, nil, false, 0, ripple{}
			rec, err := tx.Load(r.typ, r.id)
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			failures, due = rec.Failures, rec.Due
			if err := keepMapping(tx, recording, out, failures); err != nil {
				return err
			}
			entry, err := beginCall(tx, call)
			if err != nil {
				return err
			}
			next = rec.Clone()
			next.Told = d.engine.now()
			if told, err = d.conclusion(tx, t, r, next, s, out, revert); err != nil {
				return err
			}
			end, grown, err := d.keep(tx, rec, next)
			told, delta = append(told, end...), grown
			more = next.Dirty() && next.Failures == 0
			switch was, is := exists(rec.Applied.Account), exists(next.Applied.Account); {
			case err != nil:
			case is && !was:
				err = t.wake(tx, r.id, &woken)
			case was && !is:
				err = t.lose(tx, next, &woken)
			}
			if err != nil {
				return err
			}
			return endCall(tx, entry, next, failures)
		})
	}
	err = record(true)
	if errors.Is(err, store.ErrUniqueness) {
		err = record(false)
	}
	d.remember(s.attempt.ID, err)
	if err != nil {
		d.waiters.free(r)
		return false, fmt.Errorf("%s: %w", s.attempt.Action, err)
	}
	if next != nil {
		d.tidy(next)
		d.moved(next, delta)
		d.displace(r, due, out)
	}
	if len(woken.records) > 0 || woken.chores {
		woken.spread(d)
		d.poke()
	}
	if out.Kind == connector.Retry {
		d.renew(t, s.mapped)
	}
	d.announce(r, told)
	d.waiters.free(r)
	t.shadowMapping(s.mapped, failures)
	d.report(r, s, out)
	return more, nil
}

// conclusion changes the record by what came of a shipment, and returns what those who wait are to be told of it.
func (d *dispatcher) conclusion(tx *store.Tx, t *Tenant, r resource, rec *store.Record, s *shipment, out connector.Outcome, revert bool) ([]settlement, error) {
	now := d.engine.now()
	if taken, err := linkedElsewhere(tx, r, out.LegacyID); err != nil {
		return nil, err
	} else if taken {
		// The application answers a create with an account that it had: two people must not share one.
		out = belongsToAnother(r.typ)
	}
	if err := unlinkDeleted(tx, r, out.LegacyID); err != nil {
		return nil, err
	}
	switch out.Kind {
	case connector.Retry:
		if over, err := d.givesUp(tx, t, rec, s, out, now); err != nil {
			return nil, err
		} else if over {
			return d.giveUp(tx, t, rec, s, out, now)
		}
		d.postpone(t, rec, s, out, now)
		return []settlement{{upTo: rec.Desired.Version, end: ending{state: DeliveryPending}}}, nil
	case connector.Refused:
		return d.refuse(tx, t, rec, s, out, revert, now)
	}
	if err := acknowledge(rec, s, out); err != nil {
		return nil, err
	}
	if out.Kind == vanished {
		if err := noteVanished(tx, rec, s, now); err != nil {
			return nil, err
		}
	}
	if s.told && bytes.Equal(rec.Secret, s.secret) && out.Kind == connector.Done {
		forgetPassword(rec) // of the password nothing is kept
	}
	if rec.Type == store.Group && exists(rec.Applied.Account) {
		rec.EdgesDirty = true // members may have waited for it
	}
	rec.Attempt = nil
	rec.Failures, rec.Failure = 0, ""
	var told []settlement
	if _, needed := t.nextStep(rec, s.target); !needed && s.target.Version > rec.Applied.Version {
		// The whole of what was sent is there, whatever has been asked for meanwhile and whatever comes of that.
		level(rec, s.target)
		var err error
		if told, err = d.arrived(tx, rec, s.target.Version); err != nil {
			return nil, err
		}
	}
	d.plan(t, rec, now)
	return told, nil
}

// keep stores what became of a record, or forgets it where it is left without a document: it was refused or rejected
// before it ever was. It returns what those who wait are to be told, and by how much the backlog grows.
func (d *dispatcher) keep(tx *store.Tx, prev, next *store.Record) (told []settlement, delta int64, err error) {
	if prev != nil && there(prev) && !there(next) {
		if err := leaveLater(tx, next.ID); err != nil {
			return nil, 0, err
		}
	}
	if next.Desired.Doc == nil {
		next.Due = time.Time{}
		if next.Type == store.Group {
			err = tx.AddChore(store.Chore{Kind: store.SweepGroup, ID: next.ID, Version: next.Desired.Version})
		}
		return nil, -dirtiness(prev), errors.Join(err, tx.Forget(prev))
	}
	if gone(next) && (prev == nil || !gone(prev)) {
		if err := tx.AddChore(store.Chore{Kind: store.SweepGroup, ID: next.ID, Version: next.Desired.Version}); err != nil {
			return nil, 0, err
		}
	}
	unpark(prev, next, d.engine.now())
	if told, err = d.settle(tx, next); err != nil {
		return nil, 0, err
	}
	return told, dirtiness(next) - dirtiness(prev), tx.Put(prev, next)
}

// gone reports whether the application is through with a deleted group.
func gone(rec *store.Record) bool {
	return rec.Type == store.Group && rec.Target().Deleted && !rec.Dirty()
}

// there reports whether clients see the resource, or will if the change that waits for an approval is rejected.
func there(rec *store.Record) bool { return rec.Desired.Present() || rec.Target().Present() }

// dirtiness is what a record adds to the backlog.
func dirtiness(rec *store.Record) int64 {
	if rec != nil && rec.Dirty() {
		return 1
	}
	return 0
}

// remember keeps the attempts whose outcome could not be written, so that they count as uncertain.
func (d *dispatcher) remember(attempt string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.unrecorded[attempt] = struct{}{}
		return
	}
	delete(d.unrecorded, attempt)
}

// acknowledge writes into the record what the application has just said that it has.
func acknowledge(rec *store.Record, s *shipment, out connector.Outcome) (err error) {
	a := &rec.Applied
	switch {
	case out.Kind == adopted && s.resume && s.attempt.Action == abi.ActionCreate:
		// It is the one that was made unseen. What else it holds is not known; the update that follows makes it known.
		a.LegacyID, a.Account, a.Doc, a.Deleted, a.Unsure = out.LegacyID, store.AccountActive, s.target.Doc, false, true
	case out.Kind == adopted && rec.Type == store.Group:
		a.LegacyID, a.Account, a.Unsure, a.Adrift = out.LegacyID, store.AccountActive, true, false
	case out.Kind == adopted:
		// Nor is it known whether it is active.
		a.LegacyID, a.Account, a.Unsure, a.Adrift = out.LegacyID, store.AccountActive, true, true
	case out.Kind == unknowable:
		assume(rec)
	case out.Kind == vanished:
		a.LegacyID, a.Account = "", store.AccountAbsent
		a.Adrift, a.Unsure, a.Doubt = false, false, nil
	case out.Kind == absent, out.Gone, s.attempt.Action == abi.ActionDelete:
		a.LegacyID, a.Account = "", store.AccountDeleted
		a.Adrift, a.Unsure, a.Doubt = false, false, nil
	case s.attempt.Action == abi.ActionCreate:
		a.LegacyID, a.Account, a.Doc, a.Deleted = out.LegacyID, store.AccountActive, s.target.Doc, false
		a.Adrift, a.Unsure, a.Doubt = false, false, nil
	case s.attempt.Action == abi.ActionUpdate:
		a.Doc, err = withActive(s.target.Doc, a.Account == store.AccountActive)
		a.Unsure, a.Doubt = false, nil
	case s.attempt.Action == abi.ActionReactivate:
		a.Account, a.Adrift, a.Deleted = store.AccountActive, false, false
		a.Doc, err = withActive(a.Doc, true)
	case s.attempt.Action == abi.ActionSetPassword:
	case s.attempt.Action == abi.ActionSuspend:
		a.Account, a.Adrift = store.AccountSuspended, false
		a.Doc, err = withActive(a.Doc, false)
	case s.attempt.Action == abi.ActionDeactivate:
		a.Account, a.Adrift = store.AccountDeactivated, false
		a.Doc, err = withActive(a.Doc, false)
	default:
		err = fmt.Errorf("unexpected action %q", s.attempt.Action)
	}
	return err
}

// postpone plans the next try of a delivery that failed.
func (d *dispatcher) postpone(t *Tenant, rec *store.Record, s *shipment, out connector.Outcome, now time.Time) {
	rec.Failures++
	rec.Failure = out.Detail
	if !urgedMeanwhile(rec, s.urgent) {
		rec.Due = now.Add(max(backoff(t.cfg.RetryMin, t.cfg.RetryMax, rec.Failures, rec.ID), out.RetryAfter))
	}
	if rec.Attempt == nil || rec.Attempt.ID != s.attempt.ID {
		return
	}
	if madeHalfway(s, out) {
		due := rec.Due
		keepHalf(rec, s, out)
		d.plan(t, rec, now)
		rec.Due = due
		return
	}
	rec.Attempt.Owner = d.engine.owner
	rec.Attempt.Uncertain = s.resume || rec.Attempt.Uncertain || out.Unknown // an attempt of a process before this one stays in doubt
}

// refuse takes desired back to applied, if nobody has moved it since, and writes the refusal to the operations that
// asked for what was refused. With revert false desired stays as it is: what it would go back to has been taken.
func (d *dispatcher) refuse(tx *store.Tx, t *Tenant, rec *store.Record, s *shipment, out connector.Outcome, revert bool, now time.Time) ([]settlement, error) {
	v := new(burial)
	err := conclude(tx, rec, s.target.Version, store.Pending, func(op *store.Operation) {
		d.refused(v, resource{rec.Type, rec.ID}, op, out, now)
	})
	if err != nil {
		return nil, err
	}
	told := []settlement{{upTo: s.target.Version, end: ending{state: DeliveryRefused, err: refusal(out.Status, out.Detail)}}}
	if (s.resume || out.Unknown) && rec.Attempt != nil {
		assume(rec) // an earlier try may have gone through, or an earlier one of several requests
	}
	if bytes.Equal(rec.Secret, s.secret) {
		forgetPassword(rec) // what asked for it has been refused with all else
	}
	rec.Attempt = nil
	rec.Failures = 0
	half, moved := madeHalfway(s, out), rec.Target().Version != s.target.Version
	if half {
		keepHalf(rec, s, out)
	}
	switch target := rec.Target(); {
	case half && target.Version == s.target.Version:
		takeHalfBack(rec, now)
		d.plan(t, rec, now)
		if err := t.lookAgain(tx, rec); err != nil {
			return nil, err
		}
	case target.Version != s.target.Version:
		d.plan(t, rec, now)
	case !revert || same(target, lastGood(rec)):
		// There is nowhere to go back to; asking the same again would be refused again.
		rec.Applied.Version = target.Version
		if rec.Due = (time.Time{}); rec.EdgesDirty {
			rec.Applied.Unsure = false
			if _, needed := t.nextStep(rec, target); !needed {
				rec.Due = now // its members are another matter
			}
		}
	default:
		goBack(rec, now)
		d.plan(t, rec, now)
		if err := t.lookAgain(tx, rec); err != nil {
			return nil, err
		}
	}
	rec.Failure = out.Detail
	if moved {
		return told, nil // what the client has asked for since holds that too, and is tried
	}
	return told, d.bury(tx, t, rec, s, out, v, now)
}

// lastGood is the state to which a refusal takes desired back: what the application has. Its document is nil where the
// application never had the resource and no deleted one stands behind it. An account that was deleted is that of a deleted
// resource, unless an inactive one needs none; one that has vanished is made again.
func lastGood(rec *store.Record) store.State {
	state := rec.Applied.State
	state.Deleted = state.Deleted || (rec.Applied.Account == store.AccountDeleted && active(state.Doc))
	return state
}

// same reports whether two states ask for the same, whatever their versions.
func same(a, b store.State) bool {
	return a.Deleted == b.Deleted && a.Lifecycle == b.Lifecycle && bytes.Equal(a.Doc, b.Doc)
}

// goBack sets the record's target to what the application has. A record that is left without a document is to be
// forgotten by the caller.
func goBack(rec *store.Record, now time.Time) {
	back := lastGood(rec)
	back.Version = rec.Desired.Version + 1
	if rec.Hold != nil {
		rec.Hold.Base = back
		rec.Desired.Version = back.Version + 1
		return
	}
	rec.Desired, rec.Modified = back, now
}

// refusal is how the application's no looks to the IdP. A status of the application's is passed on only where it means
// the same here: a 401 would tell the IdP that its own token is bad.
func refusal(status int, message string) *scim.Error {
	detail := "The application refused the change"
	if status == 0 { // it was not asked
		detail = "The application cannot be told of the change"
	}
	if message != "" {
		detail += ": " + message
	}
	switch status {
	case http.StatusConflict:
		return scim.Conflict("%s", detail)
	case http.StatusForbidden:
		return scim.Forbidden("%s", detail)
	}
	return scim.BadRequest(scim.InvalidValue, "%s", detail)
}

func (d *dispatcher) report(r resource, s *shipment, out connector.Outcome) {
	if out.Kind == vanished {
		out.Kind = absent // to those outside
	}
	d.engine.watch.Delivered(d.id, s.attempt.Action, string(out.Kind))
	d.say(out, "resource", r.id, "action", string(s.attempt.Action), "version", s.target.Version)
}

// say logs what came of a call.
func (d *dispatcher) say(out connector.Outcome, attrs ...any) {
	switch out.Kind {
	case connector.Retry:
		d.log.Warn("delivery failed and will be tried again", append(attrs, "status", out.Status, "unknown", out.Unknown, "reason", reason(out.Err))...)
	case connector.Refused:
		d.log.Warn("the application refused a change", append(attrs, "status", out.Status)...)
	default:
		d.log.Debug("delivered", attrs...)
	}
}

// reason is what the log may say of an error: what went wrong on the network, but no URL, which can hold a person's name,
// and no words of a policy's or of the application's.
func reason(err error) string {
	for _, known := range []error{connector.ErrRequest, connector.ErrNoRoute} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if failed, ok := errors.AsType[net.Error](err); ok {
		return failed.Error()
	}
	return ""
}

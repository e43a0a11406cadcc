package adapter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
)

// deliver brings one resource up to date, one action after the other, until nothing is left to say or one fails.
func (d *dispatcher) deliver(ctx context.Context, r resource) {
	for {
		more, err := d.step(ctx, r)
		switch {
		case err != nil:
			if !errors.Is(err, context.Canceled) && !errors.Is(err, kv.ErrClosed) {
				d.log.Error("delivery could not be recorded", "resource", r.id, "error", err)
				d.rest(ctx, r)
			}
			return
		case !more || ctx.Err() != nil:
			return
		}
	}
}

// rest keeps a resource whose state cannot be written from being tried again and again without a pause.
func (d *dispatcher) rest(ctx context.Context, r resource) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// shipment is one action on its way: what the record said when it was read, and what is being sent.
type shipment struct {
	attempt store.Attempt
	before  []byte // the document the application has; nil for none
	target  store.State
	applied store.Applied
	resume  bool // an earlier attempt may have reached the application
	resolve bool // only what came of that attempt is asked; nothing new is to be done
}

// step delivers the next action and reports whether another is due at once.
func (d *dispatcher) step(ctx context.Context, r resource) (more bool, err error) {
	t := d.current()
	if t == nil {
		return false, nil
	}
	s, err := d.begin(ctx, t, r)
	if err != nil || s == nil {
		return false, err
	}
	out := d.send(ctx, t, r, s)
	if ctx.Err() != nil {
		// The process is going down. The attempt stands in the record, so the next process finds out what came of it.
		return false, ctx.Err()
	}
	return d.finish(ctx, t, r, s, out)
}

// begin reads what is to be done and makes sure that the attempt is on disk before anything is sent. It returns nil
// where nothing is to be done.
func (d *dispatcher) begin(ctx context.Context, t *Tenant, r resource) (*shipment, error) {
	var s *shipment
	read := func(tx *store.Tx) (*store.Record, error) {
		s = nil
		rec, err := tx.Load(r.typ, r.id)
		if errors.Is(err, store.ErrNotFound) || (err == nil && !rec.Dirty()) {
			return nil, nil
		}
		return rec, err
	}
	ready := false
	err := d.engine.store.View(ctx, d.id, func(tx *store.Tx) error {
		rec, err := read(tx)
		if rec == nil || err != nil {
			ready = err == nil
			return err
		}
		s, ready = d.prepare(t, rec)
		return nil
	})
	if err != nil || ready {
		return s, err
	}
	var settled []settlement
	var delta int64
	err = d.engine.store.Update(ctx, d.id, func(tx *store.Tx) error {
		settled, delta = settled[:0], 0
		rec, err := read(tx)
		if rec == nil || err != nil {
			return err
		}
		if s, ready = d.prepare(t, rec); ready {
			return nil
		}
		next := rec.Clone()
		d.plan(t, next, d.engine.now())
		if next.Attempt != nil {
			s, _ = d.prepare(t, next)
		}
		end, err := d.settle(tx, next)
		if err != nil {
			return err
		}
		settled, delta = append(settled, end...), dirtiness(next)-dirtiness(rec)
		return tx.Put(rec, next)
	})
	if err != nil {
		return nil, err
	}
	d.count(delta)
	d.announce(r, settled)
	return s, nil
}

// prepare returns the shipment that a record's attempt stands for, or not ready where the record has to be planned
// anew first.
func (d *dispatcher) prepare(t *Tenant, rec *store.Record) (s *shipment, ready bool) {
	a := rec.Attempt
	if a == nil {
		return nil, false
	}
	s = &shipment{attempt: *a, before: union(rec.Applied.Doc, rec.Applied.Doubt), target: rec.Target(), applied: rec.Applied, resume: d.uncertain(a)}
	action, needed := nextAction(t.cfg.Lifecycle, rec.Lifecycle, rec.Applied, s.target)
	switch {
	case needed && action == a.Action && a.Version == s.target.Version:
		// What is on record is what is to be sent.
	case s.resume && (a.Action == abi.ActionCreate || a.Action == abi.ActionDelete):
		// Whether there is an account has to be known before anything else is decided.
		s.resolve = true
		if a.Doc != nil {
			s.target = store.State{Version: a.Version, Doc: a.Doc}
		}
	default:
		return nil, false
	}
	s.attempt.Version = s.target.Version
	return s, true
}

// uncertain reports whether an attempt may have reached the application without an outcome on record.
func (d *dispatcher) uncertain(a *store.Attempt) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, lost := d.unrecorded[a.ID]
	return lost || a.Uncertain || a.Owner != d.engine.owner
}

// plan sets the record's attempt to the next action, due now, or where there is none says that applied is level with
// the target.
func (d *dispatcher) plan(t *Tenant, rec *store.Record, now time.Time) {
	if rec.Attempt != nil && d.uncertain(rec.Attempt) {
		assume(rec)
	}
	rec.Attempt = nil
	target := rec.Target()
	action, needed := nextAction(t.cfg.Lifecycle, rec.Lifecycle, rec.Applied, target)
	if !needed {
		rec.Applied.Version = target.Version
		rec.Applied.Deleted = target.Deleted
		if target.Doc != nil {
			rec.Applied.Doc = target.Doc
		}
		rec.Due, rec.Failures, rec.Failure = time.Time{}, 0, ""
		return
	}
	rec.Attempt = &store.Attempt{ID: uuid.NewString(), Action: action, Version: target.Version, Owner: d.engine.owner}
	if !rec.Dirty() || rec.Failures == 0 {
		rec.Due = now
	}
}

// assume writes into the record what an attempt that is given up may have done unseen, so that what follows puts it
// right: to tell an application twice does no harm, not to tell it does.
func assume(rec *store.Record) {
	switch rec.Attempt.Action {
	case abi.ActionUpdate:
		rec.Applied.Unsure = true
		doc := rec.Attempt.Doc
		if doc == nil {
			doc = rec.Target().Doc
		}
		rec.Applied.Doubt = union(rec.Applied.Doubt, doc)
	case abi.ActionSuspend:
		rec.Applied.Account = store.AccountSuspended
	case abi.ActionDeactivate:
		rec.Applied.Account = store.AccountDeactivated
	case abi.ActionReactivate:
		rec.Applied.Account = store.AccountActive
	}
}

// union is the document a with what only b has: all that an application may have been told that was told one or the
// other.
func union(a, b []byte) []byte {
	if b == nil {
		return a
	}
	if a == nil {
		return b
	}
	x, errA := scim.Decode(a)
	y, errB := scim.Decode(b)
	if errA != nil || errB != nil {
		return a
	}
	fill(x, y)
	out, err := scim.Encode(x)
	if err != nil {
		return a
	}
	return out
}

func fill(into, from scim.Object) {
	for name, value := range from {
		have, ok := into[name]
		if !ok {
			into[name] = value
			continue
		}
		a, isObject := have.(scim.Object)
		if b, both := value.(scim.Object); isObject && both {
			fill(a, b)
		}
	}
}

// settlement is the end of the wait for the versions up to upTo.
type settlement struct {
	upTo uint64
	end  ending
}

// settle writes the outcome of the operations that a record's applied state now covers, if it is level.
func (d *dispatcher) settle(tx *store.Tx, rec *store.Record) ([]settlement, error) {
	if rec.Dirty() {
		return nil, nil
	}
	upTo := rec.Applied.Version
	now := d.engine.now()
	err := conclude(tx, rec, upTo, store.Pending, func(op *store.Operation) {
		op.Outcome, op.Finished = store.Done, now
	})
	return []settlement{{upTo, ending{state: DeliveryApplied}}}, err
}

// conclude gives the record's open operations up to a version their outcome, those that stand at from.
func conclude(tx *store.Tx, rec *store.Record, upTo uint64, from store.Outcome, end func(*store.Operation)) error {
	if rec.OpenFrom == 0 || rec.OpenFrom > upTo {
		return nil
	}
	open, err := tx.Resolve(rec.ID, rec.OpenFrom, upTo, func(op *store.Operation) {
		if op.Outcome == from {
			end(op)
		}
	})
	if err != nil {
		return err
	}
	switch {
	case open != 0:
		rec.OpenFrom = open
	case upTo >= rec.Desired.Version:
		rec.OpenFrom = 0
	default:
		rec.OpenFrom = upTo + 1
	}
	return nil
}

func (d *dispatcher) announce(r resource, list []settlement) {
	for _, s := range list {
		d.waiters.tell(r, s.upTo, s.end)
	}
}

// send tells the application. It changes nothing here.
func (d *dispatcher) send(ctx context.Context, t *Tenant, r resource, s *shipment) connector.Outcome {
	app := t.cfg.Connector
	call := connector.Call{
		Action: s.attempt.Action, ResourceID: r.id, LegacyID: s.applied.LegacyID, IdempotencyKey: s.attempt.ID,
		Before: s.before, After: s.target.Doc,
	}
	if s.attempt.Action == abi.ActionDelete {
		call.After = nil
	}
	if s.resume && s.attempt.Action == abi.ActionCreate && app.CanLookup() {
		if out, known := d.adopt(ctx, t, r, call); known {
			return out
		}
		if s.resolve {
			return connector.Outcome{Kind: absent}
		}
	}
	if s.resolve && s.attempt.Action == abi.ActionDelete {
		if app.CanLookup() {
			call.After = s.target.Doc
			if out, known := d.adopt(ctx, t, r, call); known {
				return out
			}
		}
		return connector.Outcome{Kind: absent}
	}
	if t.cfg.mapsByPolicy() {
		requests, err := t.mapAction(ctx, r, call)
		if err != nil {
			return connector.Outcome{Kind: connector.Retry, Detail: "the policy could not map the action: " + err.Error()}
		}
		call.Requests = requests
	}
	if call.Action == abi.ActionUpdate && call.Before == nil {
		// An account that was found. What it holds beyond what the IdP says was not the IdP's, and stays.
		call.Before = call.After
	}
	out := app.Do(ctx, call)
	switch {
	case out.Kind == connector.Conflict,
		out.Kind == connector.Done && s.attempt.Action == abi.ActionCreate && out.LegacyID == "" && app.CanLookup():
		if found, known := d.adopt(ctx, t, r, call); known {
			return found
		}
		if out.Kind == connector.Conflict {
			out.Kind = connector.Refused
		}
	case out.Kind == connector.Refused && out.Status == http.StatusConflict && s.resume && s.attempt.Action != abi.ActionUpdate:
		// The verb was sent before, and now the application says that the account is in that state already.
		out.Kind = connector.Done
	}
	return out
}

// What a lookup found, beside the outcomes that a connector has.
const (
	adopted connector.Kind = "adopted" // an account is there; what it holds is unknown
	absent  connector.Kind = "absent"  // no account is there
)

// adopt looks for the account of a resource in the application. It reports whether that settled what to do: the
// account is there and free to be linked, or it is somebody else's, or the application did not answer.
func (d *dispatcher) adopt(ctx context.Context, t *Tenant, r resource, call connector.Call) (connector.Outcome, bool) {
	if !t.cfg.Connector.CanLookup() {
		return connector.Outcome{}, false
	}
	id, found, err := t.cfg.Connector.Lookup(ctx, call)
	if err != nil {
		return connector.Outcome{Kind: connector.Retry, Unknown: true, Detail: "looking the account up: " + err.Error()}, true
	}
	if !found {
		return connector.Outcome{}, false
	}
	out, taken := connector.Outcome{Kind: adopted, LegacyID: id}, false
	err = d.engine.store.View(ctx, d.id, func(tx *store.Tx) (err error) {
		taken, err = linkedElsewhere(tx, r, out)
		return err
	})
	switch {
	case err != nil:
		return connector.Outcome{Kind: connector.Retry, Unknown: true, Detail: "reading the store failed"}, true
	case taken:
		return belongsToAnother(), true
	}
	return out, true
}

func belongsToAnother() connector.Outcome {
	return connector.Outcome{
		Kind: connector.Refused, Status: http.StatusConflict,
		Detail: "the application has such an account, and it belongs to another user",
	}
}

// linkedElsewhere reports whether the account of an outcome belongs to another resource.
func linkedElsewhere(tx *store.Tx, r resource, out connector.Outcome) (bool, error) {
	if out.LegacyID == "" {
		return false, nil
	}
	holder, err := tx.LinkedTo(r.typ, out.LegacyID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && holder != r.id, err
}

func (t *Tenant) mapsByPolicy() bool { return t.cfg.mapsByPolicy() }

func (t *Tenant) mapAction(ctx context.Context, r resource, call connector.Call) ([]abi.Request, error) {
	p := t.cfg.Policy
	out, err := p.Module.Map(ctx, &abi.MapInput{
		ABI: abi.Version, Action: call.Action, ResourceType: string(r.typ), ID: r.id, LegacyID: call.LegacyID,
		Before: call.Before, After: call.After, Tenant: abi.Tenant{ID: t.cfg.ID.Name()}, Settings: p.Settings,
	})
	if err != nil {
		return nil, err
	}
	return out.Requests, nil
}

// finish records what came of a shipment, plans what is next, and tells those who wait.
func (d *dispatcher) finish(ctx context.Context, t *Tenant, r resource, s *shipment, out connector.Outcome) (more bool, err error) {
	var told []settlement
	var delta int64
	record := func(revert bool) error {
		return d.engine.store.Update(ctx, d.id, func(tx *store.Tx) error {
			told, more, delta = told[:0], false, 0
			rec, err := tx.Load(r.typ, r.id)
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			next := rec.Clone()
			now := d.engine.now()
			switch out.Kind {
			case connector.Retry:
				d.postpone(t, next, s, out, now)
				told = append(told, settlement{s.target.Version, ending{state: DeliveryPending}})
				return tx.Put(rec, next)
			case connector.Refused:
				told, err = d.refuse(tx, t, next, s, out, revert, now)
			default:
				if taken, err := linkedElsewhere(tx, r, out); err != nil {
					return err
				} else if taken {
					// The application answers a create with an account that it had: two people must not share one.
					told, err = d.refuse(tx, t, next, s, belongsToAnother(), revert, now)
					if err != nil {
						return err
					}
					break
				}
				err = acknowledge(next, s, out)
				next.Attempt = nil
				next.Failures, next.Failure = 0, ""
				d.plan(t, next, now)
			}
			if err != nil {
				return err
			}
			if next.Desired.Doc == nil { // refused before it ever was
				delta = -dirtiness(rec)
				return tx.Forget(rec)
			}
			end, err := d.settle(tx, next)
			if err != nil {
				return err
			}
			told = append(told, end...)
			more, delta = next.Dirty(), dirtiness(next)-dirtiness(rec)
			return tx.Put(rec, next)
		})
	}
	err = record(true)
	if out.Kind == connector.Refused && errors.Is(err, store.ErrUniqueness) {
		err = record(false)
	}
	d.remember(s.attempt.ID, err)
	if err != nil {
		return false, fmt.Errorf("%s: %w", s.attempt.Action, err)
	}
	d.count(delta)
	d.announce(r, told)
	d.report(r, s, out)
	return more, nil
}

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
	case out.Kind == adopted:
		// Whatever the account holds, it is not known; the update that follows makes it known.
		a.LegacyID, a.Account, a.Unsure = out.LegacyID, store.AccountActive, true
	case out.Kind == absent:
		a.LegacyID, a.Account = "", store.AccountDeleted
	case s.attempt.Action == abi.ActionCreate:
		a.LegacyID, a.Account, a.Doc, a.Deleted = out.LegacyID, store.AccountActive, s.target.Doc, false
		a.Unsure, a.Doubt = false, nil
	case out.Gone:
		a.LegacyID, a.Account = "", store.AccountDeleted
	case s.attempt.Action == abi.ActionUpdate:
		a.Doc, err = withActive(s.target.Doc, a.Account == store.AccountActive)
		a.Unsure, a.Doubt = false, nil
	case s.attempt.Action == abi.ActionReactivate:
		a.Account, a.Deleted = store.AccountActive, false
		a.Doc, err = withActive(a.Doc, true)
	case s.attempt.Action == abi.ActionSuspend:
		a.Account = store.AccountSuspended
		a.Doc, err = withActive(a.Doc, false)
	case s.attempt.Action == abi.ActionDeactivate:
		a.Account = store.AccountDeactivated
		a.Doc, err = withActive(a.Doc, false)
	case s.attempt.Action == abi.ActionDelete:
		a.Account, a.LegacyID = store.AccountDeleted, ""
	default:
		err = fmt.Errorf("unexpected action %q", s.attempt.Action)
	}
	return err
}

// postpone plans the next try of a delivery that failed.
func (d *dispatcher) postpone(t *Tenant, rec *store.Record, s *shipment, out connector.Outcome, now time.Time) {
	rec.Failures++
	rec.Failure = out.Detail
	rec.Due = now.Add(max(backoff(t.cfg.RetryMin, t.cfg.RetryMax, rec.Failures, rec.ID), out.RetryAfter))
	if rec.Attempt == nil || rec.Attempt.ID != s.attempt.ID {
		return
	}
	if s.attempt.Action == abi.ActionCreate && out.LegacyID != "" {
		// Of several requests the one that makes the account went through. It is there, and the rest is an update.
		due := rec.Due
		rec.Applied.LegacyID, rec.Applied.Account, rec.Applied.Unsure, rec.Attempt = out.LegacyID, store.AccountActive, true, nil
		d.plan(t, rec, now)
		rec.Due = due
		return
	}
	rec.Attempt.Owner = d.engine.owner
	rec.Attempt.Uncertain = rec.Attempt.Uncertain || out.Unknown
}

// refuse takes desired back to applied, if nobody has moved it since, and writes the refusal to the operations that
// asked for what was refused. With revert false desired stays as it is: what it would go back to has been taken.
func (d *dispatcher) refuse(tx *store.Tx, t *Tenant, rec *store.Record, s *shipment, out connector.Outcome, revert bool, now time.Time) ([]settlement, error) {
	err := conclude(tx, rec, s.target.Version, store.Pending, func(op *store.Operation) {
		op.Outcome, op.Finished, op.Status, op.Detail = store.Refused, now, out.Status, out.Detail
	})
	if err != nil {
		return nil, err
	}
	told := []settlement{{s.target.Version, ending{state: DeliveryRefused, err: refusal(out.Status, out.Detail)}}}
	rec.Failures, rec.Failure = 0, out.Detail
	rec.Attempt = nil
	if rec.Target().Version != s.target.Version {
		d.plan(t, rec, now)
		return told, nil
	}
	if !revert {
		rec.Due = time.Time{}
		rec.Applied.Version = rec.Target().Version
		return told, nil
	}
	goBack(rec, now)
	d.plan(t, rec, now)
	rec.Failure = out.Detail
	if rec.Hold == nil {
		return told, nil
	}
	// What waits for an approval now stands on something else: the approver has to look again.
	a, err := tx.Approval(rec.Hold.ID)
	if err != nil {
		return nil, err
	}
	a.Version, a.Before = rec.Hold.Version, nil
	if rec.Hold.Base.Present() {
		a.Before = rec.Hold.Base.Doc
	}
	return told, tx.PutApproval(a)
}

// goBack sets the record's target to what the application has. A resource that the application never had, and that
// no deleted one stands behind, is left without a document: the caller forgets it.
func goBack(rec *store.Record, now time.Time) {
	back := store.State{Version: rec.Desired.Version + 1, Doc: rec.Applied.Doc, Deleted: rec.Applied.Deleted || !exists(rec.Applied.Account)}
	if rec.Hold != nil {
		rec.Hold.Base = back
		rec.Desired.Version = back.Version + 1
		rec.Hold.Version = rec.Desired.Version
		return
	}
	rec.Desired, rec.Modified = back, now
}

// refusal is how the application's no looks to the IdP. A status of the application's is passed on only where it means
// the same here: a 401 would tell the IdP that its own token is bad.
func refusal(status int, message string) *scim.Error {
	detail := "The application refused the change"
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
	attrs := []any{"resource", r.id, "action", string(s.attempt.Action), "version", s.target.Version}
	switch out.Kind {
	case connector.Retry:
		d.log.Warn("delivery failed and will be tried again", append(attrs, "status", out.Status, "unknown", out.Unknown)...)
	case connector.Refused:
		d.log.Warn("the application refused a change", append(attrs, "status", out.Status)...)
	default:
		d.log.Debug("delivered", attrs...)
	}
}

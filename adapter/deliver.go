package adapter

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
)

// deliver brings one resource up to date, one action after the other, until nothing is left to say or one fails. It
// reports whether what came of it is on record.
func (d *dispatcher) deliver(ctx context.Context, r resource) (recorded bool) {
	batch := 0 // members in one call at most; 0 for as many as the route takes
	for {
		more, err := d.step(ctx, r, &batch)
		switch {
		case err != nil:
			if !errors.Is(err, context.Canceled) && !errors.Is(err, kv.ErrClosed) && !errors.Is(err, errPaused) && !errors.Is(err, errHeldBack) {
				d.log.Error("delivery could not be recorded", "resource", r.id, "error", err)
				d.rest(ctx, r)
			}
			return false
		case !more:
			return true
		}
	}
}

// errPaused means that no configuration has the tenant any more.
var errPaused = errors.New("the tenant's deliveries are paused")

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
	urgent  bool     // it takes access away
	resume  bool     // an earlier attempt may have reached the application
	secret  []byte   // the sealed password, nil for none
	told    bool     // the password is part of what is sent
	mapped  *mapping // what the policy was asked; nil where it was not
	resolve bool     // only what came of that attempt is asked; nothing new is to be done
	trail   trail    // what was sent
}

// step delivers the next action and reports whether another is due at once.
func (d *dispatcher) step(ctx context.Context, r resource, batch *int) (more bool, err error) {
	t, leave := d.enter()
	if t == nil {
		return false, errPaused
	}
	defer leave()
	s, err := d.begin(ctx, t, r)
	if err != nil {
		return false, err
	}
	if s == nil {
		if r.typ != store.Group {
			return false, nil
		}
		return d.stepMembers(ctx, t, r, batch)
	}
	sending, sent := d.trail(ctx)
	out := d.send(sending, t, r, s)
	s.trail = sent
	if ctx.Err() != nil {
		// The process is going down. The attempt stands in the record, so the next process finds out what came of it.
		return false, ctx.Err()
	}
	if heldBack(out) {
		return false, errHeldBack
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
		if s, ready = d.prepare(t, rec); !ready && rec.EdgesDirty && rec.Attempt == nil {
			_, needed := t.nextStep(rec, rec.Target())
			ready = !needed && rec.Applied.Version == rec.Target().Version // its members are all that is left
		}
		return nil
	})
	if err != nil || ready {
		return s, err
	}
	var settled []settlement
	var next *store.Record
	var delta int64
	err = d.engine.store.Update(ctx, d.id, func(tx *store.Tx) error {
		settled, next, delta = nil, nil, 0
		rec, err := read(tx)
		if rec == nil || err != nil {
			return err
		}
		if s, ready = d.prepare(t, rec); ready {
			return nil
		}
		next = rec.Clone()
		d.plan(t, next, d.engine.now())
		if next.Attempt != nil {
			s, _ = d.prepare(t, next)
		}
		settled, delta, err = d.keep(tx, rec, next)
		return err
	})
	if err != nil {
		return nil, err
	}
	if next != nil {
		d.tidy(next)
		d.moved(next, delta)
	}
	d.announce(r, settled)
	return s, nil
}

// prepare returns the shipment that a record's attempt stands for, or not ready where the record has to be planned
// anew first.
func (d *dispatcher) prepare(t *Tenant, rec *store.Record) (s *shipment, ready bool) {
	a := rec.Attempt
	if a == nil || t.connector(rec.Type) == nil {
		return nil, false
	}
	s = &shipment{attempt: *a, before: union(rec.Applied.Doc, rec.Applied.Doubt), target: rec.Target(), applied: rec.Applied, resume: d.uncertain(a), urgent: laneOf(rec.Due) == urgent}
	if !rec.SecretHeld {
		s.secret = rec.Secret
	}
	action, needed := t.nextStep(rec, s.target)
	switch {
	case needed && action == a.Action && a.Version == s.target.Version:
		// What is on record is what is to be sent.
	case s.resume && (a.Action == abi.ActionCreate || a.Action == abi.ActionDelete):
		// Whether there is an account has to be known before anything else is decided.
		s.resolve = true
		if a.Doc != nil {
			s.target = store.State{Version: a.Version, Doc: a.Doc, Deleted: a.Action == abi.ActionDelete}
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
	action, needed := t.nextStep(rec, target)
	if rec.Parting = false; !needed {
		t.dropPassword(rec, target)
		level(rec, target)
		rec.Parting = t.parts(rec, target)
		settleEdges(rec, now)
		return
	}
	rec.Attempt = &store.Attempt{ID: uuid.NewString(), Action: action, Version: target.Version, Owner: d.engine.owner}
	if !rec.Dirty() || (rec.Failures == 0 && rec.Due.After(now)) {
		rec.Due = now // what waits already keeps its place
	}
}

// level says that the application has been brought to a state. Of somebody who is deleted it was not told the document, so
// an account that was kept has still the one before.
func level(rec *store.Record, state store.State) {
	kept := state.Deleted && exists(rec.Applied.Account) && rec.Applied.Doc != nil
	if state.Doc == nil || kept {
		state.Doc = rec.Applied.Doc
	}
	rec.Applied.State = state
}

// keepSent is called when the record's target has moved from was: an attempt goes on standing for what it sent.
func keepSent(rec *store.Record, was store.State) {
	if a := rec.Attempt; a != nil && a.Doc == nil && rec.Target().Version != was.Version {
		a.Doc = was.Doc
	}
}

// assume writes into the record what an attempt that is given up may have done unseen, so that what follows puts it
// right: to tell an application twice does no harm, not to tell it does.
func assume(rec *store.Record) {
	a := &rec.Applied
	switch rec.Attempt.Action {
	case abi.ActionCreate:
		a.Adrift = a.Adrift || rec.Type == store.Group // it is looked up before it is made
	case abi.ActionUpdate:
		doc := rec.Attempt.Doc
		if doc == nil {
			doc = rec.Target().Doc
		}
		a.Unsure, a.Doubt = true, union(a.Doubt, doc)
	case abi.ActionDelete:
		a.Adrift, a.Unsure = true, true
	case abi.ActionSuspend, abi.ActionDeactivate, abi.ActionReactivate:
		a.Adrift = true
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

// settlement is the end of the wait for the versions from one to another, or for all up to that.
type settlement struct {
	from, upTo uint64
	end        ending
}

// settle writes the outcome of the operations that a record's applied state now covers, if it is level.
func (d *dispatcher) settle(tx *store.Tx, rec *store.Record) ([]settlement, error) {
	if rec.Dirty() {
		return nil, nil
	}
	return d.arrived(tx, rec, rec.Applied.Version)
}

// arrived writes that the application has what the operations up to a version asked for.
func (d *dispatcher) arrived(tx *store.Tx, rec *store.Record, upTo uint64) ([]settlement, error) {
	now := d.engine.now()
	if rec.Type == store.Group {
		// What a version says of members has arrived when none of that version, or of one before it, is left.
		open, found, err := openEdges(tx, rec)
		if err != nil {
			return nil, err
		}
		if found {
			upTo = min(upTo, open-1)
		}
	}
	err := conclude(tx, rec, upTo, store.Pending, func(op *store.Operation) {
		op.Outcome, op.Finished = store.Done, now
	})
	return []settlement{{upTo: upTo, end: ending{state: DeliveryApplied}}}, err
}

// openEdges returns the lowest version of a group of which the application is still to be told what it says of members;
// false for none.
func openEdges(tx *store.Tx, group *store.Record) (version uint64, found bool, err error) {
	if exists(group.Applied.Account) {
		if version, found, err = tx.SweepFrom(group.ID); err != nil {
			return 0, false, err
		}
	}
	if !group.EdgesDirty {
		return version, found, nil
	}
	oldest, dirty, err := tx.OldestDirty(group.ID)
	if dirty && (!found || oldest < version) {
		return oldest, true, err
	}
	return version, found, err
}

// conclude gives the record's open operations up to a version their outcome, those that stand at from.
func conclude(tx *store.Tx, rec *store.Record, upTo uint64, from store.Outcome, end func(*store.Operation)) error {
	if rec.OpenFrom == 0 || rec.OpenFrom > upTo {
		return nil
	}
	open, err := tx.Resolve(rec.ID, rec.OpenFrom, upTo, from, end)
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
		d.waiters.tell(r, s.from, s.upTo, s.end)
	}
}

package adapter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
)

// Caller says who asks: which connection of the tenant, and by which token.
type Caller struct {
	Connection string // the connection's id
	Profile    string // the connection's dialect
	Token      string // the token's id; never the token
	By         string // who made the token, as far as that is known
	Method     string // how the client asked: POST, PUT, PATCH or DELETE; set by the methods of Tenant
	// Async is for a caller who wants to hear of an outcome that takes time by an event: see AcceptedError.
	Async bool
	// Wait bounds how long the request waits for the application; nil is the tenant's bound, and with Async no wait.
	Wait *time.Duration
	// If is what must be so of the resource for the write to be carried out.
	If Condition
}

// Result is what a write came to.
type Result struct {
	// Record is the resource after the write. After a delete its desired state is deleted.
	Record *store.Record
	// Delivery says how far the change has come.
	Delivery Delivery
	// Operation is the journal's entry, empty where nothing changed.
	Operation string
}

// errMoved means that somebody else changed the resource between the decision and the commit.
var errMoved = errors.New("the resource has changed meanwhile")

// maxRaces is how often a write starts over because others were quicker.
const maxRaces = 32

// maxDocument bounds a resource's document, in bytes. A record holds up to six of them and has to fit the store.
const maxDocument = 1 << 20

// busyRetry is what a client is told to wait when its tenant's backlog is full or its resource is fought over.
const busyRetry = 15 * time.Second

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// write runs one change from the decision to the outcome. propose reads the store and says what the client wants; it
// is called again whenever the resource moved before the change was stored.
func (t *Tenant) write(ctx context.Context, propose func(tx *store.Tx) (*change, error)) (Result, error) {
	if t.dispatcher.backlog.Load() >= int64(t.cfg.MaxBacklog) {
		return Result{}, scim.Unavailable(busyRetry, "Too many changes wait for the application; nothing was stored")
	}
	var turn turn
	defer turn.end()
	t.overdue(ctx)
	id := ""
	for range maxRaces {
		var c *change
		err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
			c, err = propose(tx)
			return err
		})
		if err != nil {
			return Result{}, err
		}
		if c.prev != nil && c.prev.Hold != nil {
			if lapsed, err := t.lapse(ctx, c.prev.Hold.ID); err != nil {
				return Result{}, fmt.Errorf("end the approval: %w", err)
			} else if lapsed {
				continue
			}
		}
		if c.void() {
			return Result{Record: c.prev, Delivery: DeliveryApplied}, nil
		}
		c.turn = &turn
		if c.prev != nil {
			c.id = c.prev.ID
		} else {
			if c.letter != nil {
				id = c.id // the client knows it by that
			}
			if id == "" {
				id = t.newResource(c.kind, c.doc) // a policy is chosen by it, before there is anything
			}
			c.id = id
		}
		if err := t.decide(ctx, c); errors.Is(err, errMoved) {
			continue
		} else if err != nil {
			return Result{}, err
		}
		if c.void() {
			return Result{Record: c.prev, Delivery: DeliveryApplied}, nil
		}
		if len(c.doc) > maxDocument {
			return Result{}, &scim.Error{
				Status: http.StatusRequestEntityTooLarge,
				Detail: fmt.Sprintf("The resource would be larger than the %d bytes that are kept of one", maxDocument),
			}
		}
		if err := t.census(ctx, c); errors.Is(err, errMoved) {
			continue
		} else if err != nil {
			return Result{}, err
		}
		rec, op, err := t.commit(ctx, c)
		if errors.Is(err, errOverLimit) {
			rec, op, err = t.commitOverLimit(ctx, c)
		}
		if err == nil {
			turn.end()
		}
		var taken *store.UniquenessError
		switch {
		case c.rewritten && errors.As(err, &taken):
			return Result{}, conflict(taken) // what propose proposes is not what is taken
		case errors.Is(err, errMoved), errors.Is(err, store.ErrUniqueness):
			continue // the next round sees what is there now, and says so where it is a conflict
		case err != nil:
			return Result{}, fmt.Errorf("store the change: %w", err)
		case op == nil:
			return Result{Record: rec, Delivery: DeliveryApplied}, nil
		}
		if c.letter != nil {
			t.dispatcher.poke()
			return Result{Record: rec, Operation: op.ID}, nil
		}
		res, err := t.await(ctx, c.caller, rec, op)
		t.shadowDecision(c, op)
		return accepted(c.caller, res, err)
	}
	return Result{}, scim.Unavailable(busyRetry, "The resource is being changed by too many requests at once; nothing was stored")
}

// void reports whether the change would leave the desired state as it is. Of a change of members, that shows when it is
// carried out.
func (c *change) void() bool {
	return len(c.members) == 0 && c.password == "" && c.same()
}

// same reports whether the change would leave the desired document as it is.
func (c *change) same() bool {
	return c.prev != nil && c.prev.Desired.Deleted == c.deleted && (c.deleted || bytes.Equal(c.prev.Desired.Doc, c.doc))
}

// commit stores a decided change: the desired state, the journal's entry and the mark that something is to be
// delivered, all or nothing.
func (t *Tenant) commit(ctx context.Context, c *change) (*store.Record, *store.Operation, error) {
	var next *store.Record
	var op *store.Operation
	var others ripple
	id := c.id
	base := t.operation(c)
	if c.letter == nil {
		t.dispatcher.waiters.expect(resource{c.kind.Type, c.id}, base.ID)
		defer func() {
			if op == nil {
				t.dispatcher.waiters.forget(base.ID)
			}
		}()
	}
	recording, err := t.recordDecision(c, base)
	if err != nil {
		return nil, nil, err
	}
	err = t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		next, op, others, c.moves = nil, nil, ripple{}, nil
		cur, err := tx.Load(c.kind.Type, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			if c.prev != nil {
				return errMoved
			}
			cur = nil
		case err != nil:
			return err
		case c.prev == nil || (cur.Desired.Version != c.prev.Desired.Version && !c.rebases(cur)):
			return errMoved
		}
		now := t.engine.now()
		if err := t.admit(tx, c, now); err != nil {
			return err
		}
		next = t.advance(c, cur, id, now)
		revokes, err := t.changeEdges(tx, c, cur, next, &others)
		if errors.Is(err, errNothing) {
			next = cur
			return nil
		}
		if err != nil {
			return err
		}
		t.sealPassword(c, next)
		if next.Attempt == nil {
			t.dispatcher.plan(t, next, now)
		}
		unpark(cur, next, now)
		if next.Dirty() && (revokes || c.revokes()) {
			urge(next, now) // taking access away waits neither for the pause after another change's failure nor behind a backlog
			if next.Type == store.Group {
				hurry(next, now)
			}
		}
		op = new(store.Operation)
		*op = *base
		op.ResourceID, op.Version = id, next.Desired.Version
		c.describeMoves(op)
		if next.OpenFrom == 0 {
			next.OpenFrom = op.Version
		}
		if next.Hold != nil {
			op.Outcome = store.Held
		}
		if err := t.holdOrRelease(tx, c, cur, next, op, &others); err != nil {
			return err
		}
		if err := errors.Join(tx.AppendOperation(op), tx.PutRecording(recording), t.retried(tx, c)); err != nil {
			return err
		}
		if err := others.keep(t.dispatcher, tx, cur, next); err != nil {
			return err
		}
		if !c.deleted && (fresh(cur) || externalID(cur) != externalID(next)) {
			return t.claim(tx, next, &others)
		}
		return nil
	})
	if err != nil {
		op = nil
		return nil, nil, err
	}
	others.spread(t.dispatcher)
	return next, op, nil
}

// rebases reports whether the change is as good on the group as it is now as on the one that it was decided on: it
// changes members alone, and all else that was looked at is as it was. So many can add members at once.
func (c *change) rebases(cur *store.Record) bool {
	return len(c.members) > 0 && c.same() && c.caller.If.Match == nil && c.caller.If.NoneMatch == nil &&
		cur.Hold == nil && c.prev.Hold == nil && cur.Desired.Deleted == c.prev.Desired.Deleted &&
		bytes.Equal(cur.Desired.Doc, c.prev.Desired.Doc)
}

// advance returns the record with its next desired version. What is being delivered meanwhile is kept as it was sent.
func (t *Tenant) advance(c *change, cur *store.Record, id string, now time.Time) *store.Record {
	next := &store.Record{Type: c.kind.Type, ID: id, Created: now}
	was := store.State{}
	if cur != nil {
		next = cur.Clone()
		was = cur.Target()
	}
	if cur != nil && cur.Desired.Deleted && !c.deleted {
		next.Created = now // brought back: the same resource with a new life
	}
	next.Modified, next.Imported = now, false
	version := next.Desired.Version + 1
	next.Desired = store.State{Version: version, Doc: c.doc, Deleted: c.deleted}
	if c.deleted || !active(c.doc) {
		next.Desired.Lifecycle = c.lifecycle
	}
	base, held := t.base(c, was, version)
	switch {
	case !held:
		next.Hold = nil
	case next.Hold == nil:
		next.Hold = &store.Hold{ID: newID(), Base: base}
	default:
		next.Hold.Base = base // it merges into what waits already
	}
	if held && base.Version == version {
		next.Desired.Version++
	}
	keepSent(next, was)
	return next
}

// base returns the state that may be delivered while the change is held, and whether it is held at all. Of a held
// change that also takes access away, the taking away goes through at once and the rest waits: an IdP that revokes
// wins, and nobody gets past an approver by revoking.
func (t *Tenant) base(c *change, was store.State, version uint64) (store.State, bool) {
	if c.verdict != abi.Hold {
		return store.State{}, false
	}
	if t.cfg.HoldRevocations || c.limited || !c.revokes() {
		return was, true
	}
	if c.deleted {
		return store.State{}, false
	}
	doc, err := withActive(was.Doc, false)
	if err != nil || bytes.Equal(doc, c.doc) {
		return store.State{}, false
	}
	return store.State{Version: version, Doc: doc, Lifecycle: c.lifecycle}, true
}

// await starts the delivery and waits for its outcome, as long as the tenant's requests wait.
func (t *Tenant) await(ctx context.Context, caller Caller, rec *store.Record, op *store.Operation) (Result, error) {
	res := Result{Record: rec, Operation: op.ID}
	if rec.Dirty() {
		t.dispatcher.poke()
	}
	defer t.dispatcher.waiters.forget(op.ID)
	switch {
	case op.Outcome == store.Held:
		res.Delivery = DeliveryHeld
		return res, nil
	case !rec.Dirty() && rec.Type != store.Group: // a group's edges may be on their way all the same
		res.Delivery = DeliveryApplied
		return res, nil
	}
	r := resource{rec.Type, rec.ID}
	w := t.dispatcher.waiters.add(r, op.Version, op.ID)
	defer t.dispatcher.waiters.remove(r, w)
	// It may have ended before the waiter stood in the list; then the journal knows.
	end, over, err := t.ended(ctx, r, op.ID)
	if err != nil {
		return res, err
	}
	if rec.Due.After(t.engine.now()) {
		over = true // the application failed before, and its pause is not over
	}
	if patience := t.patience(caller); !over && !t.futile(rec, patience) {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case end = <-w.done:
		case <-timer.C:
			end = t.dispatcher.waiters.leave(r, w)
		case <-ctx.Done():
		case <-t.engine.ctx.Done():
		}
	} else if end.state == DeliveryPending {
		end = t.dispatcher.waiters.leave(r, w)
	}
	res.Delivery = end.state
	if end.state == DeliveryRefused {
		return t.refused(ctx, res, op, end)
	}
	return res, nil
}

// refused is what a client is told of a refusal. A group whose members were refused when it was made is there all the
// same, without them: an error would have the client make another.
func (t *Tenant) refused(ctx context.Context, res Result, op *store.Operation, end ending) (Result, error) {
	if op.ResourceType != store.Group || op.Operation != string(abi.OpCreate) {
		return res, end.err
	}
	var rec *store.Record
	err := t.engine.store.View(context.WithoutCancel(ctx), t.cfg.ID, func(tx *store.Tx) (err error) {
		rec, err = tx.Get(store.Group, op.ResourceID)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return res, end.err
	case err != nil:
		return res, fmt.Errorf("read the group: %w", err)
	}
	res.Record, res.Delivery = rec, DeliveryApplied
	return res, nil
}

// ended looks an operation's outcome up in the journal. One whose delivery has failed and is pausing counts as over:
// nothing will come of waiting.
func (t *Tenant) ended(ctx context.Context, r resource, id string) (end ending, over bool, err error) {
	var op *store.Operation
	var rec *store.Record
	// The change is stored, whoever has gone away meanwhile.
	err = t.engine.store.View(context.WithoutCancel(ctx), t.cfg.ID, func(tx *store.Tx) (err error) {
		if op, err = tx.Operation(id); err == nil && op.Outcome == store.Pending {
			rec, err = tx.Load(r.typ, r.id)
		}
		return err
	})
	switch {
	case err != nil:
		return ending{}, false, fmt.Errorf("read the journal: %w", err)
	case op.Outcome == store.Refused:
		return ending{state: DeliveryRefused, err: refusal(op.Status, op.Detail)}, true, nil
	case op.Outcome == store.Pending:
		return ending{}, rec.Due.After(t.engine.now()), nil
	}
	return ending{state: DeliveryApplied}, true, nil
}

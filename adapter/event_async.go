package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/event"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// AcceptedError is what a caller who does not wait (Caller.Async) gets in the place of a Result: the change is stored,
// and what comes of it is not known yet. Completion will tell.
type AcceptedError struct {
	// Operation is the journal's entry, and the txn of the events that tell of it.
	Operation string
}

func (*AcceptedError) Error() string { return "the change is stored and goes on" }

// ErrUnfinished means that what came of a request is not known yet.
var ErrUnfinished = errors.New("the request has not come to its end")

// patience is how long a request waits for the application: as long as the tenant's do, or less if the caller says so.
func (t *Tenant) patience(caller Caller) time.Duration {
	switch {
	case caller.Wait != nil:
		return min(max(*caller.Wait, 0), t.cfg.DeliveryWait)
	case caller.Async:
		return 0
	}
	return t.cfg.DeliveryWait
}

// accepted turns the result of a write that is not at its end into an AcceptedError for a caller who asked for that.
func accepted(caller Caller, res Result, err error) (Result, error) {
	if err != nil || !caller.Async || res.Operation == "" || res.Delivery == DeliveryApplied {
		return res, err
	}
	return Result{}, &AcceptedError{Operation: res.Operation}
}

// completionSpace is where the jti of completion events come from: the event of one request has one, however often it is
// fetched.
var completionSpace = uuid.MustParse("6d0c6f6e-7c0b-5d4f-9a55-7f8f3d1a2b01")

// Completion returns the claims of the event that says what came of an asynchronous request, RFC 9967 section 2.5.1.3.
// root is the SCIM root as the client sees it. reach says whether the client may know of a type of resource; its error is
// returned as it is, whether or not the request is at its end.
//
// # Errors
//
// ErrUnfinished while it is not known; a 404 where the tenant has no such request, or one that was not asynchronous.
func (t *Tenant) Completion(ctx context.Context, txn, root string, reach func(store.Type) error) (claims []byte, err error) {
	var op *store.Operation
	externalID := ""
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
		if op, err = tx.Operation(txn); err != nil {
			return err
		}
		rec, err := tx.Load(op.ResourceType, op.ResourceID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			externalID = gjson.GetBytes(rec.Desired.Doc, "externalId").Str
		}
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (!op.Async || op.Outcome == store.Denied):
		return nil, scim.NotFound(txn)
	case err != nil:
		return nil, err
	}
	if err := reach(op.ResourceType); err != nil {
		return nil, err
	}
	if !op.Final() {
		return nil, ErrUnfinished
	}
	uri := t.endpointOf(op.ResourceType) + "/" + op.ResourceID
	e := event.Event{
		ID: uuid.NewSHA1(completionSpace, []byte(op.ID)).String(), Txn: op.ID, Issued: op.Finished, Occurred: op.Time,
		Subject:  event.Subject{URI: uri, ExternalID: externalID},
		Payloads: map[string]event.Payload{scim.EventAsyncResp: completion(op, root+uri)},
	}
	if claims, err = json.Marshal(e); err != nil {
		return nil, err
	}
	issuer := root
	if c := t.cfg.Events; c != nil && c.Issuer != "" {
		issuer = c.Issuer
	}
	return event.Address(claims, issuer, []string{root + "/Events/" + op.ID})
}

// SignEvent signs an event's claims.
func (t *Tenant) SignEvent(ctx context.Context, claims []byte) (set string, err error) {
	return t.engine.events.ring.Sign(ctx, claims)
}

// EventKeys returns the JWK Set by which all tenants' events are checked.
func (g *Generation) EventKeys(ctx context.Context) ([]byte, error) {
	return g.engine.events.ring.KeySet(ctx)
}

// RotateEventKey lets a new key sign events from now on. The one before it stays in the key set until all that it has
// signed has expired.
func (e *Engine) RotateEventKey(ctx context.Context) error { return e.events.ring.Rotate(ctx) }

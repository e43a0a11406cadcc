package adapter

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/event"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
)

// annotate writes into a change's journal entry what its events will need. before is what the change was judged
// against, nil for nothing.
func (c *change) annotate(op *store.Operation, before []byte) {
	op.Method, op.Async = c.caller.Method, c.caller.Async
	note := store.EventNote{ExternalID: gjson.GetBytes(c.doc, "externalId").Str}
	is := gjson.GetBytes(c.doc, "active")
	if was := gjson.GetBytes(before, "active"); !c.deleted && before != nil && is.IsBool() && was.Bool() != is.Bool() {
		active := is.Bool()
		note.Active = &active
	}
	if note != (store.EventNote{}) {
		op.Note = &note
	}
}

// eventOf is what an operation whose outcome is final tells receivers: that the resource has changed, if it has, and
// what came of the request, if the client did not wait for it. Nil where there is nothing to tell. endpoint is that of
// the resource's type.
func eventOf(op *store.Operation, endpoint string) *event.Event {
	payloads := map[string]event.Payload{}
	if op.Outcome == store.Done && op.Operation != opRepair { // a repair changes nothing that clients see
		changes(op, payloads)
	}
	if op.Async && op.Outcome != store.Denied {
		payloads[scim.EventAsyncResp] = completion(op, "")
	}
	if len(payloads) == 0 || op.ResourceID == "" {
		return nil
	}
	e := &event.Event{
		Txn: op.ID, Issued: op.Finished, Occurred: op.Time, Payloads: payloads,
		Subject: event.Subject{URI: endpoint + "/" + op.ResourceID},
	}
	if op.Note != nil {
		e.Subject.ExternalID = op.Note.ExternalID
	}
	return e
}

// changes puts in what an operation has changed, RFC 9967 section 2.4.
func changes(op *store.Operation, into map[string]event.Payload) {
	notice := event.Payload{Attributes: op.Changed, Version: ETag(op.Version)}
	if notice.Attributes == nil {
		notice.Attributes = []string{}
	}
	switch {
	case op.Operation == string(abi.OpDelete):
		into[scim.EventDelete] = event.Payload{}
	case op.Operation == opAdopt: // the resource is as it was
	case op.Operation == string(abi.OpCreate), op.Operation == opImport:
		into[scim.EventCreate] = notice
	case op.Method == http.MethodPatch:
		into[scim.EventPatch] = notice
	default: // a POST that found the resource replaces it as a PUT does
		into[scim.EventPut] = notice
	}
	if op.Note == nil || op.Note.Active == nil {
		return
	}
	if *op.Note.Active {
		into[scim.EventActivate] = event.Payload{}
	} else {
		into[scim.EventDeactivate] = event.Payload{}
	}
}

// completion is what came of a request that was answered before its outcome was known, RFC 9967 section 2.5.1.3.
// location is the resource's URL, empty where it is not known.
func completion(op *store.Operation, location string) event.Payload {
	p := event.Payload{Method: op.Method, Location: location}
	if failure := failureOf(op); failure != nil {
		p.Response, p.Status = failure, strconv.Itoa(failure.Status)
		if op.Method == http.MethodPost {
			p.Location = "" // there is no such resource
		}
		return p
	}
	status := http.StatusOK
	switch {
	case op.Method == http.MethodPost:
		status = http.StatusCreated
	case op.Method == http.MethodDelete, op.Method == http.MethodPatch && op.ResourceType == store.Group:
		status = http.StatusNoContent
	}
	p.Status = strconv.Itoa(status)
	if op.Method != http.MethodDelete {
		p.Version = ETag(op.Version)
	}
	return p
}

// failureOf is the error that the client of a finished operation would have got, nil where it went well.
func failureOf(op *store.Operation) *scim.Error {
	switch op.Outcome {
	case store.Refused:
		detail := op.Detail
		if slices.Contains(op.Changed, passwordName) {
			detail = "" // the application may quote it
		}
		return refusal(op.Status, detail)
	case store.Rejected:
		detail := "This change was rejected by an approver"
		if op.Detail != "" {
			detail += ": " + op.Detail
		}
		return scim.Forbidden("%s", detail)
	case store.Superseded:
		return scim.Conflict("A later change took the place of this one before it was approved")
	}
	return nil
}

// endpointOf is the path of a type's resources below the SCIM root.
func (t *Tenant) endpointOf(typ store.Type) string { return t.kind(typ).Schema.Endpoint }

// choose returns the event with those parts that a stream gets, nil where it gets none.
func (s StreamConfig) choose(e *event.Event) *event.Event {
	out := *e
	out.Payloads = make(map[string]event.Payload, len(e.Payloads))
	for uri, p := range e.Payloads {
		if slices.Contains(s.Events, uri) {
			out.Payloads[uri] = p
		}
	}
	if len(out.Payloads) == 0 {
		return nil
	}
	return &out
}

// Concluded implements store.Watcher: it puts an operation's event into the queues of the tenant's streams.
func (p *publishers) Concluded(tx *store.Tx, op *store.Operation) error {
	pub := p.find(tx.Tenant())
	if pub == nil {
		return nil
	}
	t := pub.configured()
	if t == nil || t.cfg.Events == nil {
		return nil
	}
	e := eventOf(op, t.endpointOf(op.ResourceType))
	if e == nil {
		return nil
	}
	for _, s := range t.cfg.Events.Streams {
		chosen := s.choose(e)
		if chosen == nil {
			continue
		}
		// Made inside the transaction, and those on one resource run one after the other: so ids sort as its changes do.
		chosen.ID = newID()
		b, err := json.Marshal(chosen)
		if err != nil {
			return fmt.Errorf("encode an event: %w", err)
		}
		if err := tx.Enqueue(s.Name, chosen.ID, b); err != nil {
			return fmt.Errorf("queue an event: %w", err)
		}
	}
	return nil
}

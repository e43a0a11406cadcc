package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// The operations of the journal that stand for what a comparison did.
const (
	opRepair = "repair" // the application is told again; the resource has not changed
	opAccept = "accept" // the resource takes over what the application has
)

// errUnacceptable means that drift cannot be taken over.
var errUnacceptable = errors.New("it cannot be accepted")

// mend writes drift down and does about it what the mode says, in one transaction. A resource that has moved since it was
// compared is left alone: what was read is not what is there now.
func (r *reconciler) mend(ctx context.Context, w *jobWork, d *drifted) error {
	items, err := d.items()
	if err != nil {
		return err
	}
	var others ripple
	mend := func(refusal string) error {
		return w.store(ctx, func(tx *store.Tx, j *store.Job) error {
			others = ripple{}
			rec, err := tx.Load(d.was.Type, d.was.ID)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if rec == nil || !unmoved(d.was, rec) {
				j.Count(reconcileMoving, 1)
				return nil
			}
			for _, item := range items {
				if err := tx.AddJobItem(j, item); err != nil {
					return err
				}
			}
			if d.missing && !d.sure && r.Mode != ReconcileReport {
				refusal = "there is no lookup to make sure that it is gone"
			}
			switch {
			case refusal != "":
				return tx.AddJobItem(j, r.refused(d, refusal))
			case r.Mode == ReconcileRepair && (d.missing || d.state && !d.found.Active) && losing(rec):
				return tx.AddJobItem(j, r.refused(d, "access was taken away, which waits for an approval; it is not given back before that"))
			case r.Mode == ReconcileRepair:
				j.Count(reconcileRepaired, 1)
				return r.repair(tx, rec, d, j.By, &others)
			case r.Mode == ReconcileAccept:
				reason, err := r.accept(tx, rec, d, j.By, &others)
				if err == nil && reason != "" {
					return tx.AddJobItem(j, r.refused(d, reason))
				}
				if err == nil {
					j.Count(reconcileAccepted, 1)
				}
				return err
			}
			return nil
		})
	}
	err = mend("")
	var taken *store.UniquenessError
	if errors.As(err, &taken) {
		err = mend(taken.Attribute + ": the value belongs to another resource")
	}
	if err == nil {
		others.spread(r.tenant.dispatcher)
		r.tenant.dispatcher.poke()
	}
	return err
}

func (r *reconciler) refused(d *drifted, reason string) store.JobItem {
	return store.JobItem{
		Kind: reconcileRefused, ResourceType: d.was.Type, ResourceID: d.was.ID, LegacyID: d.was.Applied.LegacyID, Name: nameOf(d.was), Reason: reason,
	}
}

// losing reports whether a user is to lose access as soon as somebody approves.
func losing(rec *store.Record) bool {
	return rec.Type == store.User && rec.Hold != nil && (!rec.Desired.Present() || !active(rec.Desired.Doc))
}

// repair has the application told again what it was told.
func (r *reconciler) repair(tx *store.Tx, rec *store.Record, d *drifted, by string, others *ripple) error {
	t, now := r.tenant, r.tenant.engine.now()
	next := rec.Clone()
	a := &next.Applied
	switch {
	case d.missing:
		vanish(a)
	default:
		a.Adrift, a.Unsure = a.Adrift || d.state, a.Unsure || len(d.fields) > 0
	}
	if err := journalMend(tx, next, opRepair, by, d.changed(), now); err != nil {
		return err
	}
	t.dispatcher.plan(t, next, now)
	if d.state && d.found.Active && next.Dirty() {
		urge(next, now) // somebody has access who is to have none
	}
	if exists(rec.Applied.Account) && !exists(a.Account) {
		if err := t.lose(tx, next, others); err != nil {
			return err
		}
	}
	return others.keep(t.dispatcher, tx, rec, next)
}

// vanish says that an account is gone that nobody here has had deleted.
func vanish(a *store.Applied) {
	a.LegacyID, a.Account, a.Adrift, a.Unsure, a.Doubt = "", store.AccountAbsent, false, false, nil
}

// changed are the attributes that have drifted, by name.
func (d *drifted) changed() (names []string) {
	for _, f := range d.fields {
		names = append(names, f.Path)
	}
	if d.state || d.missing {
		names = append(names, "active")
	}
	return names
}

// journalMend appends what is done about drift to the journal. It ends when the application has been told.
func journalMend(tx *store.Tx, next *store.Record, what, by string, changed []string, now time.Time) error {
	op := &store.Operation{
		ID: newID(), Time: now, Token: by, Operation: what, ResourceType: next.Type, ResourceID: next.ID, Version: next.Target().Version,
		Changed: changed, Verdict: abi.Allow, Outcome: store.Pending, Subject: store.SubjectOf(next.Desired.Doc),
	}
	if next.OpenFrom == 0 || op.Version < next.OpenFrom {
		next.OpenFrom = op.Version
	}
	return tx.AppendOperation(op)
}

// accept has a resource take over what the application has. A reason says why it does not.
func (r *reconciler) accept(tx *store.Tx, rec *store.Record, d *drifted, by string, others *ripple) (reason string, err error) {
	switch {
	case rec.Hold != nil:
		return "a change of it waits for an approval", nil
	case d.state && d.found.Active:
		return "the application gives access to somebody who is not to have it", nil
	}
	t, now := r.tenant, r.tenant.engine.now()
	next := rec.Clone()
	a := &next.Applied
	if rec.Desired.Present() {
		doc, err := r.accepted(rec, d)
		if errors.Is(err, errUnacceptable) {
			return err.Error(), nil
		}
		if err != nil {
			return "", err
		}
		next.Desired = store.State{Version: rec.Desired.Version + 1, Doc: doc}
		if !active(rec.Desired.Doc) {
			next.Desired.Lifecycle = rec.Desired.Lifecycle // what a policy has said of who is inactive holds on
		}
		next.Modified = now
		a.State = next.Desired
	}
	switch {
	case d.missing:
		vanish(a)
	case d.state:
		a.Account, a.Adrift = store.AccountSuspended, false
	}
	if err := journalMend(tx, next, opAccept, by, d.changed(), now); err != nil {
		return "", err
	}
	t.dispatcher.plan(t, next, now)
	if exists(rec.Applied.Account) && !exists(a.Account) {
		if err := t.lose(tx, next, others); err != nil {
			return "", err
		}
	}
	return "", others.keep(t.dispatcher, tx, rec, next)
}

// accepted is the document of a resource with what the application has.
func (r *reconciler) accepted(rec *store.Record, d *drifted) ([]byte, error) {
	rt := r.tenant.kind(rec.Type).Schema
	obj, err := scim.Decode(rec.Desired.Doc)
	if err != nil {
		return nil, fmt.Errorf("stored document: %w", err)
	}
	for _, f := range d.fields {
		target, err := parseListTarget(rt, f.Path)
		if err != nil {
			return nil, err
		}
		value, err := connector.ValueAt(d.found.Doc, f.Path)
		if err != nil {
			return nil, err
		}
		if err := target.replace(obj, value); err != nil {
			return nil, err
		}
	}
	if d.missing || d.state {
		if rec.Type == store.Group {
			return nil, fmt.Errorf("%w: a group that is gone from the application cannot be switched off; delete it, or repair it", errUnacceptable)
		}
		obj["active"] = false
	}
	norm, err := rt.Normalize(obj, schema.FromClient)
	var refused *scim.Error
	if errors.As(err, &refused) {
		return nil, fmt.Errorf("%w: %s", errUnacceptable, abi.CleanText(refused.Detail, maxRecordProblem))
	}
	if err != nil {
		return nil, err
	}
	return scim.Encode(norm.Doc)
}

// replace puts a value in the place of what a resource has; nil takes it away.
func (t listTarget) replace(obj scim.Object, raw json.RawMessage) error {
	into := obj
	if t.ref.URN != "" {
		into = child(obj, t.ref.URN)
	}
	name := t.ref.Attr.Name
	list, _ := into[name].([]any)
	switch {
	case !t.ref.Attr.MultiValued && t.ref.Sub == nil, t.ref.Attr.MultiValued && t.ref.Sub == nil:
		delete(into, name)
	case !t.ref.Attr.MultiValued:
		delete(child(into, name), t.ref.Sub.Name)
	case t.filter == nil && len(list) > 0:
		at := primaryAt(list)
		element, ok := list[at].(scim.Object)
		if !ok {
			return nil
		}
		if raw == nil {
			into[name] = append(list[:at:at], list[at+1:]...)
			return nil
		}
		v, err := decodeNumbers(raw)
		if err != nil {
			return err
		}
		element[t.ref.Sub.Name] = fit(t.ref.Sub, v)
		return nil
	case t.filter != nil && raw == nil:
		by := t.ref.Attr.Sub(t.filter.Attr.Name).Name
		for i, e := range list {
			if element, ok := e.(scim.Object); ok && element[by] == t.filter.Value.Text {
				into[name] = append(list[:i:i], list[i+1:]...)
				break
			}
		}
		return nil
	}
	if raw == nil {
		return nil
	}
	return t.put(obj, raw)
}

// primaryAt is where the element is that is marked as primary, else the first.
func primaryAt(list []any) int {
	for i, e := range list {
		if element, ok := e.(scim.Object); ok && element["primary"] == true {
			return i
		}
	}
	return 0
}

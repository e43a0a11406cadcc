package adapter

import (
	"context"
	"errors"
	"net/http"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Outcomes that a shipment has beside those that a connector knows: what a lookup found.
const (
	adopted    connector.Kind = "adopted"    // an account is there and free to be linked; what it holds is unknown
	absent     connector.Kind = "absent"     // no account is there
	vanished   connector.Kind = "vanished"   // no account is there any more, though nobody here has had it deleted
	unknowable connector.Kind = "unknowable" // the application has no lookup, or none that goes for this resource
)

// send tells the application. It changes nothing here.
func (d *dispatcher) send(ctx context.Context, t *Tenant, r resource, s *shipment) connector.Outcome {
	call := connector.Call{
		Action: s.attempt.Action, ResourceID: r.id, LegacyID: s.applied.LegacyID, IdempotencyKey: s.attempt.ID,
		Before: s.before, After: s.target.Doc, Urgent: s.urgent,
	}
	creates := s.attempt.Action == abi.ActionCreate
	if s.resolve && !creates {
		return d.stillThere(ctx, t, r, s, call)
	}
	if creates && (s.resolve || s.resume || (r.typ == store.Group && s.applied.Adrift)) {
		switch out := d.lookUp(ctx, t, r, call); {
		case out.Kind == absent && !s.resolve: // it has to be made after all
		case out.Kind == unknowable: // nothing is left but to say the same again under the same key
		default:
			return out
		}
	}
	if s.attempt.Action == abi.ActionDelete {
		if r.typ == store.Group && !exists(s.applied.Account) { // whether it is there has to be known first
			out := d.lookUp(ctx, t, r, call)
			if out.Kind == unknowable {
				out.Kind = absent
			}
			return out
		}
		call.After = nil
	}
	if call.Action != abi.ActionSetPassword {
		s.mapped = t.mapAction(ctx, r, call)
		if s.mapped.err != nil {
			return connector.Outcome{Kind: connector.Retry, Detail: "the policy could not map the action: " + s.mapped.err.Error()}
		}
		call.Requests = s.mapped.out.Requests
	}
	if conn := t.connector(r.typ); creates && r.typ == store.Group && len(call.Requests) == 0 && !conn.CanDo(abi.ActionCreate) {
		return d.findGroup(ctx, t, r, call)
	}
	if r.typ == store.Group && call.Action == abi.ActionUpdate && len(call.Requests) == 0 && !t.connector(r.typ).CanDo(abi.ActionUpdate) {
		return connector.Outcome{Kind: connector.Refused, Detail: "a group cannot get another name in the application"}
	}
	if call.Action == abi.ActionUpdate && call.Before == nil {
		// An account that was found. What it holds beyond what the IdP says was not the IdP's, and stays.
		call.Before = call.After
	}
	if len(call.Requests) == 0 && r.typ == store.User {
		password, err := d.openPassword(t, r, s)
		if err != nil && call.Action == abi.ActionSetPassword {
			return connector.Outcome{Kind: connector.Refused, Detail: "the password that was to be set cannot be read any more; set it again"}
		}
		call.Password, s.told = password, password != ""
	}
	out := t.connector(r.typ).Do(ctx, call)
	out.Detail = mask(out.Detail, call.Password)
	verb := !creates && s.attempt.Action != abi.ActionUpdate
	switch {
	case errors.Is(out.Err, connector.ErrNoRoute) && call.Action == abi.ActionReactivate && s.applied.Account == store.AccountActive:
		// It is only not known for sure that the account is active, and nothing there is could have made it otherwise.
		out = connector.Outcome{Kind: connector.Done}
	case errors.Is(out.Err, connector.ErrRequest), errors.Is(out.Err, connector.ErrNoRoute),
		out.Kind == connector.Refused && out.Status == 0 && takesAccess(call.Action):
		// Access is to be taken away, and a route cannot be filled in with what the resource says: that is the operator's to
		// mend, and must not let the person keep it. What the policy asks for cannot be sent. That is the policy's to mend, and must not undo the change.
		out.Kind = connector.Retry
	case out.Kind == connector.Done && out.Gone:
		if call.After = s.applied.Doc; call.After == nil { // the application knows it by what it was told last
			call.After = s.target.Doc
		}
		return d.reallyGone(ctx, t, r, call, out)
	case out.Kind == connector.Conflict:
		found := d.lookUp(ctx, t, r, call)
		if found.Kind == absent || found.Kind == unknowable {
			out.Kind = connector.Refused
			return out
		}
		return found
	case out.Kind == connector.Done && creates && out.LegacyID == "":
		switch found := d.lookUp(ctx, t, r, call); found.Kind {
		case adopted:
			out.LegacyID = found.LegacyID
		case connector.Retry, connector.Refused:
			return found
		}
	case out.Kind == connector.Refused && out.Gone && (s.applied.Adrift || t.remakes(s.applied, call.Action)):
		return d.changedGone(ctx, t, r, s, call, out)
	case out.Kind == connector.Refused && out.Status == http.StatusConflict && verb && (s.resume || s.applied.Adrift):
		// The verb may have been sent before, and now the application says that the account is in that state already.
		out.Kind = connector.Done
	case out.Kind == connector.Refused && s.attempt.Action == abi.ActionReactivate && s.applied.Adrift:
		// Applications have many ways to say that an account is active already. To take one of them for a refusal would
		// switch the person off; the other way round nobody gets in who was not to.
		out.Kind = connector.Done
	}
	return out
}

// takesAccess reports whether an action takes a person's access away.
func takesAccess(action abi.Action) bool {
	return action == abi.ActionDelete || action == abi.ActionDeactivate || action == abi.ActionSuspend
}

// findGroup links a group to the one that a fixed set in the application has in its place.
func (d *dispatcher) findGroup(ctx context.Context, t *Tenant, r resource, call connector.Call) connector.Outcome {
	if !t.connector(r.typ).CanLookup() {
		return connector.Outcome{Kind: connector.Done} // its routes name it by what SCIM says of it
	}
	found := d.lookUp(ctx, t, r, call)
	if found.Kind == absent || found.Kind == unknowable {
		return connector.Outcome{Kind: connector.Refused, Detail: "the application has no such group, and none can be made in it"}
	}
	return found
}

// reallyGone looks whether an account is gone that the application has answered 404 for. A route that is wrong gets the
// same answer, and to believe it would leave access to somebody who is to have none.
func (d *dispatcher) reallyGone(ctx context.Context, t *Tenant, r resource, call connector.Call, gone connector.Outcome) connector.Outcome {
	found := d.lookUp(ctx, t, r, call)
	switch {
	case found.Kind == adopted && found.LegacyID == call.LegacyID:
		return connector.Outcome{
			Kind: connector.Retry, Status: gone.Status,
			Detail: missesRoute(call.Action),
		}
	case found.Kind == adopted, found.Kind == connector.Retry:
		return found
	}
	return gone
}

// lookUp looks for the account of a resource in the application. It is adopted, absent or unknowable, or Refused where
// it is somebody else's, or Retry where the application does not say.
func (d *dispatcher) lookUp(ctx context.Context, t *Tenant, r resource, call connector.Call) connector.Outcome {
	id, found, err := t.connector(r.typ).Lookup(ctx, call)
	if err != nil {
		var failed *connector.LookupError
		if !errors.As(err, &failed) && !errors.Is(err, connector.ErrAmbiguous) {
			return connector.Outcome{Kind: unknowable}
		}
		out := connector.Outcome{Kind: connector.Retry, Unknown: true, Detail: "looking the account up: " + err.Error()}
		if failed != nil {
			out.Status, out.RetryAfter = failed.Status, failed.RetryAfter
		}
		return out
	}
	if !found {
		return connector.Outcome{Kind: absent}
	}
	taken, leaving := false, false
	err = d.engine.store.View(ctx, d.id, func(tx *store.Tx) (err error) {
		if taken, err = linkedElsewhere(tx, r, id); taken && r.typ == store.Group {
			leaving, err = leavingGroup(tx, id)
		}
		return err
	})
	switch {
	case err != nil:
		return connector.Outcome{Kind: connector.Retry, Unknown: true, Detail: "reading the store failed"}
	case leaving:
		return connector.Outcome{Kind: connector.Retry, Detail: "the members of a deleted group are still being taken out of it"}
	case taken:
		return belongsToAnother(r.typ)
	}
	return connector.Outcome{Kind: adopted, LegacyID: id}
}

func belongsToAnother(typ store.Type) connector.Outcome {
	detail := "the application has such an account, and it belongs to another user"
	if typ == store.Group {
		detail = "the application has such a group, and it belongs to another one"
	}
	return connector.Outcome{Kind: connector.Refused, Status: http.StatusConflict, Detail: detail}
}

// leavingGroup reports whether what a legacy id is linked to is a deleted group that stays in the application and still
// has edges there.
func leavingGroup(tx *store.Tx, legacyID string) (leaving bool, err error) {
	id, err := tx.LinkedTo(store.Group, legacyID)
	if err != nil {
		return false, err
	}
	rec, err := tx.Load(store.Group, id)
	if err != nil || there(rec) {
		return false, err
	}
	err = tx.Members(id, "", func(store.Edge) bool {
		leaving = true
		return false
	})
	return leaving || rec.Dirty(), err
}

// unlinkDeleted takes a legacy id from a deleted group that has no members any more: an application whose groups are
// fixed has it for the next one of that name.
func unlinkDeleted(tx *store.Tx, r resource, legacyID string) error {
	if r.typ != store.Group || legacyID == "" {
		return nil
	}
	id, err := tx.LinkedTo(r.typ, legacyID)
	if errors.Is(err, store.ErrNotFound) || (err == nil && id == r.id) {
		return nil
	}
	if err != nil {
		return err
	}
	leaving, err := leavingGroup(tx, legacyID)
	if err != nil || leaving {
		return err
	}
	rec, err := tx.Load(r.typ, id)
	if err != nil || there(rec) {
		return err
	}
	next := rec.Clone()
	next.Applied.LegacyID, next.Applied.Account = "", store.AccountDeleted
	return tx.Put(rec, next)
}

// linkedElsewhere reports whether the account belongs to another resource.
func linkedElsewhere(tx *store.Tx, r resource, legacyID string) (bool, error) {
	if legacyID == "" {
		return false, nil
	}
	holder, err := tx.LinkedTo(r.typ, legacyID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil || holder == r.id {
		return false, err
	}
	if r.typ == store.Group {
		rec, err := tx.Load(r.typ, holder)
		if err != nil {
			return false, err
		}
		if !there(rec) {
			return leavingGroup(tx, legacyID)
		}
	}
	return true, nil
}

// mapAction asks the policy that rules a resource how the application is told of an action.
func (t *Tenant) mapAction(ctx context.Context, r resource, call connector.Call) *mapping {
	m := &mapping{set: t.shelf.current.Load(), out: &abi.MapOutput{Requests: []abi.Request{}}, in: abi.MapInput{
		ABI: abi.Version, Action: call.Action, ResourceType: string(r.typ), ID: r.id, LegacyID: call.LegacyID,
		Before: call.Before, After: call.After, Members: call.Members, Tenant: t.identity(),
	}}
	p, err := t.rule(ctx, r.id)
	if err != nil {
		m.out, m.err, m.unruled = nil, err, true
		return m
	}
	defer p.done()
	m.version, m.release = p.version(), p.release
	if p.has(abi.HookMap) {
		in := m.in
		in.Settings = p.Settings
		m.out, m.used, m.err = p.Module.Map(ctx, &in)
		t.engine.watch.Asked(t.cfg.ID, AskedPolicy, abi.HookMap, m.used.Fuel, m.err != nil)
		t.shelf.asked(ctx, m.release, m.version, abi.HookMap, m.err)
	}
	return m
}

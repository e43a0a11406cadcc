package adapter

import (
	"context"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// remakes reports whether an account is to be made again that is found gone when the application is told of an action:
// where the tenant says so, and always of a resource that comes back from being deleted, as that is a create to the
// client. Who loses access needs no account, and a password is set of one that was just there.
func (t *Tenant) remakes(applied store.Applied, action abi.Action) bool {
	return (t.cfg.Lifecycle.OnGone == GoneCreate || applied.Deleted) && (action == abi.ActionUpdate || action == abi.ActionReactivate)
}

// changedGone finds out what stands behind a 404 or 410 that the application answers a change with: the account is gone, so
// that another is to be made, or it has another id now, or something else is not there. To believe the answer alone, which
// a wrong route gets too, would make two accounts of one.
func (d *dispatcher) changedGone(ctx context.Context, t *Tenant, r resource, s *shipment, call connector.Call, out connector.Outcome) connector.Outcome {
	found := d.lookUpByAll(ctx, t, r, s, call)
	switch {
	case found.Kind == adopted && found.LegacyID == call.LegacyID:
		if s.applied.Adrift { // it is on its way out, or back
			out.Kind = connector.Retry
		}
		out.Detail = missesRoute(call.Action)
		return out
	case found.Kind == adopted, found.Kind == connector.Retry:
		return found
	case found.Kind == unknowable && !s.applied.Adrift:
		return out
	}
	// It is gone. Where another resource has the account that goes by these names, the create will say so.
	if out.Kind = vanished; s.applied.Adrift {
		out.Kind = absent // a delete may have been sent before, and it has arrived
	}
	return out
}

// noteVanished writes to the journal why an account is made for somebody who had one.
func noteVanished(tx *store.Tx, rec *store.Record, s *shipment, now time.Time) error {
	return tx.AppendNote(&store.Note{
		Time: now, Kind: store.NoteLifecycle, ResourceType: rec.Type, ResourceID: rec.ID, Subject: store.SubjectOf(s.target.Doc),
		Version: s.target.Version, State: noteGone, Text: "the application has no such account any more; another is made",
	})
}

// What the journal says that a rule of the lifecycle has done.
const (
	noteGone        = "gone"
	noteDeleteAfter = "delete_after"
)

// missesRoute is what is said of an answer that there is no such account where there is one.
func missesRoute(action abi.Action) string {
	return "the application answers " + string(action) + " as though there were no such account, and lists it all the same; is the route right?"
}

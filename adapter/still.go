package adapter

import (
	"bytes"
	"context"
	"slices"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// stillThere finds out whether a delete has arrived of which nobody knows. The account is looked up by all that the
// application may know it by: what it was told last, and what it may have been told since. What is asked for by now is
// not among that, as the application may never have heard of it.
//
// Where it is not found, and may go by a name that is not on record any more, nothing is known. The account's id then
// settles it: the application is told of an update, and says if it has no such account.
func (d *dispatcher) stillThere(ctx context.Context, t *Tenant, r resource, s *shipment, call connector.Call) connector.Outcome {
	out := d.lookUpByAll(ctx, t, r, s, call)
	if out.Kind != absent {
		return out
	}
	if s.applied.Unsure && s.applied.LegacyID != "" && exists(s.applied.Account) && t.connector(r.typ).CanDo(abi.ActionUpdate) {
		out.Kind = unknowable
	}
	return out
}

// lookUpByAll looks for the account by all that the application may know it by, until it is found: what it was told last,
// what it may have been told since, and what is being delivered.
func (d *dispatcher) lookUpByAll(ctx context.Context, t *Tenant, r resource, s *shipment, call connector.Call) connector.Outcome {
	out := connector.Outcome{Kind: absent}
	var asked [][]byte
	for _, doc := range [][]byte{s.applied.Doc, s.applied.Doubt, s.target.Doc} {
		if doc == nil || slices.ContainsFunc(asked, func(other []byte) bool { return bytes.Equal(other, doc) }) {
			continue
		}
		asked = append(asked, doc)
		call.After = doc
		if out = d.lookUp(ctx, t, r, call); out.Kind != absent {
			break
		}
	}
	return out
}

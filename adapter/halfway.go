package adapter

import (
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// An action can be several requests. Where the one that makes the account goes through and a later one does not, the
// account is there, and somebody could use it.

// madeHalfway reports whether a create has made the account and then failed.
func madeHalfway(s *shipment, out connector.Outcome) bool {
	return s.attempt.Action == abi.ActionCreate && out.LegacyID != "" && out.Kind != connector.Done
}

// keepHalf writes the account down that such a create has made. What it holds is not known, so that the rest is an update,
// and of a user, what it may be used for: that a later request gives access, such as one that puts the account into an
// organisation, reactivate says as well.
func keepHalf(rec *store.Record, s *shipment, out connector.Outcome) {
	a := &rec.Applied
	a.LegacyID, a.Account, a.Unsure = out.LegacyID, store.AccountActive, true
	a.Doc, a.Deleted = s.target.Doc, false
	a.Adrift = a.Adrift || rec.Type != store.Group
	rec.Attempt = nil
}

// takeHalfBack ends a create that was refused when the account was there already: the account is taken away again, in the
// way in which that of a deleted resource is.
func takeHalfBack(rec *store.Record, now time.Time) {
	back := store.State{Version: rec.Desired.Version + 1, Doc: rec.Target().Doc, Deleted: true}
	if rec.Hold != nil {
		rec.Hold.Base = back
		rec.Desired.Version = back.Version + 1
		return
	}
	rec.Desired, rec.Modified = back, now
}

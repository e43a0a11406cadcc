package adapter

import (
	"context"
	"errors"
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// An account that is active, and whose user is not to be, is switched off as soon as the two are linked. An import so takes
// access away from whoever the identity provider had switched off before the account was known. The deprovision limit is for
// that as for any other way to lose access. What it has no room for is not linked, and found again by the next import.

const (
	itemSuspends = "suspends" // linked, and switched off for it
	itemWithheld = "withheld" // not linked, as the deprovision limit has no room

	reasonSuspends = "the account is active and the user is not to be; it is switched off"
	reasonWithheld = "the deprovision limit lets no more accounts be switched off now; import again later"
)

// switchesOff reports whether a user loses access by being linked with an account.
func (im *importer) switchesOff(linked *store.Record) bool {
	if linked.Type != store.User || linked.Applied.Account != store.AccountActive {
		return false
	}
	action, needed := im.t.nextAction(linked.Type, linked.Applied, linked.Target())
	return needed && (action == abi.ActionSuspend || action == abi.ActionDeactivate || action == abi.ActionDelete)
}

// switchOff counts an account that is switched off against the deprovision limit, or is errOverLimit. A dry run only looks
// whether there would be room.
func (im *importer) switchOff() error {
	if !im.t.cfg.DeprovisionLimit.set() {
		return nil
	}
	people := im.people + 1 // who has access still, and is not among the active
	if im.rehearsal == nil {
		return im.t.takeOne(im.tx, people, im.now())
	}
	_, _, err := im.t.room(im.tx, people, im.rehearsal.off, im.now())
	if err == nil {
		im.rehearsal.add(&im.rehearsal.off)
	}
	return err
}

// census finds out how many people a percentage is of, and lets nobody alter that until end is called.
func (r *importRun) census(ctx context.Context, t *Tenant, typ store.Type) (people int, end func(), err error) {
	var own turn
	if typ != store.User || t.cfg.DeprovisionLimit.Percent == 0 {
		return 0, own.end, nil
	}
	if err := own.take(ctx, t.dispatcher.seats); err != nil {
		return 0, nil, err
	}
	n, err := t.counts(ctx)
	if err != nil {
		own.end()
		return 0, nil, fmt.Errorf("counts for the deprovision limit: %w", err)
	}
	if people = n.ActiveUsers; r.rehearsal != nil {
		people += r.rehearsal.active
	}
	return people, own.end, nil
}

// joined counts a user who was made among those a percentage is of.
func (im *importer) joined(doc []byte) {
	if im.typ != store.User || !active(doc) {
		return
	}
	im.people++
	if im.rehearsal != nil {
		im.rehearsal.add(&im.rehearsal.active)
	}
}

// withheld reports whether an account is not linked as its user would be one too many to lose access.
func (im *importer) withheld(rec *store.Record, a *account) (bool, error) {
	if err := im.switchOff(); !errors.Is(err, errOverLimit) {
		return false, err
	}
	return true, im.note(itemWithheld, rec.ID, a.LegacyID, reasonWithheld, a.Doc)
}

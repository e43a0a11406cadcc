package adapter

import (
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// What the journal calls an import's doings.
const (
	opImport = "import" // a resource was made of an account
	opAdopt  = "adopt"  // a resource was linked with an account
)

// importer imports accounts in one transaction.
type importer struct {
	t         *Tenant
	tx        *store.Tx
	job       *store.Job
	typ       store.Type
	others    *ripple
	rehearsal *rehearsal
	fetched   time.Time // when the page was asked for
	people    int       // how many users are active, where the deprovision limit has a percentage
}

func (im *importer) now() time.Time { return im.t.engine.now() }

// prefix goes before the names of what is counted of a type.
func prefix(typ store.Type) string { return strings.ToLower(string(typ)) + "s." }

// note counts something that the report names.
func (im *importer) note(kind, id, legacyID, reason string, doc []byte) error {
	name := gjson.GetBytes(doc, "userName").Str
	if im.typ == store.Group {
		name = gjson.GetBytes(doc, "displayName").Str
	}
	return im.tx.AddJobItem(im.job, store.JobItem{
		Kind: prefix(im.typ) + kind, ResourceType: im.typ, ResourceID: id, LegacyID: legacyID, Name: abi.CleanText(name, maxMemberName),
		Reason: abi.CleanText(reason, maxRecordProblem),
	})
}

// record imports one account. Of a group whose members are to be read it returns where to begin.
func (im *importer) record(c *candidate) (*filling, error) {
	im.job.Count(prefix(im.typ)+countRead, 1)
	switch {
	case c.err != nil:
		return nil, im.note(itemInvalid, "", c.LegacyID, c.err.problem, nil)
	case c.Skip:
		return nil, im.note(itemSkipped, "", c.LegacyID, c.Reason, nil)
	case len(c.Doc) > maxDocument:
		return nil, im.note(itemInvalid, "", c.LegacyID, "the resource would be too large", nil)
	}
	found, err := im.find(&c.account)
	switch {
	case err != nil:
		return nil, err
	case found.ended != "":
		return nil, im.note(found.ended, "", c.LegacyID, found.reason, c.Doc)
	case found.linked:
		im.job.Count(prefix(im.typ)+countUnchanged, 1)
		return nil, nil
	case found.rec != nil:
		return im.adopt(found.rec, &c.account)
	}
	return im.create(&c.account)
}

// accountState is the state of an account that the application has. Of somebody who is not active it is what the tenant's
// rule would leave, so that there is nothing to be done about it.
func (im *importer) accountState(a *account) store.Account {
	if a.Active {
		return store.AccountActive
	}
	if state := im.t.cfg.Lifecycle.OnInactive.account(); rank(state) > rank(store.AccountSuspended) {
		return state
	}
	return store.AccountSuspended
}

// create makes a resource that is what the application has.
func (im *importer) create(a *account) (*filling, error) {
	now := im.now()
	state := store.State{Version: 1, Doc: a.Doc}
	next := &store.Record{
		Type: im.typ, ID: newID(), Created: now, Modified: now, Desired: state, Imported: true,
		Applied: store.Applied{State: state, LegacyID: a.LegacyID, Account: im.accountState(a)},
	}
	if im.job.DryRun {
		im.rehearsal.create(im.tx, im.typ, next.ID, a)
	} else {
		im.t.dispatcher.plan(im.t, next, now)
		if err := im.append(opImport, next, changedPaths(nil, a.Doc)); err != nil {
			return nil, err
		}
		if err := im.others.keep(im.t.dispatcher, im.tx, nil, next); err != nil {
			return nil, err
		}
		if err := im.t.claim(im.tx, next, im.others); err != nil {
			return nil, err
		}
	}
	im.joined(a.Doc)
	if err := im.note(itemCreated, im.shown(next.ID), a.LegacyID, "", a.Doc); err != nil {
		return nil, err
	}
	return &filling{LegacyID: a.LegacyID, ID: next.ID, Version: next.Desired.Version}, nil
}

// shown is the id of a resource that was made; of a dry run there is none.
func (im *importer) shown(id string) string {
	if im.job.DryRun {
		return ""
	}
	return id
}

// adopt links a resource with an account. What the resource says goes on being desired, and the application is told of
// whatever it has otherwise.
func (im *importer) adopt(rec *store.Record, a *account) (*filling, error) {
	fill := &filling{LegacyID: a.LegacyID, ID: rec.ID}
	now := im.now()
	next := rec.Clone()
	had := exists(rec.Applied.Account)
	next.Applied.LegacyID = a.LegacyID
	if !had {
		next.Applied.Account, next.Applied.Doc, next.Applied.Deleted = im.accountState(a), a.Doc, false
		next.Applied.Adrift, next.Applied.Unsure, next.Applied.Doubt = false, false, nil
		next.Attempt, next.Failures, next.Failure = nil, 0, ""
		next.EdgesDirty = next.EdgesDirty || im.typ == store.Group
	}
	off := !had && im.switchesOff(next)
	if off {
		if withheld, err := im.withheld(rec, a); err != nil || withheld {
			return nil, err
		}
	}
	if err := im.note(itemAdopted, rec.ID, a.LegacyID, "", a.Doc); err != nil {
		return nil, err
	}
	if off {
		if err := im.note(itemSuspends, rec.ID, a.LegacyID, reasonSuspends, a.Doc); err != nil {
			return nil, err
		}
	}
	if im.job.DryRun {
		im.rehearsal.link(im.typ, rec.ID, a.LegacyID)
		return fill, nil
	}
	if next.Attempt == nil {
		next.Due = time.Time{}
		im.t.dispatcher.plan(im.t, next, now)
	}
	if off {
		urge(next, now) // as for whoever else loses access
	}
	if err := im.append(opAdopt, next, nil); err != nil {
		return nil, err
	}
	if err := im.others.keep(im.t.dispatcher, im.tx, rec, next); err != nil {
		return nil, err
	}
	if had {
		return fill, nil
	}
	return fill, im.t.wake(im.tx, next.ID, im.others)
}

// append writes into the journal what the import does to a resource.
func (im *importer) append(what string, rec *store.Record, changed []string) error {
	now := im.now()
	op := &store.Operation{
		ID: newID(), Time: now, Token: im.job.By, Operation: what, ResourceType: im.typ, ResourceID: rec.ID, Version: rec.Desired.Version,
		Changed: changed, Verdict: abi.Allow, Reason: "job " + im.job.ID, Outcome: store.Done, Finished: now, Subject: store.SubjectOf(rec.Desired.Doc),
	}
	if id := gjson.GetBytes(rec.Desired.Doc, "externalId").Str; id != "" {
		op.Note = &store.EventNote{ExternalID: id}
	}
	return im.tx.AppendOperation(op)
}

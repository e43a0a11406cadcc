package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// ReconcileMode is what becomes of drift.
type ReconcileMode string

// The modes.
const (
	// ReconcileReport only says what has drifted.
	ReconcileReport ReconcileMode = "report"
	// ReconcileRepair tells the application again what it was told.
	ReconcileRepair ReconcileMode = "repair"
	// ReconcileAccept takes over what the application has, but for access: what the application gives to somebody who is
	// not to have it is reported, and stays a drift.
	ReconcileAccept ReconcileMode = "accept"
)

// ReconcileModes lists the modes.
var ReconcileModes = []ReconcileMode{ReconcileReport, ReconcileRepair, ReconcileAccept}

// ReconcileConfig says how a tenant's application is compared with what it was told.
type ReconcileConfig struct {
	// Every is how often it is compared unattended; 0 for never.
	Every time.Duration
	// Mode is what becomes of drift where whoever starts the comparison does not say; ReconcileReport by default.
	Mode ReconcileMode
	// Settle is how long what the application was told is given to show in its lists, 10s by default: what it was told
	// later is not compared.
	Settle time.Duration
}

func (c ReconcileConfig) validate(bad func(string, ...any)) {
	if c.Mode != "" && !slices.Contains(ReconcileModes, c.Mode) {
		bad("reconcile.mode: %q is not one of report, repair, accept", c.Mode)
	}
	if c.Settle < 0 {
		bad("reconcile.settle: %s is negative; want a duration such as 10s", c.Settle)
	}
	if c.Every < 0 || c.Every > 0 && c.Every < time.Minute {
		bad("reconcile.every: %s is less than a minute; want a duration such as 24h, or 0 for never", c.Every)
	}
}

// ReconcileOptions are what a comparison is started with, as JSON.
type ReconcileOptions struct {
	// Mode is what becomes of drift; the tenant's by default.
	Mode ReconcileMode `json:"mode,omitempty"`
	// Force goes on where the application's list lacks so many accounts that it is hardly the whole list.
	Force bool `json:"force,omitempty"`
}

func (t *Tenant) reconcileOptions(raw json.RawMessage) (o ReconcileOptions, err error) {
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &o); err != nil {
			return o, fmt.Errorf("reconcile: the options are not what is wanted: %w", err)
		}
	}
	if o.Mode == "" {
		o.Mode = t.cfg.Reconcile.Mode
	}
	if o.Mode == "" {
		o.Mode = ReconcileReport
	}
	if !slices.Contains(ReconcileModes, o.Mode) {
		return o, fmt.Errorf("mode: %q is not one of report, repair, accept", o.Mode)
	}
	return o, nil
}

// What the report of a comparison counts and names. The first are what has drifted.
const (
	driftFields  = "fields"  // the application has other attributes than it was told
	driftState   = "state"   // an account is switched off that is to be on, or on that is to be off
	driftMissing = "missing" // the application has no such account or group any more
	driftMembers = "members" // a group has other members than it was told

	reconcileUnmanaged = "unmanaged" // an account or a group that no resource stands for
	reconcileUnread    = "unread"    // a record that nothing can be made of
	reconcileRefused   = "refused"   // what could not be accepted
	reconcileCompared  = "compared"  // accounts and groups that were compared
	reconcileMoving    = "moving"    // not compared, or left alone, as they are being changed
	reconcileRepaired  = "repaired"  // resources of which the application is told again
	reconcileAccepted  = "accepted"  // resources that have taken over what the application has
)

// drifts are the counts that say that something is not as it was told.
var drifts = []string{driftFields, driftState, driftMissing, driftMembers}

// reconcileKind is how comparisons are carried out.
type reconcileKind struct{}

func (reconcileKind) ready(t *Tenant, options json.RawMessage) error {
	if _, err := t.reconcileOptions(options); err != nil {
		return err
	}
	if len(t.listed()) == 0 {
		return errors.New("application: list: missing; it says how the application's accounts are read")
	}
	return nil
}

// listed are the types of resources that can be read from the application.
func (t *Tenant) listed() (types []store.Type) {
	for _, typ := range []store.Type{store.User, store.Group} {
		if conn := t.connector(typ); conn != nil && conn.CanList() {
			types = append(types, typ)
		}
	}
	return types
}

func (reconcileKind) every(t *Tenant) time.Duration { return t.cfg.Reconcile.Every }

func (reconcileKind) begin(t *Tenant, j *store.Job) jobRun {
	o, err := t.reconcileOptions(j.Options)
	if err != nil || j.DryRun {
		o.Mode = ReconcileReport
	}
	return &reconciler{tenant: t, ReconcileOptions: o}
}

// finished raises the alarm, or takes it back, and tells who wants to know.
func (reconcileKind) finished(tx *store.Tx, t *Tenant, j *store.Job) error {
	o, err := t.reconcileOptions(j.Options)
	if err != nil {
		return err
	}
	var left int64
	for _, what := range drifts {
		left += j.Counts[what]
	}
	if o.Mode != ReconcileReport && !j.DryRun {
		left = j.Counts[reconcileRefused]
	}
	switch {
	case j.State != store.JobDone:
	case left == 0:
		err = t.clear(tx, AlarmDrift, "")
	default:
		err = t.raise(tx, Alarm{Kind: AlarmDrift, Text: fmt.Sprintf("The application differs from what it was told in %d places; see the report of the comparison %s", left, j.ID)})
	}
	return errors.Join(err, t.notify(tx, NoticeReconcileFinished, j.ID, map[string]any{
		"state": j.State, "mode": o.Mode, "dry_run": j.DryRun, "counts": j.Counts, "by": j.By,
	}))
}

// reconcilePlace says where a comparison stands. What it has seen lies in memory, so that one that is interrupted begins
// anew: it costs reading, and mends nothing twice.
type reconcilePlace struct {
	Type   store.Type `json:"type"`
	Sweep  bool       `json:"sweep,omitempty"` // the list is through, and those are looked for that were not in it
	Buried bool       `json:"buried,omitempty"`
	At     string     `json:"at,omitempty"` // a cursor of the list, or the id behind which the sweep goes on
}

// drifted is a resource that is not as it was told, as it was compared.
type drifted struct {
	was     *store.Record
	found   account
	fields  []AttributeDrift
	state   bool
	missing bool
	sure    bool // that it is missing
}

// DefaultSettle is ReconcileConfig.Settle where it is not set.
const DefaultSettle = 10 * time.Second

// settled reports whether what the application shows of a resource can be compared with what it was told: nothing is on
// its way, and what was told last was told long enough before the list was read.
func (t *Tenant) settled(rec *store.Record, read time.Time) bool {
	return !rec.Dirty() && rec.Attempt == nil && rec.Told.Before(read.Add(-t.cfg.Reconcile.Settle))
}

// unmoved reports whether a resource is as it was compared.
func unmoved(was, now *store.Record) bool {
	return now.Desired.Version == was.Desired.Version && now.Applied.Version == was.Applied.Version && now.Told.Equal(was.Told) &&
		now.Applied.LegacyID == was.Applied.LegacyID && now.Applied.Account == was.Applied.Account &&
		!now.Dirty() && now.Attempt == nil && (now.Hold == nil) == (was.Hold == nil)
}

// compareAccount compares what was read of an account with the resource that it is linked to. d is nil where there is
// nothing to compare it with; what says what to count.
func (t *Tenant) compareAccount(tx *store.Tx, typ store.Type, found account, read time.Time) (d *drifted, what string, err error) {
	id, err := tx.LinkedTo(typ, found.LegacyID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, reconcileUnmanaged, nil
	}
	if err != nil {
		return nil, "", err
	}
	rec, err := tx.Load(typ, id)
	switch {
	case err != nil:
		return nil, "", err
	case !t.settled(rec, read) || !exists(rec.Applied.Account):
		return nil, reconcileMoving, nil
	}
	d = &drifted{was: rec, found: found}
	if typ == store.User && slices.Contains(found.Paths, "active") {
		d.state = found.Active != (rec.Applied.Account == store.AccountActive)
	}
	if rec.Applied.Doc != nil && rec.Target().Present() {
		if d.fields, err = compareFields(t.kind(typ).Schema, rec.Applied.Doc, found); err != nil {
			return nil, "", err
		}
	}
	return d, reconcileCompared, nil
}

// any reports whether something has drifted.
func (d *drifted) any() bool { return d.missing || d.state || len(d.fields) > 0 }

// items are how the report names what has drifted.
func (d *drifted) items() (items []store.JobItem, err error) {
	item := store.JobItem{ResourceType: d.was.Type, ResourceID: d.was.ID, LegacyID: d.was.Applied.LegacyID, Name: nameOf(d.was)}
	if d.missing {
		item.Kind, item.Reason = driftMissing, "the application does not have it any more"
		if !d.sure {
			item.Reason = "it is not in the application's list; there is no lookup to make sure"
		}
		return append(items, item), nil
	}
	if d.state {
		item.Kind, item.Reason = driftState, "it is switched off in the application and was told to be on"
		if d.found.Active {
			item.Reason = "it is active in the application and was told to be off"
		}
		items = append(items, item)
	}
	if len(d.fields) > 0 {
		item.Kind, item.Reason = driftFields, reasonOf(d.fields)
		if item.More, err = json.Marshal(d.fields); err != nil {
			return nil, fmt.Errorf("encode what has drifted: %w", err)
		}
		items = append(items, item)
	}
	return items, nil
}

// reasonOf says in one line what has drifted: the first attributes, and how many more there are.
func reasonOf(fields []AttributeDrift) string {
	const most, width = 3, 40
	var parts []string
	for _, f := range fields[:min(most, len(fields))] {
		found := "nothing"
		if f.Found != "" {
			found = strconv.Quote(abi.CleanText(f.Found, width))
		}
		parts = append(parts, fmt.Sprintf("%s is %s, was told %q", f.Path, found, abi.CleanText(f.Told, width)))
	}
	if more := len(fields) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// goneFromApplication looks once more whether an account is gone that was not in the list: a list may change while it is
// read. sure is false where the application has no lookup for it.
func (t *Tenant) goneFromApplication(ctx context.Context, rec *store.Record) (gone, sure bool, err error) {
	doc := rec.Applied.Doc
	if doc == nil {
		doc = rec.Desired.Doc
	}
	id, found, err := t.connector(rec.Type).Lookup(ctx, connector.Call{ResourceID: rec.ID, LegacyID: rec.Applied.LegacyID, After: doc})
	var missing *connector.MissingError
	switch {
	case errors.Is(err, connector.ErrNoLookup), errors.Is(err, connector.ErrAmbiguous), errors.As(err, &missing):
		return true, false, nil
	case err != nil:
		return false, false, err
	}
	return !found || id != rec.Applied.LegacyID, true, nil
}

// Interface guard.
var _ jobKind = reconcileKind{}

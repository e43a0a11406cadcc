package adapter

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// ImportOptions say what an import reads.
type ImportOptions struct {
	// Types are User, Group or both, in the order in which they are read; empty for all that the application lists.
	Types []store.Type `json:"types,omitempty"`
}

// What an import counts, each with "users." or "groups." in front; and what its report names as well.
const (
	countRead      = "read"      // records of the application
	countUnchanged = "unchanged" // linked already; their differences are drift, not the import's
	itemCreated    = "created"   // a new resource
	itemAdopted    = "adopted"   // linked with a resource that had no account
	itemConflict   = "conflict"  // more than one resource could be meant, or one that is another account's
	itemInvalid    = "invalid"   // nothing can be made of the record
	itemSkipped    = "skipped"   // the policy leaves it out
	itemDeleted    = "deleted"   // the identity provider has deleted it, and the application kept the account
	itemWaiting    = "waiting"   // a delivery is on its way that finds the account itself

	countMembers     = "members.linked"     // memberships that the application has and that are wanted
	itemUnresolved   = "members.unresolved" // a member that no user is linked with
	itemExtra        = "members.extra"      // a member whom the identity provider does not want in the group
	countBadMembers  = "members.invalid"    // members without a usable id
	countRestarts    = "restarts"           // how often a list was begun anew, as its cursor was not accepted any more
	maxRestarts      = 3
	importBatch      = 64      // records of one transaction
	importBatchBytes = 2 << 20 // of their documents
	memberBatch      = 500     // memberships of one transaction
)

// importPlace is where an import stands.
type importPlace struct {
	Type     store.Type `json:"type"`
	Cursor   string     `json:"cursor,omitempty"`
	Offset   int        `json:"offset,omitempty"` // records of the page that are done
	Page     string     `json:"page,omitempty"`   // what the page was known by when they were
	Restarts int        `json:"restarts,omitempty"`
	Filling  *filling   `json:"filling,omitempty"`
}

// filling is a group whose members are being read: the record at the place's offset.
type filling struct {
	LegacyID string `json:"legacy_id"`
	ID       string `json:"id"` // the group's
	// Version is the group's as the import has left it; 0 where it is the identity provider's.
	Version uint64 `json:"version,omitempty"`
	Cursor  string `json:"cursor,omitempty"`
	Offset  int    `json:"offset,omitempty"`
}

// importKind carries imports out.
type importKind struct{}

func (importKind) every(t *Tenant) time.Duration { return t.cfg.Import.Every }

func (importKind) begin(_ *Tenant, j *store.Job) jobRun {
	return &importRun{anew: j.DryRun && j.Place != nil, rehearsal: newRehearsal(j.DryRun)}
}

func (importKind) finished(tx *store.Tx, t *Tenant, j *store.Job) error {
	return t.notify(tx, NoticeImportFinished, j.ID, jobNotice{Job: j.ID, State: j.State, By: j.By, DryRun: j.DryRun, Counts: j.Counts, Detail: j.Detail})
}

// jobNotice is what a notice says of a job that has ended.
type jobNotice struct {
	Job    string           `json:"job"`
	State  store.JobState   `json:"state"`
	By     string           `json:"by"`
	DryRun bool             `json:"dry_run,omitempty"`
	Counts map[string]int64 `json:"counts"`
	Detail string           `json:"detail,omitempty"`
}

// ErrNoImport means that the configuration does not say how the application's accounts are read.
var ErrNoImport = errors.New("application: no list of accounts is configured, so there is nothing to import")

func (importKind) ready(t *Tenant, options json.RawMessage) error {
	_, err := t.importTypes(options)
	return err
}

// importTypes are the types that an import with these options reads.
func (t *Tenant) importTypes(options json.RawMessage) ([]store.Type, error) {
	var o ImportOptions
	if len(options) > 0 {
		if err := json.Unmarshal(options, &o); err != nil {
			return nil, fmt.Errorf("options: %w", err)
		}
	}
	lists := func(typ store.Type) bool {
		conn := t.connector(typ)
		return conn != nil && conn.CanList()
	}
	for i, typ := range o.Types {
		switch {
		case typ != store.User && typ != store.Group, slices.Contains(o.Types[:i], typ):
			return nil, fmt.Errorf("types: %q is neither User nor Group, or there twice", string(typ))
		case !lists(typ):
			return nil, fmt.Errorf("application: no list of %ss is configured: %w", typ, ErrNoImport)
		}
	}
	if len(o.Types) > 0 {
		return o.Types, nil
	}
	var all []store.Type
	for _, typ := range []store.Type{store.User, store.Group} { // users first: they are the members
		if lists(typ) {
			all = append(all, typ)
		}
	}
	if len(all) == 0 {
		return nil, ErrNoImport
	}
	return all, nil
}

// importRun carries one import out in one process.
type importRun struct {
	anew      bool // what an earlier process has rehearsed is not known here
	rehearsal *rehearsal

	page    *connector.Page // the page at the place
	cursor  string          // whose it is
	typ     store.Type
	digest  string
	fetched time.Time

	members   *connector.MemberPage // of the group that is being filled
	memberKey string                // whose and at which cursor
}

// step implements jobRun.
func (r *importRun) step(ctx context.Context, w *jobWork) (more bool, err error) {
	types, err := w.t.importTypes(w.job.Options)
	if err != nil {
		return false, &jobError{err}
	}
	var place importPlace
	if w.job.Place != nil && !r.anew {
		if err := json.Unmarshal(w.job.Place, &place); err != nil {
			return false, &jobError{err}
		}
	}
	if r.anew {
		err := w.store(ctx, func(tx *store.Tx, j *store.Job) error { return tx.ClearJob(j) })
		if err != nil {
			return false, err
		}
		r.anew = false
	}
	if !slices.Contains(types, place.Type) {
		place = importPlace{Type: types[0]}
	}
	if err := r.load(ctx, w, &place); err != nil {
		return r.troubled(ctx, w, place, err)
	}
	switch {
	case place.Filling != nil:
		if err := r.fill(ctx, w, &place); err != nil {
			return r.troubled(ctx, w, place, err)
		}
		return true, nil
	case place.Offset < len(r.page.Records):
		return true, r.take(ctx, w, place)
	case r.page.Next != "":
		place = importPlace{Type: place.Type, Cursor: r.page.Next, Restarts: place.Restarts}
	default:
		i := slices.Index(types, place.Type)
		if i+1 == len(types) {
			return false, nil
		}
		place = importPlace{Type: types[i+1]}
	}
	return true, w.store(ctx, func(_ *store.Tx, j *store.Job) error { return setPlace(j, place) })
}

func setPlace(j *store.Job, place importPlace) (err error) {
	j.Place, err = json.Marshal(place)
	return err
}

// load reads the page at the place, unless it is there.
func (r *importRun) load(ctx context.Context, w *jobWork, place *importPlace) error {
	if r.page == nil || r.cursor != place.Cursor || r.typ != place.Type {
		conn := w.t.connector(place.Type)
		if conn == nil {
			return &jobError{ErrNoImport}
		}
		r.page, r.members = nil, nil
		r.fetched = w.t.engine.now()
		page, err := conn.List(ctx, place.Cursor)
		if err != nil {
			return err
		}
		r.page, r.cursor, r.typ, r.digest = &page, place.Cursor, place.Type, digest(page.Records)
	}
	if place.Page != r.digest {
		// Another process has been here and found something else. What it has done is found done.
		place.Page, place.Offset = r.digest, 0
		if place.Filling != nil {
			place.Offset = slices.IndexFunc(r.page.Records, func(rec connector.Record) bool { return rec.LegacyID == place.Filling.LegacyID })
			if place.Offset < 0 {
				place.Offset, place.Filling = 0, nil
			}
		}
	}
	return nil
}

func digest(records []connector.Record) string {
	h := sha256.New()
	for _, rec := range records {
		fmt.Fprintf(h, "%q", rec.LegacyID)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}

// troubled says what is to become of the import when the application gave no page.
func (r *importRun) troubled(ctx context.Context, w *jobWork, place importPlace, err error) (more bool, failed error) {
	var list *connector.ListError
	isList := errors.As(err, &list)
	switch {
	case isList && list.Retry:
		return false, &retryLater{err, list.RetryAfter}
	case errors.Is(err, connector.ErrCursor), isList && place.Cursor != "" && refusesCursor(list.Status):
		if place.Restarts >= maxRestarts {
			return false, &jobError{err}
		}
		// Applications let cursors lapse. What has been imported is found as such.
		r.page = nil
		return true, w.store(ctx, func(_ *store.Tx, j *store.Job) error {
			j.Count(countRestarts, 1)
			return setPlace(j, importPlace{Type: place.Type, Restarts: place.Restarts + 1})
		})
	case isList, errors.Is(err, connector.ErrNoList):
		return false, &jobError{err}
	}
	return false, err
}

func refusesCursor(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// candidate is a record with what was made of it.
type candidate struct {
	account
	err *recordError
}

// take imports some of the page's records, in one transaction.
func (r *importRun) take(ctx context.Context, w *jobWork, place importPlace) error {
	var batch []candidate
	size := 0
	for _, record := range r.page.Records[place.Offset:] {
		a, err := w.t.accountFrom(ctx, place.Type, record)
		c := candidate{account: a}
		if err != nil && !errors.As(err, &c.err) {
			return err
		}
		if c.err != nil {
			c.LegacyID = record.LegacyID
		}
		batch = append(batch, c)
		size += len(a.Doc)
		if len(batch) == importBatch || size > importBatchBytes || place.Type == store.Group {
			break
		}
	}
	people, end, err := r.census(ctx, w.t, place.Type)
	if err != nil {
		return err
	}
	defer end()
	var others ripple
	err = w.store(ctx, func(tx *store.Tx, j *store.Job) error {
		others = ripple{}
		r.rehearsal.undo()
		im := importer{t: w.t, tx: tx, job: j, typ: place.Type, others: &others, rehearsal: r.rehearsal, fetched: r.fetched, people: people}
		next := place
		next.Offset += len(batch)
		for i := range batch {
			fill, err := im.record(&batch[i])
			if err != nil {
				return err
			}
			if fill != nil && place.Type == store.Group && w.t.connector(store.Group).ListsMembers() {
				next.Offset, next.Filling = place.Offset, fill
			}
		}
		return setPlace(j, next)
	})
	if err != nil {
		return err
	}
	r.rehearsal.keep()
	others.spread(w.t.dispatcher)
	w.t.dispatcher.poke()
	return nil
}

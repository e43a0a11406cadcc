package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// reconciler is one comparison at work.
type reconciler struct {
	tenant *Tenant
	ReconcileOptions
	begun bool
	place reconcilePlace
	// seen are the accounts of the type that the list had, as hashes: two alike would only hide one that is missing.
	seen map[uint64]struct{}
	seed maphash.Seed
	read time.Time // when the list was begun
	few  bool      // so many are missing that nothing is done about them
}

const (
	// sweepStep is how many resources one step of the sweep looks at.
	sweepStep = 500
	// pageTries is how often a page is asked for before the comparison begins anew.
	pageTries = 6
)

// step implements jobRun: it compares a page of the list, or some of those that were not in it.
func (r *reconciler) step(ctx context.Context, w *jobWork) (more bool, err error) {
	types := r.tenant.listed()
	if !r.begun {
		if err := w.store(ctx, func(tx *store.Tx, j *store.Job) error { return tx.ClearJob(j) }); err != nil {
			return false, err
		}
		r.begun = true
		r.start(types[0])
	}
	if !r.place.Sweep {
		return true, r.page(ctx, w)
	}
	if through, err := r.sweep(ctx, w); err != nil || !through {
		return true, err
	}
	i := slices.Index(types, r.place.Type)
	if i+1 >= len(types) {
		return false, nil
	}
	r.start(types[i+1])
	return true, nil
}

// start begins with a type of resources.
func (r *reconciler) start(typ store.Type) {
	r.place, r.seen, r.seed = reconcilePlace{Type: typ}, map[uint64]struct{}{}, maphash.MakeSeed()
	r.read, r.few = r.tenant.engine.now(), false
}

func (r *reconciler) hash(legacyID string) uint64 { return maphash.String(r.seed, legacyID) }

// page compares the next page of the list.
func (r *reconciler) page(ctx context.Context, w *jobWork) error {
	t, typ := r.tenant, r.place.Type
	read := t.engine.now() // before it is asked for: what is told later cannot be in it
	page, err := r.list(ctx)
	if err != nil {
		return err
	}
	var found []account
	var notes []store.JobItem
	for _, record := range page.Records {
		a, err := t.accountFrom(ctx, typ, record)
		var bad *recordError
		switch {
		case errors.As(err, &bad):
			r.seen[r.hash(record.LegacyID)] = struct{}{} // it is there, whatever it says
			notes = append(notes, store.JobItem{Kind: reconcileUnread, ResourceType: typ, LegacyID: abi.CleanText(record.LegacyID, maxDriftText), Reason: bad.Error()})
			continue
		case err != nil:
			return err
		}
		r.seen[r.hash(a.LegacyID)] = struct{}{}
		if !a.Skip {
			found = append(found, a)
		}
	}
	list, counts, unmanaged, err := r.compare(ctx, found, read)
	if err != nil {
		return err
	}
	for _, d := range list {
		if err := r.mend(ctx, w, d); err != nil {
			return err
		}
	}
	if typ == store.Group && t.connector(typ).ListsMembers() {
		for _, record := range page.Records {
			if err := r.members(ctx, w, record, read); err != nil {
				return err
			}
		}
	}
	if r.place.At = page.Next; page.Next == "" {
		r.place.Sweep = true
	}
	return r.save(ctx, w, counts, append(notes, unmanaged...))
}

// list asks for a page, more than once where the application does not answer.
func (r *reconciler) list(ctx context.Context) (connector.Page, error) {
	for try := 1; ; try++ {
		page, err := r.tenant.connector(r.place.Type).List(ctx, r.place.At)
		var failed *connector.ListError
		switch {
		case err == nil:
			return page, nil
		case !errors.As(err, &failed), ctx.Err() != nil:
			return page, err
		case !failed.Retry:
			return page, &jobError{err}
		case try == pageTries:
			return page, &retryLater{err: err, after: failed.RetryAfter}
		}
		timer := time.NewTimer(max(failed.RetryAfter, backoff(time.Second, 30*time.Second, try, string(r.place.Type))))
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// compare compares accounts with what they were told.
func (r *reconciler) compare(ctx context.Context, found []account, read time.Time) (list []*drifted, counts map[string]int64, unmanaged []store.JobItem, err error) {
	t := r.tenant
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		list, counts, unmanaged = nil, map[string]int64{}, nil
		for _, a := range found {
			d, what, err := t.compareAccount(tx, r.place.Type, a, read)
			switch {
			case err != nil:
				return err
			case what == reconcileUnmanaged:
				unmanaged = append(unmanaged, store.JobItem{Kind: what, ResourceType: r.place.Type, LegacyID: a.LegacyID, Name: nameIn(a.Doc), Reason: "no resource stands for it"})
				continue
			}
			if counts[what]++; d != nil && d.any() {
				list = append(list, d)
			}
		}
		return nil
	})
	return list, counts, unmanaged, err
}

// save stores where the comparison stands.
func (r *reconciler) save(ctx context.Context, w *jobWork, counts map[string]int64, items []store.JobItem) error {
	place, err := json.Marshal(r.place)
	if err != nil {
		return fmt.Errorf("encode the place: %w", err)
	}
	return w.store(ctx, func(tx *store.Tx, j *store.Job) error {
		j.Place = place
		for what, n := range counts {
			j.Count(what, n)
		}
		for _, item := range items {
			if err := tx.AddJobItem(j, item); err != nil {
				return err
			}
		}
		return nil
	})
}

// sweep looks for some of the resources whose account was not in the list, and reports whether it is through.
func (r *reconciler) sweep(ctx context.Context, w *jobWork) (through bool, err error) {
	t := r.tenant
	if r.place.At == "" && !r.place.Buried && !r.Force && r.Mode != ReconcileReport {
		if err := r.checkWhole(ctx, w); err != nil {
			return false, err
		}
	}
	var lost []*store.Record
	last, n := "", 0
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		lost, last, n = nil, "", 0
		return r.unseen(tx, r.place.Buried, r.place.At, func(id string, rec *store.Record) bool {
			if last, n = id, n+1; rec != nil {
				lost = append(lost, rec)
			}
			return n < sweepStep
		})
	})
	if err != nil {
		return false, err
	}
	for _, rec := range lost {
		gone, sure, err := t.goneFromApplication(ctx, rec)
		if err != nil {
			return false, err
		}
		if gone {
			if err := r.mend(ctx, w, &drifted{was: rec, missing: true, sure: sure}); err != nil {
				return false, err
			}
		}
	}
	if r.place.At = last; n < sweepStep {
		through, r.place.At, r.place.Buried = r.place.Buried, "", true
	}
	return through, r.save(ctx, w, nil, nil)
}

// unseen calls fn with the ids of the resources that exist, or of those that were deleted, behind an id; and with the
// record of each that has an account which was not in the list, and nil for the others.
func (r *reconciler) unseen(tx *store.Tx, buried bool, after string, fn func(id string, rec *store.Record) bool) error {
	var failed error
	err := tx.IDsBehind(r.place.Type, buried, after, func(id string) bool {
		rec, err := tx.Load(r.place.Type, id)
		if err != nil {
			failed = err
			return false
		}
		if _, there := r.seen[r.hash(rec.Applied.LegacyID)]; there || rec.Applied.LegacyID == "" || !exists(rec.Applied.Account) || !r.tenant.settled(rec, r.read) {
			rec = nil
		}
		return fn(id, rec)
	})
	return errors.Join(err, failed)
}

// Where more than maxMissing accounts are missing, and more than one in missingShare, the list is hardly the whole list.
const (
	maxMissing   = 10
	missingShare = 5
)

// checkWhole ends the comparison where the list lacks so many accounts that mending would do more harm than good.
func (r *reconciler) checkWhole(ctx context.Context, w *jobWork) error {
	var missing, all int64
	for _, buried := range []bool{false, true} {
		for after, more := "", true; more; {
			err := r.tenant.engine.store.View(ctx, r.tenant.cfg.ID, func(tx *store.Tx) error {
				n, m := 0, int64(0)
				last := ""
				err := r.unseen(tx, buried, after, func(id string, rec *store.Record) bool {
					last = id
					if n++; rec != nil {
						m++
					}
					return n < 10*sweepStep
				})
				after, more = last, n == 10*sweepStep
				all, missing = all+int64(n), missing+m
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	if missing <= maxMissing || missing*missingShare <= all {
		return nil
	}
	return &jobError{fmt.Errorf("the application's list lacks %d of %d %ss; nothing was done about them. If the list is right, start it with force", missing, all, r.place.Type)}
}

// nameOf is what people know a resource by.
func nameOf(rec *store.Record) string { return nameIn(rec.Desired.Doc) }

func nameIn(doc []byte) string { return abi.CleanText(store.SubjectOf(doc), maxDriftText) }

// Interface guard.
var _ jobRun = (*reconciler)(nil)

package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A job is a long run over all of an application's accounts: an import, a reconciliation. Its record is kept with what it
// does, so that it goes on from where it was when a process has died, a configuration has been replaced or the application
// could not be reached. A tenant has at most one job of a kind that is running.

var (
	// ErrNoJob means that the tenant has no such job.
	ErrNoJob = errors.New("no such job")
	// ErrJobRunning means that one of the kind is running already.
	ErrJobRunning = store.ErrJobRunning
	// ErrJobEnded means that the job is not running any more.
	ErrJobEnded = errors.New("the job has ended")
)

// JobRefusedError says why the configuration does not let a job run, or not with its options.
type JobRefusedError struct{ Err error }

// Error implements error.
func (e *JobRefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *JobRefusedError) Unwrap() error { return e.Err }

// JobRequest starts a job.
type JobRequest struct {
	By     string // who asks, at most MaxBy bytes
	DryRun bool   // only report what it would come to
	// Options are the kind's own, JSON; nil for none.
	Options json.RawMessage
}

// ByUnattended is who starts what is started by a schedule.
const ByUnattended = "schedule"

// jobKind knows how jobs of one kind are carried out.
type jobKind interface {
	// ready is an error where the configuration does not let a job with these options run. It names the field.
	ready(t *Tenant, options json.RawMessage) error
	// every is after which time one is started unattended; 0 for never.
	every(t *Tenant) time.Duration
	// begin returns what carries a job out in this process, under this configuration, from where it stands.
	begin(t *Tenant, j *store.Job) jobRun
	// finished is called in the transaction that ends a job, in whichever way.
	finished(tx *store.Tx, t *Tenant, j *store.Job) error
}

// jobRun carries out one job.
type jobRun interface {
	// step does a piece of work that takes a few seconds at most, stores what came of it by w.store, and reports whether
	// there is more to do. An error is tried again after a pause, unless it is a *jobError.
	step(ctx context.Context, w *jobWork) (more bool, err error)
}

// jobError ends a job.
type jobError struct{ err error }

func (e *jobError) Error() string { return e.err.Error() }

func (e *jobError) Unwrap() error { return e.err }

// retryLater is an error of a step that asks for a pause of its own.
type retryLater struct {
	err   error
	after time.Duration
}

func (e *retryLater) Error() string { return e.err.Error() }

func (e *retryLater) Unwrap() error { return e.err }

// jobWork is a job that is being carried out.
type jobWork struct {
	t   *Tenant
	job store.Job // as it is stored
}

// store changes the records and the job in one transaction. fn may run more than once. Once the job has ended it is
// ErrJobEnded, and nothing is stored.
func (w *jobWork) store(ctx context.Context, fn func(tx *store.Tx, j *store.Job) error) error {
	var stored store.Job
	err := w.t.engine.store.Update(ctx, w.t.cfg.ID, func(tx *store.Tx) error {
		j, err := tx.Job(w.job.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return ErrJobEnded
		case err != nil:
			return err
		case !j.Running():
			return ErrJobEnded
		}
		j.Updated, j.Failures, j.Detail = w.t.engine.now(), 0, ""
		if err := fn(tx, j); err != nil {
			return err
		}
		stored = *j
		return tx.PutJob(j)
	})
	if err == nil {
		w.job = stored
		w.t.dispatcher.jobs.progress.broadcast()
	}
	return err
}

// StartJob starts a job of a kind.
//
// # Errors
//
// ErrJobRunning; a *JobRefusedError that names what the configuration lacks, or what is wrong with the options.
func (t *Tenant) StartJob(ctx context.Context, kind store.JobKind, req JobRequest) (*store.Job, error) {
	k, ok := jobKinds[kind]
	if !ok {
		return nil, fmt.Errorf("job: %q is no kind of job", string(kind))
	}
	if err := k.ready(t, req.Options); err != nil {
		return nil, &JobRefusedError{err}
	}
	now := t.engine.now()
	j := &store.Job{
		ID: newID(), Kind: kind, State: store.JobRunning, By: abi.CleanText(req.By, MaxBy), DryRun: req.DryRun, Started: now, Updated: now,
		Options: req.Options, Counts: map[string]int64{},
	}
	err := t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		stored := *j
		return tx.StartJob(&stored)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	t.dispatcher.jobs.poke()
	t.dispatcher.jobs.progress.broadcast()
	return j, nil
}

// CancelJob ends a running job. What it has stored stays.
//
// # Errors
//
// ErrNoJob, ErrJobEnded.
func (t *Tenant) CancelJob(ctx context.Context, kind store.JobKind, id, by string) (*store.Job, error) {
	return t.endJob(ctx, kind, id, store.JobCancelled, "cancelled by "+abi.CleanText(by, MaxBy))
}

func (t *Tenant) endJob(ctx context.Context, kind store.JobKind, id string, state store.JobState, detail string) (ended *store.Job, err error) {
	err = t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		j, err := tx.Job(id)
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && j.Kind != kind:
			return ErrNoJob
		case err != nil:
			return err
		case !j.Running():
			return ErrJobEnded
		}
		j.State, j.Detail, j.Finished = state, abi.CleanText(detail, maxRecordProblem), t.engine.now()
		j.Updated = j.Finished
		ended = j
		if err := tx.PutJob(j); err != nil {
			return err
		}
		k, ok := jobKinds[kind]
		if !ok {
			return nil
		}
		return k.finished(tx, t, j)
	})
	if err != nil {
		return nil, err
	}
	t.dispatcher.jobs.stop(id)
	t.dispatcher.jobs.progress.broadcast()
	return ended, nil
}

// Jobs lists the jobs of a kind, newest first: the running one and those that ended last.
func (t *Tenant) Jobs(ctx context.Context, kind store.JobKind) (list []*store.Job, err error) {
	err = t.view(ctx, func(tx *store.Tx) error {
		list = list[:0]
		return tx.Jobs(func(j *store.Job) bool {
			if j.Kind == kind {
				list = append(list, j)
			}
			return true
		})
	})
	return list, err
}

// Job returns one job of a kind, or ErrNoJob. The empty id is the newest one.
func (t *Tenant) Job(ctx context.Context, kind store.JobKind, id string) (found *store.Job, err error) {
	err = t.view(ctx, func(tx *store.Tx) error {
		found = nil
		if id != "" {
			j, err := tx.Job(id)
			if err == nil && j.Kind == kind {
				found = j
			}
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			return err
		}
		return tx.Jobs(func(j *store.Job) bool {
			if j.Kind == kind {
				found = j
			}
			return found == nil
		})
	})
	if err == nil && found == nil {
		err = ErrNoJob
	}
	return found, err
}

// JobItems calls fn for what a job's report names, by kind, at most store.MaxJobItems of each. kind is one of them, or
// empty for all.
func (t *Tenant) JobItems(ctx context.Context, id, kind string) (items []store.JobItem, err error) {
	err = t.view(ctx, func(tx *store.Tx) error {
		items = items[:0]
		return tx.JobItems(id, kind, func(item store.JobItem) bool {
			items = append(items, item)
			return true
		})
	})
	return items, err
}

// FollowJob calls fn with a job as it stands, whenever it has come on, and with how it has ended at last.
//
// # Errors
//
// ErrNoJob, what fn returns, and the end of ctx.
func (t *Tenant) FollowJob(ctx context.Context, kind store.JobKind, id string, fn func(*store.Job) error) error {
	for {
		moved := t.dispatcher.jobs.progress.wait()
		j, err := t.Job(ctx, kind, id)
		if err != nil {
			return err
		}
		if err := fn(j); err != nil || !j.Running() {
			return err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var (
	_ error = (*jobError)(nil)
	_ error = (*retryLater)(nil)
)

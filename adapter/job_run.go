package adapter

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// jobKinds are the kinds of jobs that there are.
var jobKinds = map[store.JobKind]jobKind{
	store.JobImport:    importKind{},
	store.JobReconcile: reconcileKind{},
}

// maxJobFailures is how often in a row a step may fail before the job gives up. With the pauses between that is hours.
const maxJobFailures = 50

// jobs are those that a dispatcher carries out.
type jobs struct {
	wake     chan struct{} // holds one token: look at the store again
	progress *signal       // a job has come on
	mu       *sync.Mutex
	active   map[string]context.CancelFunc // by the job's id
}

func newJobs() jobs {
	return jobs{wake: make(chan struct{}, 1), progress: new(signal), mu: new(sync.Mutex), active: map[string]context.CancelFunc{}}
}

func (j *jobs) poke() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// stop breaks off what a job is at.
func (j *jobs) stop(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if cancel := j.active[id]; cancel != nil {
		cancel()
	}
}

// take reports whether a job is not being carried out here yet, and says that it is.
func (j *jobs) take(id string, cancel context.CancelFunc) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.active[id] != nil {
		return false
	}
	j.active[id] = cancel
	return true
}

func (j *jobs) leave(id string) {
	j.mu.Lock()
	delete(j.active, id)
	j.mu.Unlock()
	j.poke()
}

// runJobs starts jobs that are due and carries out those that are running, also those that a process before this one has
// left, until the engine ends.
func (d *dispatcher) runJobs(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		pause := idle
		if t, leave := d.enter(); t != nil { // otherwise a configuration will poke
			var running []string
			var err error
			running, pause, err = t.dueJobs(ctx)
			leave()
			if err != nil {
				pause = d.troubled("looking for jobs", err)
			}
			for _, id := range running {
				work, cancel := context.WithCancel(ctx)
				if !d.jobs.take(id, cancel) {
					cancel()
					continue
				}
				all.Go(func() {
					defer cancel()
					defer d.jobs.leave(id)
					d.carryOut(work, id)
				})
			}
		}
		timer.Reset(pause)
		select {
		case <-ctx.Done():
			return
		case <-d.jobs.wake:
		case <-timer.C:
		}
	}
}

// dueJobs starts the jobs that are due by their schedules, and returns all that are running and when to look again.
func (t *Tenant) dueJobs(ctx context.Context) (running []string, pause time.Duration, err error) {
	pause = idle
	for kind, k := range jobKinds {
		now := t.engine.now()
		due := never
		if every := k.every(t); every > 0 {
			last := time.Time{}
			err := t.view(ctx, func(tx *store.Tx) (err error) {
				last, err = tx.LastJob(kind)
				return err
			})
			if err == nil && last.IsZero() {
				// The first one comes when its time has passed, so that whoever sets a schedule up can look at a dry run first.
				err = t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
					last, err = tx.BeginSchedule(kind, now)
					return err
				})
			}
			if err != nil {
				return nil, 0, err
			}
			if due = last.Add(every); last.After(now) {
				due = now.Add(every) // the clock was set back
			}
		}
		if !due.After(now) && k.ready(t, nil) == nil {
			if _, err := t.StartJob(ctx, kind, JobRequest{By: ByUnattended}); err != nil && !errors.Is(err, ErrJobRunning) {
				return nil, 0, err
			}
		} else if wait := due.Sub(now); wait > 0 {
			pause = min(pause, wait)
		}
		err := t.view(ctx, func(tx *store.Tx) error {
			j, err := tx.RunningJob(kind)
			if err == nil {
				running = append(running, j.ID)
			} else if errors.Is(err, store.ErrNotFound) {
				err = nil
			}
			return err
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return running, pause, nil
}

// carryOut carries out one job as far as it comes.
func (d *dispatcher) carryOut(ctx context.Context, id string) {
	var run jobRun
	var under *Tenant
	for {
		t, leave := d.enter()
		if t == nil {
			return // a configuration will poke
		}
		more, pause, err := d.jobStep(ctx, t, id, &run, &under)
		leave()
		switch {
		case ctx.Err() != nil, errors.Is(err, kv.ErrClosed), errors.Is(err, ErrJobEnded):
			return // it has ended, or the next process goes on
		case err != nil:
			pause = d.troubled("a job", err)
		case !more:
			return
		}
		if pause > 0 {
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			timer.Stop()
		}
	}
}

// jobStep does the next step of a job, and writes down where it fails or ends. An error is one of the store.
func (d *dispatcher) jobStep(ctx context.Context, t *Tenant, id string, run *jobRun, under **Tenant) (more bool, pause time.Duration, err error) {
	w := &jobWork{t: t}
	err = t.view(ctx, func(tx *store.Tx) error {
		j, err := tx.Job(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !j.Running() {
			return ErrJobEnded
		}
		if err == nil {
			w.job = *j
		}
		return err
	})
	if err != nil {
		return false, 0, err
	}
	k, ok := jobKinds[w.job.Kind]
	if !ok {
		return false, 0, ErrJobEnded // a later version's
	}
	var failed *jobError
	var stepErr error
	if stepErr = k.ready(t, w.job.Options); stepErr != nil {
		stepErr = &jobError{stepErr}
	} else {
		if *run == nil || *under != t {
			*run, *under = k.begin(t, &w.job), t
		}
		if more, stepErr = (*run).step(ctx, w); more && stepErr == nil {
			return true, 0, nil
		}
	}
	switch {
	case ctx.Err() != nil || errors.Is(stepErr, ErrJobEnded):
		return false, 0, ErrJobEnded
	case stepErr == nil:
		_, err = t.endJob(ctx, w.job.Kind, id, store.JobDone, "")
		return false, 0, err
	case errors.As(stepErr, &failed) || w.job.Failures+1 >= maxJobFailures:
		d.log.Warn("a job has failed", "job", id, "kind", string(w.job.Kind))
		_, err = t.endJob(ctx, w.job.Kind, id, store.JobFailed, stepErr.Error())
		return false, 0, err
	}
	*run = nil // from where it stands
	var later *retryLater
	failures := w.job.Failures + 1
	err = w.store(ctx, func(_ *store.Tx, j *store.Job) error {
		j.Failures, j.Detail = failures, abi.CleanText(stepErr.Error(), maxRecordProblem)
		return nil
	})
	pause = backoff(t.cfg.RetryMin, t.cfg.RetryMax, failures, id)
	if errors.As(stepErr, &later) {
		pause = max(pause, later.after)
	}
	return true, pause, err
}

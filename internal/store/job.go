package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// JobKind says what a job does.
type JobKind string

// The kinds of jobs.
const (
	JobImport    JobKind = "import"
	JobReconcile JobKind = "reconcile"
)

// JobState is where a job stands.
type JobState string

// The states of a job.
const (
	JobRunning   JobState = "running"   // it is at work, or goes on as soon as a process has the tenant
	JobDone      JobState = "done"      // it has come to its end
	JobFailed    JobState = "failed"    // it has given up, for the reason that Detail gives
	JobCancelled JobState = "cancelled" // somebody has ended it
)

// Job is the record of a long run. It is written in the transactions that carry the run out, so that what it counts and
// where it stands are always those of what is stored.
type Job struct {
	ID       string    `json:"id"` // UUIDv7
	Kind     JobKind   `json:"kind"`
	State    JobState  `json:"state"`
	By       string    `json:"by"`                // who started it, or schedule
	DryRun   bool      `json:"dry_run,omitempty"` // it only reports
	Started  time.Time `json:"started"`
	Updated  time.Time `json:"updated"`            // when it came on last
	Finished time.Time `json:"finished,omitzero"`  // zero while it is running
	Detail   string    `json:"detail,omitempty"`   // why it has failed, or what keeps it waiting
	Failures int       `json:"failures,omitempty"` // tries in a row that went wrong
	// Options are the kind's own, as it was started with them.
	Options json.RawMessage `json:"options,omitempty"`
	// Place is the kind's own, and says from where to go on.
	Place json.RawMessage `json:"place,omitempty"`
	// Counts are what the run has come to so far, by the kind's own names.
	Counts map[string]int64 `json:"counts"`
}

// Running reports whether the job has not ended.
func (j *Job) Running() bool { return j.State == JobRunning }

// Count adds to one of the job's counts.
func (j *Job) Count(name string, n int64) {
	if n == 0 {
		return
	}
	if j.Counts == nil {
		j.Counts = map[string]int64{}
	}
	j.Counts[name] += n
}

// JobItem is one thing that a job's report names.
type JobItem struct {
	Kind         string `json:"kind"` // the kind's own word for what is noteworthy, such as conflict
	ResourceType Type   `json:"resource_type,omitempty"`
	ResourceID   string `json:"resource_id,omitempty"`
	LegacyID     string `json:"legacy_id,omitempty"`
	Name         string `json:"name,omitempty"`   // what people know it by, such as the userName
	Reason       string `json:"reason,omitempty"` // in one line
	// More is the kind's own.
	More json.RawMessage `json:"more,omitempty"`
}

// MaxJobItems bounds how many items of a kind a job's report names; what is more is counted alone.
const MaxJobItems = 1000

// keptJobs is how many ended jobs of a kind are kept.
const keptJobs = 20

// Tables of jobs.
const (
	tableJobs      kv.Table = "jo" // job → job
	tableSchedules kv.Table = "js" // kind → schedule
	tableJobItems  kv.Table = "ji" // job, kind, number → item
)

// schedule is what is known of the jobs of one kind.
type schedule struct {
	Running string    `json:"running,omitempty"` // the job that is running
	Last    time.Time `json:"last,omitzero"`     // when one was started last that was no dry run
}

// ErrJobRunning means that the tenant has a job of the kind that is running.
var ErrJobRunning = errors.New("one is running already")

func (tx *Tx) schedule(kind JobKind) (s schedule, err error) {
	b, err := tx.get(tx.key(tableSchedules).String(string(kind)))
	if errors.Is(err, ErrNotFound) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("schedule of %s: %w: %w", kind, errCorrupt, err)
	}
	return s, nil
}

func (tx *Tx) putSchedule(kind JobKind, s schedule) error {
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the schedule of %s: %w", kind, err)
	}
	return tx.kv.Set(tx.key(tableSchedules).String(string(kind)), b)
}

// RunningJob returns the running job of a kind, or ErrNotFound.
func (tx *Tx) RunningJob(kind JobKind) (*Job, error) {
	s, err := tx.schedule(kind)
	switch {
	case err != nil:
		return nil, err
	case s.Running == "":
		return nil, ErrNotFound
	}
	return tx.Job(s.Running)
}

// LastJob returns when a job of a kind that was no dry run was started last; zero for never.
func (tx *Tx) LastJob(kind JobKind) (time.Time, error) {
	s, err := tx.schedule(kind)
	return s.Last, err
}

// BeginSchedule sets the time from which the first job of a kind is counted, where there is none yet, and returns it.
func (tx *Tx) BeginSchedule(kind JobKind, now time.Time) (time.Time, error) {
	s, err := tx.schedule(kind)
	if err != nil || !s.Last.IsZero() {
		return s.Last, err
	}
	s.Last = now
	return now, tx.putSchedule(kind, s)
}

// StartJob stores a new job that is running, and forgets the oldest ended ones of its kind.
//
// # Errors
//
// ErrJobRunning where the tenant has one of the kind.
func (tx *Tx) StartJob(j *Job) error {
	s, err := tx.schedule(j.Kind)
	switch {
	case err != nil:
		return err
	case s.Running != "":
		return ErrJobRunning
	}
	if s.Running = j.ID; !j.DryRun {
		s.Last = j.Started
	}
	var old []string
	kept := 0
	err = tx.Jobs(func(have *Job) bool {
		if have.Kind == j.Kind && !have.Running() {
			if kept++; kept >= keptJobs {
				old = append(old, have.ID)
			}
		}
		return len(old) < 2 // the others another time
	})
	if err != nil {
		return err
	}
	for _, id := range old {
		if err := tx.forgetJob(id); err != nil {
			return err
		}
	}
	return errors.Join(tx.putSchedule(j.Kind, s), tx.putJob(j))
}

// PutJob stores a job as it stands now.
func (tx *Tx) PutJob(j *Job) error {
	if !j.Running() {
		s, err := tx.schedule(j.Kind)
		if err != nil {
			return err
		}
		if s.Running == j.ID {
			s.Running = ""
			if err := tx.putSchedule(j.Kind, s); err != nil {
				return err
			}
		}
	}
	return tx.putJob(j)
}

func (tx *Tx) putJob(j *Job) error {
	b, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", j.ID, err)
	}
	return tx.kv.Set(tx.key(tableJobs).String(j.ID), b)
}

// Job returns one job, or ErrNotFound.
func (tx *Tx) Job(id string) (*Job, error) {
	b, err := tx.get(tx.key(tableJobs).String(id))
	if err != nil {
		return nil, err
	}
	return decodeJob(b)
}

func decodeJob(b []byte) (*Job, error) {
	j := new(Job)
	if err := json.Unmarshal(b, j); err != nil {
		return nil, fmt.Errorf("job: %w: %w", errCorrupt, err)
	}
	return j, nil
}

// Jobs calls fn for the jobs, newest first, until fn returns false.
func (tx *Tx) Jobs(fn func(*Job) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableJobs)), kv.ScanOptions{Reverse: true}) {
		if err != nil {
			return err
		}
		j, err := decodeJob(entry.Value)
		if err != nil {
			return err
		}
		if !fn(j) {
			return nil
		}
	}
	return nil
}

// AddJobItem counts an item under its kind, and writes it down as long as its kind has not MaxJobItems. The job itself is
// stored by PutJob.
func (tx *Tx) AddJobItem(j *Job, item JobItem) error {
	j.Count(item.Kind, 1)
	n := j.Counts[item.Kind]
	if n > MaxJobItems {
		return nil
	}
	b, err := json.Marshal(item)
	if err != nil {
		return fmt.Errorf("encode an item of job %s: %w", j.ID, err)
	}
	return tx.kv.Set(tx.key(tableJobItems).String(j.ID).String(item.Kind).Uint64(uint64(n)), b)
}

// JobItems calls fn for what a job's report names, by kind and in the order in which it was found, until fn returns false.
// kind is one of them, or empty for all.
func (tx *Tx) JobItems(job, kind string, fn func(JobItem) bool) error {
	prefix := tx.key(tableJobItems).String(job)
	if kind != "" {
		prefix = prefix.String(kind)
	}
	for entry, err := range tx.kv.Scan(kv.Prefix(prefix), kv.ScanOptions{}) {
		if err != nil {
			return err
		}
		var item JobItem
		if err := json.Unmarshal(entry.Value, &item); err != nil {
			return fmt.Errorf("job %s: %w: %w", job, errCorrupt, err)
		}
		if !fn(item) {
			return nil
		}
	}
	return nil
}

// ClearJob takes back what a job has counted and named, so that it can begin anew. The job itself is stored by PutJob.
func (tx *Tx) ClearJob(j *Job) error {
	j.Counts, j.Place = nil, nil
	return tx.forgetJobItems(j.ID)
}

func (tx *Tx) forgetJobItems(id string) error {
	var keys []kv.Key
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableJobItems).String(id)), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		keys = append(keys, entry.Key)
	}
	for _, key := range keys {
		if err := tx.kv.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) forgetJob(id string) error {
	return errors.Join(tx.forgetJobItems(id), tx.kv.Delete(tx.key(tableJobs).String(id)))
}

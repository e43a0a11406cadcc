package adapter

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A shadow is asked what the ruling policy was asked, after the reply or the sending. Nothing waits for it: what does not
// fit into its queue is dropped and counted. A tenant has one worker at most, and all tenants together have few.

const (
	// maxShadowJobs and maxShadowBytes bound what waits for a tenant's shadow.
	maxShadowJobs  = 512
	maxShadowBytes = 8 << 20
	// shadowBatch is how many differences one transaction stores at most.
	shadowBatch = 64
	// shadowPause is how long what is found may wait to be stored.
	shadowPause = 5 * time.Second
)

// shadowJob is one question to the shadow, and what the ruling policy has answered.
type shadowJob struct {
	decided *opinion
	mapped  *mapping
	id      string // the resource's
	op      string // the journal's entry
	time    time.Time
}

// bytes is about how much the job keeps in memory.
func (j *shadowJob) bytes() int {
	n := 1 << 10
	if d := j.decided; d != nil {
		n += len(d.in.Before) + len(d.in.After)
		if m := d.in.Members; m != nil {
			n += 40 * (len(m.Add) + len(m.Remove))
		}
		if d.out != nil {
			n += len(d.out.After)
		}
	}
	if m := j.mapped; m != nil {
		n += len(m.in.Before) + len(m.in.After) + 80*len(m.in.Members)
		if m.out != nil {
			for i := range m.out.Requests {
				n += len(m.out.Requests[i].Path) + len(m.out.Requests[i].Body)
			}
		}
	}
	return n
}

// shadowQueue holds what a tenant's shadow is still to be asked, and what came of it that is not stored yet.
type shadowQueue struct {
	worker sync.WaitGroup

	mu      sync.Mutex
	jobs    []shadowJob
	bytes   int
	running bool
	closed  bool
	number  uint64 // the shadow that the numbers below speak of; 0 for none
	fresh   store.ShadowStats
}

// moved takes note of which release is the shadow now.
func (q *shadowQueue) moved(set *ruled) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.number != set.policies.Shadow {
		q.number, q.jobs, q.bytes, q.fresh = set.policies.Shadow, nil, 0, store.ShadowStats{}
	}
}

// restart forgets what came of a shadow that begins anew.
func (q *shadowQueue) restart() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs, q.bytes, q.fresh = nil, 0, store.ShadowStats{}
}

// close takes no more and waits for the worker, whose context has ended.
func (q *shadowQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.worker.Wait()
}

// add adds what is not stored yet.
func (q *shadowQueue) add(to *store.ShadowStats) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.number != 0 && q.number == to.Release {
		addStats(to, q.fresh)
	}
}

func addStats(to *store.ShadowStats, s store.ShadowStats) {
	to.Runs += s.Runs
	to.Same += s.Same
	to.Different += s.Different
	to.Failed += s.Failed
	to.Dropped += s.Dropped
	to.Fuel = max(to.Fuel, s.Fuel)
}

// shadowDecision lets the shadow be asked about a change that has been decided. op is nil for one that was not stored.
func (t *Tenant) shadowDecision(c *change, op *store.Operation) {
	set := t.shelf.current.Load()
	if set.policies.Shadow == 0 || c.asked == nil {
		return
	}
	job := shadowJob{decided: c.asked, id: c.id, time: t.engine.now()}
	if op != nil {
		job.op = op.ID
	}
	t.shelf.cast(job)
}

// shadowMapping lets the shadow be asked about an action that has been sent. A delivery that is tried again asks nothing
// new.
func (t *Tenant) shadowMapping(m *mapping, failures int) {
	if m == nil || m.unruled || failures > 0 || t.shelf.current.Load().policies.Shadow == 0 {
		return
	}
	t.shelf.cast(shadowJob{mapped: m, id: m.in.ID, time: t.engine.now()})
}

// cast puts a question into the queue, if it fits, and sees that somebody works on it.
func (s *shelf) cast(job shadowJob) {
	q := &s.shadow
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.number == 0 {
		return
	}
	size := job.bytes()
	if len(q.jobs) >= maxShadowJobs || (len(q.jobs) > 0 && q.bytes+size > maxShadowBytes) {
		q.fresh.Dropped++
		s.engine.watch.Shadowed(s.id, "dropped")
		return
	}
	q.jobs = append(q.jobs, job)
	q.bytes += size
	if !q.running {
		q.running = true
		q.worker.Go(s.shade)
	}
}

// take returns the next question and the shadow's number; false where there is none, and then the worker has ended.
func (q *shadowQueue) take() (job shadowJob, number uint64, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		q.running = false
		return job, 0, false
	}
	job = q.jobs[0]
	q.jobs[0] = shadowJob{}
	q.jobs = q.jobs[1:]
	q.bytes -= job.bytes()
	return job, q.number, true
}

// shade asks the shadow until nothing waits.
func (s *shelf) shade() {
	ctx := s.engine.ctx
	var found []store.Difference
	stored := time.Now()
	for {
		job, number, ok := s.shadow.take()
		if !ok || len(found) >= shadowBatch || time.Since(stored) > shadowPause {
			s.keepShadow(ctx, found)
			found, stored = nil, time.Now()
		}
		if !ok {
			return
		}
		if ctx.Err() != nil {
			continue // the engine ends, and what waits is dropped
		}
		if d := s.ask(ctx, job, number); d != nil {
			found = append(found, *d)
		}
	}
}

// ask puts one question to the shadow, and returns how its answer differs, nil where it does not.
func (s *shelf) ask(ctx context.Context, job shadowJob, number uint64) *store.Difference {
	select { // few at once, so that requests have processors left
	case s.engine.shading <- struct{}{}:
		defer func() { <-s.engine.shading }()
	case <-ctx.Done():
		return nil
	}
	h := s.current.Load().shadow
	s.mu.Lock()
	t := s.tenant
	s.mu.Unlock()
	if h == nil || h.release != number || t == nil || !h.acquire() {
		s.shadow.count(number, func(st *store.ShadowStats) { st.Dropped++ })
		s.engine.watch.Shadowed(s.id, "dropped")
		return nil
	}
	defer h.free()
	var d store.Difference
	var used plugins.Usage
	var err error
	if job.decided != nil {
		used, err = t.shadeDecision(ctx, h, job.decided, &d)
	} else {
		used, err = shadeMapping(ctx, h, job.mapped, &d)
	}
	if !t.records() {
		d.Was, d.Would = nil, nil // whoever wants nothing kept of what policies are told wants this no more
	}
	if ctx.Err() != nil {
		return nil
	}
	result := "same"
	switch {
	case err != nil:
		result = "failed"
	case len(d.What) > 0:
		result = "different"
	}
	s.engine.watch.Asked(t.cfg.ID, AskedShadow, d.Hook, used.Fuel, err != nil)
	s.engine.watch.Shadowed(t.cfg.ID, result)
	s.shadow.count(number, func(st *store.ShadowStats) {
		st.Runs++
		st.Fuel = max(st.Fuel, used.Fuel)
		if len(d.What) > 0 {
			st.Different++
		} else {
			st.Same++
		}
		if err != nil {
			st.Failed++
		}
	})
	if len(d.What) == 0 {
		return nil
	}
	d.ID, d.Time, d.Operation, d.ResourceID, d.Shadow = newID(), job.time, job.op, job.id, number
	return &d
}

// errRewrite is the failure of a policy whose answer is no resource.
var errRewrite = errors.New("the policy gave an invalid resource")

func (t *Tenant) shadeDecision(ctx context.Context, h *handle, was *opinion, d *store.Difference) (plugins.Usage, error) {
	in := was.in
	in.Tenant, in.Settings = forPolicy(in.Tenant, &h.Policy), h.Settings
	out, used, err := h.Module.Decide(ctx, &in)
	before := effect(t.cfg.Types, &was.in, was.out, errorName(was.err))
	after := effect(t.cfg.Types, &was.in, out, errorName(err))
	d.Hook, d.Ruled, d.What = abi.HookDecide, was.release, before.against(after)
	d.Subject, d.ResourceType = subject(d.Hook, &was.in, nil)
	if len(d.What) > 0 {
		d.Was, d.Would, d.WasError, d.WouldError = keepAnswer(was.out), keepAnswer(out), before.failed, after.failed
	}
	if err == nil && after.failed != "" {
		err = errRewrite
	}
	return used, err
}

func shadeMapping(ctx context.Context, h *handle, was *mapping, d *store.Difference) (plugins.Usage, error) {
	in := was.in
	in.Settings = h.Settings
	out, used, err := h.Module.Map(ctx, &in)
	d.Hook, d.Ruled, d.What = abi.HookMap, was.release, requestsDiffer(was.out, out)
	d.Subject, d.ResourceType = subject(d.Hook, nil, &was.in)
	if len(d.What) > 0 {
		d.Was, d.Would, d.WasError, d.WouldError = keepAnswer(was.out), keepAnswer(out), errorName(was.err), errorName(err)
	}
	return used, err
}

// count changes the statistics of a shadow, if it is still the one.
func (q *shadowQueue) count(number uint64, fn func(*store.ShadowStats)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.number == number {
		fn(&q.fresh)
	}
}

// keepShadow stores differences and what was counted since the last time. What is lost when the process ends in between
// are numbers.
func (s *shelf) keepShadow(ctx context.Context, found []store.Difference) {
	q := &s.shadow
	q.mu.Lock()
	number, fresh := q.number, q.fresh
	q.fresh = store.ShadowStats{}
	q.mu.Unlock()
	if len(found) == 0 && fresh == (store.ShadowStats{}) {
		return
	}
	// The engine may be closing; its store is not closed before this has ended.
	err := s.engine.store.Update(context.WithoutCancel(ctx), s.id, func(tx *store.Tx) error {
		for i := range found {
			if err := tx.PutDifference(&found[i]); err != nil {
				return err
			}
		}
		if len(found) > 0 {
			if err := tx.PruneDifferences(time.Time{}); err != nil {
				return err
			}
		}
		stats, err := tx.ShadowStats()
		if err != nil || stats.Release != number {
			return err
		}
		addStats(&stats, fresh)
		return tx.SetShadowStats(&stats)
	})
	if err != nil && ctx.Err() == nil {
		s.say("storing what the shadow would have done", err)
		q.count(number, func(st *store.ShadowStats) { addStats(st, fresh) })
	}
}

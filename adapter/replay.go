package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

const (
	// replayBatch and replayBytes are how many recordings one transaction of a replay reads, and of what size; one at least.
	replayBatch = 100
	replayBytes = 4 << 20
	// replayEvery is after how many recordings a replay says how far it has come.
	replayEvery = 100
	// maxChangesBytes bounds what a report, or a list of differences, holds; changeBytes is about one without its answers.
	maxChangesBytes = 8 << 20
	changeBytes     = 1 << 10
)

// ReplayPolicy runs an upload, which is checked as PushPolicy does and not stored, over what policies were asked since a
// time, one after the other, and compares. It changes nothing. progress, where it is not nil, is told now and then how
// far it has come.
//
// # Errors
//
// Those of PushPolicy, and what ends ctx.
func (t *Tenant) ReplayPolicy(ctx context.Context, up Upload, since time.Time, progress func(done, total int)) (*Replay, error) {
	t = t.newest()
	ctx, end := t.engine.whileOpen(ctx)
	defer end()
	select { // one at a time
	case t.shelf.replays <- struct{}{}:
		defer func() { <-t.shelf.replays }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	done, err := t.shelf.turn(ctx)
	if err != nil {
		return nil, err
	}
	h, report, err := t.try(ctx, up, true, true)
	done()
	if err != nil {
		return nil, err
	}
	r := &replayer{t: t, up: up, h: h, out: &Replay{Version: report.Version, Changes: []ReplayChange{}}}
	defer func() { r.h.free() }()
	until := t.engine.now().Add(time.Millisecond) // what is recorded meanwhile is no part of it
	total := 0
	err = t.view(ctx, func(tx *store.Tx) (err error) {
		total, err = tx.CountRecordings(since, until)
		return err
	})
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	progress(0, total)
	mark := store.RecordingMark{Time: since}
	for {
		var batch []*store.Recording
		err := t.view(ctx, func(tx *store.Tx) error {
			size := 0
			batch = batch[:0]
			return tx.Recordings(mark, until, func(rec *store.Recording) bool {
				batch = append(batch, rec)
				size += len(rec.Input) + len(rec.Before) + len(rec.After) + len(rec.Answer)
				return len(batch) < replayBatch && size < replayBytes
			})
		})
		if err != nil {
			return nil, err
		}
		if len(batch) == 0 {
			break
		}
		for _, rec := range batch {
			if err := r.run(ctx, rec); err != nil {
				return nil, err
			}
			mark = store.RecordingMark{Time: rec.Time, ID: rec.ID}
			if r.out.Ran%replayEvery == 0 {
				progress(r.out.Ran, max(total, r.out.Ran))
			}
		}
	}
	progress(r.out.Ran, r.out.Ran)
	if r.out.Ran > 0 {
		r.out.FuelMean = r.fuel / uint64(r.out.Ran)
	}
	return r.out, nil
}

func (t *Tenant) view(ctx context.Context, fn func(*store.Tx) error) error {
	return t.engine.store.View(ctx, t.cfg.ID, fn)
}

// replayer runs a candidate over recordings.
type replayer struct {
	t    *Tenant
	up   Upload
	h    *handle
	out  *Replay
	fuel uint64 // of all calls
	size int    // of all changes, in bytes
}

// run asks the candidate what was asked then.
func (r *replayer) run(ctx context.Context, rec *store.Recording) error {
	change := ReplayChange{
		Recording: rec.ID, Operation: rec.Operation, Time: rec.Time.UTC(), Hook: rec.Hook, ResourceID: rec.ResourceID, WasError: rec.Error,
	}
	var used plugins.Usage
	var failed bool
	var err error
	switch rec.Hook {
	case abi.HookDecide:
		used, failed, err = r.decide(ctx, rec, &change)
	case abi.HookMap:
		used, failed, err = r.mapped(ctx, rec, &change)
	default:
		return nil // of a later version
	}
	if err != nil {
		return fmt.Errorf("recording %s: %w", rec.ID, err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.out.Ran++
	r.fuel += used.Fuel
	r.out.FuelMax = max(r.out.FuelMax, used.Fuel)
	if failed {
		r.out.Failed++
	}
	if len(change.What) == 0 {
		r.out.Same++
		return nil
	}
	r.out.Different++
	r.keep(change)
	return nil
}

// keep puts a change into the report, as long as they fit.
func (r *replayer) keep(change ReplayChange) {
	r.size += changeBytes + len(change.Was) + len(change.Would)
	if r.out.Omitted > 0 || len(r.out.Changes) == MaxReplayChanges || r.size > maxChangesBytes {
		r.out.Omitted++ // and so are all behind it
		return
	}
	r.out.Changes = append(r.out.Changes, change)
}

func (r *replayer) decide(ctx context.Context, rec *store.Recording, change *ReplayChange) (used plugins.Usage, failed bool, err error) {
	var in abi.DecideInput
	if err := json.Unmarshal(rec.Input, &in); err != nil {
		return used, false, err
	}
	in.Before, in.After = rec.Before, rec.After
	was, err := decodeAnswer[abi.Decision](rec.Answer)
	if err != nil {
		return used, false, err
	}
	var out *abi.Decision
	err = r.steadily(ctx, func() (err error) {
		asked := in
		asked.Tenant, asked.Settings = forPolicy(in.Tenant, &r.h.Policy), r.h.Settings
		out, used, err = r.h.Module.Decide(ctx, &asked)
		return err
	})
	types := r.t.cfg.Types
	before, after := effect(types, &in, was, rec.Error), effect(types, &in, out, replayError(err))
	change.Subject, change.ResourceType = subject(rec.Hook, &in, nil)
	change.What = before.against(after)
	change.Was, change.Would, change.WouldError = keepAnswer(was), keepAnswer(out), after.failed
	return used, after.failed != "", nil
}

func (r *replayer) mapped(ctx context.Context, rec *store.Recording, change *ReplayChange) (used plugins.Usage, failed bool, err error) {
	var in abi.MapInput
	if err := json.Unmarshal(rec.Input, &in); err != nil {
		return used, false, err
	}
	in.Before, in.After = rec.Before, rec.After
	was, err := decodeAnswer[abi.MapOutput](rec.Answer)
	if err != nil {
		return used, false, err
	}
	var out *abi.MapOutput
	err = r.steadily(ctx, func() (err error) {
		asked := in
		asked.Settings = r.h.Settings
		out, used, err = r.h.Module.Map(ctx, &asked)
		return err
	})
	change.Subject, change.ResourceType = subject(rec.Hook, nil, &in)
	change.What = requestsDiffer(was, out)
	change.Was, change.Would, change.WouldError = keepAnswer(was), keepAnswer(out), replayError(err)
	return used, err != nil, nil
}

// replayError names a failure as every run names it: whether a call that does not end is stopped by its fuel or by the
// time depends on the machine.
func replayError(err error) string {
	if errors.Is(err, plugins.ErrTimeout) {
		return errorName(plugins.ErrFuel)
	}
	return errorName(err)
}

// steadily asks the candidate until it is let in: one that keeps failing is suspended for a while, which would make the
// report depend on the time. Loaded anew it is not.
func (r *replayer) steadily(ctx context.Context, call func() error) error {
	err := call()
	if !errors.Is(err, plugins.ErrSuspended) {
		return err
	}
	h, loadErr := r.t.shelf.compile(ctx, r.t, r.up.Module, 0, true, nil) // it has passed its cases
	if loadErr != nil {
		return loadErr
	}
	h.Settings = r.h.Settings
	r.h.free()
	r.h = h
	return call()
}

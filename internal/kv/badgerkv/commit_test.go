package badgerkv

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// byHand plays the committer: it runs functions as turns of a batch, in the
// test's goroutine, so that a test decides what is in a batch. The store's own
// committer waits meanwhile, since nobody calls Update.
type byHand struct {
	*Store
	t       *testing.T
	b       *batch
	turns   []*turn
	errs    []error
	commits int
}

func newByHand(t *testing.T) *byHand {
	t.Helper()
	h := &byHand{Store: openTest(t, Options{NoSync: true}), t: t, b: new(batch)}
	write := h.write
	h.write = func(w *overlay, ts uint64) error { h.commits++; return write(w, ts) }
	return h
}

func (h *byHand) turn(fn func(kv.Tx) error) {
	t := newTurn(h.b)
	h.errs = append(h.errs, h.runTurn(context.Background(), t, fn))
	<-t.back
	h.turns = append(h.turns, t)
	h.b = h.admit(h.b, t)
}

// finish commits what is left and returns what each caller is told.
func (h *byHand) finish() []error {
	_ = h.commit(h.b)
	told := make([]error, len(h.turns))
	for i, t := range h.turns {
		told[i] = h.errs[i]
		if !t.waits {
			continue
		}
		select {
		case failure := <-t.answer:
			if failure != nil {
				told[i] = failure
			}
		default:
			h.t.Errorf("caller %d waits and is not answered", i)
		}
	}
	h.b, h.turns, h.errs = new(batch), nil, nil
	return told
}

func (h *byHand) get(k kv.Key) (value string, err error) {
	err = h.View(context.Background(), func(tx kv.Tx) error {
		got, err := tx.Get(k)
		value = string(got)
		return err
	})
	return value, err
}

func (h *byHand) want(k kv.Key, want string) {
	h.t.Helper()
	if got, err := h.get(k); err != nil || got != want {
		h.t.Errorf("%v is %q, %v; want %q", k, got, err, want)
	}
}

func (h *byHand) wantNone(k kv.Key) {
	h.t.Helper()
	if got, err := h.get(k); !errors.Is(err, kv.ErrNotFound) {
		h.t.Errorf("%v is %q, %v; want ErrNotFound", k, got, err)
	}
}

func setter(k kv.Key, value string) func(kv.Tx) error {
	return func(tx kv.Tx) error { return tx.Set(k, []byte(value)) }
}

func TestBatch(t *testing.T) {
	t.Parallel()
	h := newByHand(t)
	a, b, c := benchKey(t, 1), benchKey(t, 2), benchKey(t, 3)
	failure := errors.New("on purpose")
	h.turn(func(kv.Tx) error { return failure }) // nothing below: needs no answer
	if h.turns[0].waits {
		t.Error("a caller that read only what is durable waits for a commit")
	}
	h.turn(setter(a, "first"))
	h.turn(func(tx kv.Tx) error {
		return errors.Join(tx.Set(a, []byte("undone")), tx.Set(b, []byte("undone")), failure)
	})
	h.turn(func(tx kv.Tx) error {
		got, err := tx.Get(a)
		if err != nil || string(got) != "first" {
			return fmt.Errorf("the neighbour's write reads %q, %w", got, err)
		}
		if _, err := tx.Get(b); !errors.Is(err, kv.ErrNotFound) {
			return fmt.Errorf("what a neighbour failed to write: %w", err)
		}
		return errors.Join(tx.Set(a, []byte("second")), tx.Set(c, []byte("third")))
	})
	h.turn(func(tx kv.Tx) error { // reads only, but what is not durable yet
		var got []string
		for e, err := range tx.Scan(kv.Prefix(benchTable(t)), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			got = append(got, string(e.Value))
		}
		if fmt.Sprint(got) != "[second third]" {
			return fmt.Errorf("the batch holds %q", got)
		}
		return nil
	})
	h.wantNone(a) // before the commit nobody else sees it
	last := h.turns[len(h.turns)-1]
	if !last.waits {
		t.Error("a caller that read what is not durable does not wait for the commit")
	}
	told := h.finish()
	for i, want := range []error{failure, nil, failure, nil, nil} {
		if !errors.Is(told[i], want) {
			t.Errorf("caller %d is told %v, want %v", i, told[i], want)
		}
	}
	if h.commits != 1 {
		t.Errorf("%d commits for one batch", h.commits)
	}
	h.want(a, "second")
	h.want(c, "third")
	h.wantNone(b)
}

func benchTable(t testing.TB) kv.Key {
	k := benchKey(t, 0)
	return k.Tenant().Key(k.Table())
}

func TestBatchWithoutWritesCommitsNothing(t *testing.T) {
	t.Parallel()
	h := newByHand(t)
	h.turn(func(tx kv.Tx) error { _, err := tx.Get(benchKey(t, 1)); return err })
	h.turn(func(kv.Tx) error { return nil })
	if told := h.finish(); !errors.Is(told[0], kv.ErrNotFound) || told[1] != nil || h.commits != 0 {
		t.Errorf("told %v, %d commits", told, h.commits)
	}
}

// What does not fit beside its neighbours is committed behind them.
func TestBatchIsSplit(t *testing.T) {
	t.Parallel()
	h := newByHand(t)
	value := make([]byte, 1000)
	many := func(from int) func(kv.Tx) error {
		return func(tx kv.Tx) error {
			for n := range int(h.capacity.size) / 2 / len(value) {
				if err := tx.Set(benchKey(t, from+n), value); err != nil {
					return err
				}
			}
			return tx.Set(benchKey(t, 1), fmt.Append(nil, from))
		}
	}
	for c := range 5 {
		h.turn(many((c + 1) * 1_000_000))
	}
	for i, err := range h.finish() {
		if err != nil {
			t.Errorf("caller %d is told %v", i, err)
		}
	}
	if h.commits != 5 { // each is a little more than half
		t.Errorf("%d commits", h.commits)
	}
	h.want(benchKey(t, 1), "5000000")
	h.want(benchKey(t, 1_000_000), string(value))
	h.want(benchKey(t, 5_000_000), string(value))
}

// Values in the value log cost Badger nothing, but memory.
func TestBatchIsSplitByMemory(t *testing.T) {
	t.Parallel()
	h := newByHand(t)
	value := make([]byte, kv.MaxValueBytes)
	for n := range 5 {
		h.turn(func(tx kv.Tx) error { return tx.Set(benchKey(t, n), value) })
		if h.b.writes.cost.memory > batchMemory {
			t.Errorf("the batch holds %d bytes", h.b.writes.cost.memory)
		}
	}
	for i, err := range h.finish() {
		if err != nil {
			t.Errorf("caller %d is told %v", i, err)
		}
	}
	if h.commits != 5 { // two values and their keys are just above 16 MiB
		t.Errorf("%d commits", h.commits)
	}
}

// A commit that fails is told to all whom it concerns, and to all who come later.
func TestFailedCommit(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	a, b := benchKey(t, 1), benchKey(t, 2)
	failures := map[string]func(*byHand){
		"on write": func(h *byHand) { h.write = func(*overlay, uint64) error { return broken } },
		// Badger logs this one and reports success.
		"on the sync of the value log": func(h *byHand) {
			logs := &logger{to: h.log}
			h.syncError = logs.takeSyncError
			logs.Errorf("Error while curlf sync: %v\n", broken)
		},
	}
	for name, breakIt := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newByHand(t)
			h.turn(setter(a, "good"))
			if told := h.finish(); told[0] != nil {
				t.Fatal(told)
			}
			breakIt(h)
			early, late := errors.New("read durable data"), errors.New("read data that is lost")
			h.turn(func(kv.Tx) error { return early })
			h.turn(setter(a, "lost"))
			h.turn(setter(b, "lost"))
			h.turn(func(kv.Tx) error { return late })
			told := h.finish()
			if !errors.Is(told[0], early) || errors.Is(told[0], ErrFailed) {
				t.Errorf("who read nothing of the batch is told %v", told[0])
			}
			for _, err := range told[1:] {
				if !errors.Is(err, ErrFailed) || errors.Is(err, late) {
					t.Errorf("a caller of the batch is told %v; want ErrFailed", err)
				}
			}
			h.want(a, "good")
			h.wantNone(b)
			err := h.Update(context.Background(), func(kv.Tx) error { t.Error("a function ran"); return nil })
			if !errors.Is(err, ErrFailed) {
				t.Errorf("a later caller is told %v; want ErrFailed", err)
			}
		})
	}
}

// The caller whose changes would have come behind a failed batch fails with it.
func TestFailedCommitBeforeSplit(t *testing.T) {
	t.Parallel()
	h := newByHand(t)
	h.write = func(*overlay, uint64) error { return errors.New("the disk is gone") }
	value := make([]byte, kv.MaxValueBytes)
	for n := range 3 {
		h.turn(func(tx kv.Tx) error { return tx.Set(benchKey(t, n), value) })
	}
	for i, err := range h.finish() {
		if !errors.Is(err, ErrFailed) {
			t.Errorf("caller %d is told %v", i, err)
		}
	}
}

// Everything that this package lets into one transaction Badger must take.
func TestCapacity(t *testing.T) {
	t.Parallel()
	value := make([]byte, valueThreshold)
	for name, sizes := range map[string][]int{
		"smallest":         {0},
		"small":            {90},
		"largest inline":   {valueThreshold - 1},
		"to the value log": {valueThreshold},
		"mixed":            {0, valueThreshold - 1, 17, valueThreshold, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTest(t, Options{NoSync: true})
			written := 0
			err := s.Update(context.Background(), func(tx kv.Tx) error {
				for {
					err := tx.Set(benchKey(t, written), value[:sizes[written%len(sizes)]])
					if errors.Is(err, kv.ErrTooBig) {
						return nil // full: commit what fits
					}
					if err != nil {
						return err
					}
					written++
				}
			})
			if err != nil {
				t.Errorf("a transaction of %d writes that was let in: %v", written, err)
			}
			if written < 100 {
				t.Errorf("only %d writes fit", written)
			}
		})
	}
}

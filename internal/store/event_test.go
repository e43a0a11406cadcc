package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// watcher puts an event into the queue of the stream "all" for each operation that ends.
type watcher struct{ queued []map[string]int }

func (w *watcher) Concluded(tx *Tx, op *Operation) error {
	note := ""
	if op.Note != nil {
		note = op.Note.ExternalID
	}
	return tx.Enqueue("all", op.ID, []byte(string(op.Outcome)+" "+note))
}

func (w *watcher) Queued(_ kv.Tenant, streams map[string]int) {
	w.queued = append(w.queued, maps.Clone(streams))
}

func queue(t *testing.T, s *Store, tenant kv.Tenant, stream, from string) []string {
	t.Helper()
	var out []string
	err := s.View(t.Context(), tenant, func(tx *Tx) error {
		return tx.Queue(stream, from, func(id string, event []byte) bool {
			out = append(out, id+": "+string(event))
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// An event is there with the outcome that it tells of, and is not without.
func TestEventsComeWithTheOutcome(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, w, tenant := New(backend), new(watcher), freshTenant(t)
		s.Watch(w)
		update := func(fn func(*Tx) error) error { return s.Update(t.Context(), tenant, fn) }
		note := &EventNote{ExternalID: "ext"}
		err := update(func(tx *Tx) error {
			return errors.Join(
				tx.AppendOperation(&Operation{ID: "1", ResourceID: "r", Version: 1, Outcome: Pending, Note: note}),
				tx.AppendOperation(&Operation{ID: "2", ResourceID: "r", Version: 2, Outcome: Held, Note: note}),
				tx.AppendOperation(&Operation{ID: "3", Outcome: Denied}),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := queue(t, s, tenant, "all", ""); !slices.Equal(got, []string{"3: denied "}) {
			t.Fatalf("queued %v", got)
		}
		fail := errors.New("the transaction fails")
		resolve := func(tx *Tx, from, to Outcome) error {
			_, err := tx.Resolve("r", 1, 2, from, func(op *Operation) { op.Outcome = to })
			return err
		}
		err = update(func(tx *Tx) error { return errors.Join(resolve(tx, Pending, Done), fail) })
		if !errors.Is(err, fail) {
			t.Fatal(err)
		}
		if got := queue(t, s, tenant, "all", ""); len(got) != 1 {
			t.Fatalf("a transaction that failed has queued %v", got)
		}
		for _, step := range []struct {
			from, to Outcome
			want     []string
		}{
			{Pending, Done, []string{"1: applied ext", "3: denied "}},
			{Pending, Done, []string{"1: applied ext", "3: denied "}}, // there is nothing left
			{Held, Pending, []string{"1: applied ext", "3: denied "}},
			{Pending, Refused, []string{"1: applied ext", "2: refused ext", "3: denied "}},
		} {
			if err := update(func(tx *Tx) error { return resolve(tx, step.from, step.to) }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(step.want, queue(t, s, tenant, "all", "")); diff != "" {
				t.Errorf("%s to %s (-want +got):\n%s", step.from, step.to, diff)
			}
		}
		if n := len(w.queued); n != 3 {
			t.Errorf("told of %d transactions that queued something, want 3: %v", n, w.queued)
		}
		err = s.View(t.Context(), tenant, func(tx *Tx) error {
			op, err := tx.Operation("1")
			if err == nil && op.Note != nil {
				t.Error("the note is kept when the event is made")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestQueues(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant, other := New(backend), freshTenant(t), freshTenant(t)
		s.Watch(new(watcher))
		for _, stream := range []string{"a", "ab", "b"} {
			err := s.Update(t.Context(), tenant, func(tx *Tx) error {
				for i := range 3 {
					if err := tx.Enqueue(stream, fmt.Sprint(i), []byte(stream)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := queue(t, s, tenant, "a", "1"); !slices.Equal(got, []string{"1: a", "2: a"}) {
			t.Errorf("from 1: %v", got)
		}
		if got := queue(t, s, tenant, "a", "0x"); !slices.Equal(got, []string{"1: a", "2: a"}) {
			t.Errorf("from between 0 and 1: %v", got)
		}
		for _, want := range []bool{true, false} {
			err := s.Update(t.Context(), tenant, func(tx *Tx) error {
				was, err := tx.Dequeue("a", "1")
				if was != want {
					t.Errorf("was there: %v, want %v", was, want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for tnt, want := range map[kv.Tenant][]string{tenant: {"a", "ab", "b"}, other: nil} {
			err := s.View(t.Context(), tnt, func(tx *Tx) error {
				names, err := tx.Queues()
				if !slices.Equal(names, want) {
					t.Errorf("queues %v, want %v", names, want)
				}
				n, lenErr := tx.QueueLen("a")
				if want := len(map[kv.Tenant][]string{tenant: {"0", "2"}}[tnt]); n != want {
					t.Errorf("%d events in the queue, want %d", n, want)
				}
				return errors.Join(err, lenErr)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

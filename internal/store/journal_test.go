package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// checkJournal fails the test unless every entry of the feed has its place, and every place one entry of the feed, and every
// operation a place.
func checkJournal(t *testing.T, s *Store, tenant kv.Tenant) (entries int) {
	t.Helper()
	view(t, s, tenant, func(tx *Tx) error {
		fed := map[string]int{}
		for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableFeed)), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			item, err := feedItemOf(entry)
			if err != nil {
				return err
			}
			fed[fmt.Sprint(item.home, " ", item.place)]++
		}
		ops, last := 0, uint64(0)
		err := tx.Feed(JournalRange{}, func(e *JournalEntry) bool {
			if e.Operation != nil {
				ops++
				if e.Operation.Moved != e.Moved || e.Operation.Place > e.Moved {
					t.Errorf("operation %s lies at %d and says %d", e.Operation.ID, e.Moved, e.Operation.Moved)
				}
			}
			if e.Call != nil && e.Call.Moved != e.Moved {
				t.Errorf("a call lies at %d and says %d", e.Moved, e.Call.Moved)
			}
			if e.Moved <= last {
				t.Errorf("%d comes behind %d", e.Moved, last)
			}
			last = e.Moved
			entries++
			return true
		})
		if err != nil {
			return err
		}
		for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tablePlaces)), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			dec := entry.Key.Decoder()
			name := fmt.Sprint(dec.String(), " ", dec.Uint64())
			if entryKind(entry.Value[0]) == kindPointer {
				continue
			}
			if fed[name] != 1 {
				t.Errorf("the place %q is in the feed %d times", name, fed[name])
			}
			delete(fed, name)
		}
		if len(fed) != 0 {
			t.Errorf("the feed has what has no place: %v", fed)
		}
		return tx.Operations(func(op *Operation) bool {
			if ops--; op.Place == 0 {
				t.Errorf("operation %s has no place", op.ID)
			}
			return true
		})
	})
	return entries
}

func TestJournalStaysWhole(t *testing.T) {
	t.Parallel()
	errGiveUp := errors.New("given up")
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant, clock := New(backend), freshTenant(t), clocktest.New()
		s.SetClock(clock.Now)
		rnd := rand.New(rand.NewPCG(1, 2))
		for i := range 150 {
			clock.Advance(time.Duration(rnd.IntN(3)) * time.Minute)
			give := rnd.IntN(5) == 0
			user := fmt.Sprintf("u%d", rnd.IntN(4))
			err := s.Update(context.Background(), tenant, func(tx *Tx) error {
				var err error
				switch rnd.IntN(5) {
				case 0, 1:
					op := &Operation{
						ID: fmt.Sprintf("op%04d", i), Operation: string(abi.OpCreate), ResourceType: User, ResourceID: user, Version: uint64(i), Subject: "S" + user,
						Outcome: []Outcome{Pending, Held, Done, Denied}[rnd.IntN(4)], Request: []byte(`{"changes":[]}`),
					}
					if op.Outcome == Denied && rnd.IntN(2) == 0 {
						op.ResourceID = ""
					}
					err = tx.AppendOperation(op)
				case 2:
					from := []Outcome{Pending, Held}[rnd.IntN(2)]
					_, err = tx.Resolve(user, 0, uint64(rnd.IntN(i+1)), from, func(op *Operation) { op.Outcome = Done })
				case 3:
					c := &Call{ResourceID: user, Outcome: []string{CallRetry, CallRetry, "done"}[rnd.IntN(3)], Status: 500 + rnd.IntN(2)}
					if err = tx.ReserveCall(c); err == nil {
						err = tx.AppendCall(c, rnd.IntN(3) > 0)
					}
				default:
					err = tx.AppendNote(&Note{ResourceID: user, Kind: NoteImport})
				}
				if give && err == nil {
					err = errGiveUp
				}
				return err
			})
			if err != nil && !errors.Is(err, errGiveUp) {
				t.Fatal(err)
			}
			if i%10 == 9 {
				for more := true; more; {
					update(t, s, tenant, func(tx *Tx) (err error) {
						more, err = tx.PruneJournal(clock.Now().Add(-time.Hour), 1+rnd.IntN(5))
						return err
					})
				}
			}
			if i%50 == 49 {
				checkJournal(t, s, tenant)
			}
		}
		clock.Advance(1000 * time.Hour)
		for more := true; more; {
			update(t, s, tenant, func(tx *Tx) (err error) {
				for u := range 4 {
					for _, from := range []Outcome{Pending, Held} {
						if _, err := tx.Resolve(fmt.Sprintf("u%d", u), 0, 1000, from, func(op *Operation) { op.Outcome = Refused }); err != nil {
							return err
						}
					}
				}
				more, err = tx.PruneJournal(clock.Now().Add(time.Hour), 50)
				return err
			})
		}
		view(t, s, tenant, func(tx *Tx) error {
			for _, table := range []kv.Table{tableJournal, tableVersions, tablePlaces, tableFeed} {
				for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(table)), kv.ScanOptions{KeysOnly: true}) {
					if err != nil {
						return err
					}
					t.Errorf("left behind: %v", entry.Key)
				}
			}
			return nil
		})
	})
}

// A clock that goes back, and a process that begins anew, put nothing in front of what is there.
func TestJournalStampsGoOn(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		tenant := freshTenant(t)
		at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		var texts []string
		for i, now := range []time.Time{at, at, at.Add(-48 * time.Hour), at.Add(time.Hour)} {
			s := New(backend)
			s.SetClock(func() time.Time { return now })
			update(t, s, tenant, func(tx *Tx) error { return tx.AppendNote(&Note{Text: fmt.Sprint(i)}) })
			if i == 1 { // what is pruned is not forgotten
				update(t, s, tenant, func(tx *Tx) error {
					_, err := tx.PruneJournal(at.Add(time.Second), 10)
					return err
				})
			}
		}
		view(t, New(backend), tenant, func(tx *Tx) error {
			return tx.Feed(JournalRange{}, func(e *JournalEntry) bool { texts = append(texts, e.Note.Text); return true })
		})
		if got := strings.Join(texts, " "); got != "2 3" {
			t.Errorf("the feed is %s", got)
		}
	})
}

// However a resource fails, and for however long, it takes no more room than a bound.
func TestFailuresAreBounded(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		const tries = 300
		for i := range tries {
			update(t, s, tenant, func(tx *Tx) error {
				c := &Call{ResourceID: "u", Action: abi.ActionUpdate, Outcome: CallRetry, Status: 500 + i%3, Detail: fmt.Sprint("request ", i)}
				if err := tx.ReserveCall(c); err != nil {
					return err
				}
				return tx.AppendCall(c, i > 0)
			})
		}
		if n := checkJournal(t, s, tenant); n != maxFailureRun+1 {
			t.Errorf("%d entries", n)
		}
		sum := uint64(0)
		view(t, s, tenant, func(tx *Tx) error {
			return tx.Timeline("u", JournalRange{}, func(e *JournalEntry) bool { sum += max(1, e.Call.Count); return true })
		})
		if sum != tries {
			t.Errorf("%d of %d tries are counted", sum, tries)
		}
	})
}

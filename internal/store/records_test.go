package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// An edge is found from both ends, and is dirty as long as its states differ.
func TestEdges(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		rapid.Check(t, func(t *rapid.T) {
			s, tenant := New(backend), freshTenant(t)
			model := map[[2]string]Edge{}
			for range rapid.IntRange(1, 20).Draw(t, "edges") {
				flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
				e := Edge{
					Group: rapid.SampledFrom([]string{"g1", "g2"}).Draw(t, "group"), Member: rapid.SampledFrom([]string{"m1", "m2", "m3"}).Draw(t, "member"),
					Type: rapid.SampledFrom([]Type{User, Group, ""}).Draw(t, "type"), Desired: flag("desired"), Applied: flag("applied"), Unsure: flag("unsure"),
					Held: flag("held"), Waiting: flag("waiting"), Silent: flag("silent"), Base: flag("base"),
					Epoch: rapid.Uint64Range(0, 300).Draw(t, "epoch"), Version: rapid.Uint64Range(0, 300).Draw(t, "version"),
				}
				key := [2]string{e.Group, e.Member}
				update(t, s, tenant, func(tx *Tx) error { return tx.PutEdge(model[key], e) })
				if e.Held = e.Held && e.Desired != e.Base; !e.Held {
					e.Base = false
				}
				if target := map[bool]bool{true: e.Base, false: e.Desired}[e.Held]; target == e.Applied && !e.Unsure {
					e.Waiting = false
				}
				if model[key] = e; !e.Desired && !e.Applied && !e.Unsure && !e.Base {
					delete(model, key)
				}
			}
			pick := func(keep func(Edge) bool) []string {
				out := []string{}
				for _, e := range model {
					if keep(e) {
						out = append(out, fmt.Sprint(e))
					}
				}
				slices.Sort(out)
				return out
			}
			list := func(scan func(fn func(Edge) bool) error) []string {
				out := []string{}
				if err := scan(func(e Edge) bool { out = append(out, fmt.Sprint(e)); return true }); err != nil {
					t.Fatal(err)
				}
				slices.Sort(out)
				return out
			}
			same := func(what string, want, got []string) {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%s: %s", what, diff)
				}
			}
			view(t, s, tenant, func(tx *Tx) error {
				for _, g := range []string{"g1", "g2"} {
					same("members", pick(func(e Edge) bool { return e.Group == g }), list(func(fn func(Edge) bool) error { return tx.Members(g, "", fn) }))
					same("members after m1", pick(func(e Edge) bool { return e.Group == g && e.Member > "m1" }),
						list(func(fn func(Edge) bool) error { return tx.Members(g, "m1", fn) }))
					oldest := uint64(1000)
					for _, joins := range []bool{true, false} {
						same("dirty", pick(func(e Edge) bool { return e.Group == g && e.Deliverable() && e.Target() == joins }),
							list(func(fn func(Edge) bool) error { return tx.DirtyEdges(g, joins, fn) }))
						last := uint64(0)
						if err := tx.DirtyEdges(g, joins, func(e Edge) bool {
							if e.Version < last {
								t.Fatalf("version %d comes behind %d", e.Version, last)
							}
							last, oldest = e.Version, min(oldest, e.Version)
							return true
						}); err != nil {
							t.Fatal(err)
						}
					}
					if version, found, err := tx.OldestDirty(g); err != nil || found != (oldest < 1000) || (found && version != oldest) {
						t.Fatalf("the oldest is %d, %v, want %d", version, err, oldest)
					}
					same("held", pick(func(e Edge) bool { return e.Group == g && e.Held }),
						list(func(fn func(Edge) bool) error { return tx.HeldEdges(g, fn) }))
				}
				for _, m := range []string{"m1", "m2", "m3"} {
					same("memberships", pick(func(e Edge) bool { return e.Member == m }), list(func(fn func(Edge) bool) error { return tx.Memberships(m, "", fn) }))
					same("memberships behind g1", pick(func(e Edge) bool { return e.Member == m && e.Group > "g1" }),
						list(func(fn func(Edge) bool) error { return tx.Memberships(m, "g1", fn) }))
					same("waiting", pick(func(e Edge) bool { return e.Member == m && e.Dirty() && e.Waiting }),
						list(func(fn func(Edge) bool) error { return tx.WaitingEdges(m, fn) }))
				}
				return nil
			})
		})
	})
}

// An id that is longer than any that is given out is one that is not there, wherever it comes from.
func TestLongIDs(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		id := strings.Repeat("x", 5000)
		view(t, s, tenant, func(tx *Tx) error {
			_, get := tx.Get(User, id)
			_, load := tx.Load(User, id)
			_, edge := tx.Edge("g", id)
			_, operation := tx.Operation(id)
			_, approval := tx.Approval(id)
			_, linked := tx.LinkedTo(User, id)
			for i, err := range []error{get, load, edge, operation, approval, linked} {
				if !errors.Is(err, ErrNotFound) {
					t.Errorf("%d: %v", i, err)
				}
			}
			return nil
		})
	})
}

func TestResolve(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		rapid.Check(t, func(t *rapid.T) {
			s, tenant := New(backend), freshTenant(t)
			var model []*Operation
			for i := range rapid.IntRange(0, 8).Draw(t, "operations") {
				op := &Operation{
					ID: fmt.Sprintf("op%d", i), ResourceID: rapid.SampledFrom([]string{"u1", "u2"}).Draw(t, "resource"), Version: uint64(i/2 + 1),
					Outcome: rapid.SampledFrom([]Outcome{Pending, Held, Done, Denied}).Draw(t, "outcome"), Time: time.Unix(int64(i), 0).UTC(),
				}
				update(t, s, tenant, func(tx *Tx) error { return tx.AppendOperation(op) })
				model = append(model, op)
			}
			from, to := rapid.Uint64Range(1, 5).Draw(t, "from"), rapid.Uint64Range(0, 6).Draw(t, "to")
			outcome := rapid.SampledFrom([]Outcome{Pending, Held}).Draw(t, "outcome")
			into := rapid.SampledFrom([]Outcome{Pending, Refused}).Draw(t, "into")
			var open, want uint64
			update(t, s, tenant, func(tx *Tx) (err error) {
				open, err = tx.Resolve("u1", from, to, outcome, func(op *Operation) { op.Outcome = into })
				return err
			})
			for _, op := range model {
				if op.ResourceID != "u1" || op.Version < from || op.Version > to {
					continue
				}
				if op.Outcome == outcome {
					op.Outcome = into
				}
				if want == 0 && (op.Outcome == Pending || op.Outcome == Held) {
					want = op.Version
				}
			}
			if open != want {
				t.Fatalf("the lowest unfinished is %d, want %d", open, want)
			}
			slices.Reverse(model)
			var got []*Operation
			view(t, s, tenant, func(tx *Tx) error {
				return tx.Operations(func(op *Operation) bool { got = append(got, op); return true })
			})
			for _, op := range slices.Concat(model, got) {
				op.Moved = 0 // the model does not know where they lie
			}
			if diff := cmp.Diff(model, got); diff != "" {
				t.Fatal(diff)
			}
		})
	})
}

func TestApprovals(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		put := func(a Approval) { update(t, s, tenant, func(tx *Tx) error { return tx.PutApproval(&a) }) }
		ids := func(all bool) (out []string) {
			view(t, s, tenant, func(tx *Tx) error {
				return tx.Approvals(all, "", func(a *Approval) bool { out = append(out, a.ID); return true })
			})
			return out
		}
		rejected := func(change string) string {
			var id string
			err := s.View(context.Background(), tenant, func(tx *Tx) error {
				a, err := tx.RejectedChange(change)
				if err == nil {
					id = a.ID
				}
				return err
			})
			if err != nil && !errors.Is(err, ErrNotFound) {
				t.Fatal(err)
			}
			return id
		}
		put(Approval{ID: "a1", State: ApprovalPending, Change: "c1"})
		put(Approval{ID: "a2", State: ApprovalPending, Change: "c2"})
		put(Approval{ID: "a3", State: ApprovalPending, Change: "c3"})
		put(Approval{ID: "a2", State: ApprovalRejected, Change: "c2"})
		put(Approval{ID: "a3", State: ApprovalApproved, Change: "c3"})
		if got := fmt.Sprint(ids(false), ids(true)); got != "[a1] [a1 a2 a3]" {
			t.Errorf("pending and all: %s", got)
		}
		if got := fmt.Sprint(rejected("c1"), rejected("c2"), rejected("c3")); got != "a2" && got != " a2 " {
			t.Errorf("rejected: %q", got)
		}
		// Another question about the same change, withdrawn, does not undo the rejection.
		put(Approval{ID: "a4", State: ApprovalPending, Change: "c2"})
		put(Approval{ID: "a4", State: ApprovalWithdrawn, Change: "c2"})
		if got := rejected("c2"); got != "a2" {
			t.Errorf("the rejection is forgotten: %q", got)
		}
		put(Approval{ID: "a2", State: ApprovalApproved, Change: "c2"})
		if got := rejected("c2"); got != "" {
			t.Errorf("approved after all, and still rejected by %s", got)
		}
	})
}

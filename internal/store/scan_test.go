package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Every scan of a span yields what lies within it, in the order of the span, and no other type's or tenant's.
func TestSpans(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		byName := Index{Attribute: "displayName", Path: []string{"displayName"}}
		rapid.Check(t, func(t *rapid.T) {
			s, tenant, other := New(backend), freshTenant(t), freshTenant(t)
			for _, id := range []kv.Tenant{tenant, other} {
				if _, err := s.UseIndexes(context.Background(), id, Indexes{Group: {byName}, User: {byName}}); err != nil {
					t.Fatal(err)
				}
			}
			var model []*Record
			put := func(where kv.Tenant, list ...*Record) {
				update(t, s, where, func(tx *Tx) error {
					for _, r := range list {
						if err := tx.Put(nil, r); err != nil {
							return err
						}
						if r.Type != Group {
							continue
						}
						if err := tx.PutEdge(Edge{}, Edge{Group: r.ID, Member: "m", Type: User, Desired: true}); err != nil {
							return err
						}
					}
					return nil
				})
			}
			for n := range rapid.IntRange(0, 8).Draw(t, "groups") {
				r := &Record{
					Type: Group, ID: fmt.Sprintf("g%02d", 2*n), Modified: start.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "modified")) * time.Hour),
					Desired: State{Version: 1, Doc: []byte(`{"displayName":"` + rapid.SampledFrom([]string{"A", "a", "b"}).Draw(t, "name") + `"}`)},
				}
				model = append(model, r)
			}
			put(tenant, append(slices.Clone(model), &Record{Type: User, ID: "g03", Modified: start, Desired: State{Version: 1, Doc: []byte(`{"displayName":"a"}`)}})...)
			put(other, &Record{Type: Group, ID: "g05", Modified: start, Desired: State{Version: 1, Doc: []byte(`{"displayName":"a"}`)}})

			span := Span{Reverse: rapid.Bool().Draw(t, "reverse")}
			if rapid.Bool().Draw(t, "within") {
				span.From = fmt.Sprintf("g%02d", rapid.IntRange(0, 17).Draw(t, "from"))
			}
			most := rapid.IntRange(1, 9).Draw(t, "most")
			want := func(keep func(*Record) bool) []string {
				ids := []string{}
				for _, r := range model {
					if span.Covers(r.ID) && keep(r) {
						ids = append(ids, r.ID)
					}
				}
				if span.Reverse {
					slices.Reverse(ids)
				}
				return ids[:min(most, len(ids))]
			}
			got := func(scan func(fn func(string) bool) error) []string {
				ids := []string{}
				err := scan(func(id string) bool {
					ids = append(ids, id)
					return len(ids) < most
				})
				if err != nil {
					t.Fatal(err)
				}
				return ids
			}
			same := func(what string, want, got []string) {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%s: %s", what, diff)
				}
			}
			all := func(*Record) bool { return true }
			view(t, s, tenant, func(tx *Tx) error {
				same("each", want(all), got(func(fn func(string) bool) error {
					return tx.Each(Group, span, func(r *Record) bool { return fn(r.ID) })
				}))
				ix, ok := tx.Index(Group, "displayName")
				if !ok {
					t.Fatal("the index is not ready")
				}
				same("found", want(func(r *Record) bool {
					return bytes.ContainsAny(r.Desired.Doc, "A") || bytes.Contains(r.Desired.Doc, []byte(`"a"`))
				}),
					got(func(fn func(string) bool) error { return tx.FindIn(Group, ix, "A", span, fn) }))
				same("memberships", want(all), got(func(fn func(string) bool) error { return tx.MembershipsIn("m", span, fn) }))
				return nil
			})
			checkModified(t, s, tenant, model, start)
		})
	})
}

func checkModified(t *rapid.T, s *Store, tenant kv.Tenant, model []*Record, start time.Time) {
	bound := func(name string) (at time.Time) {
		if hours := rapid.IntRange(-1, 4).Draw(t, name); hours >= 0 {
			at = start.Add(time.Duration(hours) * time.Hour)
		}
		return at
	}
	from, to := bound("from"), bound("to")
	var want, got []string
	for _, r := range model {
		if !r.Modified.Before(from) && (to.IsZero() || !r.Modified.After(to)) {
			want = append(want, r.ID)
		}
	}
	view(t, s, tenant, func(tx *Tx) error {
		return tx.ModifiedIn(Group, from, to, func(id string) bool {
			got = append(got, id)
			return true
		})
	})
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("modified between %v and %v: %s", from, to, diff)
	}
}

// The secret of a tenant's cursors is made once, and is another one for each tenant.
func TestCursorSecret(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant, other := New(backend), freshTenant(t), freshTenant(t)
		secretOf := func(tenant kv.Tenant) (secret []byte) {
			update(t, s, tenant, func(tx *Tx) (err error) {
				secret, err = tx.MakeCursorSecret()
				return err
			})
			return secret
		}
		view(t, s, tenant, func(tx *Tx) error {
			if _, err := tx.CursorSecret(); !errors.Is(err, ErrNotFound) {
				t.Errorf("before the first: %v", err)
			}
			return nil
		})
		first := secretOf(tenant)
		view(t, s, tenant, func(tx *Tx) error {
			kept, err := tx.CursorSecret()
			if !bytes.Equal(kept, first) || len(kept) == 0 {
				t.Error("another one is kept")
			}
			return err
		})
		if !bytes.Equal(secretOf(tenant), first) || bytes.Equal(secretOf(other), first) {
			t.Error("not one for each tenant")
		}
	})
}

// The count of the resources that exist is right whatever becomes of them.
func TestCount(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		rapid.Check(t, func(t *rapid.T) {
			s, tenant := New(backend), freshTenant(t)
			model := map[string]*Record{}
			for step := range rapid.IntRange(0, 20).Draw(t, "steps") {
				r := &Record{
					Type: rapid.SampledFrom([]Type{User, Group}).Draw(t, "type"), ID: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "id"),
					Modified: time.Unix(int64(rapid.IntRange(1, 3).Draw(t, "modified")), 0).UTC(),
					Desired:  State{Version: uint64(step + 1), Deleted: rapid.Bool().Draw(t, "deleted"), Doc: []byte(`{}`)},
				}
				name := string(r.Type) + r.ID
				update(t, s, tenant, func(tx *Tx) error { return tx.Put(model[name], r) })
				model[name] = r
			}
			for _, typ := range []Type{User, Group} {
				want := 0
				for _, r := range model {
					if r.Type == typ && !r.Desired.Deleted {
						want++
					}
				}
				view(t, s, tenant, func(tx *Tx) error {
					got, err := tx.Count(typ)
					if got != want {
						t.Fatalf("%d of type %s, want %d", got, typ, want)
					}
					return err
				})
			}
		})
	})
}

package store

import (
	"slices"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func TestPartings(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		t.Helper()
		tenant, s := freshTenant(t), New(backend)
		at := func(minute int) time.Time { return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC) }
		put := func(id string, change func(*Record)) {
			update(t, s, tenant, func(tx *Tx) error {
				next := &Record{Type: User, ID: id, Desired: State{Version: 1, Deleted: true, Doc: []byte(`{"userName":"` + id + `"}`)}}
				prev, err := tx.Load(User, id)
				if err == nil {
					next = prev.Clone()
				}
				change(next)
				return tx.Put(prev, next)
			})
		}
		want := func(ids ...string) {
			t.Helper()
			var got []string
			view(t, s, tenant, func(tx *Tx) error {
				return tx.Partings(func(item PartingItem) bool {
					rec, err := tx.Load(item.Type, item.ID)
					if err != nil || !rec.Parting || !rec.Modified.Equal(item.Since) {
						t.Errorf("%+v stands for %+v (%v)", item, rec, err)
					}
					got = append(got, item.ID)
					return true
				})
			})
			if !slices.Equal(got, ids) {
				t.Errorf("there part %v, want %v", got, ids)
			}
		}
		since := func(minute int) func(*Record) {
			return func(r *Record) { r.Parting, r.Modified = true, at(minute) }
		}
		put("a", since(3))
		put("b", since(2))
		put("c", func(r *Record) { r.Modified = at(1) })
		want("b", "a")
		put("b", since(4))
		put("c", since(1))
		want("c", "a", "b")
		put("a", func(r *Record) { r.Hold = &Hold{ID: "1"} })
		want("c", "b")
		put("a", func(r *Record) { r.Hold = nil })
		want("c", "a", "b")
		put("c", func(r *Record) { r.Parting = false })
		update(t, s, tenant, func(tx *Tx) error {
			rec, err := tx.Load(User, "b")
			if err != nil {
				return err
			}
			return tx.Forget(rec)
		})
		want("a")
		n := 0
		view(t, s, tenant, func(tx *Tx) error { return tx.Partings(func(PartingItem) bool { n++; return false }) })
		if n != 1 {
			t.Errorf("%d were called after false", n)
		}
	})
}

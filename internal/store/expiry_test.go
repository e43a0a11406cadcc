package store

import (
	"slices"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func TestExpiries(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		t.Helper()
		tenant, s := freshTenant(t), New(backend)
		at := func(minute int) time.Time { return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC) }
		put := func(id string, state ApprovalState, expires time.Time) {
			update(t, s, tenant, func(tx *Tx) error {
				return tx.PutApproval(&Approval{ID: id, State: state, Expires: expires, Change: id})
			})
		}
		want := func(ids ...string) {
			t.Helper()
			var got []string
			view(t, s, tenant, func(tx *Tx) error {
				return tx.Expiries(func(id string, due time.Time) bool {
					a, err := tx.Approval(id)
					if err != nil || !a.Due(due) || a.Due(due.Add(-1)) {
						t.Errorf("%s is said to be due at %v, and is %+v (%v)", id, due, a, err)
					}
					got = append(got, id)
					return true
				})
			})
			if !slices.Equal(got, ids) {
				t.Errorf("there expire %v, want %v", got, ids)
			}
		}
		put("a", ApprovalPending, at(3))
		put("b", ApprovalPending, at(2))
		put("c", ApprovalPending, at(1))
		put("d", ApprovalPending, time.Time{})
		want("c", "b", "a")
		put("c", ApprovalPending, at(4))
		put("d", ApprovalPending, at(2))
		want("b", "d", "a", "c")
		put("a", ApprovalExpired, at(3))
		put("b", ApprovalApproved, at(2))
		put("c", ApprovalPending, time.Time{})
		want("d")
		put("e", ApprovalRejected, at(1))
		put("d", ApprovalWithdrawn, at(2))
		want()
		view(t, s, tenant, func(tx *Tx) error {
			if _, err := tx.RejectedChange("a"); err == nil {
				t.Error("a change whose approval expired counts as rejected")
			}
			_, err := tx.RejectedChange("e")
			return err
		})
	})
}

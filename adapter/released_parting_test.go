package adapter_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// Whose create was given up is linked with the account that an import finds, and not told of by a second one.
func TestImportAdoptsWhoWasGivenUp(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { impatient(c); c.GiveUp = time.Hour }})
	faults(s.Stack, 503, 1<<30)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	until(t, s.clock, func() bool { return s.Tenant().Backlog() == 0 })
	l := one(t, s.Stack)
	faults(s.Stack, 0, 0)
	s.App(http.MethodPost, "/members", `{"login":"ann@acme.example","mail":"ann@acme.example"}`)
	j, err := s.Tenant().StartJob(t.Context(), store.JobImport, adapter.JobRequest{By: "ops"})
	if err != nil {
		t.Fatal(err)
	}
	j = endOf(t, s.Tenant(), j.ID)
	s.WaitIdle()
	if j.Counts["users.adopted"] != 1 {
		t.Errorf("counts %v", j.Counts)
	}
	if _, err := s.Tenant().RetryLetter(t.Context(), l.ID, "ops"); err != nil {
		t.Error(err)
	}
	s.WaitIdle()
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	if n := accounts(t, s.Stack, ""); n != 0 {
		t.Errorf("%d accounts", n)
	}
}

// A delete that waits for the limit deletes nothing when delete_after is over. Let go it counts from the client's delete, and
// taken back it is forgotten.
func TestDeleteAfterAndTheLimit(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.DeprovisionLimit = hour(1, 0)
		c.Lifecycle = adapter.Lifecycle{OnDelete: adapter.RuleSuspend, OnInactive: adapter.RuleSuspend, DeleteAfter: 24 * time.Hour}
	}})
	ids := people(t, s.Stack, 3)
	for _, id := range ids {
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	}
	s.WaitIdle()
	part := func() {
		s.WaitIdle() // who is being suspended is not kept yet
		if _, err := s.Tenant().Part(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.WaitIdle()
	}
	s.clock.Advance(25 * time.Hour)
	part()
	reached(t, func() bool { return accounts(t, s.Stack, "") == 2 })
	list, err := s.Tenant().Approvals(t.Context(), false)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d wait: %v", len(list), err)
	}
	if _, err := s.Tenant().Reject(t.Context(), adapter.Answer{ID: list[0].ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: list[1].ID}); err != nil {
		t.Fatal(err)
	}
	part()
	// The loop in the background may have been quicker, and be about to count what it has begun.
	reached(t, func() bool { return accounts(t, s.Stack, "") == 1 && usable(t, s.Stack) == 1 })
	s.clock.Advance(25 * time.Hour)
	part()
	s.reconcile(adapter.ReconcileOptions{Mode: adapter.ReconcileRepair}, store.JobDone)
	if a := usable(t, s.Stack); a != 1 {
		t.Errorf("%d usable", a)
	}
}

package adapter_test

import (
	"net/http"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// Whose removal waits for a release is given nothing back meanwhile that the application has taken away by itself.
func TestRepairGivesNothingBackToWhoIsLeaving(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.DeprovisionLimit = hour(1, 0) }})
	ids := people(t, s.Stack, 3)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[0], nil)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[1], nil)
	s.Want(http.StatusOK, "PATCH", "/Users/"+ids[2], set("active", "false"))
	s.WaitIdle()
	s.App(http.MethodDelete, "/members/"+s.member("u1@acme.example").Get("no").Raw, nil)
	s.App(http.MethodPost, "/members/"+s.member("u2@acme.example").Get("no").Raw+"/suspend", nil)
	j, _ := s.reconcile(adapter.ReconcileOptions{Mode: adapter.ReconcileRepair}, store.JobDone)
	if got := usable(t, s.Stack); got != 0 || j.Counts["refused"] != 2 {
		t.Errorf("%d are back, counts %v", got, j.Counts)
	}
	if got, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops"}, nil); err != nil || got.Done != 2 {
		t.Errorf("%+v %v", got, err)
	}
	if got := usable(t, s.Stack); got != 0 || s.Tenant().Backlog() != 0 {
		t.Errorf("%d are left", got)
	}
}

// What the application has lost of somebody whose removal waits is made again when the change is discarded and repaired.
func TestDiscardedAndRepaired(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.DeprovisionLimit = hour(1, 0) }})
	ids := people(t, s.Stack, 2)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[0], nil)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[1], nil)
	s.WaitIdle()
	s.App(http.MethodDelete, "/members/"+s.member("u1@acme.example").Get("no").Raw, nil)
	if got, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops", Discard: true}, nil); err != nil || got.Done != 1 {
		t.Errorf("%+v %v", got, err)
	}
	s.reconcile(adapter.ReconcileOptions{Mode: adapter.ReconcileRepair}, store.JobDone)
	if got := usable(t, s.Stack); got != 1 {
		t.Errorf("%d are back", got)
	}
}

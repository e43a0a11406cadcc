package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func user(name string) string {
	return fmt.Sprintf(`{"userName":"%[1]s@acme.example","externalId":"ext-%[1]s","name":{"givenName":"%[1]s","familyName":"Doe"},
		"active":true,"emails":[{"value":"%[1]s@acme.example","type":"work","primary":true}]}`, name)
}

func set(path, value string) string {
	return fmt.Sprintf(`{"Operations":[{"op":"replace","path":%q,"value":%s}]}`, path, value)
}

// holding is a stack whose tenant holds some operations.
func holding(t *testing.T, ops ...abi.Operation) *adaptertest.Stack {
	t.Helper()
	return adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Hold = ops }})
}

// waiting returns the one approval that waits.
func waiting(t *testing.T, s *adaptertest.Stack) *store.Approval {
	t.Helper()
	list, err := s.Tenant().Approvals(context.Background(), false)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d approvals wait, want one (%v)", len(list), err)
	}
	return list[0]
}

func outcomes(t *testing.T, s *adaptertest.Stack, id string) string {
	t.Helper()
	var out []string
	err := s.Tenant().Journal(context.Background(), func(op *store.Operation) bool {
		if op.ResourceID == id {
			out = append([]string{string(op.Outcome)}, out...)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func TestHeldCreateApproved(t *testing.T) {
	t.Parallel()
	s := holding(t, abi.OpCreate)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "GET", "/Users/"+id, nil)
	s.WaitIdle()
	if n := s.App("GET", "/requests", nil).Get("requests.#").Int(); n != 0 {
		t.Fatalf("the application was told %d times of a held user", n)
	}
	a := waiting(t, s)
	if a.ResourceID != id || a.Operation != "create" || a.Before != nil || !strings.Contains(string(a.After), "ann@acme.example") {
		t.Errorf("approval %+v", a)
	}
	ctx := context.Background()
	if _, err := s.Tenant().Approve(ctx, adapter.Answer{ID: a.ID, Version: a.Version + 1}); !errors.Is(err, adapter.ErrApprovalMoved) {
		t.Errorf("approving another version: %v", err)
	}
	if _, err := s.Tenant().Approve(ctx, adapter.Answer{ID: a.ID, Version: a.Version, By: "ops"}); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if got := s.App("GET", "/members", nil).Get("members.0.login").Str; got != "ann@acme.example" {
		t.Errorf("the approved user did not arrive: %q", got)
	}
	if got := outcomes(t, s, id); got != "applied" {
		t.Errorf("journal: %s", got)
	}
	if _, err := s.Tenant().Reject(ctx, adapter.Answer{ID: a.ID}); !errors.Is(err, adapter.ErrApprovalDecided) {
		t.Errorf("rejecting what was approved: %v", err)
	}
}

func TestHeldCreateRejected(t *testing.T) {
	t.Parallel()
	s := holding(t, abi.OpCreate)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	a := waiting(t, s)
	ctx := context.Background()
	if _, err := s.Tenant().Reject(ctx, adapter.Answer{ID: a.ID, By: "ops", Comment: "not one of ours"}); err != nil {
		t.Fatal(err)
	}
	s.Want(http.StatusNotFound, "GET", "/Users/"+id, nil)
	if got := outcomes(t, s, id); got != "rejected" {
		t.Errorf("journal: %s", got)
	}
	again := s.Want(http.StatusForbidden, "POST", "/Users", user("ann"))
	if !strings.Contains(again.Get("detail").Str, "not one of ours") {
		t.Errorf("the rejection's reason is missing: %s", again.Body)
	}
	if _, err := s.Tenant().Approve(ctx, adapter.Answer{ID: a.ID, By: "ops"}); err != nil {
		t.Fatalf("approve after all: %v", err)
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	waiting(t, s)
}

func TestHeldUpdateLeavesTheApplicationAsItWas(t *testing.T) {
	t.Parallel()
	s := holding(t, abi.OpUpdate)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	first := waiting(t, s)
	got := s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.givenName", `"Anna"`))
	if got.Get("name.familyName").Str != "Roe" || got.Get("name.givenName").Str != "Anna" {
		t.Errorf("a read does not show what is desired: %s", got.Body)
	}
	second := waiting(t, s)
	if second.ID != first.ID || second.Version == first.Version {
		t.Errorf("the second change did not merge into the first: %+v then %+v", first, second)
	}
	ctx := context.Background()
	if _, err := s.Tenant().Approve(ctx, adapter.Answer{ID: first.ID, Version: first.Version}); !errors.Is(err, adapter.ErrApprovalMoved) {
		t.Errorf("a look at the first change approved the second: %v", err)
	}
	if name := s.App("GET", "/members", nil).Get("members.0.full_name").Str; name != "ann Doe" {
		t.Errorf("a held change reached the application: %q", name)
	}
	if _, err := s.Tenant().Reject(ctx, adapter.Answer{ID: second.ID, Version: second.Version}); err != nil {
		t.Fatal(err)
	}
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil); got.Get("name.familyName").Str != "Doe" || got.Get("name.givenName").Str != "ann" {
		t.Errorf("after the rejection a read shows %s", got.Body)
	}
	if got := outcomes(t, s, id); got != "applied rejected rejected" {
		t.Errorf("journal: %s", got)
	}
}

// An IdP that revokes must win, and a revocation must not smuggle through what waits for an approver.
func TestRevocationPassesAHeldChange(t *testing.T) {
	t.Parallel()
	s := holding(t, abi.OpUpdate)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"admin"`))
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	s.WaitIdle()
	member := s.App("GET", "/members", nil).Get("members.0")
	if member.Get("state").Str != "suspended" || member.Get("role").Str == "admin" {
		t.Fatalf("in the application: %s", member.Raw)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "true"))
	s.WaitIdle()
	if member := s.App("GET", "/members", nil).Get("members.0"); member.Get("role").Str == "admin" {
		t.Errorf("nobody approved, and the application has %s", member.Raw)
	}
	a := waiting(t, s)
	if _, err := s.Tenant().Approve(context.Background(), adapter.Answer{ID: a.ID, Version: a.Version}); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if member := s.App("GET", "/members", nil).Get("members.0"); member.Get("role").Str != "admin" || member.Get("state").Str != "active" {
		t.Errorf("approved, and the application has %s", member.Raw)
	}
}

func TestDeleteEndsAHold(t *testing.T) {
	t.Parallel()
	s := holding(t, abi.OpCreate, abi.OpDelete)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	s.WaitIdle()
	if list, err := s.Tenant().Approvals(context.Background(), false); err != nil || len(list) != 1 || list[0].Operation != "delete" {
		// Nobody had access, so the delete revokes nothing and waits as the rule says.
		t.Fatalf("approvals: %+v %v", list, err)
	}
	if n := s.App("GET", "/requests", nil).Get("requests.#").Int(); n != 0 {
		t.Errorf("the application was told %d times", n)
	}
}

func TestDeleteIsHeldOnlyInSoManyWords(t *testing.T) {
	t.Parallel()
	for _, inSoManyWords := range []bool{false, true} {
		s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
			c.Hold = []abi.Operation{abi.OpDelete}
			c.HoldRevocations = inSoManyWords
		}})
		id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
		s.Want(http.StatusNotFound, "GET", "/Users/"+id, nil)
		s.WaitIdle()
		if n := s.App("GET", "/members", nil).Get("members.#").Int(); (n == 1) != inSoManyWords {
			t.Errorf("held in so many words: %v, members left: %d", inSoManyWords, n)
		}
		if !inSoManyWords {
			continue
		}
		if _, err := s.Tenant().Reject(context.Background(), adapter.Answer{ID: waiting(t, s).ID}); err != nil {
			t.Fatal(err)
		}
		s.Want(http.StatusOK, "GET", "/Users/"+id, nil)
	}
}

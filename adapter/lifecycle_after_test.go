package adapter_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

const month = 30 * 24 * time.Hour

// keeping are the options of a stack whose tenant deletes accounts a month after the IdP's delete, by a clock that stands.
func keeping(rule adapter.Rule, more func(*adapter.TenantConfig)) (adaptertest.Options, *clocktest.Clock) {
	clock := clocktest.New()
	return adaptertest.Options{Clock: clock.Now, App: adaptertest.NewApp(), Configure: func(c *adapter.TenantConfig) {
		c.Lifecycle = adapter.Lifecycle{OnDelete: rule, DeleteAfter: month}
		if more != nil {
			more(c)
		}
	}}, clock
}

// part has accounts deleted whose time has come, and returns the state of the only one, "" where there is none.
func part(t *testing.T, s *adaptertest.Stack) string {
	t.Helper()
	if _, err := s.Tenant().Part(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	members := s.App("GET", "/members", nil)
	if members.Get("members.#").Int() > 1 {
		t.Fatalf("the application has %s", members.Body)
	}
	return members.Get("members.0.state").Str
}

// reached waits until something is so.
func reached(t *testing.T, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !so() {
		if ctx.Err() != nil {
			t.Fatal("it never comes to that")
		}
	}
}

func wantState(t *testing.T, s *adaptertest.Stack, want string) {
	t.Helper()
	if got := part(t, s); got != want {
		t.Errorf("the account is %q, want %q", got, want)
	}
}

func TestDeletedSomeTimeLater(t *testing.T) {
	t.Parallel()
	for _, rule := range []adapter.Rule{adapter.RuleSuspend, adapter.RuleDeactivate} {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			opts, clock := keeping(rule, nil)
			s := adaptertest.Start(t, opts)
			id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
			s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
			wantState(t, s, "suspended")
			if n := s.Tenant().Backlog(); n != 0 {
				t.Errorf("an account that is kept counts as backlog: %d", n)
			}
			clock.Advance(month - time.Millisecond)
			wantState(t, s, "suspended")
			clock.Advance(time.Millisecond)
			wantState(t, s, "")
			if got := outcomes(t, s, id); got != "applied applied" {
				t.Errorf("journal: %s", got)
			}
			if got := notes(t, s, id); !slices.Equal(got, []string{"delete_after"}) {
				t.Errorf("the journal has the notes %q", got)
			}
			// Whoever comes back later is the same to the IdP, with an account that is new.
			again := s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
			if again.Get("id").Str != id {
				t.Error("provisioned again with another id")
			}
			clock.Advance(2 * month)
			wantState(t, s, "active")
		})
	}
}

// Whoever comes back in time keeps the account, and another delete counts from then on.
func TestBackBeforeTheAccountIsDeleted(t *testing.T) {
	t.Parallel()
	opts, clock := keeping(adapter.RuleSuspend, nil)
	s := adaptertest.Start(t, opts)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	no := s.App("GET", "/members", nil).Get("members.0.no").Int()
	for range 3 {
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
		clock.Advance(month - time.Hour)
		wantState(t, s, "suspended")
		if again := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str; again != id {
			t.Errorf("came back as %s, was %s", again, id)
		}
		clock.Advance(2 * time.Hour)
		wantState(t, s, "active")
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	clock.Advance(2 * month)
	wantState(t, s, "suspended") // who is inactive is not deleted
	if got := s.App("GET", "/members", nil).Get("members.0.no").Int(); got != no {
		t.Errorf("another account: %d, was %d", got, no)
	}
}

// What became due while nothing ran is found, and what is not due yet is kept on.
func TestDeletedLaterByAnotherProcess(t *testing.T) {
	t.Parallel()
	opts, clock := keeping(adapter.RuleSuspend, nil)
	opts.Dir = t.TempDir()
	s := adaptertest.Start(t, opts)
	for _, name := range []string{"ann", "bob"} {
		id := s.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
		clock.Advance(time.Hour)
	}
	s.WaitIdle()
	s.Stop()
	clock.Advance(month - 2*time.Hour)
	s = adaptertest.Start(t, opts)
	reached(t, func() bool { return s.App("GET", "/members", nil).Get("members.#").Int() == 1 }) // nobody asks the loop to
	wantState(t, s, "suspended")
	clock.Advance(time.Hour)
	wantState(t, s, "")
}

// The timer of the loop, by the clock on the wall.
func TestDeletedLaterByItself(t *testing.T) {
	t.Parallel()
	opts, _ := keeping(adapter.RuleSuspend, func(c *adapter.TenantConfig) { c.Lifecycle.DeleteAfter = 20 * time.Millisecond })
	opts.Clock = time.Now
	s := adaptertest.Start(t, opts)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	reached(t, func() bool { return s.App("GET", "/members", nil).Get("members.#").Int() == 0 })
}

// The rule in force when the time comes is what counts, and taken away it deletes nobody.
func TestDeleteAfterIsChanged(t *testing.T) {
	t.Parallel()
	after := 2 * month
	opts, clock := keeping(adapter.RuleSuspend, func(c *adapter.TenantConfig) { c.Lifecycle.DeleteAfter = after })
	s := adaptertest.Start(t, opts)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	clock.Advance(3 * month / 2)
	wantState(t, s, "suspended")
	after = 0
	s.Use(opts)
	clock.Advance(month)
	wantState(t, s, "suspended")
	after = 4 * month
	s.Use(opts)
	wantState(t, s, "suspended")
	after = month
	s.Use(opts)
	wantState(t, s, "")
}

// Whoever was deleted before there was such a rule is kept.
func TestDeleteAfterIsNotForThoseBefore(t *testing.T) {
	t.Parallel()
	after := time.Duration(0)
	opts, clock := keeping(adapter.RuleSuspend, func(c *adapter.TenantConfig) { c.Lifecycle.DeleteAfter = after })
	s := adaptertest.Start(t, opts)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	wantState(t, s, "suspended")
	after = month
	s.Use(opts)
	clock.Advance(12 * month)
	wantState(t, s, "suspended")
}

// A delete that waits for an approval deletes nobody, and when it is approved the time has run since it came.
func TestDeleteAfterAnApproval(t *testing.T) {
	t.Parallel()
	opts, clock := keeping(adapter.RuleSuspend, func(c *adapter.TenantConfig) {
		c.Hold, c.HoldRevocations = []abi.Operation{abi.OpDelete}, true
	})
	s := adaptertest.Start(t, opts)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	clock.Advance(month - time.Hour)
	wantState(t, s, "active")
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: waiting(t, s).ID, By: "ops"}); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, "suspended")
	clock.Advance(time.Hour)
	wantState(t, s, "")
}

// A policy's word on somebody goes before the rule, and what it leaves is kept as long as the rule says.
func TestDeleteAfterWithAPolicy(t *testing.T) {
	t.Parallel()
	host := adaptertest.Host(t)
	for lifecycle, want := range map[string][2]string{
		"":           {"suspended", ""},
		"suspend":    {"suspended", ""},
		"deactivate": {"suspended", ""},
		"delete":     {"", ""},
		"nothing":    {"active", "active"},
	} {
		t.Run("policy says "+lifecycle, func(t *testing.T) {
			t.Parallel()
			answer := `{"verdict":"allow","lifecycle":"` + lifecycle + `"}`
			p, err := host.Load(t.Context(), adaptertest.Module(map[string]string{"decide": answer}), plugins.LoadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			opts, clock := keeping(adapter.RuleSuspend, func(c *adapter.TenantConfig) { c.Policy = &adapter.Policy{Module: p} })
			s := adaptertest.Start(t, opts)
			id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
			s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
			wantState(t, s, want[0])
			clock.Advance(month)
			wantState(t, s, want[1])
		})
	}
}

// A tenant whose deletes are not the rule's to keep for a while keeps for ever whom a policy keeps.
func TestPolicyKeepsForEver(t *testing.T) {
	t.Parallel()
	host := adaptertest.Host(t)
	p, err := host.Load(t.Context(), adaptertest.Module(map[string]string{"decide": `{"verdict":"allow","lifecycle":"suspend"}`}), plugins.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	opts, clock := keeping(adapter.RuleSuspend, func(c *adapter.TenantConfig) {
		c.Lifecycle, c.Policy = adapter.Lifecycle{OnDelete: adapter.RuleDelete}, &adapter.Policy{Module: p}
	})
	s := adaptertest.Start(t, opts)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	clock.Advance(12 * month)
	wantState(t, s, "suspended")
}

// A deletion that the application refuses leaves the account as it is, and is tried again after the same time.
func TestDeletionLaterIsRefused(t *testing.T) {
	t.Parallel()
	opts, clock := keeping(adapter.RuleSuspend, nil)
	s := adaptertest.Start(t, opts)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	clock.Advance(month)
	s.App("POST", "/faults", `{"status":423,"count":1,"problem":"there are open invoices"}`)
	wantState(t, s, "suspended")
	s.Want(http.StatusNotFound, "GET", "/Users/"+id, nil)
	clock.Advance(month - time.Millisecond)
	wantState(t, s, "suspended")
	clock.Advance(time.Millisecond)
	wantState(t, s, "")
}

// What nobody knows the outcome of when somebody comes back is found out first: never two accounts, never none.
func TestBackWhileTheAccountIsBeingDeleted(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{lostBefore, lostAfter} {
		opts, clock := keeping(adapter.RuleSuspend, func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax = time.Hour, time.Hour })
		s := adaptertest.Start(t, opts)
		id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
		s.WaitIdle()
		clock.Advance(month)
		s.App("POST", "/faults", fault)
		if _, err := s.Tenant().Part(t.Context()); err != nil {
			t.Fatal(err)
		}
		reached(t, func() bool { return s.App("GET", "/faults", nil).Get("fault.count").Int() == 0 })
		back := s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
		s.Use(opts)
		s.WaitIdle()
		if back.Get("id").Str != id {
			t.Error("came back with another id")
		}
		clock.Advance(2 * month)
		wantState(t, s, "active")
	}
}

// A return that waits for an approval keeps the account; one that is rejected lets the time run again.
func TestBackWithAnApproval(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{false, true} {
		t.Run(fmt.Sprintf("approved %v", approve), func(t *testing.T) {
			t.Parallel()
			opts, clock := keeping(adapter.RuleSuspend, nil)
			s := adaptertest.Start(t, opts)
			id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
			s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
			configure := opts.Configure
			opts.Configure = func(c *adapter.TenantConfig) {
				configure(c)
				c.Hold = []abi.Operation{abi.OpCreate}
			}
			s.Use(opts)
			s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
			clock.Advance(2 * month)
			wantState(t, s, "suspended")
			answer := adapter.Answer{ID: waiting(t, s).ID, By: "ops"}
			if approve {
				if _, err := s.Tenant().Approve(t.Context(), answer); err != nil {
					t.Fatal(err)
				}
				clock.Advance(2 * month)
				wantState(t, s, "active")
				return
			}
			if _, err := s.Tenant().Reject(t.Context(), answer); err != nil {
				t.Fatal(err)
			}
			wantState(t, s, "suspended")
			clock.Advance(month)
			wantState(t, s, "")
		})
	}
}

// More than one pass takes are all deleted, and a backlog that is full is not made fuller.
func TestManyAreDeletedLater(t *testing.T) {
	t.Parallel()
	const people = adapter.MaxPartings + 5
	opts, clock := keeping(adapter.RuleSuspend, func(c *adapter.TenantConfig) {
		c.MaxBacklog, c.RetryMin, c.RetryMax = people, time.Hour, time.Hour
	})
	s := adaptertest.Start(t, opts)
	for i := range people {
		id := s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprint("u", i))).Get("id").Str
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	}
	s.WaitIdle()
	clock.Advance(month)
	s.App("POST", "/faults", `{"status":503,"count":1000000}`)
	for range 3 {
		if _, err := s.Tenant().Part(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Tenant().Backlog(); n != people {
		t.Errorf("%d wait, want %d", n, people)
	}
	s.App("DELETE", "/faults", nil)
	s.Use(opts)
	s.WaitIdle()
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 0 {
		t.Errorf("%d accounts are left", n)
	}
}

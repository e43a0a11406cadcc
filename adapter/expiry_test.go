package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// expiring is a stack whose tenant holds operations for an hour, by a clock that stands.
func expiring(t *testing.T, ops ...abi.Operation) (*adaptertest.Stack, *clocktest.Clock) {
	t.Helper()
	clock := clocktest.New()
	return adaptertest.Start(t, adaptertest.Options{Clock: clock.Now, Configure: func(c *adapter.TenantConfig) {
		c.Hold, c.HoldExpiry, c.HoldRevocations = ops, time.Hour, true
	}}), clock
}

// decided returns an approval that does not wait any more.
func decided(t *testing.T, s *adaptertest.Stack, id string) *store.Approval {
	t.Helper()
	list, err := s.Tenant().Approvals(context.Background(), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.ID == id {
			return a
		}
	}
	t.Fatalf("there is no approval %s", id)
	return nil
}

// ended waits until a read of a resource is answered with a status.
func ended(t *testing.T, s *adaptertest.Stack, status int, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for s.Do("GET", path, nil).Status != status {
		if ctx.Err() != nil {
			t.Fatalf("%s is never answered with %d", path, status)
		}
	}
}

func TestHoldExpires(t *testing.T) {
	t.Parallel()
	s, clock := expiring(t, abi.OpCreate)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	a := waiting(t, s)
	if want := clock.Now().Add(time.Hour); !a.Expires.Equal(want) {
		t.Errorf("it expires at %v, want %v", a.Expires, want)
	}
	clock.Advance(time.Hour - time.Millisecond)
	waiting(t, s)
	clock.Advance(time.Millisecond)
	got := decided(t, s, a.ID)
	if got.State != store.ApprovalExpired || !got.Decided.Equal(clock.Now()) || got.DecidedBy != "" {
		t.Errorf("after its time the approval is %+v", got)
	}
	s.Want(http.StatusNotFound, "GET", "/Users/"+id, nil)
	if got := outcomes(t, s, id); got != "rejected" {
		t.Errorf("journal: %s", got)
	}
	err := s.Tenant().Journal(t.Context(), func(op *store.Operation) bool {
		if !strings.Contains(op.Detail, "expired") || !op.Finished.Equal(clock.Now()) {
			t.Errorf("the journal has %+v", op)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]func(context.Context, adapter.Answer) (*store.Approval, error){
		"approve": s.Tenant().Approve, "reject": s.Tenant().Reject,
	} {
		_, err := answer(t.Context(), adapter.Answer{ID: a.ID})
		if !errors.Is(err, adapter.ErrApprovalExpired) || !errors.Is(err, adapter.ErrApprovalDecided) {
			t.Errorf("%s what has expired: %v", name, err)
		}
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	again := waiting(t, s)
	if again.ID == a.ID || again.Change != a.Change {
		t.Errorf("the same change is not asked anew: %+v", again)
	}
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: again.ID}); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 1 {
		t.Errorf("the application has %d accounts", n)
	}
}

// What comes too late finds the change gone, whoever comes first.
func TestNobodyIsQuickerThanTheClock(t *testing.T) {
	t.Parallel()
	for name, come := range map[string]func(t *testing.T, s *adaptertest.Stack, id string, a *store.Approval){
		"an approver": func(t *testing.T, s *adaptertest.Stack, _ string, a *store.Approval) {
			t.Helper()
			if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: a.ID, By: "ops"}); !errors.Is(err, adapter.ErrApprovalExpired) {
				t.Errorf("approved too late: %v", err)
			}
		},
		"a change on top of it": func(t *testing.T, s *adaptertest.Stack, id string, _ *store.Approval) {
			t.Helper()
			if got := s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"member"`)); got.Get("name.familyName").Str != "Doe" {
				t.Errorf("it was made on top of what had expired: %s", got.Body)
			}
		},
		"the same change": func(t *testing.T, s *adaptertest.Stack, id string, a *store.Approval) {
			t.Helper()
			s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
			if again := waiting(t, s); again.ID == a.ID {
				t.Error("it merged into what had expired")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clock := expiring(t, abi.OpUpdate)
			id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
			s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
			a := waiting(t, s)
			clock.Advance(time.Hour)
			come(t, s, id, a)
			if got := decided(t, s, a.ID); got.State != store.ApprovalExpired {
				t.Errorf("the approval is %s", got.State)
			}
			s.WaitIdle()
			if name := s.App("GET", "/members", nil).Get("members.0.full_name").Str; name != "ann Doe" {
				t.Errorf("what had expired reached the application: %q", name)
			}
		})
	}
}

func TestExpiredDeleteAndMembers(t *testing.T) {
	t.Parallel()
	s, clock := expiring(t, abi.OpDelete, abi.OpUpdate)
	ann := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	bob := s.Want(http.StatusCreated, "POST", "/Users", user("bob")).Get("id").Str
	group := s.Want(http.StatusCreated, "POST", "/Groups", `{"displayName":"staff","members":[{"value":"`+ann+`"}]}`).Get("id").Str
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+bob, nil)
	s.Want(http.StatusNoContent, "PATCH", "/Groups/"+group, `{"Operations":[{"op":"add","path":"members","value":[{"value":"`+bob+`"}]}]}`)
	s.Want(http.StatusNoContent, "PATCH", "/Groups/"+group, `{"Operations":[{"op":"replace","path":"members","value":[]}]}`)
	s.Want(http.StatusNotFound, "GET", "/Users/"+bob, nil)
	clock.Advance(time.Hour)
	if list, err := s.Tenant().Approvals(t.Context(), false); err != nil || len(list) > 0 {
		t.Errorf("after their time %d approvals wait (%v)", len(list), err)
	}
	s.WaitIdle()
	s.Want(http.StatusOK, "GET", "/Users/"+bob, nil)
	if got := s.Want(http.StatusOK, "GET", "/Groups/"+group, nil); got.Get("members.#").Int() != 1 || got.Get("members.0.value").Str != ann {
		t.Errorf("the group has %s", got.Get("members").Raw)
	}
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 2 {
		t.Errorf("the application has %d accounts", n)
	}
}

// The policy's word goes before the tenant's, and the newest before an earlier one.
func TestWhenAHoldExpires(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), Clock: clock.Now, Configure: func(c *adapter.TenantConfig) {
		c.Hold, c.HoldExpiry = []abi.Operation{abi.OpCreate, abi.OpUpdate}, time.Hour
	}}
	s := seated(t, seats, opts)
	expires := func(in time.Duration) {
		t.Helper()
		if a := waiting(t, s); !a.Expires.Equal(clock.Now().Add(in)) {
			t.Errorf("at %v it expires at %v, want after %v", clock.Now(), a.Expires, in)
		}
	}
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	expires(time.Hour)
	clock.Advance(time.Minute)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"held"`))
	expires(time.Minute)
	clock.Advance(time.Second)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	expires(time.Minute)
	clock.Advance(time.Second)
	configure := opts.Configure
	opts.Configure = func(c *adapter.TenantConfig) { configure(c); c.HoldExpiry = 0 }
	s.Stop()
	s = adaptertest.Start(t, opts)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Poe"`))
	expires(time.Minute - time.Second) // nobody says anything, so what was said stands
	s.Want(http.StatusCreated, "POST", "/Users", user("bob"))
	clock.Advance(1000 * time.Hour)
	if a := waiting(t, s); !a.Expires.IsZero() || a.ResourceID == id {
		t.Errorf("nobody says that it expires, and it is %+v", a)
	}
}

// What became due while no process ran ends when one does, and nobody has to ask.
func TestExpiryOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	opts := adaptertest.Options{
		Dir: t.TempDir(), App: adaptertest.NewApp(),
		Clock:     func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
		Configure: func(c *adapter.TenantConfig) { c.Hold, c.HoldExpiry = []abi.Operation{abi.OpCreate}, time.Hour },
	}
	s := adaptertest.Start(t, opts)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Stop()
	ahead.Store(int64(time.Hour))
	s = adaptertest.Start(t, opts)
	ended(t, s, http.StatusNotFound, "/Users/"+id)
}

// The process wakes by itself when something is due, also if it comes before what it slept for.
func TestExpiryWakes(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Hold, c.HoldExpiry = []abi.Operation{abi.OpCreate}, time.Hour }}
	s := adaptertest.Start(t, opts)
	late := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	opts.Configure = func(c *adapter.TenantConfig) {
		c.Hold, c.HoldExpiry = []abi.Operation{abi.OpCreate}, 50*time.Millisecond
	}
	s.Use(opts)
	early := s.Want(http.StatusCreated, "POST", "/Users", user("bob")).Get("id").Str
	ended(t, s, http.StatusNotFound, "/Users/"+early)
	s.Want(http.StatusOK, "GET", "/Users/"+late, nil)
}

// Many approvals that end take their time, and keep no writes waiting that long. Still nothing is made on top of a change
// whose time is over.
func TestWritesDoNotWaitForAllThatExpires(t *testing.T) {
	t.Parallel()
	s, clock := expiring(t, abi.OpUpdate)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	a := waiting(t, s)
	done, err := s.Tenant().Sweep(t.Context()) // somebody ends others
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	s.Want(http.StatusCreated, "POST", "/Users", user("bob"))
	if got := s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"member"`)); got.Get("name.familyName").Str != "Doe" {
		t.Errorf("it was made on top of what had expired: %s", got.Body)
	}
	done()
	if got := decided(t, s, a.ID); got.State != store.ApprovalExpired {
		t.Errorf("the approval is %s", got.State)
	}
}

// However many end at once, all do.
func TestManyExpireAtOnce(t *testing.T) {
	t.Parallel()
	s, clock := expiring(t, abi.OpCreate)
	const people = 2*adapter.MaxExpiries + 1
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := w; i < people; i += 8 {
				s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprintf("u%d", i)))
			}
		})
	}
	all.Wait()
	clock.Advance(time.Hour)
	for ctx := t.Context(); ; {
		if list, err := s.Tenant().Approvals(ctx, false); err != nil {
			t.Fatal(err)
		} else if len(list) == 0 {
			break
		}
	}
	if n := s.Want(http.StatusOK, "GET", "/Users?count=0", nil).Get("totalResults").Int(); n != 0 {
		t.Errorf("%d users are there", n)
	}
}

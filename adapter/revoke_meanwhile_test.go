package adapter_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// slow lets a pause after a failure last longer than any test.
func slow(c *adapter.TenantConfig) {
	c.RetryMin, c.RetryMax, c.DeliveryWait = time.Hour, time.Hour, time.Nanosecond
}

// gated has the application answer requests of a kind only when it is told how; what comes of them is then its own
// answer, or a status where that is not 0.
type gated struct {
	came   chan struct{}
	answer chan int
	is     func(*http.Request) bool
}

func newGated(is func(*http.Request) bool) *gated {
	return &gated{came: make(chan struct{}, 1), answer: make(chan int), is: is}
}

func (g *gated) wrap(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.is(r) {
			g.came <- struct{}{}
			if status := <-g.answer; status != 0 {
				w.WriteHeader(status)
				return
			}
		}
		app.ServeHTTP(w, r)
	})
}

// Access that is taken away while another change is being told does not wait for the pause that follows when that fails.
func TestRevokedWhileAnotherChangeFails(t *testing.T) {
	t.Parallel()
	g := newGated(func(r *http.Request) bool {
		return r.Method == http.MethodPatch && strings.HasPrefix(r.URL.Path, "/members/")
	})
	s := adaptertest.Start(t, adaptertest.Options{Wrap: g.wrap, Configure: slow})
	for name, revoke := range map[string]func(id string){
		"ann": func(id string) { s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil) },
		"bob": func(id string) { s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false")) },
	} {
		id := s.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str
		s.WaitIdle()
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"admin"`))
		<-g.came
		revoke(id)
		g.answer <- http.StatusServiceUnavailable
		if name == "bob" { // the change itself comes after it
			<-g.came
			g.answer <- 0
		}
		if got := usable(t, s); got != 0 {
			t.Errorf("%d of %s are left", got, name)
		}
	}
}

// The same for who leaves a group while it is being told of somebody else.
func TestLeavesWhileAnotherMemberFails(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	g := newGated(func(r *http.Request) bool {
		return armed.Load() && r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/teams/")
	})
	s := adaptertest.Start(t, adaptertest.Options{Wrap: g.wrap, Configure: slow})
	ids := people(t, s, 2)
	group := s.Want(http.StatusCreated, "POST", "/Groups", `{"displayName":"staff","members":[{"value":"`+ids[0]+`"}]}`).Get("id").Str
	s.WaitIdle()
	armed.Store(true)
	s.Want(http.StatusNoContent, "PATCH", "/Groups/"+group, `{"Operations":[{"op":"add","path":"members","value":[{"value":"`+ids[1]+`"}]}]}`)
	<-g.came
	s.Want(http.StatusNoContent, "PATCH", "/Groups/"+group, `{"Operations":[{"op":"remove","path":"members[value eq \"`+ids[0]+`\"]"}]}`)
	g.answer <- http.StatusServiceUnavailable
	<-g.came // who joins is told of again when who leaves has left
	g.answer <- 0
	s.WaitIdle()
	if n := len(s.Team("staff").Get("members").Array()); n != 1 {
		t.Errorf("%d are in the team", n)
	}
}

// A change that waited and takes access away is as pressing when it is let go as one that did not have to wait.
func TestReleaseDoesNotWaitForAPause(t *testing.T) {
	t.Parallel()
	s, _, _ := limited(t, hour(1, 0), slow)
	ids := people(t, s, 2)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[0], nil)
	s.WaitIdle()
	faults(s, http.StatusServiceUnavailable, 1)
	s.Want(http.StatusOK, "PATCH", "/Users/"+ids[1], set("userType", `"admin"`))
	failing(t, s, ids[1])
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[1], nil)
	if got, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops"}, nil); err != nil || got.Done != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	if got := usable(t, s); got != 0 {
		t.Errorf("%d are left", got)
	}
}

// A user of whom a change was given up loses access before everything else, as anybody does.
func TestRevokedAfterGivingUp(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	g := newGated(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/suspend") })
	s := adaptertest.Start(t, adaptertest.Options{Clock: clock.Now, Wrap: g.wrap, Configure: func(c *adapter.TenantConfig) {
		slow(c)
		c.GiveUp = time.Minute
	}})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.WaitIdle()
	faults(s, http.StatusServiceUnavailable, 2)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"admin"`))
	failing(t, s, id)
	clock.Advance(2 * time.Hour)
	if err := s.Tenant().Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if l := one(t, s); !l.GivenUp {
		t.Fatalf("the letter is %+v", l)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	<-g.came
	err := store.New(s.Store).View(t.Context(), s.Tenant().ID(), func(tx *store.Tx) error {
		rec, err := tx.Load(store.User, id)
		if err == nil && !rec.Due.Before(time.Unix(0, 0)) {
			t.Errorf("it waits behind everything else, due %v", rec.Due)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	g.answer <- 0
	s.WaitIdle()
}

// The time that a change has waited for an approval is no time in which it was tried.
func TestApprovedIsNotGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := adaptertest.Start(t, adaptertest.Options{Clock: clock.Now, Configure: func(c *adapter.TenantConfig) {
		c.HoldAttributes, c.GiveUp = []string{"userType"}, time.Hour
		slow(c)
	}})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.WaitIdle()
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"admin"`))
	a := waiting(t, s)
	clock.Advance(48 * time.Hour)
	faults(s, http.StatusServiceUnavailable, 1)
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: a.ID}); err != nil {
		t.Fatal(err)
	}
	failing(t, s, id)
	if list := letters(t, s, true); len(list) != 0 {
		t.Fatalf("it was given up at once: %+v", list[0])
	}
	if err := s.Tenant().TryNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	s.WaitIdle()
	if got := outcomes(t, s, id); got != "applied applied" {
		t.Errorf("journal: %s", got)
	}
}

package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// limited is a stack whose tenant has a deprovision limit, by a clock that stands.
func limited(t *testing.T, limit adapter.DeprovisionLimit, configure ...func(*adapter.TenantConfig)) (*adaptertest.Stack, *clocktest.Clock, adaptertest.Options) {
	t.Helper()
	clock := clocktest.New()
	opts := adaptertest.Options{Clock: clock.Now, Dir: t.TempDir(), Configure: func(c *adapter.TenantConfig) {
		c.DeprovisionLimit = limit
		for _, change := range configure {
			change(c)
		}
	}}
	return adaptertest.Start(t, opts), clock, opts
}

// people makes users and returns their ids.
func people(t *testing.T, s *adaptertest.Stack, n int) []string {
	t.Helper()
	ids := make([]string, n)
	together(t, n, func(i int) adaptertest.Response {
		r := s.Do("POST", "/Users", user(fmt.Sprint("u", i)))
		ids[i] = r.Get("id").Str
		return r
	})
	s.WaitIdle()
	for i, id := range ids {
		if id == "" {
			t.Fatalf("user %d was not made", i)
		}
	}
	return ids
}

func state(t *testing.T, s *adaptertest.Stack) adapter.LimitState {
	t.Helper()
	got, err := s.Tenant().LimitState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func accounts(t *testing.T, s *adaptertest.Stack, filter string) int {
	t.Helper()
	s.WaitIdle()
	return int(s.App("GET", "/members", nil).Get("members" + filter + "|#").Int())
}

// usable counts the accounts that people can use.
func usable(t *testing.T, s *adaptertest.Stack) int {
	t.Helper()
	return accounts(t, s, `.#(state=="active")#`)
}

func hour(users, percent int) adapter.DeprovisionLimit {
	return adapter.DeprovisionLimit{Users: users, Percent: percent, Window: time.Hour}
}

func TestDeprovisionLimitIsExact(t *testing.T) {
	t.Parallel()
	const all = 100
	inactive := set("active", "false")
	for name, c := range map[string]struct {
		limit  adapter.DeprovisionLimit
		people int
		take   func(s *adaptertest.Stack, i int, id string) adaptertest.Response
		left   int
	}{
		"deletes": {hour(10, 0), all, func(s *adaptertest.Stack, _ int, id string) adaptertest.Response {
			return s.Do("DELETE", "/Users/"+id, nil)
		}, 90},
		"deactivations": {hour(10, 0), all, func(s *adaptertest.Stack, _ int, id string) adaptertest.Response {
			return s.Do("PATCH", "/Users/"+id, inactive)
		}, 90},
		"all ways": {hour(10, 0), all, func(s *adaptertest.Stack, i int, id string) adaptertest.Response {
			switch i % 3 {
			case 0:
				return s.Do("DELETE", "/Users/"+id, nil)
			case 1:
				return s.Do("PUT", "/Users/"+id, strings.Replace(user(fmt.Sprint("u", i)), `"active":true`, `"active":false`, 1))
			}
			return s.Do("PATCH", "/Users/"+id, inactive)
		}, 90},
		"a percentage": {hour(0, 5), all, func(s *adaptertest.Stack, _ int, id string) adaptertest.Response {
			return s.Do("DELETE", "/Users/"+id, nil)
		}, 95},
		"the stricter": {hour(50, 5), all, func(s *adaptertest.Stack, _ int, id string) adaptertest.Response {
			return s.Do("DELETE", "/Users/"+id, nil)
		}, 95},
		"the stricter, a number": {hour(4, 50), all, func(s *adaptertest.Stack, _ int, id string) adaptertest.Response {
			return s.Do("DELETE", "/Users/"+id, nil)
		}, 96},
		"a percentage of few": {hour(0, 10), 8, func(s *adaptertest.Stack, _ int, id string) adaptertest.Response {
			return s.Do("DELETE", "/Users/"+id, nil)
		}, 8 - adapter.LeastDeprovisions},
		"all of them, each twice": {hour(10, 0), all, func(s *adaptertest.Stack, _ int, id string) adaptertest.Response {
			s.Do("PATCH", "/Users/"+id, inactive)
			return s.Do("DELETE", "/Users/"+id, nil)
		}, 90},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := limited(t, c.limit)
			ids := people(t, s, c.people)
			statuses := together(t, len(ids), func(i int) adaptertest.Response { return c.take(s, i, ids[i]) })
			for status, n := range statuses {
				if status/100 != 2 {
					t.Errorf("%d were answered with %d", n, status)
				}
			}
			if got := usable(t, s); got != c.left {
				t.Errorf("%d can use the application, want %d", got, c.left)
			}
			want := c.people - c.left
			if got := state(t, s); got.Taken != want || got.Waiting != c.left || !got.Alarm {
				t.Errorf("the limit stands at %+v", got)
			}
			if n := s.Do("GET", "/Users?filter=active+eq+true", nil).Get("totalResults").Int(); n != 0 {
				t.Errorf("the identity provider sees %d active users", n)
			}
			list, err := s.Tenant().Approvals(t.Context(), false)
			if err != nil || len(list) != c.left {
				t.Fatalf("%d wait (%v)", len(list), err)
			}
			for _, a := range list {
				if !a.Limit || a.Asked || a.Before == nil || len(a.Requests) == 0 || a.Requests[0].Connection != "main" {
					t.Fatalf("approval %+v", a)
				}
			}
		})
	}
}

// waitCalm waits until the alarm of the limit is cleared.
func waitCalm(t *testing.T, s *adaptertest.Stack) {
	t.Helper()
	for ctx := t.Context(); state(t, s).Alarm; {
		if err := ctx.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReleaseAndDiscard(t *testing.T) {
	t.Parallel()
	for _, discard := range []bool{false, true} {
		t.Run(fmt.Sprint("discard ", discard), func(t *testing.T) {
			t.Parallel()
			s, clock, _ := limited(t, hour(2, 0))
			ids := people(t, s, 10)
			for _, id := range ids {
				s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
			}
			if got := usable(t, s); got != 8 {
				t.Fatalf("%d are left", got)
			}
			dry, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops", Discard: discard, DryRun: true}, nil)
			if err != nil || dry.Waiting != 8 || dry.Done != 0 || state(t, s).Waiting != 8 {
				t.Fatalf("a dry run says %+v (%v)", dry, err)
			}
			told := 0
			got, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops", Comment: "as agreed", Discard: discard}, func(done, total int) {
				if told++; done != told || total != 8 {
					t.Errorf("progress %d of %d", done, total)
				}
			})
			if err != nil || got.Done != 8 || told != 8 {
				t.Fatalf("%+v after %d (%v)", got, told, err)
			}
			if got, want := usable(t, s), map[bool]int{false: 0, true: 8}[discard]; got != want {
				t.Errorf("%d are left, want %d", got, want)
			}
			for i, id := range ids[2:] {
				s.Want(map[bool]int{false: http.StatusNotFound, true: http.StatusOK}[discard], "GET", "/Users/"+id, nil)
				if got, want := outcomes(t, s, id), map[bool]string{false: "applied applied", true: "applied rejected"}[discard]; got != want {
					t.Errorf("user %d: journal %s, want %s", i, got, want)
				}
			}
			if now := state(t, s); now.Waiting != 0 || now.Taken != 2 || !now.Alarm {
				t.Errorf("the limit stands at %+v; the window has no room yet", now)
			}
			if again, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops"}, nil); err != nil || again.Done != 0 {
				t.Errorf("once more: %+v (%v)", again, err)
			}
			if discard {
				r := s.Want(http.StatusForbidden, "DELETE", "/Users/"+ids[5], nil)
				if !strings.Contains(r.Get("detail").Str, "as agreed") {
					t.Errorf("it is denied with %s", r.Body)
				}
			}
			clock.Advance(time.Hour)
			s.Use(adaptertest.Options{Clock: clock.Now, Configure: func(c *adapter.TenantConfig) { c.DeprovisionLimit = hour(2, 0) }})
			waitCalm(t, s)
			if discard { // whoever leaves in a year may
				s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[5], nil)
				if got := usable(t, s); got != 7 {
					t.Errorf("%d are left", got)
				}
			}
		})
	}
}

func TestTheWindowSlides(t *testing.T) {
	t.Parallel()
	s, clock, opts := limited(t, hour(3, 0))
	ids := people(t, s, 12)
	take := func(from, to int) {
		t.Helper()
		for _, id := range ids[from:to] {
			s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
		}
	}
	want := func(taken, waiting int) {
		t.Helper()
		if got := state(t, s); got.Taken != taken || got.Waiting != waiting {
			t.Fatalf("the limit stands at %+v, want %d and %d", got, taken, waiting)
		}
	}
	take(0, 2)
	clock.Advance(30 * time.Minute)
	take(2, 4)
	want(3, 1)
	clock.Advance(30*time.Minute - time.Millisecond)
	take(4, 5)
	want(3, 2)
	clock.Advance(time.Millisecond) // the first two are out of the window
	take(5, 8)
	want(3, 3)
	// A restart forgets nothing.
	s.Stop()
	app := s.AppURL
	opts.App = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, app, http.StatusBadGateway) })
	opts.Clock = clock.Now
	again := adaptertest.Start(t, opts)
	if got := state(t, again); got.Taken != 3 || got.Waiting != 3 || !got.Alarm {
		t.Fatalf("after a restart it stands at %+v", got)
	}
	if r := again.Do("PATCH", "/Users/"+ids[8], set("active", "false")); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	if got := state(t, again); got.Waiting != 4 {
		t.Fatalf("after a restart it stands at %+v", got)
	}
}

func TestDeprovisionLimitAfterAReload(t *testing.T) {
	t.Parallel()
	s, clock, opts := limited(t, hour(2, 0))
	ids := people(t, s, 10)
	reload := func(limit adapter.DeprovisionLimit) {
		t.Helper()
		opts.Configure = func(c *adapter.TenantConfig) { c.DeprovisionLimit = limit }
		s.Use(opts)
	}
	drop := func(id string, waits bool) {
		t.Helper()
		before := state(t, s).Waiting
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
		if now := state(t, s).Waiting; (now > before) != waits {
			t.Fatalf("it waits: %v", now > before)
		}
	}
	drop(ids[0], false)
	drop(ids[1], false)
	drop(ids[2], true)
	reload(hour(4, 0))
	drop(ids[3], false)
	drop(ids[4], false)
	drop(ids[5], true)
	reload(hour(1, 0))
	drop(ids[6], true)
	clock.Advance(time.Hour)
	drop(ids[7], false)
	reload(adapter.DeprovisionLimit{Users: 3, Window: 2 * time.Hour}) // what a longer window sees has not been forgotten
	drop(ids[8], true)
	reload(adapter.DeprovisionLimit{})
	drop(ids[9], false)
	if got, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops"}, nil); err != nil || got.Done != 4 {
		t.Fatalf("%+v %v", got, err)
	}
	if got := usable(t, s); got != 0 {
		t.Errorf("%d are left", got)
	}
	waitCalm(t, s)
}

// What takes nothing away does not count, and what does counts by whatever way it comes.
func TestWhatCountsAgainstTheLimit(t *testing.T) {
	t.Parallel()
	rules := func(onDelete, onInactive adapter.Rule) func(*adapter.TenantConfig) {
		return func(c *adapter.TenantConfig) {
			c.Lifecycle = adapter.Lifecycle{OnDelete: onDelete, OnInactive: onInactive}
		}
	}
	off := func(s *adaptertest.Stack, id string) {
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	}
	drop := func(s *adaptertest.Stack, id string) { s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil) }
	for name, c := range map[string]struct {
		rules func(*adapter.TenantConfig)
		take  func(s *adaptertest.Stack, id string)
		taken int // of five, with a limit of three
	}{
		"a delete that does nothing": {rules(adapter.RuleNothing, adapter.RuleSuspend), drop, 0},
		"a switch that does nothing": {rules(adapter.RuleDelete, adapter.RuleNothing), off, 0},
		"a delete after it":          {rules(adapter.RuleDelete, adapter.RuleNothing), func(s *adaptertest.Stack, id string) { off(s, id); drop(s, id) }, 3},
		"a delete that suspends":     {rules(adapter.RuleSuspend, adapter.RuleNothing), drop, 3},
		"a delete after a switch":    {rules(adapter.RuleDelete, adapter.RuleSuspend), func(s *adaptertest.Stack, id string) { off(s, id); s.WaitIdle(); drop(s, id) }, 3},
		"an update of who is inactive": {rules(adapter.RuleDelete, adapter.RuleSuspend), func(s *adaptertest.Stack, id string) {
			off(s, id)
			s.Want(200, "PATCH", "/Users/"+id, set("title", `"x"`))
		}, 3},
		"members that leave":                {nil, func(s *adaptertest.Stack, id string) { leave(s, id) }, 0},
		"what waits for an approval anyway": {func(c *adapter.TenantConfig) { c.Hold, c.HoldRevocations = []abi.Operation{abi.OpDelete}, true }, drop, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			configure := []func(*adapter.TenantConfig){}
			if c.rules != nil {
				configure = append(configure, c.rules)
			}
			s, _, _ := limited(t, hour(3, 0), configure...)
			ids := people(t, s, 5)
			for _, id := range ids {
				c.take(s, id)
			}
			s.WaitIdle()
			got := state(t, s)
			if got.Taken != c.taken || (c.taken > 0) != (got.Waiting == 2) {
				t.Errorf("the limit stands at %+v, want %d taken", got, c.taken)
			}
		})
	}
}

// leave puts somebody into a group and takes them out again.
func leave(s *adaptertest.Stack, id string) {
	group := s.Want(http.StatusCreated, "POST", "/Groups", fmt.Sprintf(`{"displayName":"g-%s","members":[{"value":%q}]}`, id, id)).Get("id").Str
	s.WaitIdle()
	s.Want(http.StatusNoContent, "PATCH", "/Groups/"+group, `{"Operations":[{"op":"remove","path":"members"}]}`)
}

// Who comes back while it waits was never away, and who is taken away again counts again.
func TestComingBackBeforeTheRelease(t *testing.T) {
	t.Parallel()
	s, clock, _ := limited(t, hour(1, 0))
	ids := people(t, s, 3)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[0], nil)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[1], nil)
	s.Want(http.StatusOK, "PATCH", "/Users/"+ids[2], set("active", "false"))
	requests := s.App("GET", "/requests", nil).Get("requests.#").Int()
	if got := s.Want(http.StatusCreated, "POST", "/Users", user("u1")).Get("id").Str; got != ids[1] {
		t.Errorf("it came back as %s", got)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+ids[2], set("active", "true"))
	s.WaitIdle()
	if got := state(t, s); got.Waiting != 0 || got.Taken != 1 {
		t.Errorf("the limit stands at %+v", got)
	}
	if n := s.App("GET", "/requests", nil).Get("requests.#").Int(); n != requests {
		t.Errorf("the application was told %d times of who was never away", n-requests)
	}
	for _, id := range ids[1:] {
		if got := outcomes(t, s, id); !strings.HasPrefix(got, "applied superseded") {
			t.Errorf("journal: %s", got)
		}
	}
	list, err := s.Tenant().Approvals(t.Context(), true)
	if err != nil || len(list) != 2 || list[0].State != store.ApprovalWithdrawn {
		t.Errorf("%+v %v", list, err)
	}
	// Waiting, and deleted on top of it when there is room again.
	s.Want(http.StatusOK, "PATCH", "/Users/"+ids[2], set("active", "false"))
	clock.Advance(time.Hour)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[2], nil)
	if got := state(t, s); got.Waiting != 0 || got.Taken != 1 {
		t.Errorf("the limit stands at %+v", got)
	}
	if got := accounts(t, s, ""); got != 1 {
		t.Errorf("%d accounts", got)
	}
}

// Release lets go of people, and not of what else somebody has to approve.
func TestReleaseAnswersTheLimitAlone(t *testing.T) {
	t.Parallel()
	s, clock, _ := limited(t, hour(1, 0), func(c *adapter.TenantConfig) {
		c.Hold, c.HoldExpiry = []abi.Operation{abi.OpUpdate}, time.Hour
	})
	ids := people(t, s, 2)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[0], nil)
	s.Want(http.StatusOK, "PATCH", "/Users/"+ids[1], `{"Operations":[{"op":"replace","path":"userType","value":"admin"},{"op":"replace","path":"active","value":false}]}`)
	a := waiting(t, s)
	if !a.Limit || !a.Asked || !a.Expires.IsZero() {
		t.Fatalf("it waits as %+v", a)
	}
	clock.Advance(2 * time.Hour)
	if got := usable(t, s); got != 1 {
		t.Fatalf("%d are left", got)
	}
	got, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops"}, nil)
	if err != nil || got.Done != 1 || got.Asking != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	s.WaitIdle()
	if m := s.App("GET", "/members", nil).Get("members.0"); m.Get("state").Str != "suspended" || m.Get("role").Str == "admin" {
		t.Errorf("released, and the application has %s", m.Raw)
	}
	b := waiting(t, s)
	if b.ID != a.ID || b.Limit || b.Version == a.Version || !b.Expires.Equal(clock.Now().Add(time.Hour)) {
		t.Errorf("the rest waits as %+v", b)
	}
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: a.ID, Version: a.Version}); !errors.Is(err, adapter.ErrApprovalMoved) {
		t.Errorf("an old look counts: %v", err)
	}
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: b.ID, Version: b.Version}); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if m := s.App("GET", "/members", nil).Get("members.0"); m.Get("state").Str != "suspended" || m.Get("role").Str != "admin" {
		t.Errorf("approved, and the application has %s", m.Raw)
	}
	if got := outcomes(t, s, ids[1]); got != "applied applied" {
		t.Errorf("journal: %s", got)
	}
}

// A release that ends in the middle goes on when it is called again.
func TestReleaseResumes(t *testing.T) {
	t.Parallel()
	s, _, _ := limited(t, hour(1, 0))
	ids := people(t, s, 10)
	for _, id := range ids {
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	got, err := s.Tenant().Release(ctx, adapter.Release{By: "ops"}, func(done, _ int) {
		if done == 4 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || got.Done != 4 {
		t.Fatalf("%+v %v", got, err)
	}
	if got := state(t, s).Waiting; got != 5 {
		t.Fatalf("%d wait", got)
	}
	if got, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops"}, nil); err != nil || got.Done != 5 {
		t.Fatalf("%+v %v", got, err)
	}
	if got := usable(t, s); got != 0 {
		t.Errorf("%d are left", got)
	}
}

// A clock that is set back does not make room, and one that was wrong for a while does not take it for ever.
func TestClockThatIsSet(t *testing.T) {
	t.Parallel()
	s, clock, _ := limited(t, hour(2, 0))
	ids := people(t, s, 6)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[0], nil)
	clock.Advance(-30 * time.Minute)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[1], nil)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[2], nil)
	if got := state(t, s); got.Taken != 2 || got.Waiting != 1 {
		t.Errorf("set back by half a window it stands at %+v", got)
	}
	clock.Advance(10_000 * time.Hour)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids[3], nil)
	clock.Advance(-9_000 * time.Hour)
	if got := state(t, s); got.Taken != 0 {
		t.Errorf("set back by a year it stands at %+v", got)
	}
}

func TestLimitInWords(t *testing.T) {
	t.Parallel()
	for want, l := range map[string]adapter.DeprovisionLimit{
		"1 user in 1h":             hour(1, 0),
		"50 users or 10% in 1h30m": {Users: 50, Percent: 10, Window: 90 * time.Minute},
		"5% of the users in 24h":   {Percent: 5, Window: 24 * time.Hour},
		"1 user or 5% in 10m":      {Users: 1, Percent: 5, Window: 10 * time.Minute},
		"2 users in 30s":           {Users: 2, Window: 30 * time.Second},
		"2 users in 1h0m30s":       {Users: 2, Window: time.Hour + 30*time.Second},
	} {
		if got := l.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

package adapter_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/pace"
	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// plainly changes nothing.
func plainly(*adapter.TenantConfig, *connector.Config) {}

// people makes so many users, whom the application gets to know.
func (w *bubble) people(n int) []string {
	w.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = w.want(http.StatusCreated, "POST", "/Users", user(fmt.Sprintf("p%d", i))).Get("id").Str
	}
	return ids
}

// poisoned fails with what fail says about one account, and lets all others through.
func poisoned(number string, fail func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/members/"+number) {
			return fail(r)
		}
		return nil, nil //nolint:nilnil // the application answers
	}
}

// One about whom the application always fails, however it does, keeps nobody waiting and opens nothing.
func TestPoison(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*http.Request) (*http.Response, error){
		"500": failingWith(http.StatusInternalServerError), "503": failingWith(http.StatusServiceUnavailable), "hanging": hanging,
	} {
		dir := t.TempDir()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newBubble(t, dir, plainly)
				ids := w.people(5)
				w.app.failing(poisoned("1001", fail))
				for n := range 30 {
					for _, id := range ids {
						begun := time.Now()
						w.want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", fmt.Sprintf(`"Roe%d"`, n)))
						if waited := time.Since(begun); id != ids[0] && waited > time.Second {
							t.Fatalf("somebody else waited for %s", waited)
						}
					}
					time.Sleep(time.Minute)
				}
				if s := w.tenant.Pace(); s.Opened != 0 {
					t.Errorf("the breaker has opened: %+v", s)
				}
				if n := w.tenant.Backlog(); n != 1 {
					t.Errorf("%d wait, want the one", n)
				}
				w.app.failing(nil)
				w.drained(time.Hour)
			})
		})
	}
}

// An application that says that it is told too much is told nothing for as long as it says, but for what takes access
// away. Who waits for it is not kept.
func TestOverloadPausesAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newBubble(t, dir, plainly)
		ids := w.people(10)
		w.app.failing(failingWith(http.StatusTooManyRequests, "Retry-After", "600"))
		w.want(http.StatusOK, "PATCH", "/Users/"+ids[0], set("name.familyName", `"Roe"`))
		w.app.failing(nil)
		w.app.taken()
		begun := time.Now()
		for _, id := range ids {
			w.want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Poe"`))
		}
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("the changes waited for %s", waited)
		}
		w.want(http.StatusOK, "PATCH", "/Users/"+ids[3], set("active", "false"))
		if calls := w.app.taken(); len(calls) == 0 || calls[0].path != "/members/1004/suspend" || len(calls) > 2 {
			t.Errorf("during the pause: %+v", calls)
		}
		time.Sleep(9 * time.Minute)
		if calls := w.app.taken(); len(calls) > 0 {
			t.Errorf("during the pause: %+v", calls)
		}
		w.drained(5 * time.Minute)
		if calls := w.app.taken(); len(calls) < 9 || !slices.ContainsFunc(calls[:4], func(c call) bool { return subject(c) == "1001" }) {
			t.Errorf("after the pause, from the oldest on: %+v", calls)
		}
		if s := w.tenant.Pace(); s.Pauses != 1 || s.Share >= 1 {
			t.Errorf("got %+v", s)
		}
	})
}

// Whoever has repaired the application need not wait for the next probe, and the alarm says how it is.
func TestTryNow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newBubble(t, dir, plainly)
		ids := w.people(10)
		w.app.failing(unreachable)
		for _, id := range ids {
			w.want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		down := func() bool {
			alarms, err := w.tenant.Alarms(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(alarms, func(a adapter.Alarm) bool { return a.Kind == adapter.AlarmApplicationDown })
		}
		if since, waits, err := w.tenant.OldestDue(t.Context()); err != nil || !waits || !down() || time.Since(since) > time.Hour+time.Minute {
			t.Errorf("the application is down: an alarm: %t; the oldest waits: %t since %v: %v", down(), waits, since, err)
		}
		w.app.failing(nil)
		begun := time.Now()
		if err := w.tenant.TryNow(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.drained(time.Hour)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %s", took)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if down() {
			t.Error("the alarm still stands")
		}
		if _, waits, err := w.tenant.OldestDue(t.Context()); waits || err != nil {
			t.Errorf("something waits: %t %v", waits, err)
		}
	})
}

// What waits for its turn holds up no reload, and goes on with the new configuration.
func TestReloadOfAPace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		slow := func(c *adapter.TenantConfig, _ *connector.Config) {
			c.Pace.Rate = pace.Rate{Requests: 1, Per: time.Hour}
		}
		w := newBubble(t, dir, slow)
		w.want(http.StatusCreated, "POST", "/Users", user("ann"))
		w.want(http.StatusCreated, "POST", "/Users", user("bob"))
		w.want(http.StatusCreated, "POST", "/Users", user("cid"))
		begun := time.Now()
		w.reload(plainly)
		w.drained(time.Minute)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// Tenants who tell the same application share what it can bear.
func TestSharedApplication(t *testing.T) {
	t.Parallel()
	down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	quick := func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax = time.Hour, time.Hour }
	apart := func(c *adapter.TenantConfig) { quick(c); c.Application = "another" }
	for name, c := range map[string]struct {
		neighbour func(*adapter.TenantConfig)
		want      pace.State
	}{"by URL": {quick, pace.Open}, "apart": {apart, pace.Closed}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{App: down, Configure: quick, Neighbour: c.neighbour})
			for i := range 6 {
				s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprint("p", i)))
			}
			id, err := kv.NewTenant("other")
			if err != nil {
				t.Fatal(err)
			}
			other, _ := s.Generation.Tenant(id)
			if got := s.Tenant().Pace().State; got != pace.Open {
				t.Errorf("the tenant's own application is %s", got)
			}
			if got := other.Pace().State; got != c.want {
				t.Errorf("the other tenant's application is %s, want %s", got, c.want)
			}
		})
	}
}

// While the application is down nothing is sent but a probe now and then, nobody waits for it, and when it is back what
// takes access away comes first and all else in the order in which it was asked for.
func TestBreaker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newBubble(t, dir, plainly)
		ids := w.people(40)
		w.app.failing(unreachable)
		w.app.taken()
		for i, id := range ids {
			start := time.Now()
			w.want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
			if waited := time.Since(start); waited > 0 {
				t.Errorf("change %d waited for %s", i, waited)
			}
			time.Sleep(time.Second)
		}
		w.want(http.StatusOK, "PATCH", "/Users/"+ids[20], set("active", "false"))
		w.want(http.StatusNoContent, "DELETE", "/Users/"+ids[10], "")
		if s := w.tenant.Pace(); s.State != pace.Open || s.LastError != "the application refuses connections" {
			t.Fatalf("the application is down: %+v", s)
		}
		if tried := len(w.app.taken()); tried > 5+6 { // probes after 1, 2, 4, 8, 16 seconds at the latest
			t.Errorf("it was called %d times", tried)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if tried := len(w.app.taken()); tried < 12 || tried > 24 {
			t.Errorf("it was probed %d times in an hour", tried)
		}
		w.app.failing(nil)
		w.drained(time.Hour)
		var order []string
		seen := map[string]bool{}
		for _, c := range w.app.taken() {
			if who := subject(c); !seen[who] {
				seen[who] = true
				order = append(order, who)
			}
		}
		want := []string{"1021", "1011"}
		for i := range ids {
			if i != 20 && i != 10 {
				want = append(want, fmt.Sprint(1001+i))
			}
		}
		inOrder(t, order, want, adapter.DefaultConcurrency)
		if s := w.tenant.Pace(); s.State != pace.Closed || s.Opened != 1 {
			t.Errorf("the application is back: %+v", s)
		}
	})
}

// inOrder checks that a list is another one, but for what was under way at once, and for the first: that is the probe that
// found the application, which may have been anybody's turn.
func inOrder(t *testing.T, got, want []string, slack int) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got %d resources, want %d", len(got), len(want))
	}
	at := map[string]int{}
	for i, who := range got {
		at[who] = i
	}
	for i, who := range want {
		j, ok := at[who]
		if !ok {
			t.Errorf("%s was not told", who)
		} else if j > 0 && (j < i-slack || j > i+slack) {
			t.Errorf("%s came as number %d, want %d", who, j, i)
		}
	}
}

package adapter_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/pace"
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

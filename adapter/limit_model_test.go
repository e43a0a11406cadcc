package adapter_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
)

// staff is a model of a deprovision limit: who has access in the application, who waits, and when access was taken.
type staff struct {
	*rapid.T
	s     *adaptertest.Stack
	clock *clocktest.Clock
	opts  adaptertest.Options
	limit adapter.DeprovisionLimit
	ids   []string
	has   []bool                 // whether they have access in the application
	shown []string               // what the identity provider sees: active, inactive, gone
	waits []bool                 // whether a change of theirs waits
	again []map[string]time.Time // when what was discarded of each
	taken []time.Time            // when access was
}

func (w *staff) within() (n int) {
	for _, at := range w.taken {
		if at.After(w.clock.Now().Add(-w.limit.Window)) {
			n++
		}
	}
	return n
}

// most is the bound as the documentation has it.
func (w *staff) most() int {
	people := w.within()
	for i := range w.ids {
		if w.shown[i] == "active" || w.waits[i] {
			people++
		}
	}
	n := 1 << 30
	if w.limit.Users > 0 {
		n = w.limit.Users
	}
	if w.limit.Percent > 0 {
		n = min(n, max(adapter.LeastDeprovisions, people*w.limit.Percent/100))
	}
	return n
}

func (w *staff) take(i int, how string) {
	if w.shown[i] == "gone" || w.shown[i] == how {
		return
	}
	counts := w.has[i] && w.limit.Window > 0
	want := map[string]int{"gone": http.StatusNoContent, "inactive": http.StatusOK}[how]
	discarded, ever := w.again[i][how]
	denied := counts && ever && w.clock.Now().Before(discarded.Add(w.limit.Window))
	full := counts && w.within() >= w.most()
	if denied {
		want = http.StatusForbidden
	}
	var r adaptertest.Response
	if how == "gone" {
		r = w.s.Do("DELETE", "/Users/"+w.ids[i], nil)
	} else {
		r = w.s.Do("PATCH", "/Users/"+w.ids[i], set("active", "false"))
	}
	if r.Status != want {
		w.Fatalf("%s of %d: got %d, want %d: %s", how, i, r.Status, want, r.Body)
	}
	switch {
	case denied:
		return
	case full:
		w.waits[i] = true
	default:
		if counts {
			w.taken = append(w.taken, w.clock.Now())
		}
		w.has[i], w.waits[i] = false, false
	}
	w.shown[i] = how
}

func (w *staff) bringBack(i int) {
	switch w.shown[i] {
	case "inactive":
		if r := w.s.Do("PATCH", "/Users/"+w.ids[i], set("active", "true")); r.Status != http.StatusOK {
			w.Fatalf("back: %d %s", r.Status, r.Body)
		}
	case "gone":
		if r := w.s.Do("POST", "/Users", user(fmt.Sprint("u", i))); r.Status != http.StatusCreated || r.Get("id").Str != w.ids[i] {
			w.Fatalf("back: %d %s", r.Status, r.Body)
		}
	}
	w.shown[i], w.has[i], w.waits[i] = "active", true, false
}

func (w *staff) release(discard bool) {
	got, err := w.s.Tenant().Release(context.Background(), adapter.Release{By: "ops", Discard: discard}, nil)
	if err != nil {
		w.Fatal(err)
	}
	n := 0
	for i := range w.ids {
		if !w.waits[i] {
			continue
		}
		n++
		w.waits[i] = false
		if discard {
			w.again[i][w.shown[i]] = w.clock.Now()
			w.shown[i] = "active"
		} else {
			w.has[i] = false
		}
	}
	if got.Done != n || got.Waiting != n {
		w.Fatalf("%d waited, and it says %+v", n, got)
	}
}

func (w *staff) reload(limit adapter.DeprovisionLimit) {
	w.limit = limit
	w.opts.Configure = func(c *adapter.TenantConfig) { c.DeprovisionLimit = limit }
	old := w.s.Generation
	w.s.Use(w.opts)
	old.Retire()
}

// check compares the model with what is seen from both sides.
func (w *staff) check() {
	waiting := 0
	for i := range w.ids {
		if w.waits[i] {
			waiting++
		}
		r := w.s.Do("GET", "/Users/"+w.ids[i], nil)
		if got := map[bool]string{true: "gone", false: "inactive"}[r.Status == http.StatusNotFound]; r.Get("active").Bool() {
			if w.shown[i] != "active" {
				w.Fatalf("%d is shown active, the model says %s", i, w.shown[i])
			}
		} else if w.shown[i] != got {
			w.Fatalf("%d is shown %s, the model says %s", i, got, w.shown[i])
		}
	}
	state, err := w.s.Tenant().LimitState(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	if state.Waiting != waiting || (w.limit.Window > 0 && (state.Taken != w.within() || state.Most != w.most())) || (waiting > 0 && !state.Alarm) {
		w.Fatalf("it stands at %+v; the model has %d taken of %d, %d waiting", state, w.within(), w.most(), waiting)
	}
}

func (w *staff) settle() {
	w.s.WaitIdle()
	members := w.s.App("GET", "/members", nil).Get("members")
	for i, id := range w.ids {
		m := members.Get(fmt.Sprintf("#(ref==%q)", id))
		if got := m.Get("state").Str == "active"; got != w.has[i] {
			w.Fatalf("%d has access: %v, the model says %v", i, got, w.has[i])
		}
	}
}

// TestLimitModel does random things to people under a deprovision limit, and compares who has access with a model.
func TestLimitModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		limits := []adapter.DeprovisionLimit{hour(2, 0), hour(1, 0), hour(5, 0), hour(0, 40), hour(4, 90), {Users: 3, Window: 4 * time.Hour}}
		w := &staff{T: rt, clock: clocktest.New(), limit: rapid.SampledFrom(limits).Draw(rt, "limit")}
		w.opts = adaptertest.Options{Clock: w.clock.Now, Configure: func(c *adapter.TenantConfig) { c.DeprovisionLimit = w.limit }}
		w.s = adaptertest.Start(t, w.opts)
		defer w.s.Stop()
		const n = 8
		for i := range n {
			r := w.s.Do("POST", "/Users", user(fmt.Sprint("u", i)))
			w.ids, w.has, w.shown = append(w.ids, r.Get("id").Str), append(w.has, true), append(w.shown, "active")
			w.again = append(w.again, map[string]time.Time{})
		}
		w.waits = make([]bool, n)
		for range rapid.IntRange(5, 30).Draw(rt, "steps") {
			i := rapid.IntRange(0, n-1).Draw(rt, "whom")
			switch step := rapid.SampledFrom([]string{"off", "off", "drop", "drop", "back", "later", "release", "discard", "reload", "settle"}).Draw(rt, "step"); step {
			case "off":
				w.take(i, "inactive")
			case "drop":
				w.take(i, "gone")
			case "back":
				w.bringBack(i)
			case "later":
				w.clock.Advance(time.Duration(rapid.IntRange(1, 90).Draw(rt, "minutes")) * time.Minute)
			case "release", "discard":
				w.release(step == "discard")
			case "reload":
				w.reload(rapid.SampledFrom(limits).Draw(rt, "limit"))
			case "settle":
				w.settle()
			}
			w.check()
		}
		w.settle()
		if !slices.Contains(w.waits, true) {
			w.clock.Advance(4 * time.Hour)
			w.reload(w.limit)
			for range 100_000 {
				if state, err := w.s.Tenant().LimitState(context.Background()); err == nil && !state.Alarm {
					return
				}
			}
			w.Fatal("nothing waits, and the alarm is not cleared")
		}
	})
}

package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// governance is what the model knows of a tenant's releases. Release n is denying[n-1].
type governance struct {
	denying []bool
	ruled   []bool // it has ruled
	active  uint64
	canary  uint64
	percent int
	shadow  uint64
	history []uint64
}

func (g *governance) previous() uint64 {
	if g.canary != 0 {
		return g.active
	}
	if len(g.history) == 0 {
		return 0
	}
	return g.history[len(g.history)-1]
}

func (g *governance) state(n uint64) store.ReleaseState {
	switch {
	case n == g.active:
		return store.ReleaseActive
	case n == g.canary:
		return store.ReleaseCanary
	case n == g.shadow:
		return store.ReleaseShadow
	case g.ruled[n-1]:
		return store.ReleaseRetired
	}
	return store.ReleaseUploaded
}

// republic is the model and the stack that it is compared with.
type republic struct {
	*rapid.T
	t    *testing.T
	s    *adaptertest.Stack
	opts adaptertest.Options
	governance
	people int
}

func (w *republic) check() {
	w.Helper()
	st, err := w.s.Tenant().Policies(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	type view struct {
		Active, Canary, Shadow, Previous uint64
		Percent                          int
		States                           []string
	}
	got := view{st.Active, st.Canary, st.Shadow, st.Previous, st.CanaryPercent, nil}
	want := view{w.active, w.canary, w.shadow, w.previous(), w.percent, nil}
	for _, r := range st.Releases {
		got.States = append(got.States, fmt.Sprint(r.Number, r.State))
	}
	for i := len(w.denying); i > 0; i-- {
		want.States = append(want.States, fmt.Sprint(i, w.state(uint64(i))))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.Fatalf("the releases are not what the model says (-model +server):\n%s", diff)
	}
	if st.Trouble != "" {
		w.Fatalf("the status says %q", st.Trouble)
	}
}

// write makes a user, and compares who has judged it and how.
func (w *republic) write() {
	w.Helper()
	w.people++
	r, err := w.s.Send("POST", w.s.URL+"/Users", user(fmt.Sprintf("u%d", w.people)), "Authorization", "Bearer "+adaptertest.Token)
	if err != nil {
		w.Fatal(err)
	}
	var op *store.Operation
	err = w.s.Tenant().Journal(context.Background(), func(o *store.Operation) bool {
		if o.ResourceType == store.User {
			op = o
		}
		return op == nil
	})
	if err != nil {
		w.Fatal(err)
	}
	if op.Release != w.active && op.Release != w.canary {
		w.Fatalf("judged by release %d, and %d and %d rule", op.Release, w.active, w.canary)
	}
	want := 201
	if op.Release != 0 && w.denying[op.Release-1] {
		want = 403
	}
	if r.Status != want {
		w.Fatalf("release %d has answered %d %s", op.Release, r.Status, r.Body)
	}
}

func (w *republic) push(deny bool) {
	module := allowing
	if deny {
		module = denying
	}
	r, _, err := w.s.Tenant().PushPolicy(context.Background(), adapter.Upload{Module: module})
	if err != nil {
		w.Fatal(err)
	}
	w.denying, w.ruled = append(w.denying, deny), append(w.ruled, false)
	if r.Number != uint64(len(w.denying)) {
		w.Fatalf("release %d is number %d", len(w.denying), r.Number)
	}
}

func (w *republic) promote(n uint64, percent int) {
	err := w.s.Tenant().PromotePolicy(context.Background(), n, percent, "ops")
	if percent < 100 && n == w.active {
		if err == nil {
			w.Fatal("the active release became a canary")
		}
		return
	}
	if err != nil {
		w.Fatal(err)
	}
	w.rule(n)
	if percent < 100 {
		w.canary, w.percent = n, percent
		return
	}
	was := w.active
	w.history = slices.DeleteFunc(w.history, func(x uint64) bool { return x == n || x == was })
	if was != 0 && was != n {
		w.history = append(w.history, was)
	}
	w.history = w.history[max(0, len(w.history)-store.MaxHistory):]
	w.active, w.canary, w.percent = n, 0, 0
}

func (w *republic) rule(n uint64) {
	w.ruled[n-1] = true
	if w.shadow == n {
		w.shadow = 0
	}
}

func (w *republic) rollback() {
	r, err := w.s.Tenant().RollbackPolicy(context.Background(), "ops")
	switch {
	case w.canary != 0:
		w.canary, w.percent = 0, 0
	case len(w.history) == 0:
		if !errors.Is(err, adapter.ErrNoPrevious) {
			w.Fatalf("rolled back to nothing: %v", err)
		}
		return
	default:
		w.active = w.history[len(w.history)-1]
		w.history = w.history[:len(w.history)-1]
		w.rule(w.active)
	}
	if err != nil {
		w.Fatal(err)
	}
	if r.Number != w.active {
		w.Fatalf("rolled back to %+v", r)
	}
}

// Whatever is uploaded, tried, promoted and taken back in whatever order, over restarts and reloads, what rules is what
// the model says, and each write is judged by it.
func TestReleaseModel(t *testing.T) {
	t.Parallel()
	host := adaptertest.Host(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := &republic{T: rt, t: t, opts: adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), Policies: host}}
		w.s = adaptertest.Start(t, w.opts)
		defer func() { w.s.Stop() }()
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			step := rapid.SampledFrom([]string{
				"push", "push", "shadow", "unshadow", "promote", "promote", "canary", "rollback", "rollback", "restart", "reload", "write", "write",
			}).Draw(rt, "step")
			var n uint64
			if len(w.denying) > 0 {
				n = rapid.Uint64Range(1, uint64(len(w.denying))).Draw(rt, "release")
			}
			switch {
			case step == "push":
				w.push(rapid.Bool().Draw(rt, "denies"))
			case step == "unshadow":
				if err := w.s.Tenant().ShadowPolicy(context.Background(), 0, ""); err != nil {
					w.Fatal(err)
				}
				w.shadow = 0
			case step == "rollback":
				w.rollback()
			case step == "restart":
				w.s.Stop()
				w.s = adaptertest.Start(w.t, w.opts)
			case step == "reload":
				old := w.s.Generation
				w.opts.Configure = func(c *adapter.TenantConfig) { c.Policies.Limits.Fuel = uint64(1_000_000 + w.people) }
				w.s.Use(w.opts)
				if err := old.Close(context.Background()); err != nil {
					w.Fatal(err)
				}
			case step == "write":
				w.write()
			case n == 0:
			case step == "shadow":
				err := w.s.Tenant().ShadowPolicy(context.Background(), n, "")
				if rules := n == w.active || n == w.canary; (err != nil) != rules {
					w.Fatalf("a shadow of release %d: %v", n, err)
				} else if !rules {
					w.shadow = n
				}
			case step == "promote":
				w.promote(n, 100)
			case step == "canary":
				w.promote(n, rapid.IntRange(1, 99).Draw(rt, "percent"))
			}
			w.check()
		}
		w.write()
	})
}

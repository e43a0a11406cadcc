package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tidwall/gjson"
)

// patience bounds how long everything that waits takes once nothing fails any more.
const patience = 2 * time.Minute

// check ends all failures, waits for the end of all deliveries, and compares what the clients were told with what SCIM
// shows and with what the application has.
func (h *harness) check(ctx context.Context, workers []*worker) error {
	h.fault(ctx, http.MethodDelete, "")
	h.blind(nil)
	h.await(ctx)
	if err := h.until(ctx, "the application has what it is to have", func() error {
		return errors.Join(h.drained(ctx), h.compare(ctx, workers))
	}); err != nil {
		return err
	}
	for _, w := range workers {
		w.checkAll()
	}
	if err := errors.Join(h.failed(), h.listed(ctx, workers), h.logs()); err != nil {
		return err
	}
	return h.again(ctx, workers)
}

// until tries until there is no error.
func (h *harness) until(ctx context.Context, what string, try func() error) error {
	for deadline := time.Now().Add(patience); ; h.pause(ctx, 50*time.Millisecond) {
		err := try()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("%s: not in %s: %w", what, patience, err)
		}
	}
}

// drained asks the admin endpoint for the backlog.
func (h *harness) drained(ctx context.Context) error {
	r, err := ask(ctx, h.http, http.MethodGet, h.admin+"/scim/tenants", "")
	if err != nil {
		return err
	}
	if n := r.get("tenants.0.backlog"); !r.ok() || n.Raw != "0" {
		return fmt.Errorf("the backlog is %s", r)
	}
	return nil
}

// compare compares what the application has with what was acknowledged.
func (h *harness) compare(ctx context.Context, workers []*worker) error {
	members, err := ask(ctx, h.http, http.MethodGet, h.legacy+"/members", "")
	if err != nil {
		return err
	}
	teams, err := ask(ctx, h.http, http.MethodGet, h.legacy+"/teams", "")
	if err != nil {
		return err
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	byRef := func(list []gjson.Result) map[string]gjson.Result {
		m := map[string]gjson.Result{}
		for _, it := range list {
			ref := it.Get("ref").Str
			if twice, ok := m[ref]; ok {
				bad("there are two: %s and %s", it.Raw, twice.Raw)
			}
			m[ref] = it
		}
		return m
	}
	accounts, groups := byRef(members.get("members").Array()), byRef(teams.get("teams").Array())
	seats := map[*group][]string{} // the numbers of the accounts that are to be in a group
	for _, w := range workers {
		for _, u := range w.users {
			a, has := accounts[u.id]
			delete(accounts, u.id)
			for g := range u.in {
				if has {
					seats[g] = append(seats[g], a.Get("no").Raw)
				}
			}
			if err := u.compare(a); err != nil {
				errs = append(errs, err)
			}
		}
	}
	list := slices.Clone(h.shared)
	for _, w := range workers {
		list = append(list, w.groups...)
	}
	for _, g := range list {
		team, has := groups[g.id]
		delete(groups, g.id)
		if has != (g.name != "") || team.Get("name").Str != g.name {
			bad("group %s (%s) is to be %q, and the application has %s", g.no, g.id, g.name, team.Raw)
		}
		got := []string{}
		for _, no := range team.Get("members").Array() {
			got = append(got, no.Raw)
		}
		want := append([]string{}, seats[g]...)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			bad("group %s (%s) is to have %v, and the application has %v", g.no, g.id, want, got)
		}
	}
	if len(accounts)+len(groups) > 0 {
		bad("nobody's accounts and teams: %v %v", accounts, groups)
	}
	return errors.Join(errs...)
}

// compare checks the account that the application has for a user.
func (u *user) compare(a gjson.Result) error {
	state := "active"
	if !u.is.Active {
		state = "suspended"
	}
	switch {
	case !u.is.Present && !a.Exists(), u.is.Present && !u.is.Active && !a.Exists():
		return nil // for who is not active no account is made
	case u.is.Present && a.Get("state").Str == state && a.Get("login").Str == u.is.Login && a.Get("title").Str == u.is.Title:
		return nil
	}
	return fmt.Errorf("user %s (%s) is to be %+v, and the application has %s", u.no, u.id, u.is, a.Raw)
}

// listed checks that SCIM shows nobody else, and nobody twice.
func (h *harness) listed(ctx context.Context, workers []*worker) error {
	want := map[string]int{"/Users": 0, "/Groups": len(h.shared)}
	for _, w := range workers {
		for _, u := range w.users {
			if u.is.Present {
				want["/Users"]++
			}
		}
		for _, g := range w.groups {
			if g.name != "" {
				want["/Groups"]++
			}
		}
	}
	for path, n := range want {
		r, err := workers[0].do(ctx, http.MethodGet, path+"?count=1", "")
		if err != nil {
			return err
		}
		if r.get("totalResults").Int() != int64(n) {
			return fmt.Errorf("GET %s lists %s, and there are to be %d", path, r, n)
		}
	}
	return nil
}

// again restarts Caddy: nothing is left to be done.
func (h *harness) again(ctx context.Context, workers []*worker) error {
	if err := errors.Join(h.caddy.end(syscall.SIGTERM), h.caddy.start(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	before := total(h.gate.counts())
	h.await(ctx)
	if err := errors.Join(h.drained(ctx), h.compare(ctx, workers)); err != nil {
		return fmt.Errorf("after another start: %w", err)
	}
	// What was due before it would be told before it.
	w := workers[0]
	last := &user{no: "last", in: map[*group]bool{}}
	w.create(last, person{Present: true, Active: true, Login: "last", Title: last.revise()})
	if err := h.until(ctx, "the last user is told", func() error {
		r, err := ask(ctx, h.http, http.MethodGet, h.legacy+"/members?login=last", "")
		if err == nil && len(r.get("members").Array()) == 0 {
			err = errors.New("it is not there")
		}
		return err
	}); err != nil {
		return err
	}
	if n := total(h.gate.counts()) - before; n != 1 {
		return fmt.Errorf("after another start the application got %d requests; only one was to be", n)
	}
	return h.failed()
}

// trouble is what a log must not have.
var trouble = regexp.MustCompile(`(?m)^(panic: |fatal error: |goroutine \d|.*"level":"(error|fatal|panic)").*$`)

// logs looks into what the processes have said.
func (h *harness) logs() error {
	var errs []error
	for _, p := range []*process{h.caddy, h.app} {
		said, err := os.ReadFile(filepath.Join(h.dir, p.name+".log")) //nolint:gosec // below the folder that the caller names
		if err != nil {
			return err
		}
		for _, line := range trouble.FindAllString(string(said), 5) {
			errs = append(errs, fmt.Errorf("%s has said: %s", p.name, strings.TrimSpace(line)))
		}
	}
	return errors.Join(errs...)
}

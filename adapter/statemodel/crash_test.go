package statemodel_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
)

// Wherever the process dies on the way of a few changes, before and after each transaction and each call on the
// application, and however the first call after that fails: what was acknowledged is so, and in the end the application
// has what it is to have, once.
func TestEveryPointOfDeath(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		"create", "create title", "create delete", "create delete create", "create off on", "create off title on", "create rename delete create",
		"create rename rename delete create", "off on delete", "create title title delete create title", "create off delete create", "create delete create delete",
	} {
		for _, then := range []string{"", "429", "500 when done", "slow and dropped when done"} {
			for _, wait := range []time.Duration{time.Millisecond, 30 * time.Second} {
				t.Run(fmt.Sprintf("%s then %s waiting %s", script, then, wait), func(t *testing.T) {
					t.Parallel()
					for point, died := 1, true; died; point++ {
						synctest.Test(t, func(t *testing.T) { died = dieAt(t, point, strings.Fields(script), then, wait) })
						if point > 300 {
							t.Fatal("there is no end of it")
						}
					}
				})
			}
		}
	}
}

// dieAt carries a script out in a process that dies at a point, and reports whether it came to that.
func dieAt(t *testing.T, point int, script []string, then string, wait time.Duration) (died bool) {
	m := &machine{reporter: t, rules: settings{wait: wait, lifecycle: adapter.Lifecycle{OnDelete: adapter.RuleDelete, OnInactive: adapter.RuleSuspend}}}
	m.rig = newRig(m.configured, nil)
	defer m.stop()
	u := &dweller{name: "ann"}
	m.users = append(m.users, u)
	m.mu.Lock() // the process is at work already
	m.dieIn = point
	m.mu.Unlock()
	for _, step := range script {
		before := m.lives
		m.step(u, step)
		if m.lives > before { // what nobody answered is asked for again, as clients do
			died = true
			m.mu.Lock()
			m.faults = []string{then}
			m.mu.Unlock()
			m.step(u, step)
		}
	}
	m.mu.Lock()
	died = died || m.dieIn == 0
	m.mu.Unlock()
	m.settle()
	return died
}

// step is one change of a script.
func (m *machine) step(u *dweller, step string) {
	next := u.is
	next.Present = true
	switch step {
	case "create", "off":
		if next.Title = m.title(); !u.is.Present {
			next.Login, next.Active = "ann", step == "create"
			m.send(u, "POST", m.document(u, next), next)
			return
		}
		if next.Active = false; step == "off" {
			m.send(u, "PATCH", fmt.Sprintf(`{"Operations":[{"op":"replace","value":{"active":false,"title":%q}}]}`, next.Title), next)
		}
	case "on":
		next.Active = true
		m.send(u, "PATCH", set("active", "true"), next)
	case "title":
		next.Title = m.title()
		m.send(u, "PATCH", set("title", fmt.Sprintf("%q", next.Title)), next)
	case "rename":
		next.Login += "b"
		m.send(u, "PATCH", set("userName", fmt.Sprintf("%q", next.Login)), next)
	case "delete":
		if u.is.Present {
			m.send(u, "DELETE", "", asked{})
		}
	}
}

// A group that is deleted before the application could be told of it leaves nothing to be done.
func TestGroupThatNeverWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &machine{reporter: t, rules: settings{wait: time.Millisecond}}
		m.rig = newRig(m.configured, nil)
		defer m.stop()
		m.faults = []string{"429"}
		id := m.do("POST", "/Groups", `{"displayName":"staff"}`).Get("id").Str
		if r := m.do("DELETE", "/Groups/"+id, ""); r.Status != 204 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
		m.settle()
	})
}

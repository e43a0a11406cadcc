package endpoint_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// Every write that is acknowledged yields exactly one event, and those of one resource come in the order of its writes,
// whatever the application does meanwhile. A write that is refused, or that changes nothing, yields none.
func TestOneEventForEachWrite(t *testing.T) {
	t.Parallel()
	var o outage
	s := adaptertest.Start(t, adaptertest.Options{Wrap: o.wrap, Configure: withStreams(adapter.StreamConfig{Name: "audit"})})
	run, n := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		m := eventModel{t: t, s: s, users: make([]modelUser, 3), want: map[string][]string{}}
		for i := range m.users {
			m.users[i].name = fmt.Sprintf("u%d-%d", run, i)
		}
		for range rapid.IntRange(1, 10).Draw(t, "writes") {
			n++
			switch rapid.SampledFrom([]string{"write", "write", "write", "write", "down", "up"}).Draw(t, "step") {
			case "down":
				o.down.Store(true)
			case "up":
				o.down.Store(false)
			default:
				m.write(n, o.down.Load())
			}
		}
		o.down.Store(false)
		s.WaitIdle()
		m.check()
	})
}

type modelUser struct {
	name, id string
	exists   bool
	active   bool
}

type eventModel struct {
	t     *rapid.T
	s     *adaptertest.Stack
	users []modelUser
	want  map[string][]string // by the resource's path
}

// write changes one user. n makes what it writes unlike all before.
func (m *eventModel) write(n int, down bool) {
	u := &m.users[rapid.IntRange(0, len(m.users)-1).Draw(m.t, "user")]
	var header []string
	async := rapid.Bool().Draw(m.t, "async")
	if async {
		header = []string{"Prefer", "respond-async"}
	}
	event, method, path, body := "", "PATCH", "/Users/"+u.id, any(nil)
	verb := "POST"
	if u.exists {
		verb = rapid.SampledFrom([]string{"PUT", "PATCH", "PATCH", "active", "DELETE", "nothing", "refused"}).Draw(m.t, "verb")
	}
	title := func(text string) string {
		return fmt.Sprintf(`{"Operations":[{"op":"replace","path":"title","value":%q}]}`, text)
	}
	switch verb {
	case "POST":
		event, method, path, body = "prov:create:notice", "POST", "/Users", user(u.name)
		u.exists, u.active = true, true
	case "PUT":
		event, method = "prov:put:notice", "PUT"
		body = strings.Replace(user(u.name), `"Doe"`, fmt.Sprintf(`"Doe-%d"`, n), 1)
		if !u.active {
			event = "prov:activate " + event
		}
		u.active = true
	case "PATCH":
		event, body = "prov:patch:notice", title(fmt.Sprintf("Dr %d", n))
	case "active":
		u.active = !u.active
		event, body = "prov:deactivate prov:patch:notice", patchActive(fmt.Sprint(u.active))
		if u.active {
			event = "prov:activate prov:patch:notice"
		}
	case "DELETE":
		event, method = "prov:delete", "DELETE"
		u.exists = false
	case "nothing":
		body = patchActive(fmt.Sprint(u.active))
	case "refused":
		if down || !u.active {
			return // it would be refused later, or not at all: who was never let in is not told of
		}
		m.s.WaitIdle() // what is told to the application in one go is refused in one go
		body = `{"Operations":[{"op":"add","path":"userType","value":"emperor"}]}`
	}
	resp := m.s.Do(method, path, body, header...)
	switch {
	case verb == "refused" && resp.Status == http.StatusBadRequest:
		if async {
			event = "misc:asyncresp" // as was asked for, though the answer came in time
		}
	case verb == "refused" && async && resp.Status == http.StatusAccepted:
		event = "misc:asyncresp"
		m.s.WaitIdle() // as above
	case resp.Status == http.StatusAccepted:
		event = "misc:asyncresp " + event
	case resp.Status >= 300 || verb == "refused":
		m.t.Fatalf("%s %s: %d %s", method, path, resp.Status, resp.Body)
	case async && event != "":
		event = "misc:asyncresp " + event
	}
	if u.id == "" {
		got := m.s.Want(200, "GET", "/Users?filter=userName%20eq%20%22"+u.name+"@acme.example%22", nil)
		if u.id = got.Get("Resources.0.id").Str; u.id == "" {
			m.t.Fatalf("the user that was made is not there: %s", got.Body)
		}
	}
	if event != "" {
		m.want["/Users/"+u.id] = append(m.want["/Users/"+u.id], event)
	}
}

// check takes all events and compares them.
func (m *eventModel) check() {
	got := map[string][]string{}
	txns := map[string]bool{}
	for {
		var acks []string
		for _, e := range poll(m.s.TB, m.s, "audit", `{"maxEvents":7,"returnImmediately":true}`) {
			path := e.Get("sub_id.uri").Str
			got[path] = append(got[path], kinds(e))
			if txn := e.Get("txn").Str; txns[txn] {
				m.t.Errorf("two events of %s", txn)
			} else {
				txns[txn] = true
			}
			acks = append(acks, fmt.Sprintf("%q", e.Get("jti").Str))
		}
		if acks == nil {
			break
		}
		m.s.Want(200, "POST", "/Events/poll/audit", `{"maxEvents":0,"returnImmediately":true,"ack":[`+strings.Join(acks, ",")+`]}`)
	}
	if diff := cmp.Diff(m.want, got); diff != "" {
		m.t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

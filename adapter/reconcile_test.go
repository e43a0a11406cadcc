package adapter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// compared is a stack whose application can be read, and a clock.
type compared struct {
	*adaptertest.Stack
	clock *clocktest.Clock
}

func listsOf(cfg *connector.Config) {
	cfg.List = &connector.ListRoute{
		Path: "/members", Items: "members", ID: "no", Active: &connector.ActiveWhen{Path: "state", Values: []string{"active"}},
		Map: []connector.Field{{Target: "userName", Source: "login"}, {Target: "emails.value", Source: "mail"}, {Target: "userType", Source: "role"}},
	}
	cfg.Groups.List = &connector.ListRoute{
		Path: "/teams", Items: "teams", ID: "no", Map: []connector.Field{{Target: "displayName", Source: "name"}},
		Members: &connector.ListMembers{IDs: "members"},
	}
}

func startCompared(t *testing.T, opts adaptertest.Options) *compared {
	t.Helper()
	clock := clocktest.New()
	opts.Clock = clock.Now
	change := opts.Connector
	opts.Connector = func(cfg *connector.Config) {
		listsOf(cfg)
		if change != nil {
			change(cfg)
		}
	}
	return &compared{adaptertest.Start(t, opts), clock}
}

// reconcile runs a comparison to its end.
func (s *compared) reconcile(options adapter.ReconcileOptions, state store.JobState) (*store.Job, []store.JobItem) {
	s.TB.Helper()
	s.WaitIdle()
	s.clock.Advance(time.Minute)
	raw, err := json.Marshal(options)
	if err != nil {
		s.TB.Fatal(err)
	}
	j, err := s.Tenant().StartJob(s.TB.Context(), store.JobReconcile, adapter.JobRequest{By: "ops", Options: raw})
	if err != nil {
		s.TB.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.TB.Context(), time.Minute)
	defer cancel()
	err = s.Tenant().FollowJob(ctx, store.JobReconcile, j.ID, func(now *store.Job) error {
		j = now
		return nil
	})
	if err != nil || j.State != state {
		s.TB.Fatalf("the comparison: %v, %s: %s", err, j.State, j.Detail)
	}
	items, err := s.Tenant().JobItems(ctx, j.ID, "")
	if err != nil {
		s.TB.Fatal(err)
	}
	s.WaitIdle()
	return j, items
}

func kinds(items []store.JobItem) (list []string) {
	for _, i := range items {
		list = append(list, i.Kind+" "+i.Name)
	}
	slices.Sort(list)
	return list
}

func (s *compared) member(login string) gjson.Result {
	s.TB.Helper()
	return s.App(http.MethodGet, "/members?login="+login, nil).Get("members.0")
}

// drift makes five users, and lets three of them and a team drift.
func (s *compared) drift() (ids map[string]string) {
	s.TB.Helper()
	ids = map[string]string{}
	var members []string
	for _, name := range []string{"same", "renamed", "off", "on", "gone"} {
		ids[name] = s.Want(201, "POST", "/Users", user(name)).Get("id").Str
		members = append(members, fmt.Sprintf(`{"value":%q}`, ids[name]))
	}
	ids["team"] = s.Want(201, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"crew","members":[`+strings.Join(members[:2], ",")+`]}`).Get("id").Str
	s.Want(200, "PATCH", "/Users/"+ids["on"], `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`)
	s.WaitIdle()
	no := func(name string) string { return s.member(name + "@acme.example").Get("no").Raw }
	s.App(http.MethodPatch, "/members/"+no("renamed"), `{"mail":"elsewhere@acme.example"}`)
	s.App(http.MethodPost, "/members/"+no("off")+"/suspend", nil)
	s.App(http.MethodPost, "/members/"+no("on")+"/restore", nil)
	team := s.Team("crew").Get("no").Str
	s.App(http.MethodDelete, "/teams/"+team+"/members/"+no("same"), nil)
	s.App(http.MethodPut, "/teams/"+team+"/members/"+no("off"), nil)
	s.App(http.MethodDelete, "/members/"+no("gone"), nil)
	s.App(http.MethodPost, "/members", `{"login":"local","mail":"local@acme.example"}`)
	return ids
}

var allDrift = []string{
	"fields renamed@acme.example", "members crew", "members crew", "missing gone@acme.example", "state off@acme.example", "state on@acme.example", "unmanaged local",
}

func (s *compared) wantKinds(items []store.JobItem, want ...string) {
	s.TB.Helper()
	if got := kinds(items); !slices.Equal(got, want) {
		s.TB.Errorf("the report names\n%q, want\n%q", got, want)
	}
}

func (s *compared) alarms(want int) {
	s.TB.Helper()
	list, err := s.Tenant().Alarms(s.TB.Context())
	if err != nil || len(list) != want {
		s.TB.Errorf("alarms: %+v, %v, want %d", list, err, want)
	}
}

func TestReconcileReportsAndTouchesNothing(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{})
	s.drift()
	writes := s.App(http.MethodGet, "/requests", nil).Get("#").Int()
	for range 2 {
		j, items := s.reconcile(adapter.ReconcileOptions{}, store.JobDone)
		s.wantKinds(items, allDrift...)
		if j.Counts["compared"] != 5 || j.Counts["repaired"] != 0 {
			t.Errorf("%v", j.Counts)
		}
		for _, i := range items {
			if i.Kind == "fields" && gjson.GetBytes(i.More, "0").Raw != `{"path":"emails.value","told":"renamed@acme.example","found":"elsewhere@acme.example"}` {
				t.Errorf("%s", i.More)
			}
		}
	}
	_ = writes
	if m := s.member("renamed@acme.example"); m.Get("mail").Str != "elsewhere@acme.example" {
		t.Error("it was repaired")
	}
	s.alarms(1)
}

func TestReconcileRepairs(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{})
	s.drift()
	j, items := s.reconcile(adapter.ReconcileOptions{Mode: adapter.ReconcileRepair}, store.JobDone)
	s.wantKinds(items, allDrift...)
	if j.Counts["repaired"] != 5 {
		t.Errorf("%v", j.Counts)
	}
	for name, want := range map[string]string{"same": "active", "renamed": "active", "off": "active", "on": "suspended", "gone": "active"} {
		m := s.member(name + "@acme.example")
		if m.Get("state").Str != want || m.Get("mail").Str != name+"@acme.example" {
			t.Errorf("%s: %s", name, m.Raw)
		}
	}
	team := s.Team("crew")
	want := fmt.Sprintf("[%s,%s]", s.member("same@acme.example").Get("no").Raw, s.member("renamed@acme.example").Get("no").Raw)
	if team.Get("members").Raw != want {
		t.Errorf("the team is %s, want %s", team.Get("members").Raw, want)
	}
	s.alarms(0)
	if _, items = s.reconcile(adapter.ReconcileOptions{}, store.JobDone); !slices.Equal(kinds(items), []string{"unmanaged local"}) {
		t.Errorf("after the repair there is still %q", kinds(items))
	}
}

func TestReconcileAccepts(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{})
	ids := s.drift()
	before := s.App(http.MethodGet, "/requests", nil).Body
	j, items := s.reconcile(adapter.ReconcileOptions{Mode: adapter.ReconcileAccept}, store.JobDone)
	s.wantKinds(items, append(append([]string{}, allDrift[:4]...), "refused crew", "refused on@acme.example", allDrift[4], allDrift[5], allDrift[6])...)
	_, _ = before, j
	for name, want := range map[string]string{"same": "true", "renamed": "true", "off": "false", "on": "false", "gone": "false"} {
		if got := s.Want(200, "GET", "/Users/"+ids[name], nil); got.Get("active").Raw != want {
			t.Errorf("%s: %s", name, got.Body)
		}
	}
	if got := s.Want(200, "GET", "/Users/"+ids["renamed"], nil).Get("emails.0.value").Str; got != "elsewhere@acme.example" {
		t.Errorf("the address is %s", got)
	}
	group := s.Want(200, "GET", "/Groups/"+ids["team"], nil)
	if group.Get("members.#").Int() != 1 || group.Get("members.0.value").Str != ids["renamed"] {
		t.Errorf("the group is %s", group.Body)
	}
	if m := s.member("gone@acme.example"); m.Exists() {
		t.Errorf("an account came back: %s", m.Raw)
	}
	s.alarms(1) // of what was refused
	// The IdP brings the one back whose account is gone.
	s.Want(200, "PATCH", "/Users/"+ids["gone"], `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":true}]}`)
	s.WaitIdle()
	if m := s.member("gone@acme.example"); m.Get("state").Str != "active" {
		t.Errorf("the account is %s", m.Raw)
	}
}

// What was read is not what is there any more, once somebody has changed it.
func TestReconcileUndoesNoChangeMadeSince(t *testing.T) {
	t.Parallel()
	for _, mode := range []adapter.ReconcileMode{adapter.ReconcileAccept, adapter.ReconcileRepair} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			reconcileBesideChanges(t, mode)
		})
	}
}

func reconcileBesideChanges(t *testing.T, mode adapter.ReconcileMode) {
	t.Helper()
	var mu sync.Mutex
	var during func()
	s := startCompared(t, adaptertest.Options{Wrap: func(app http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			app.ServeHTTP(rec, r)
			if r.Method == http.MethodGet && (r.URL.Path == "/members" || r.URL.Path == "/teams") && r.URL.RawQuery == "" {
				mu.Lock()
				fn := during
				mu.Unlock()
				if fn != nil {
					fn() // after the list was made, and before anybody has read it
				}
			}
			for k, v := range rec.Header() {
				w.Header()[k] = v
			}
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		})
	}})
	ids := s.drift()
	change := func(path, body string) {
		if resp := s.Do("PATCH", path, body); resp.Status >= 300 {
			t.Errorf("%s: %d %s", path, resp.Status, resp.Body)
		}
	}
	mu.Lock()
	during = func() {
		for _, name := range []string{"renamed", "off", "on"} {
			change("/Users/"+ids[name], `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
				"Operations":[{"op":"replace","path":"title","value":"new"},{"op":"replace","path":"active","value":`+fmt.Sprint(name != "on")+`}]}`)
		}
		change("/Groups/"+ids["team"], `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"`+ids["same"]+`\"]"},
			{"op":"add","path":"members","value":[{"value":"`+ids["off"]+`"}]}]}`)
		if err := s.Tenant().Drained(t.Context()); err != nil {
			t.Error(err)
		}
	}
	mu.Unlock()
	j, items := s.reconcile(adapter.ReconcileOptions{Mode: mode}, store.JobDone)
	for _, i := range items {
		if i.Kind != "missing" && i.Kind != "unmanaged" {
			t.Errorf("%s of %s", i.Kind, i.Name)
		}
	}
	if j.Counts["moving"] < 3 {
		t.Errorf("%v", j.Counts)
	}
	for name, want := range map[string]bool{"renamed": true, "off": true, "on": false} {
		got := s.Want(200, "GET", "/Users/"+ids[name], nil)
		if got.Get("active").Bool() != want || got.Get("title").Str != "new" || got.Get("emails.0.value").Str != name+"@acme.example" {
			t.Errorf("%s: %s", name, got.Body)
		}
	}
	if group := s.Want(200, "GET", "/Groups/"+ids["team"], nil); group.Get("members.#").Int() != 2 {
		t.Errorf("the group is %s", group.Body)
	}
}

// A list that lacks many accounts is hardly the whole list.
func TestReconcileDistrustsAShortList(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{Wrap: func(app http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && r.URL.Path == "/members" && r.URL.RawQuery == "" {
				_, _ = w.Write([]byte(`{"members":[]}`))
				return
			}
			app.ServeHTTP(w, r)
		})
	}})
	for i := range 12 {
		s.Want(201, "POST", "/Users", user(fmt.Sprint("u", i)))
	}
	j, items := s.reconcile(adapter.ReconcileOptions{Mode: adapter.ReconcileRepair}, store.JobFailed)
	if !strings.Contains(j.Detail, "lacks 12 of 12 Users") || len(items) != 0 {
		t.Errorf("%s, %v", j.Detail, items)
	}
	// By the lookup they are all there.
	if _, items = s.reconcile(adapter.ReconcileOptions{Mode: adapter.ReconcileRepair, Force: true}, store.JobDone); len(items) != 0 {
		t.Errorf("%v", items)
	}
	if n := s.App(http.MethodGet, "/members?login=u0@acme.example", nil).Get("members.#").Int(); n != 1 {
		t.Errorf("there are %d accounts", n)
	}
}

// Without a lookup nobody can be sure that who is not in the list is gone.
func TestReconcileWithoutLookup(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{Connector: func(cfg *connector.Config) { cfg.Lookup = nil }})
	s.drift()
	_, items := s.reconcile(adapter.ReconcileOptions{Mode: adapter.ReconcileRepair}, store.JobDone)
	s.wantKinds(items, append(append(append([]string{}, allDrift[:4]...), "refused gone@acme.example"), allDrift[4:]...)...)
	if m := s.member("gone@acme.example"); m.Exists() {
		t.Errorf("the account is %s", m.Raw)
	}
	s.alarms(1)
}

// A comparison goes on when the application answers again, and one that a process has left begins anew.
func TestReconcileThroughFailuresAndRestarts(t *testing.T) {
	t.Parallel()
	app, dir := adaptertest.NewApp(), t.TempDir()
	reached, blocked := make(chan struct{}), make(chan struct{})
	opts := adaptertest.Options{App: app, Dir: dir, Wrap: func(app http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && r.URL.Path == "/teams" && r.URL.RawQuery == "" {
				close(reached)
				select {
				case <-r.Context().Done():
				case <-blocked:
				}
			}
			app.ServeHTTP(w, r)
		})
	}}
	s := startCompared(t, opts)
	s.drift()
	s.WaitIdle()
	s.clock.Advance(time.Minute)
	if _, err := s.Tenant().StartJob(t.Context(), store.JobReconcile, adapter.JobRequest{By: "ops", Options: json.RawMessage(`{"mode":"repair"}`)}); err != nil {
		t.Fatal(err)
	}
	<-reached // the users have been compared and mended
	s.Stop()
	close(blocked)
	again := startCompared(t, adaptertest.Options{App: app, Dir: dir})
	j, err := again.Tenant().Job(t.Context(), store.JobReconcile, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := again.Tenant().FollowJob(ctx, store.JobReconcile, j.ID, func(now *store.Job) error { j = now; return nil }); err != nil {
		t.Fatal(err)
	}
	if j.State != store.JobDone {
		t.Errorf("it is %s: %s", j.State, j.Detail)
	}
	again.WaitIdle()
	if m := again.member("renamed@acme.example"); m.Get("mail").Str != "renamed@acme.example" {
		t.Errorf("%s", m.Raw)
	}
	if _, items := again.reconcile(adapter.ReconcileOptions{}, store.JobDone); slices.ContainsFunc(items, func(i store.JobItem) bool { return i.ResourceType == store.User && i.Kind != "unmanaged" }) {
		t.Errorf("there is still %q", kinds(items))
	}
}

func TestReconcileOptions(t *testing.T) {
	t.Parallel()
	s := startCompared(t, adaptertest.Options{})
	for options, problem := range map[string]string{`{"mode":"undo"}`: `mode: "undo" is not one of report, repair, accept`, `[]`: "options are not what is wanted"} {
		if _, err := s.Tenant().StartJob(t.Context(), store.JobReconcile, adapter.JobRequest{Options: json.RawMessage(options)}); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v", options, err)
		}
	}
	none := adaptertest.Start(t, adaptertest.Options{})
	if _, err := none.Tenant().StartJob(t.Context(), store.JobReconcile, adapter.JobRequest{}); err == nil || !strings.Contains(err.Error(), "list: missing") {
		t.Errorf("without a list: %v", err)
	}
}

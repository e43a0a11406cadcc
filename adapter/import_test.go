package adapter_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

const filterUser = "/Users?filter=userName%20eq%20%22"

// What the application has becomes resources, of which it is told nothing, and which identity providers find.
func TestImport(t *testing.T) {
	t.Parallel()
	c := newClub(t)
	c.size = 2
	for i := range 5 {
		c.join(fmt.Sprintf("u%d", i), "mail", fmt.Sprintf("u%d@acme.example", i), "hr", fmt.Sprintf("hr-%d", i))
	}
	off := c.join("off", "state", "suspended")
	s := clubStack(t, c, nil)
	job := runImport(t, s.Tenant(), adapter.JobRequest{By: "ops"})
	want := map[string]int64{"users.read": 6, "users.created": 6}
	if job.State != store.JobDone || cmp.Diff(want, job.Counts) != "" {
		t.Fatalf("%+v", job)
	}
	s.WaitIdle()
	if w := c.written(); len(w) != 0 {
		t.Errorf("the application was told: %v", w)
	}
	found := s.Want(200, "GET", filterUser+"u3%22", nil)
	if found.Get("totalResults").Int() != 1 || found.Get("Resources.0.emails.0.value").Str != "u3@acme.example" || !found.Get("Resources.0.active").Bool() {
		t.Errorf("found %s", found.Body)
	}
	if found := s.Want(200, "GET", `/Users?filter=externalId%20eq%20%22hr-4%22`, nil); found.Get("totalResults").Int() != 1 {
		t.Errorf("by externalId: %s", found.Body)
	}
	gone := s.Want(200, "GET", filterUser+"off%22", nil)
	if gone.Get("Resources.0.active").Type != gjson.False {
		t.Errorf("somebody inactive: %s", gone.Body)
	}

	// What the identity provider says of them reaches the account that was there.
	s.Want(200, "PATCH", "/Users/"+gone.Get("Resources.0.id").Str, `{"Operations":[{"op":"replace","path":"active","value":true}]}`)
	s.WaitIdle()
	if w := c.written(); !slices.Equal(w, []string{fmt.Sprintf("POST /members/%d/restore", off)}) {
		t.Errorf("the application was told: %v", w)
	}

	// Once more there is nothing to do.
	job = runImport(t, s.Tenant(), adapter.JobRequest{By: "ops"})
	if want := map[string]int64{"users.read": 6, "users.unchanged": 6}; cmp.Diff(want, job.Counts) != "" {
		t.Errorf("%v", job.Counts)
	}
	list, err := s.Tenant().Jobs(t.Context(), store.JobImport)
	if err != nil || len(list) != 2 || list[0].ID != job.ID || list[0].By != "ops" {
		t.Errorf("%v %v", list, err)
	}
}

// Each rule finds the user that an account belongs to, and where there is doubt nobody guesses.
func TestImportMatches(t *testing.T) {
	t.Parallel()
	c := newClub(t)
	s := clubStack(t, c, func(o *adaptertest.Options) {
		o.Configure = func(cfg *adapter.TenantConfig) {
			cfg.Lifecycle = adapter.Lifecycle{OnDelete: adapter.RuleNothing}
		}
	})
	inactive := func(doc string) string {
		var obj map[string]any
		if err := json.Unmarshal([]byte(doc), &obj); err != nil {
			t.Fatal(err)
		}
		obj["active"] = false // nobody inactive is created in the application
		return s.Want(201, "POST", "/Users", obj).Get("id").Str
	}
	byExternal := inactive(`{"userName":"other-1","externalId":"hr-1"}`)
	byName := inactive(`{"userName":"TWO"}`)
	byMail := inactive(`{"userName":"other-3","emails":[{"value":"three@acme.example"}]}`)
	inactive(`{"userName":"other-4a","emails":[{"value":"four@acme.example"}]}`)
	inactive(`{"userName":"other-4b","emails":[{"value":"four@acme.example"}]}`)
	linked := s.Want(201, "POST", "/Users", `{"userName":"five"}`).Get("id").Str
	deleted := s.Want(201, "POST", "/Users", `{"userName":"six"}`).Get("id").Str
	s.WaitIdle()
	s.Want(204, "DELETE", "/Users/"+deleted, nil)
	s.WaitIdle()
	before := len(c.written())

	one := c.join("one", "hr", "hr-1", "mail", "three@acme.example")
	two := c.join("two")
	three := c.join("three", "mail", "Three@Acme.example")
	four := c.join("four", "mail", "four@acme.example")
	five := c.join("FIVE")
	again := c.join("TWO")
	sixAgain := c.join("six")

	dry := runImport(t, s.Tenant(), adapter.JobRequest{By: "ops", DryRun: true})
	dryReport := report(t, s.Tenant(), dry.ID)
	job := runImport(t, s.Tenant(), adapter.JobRequest{By: "ops"})
	got := report(t, s.Tenant(), job.ID)
	slices.Sort(got)
	suspends := func(no int) string {
		return fmt.Sprintf("users.suspends %d the account is active and the user is not to be; it is switched off", no)
	}
	want := []string{
		fmt.Sprintf("users.adopted %d", one), fmt.Sprintf("users.adopted %d", two), fmt.Sprintf("users.adopted %d", three),
		suspends(one), suspends(two), suspends(three),
		fmt.Sprintf("users.conflict %d more than one resource has its emails.value", four),
		fmt.Sprintf("users.conflict %d the resource with its userName belongs to another account", five),
		fmt.Sprintf("users.conflict %d the resource with its userName belongs to another account", again),
		fmt.Sprintf("users.created %d", sixAgain),
		"users.deleted 2 its resource was deleted, and the application keeps the account",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	slices.Sort(dryReport)
	if diff := cmp.Diff(got, dryReport); diff != "" {
		t.Errorf("the dry run foretold something else: %s", diff)
	}
	if diff := cmp.Diff(job.Counts, dry.Counts); diff != "" || job.Counts["users.read"] != 9 || job.Counts["users.unchanged"] != 1 {
		t.Errorf("%v and dry %v", job.Counts, dry.Counts)
	}

	// Those who were linked are told what they are to be: these are inactive.
	s.WaitIdle()
	told := c.written()[before:]
	for id, no := range map[string]int{byExternal: one, byName: two, byMail: three} {
		if !slices.Contains(told, fmt.Sprintf("POST /members/%d/suspend", no)) {
			t.Errorf("%s is inactive, and the account %d was told %v", id, no, told)
		}
	}
	if s.Want(200, "GET", "/Users/"+linked, nil).Get("userName").Str != "five" {
		t.Error("somebody who has an account was changed")
	}
}

func TestImportGroups(t *testing.T) {
	t.Parallel()
	c := newClub(t)
	ada, bob, cem := c.join("ada"), c.join("bob"), c.join("cem")
	robot := c.join("")
	s := clubStack(t, c, nil)

	// The identity provider has pushed one of the teams already, while the application does not have it.
	runImport(t, s.Tenant(), adapter.JobRequest{Options: json.RawMessage(`{"types":["User"]}`)})
	id := func(login string) string {
		return s.Want(200, "GET", filterUser+login+"%22", nil).Get("Resources.0.id").Str
	}
	all := c.team("all", ada, bob, cem, robot, ada, 4711)
	c.team("none")
	c.team("")
	req := adapter.JobRequest{By: "ops", Options: json.RawMessage(`{"types":["Group"]}`)}
	dry := req
	dry.DryRun = true
	foretold := runImport(t, s.Tenant(), dry)
	job := runImport(t, s.Tenant(), req)
	want := map[string]int64{
		"groups.read": 3, "groups.created": 2, "groups.invalid": 1, "members.linked": 4, "members.unresolved": 2,
	}
	if diff := cmp.Diff(want, job.Counts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(job.Counts, foretold.Counts); diff != "" {
		t.Errorf("the dry run foretold something else: %s", diff)
	}
	if diff := cmp.Diff(report(t, s.Tenant(), job.ID), report(t, s.Tenant(), foretold.ID)); diff != "" {
		t.Errorf("the dry run foretold something else: %s", diff)
	}
	s.WaitIdle()
	if w := c.written(); len(w) != 0 {
		t.Errorf("the application was told: %v", w)
	}
	groups := s.Want(200, "GET", `/Groups?filter=displayName%20eq%20%22all%22`, nil)
	var members []string
	for _, m := range groups.Get("Resources.0.members.#.value").Array() {
		members = append(members, m.Str)
	}
	wantMembers := []string{id("ada"), id("bob"), id("cem")}
	slices.Sort(wantMembers)
	slices.Sort(members)
	if !slices.Equal(members, wantMembers) {
		t.Errorf("members %v, want %v", members, wantMembers)
	}

	// What the identity provider says of the members reaches the team that was there.
	s.Want(204, "PATCH", "/Groups/"+groups.Get("Resources.0.id").Str,
		`{"Operations":[{"op":"remove","path":"members[value eq \"`+id("bob")+`\"]"}]}`)
	s.WaitIdle()
	if w := c.written(); !slices.Equal(w, []string{fmt.Sprintf("DELETE /teams/%d/members/%d", all, bob)}) {
		t.Errorf("the application was told: %v", w)
	}
}

// The list changes while it is read, an account comes twice, and the identity provider makes somebody at the same moment.
func TestImportOfAListThatChanges(t *testing.T) {
	t.Parallel()
	c := newClub(t)
	c.size = 3
	for i := range 9 {
		c.join("u" + strconv.Itoa(i))
	}
	var s *adaptertest.Stack
	turns := map[int]bool{}
	c.before = func(w http.ResponseWriter, after int) bool {
		if turns[after] {
			return false
		}
		turns[after] = true
		switch after {
		case 3: // a page fails, once
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		case 6: // somebody joins, somebody leaves, and the identity provider makes two that are on the page to come
			c.join("late")
			c.mu.Lock()
			delete(c.members, 8)
			c.members[1]["login"] = "u0-renamed"
			c.mu.Unlock()
			s.Want(201, "POST", "/Users", `{"userName":"early","active":false}`)
			c.mu.Lock()
			c.members[9]["login"] = "early"
			c.mu.Unlock()
		}
		return false
	}
	s = clubStack(t, c, nil)
	job := runImport(t, s.Tenant(), adapter.JobRequest{})
	want := map[string]int64{"users.read": 9, "users.created": 8, "users.adopted": 1, "users.suspends": 1}
	if job.State != store.JobDone || cmp.Diff(want, job.Counts) != "" {
		t.Errorf("%+v", job)
	}
	s.WaitIdle()
	seen := map[string]int{}
	for _, u := range s.Want(200, "GET", "/Users?count=100", nil).Get("Resources.#.userName").Array() {
		seen[u.Str]++
	}
	if len(seen) != 9 || seen["early"] != 1 || seen["late"] != 1 {
		t.Errorf("users %v", seen)
	}
}

// Records that are made to do harm are reported one by one, and all others are imported.
func TestImportOfHostileRecords(t *testing.T) {
	t.Parallel()
	c := newClub(t)
	s := clubStack(t, c, nil)
	good := c.join("good")
	c.join("../../etc/passwd") // a name like any other
	for _, fields := range [][]any{
		{"no", "../../admin"}, {"no", ".."}, {"no", "%2e%2e"}, {"no", map[string]any{"a": 1}}, {"no", nil}, {"no", strings.Repeat("9", 400)},
		{"login", map[string]any{"a": 1}}, {"login", nil}, {"mail", map[string]any{"a": map[string]any{}}},
		{"note", strings.Repeat("x", 300<<10)}, {"note", nested(40)}, {"login", strings.Repeat("l", 200<<10)}, {"login", "a\u0000b"},
	} {
		c.join("x", fields...)
	}
	last := c.join("last")
	job := runImport(t, s.Tenant(), adapter.JobRequest{})
	if job.State != store.JobDone {
		t.Fatalf("%+v", job)
	}
	for _, login := range []string{"good", "last", "../../etc/passwd"} {
		if found := s.Want(200, "GET", filterUser+strings.ReplaceAll(login, "/", "%2F")+"%22", nil); found.Get("totalResults").Int() != 1 {
			t.Errorf("%s (of %d and %d) was not imported: %v", login, good, last, report(t, s.Tenant(), job.ID))
		}
	}
	if job.Counts["users.invalid"] < 11 || job.Counts["users.read"] != 16 {
		t.Errorf("%v\n%s", job.Counts, strings.Join(report(t, s.Tenant(), job.ID), "\n"))
	}
	for _, line := range report(t, s.Tenant(), job.ID) {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes in the report", len(line))
		}
	}
}

func nested(depth int) any {
	if depth == 0 {
		return 1
	}
	return map[string]any{"a": nested(depth - 1)}
}

// A client that does not look first takes an imported user over by a POST, once: from then on it is the client's.
func TestCreateTakesAnImportedUserOver(t *testing.T) {
	t.Parallel()
	c := newClub(t)
	no := c.join("ada", "mail", "ada@old.example")
	s := clubStack(t, c, nil)
	runImport(t, s.Tenant(), adapter.JobRequest{})
	id := s.Want(200, "GET", filterUser+"ada%22", nil).Get("Resources.0.id").Str
	made := s.Want(201, "POST", "/Users", `{"userName":"ada","externalId":"hr-1","emails":[{"value":"ada@acme.example"}]}`)
	if made.Get("id").Str != id {
		t.Errorf("got %s, want the user that was imported: %s", made.Get("id").Str, id)
	}
	s.WaitIdle()
	if w := c.written(); !slices.Equal(w, []string{fmt.Sprintf("PATCH /members/%d", no)}) {
		t.Errorf("the application was told: %v", w)
	}
	s.Want(409, "POST", "/Users", `{"userName":"ada"}`)
}

func TestImportIsOneAtATimeAndCanBeCancelled(t *testing.T) {
	t.Parallel()
	c := newClub(t)
	c.size = 1
	for i := range 5 {
		c.join("u" + strconv.Itoa(i))
	}
	reached, release := make(chan struct{}), make(chan struct{})
	c.before = func(_ http.ResponseWriter, after int) bool {
		if after == 3 {
			close(reached)
			<-release
		}
		return false
	}
	s := clubStack(t, c, nil)
	job, err := s.Tenant().StartJob(t.Context(), store.JobImport, adapter.JobRequest{By: "ops"})
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	if _, err := s.Tenant().StartJob(t.Context(), store.JobImport, adapter.JobRequest{}); err == nil {
		t.Error("two at once")
	}
	ended, err := s.Tenant().CancelJob(t.Context(), store.JobImport, job.ID, "ops")
	close(release)
	if err != nil || ended.State != store.JobCancelled || ended.Counts["users.created"] != 3 {
		t.Fatalf("%+v %v", ended, err)
	}
	if _, err := s.Tenant().CancelJob(t.Context(), store.JobImport, job.ID, "ops"); err == nil {
		t.Error("cancelled twice")
	}
	c.before = nil
	if job := runImport(t, s.Tenant(), adapter.JobRequest{}); job.Counts["users.created"] != 2 || job.Counts["users.unchanged"] != 3 {
		t.Errorf("%+v", job)
	}
}

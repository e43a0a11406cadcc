package adapter_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/pace"
)

// The size of the hour. The heap holds what is the same for one user as for a million: the memory tables and the cache of
// the store, which are 64 MiB at most by their settings.
const (
	hourRate       = 50 // requests a second
	hourHeap       = 96 << 20
	hourGoroutines = 64
)

// outage is an application that is down for an hour, and what is known of those whom changes are about.
type outage struct {
	*bubble
	rng     *rand.Rand
	people  []*hourUser // who is there
	all     []*hourUser // with those who were deleted
	teams   []*hourTeam
	most    int // how many users there may be
	number  int // of the last change
	slowest time.Duration
}

type hourUser struct {
	id, login, family string
	active, gone      bool
	joined            bool      // during the hour
	fickle            bool      // loses access and gets it back again and again
	since, revoked    time.Time // when the first change of the hour came, and the first that takes access away
	anywhere          bool      // there was nothing to be told in between, so that nobody knows when their turn is
}

type hourTeam struct {
	id, name string
	members  map[*hourUser]bool
}

// The application is down for an hour while changes come in all the time: memory stays as it is, reads go on, and when it
// is back it is told of everybody as they are by then, in the order in which the changes began, who loses access first, and
// never at more than the set rate.
func TestDownForAnHour(t *testing.T) {
	changes, users := 50_000, 1500
	if testing.Short() || raced {
		changes, users = 4000, 300
	}
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := &outage{most: users * 5 / 4, rng: rand.New(rand.NewPCG(1, 2))}
		most := users + users/4 + 40
		h.bubble = newBubble(t, dir, func(c *adapter.TenantConfig, _ *connector.Config) {
			c.Pace.Rate = pace.Rate{Requests: hourRate, Per: time.Second}
			c.MaxBacklog = most
		})
		h.settle(users, 20)
		for _, c := range h.app.taken() {
			if c.status >= 400 {
				t.Errorf("before the hour: %s %s: %d", c.method, c.path, c.status)
			}
		}
		heap, goroutines := heapNow(), runtime.NumGoroutine()
		down := time.Now()
		h.slowest = 0
		for i := range changes {
			switch i {
			case 0:
				h.app.failing(unreachable)
			case changes / 3:
				h.app.failing(hanging)
			case 2 * changes / 3:
				h.app.failing(failingWith(http.StatusServiceUnavailable))
			}
			time.Sleep(time.Until(down.Add(time.Duration(i) * time.Hour / time.Duration(changes))))
			h.change()
			if i%50 == 0 {
				h.read()
			}
			if i%(changes/5) == changes/10 {
				if grown := heapNow() - heap; grown > hourHeap {
					t.Errorf("after %d changes the heap has grown by %d bytes, want %d at most", i, grown, hourHeap)
				}
				if more := runtime.NumGoroutine() - goroutines; more > hourGoroutines {
					t.Errorf("after %d changes there are %d goroutines more, want %d at most", i, more, hourGoroutines)
				}
			}
		}
		if grown := heapNow() - heap; testing.Verbose() {
			t.Logf("heap grown by %d KiB; backlog %d", grown>>10, h.tenant.Backlog())
		}
		if h.slowest > 0 {
			t.Errorf("a change waited %s for an application that is down", h.slowest)
		}
		if n := h.tenant.Backlog(); n > len(h.all)+len(h.teams) {
			t.Errorf("%d resources wait, and there are %d", n, len(h.all)+len(h.teams))
		}
		h.overflow(most)
		tried := len(h.app.taken())
		if tried > 5+60 {
			t.Errorf("the application that was down was called %d times", tried)
		}
		if s := h.tenant.Pace(); s.State == pace.Closed || s.Opened != 1 {
			t.Errorf("the breaker: %+v", s)
		}
		back := time.Now()
		h.app.failing(nil)
		h.drained(time.Hour)
		calls := h.app.taken()
		if testing.Verbose() {
			t.Logf("%d calls in %s; %d during the hour", len(calls), time.Since(back), tried)
		}
		h.checkRate(calls)
		h.checkOrder(calls)
		h.checkStates()
		if want := 2*len(h.all) + len(h.teams)*len(h.all)/4; len(calls) > want {
			t.Errorf("%d calls for %d changes, want %d at most", len(calls), changes, want)
		}
		h.want(http.StatusCreated, "POST", "/Users", user("late")) // there is room again
	})
}

// settle makes users and teams, whom the application gets to know.
func (h *outage) settle(users, teams int) {
	for range users {
		h.join()
	}
	for i := range teams {
		team := &hourTeam{name: fmt.Sprintf("team-%d", i), members: map[*hourUser]bool{}}
		var refs []string
		for range 5 {
			u := h.people[h.rng.IntN(len(h.people))]
			if !team.members[u] {
				team.members[u] = true
				refs = append(refs, `{"value":"`+u.id+`"}`)
			}
		}
		body := `{"displayName":"` + team.name + `","members":[` + strings.Join(refs, ",") + `]}`
		team.id = h.want(http.StatusCreated, "POST", "/Groups", body).Get("id").Str
		h.teams = append(h.teams, team)
	}
	h.drained(time.Hour)
	for _, u := range h.all {
		u.since, u.joined = time.Time{}, false
	}
}

func (h *outage) join() {
	u := &hourUser{login: fmt.Sprintf("u%d", len(h.all)), family: "Doe", active: true, joined: true, fickle: len(h.all)%3 == 0, since: time.Now()}
	u.id = h.want(http.StatusCreated, "POST", "/Users", user(u.login)).Get("id").Str
	h.people, h.all = append(h.people, u), append(h.all, u)
}

// change is one change of the hour.
func (h *outage) change() {
	h.number++
	at := h.rng.IntN(len(h.people))
	u := h.people[at]
	started, down := time.Now(), h.tenant.Pace().State != pace.Closed
	switch dice := h.rng.IntN(100); {
	case dice < 2 && len(h.all) < h.most:
		h.join()
	case dice < 4 && len(h.people) > 3*len(h.all)/4:
		h.want(http.StatusNoContent, "DELETE", "/Users/"+u.id, "")
		h.people = slices.Delete(h.people, at, at+1)
		u.gone = true
		for _, team := range h.teams {
			delete(team.members, u)
		}
		h.touched(u, true)
	case dice < 20 && (u.fickle || u.revoked.IsZero()) && !u.joined:
		u.active = !u.active
		h.want(http.StatusOK, "PATCH", "/Users/"+u.id, set("active", strconv.FormatBool(u.active)))
		h.touched(u, !u.active)
	case dice < 30:
		team := h.teams[h.rng.IntN(len(h.teams))]
		if team.members[u] {
			delete(team.members, u)
			h.want(http.StatusNoContent, "PATCH", "/Groups/"+team.id, fmt.Sprintf(`{"Operations":[{"op":"remove","path":"members[value eq \"%s\"]"}]}`, u.id))
		} else {
			team.members[u] = true
			h.want(http.StatusNoContent, "PATCH", "/Groups/"+team.id, fmt.Sprintf(`{"Operations":[{"op":"add","path":"members","value":[{"value":"%s"}]}]}`, u.id))
		}
	default:
		u.family = fmt.Sprintf("Doe%d", h.number)
		h.want(http.StatusOK, "PATCH", "/Users/"+u.id, set("name.familyName", `"`+u.family+`"`))
		u.since = cmp.Or(u.since, time.Now())
	}
	if down {
		h.slowest = max(h.slowest, time.Since(started))
	}
}

func (h *outage) touched(u *hourUser, revokes bool) {
	u.since = cmp.Or(u.since, time.Now())
	switch {
	case !revokes:
		u.anywhere = u.anywhere || !u.revoked.IsZero()
	case u.revoked.IsZero():
		u.revoked = time.Now()
		u.anywhere = u.anywhere || u.joined
	}
}

// read looks somebody up, by id and by name, who is to be as they were made last.
func (h *outage) read() {
	h.t.Helper()
	u := h.people[h.rng.IntN(len(h.people))]
	started := time.Now()
	one := h.want(http.StatusOK, "GET", "/Users/"+u.id, "")
	list := h.want(http.StatusOK, "GET", "/Users?filter=userName+eq+%22"+u.login+"@acme.example%22", "")
	for _, got := range []gjson.Result{gjson.Parse(one.Body), list.Get("Resources.0")} {
		if got.Get("name.familyName").Str != u.family || got.Get("active").Bool() != u.active || list.Get("totalResults").Int() != 1 {
			h.t.Errorf("%s is to be %s, active %t; got %s", u.login, u.family, u.active, got.Raw)
		}
	}
	if waited := time.Since(started); waited > 0 {
		h.t.Errorf("a read waited for %s", waited)
	}
}

// overflow makes users until no more are taken.
func (h *outage) overflow(most int) {
	for range most + 1 {
		before := h.tenant.Backlog()
		if before < most {
			h.join()
			continue
		}
		r := h.do("POST", "/Users", user("toomany"))
		if r.Status != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
			h.t.Errorf("beyond the backlog: %d, Retry-After %q", r.Status, r.Header.Get("Retry-After"))
		}
		if n := h.want(http.StatusOK, "GET", "/Users?filter=userName+eq+%22toomany@acme.example%22", "").Get("totalResults").Int(); n != 0 {
			h.t.Error("what was refused is stored")
		}
		return
	}
	h.t.Error("the backlog has no end")
}

// checkRate checks that in no time there were more requests than the rate allows.
func (h *outage) checkRate(calls []call) {
	slices.SortFunc(calls, func(a, b call) int { return a.at.Compare(b.at) })
	for i := 1; i < len(calls); i++ {
		if apart := calls[i].at.Sub(calls[i-1].at); apart < time.Second/hourRate {
			h.t.Fatalf("request %d came %s after the one before, want %s at least", i, apart, time.Second/hourRate)
		}
	}
	if len(h.app.overlap) > 0 {
		h.t.Errorf("there were several requests at once about %v", h.app.overlap)
	}
	if h.app.most > adapter.DefaultConcurrency {
		h.t.Errorf("%d requests were under way at once", h.app.most)
	}
}

// checkOrder checks that everybody was told of when it was their turn, and of nobody something older after something newer.
func (h *outage) checkOrder(calls []call) {
	byNumber := map[string]*hourUser{}
	for _, u := range h.all {
		byNumber[u.id] = u
		if m := h.member(u); m.Exists() {
			byNumber[m.Get("no").String()] = u
		}
	}
	var got []string
	seen := map[string]bool{}
	last := map[string]int{}
	for _, c := range calls {
		again := strings.HasPrefix(c.path, "/teams/") && (c.status == http.StatusNotFound || c.status == http.StatusConflict)
		if c.status >= 400 && !again { // a member of whom a probe may have told is told of to be sure
			h.t.Errorf("%s %s: %d", c.method, c.path, c.status)
		}
		u := byNumber[subject(c)]
		if u == nil || u.anywhere || c.method == http.MethodGet || !strings.HasPrefix(c.path, "/members") {
			continue
		}
		if !seen[u.id] {
			seen[u.id] = true
			got = append(got, u.id)
		}
		if _, number, ok := strings.Cut(gjson.Get(c.body, "full_name").Str, "Doe"); ok {
			n, _ := strconv.Atoi(number)
			if n < last[u.id] {
				h.t.Errorf("%s was told of change %d after %d", u.login, n, last[u.id])
			}
			last[u.id] = n
		}
	}
	turns := slices.DeleteFunc(slices.Clone(h.all), func(u *hourUser) bool { return !seen[u.id] })
	slices.SortStableFunc(turns, func(a, b *hourUser) int {
		switch {
		case a.revoked.IsZero() != b.revoked.IsZero():
			if a.revoked.IsZero() {
				return 1
			}
			return -1
		case a.revoked.IsZero():
			return a.since.Compare(b.since)
		}
		return cmp.Or(a.revoked.Compare(b.revoked), a.since.Compare(b.since))
	})
	want := make([]string, len(turns))
	for i, u := range turns {
		want[i] = u.id
	}
	if len(got) < len(h.all)/3 {
		h.t.Errorf("of only %d users it is known when their turn was", len(got))
	}
	inOrder(h.t, got, want, 2*adapter.DefaultConcurrency)
}

func (h *outage) member(u *hourUser) gjson.Result {
	return h.ask("/members?login=" + u.login + "@acme.example").Get("members.0")
}

// checkStates checks that the application has everybody as they are to be.
func (h *outage) checkStates() {
	numbers := map[*hourUser]string{}
	for _, u := range h.all {
		m := h.member(u)
		if numbers[u] = m.Get("no").String(); u.gone {
			if m.Exists() {
				h.t.Errorf("%s was deleted: %s", u.login, m.Raw)
			}
			continue
		}
		if !m.Exists() && !u.active {
			continue // an account is not made for somebody who is not active
		}
		state := "active"
		if !u.active {
			state = "suspended"
		}
		if m.Get("state").Str != state || m.Get("full_name").Str != u.login+" "+u.family {
			h.t.Errorf("%s is to be %s, %s: %s", u.login, u.family, state, m.Raw)
		}
	}
	for _, team := range h.teams {
		no := h.ask("/teams?name=" + team.name).Get("teams.0.no").Str
		var got, want []string
		for _, m := range h.ask("/teams/" + no).Get("team.members").Array() {
			got = append(got, m.String())
		}
		for u := range team.members {
			if numbers[u] != "" {
				want = append(want, numbers[u])
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			h.t.Errorf("%s has %v, want %v", team.name, got, want)
		}
	}
}

// heapNow is the size of the heap after a collection.
func heapNow() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

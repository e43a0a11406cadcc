package adapter_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func remaking(c *adapter.TenantConfig) { c.Lifecycle.OnGone = adapter.GoneCreate }

// vanish deletes the only account of the application behind everybody's back.
func vanish(t *testing.T, s *adaptertest.Stack) {
	t.Helper()
	no := onlyMember(t, s).Get("no").String()
	if r := s.App("DELETE", "/members/"+no, nil); r.Status != http.StatusNoContent {
		t.Fatalf("the application answers %d", r.Status)
	}
}

// A change of an account that is gone is refused, or makes another account: with all that is known of the person.
func TestChangeOfAnAccountThatIsGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, change string // the second is told of an account that is gone
		state          string // of the new account
	}{
		"update":             {change: set("name.familyName", `"Roe"`), state: "active"},
		"rename":             {change: set("userName", `"anna@acme.example"`), state: "active"},
		"reactivate":         {before: set("active", "false"), change: set("active", "true"), state: "active"},
		"update, inactive":   {before: set("active", "false"), change: set("name.familyName", `"Roe"`)},
		"update, reactivate": {before: set("active", "false"), change: `{"Operations":[{"op":"replace","value":{"active":true,"name.familyName":"Roe"}}]}`, state: "active"},
	} {
		for _, rule := range []adapter.Gone{adapter.GoneRefuse, adapter.GoneCreate} {
			t.Run(name+", "+string(rule), func(t *testing.T) {
				t.Parallel()
				s := adaptertest.Start(t, adaptertest.Options{Configure: func(cfg *adapter.TenantConfig) { cfg.Lifecycle.OnGone = rule }})
				id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
				group := newGroup(s, "g", id)
				s.WaitIdle()
				if c.before != "" {
					s.Want(http.StatusOK, "PATCH", "/Users/"+id, c.before)
				}
				vanish(t, s)
				was := s.Want(http.StatusOK, "GET", "/Users/"+id, nil)
				if rule == adapter.GoneRefuse {
					r := s.Want(http.StatusBadRequest, "PATCH", "/Users/"+id, c.change)
					if !strings.Contains(r.Get("detail").Str, "no such member") {
						t.Errorf("the client is told %s", r.Body)
					}
					now := s.Want(http.StatusOK, "GET", "/Users/"+id, nil)
					if now.Get("userName").Str != was.Get("userName").Str || now.Get("name").Raw != was.Get("name").Raw || now.Get("active").Raw != was.Get("active").Raw {
						t.Errorf("a read shows what was refused: %s", now.Body)
					}
					return
				}
				got := s.Want(http.StatusOK, "PATCH", "/Users/"+id, c.change)
				s.WaitIdle()
				if c.state == "" {
					if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 0 {
						t.Errorf("%d accounts were made for somebody who is inactive", n)
					}
					return
				}
				if got := notes(t, s, id); !slices.Equal(got, []string{"gone"}) {
					t.Errorf("the journal has the notes %q", got)
				}
				m := onlyMember(t, s)
				if m.Get("state").Str != c.state || m.Get("login").Str != got.Get("userName").Str || m.Get("ref").Str != id ||
					m.Get("full_name").Str != "ann "+got.Get("name.familyName").Str {
					t.Errorf("the application has %s, a read shows %s", m.Body, got.Body)
				}
				if s.Team("g").Get("members").Raw != "["+m.Get("no").Raw+"]" {
					t.Errorf("the team has %s, the account is %s", s.Team("g").Raw, m.Body)
				}
				if members := membersOf(s, group); len(members) != 1 {
					t.Errorf("the group has %v", members)
				}
			})
		}
	}
}

// notes lists what the journal says that rules of the lifecycle did with a resource.
func notes(t *testing.T, s *adaptertest.Stack, id string) (states []string) {
	t.Helper()
	page, err := s.Tenant().ReadJournal(t.Context(), adapter.JournalQuery{Resource: id})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		if e.Note != nil && e.Note.Kind == store.NoteLifecycle {
			states = append(states, e.Note.State)
		}
	}
	return states
}

// A team that is gone is made again as accounts are, with those who are in it.
func TestChangeOfATeamThatIsGone(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: remaking})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	group := newGroup(s, "g", id)
	s.WaitIdle()
	s.App("DELETE", "/teams/"+s.Team("g").Get("no").Str, nil)
	s.Want(http.StatusNoContent, "PATCH", "/Groups/"+group, set("displayName", `"h"`))
	s.WaitIdle()
	if s.Team("g").Exists() || sizeOf(s, "h") != 1 {
		t.Errorf("the application has %s", s.App("GET", "/teams", nil).Body)
	}
}

// An answer of a wrong route is not believed: there is an account, and there must not be two.
func TestWrongRouteMakesNoSecondAccount(t *testing.T) {
	t.Parallel()
	wrong := adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		remaking(c)
		c.RetryMin, c.RetryMax = time.Hour, time.Hour
	}, Connector: func(c *connector.Config) {
		c.Routes[abi.ActionUpdate] = connector.Route{Method: http.MethodPatch, Path: "/membres/{legacy_id}"}
	}}
	t.Run("an account that was made here", func(t *testing.T) {
		t.Parallel()
		s := adaptertest.Start(t, wrong)
		id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
		for _, change := range []string{set("name.familyName", `"Roe"`), set("userName", `"anna@acme.example"`)} {
			if r := s.Want(http.StatusBadRequest, "PATCH", "/Users/"+id, change); !strings.Contains(r.Get("detail").Str, "is the route right?") {
				t.Errorf("the client is told %s", r.Body)
			}
		}
		onlyMember(t, s)
	})
	t.Run("an account that was there", func(t *testing.T) {
		t.Parallel()
		s := adaptertest.Start(t, wrong)
		s.App("POST", "/members", `{"login":"ann@acme.example","mail":"ann@acme.example","full_name":"A"}`)
		s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
		if n := s.Tenant().Backlog(); n != 1 {
			t.Errorf("%d changes wait, want 1", n)
		}
		onlyMember(t, s)
		s.Use(adaptertest.Options{}) // the operator repairs the route
		s.WaitIdle()
		if m := onlyMember(t, s); m.Get("full_name").Str != "ann Doe" {
			t.Errorf("the application has %s", m.Body)
		}
	})
}

// An application can have made the account anew itself: it is adopted.
func TestAccountThatHasAnotherNumber(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: remaking})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	vanish(t, s)
	s.App("POST", "/members", `{"login":"ann@acme.example","mail":"ann@acme.example"}`)
	no := onlyMember(t, s).Get("no").Int()
	s.App("POST", "/members/1002/suspend", nil)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	s.WaitIdle()
	if m := onlyMember(t, s); m.Get("no").Int() != no || m.Get("full_name").Str != "ann Roe" || m.Get("state").Str != "active" {
		t.Errorf("the application has %s", m.Body)
	}
}

// Where the application does not take the change either when it makes the account again, the account is made as it was.
func TestAccountIsMadeAgainAsItWas(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: remaking})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	vanish(t, s)
	s.Want(http.StatusBadRequest, "PATCH", "/Users/"+id, set("userType", `"emperor"`))
	s.WaitIdle()
	if m := onlyMember(t, s); m.Get("login").Str != "ann@acme.example" || m.Get("role").Str != "member" {
		t.Errorf("the application has %s", m.Body)
	}
	if r := s.Want(http.StatusOK, "GET", "/Users/"+id, nil); r.Get("userType").Exists() {
		t.Errorf("a read shows %s", r.Body)
	}
}

// Whoever comes back from being deleted gets an account, whatever became of the one that was kept.
func TestBackToAnAccountThatIsGone(t *testing.T) {
	t.Parallel()
	changed := strings.Replace(user("ann"), "Doe", "Roe", 1)
	for _, c := range []struct {
		rule adapter.Rule
		doc  string
	}{{adapter.RuleSuspend, user("ann")}, {adapter.RuleSuspend, changed}, {adapter.RuleNothing, changed}} {
		t.Run(string(c.rule)+strconv.FormatBool(c.doc == changed), func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{Configure: func(cfg *adapter.TenantConfig) { cfg.Lifecycle.OnDelete = c.rule }})
			id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
			s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
			s.WaitIdle()
			vanish(t, s)
			back := s.Want(http.StatusCreated, "POST", "/Users", c.doc)
			s.WaitIdle()
			if back.Get("id").Str != id {
				t.Error("came back with another id")
			}
			if m := onlyMember(t, s); m.Get("state").Str != "active" || m.Get("full_name").Str != "ann "+back.Get("name.familyName").Str {
				t.Errorf("the application has %s", m.Body)
			}
		})
	}
}

// A lookup that does not answer leaves the question open, and nothing is made.
func TestGoneAndNobodySaysSo(t *testing.T) {
	t.Parallel()
	lookups := &refuser{status: 503, meant: func(r *http.Request) bool { return r.URL.Query().Has("login") }}
	opts := adaptertest.Options{Wrap: lookups.wrap, Configure: remaking}
	s, drain := patient(t, opts)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	vanish(t, s)
	lookups.on.Store(true)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 0 {
		t.Errorf("%d accounts were made", n)
	}
	lookups.on.Store(false)
	drain(opts)
	if m := onlyMember(t, s); m.Get("full_name").Str != "ann Roe" {
		t.Errorf("the application has %s", m.Body)
	}
}

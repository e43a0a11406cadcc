package adapter_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// refuser stands in front of the application and answers what it is told to, as long as it is on.
type refuser struct {
	on     atomic.Bool
	status int
	meant  func(r *http.Request) bool
}

func (f *refuser) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.on.Load() && f.meant(r) {
			w.WriteHeader(f.status)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func aboutTeams(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/teams/") }

// What came of a create is not known when the application is told of groups no more. That is for the time when it is again.
func TestUncertainGroupWhileGroupsAreNotTold(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{lostBefore, lostAfter} {
		for _, when := range []string{"", "before", "later"} {
			deleted, later := when == "before", when == "later"
			t.Run(fmt.Sprint(fault, " deleted ", when), func(t *testing.T) {
				t.Parallel()
				s, drain := patient(t, adaptertest.Options{})
				ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
				var id string
				if deleted {
					id = newGroup(s, "g", ann)
					s.App("POST", "/faults", fault)
					s.Want(204, "DELETE", "/Groups/"+id, nil)
				} else {
					s.App("POST", "/faults", fault)
					id = newGroup(s, "g", ann)
				}
				silent := patiently()
				silent.NoGroups = true
				s.Use(silent)
				s.WaitIdle()
				if later {
					s.Want(204, "DELETE", "/Groups/"+id, nil)
				}
				drain(adaptertest.Options{})
				deleted := deleted || later
				if teams := s.App("GET", "/teams", nil).Get("teams.#").Int(); (teams == 1) == deleted || (!deleted && sizeOf(s, "g") != 1) {
					t.Errorf("%d teams, %d members", teams, sizeOf(s, "g"))
				}
			})
		}
	}
}

// A group that was deleted while the application was not told of groups is deleted there when it is.
func TestGroupDeletedWhileGroupsAreNotTold(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	id := newGroup(s, "g", ann)
	s.Use(adaptertest.Options{NoGroups: true})
	s.Want(204, "DELETE", "/Groups/"+id, nil)
	s.WaitIdle()
	s.Use(adaptertest.Options{})
	s.WaitIdle()
	if s.Team("g").Exists() {
		t.Error("the team is there")
	}
}

// A request that began when the application was not told of groups may end when it is.
func TestGroupsOfAnOldConfiguration(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	old, handler := s.Generation, s.Handler
	s.Use(adaptertest.Options{})
	s.WaitIdle()
	body := fmt.Sprintf(`{"displayName":"g","members":[{"value":%q}]}`, ann)
	r := served(t, handler, "POST", "/scim/v2/Groups", body)
	if r.Code != http.StatusCreated {
		t.Fatalf("got %d %s", r.Code, r.Body)
	}
	s.WaitIdle()
	if n := sizeOf(s, "g"); n != 1 {
		t.Errorf("the team has %d members", n)
	}
	if err := old.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// While the delete of a group waits for an approval nobody is taken out of it, and a rejection brings all of it back.
func TestHeldDeleteOfAGroup(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{true, false} {
		for _, kind := range []string{"/Groups/", "/Users/"} {
			t.Run(fmt.Sprint(kind, "approved ", approve), func(t *testing.T) {
				t.Parallel()
				s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
					c.Hold, c.HoldRevocations = []abi.Operation{abi.OpDelete}, true
				}})
				ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
				id := newGroup(s, "g", ann)
				s.Want(204, "DELETE", kind+map[string]string{"/Groups/": id, "/Users/": ann}[kind], nil)
				s.WaitIdle()
				if n := sizeOf(s, "g"); n != 1 {
					t.Errorf("the team has %d members while the delete waits", n)
				}
				answer := s.Tenant().Reject
				if approve {
					answer = s.Tenant().Approve
				}
				if _, err := answer(context.Background(), adapter.Answer{ID: waiting(t, s).ID, By: "ops"}); err != nil {
					t.Fatal(err)
				}
				s.WaitIdle()
				if n := sizeOf(s, "g"); (n == 1) == approve {
					t.Errorf("the team has %d members", n)
				}
				if approve {
					return
				}
				if got := membersOf(s, id); !slices.Equal(got, []string{ann}) {
					t.Errorf("SCIM shows %v", got)
				}
			})
		}
	}
}

// Somebody whom the application would not have is no member of anything, whatever was asked for meanwhile.
func TestMemberThatNeverWas(t *testing.T) {
	t.Parallel()
	app := &refuser{status: 503, meant: func(r *http.Request) bool { return r.Method == "POST" && r.URL.Path == "/members" }}
	for _, revived := range []bool{false, true} {
		t.Run(fmt.Sprint("revived ", revived), func(t *testing.T) {
			t.Parallel()
			app := &refuser{status: app.status, meant: app.meant}
			s, drain := patient(t, adaptertest.Options{Wrap: app.wrap})
			if revived {
				s.Want(204, "DELETE", "/Users/"+s.Want(201, "POST", "/Users", user("ann")).Get("id").Str, nil)
			}
			app.on.Store(true)
			ann := s.Want(201, "POST", "/Users", strings.Replace(user("ann"), `"active"`, `"userType":"emperor","active"`, 1)).Get("id").Str
			id := newGroup(s, "g", ann)
			app.on.Store(false)
			drain(adaptertest.Options{})
			s.Want(404, "GET", "/Users/"+ann, nil)
			if got := membersOf(s, id); len(got) != 0 {
				t.Errorf("SCIM shows %v", got)
			}
			if n := edges(t, s, id); n != 0 {
				t.Errorf("%d edges are kept", n)
			}
		})
	}
}

// Who comes back has a new account, which is in no team whatever the old one was in.
func TestMemberWithANewAccount(t *testing.T) {
	t.Parallel()
	app := &refuser{status: 503, meant: aboutTeams}
	s, drain := patient(t, adaptertest.Options{Wrap: app.wrap})
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	id := newGroup(s, "g", ann)
	app.on.Store(true)
	changeMembers(s, id, leaveOp(ann)) // the group pauses for an hour
	changeMembers(s, id, joinOp(ann))
	s.Want(204, "DELETE", "/Users/"+ann, nil)
	if got := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str; got != ann {
		t.Fatalf("%s came back as %s", ann, got)
	}
	changeMembers(s, id, joinOp(ann))
	app.on.Store(false)
	drain(adaptertest.Options{})
	if n := sizeOf(s, "g"); n != 1 {
		t.Errorf("the team has %d members", n)
	}

	// The same goes for an account that was found missing.
	s.App("DELETE", "/members/"+s.App("GET", "/members", nil).Get("members.0.no").String(), nil)
	s.Want(200, "PATCH", "/Users/"+ann, set("active", "false"))
	s.Want(200, "PATCH", "/Users/"+ann, set("active", "true"))
	s.WaitIdle()
	if n := sizeOf(s, "g"); n != 1 {
		t.Errorf("the team has %d members", n)
	}
}

// A group that comes back while nobody knows whether it was deleted has all its members in the end.
func TestGroupWithANewTeam(t *testing.T) {
	t.Parallel()
	s, drain := patient(t, adaptertest.Options{})
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	id := newGroup(s, "g", ann)
	s.App("POST", "/faults", lostAfter)
	s.Want(204, "DELETE", "/Groups/"+id, nil)
	s.Want(204, "DELETE", "/Groups/"+newGroup(s, "g-other"), nil)
	body := fmt.Sprintf(`{"displayName":"g","externalId":"ext-g","members":[{"value":%q}]}`, ann)
	if got := s.Want(201, "POST", "/Groups", body).Get("id").Str; got != id {
		t.Fatalf("%s came back as %s", id, got)
	}
	drain(adaptertest.Options{})
	if n := sizeOf(s, "g"); n != 1 {
		t.Errorf("the team has %d members", n)
	}
}

// However many groups await somebody, all of them have who comes.
func TestAwaitedByManyGroups(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	var groups []string
	for i := range 250 {
		groups = append(groups, newGroup(s, fmt.Sprint("g", i), "ext-ann"))
	}
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	s.WaitIdle()
	for i, id := range groups {
		if got := membersOf(s, id); !slices.Equal(got, []string{ann}) {
			t.Fatalf("group %d shows %v", i, got)
		}
	}
	if n := sizeOf(s, "g249"); n != 1 {
		t.Errorf("the last team has %d members", n)
	}
}

// A team whose one member makes the application fail loses others who are to leave, and gets those who are to join.
func TestOneMemberDoesNotBlockTheOthers(t *testing.T) {
	t.Parallel()
	for _, leaves := range []bool{false, true} {
		t.Run(fmt.Sprint("leaves ", leaves), func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{
				Configure: func(c *adapter.TenantConfig) {
					c.DeliveryWait, c.RetryMin, c.RetryMax = time.Nanosecond, time.Millisecond, time.Millisecond
				},
				Wrap: func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if strings.HasSuffix(r.URL.Path, "/members/1001") {
							w.WriteHeader(500)
							return
						}
						next.ServeHTTP(w, r)
					})
				},
			})
			var ids []string
			for i := range 5 {
				ids = append(ids, s.Want(201, "POST", "/Users", user(fmt.Sprint("u", i))).Get("id").Str)
				for len(s.App("GET", "/members", nil).Get("members").Array()) <= i {
				}
			}
			id := newGroup(s, "g", ids[0])
			if leaves {
				for !s.Team("g").Exists() {
				}
				s.App("POST", "/teams/"+s.Team("g").Get("no").Str+"/members", `{"members":[1001]}`)
				changeMembers(s, id, joinOp(ids[1:3]...))
				for sizeOf(s, "g") != 3 {
				}
				changeMembers(s, id, leaveOp(ids[:3]...))
			}
			changeMembers(s, id, joinOp(ids[3:]...))
			want := "[1004,1005]"
			if leaves {
				want = "[1001,1004,1005]" // with the one about whom nothing can be said
			}
			deadline := time.Now().Add(20 * time.Second)
			got := ""
			for got != want && time.Now().Before(deadline) {
				got = s.Team("g").Get("members").Raw
			}
			if got != want {
				t.Errorf("the team has %s, want %s", got, want)
			}
		})
	}
}

func served(t *testing.T, h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+adaptertest.Token)
	r.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Who is taken out goes at once, whatever else of the group has failed and pauses.
func TestLeavingDoesNotWaitForAPause(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{false, true} {
		app := &refuser{status: 503, meant: func(r *http.Request) bool { return aboutTeams(r) && r.Method == http.MethodPut }}
		s, drain := patient(t, adaptertest.Options{Wrap: app.wrap, Configure: func(c *adapter.TenantConfig) {
			c.Lifecycle.OnDelete = adapter.RuleSuspend
		}})
		ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
		bob := s.Want(201, "POST", "/Users", user("bob")).Get("id").Str
		id := newGroup(s, "g", ann)
		app.on.Store(true)
		changeMembers(s, id, joinOp(bob)) // the group pauses for an hour
		if deleted {
			s.Want(204, "DELETE", "/Users/"+ann, nil)
		} else {
			changeMembers(s, id, leaveOp(ann))
		}
		deadline := time.Now().Add(20 * time.Second)
		for sizeOf(s, "g") != 0 && time.Now().Before(deadline) {
		}
		if n := sizeOf(s, "g"); n != 0 {
			t.Errorf("deleted %v: the team has %d members", deleted, n)
		}
		app.on.Store(false)
		drain(adaptertest.Options{})
	}
}

package adapter_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// lists are the bodies of the calls that told the application of all members of a team, as lists of their numbers.
func lists(s *adaptertest.Stack) []string {
	var out []string
	for _, r := range s.App("GET", "/requests", nil).Get("requests").Array() {
		if r.Get("method").Str == http.MethodPut && strings.HasSuffix(r.Get("path").Str, "/members") {
			body := r.Get("body")
			if body.Type == gjson.String {
				body = gjson.Parse(body.Str)
			}
			var nos []string
			for _, no := range body.Get("members").Array() {
				nos = append(nos, no.String())
			}
			slices.Sort(nos)
			out = append(out, strings.Join(nos, " "))
		}
	}
	return out
}

func listed(limit int) func(*connector.Config) {
	return func(c *connector.Config) { adaptertest.ListedGroups(c, limit) }
}

func joined(s *adaptertest.Stack, names ...string) (ids []string) {
	for _, name := range names {
		ids = append(ids, s.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str)
	}
	return ids
}

// Each change is told as the list of all who are in the group then.
func TestMembersAsOneList(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Connector: listed(0)})
	who := joined(s, "ann", "bob", "cid")
	id := newGroup(s, "g", who[0])
	changeMembers(s, id, joinOp(who[1], who[2]))
	changeMembers(s, id, leaveOp(who[0]))
	changeMembers(s, id, leaveOp(who[1], who[2]))
	s.WaitIdle()
	if diff := cmp.Diff([]string{"1001", "1001 1002 1003", "1002 1003", ""}, lists(s)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What piles up while the application is down is one call when it is back.
func TestMembersAsOneListCoalesce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	down := false
	s := adaptertest.Start(t, adaptertest.Options{
		Connector: listed(0),
		Configure: func(c *adapter.TenantConfig) {
			c.RetryMin, c.RetryMax, c.DeliveryWait = time.Hour, time.Hour, time.Minute
		},
		Wrap: func(app http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				off := down
				mu.Unlock()
				if off && strings.HasPrefix(r.URL.Path, "/teams/") {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				app.ServeHTTP(w, r)
			})
		},
	})
	who := joined(s, "ann", "bob", "cid", "dan")
	id := newGroup(s, "g", who[0])
	s.WaitIdle()
	set := func(off bool) { mu.Lock(); down = off; mu.Unlock() }
	set(true)
	for range 3 {
		changeMembers(s, id, joinOp(who[1], who[2], who[3]))
		changeMembers(s, id, leaveOp(who[2]))
	}
	set(false)
	changeMembers(s, id, leaveOp(who[0])) // which waits for no pause
	s.WaitIdle()
	if got := lists(s); !slices.Equal(got, []string{"1001", "1002 1004"}) {
		t.Errorf("the application was told %q", got)
	}
}

// A list that the application refuses is told one change after the other, and only those go back that it does not take.
func TestMembersAsOneListRefused(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Connector: listed(0), Wrap: func(app http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if unwanted(r) && strings.HasSuffix(r.URL.Path, "/members") {
				http.Error(w, "not this one", http.StatusUnprocessableEntity)
				return
			}
			app.ServeHTTP(w, r)
		})
	}})
	who := joined(s, "ann", "bob", "cid", "dan", "eve") // 1002 and 1005 are not wanted
	id := newGroup(s, "g")
	s.Do("PATCH", "/Groups/"+id, `{"Operations":[`+joinOp(who...)+`]}`)
	s.WaitIdle()
	want := []string{who[0], who[2], who[3]}
	slices.Sort(want)
	if got := membersOf(s, id); !slices.Equal(got, want) || sizeOf(s, "g") != 3 {
		t.Errorf("SCIM shows %v, the team has %d", got, sizeOf(s, "g"))
	}
	changeMembers(s, id, leaveOp(who[0]))
	s.WaitIdle()
	if n := sizeOf(s, "g"); n != 2 {
		t.Errorf("the team has %d", n)
	}
}

// Above the limit the other routes are used, and without them it is said why nothing is.
func TestMembersBeyondTheLimit(t *testing.T) {
	t.Parallel()
	for _, others := range []bool{true, false} {
		s := adaptertest.Start(t, adaptertest.Options{
			Configure: func(c *adapter.TenantConfig) {
				c.RetryMin, c.RetryMax, c.DeliveryWait = time.Hour, time.Hour, time.Minute
			},
			Connector: func(c *connector.Config) {
				add, remove := c.Groups.Routes[abi.ActionAddMembers], c.Groups.Routes[abi.ActionRemoveMembers]
				adaptertest.ListedGroups(c, 2)
				if others {
					c.Groups.Routes[abi.ActionAddMembers], c.Groups.Routes[abi.ActionRemoveMembers] = add, remove
				}
			},
		})
		who := joined(s, "ann", "bob", "cid", "dan")
		id := newGroup(s, "g", who[0], who[1])
		s.WaitIdle()
		if got := lists(s); !slices.Equal(got, []string{"1001 1002"}) {
			t.Errorf("it was told %q", got)
		}
		s.Want(http.StatusNoContent, "PATCH", "/Groups/"+id, `{"Operations":[`+joinOp(who[2], who[3])+`]}`)
		if !others {
			var failure string
			err := store.New(s.Store).View(t.Context(), s.Tenant().ID(), func(tx *store.Tx) error {
				rec, err := tx.Load(store.Group, id)
				if err == nil {
					failure = rec.Failure
				}
				return err
			})
			if err != nil || !strings.Contains(failure, "more than 2 members") {
				t.Errorf("it fails with %q (%v)", failure, err)
			}
			continue
		}
		s.WaitIdle()
		if n := sizeOf(s, "g"); n != 4 || len(lists(s)) != 1 {
			t.Errorf("the team has %d; it was told %q", n, lists(s))
		}
		changeMembers(s, id, leaveOp(who[0], who[1], who[2]))
		s.WaitIdle()
		if n := sizeOf(s, "g"); n != 1 {
			t.Errorf("the team has %d", n)
		}
	}
}

// More changes than one call is about are several calls, each with all members that the application has by then.
func TestMembersAsLongLists(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Connector: listed(2000)})
	var who []string
	for i := range 700 {
		who = append(who, joined(s, fmt.Sprintf("u%d", i))...)
	}
	id := newGroup(s, "g")
	changeMembers(s, id, joinOp(who...))
	s.WaitIdle()
	if n, calls := sizeOf(s, "g"), lists(s); n != 700 || len(calls) != 2 {
		t.Errorf("the team has %d after %d calls", n, len(calls))
	}
	s.Want(http.StatusOK, "PUT", "/Groups/"+id, (&thing{name: "g"}).document(who[:3]))
	s.WaitIdle()
	if n := sizeOf(s, "g"); n != 3 {
		t.Errorf("the team has %d", n)
	}
}

// A policy that maps is asked for the whole list too, and what it says is what is sent.
func TestMembersAsOneListByAPolicy(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{Connector: listed(0)})
	who := joined(s, "ann", "bob")
	id := newGroup(s, "g", who[0])
	s.WaitIdle()
	module := adaptertest.Module(map[string]string{
		abi.HookMap: `{"requests":[{"method":"PUT","path":"/teams/{legacy_id}/members","body":{"members":[1002]}}]}`,
	})
	promote(t, s, push(t, s, module), 100)
	changeMembers(s, id, joinOp(who[1]))
	s.WaitIdle()
	if got := lists(s); !slices.Equal(got, []string{"1001", "1002"}) {
		t.Errorf("the application was told %q", got)
	}
	all := recordings(t, s)
	last := gjson.ParseBytes(all[len(all)-1].Input)
	if last.Get("action").Str != string(abi.ActionSetMembers) || last.Get("members.#").Int() != 2 || last.Get("members.0.legacy_id").Str != "1001" {
		t.Errorf("the policy was asked %s", last.Raw)
	}
}

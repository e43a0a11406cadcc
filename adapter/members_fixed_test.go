package adapter_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// roles stands in front of the application and has roles, which go by their names and are all there already.
type roles struct {
	mu   sync.Mutex
	have map[string]bool // "role member"
}

func (a *roles) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		role, found := strings.CutPrefix(r.URL.Path, "/roles/")
		if !found {
			next.ServeHTTP(w, r)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.have[role] = r.Method == http.MethodPut
		w.WriteHeader(http.StatusNoContent)
	})
}

func (a *roles) members() (list []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for role, has := range a.have {
		if has {
			list = append(list, role)
		}
	}
	slices.Sort(list)
	return list
}

// Roles that go by their names need neither to be made nor to be found.
func TestRolesWithoutIDs(t *testing.T) {
	t.Parallel()
	app := &roles{have: map[string]bool{}}
	s := adaptertest.Start(t, adaptertest.Options{Wrap: app.wrap, Connector: func(c *connector.Config) {
		c.Groups = &connector.Groups{Routes: map[abi.Action]connector.Route{
			abi.ActionAddMembers:    {Method: http.MethodPut, Path: "/roles/{displayName}/{member.legacy_id}"},
			abi.ActionRemoveMembers: {Method: http.MethodDelete, Path: "/roles/{displayName}/{member.legacy_id}"},
		}}
	}})
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	bob := s.Want(201, "POST", "/Users", user("bob")).Get("id").Str
	id := newGroup(s, "g-admins", ann)
	changeMembers(s, id, joinOp(bob))
	if got := app.members(); !slices.Equal(got, []string{"g-admins/1001", "g-admins/1002"}) {
		t.Errorf("the application has %v", got)
	}
	s.Want(400, "PATCH", "/Groups/"+id, set("displayName", `"g-others"`))
	s.Want(200, "GET", "/Groups/"+id, nil)
	changeMembers(s, id, leaveOp(bob))
	s.Want(204, "DELETE", "/Groups/"+id, nil)
	s.WaitIdle()
	if got := app.members(); len(got) != 0 {
		t.Errorf("the group is gone, and the application has %v", got)
	}
	newGroup(s, "g-admins", ann)
	if got := app.members(); !slices.Equal(got, []string{"g-admins/1001"}) {
		t.Errorf("the application has %v", got)
	}
}

// A team that the application keeps when its group is deleted is there for the next group of its name.
func TestFixedTeamIsTakenAgain(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Connector: func(c *connector.Config) {
		for _, action := range []abi.Action{abi.ActionCreate, abi.ActionUpdate, abi.ActionDelete} {
			delete(c.Groups.Routes, action)
		}
	}})
	s.App("POST", "/teams", `{"name":"admins"}`)
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	bob := s.Want(201, "POST", "/Users", user("bob")).Get("id").Str
	team := func(member string) string {
		return s.Want(201, "POST", "/Groups", `{"displayName":"admins","members":[{"value":"`+member+`"}]}`).Get("id").Str
	}
	first := team(ann)
	taken := s.Want(409, "POST", "/Groups", `{"displayName":"admins"}`)
	if !strings.Contains(taken.Get("detail").Str, "such a group") {
		t.Errorf("got %s", taken.Body)
	}
	s.Want(204, "DELETE", "/Groups/"+first, nil)
	if n := sizeOf(s, "admins"); n != 0 {
		t.Errorf("the delete was said to be done, and the team has %d members", n)
	}
	team(bob)
	s.WaitIdle()
	if n := sizeOf(s, "admins"); n != 1 {
		t.Errorf("the team has %d members", n)
	}
}

// Who has been taken out waits for the approver before coming back, also where the application has not heard of it yet.
func TestHeldReturnOfAMember(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{true, false} {
		app := &refuser{status: 503, meant: aboutTeams}
		configure := func(c *adapter.TenantConfig) { c.Hold = []abi.Operation{abi.OpUpdate} }
		s, drain := patient(t, adaptertest.Options{Wrap: app.wrap})
		ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
		bob := s.Want(201, "POST", "/Users", user("bob")).Get("id").Str
		id := newGroup(s, "g", ann)
		app.on.Store(true)
		changeMembers(s, id, leaveOp(ann))
		hold := patiently()
		hold.Configure = func(c *adapter.TenantConfig) { patiently().Configure(c); configure(c) }
		s.Use(hold)
		changeMembers(s, id, joinOp(ann))
		changeMembers(s, id, joinOp(bob))
		a := waiting(t, s)
		if a.Members == nil || !slices.Equal(a.Members.Add, []string{ann, bob}) {
			t.Errorf("the approver is shown %+v", a.Members)
		}
		app.on.Store(false)
		drain(adaptertest.Options{Configure: configure})
		if n := sizeOf(s, "g"); n != 0 {
			t.Errorf("the team has %d members before the approval", n)
		}
		answer, want := s.Tenant().Reject, []string{}
		if approve {
			answer, want = s.Tenant().Approve, []string{ann, bob}
		}
		if _, err := answer(context.Background(), adapter.Answer{ID: a.ID, By: "ops"}); err != nil {
			t.Fatal(err)
		}
		s.WaitIdle()
		slices.Sort(want)
		if got := membersOf(s, id); !slices.Equal(got, want) || sizeOf(s, "g") != len(want) {
			t.Errorf("SCIM shows %v, the team has %d members", got, sizeOf(s, "g"))
		}
	}
}

// What was rejected is denied when it is sent again, and nothing else is.
func TestRejectedMembers(t *testing.T) {
	t.Parallel()
	s := holding(t, abi.OpUpdate)
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	bob := s.Want(201, "POST", "/Users", user("bob")).Get("id").Str
	id := newGroup(s, "g", ann)
	deny := func() {
		t.Helper()
		if _, err := s.Tenant().Reject(context.Background(), adapter.Answer{ID: waiting(t, s).ID, By: "ops"}); err != nil {
			t.Fatal(err)
		}
	}
	patch := func(status int, op string) {
		t.Helper()
		s.Want(status, "PATCH", "/Groups/"+id, `{"Operations":[`+op+`]}`)
	}
	patch(204, joinOp("x y"))
	deny()
	patch(403, joinOp("x y"))
	patch(204, joinOp("x", "y"))
	deny()
	patch(204, joinOp(bob))
	deny()
	patch(403, joinOp(bob))
	patch(204, `{"op":"remove","path":"members[value eq \"`+ann+`\" and type eq \"Group\"]"},`+joinOp(bob))
	deny()
	patch(204, `{"op":"remove","path":"members[value eq \"`+ann+`\" or type eq \"Group\"]"},`+joinOp(bob))
	s.WaitIdle()
	if n := sizeOf(s, "g"); n != 0 {
		t.Errorf("the team has %d members", n)
	}
}

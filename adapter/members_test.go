package adapter_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func newGroup(s *adaptertest.Stack, name string, members ...string) string {
	s.TB.Helper()
	return s.Want(http.StatusCreated, "POST", "/Groups", (&thing{name: name}).document(members)).Get("id").Str
}

func changeMembers(s *adaptertest.Stack, id string, ops ...string) {
	s.TB.Helper()
	s.Want(http.StatusNoContent, "PATCH", "/Groups/"+id, `{"Operations":[`+strings.Join(ops, ",")+`]}`)
}

func joinOp(words ...string) string {
	return `{"op":"add","path":"members","value":` + elements(words) + `}`
}

func leaveOp(words ...string) string {
	return `{"op":"remove","path":"members","value":` + elements(words) + `}`
}

func sizeOf(s *adaptertest.Stack, team string) int { return int(s.Team(team).Get("size").Int()) }

func membersOf(s *adaptertest.Stack, id string) []string {
	s.TB.Helper()
	out := []string{}
	s.Want(http.StatusOK, "GET", "/Groups/"+id, nil).Get("members").ForEach(func(_, m gjson.Result) bool {
		out = append(out, m.Get("value").Str)
		return true
	})
	slices.Sort(out)
	return out
}

// Who joins waits for the approver, who leaves does not, and what comes meanwhile waits too.
func TestMembersHeld(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{true, false} {
		t.Run(fmt.Sprint("approved ", approve), func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Hold = []abi.Operation{abi.OpUpdate} }})
			ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
			bob := s.Want(201, "POST", "/Users", user("bob")).Get("id").Str
			id := newGroup(s, "g", ann)
			changeMembers(s, id, joinOp(bob), leaveOp(ann))
			s.WaitIdle()
			if n := sizeOf(s, "g"); n != 0 {
				t.Errorf("the team has %d members: who leaves goes at once, who joins waits", n)
			}
			a := waiting(t, s)
			if a.Members == nil || !slices.Equal(a.Members.Add, []string{bob}) || !slices.Equal(a.Members.Remove, []string{ann}) {
				t.Errorf("the approver is shown %+v", a.Members)
			}
			if got := membersOf(s, id); !slices.Equal(got, []string{bob}) {
				t.Errorf("SCIM shows %v", got)
			}
			// A change that nobody asks about would take the question away, so it waits with it.
			s.Want(204, "PATCH", "/Groups/"+id, `{"Operations":[{"op":"replace","path":"displayName","value":"h"}]}`)
			a = waiting(t, s)
			ans := adapter.Answer{ID: a.ID, Version: a.Version, By: "ops"}
			answer := s.Tenant().Reject
			if approve {
				answer = s.Tenant().Approve
			}
			if _, err := answer(context.Background(), ans); err != nil {
				t.Fatal(err)
			}
			s.WaitIdle()
			want, team, size := []string{}, "g", 0
			if approve {
				want, team, size = []string{bob}, "h", 1
			}
			if got := membersOf(s, id); !slices.Equal(got, want) || sizeOf(s, team) != size {
				t.Errorf("SCIM shows %v, the team %s has %d members", got, team, sizeOf(s, team))
			}
			changeMembers(s, id, leaveOp(bob))
		})
	}
}

// More edges than one transaction takes are put right by chores, also over a restart.
func TestManyEdges(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), Connector: func(c *connector.Config) { adaptertest.BatchedGroups(c, 1000) }}
	s := adaptertest.Start(t, opts)
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str

	// A large group is emptied in one small write.
	id := newGroup(s, "g", ann)
	words := make([]string, 0, 1500)
	for part := range 4 {
		words = words[:0]
		for i := range cap(words) {
			words = append(words, fmt.Sprintf("pending-%d-%d", part, i))
		}
		changeMembers(s, id, joinOp(words...))
	}
	if n := len(membersOf(s, id)); n != 6001 {
		t.Fatalf("%d members", n)
	}
	// It is shown in parts, which together are what a small one would be shown as.
	for query, want := range map[string]string{
		"": "6001 6001 g", "?attributes=members.value": "6001 0 ", "?attributes=members.type": "0 1 ", "?attributes=displayName": "0 0 g",
		"?excludedAttributes=members": "0 0 g", "?excludedAttributes=members.type,displayName": "6001 0 ",
	} {
		r := s.Want(http.StatusOK, "GET", "/Groups/"+id+query, nil)
		values, types := len(r.Get("members.#.value").Array()), len(r.Get("members.#.type").Array())
		if query == "" {
			types += 6000 // who is awaited has none
		}
		if got := fmt.Sprint(values, types, " ", r.Get("displayName").Str); !gjson.Valid(r.Body) || r.Get("id").Str != id || got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	// Who compares all members again and again is refused; who names them is not.
	compare := make([]string, 100)
	for i := range compare {
		compare[i] = fmt.Sprintf(`{"op":"remove","path":"members[value co \"x%d\"]"}`, i)
	}
	r := s.Want(http.StatusBadRequest, "PATCH", "/Groups/"+id, `{"Operations":[`+strings.Join(compare, ",")+`]}`)
	if r.Get("scimType").Str != "tooMany" {
		t.Errorf("got %s", r.Body)
	}
	for i := range compare {
		compare[i] = fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\" and not (type eq \"Group\")]"}`, words[len(words)-1-i])
	}
	changeMembers(s, id, compare...)
	if n := len(membersOf(s, id)); n != 5901 {
		t.Errorf("%d members are left", n)
	}
	for word, status := range map[string]int{`a\u0000b`: 400, `a\nb`: 400, `a\\u0000b`: 204, `a\u202eb`: 204} {
		s.Want(status, "PATCH", "/Groups/"+id, `{"Operations":[{"op":"add","path":"members","value":[{"value":"`+word+`"}]}]}`)
	}
	changeMembers(s, id, `{"op":"remove","path":"members"}`, joinOp(words[0]))
	if got := membersOf(s, id); !slices.Equal(got, words[:1]) {
		t.Errorf("%d members are left", len(got))
	}
	s.WaitIdle()
	if n := sizeOf(s, "g"); n != 0 {
		t.Errorf("the team has %d members", n)
	}
	if n := edges(t, s, id); n != 1 {
		t.Errorf("%d edges are kept", n)
	}
	tooMany := make([]string, 6000)
	for i := range tooMany {
		tooMany[i] = fmt.Sprint("p", i)
	}
	s.Want(http.StatusRequestEntityTooLarge, "PATCH", "/Groups/"+id, `{"Operations":[`+joinOp(tooMany...)+`]}`)

	// Somebody in many groups leaves them all, and nobody sees a deleted member.
	var groups []string
	for i := range 250 {
		groups = append(groups, newGroup(s, fmt.Sprint("g", i), ann))
	}
	s.Want(204, "DELETE", "/Users/"+ann, nil)
	s.Stop()
	s = adaptertest.Start(t, opts)
	s.WaitIdle()
	for _, id := range groups {
		if n := len(membersOf(s, id)); n != 0 {
			t.Fatalf("%s has %d members", id, n)
		}
	}
	for _, id := range groups {
		if n := edges(t, s, id); n != 0 {
			t.Fatalf("%s keeps %d edges", id, n)
		}
	}

	// A group that is gone leaves no edges.
	s.Want(204, "DELETE", "/Groups/"+id, nil)
	s.WaitIdle()
	if n := edges(t, s, id); n != 0 {
		t.Errorf("%d edges outlive their group", n)
	}
}

func edges(t *testing.T, s *adaptertest.Stack, group string) (n int) {
	t.Helper()
	err := store.New(s.Store).View(context.Background(), s.Tenant().ID(), func(tx *store.Tx) error {
		n = 0
		return tx.Members(group, "", func(store.Edge) bool { n++; return true })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// An application that is told of groups from now on is told of those that are there.
func TestGroupsAreToldLater(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), NoGroups: true}
	s := adaptertest.Start(t, opts)
	ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	inner := newGroup(s, "g0", ann)
	newGroup(s, "g1", inner, ann)
	gone := newGroup(s, "g2", ann)
	s.Want(204, "DELETE", "/Groups/"+gone, nil)
	old := s.Generation
	opts.NoGroups = false
	s.Use(opts)
	if err := old.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if a, b := sizeOf(s, "g0"), sizeOf(s, "g1"); a != 1 || b != 2 || s.Team("g2").Exists() {
		t.Errorf("the teams have %d and %d members", a, b)
	}
}

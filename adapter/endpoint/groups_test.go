package endpoint_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

func group(name string, members ...string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":%q,"members":[%s]}`, name, elements(members))
}

func elements(ids []string) string {
	var list []string
	for _, id := range ids {
		list = append(list, fmt.Sprintf(`{"value":%q}`, id))
	}
	return strings.Join(list, ",")
}

func patchOp(ops ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

func addMembers(ids ...string) string {
	return fmt.Sprintf(`{"op":"add","path":"members","value":[%s]}`, elements(ids))
}

func removeMember(id string) string {
	return fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, id)
}

func createUser(s *adaptertest.Stack, name string) string {
	return s.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str
}

// memberIDs lists who is in a group as a client sees it, sorted.
func memberIDs(s *adaptertest.Stack, id string) []string {
	s.TB.Helper()
	return sorted(s.Want(http.StatusOK, "GET", "/Groups/"+id, nil).Get("members.#.value"))
}

func sorted(list gjson.Result) []string {
	out := []string{}
	for _, v := range list.Array() {
		out = append(out, v.String())
	}
	slices.Sort(out)
	return out
}

// logins lists who is in a team of the application, by login.
func logins(s *adaptertest.Stack, team string) []string {
	s.TB.Helper()
	out := []string{}
	s.Team(team).Get("members").ForEach(func(_, no gjson.Result) bool {
		out = append(out, strings.TrimSuffix(s.App("GET", "/members/"+no.Raw, nil).Get("member.login").Str, "@acme.example"))
		return true
	})
	slices.Sort(out)
	return out
}

func same(t *testing.T, what string, want, got []string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s: %s", what, diff)
	}
}

// A group's members arrive in the application, one by one or in lists.
func TestGroupLivesInTheApplication(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*connector.Config){
		"one by one": nil,
		"in lists":   func(c *connector.Config) { adaptertest.BatchedGroups(c, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{Connector: change})
			ids := map[string]string{}
			for _, who := range []string{"ann", "bob", "cid", "dan", "eve"} {
				ids[who] = createUser(s, who)
			}
			r := s.Want(http.StatusCreated, "POST", "/Groups", group("crew", ids["ann"], ids["bob"]))
			id := r.Get("id").Str
			if ref := r.Get(`members.#(value=="` + ids["ann"] + `")`); ref.Get("type").Str != "User" || ref.Get(`\$ref`).Str != s.URL+"/Users/"+ids["ann"] {
				t.Errorf("the member is shown as %s", ref.Raw)
			}
			same(t, "created", []string{"ann", "bob"}, logins(s, "crew"))
			first := r.Get("meta.version").Str

			r = s.Want(http.StatusNoContent, "PATCH", "/Groups/"+id, patchOp(addMembers(ids["cid"], ids["dan"], ids["eve"]), removeMember(ids["ann"])))
			if tag := r.Header.Get("ETag"); r.Body != "" || tag == "" || tag == first {
				t.Errorf("got %q with the tag %q, was %q", r.Body, tag, first)
			}
			same(t, "patched", []string{"bob", "cid", "dan", "eve"}, logins(s, "crew"))
			same(t, "seen", []string{ids["bob"], ids["cid"], ids["dan"], ids["eve"]}, memberIDs(s, id))

			// What is so already changes nothing and tells nobody.
			s.App("DELETE", "/requests", nil)
			again := s.Want(http.StatusNoContent, "PATCH", "/Groups/"+id, patchOp(addMembers(ids["bob"]), removeMember(ids["ann"])))
			if n := s.App("GET", "/requests", nil).Get("requests.#").Int(); n != 0 || again.Header.Get("ETag") != r.Header.Get("ETag") {
				t.Errorf("%d requests; the version went from %s to %s", n, r.Header.Get("ETag"), again.Header.Get("ETag"))
			}

			s.Want(http.StatusNoContent, "PATCH", "/Groups/"+id, patchOp(`{"op":"replace","value":{"displayName":"squad"}}`))
			same(t, "renamed", []string{"bob", "cid", "dan", "eve"}, logins(s, "squad"))
			s.Want(http.StatusOK, "PUT", "/Groups/"+id, group("squad", ids["ann"], ids["eve"]))
			same(t, "replaced", []string{"ann", "eve"}, logins(s, "squad"))
			s.Want(http.StatusOK, "PUT", "/Groups/"+id, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"squad"}`)
			same(t, "replaced without members", []string{"ann", "eve"}, logins(s, "squad"))

			// A person who is deleted is in no group.
			s.Want(http.StatusNoContent, "DELETE", "/Users/"+ids["eve"], nil)
			same(t, "without eve", []string{ids["ann"]}, memberIDs(s, id))
			s.WaitIdle()
			same(t, "in the application without eve", []string{"ann"}, logins(s, "squad"))

			s.Want(http.StatusNoContent, "PATCH", "/Groups/"+id, patchOp(`{"op":"replace","path":"members","value":[]}`))
			same(t, "emptied", []string{}, logins(s, "squad"))
			s.Want(http.StatusNoContent, "DELETE", "/Groups/"+id, nil)
			if s.Team("squad").Exists() {
				t.Error("the team is still there")
			}
			s.Want(http.StatusNotFound, "GET", "/Groups/"+id, nil)
		})
	}
}

// A user's groups are those it is in and those that contain them.
func TestGroupsOfAUser(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	ann := createUser(s, "ann")
	inner := s.Want(201, "POST", "/Groups", group("inner", ann)).Get("id").Str
	middle := s.Want(201, "POST", "/Groups", group("middle", inner)).Get("id").Str
	outer := s.Want(201, "POST", "/Groups", group("outer", middle)).Get("id").Str
	got := map[string]string{}
	s.Want(200, "GET", "/Users/"+ann, nil).Get("groups").ForEach(func(_, g gjson.Result) bool {
		got[g.Get("value").Str] = g.Get("type").Str + " " + g.Get("display").Str + " " + strings.TrimPrefix(g.Get(`\$ref`).Str, s.URL)
		return true
	})
	want := map[string]string{
		inner: "direct inner /Groups/" + inner, middle: "indirect middle /Groups/" + middle, outer: "indirect outer /Groups/" + outer,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.Want(200, "GET", "/Users/"+ann+"?excludedAttributes=groups", nil).Get("groups").Exists() {
		t.Error("excluded groups are shown")
	}
	// What a client says of groups is the server's to say.
	s.Want(200, "PUT", "/Users/"+ann, strings.Replace(user("ann"), `"active":true`, `"active":true,"groups":[]`, 1))
	if n := len(s.Want(200, "GET", "/Users/"+ann, nil).Get("groups").Array()); n != 3 {
		t.Errorf("%d groups", n)
	}
	if teams := s.Team("outer").Get("teams").Raw; teams != `["`+s.Team("middle").Get("no").Str+`"]` {
		t.Errorf("the application nests %s", teams)
	}
	s.Want(204, "DELETE", "/Groups/"+middle, nil)
	if got := sorted(s.Want(200, "GET", "/Users/"+ann, nil).Get("groups.#.display")); !slices.Equal(got, []string{"inner"}) {
		t.Errorf("without the middle one: %v", got)
	}
	same(t, "outer", []string{}, memberIDs(s, outer))
}

func TestGroupCyclesAreRefused(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	a := s.Want(201, "POST", "/Groups", group("a")).Get("id").Str
	b := s.Want(201, "POST", "/Groups", group("b", a)).Get("id").Str
	c := s.Want(201, "POST", "/Groups", group("c", b)).Get("id").Str
	for _, id := range []string{a, b, c} {
		r := s.Want(400, "PATCH", "/Groups/"+a, patchOp(addMembers(id)))
		if r.Get("scimType").Str != "invalidValue" {
			t.Errorf("got %s", r.Body)
		}
	}
	same(t, "a", []string{}, memberIDs(s, a))
	s.Want(204, "PATCH", "/Groups/"+b, patchOp(removeMember(a)))
	s.Want(204, "PATCH", "/Groups/"+a, patchOp(addMembers(c)))
	same(t, "a", []string{c}, memberIDs(s, a))
}

// Members that are not there yet are kept until they are, or refused, as the connection says.
func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		profile, rule string
		kept          bool
	}{
		"generic": {"generic", "", true}, "okta": {"okta", "", false}, "okta told": {"okta", "pending", true}, "entra told": {"entra", "refuse", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
				c.Connections[0].Profile, c.Connections[0].UnknownMembers = test.profile, test.rule
			}})
			if !test.kept {
				r := s.Want(400, "POST", "/Groups", group("crew", "ext-ann"))
				if r.Get("scimType").Str != "invalidValue" || !strings.Contains(r.Body, "members.value") {
					t.Errorf("got %s", r.Body)
				}
				if n := s.Want(200, "GET", "/Groups", nil).Get("totalResults").Int(); n != 0 {
					t.Errorf("%d groups are there", n)
				}
				return
			}
			id := s.Want(201, "POST", "/Groups", group("crew", "ext-ann", "ext-bob")).Get("id").Str
			same(t, "pending", []string{"ext-ann", "ext-bob"}, memberIDs(s, id))
			same(t, "in the application", []string{}, logins(s, "crew"))
			ann := createUser(s, "ann")
			same(t, "ann is there", []string{ann, "ext-bob"}, memberIDs(s, id))
			s.WaitIdle()
			same(t, "ann in the application", []string{"ann"}, logins(s, "crew"))
			s.Want(204, "PATCH", "/Groups/"+id, patchOp(removeMember("ext-bob"), removeMember("ext-ann")))
			same(t, "by their own names", []string{}, memberIDs(s, id))
			createUser(s, "bob")
			s.WaitIdle()
			same(t, "bob is awaited no more", []string{}, memberIDs(s, id))
			same(t, "nobody in the application", []string{}, logins(s, "crew"))
		})
	}
}

// An application that is not told of groups does not keep the IdP from having them.
func TestGroupsInTheStoreAlone(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	ann, bob := createUser(s, "ann"), createUser(s, "bob")
	s.App("DELETE", "/requests", nil)
	id := s.Want(201, "POST", "/Groups", group("crew", ann)).Get("id").Str
	s.Want(204, "PATCH", "/Groups/"+id, patchOp(addMembers(bob), removeMember(ann)))
	same(t, "members", []string{bob}, memberIDs(s, id))
	s.Want(204, "DELETE", "/Groups/"+id, nil)
	s.WaitIdle()
	if n := s.App("GET", "/requests", nil).Get("requests.#").Int(); n != 0 {
		t.Errorf("the application was told %d times", n)
	}
}

// A member whom the application will not have is put back, and no other.
func TestRefusedMember(t *testing.T) {
	t.Parallel()
	for name, batch := range map[string]int{"one by one": 1, "in lists": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var refused sync.Map
			s := adaptertest.Start(t, adaptertest.Options{
				Connector: func(c *connector.Config) {
					if batch > 1 {
						adaptertest.BatchedGroups(c, batch)
					}
				},
				Wrap: func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						no, set := refused.Load("no")
						if set && strings.HasPrefix(r.URL.Path, "/teams/") && speaksOf(r, no.(string)) {
							w.WriteHeader(http.StatusUnprocessableEntity)
							_, _ = w.Write([]byte(`{"error":"not in this team"}`))
							return
						}
						next.ServeHTTP(w, r)
					})
				},
			})
			ann, bob, cid := createUser(s, "ann"), createUser(s, "bob"), createUser(s, "cid")
			refused.Store("no", s.App("GET", "/members?login=bob@acme.example", nil).Get("members.0.no").Raw)
			id := s.Want(201, "POST", "/Groups", group("crew")).Get("id").Str
			r := s.Want(400, "PATCH", "/Groups/"+id, patchOp(addMembers(ann, bob, cid)))
			if !strings.Contains(r.Get("detail").Str, "not in this team") {
				t.Errorf("got %s", r.Body)
			}
			s.WaitIdle()
			same(t, "members", []string{ann, cid}, memberIDs(s, id))
			same(t, "in the application", []string{"ann", "cid"}, logins(s, "crew"))

			// A new group is there all the same, and shows who is in it.
			made := s.Want(201, "POST", "/Groups", group("team", ann, bob))
			s.WaitIdle()
			same(t, "of a new group", []string{ann}, memberIDs(s, made.Get("id").Str))
		})
	}
}

func speaksOf(r *http.Request, no string) bool {
	if strings.HasSuffix(r.URL.Path, "/members/"+no) {
		return true
	}
	body := peek(r)
	return slices.Contains(sorted(gjson.GetBytes(body, "members")), no)
}

// peek returns the body of a request and leaves it to be read again.
func peek(r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// The writers of one group do not get into each other's way: what is left is what a serial run would leave.
func TestManyWritersOfOneGroup(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Connector: func(c *connector.Config) { adaptertest.BatchedGroups(c, 50) }})
	const writers, rounds = 64, 6
	id := s.Want(201, "POST", "/Groups", group("crew")).Get("id").Str
	users := make([]string, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { users[i] = s.Do("POST", "/Users", user(fmt.Sprint("u", i))).Get("id").Str })
	}
	wg.Wait()
	for i := range writers {
		wg.Go(func() {
			// Each speaks of a member of its own, and all of them of one that they share.
			for round := range rounds {
				ops := []string{addMembers(users[i]), addMembers(users[0])}
				if (round+i)%2 == 0 {
					ops = []string{removeMember(users[i])}
				}
				if r := s.Do("PATCH", "/Groups/"+id, patchOp(ops...)); r.Status != http.StatusNoContent {
					t.Errorf("writer %d: %d %s", i, r.Status, r.Body)
				}
			}
		})
	}
	wg.Wait()
	s.WaitIdle()
	var want []string
	for i := range writers {
		if (rounds-1+i)%2 != 0 { // its last round added; that of the first writer did, who alone removes the one they share
			want = append(want, users[i])
		}
	}
	same(t, "members", want, memberIDs(s, id))
	if n := len(logins(s, "crew")); n != len(want) {
		t.Errorf("the application has %d members, want %d", n, len(want))
	}
}

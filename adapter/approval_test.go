package adapter_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// bearer makes a token and returns how to send requests with it.
func bearer(t *testing.T, s *adaptertest.Stack, by string) func(method, path string, body any) adaptertest.Response {
	t.Helper()
	secret, _, err := s.Tokens.Create(t.Context(), token.CreateRequest{Tenant: "acme", Connection: "main", By: by})
	if err != nil {
		t.Fatal(err)
	}
	return func(method, path string, body any) adaptertest.Response {
		t.Helper()
		r, err := s.Send(method, s.URL+path, body, "Authorization", "Bearer "+string(secret))
		if err != nil || r.Status/100 != 2 {
			t.Fatalf("%s %s: %d %s (%v)", method, path, r.Status, r.Body, err)
		}
		return r
	}
}

func TestFourEyes(t *testing.T) {
	t.Parallel()
	for _, need := range []int{1, 2} {
		t.Run(fmt.Sprint(need), func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
				c.Hold, c.FourEyes = []abi.Operation{abi.OpUpdate}, need
			}})
			approve := func(a *store.Approval, by string) (*store.Approval, error) {
				return s.Tenant().Approve(t.Context(), adapter.Answer{ID: a.ID, Version: a.Version, By: by})
			}
			refused := func(a *store.Approval, by string) {
				t.Helper()
				if _, err := approve(a, by); !errors.Is(err, adapter.ErrFourEyes) {
					t.Errorf("%q: %v", by, err)
				}
			}
			id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
			bearer(t, s, "Alice@acme.example")("PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
			a := waiting(t, s)
			for _, by := range []string{"", " ", "Alice@acme.example", " alice@ACME.example "} {
				refused(a, by)
			}
			if need == 2 {
				got, err := approve(a, "bob")
				if err != nil || got.State != store.ApprovalPending || len(got.Votes) != 1 {
					t.Fatalf("the first of two: %+v (%v)", got, err)
				}
				refused(a, "BOB ")
				// What merges into it is another question.
				bearer(t, s, "carol")("PATCH", "/Users/"+id, set("name.givenName", `"Anna"`))
				if a = waiting(t, s); len(a.Votes) != 0 || len(a.Requests) != 2 || !cmp.Equal(a.Askers, []string{"Alice@acme.example", "carol"}) {
					t.Fatalf("after another change it waits as %+v", a)
				}
				refused(a, "carol")
				refused(a, "alice@acme.example")
				if _, err := approve(a, "bob"); err != nil {
					t.Fatal(err)
				}
				s.WaitIdle()
				if name := s.App("GET", "/members", nil).Get("members.0.full_name").Str; name != "ann Doe" {
					t.Errorf("one of two approved, and the application has %q", name)
				}
			}
			got, err := approve(a, "dave")
			if err != nil || got.State != store.ApprovalApproved || got.DecidedBy != "dave" {
				t.Fatalf("%+v (%v)", got, err)
			}
			s.WaitIdle()
			if name := s.App("GET", "/members", nil).Get("members.0.full_name").Str; !strings.HasSuffix(name, "Roe") {
				t.Errorf("approved, and the application has %q", name)
			}
			// Who has asked may take it back.
			bearer(t, s, "erin")("PATCH", "/Users/"+id, set("title", `"Dr"`))
			if _, err := s.Tenant().Reject(t.Context(), adapter.Answer{ID: waiting(t, s).ID, By: "erin"}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReleaseNeedsFourEyes(t *testing.T) {
	t.Parallel()
	s, _, _ := limited(t, hour(1, 0), func(c *adapter.TenantConfig) { c.FourEyes = 2 })
	ids := people(t, s, 4)
	ask := bearer(t, s, "alice")
	for _, id := range ids {
		ask("DELETE", "/Users/"+id, nil)
	}
	release := func(by string, want adapter.Released) {
		t.Helper()
		got, err := s.Tenant().Release(t.Context(), adapter.Release{By: by}, nil)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", by, err, diff)
		}
	}
	release("alice", adapter.Released{Waiting: 3, Refused: 3})
	release("bob", adapter.Released{Waiting: 3, Voted: 3})
	release("bob", adapter.Released{Waiting: 3, Refused: 3})
	release("carol", adapter.Released{Waiting: 3, Done: 3})
	if got := usable(t, s); got != 0 {
		t.Errorf("%d are left", got)
	}
}

// A person who answers and a change that merges: one comes first, and nothing that nobody looked at goes through.
func TestAnApprovalAgainstAMerge(t *testing.T) {
	t.Parallel()
	s := holding(t, abi.OpUpdate)
	for i := range 20 {
		id := s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprint("u", i))).Get("id").Str
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
		a := waiting(t, s)
		var approved error
		together(t, 2, func(n int) adaptertest.Response {
			if n == 0 {
				_, approved = s.Tenant().Approve(t.Context(), adapter.Answer{ID: a.ID, Version: a.Version})
				return adaptertest.Response{}
			}
			return s.Do("PATCH", "/Users/"+id, set("userType", `"admin"`))
		})
		if approved != nil && !errors.Is(approved, adapter.ErrApprovalMoved) {
			t.Fatal(approved)
		}
		s.WaitIdle()
		m := s.App("GET", "/members", nil).Get(fmt.Sprintf(`members.#(ref==%q)`, id))
		if m.Get("role").Str == "admin" {
			t.Fatalf("nobody looked at it, and the application has %s", m.Raw)
		}
		if surname := m.Get("full_name").Str; strings.HasSuffix(surname, "Roe") != (approved == nil) {
			t.Fatalf("approved %v, and the application has %s", approved, m.Raw)
		}
		b := waiting(t, s)
		if !strings.Contains(string(b.After), "admin") {
			t.Fatalf("what waits is %+v", b)
		}
		if _, err := s.Tenant().Reject(t.Context(), adapter.Answer{ID: b.ID, Version: b.Version}); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever waits together, with members and a password, goes or comes back together, and leaves nothing behind.
func TestAnswersToAllThatWaitsTogether(t *testing.T) {
	t.Parallel()
	type ways map[string]func(t *testing.T, s *adaptertest.Stack, clock *clocktest.Clock, a *store.Approval)
	answers := ways{
		"approved": func(t *testing.T, s *adaptertest.Stack, _ *clocktest.Clock, a *store.Approval) {
			t.Helper()
			if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: a.ID, Version: a.Version}); err != nil {
				t.Fatal(err)
			}
		},
		"rejected": func(t *testing.T, s *adaptertest.Stack, _ *clocktest.Clock, a *store.Approval) {
			t.Helper()
			if _, err := s.Tenant().Reject(t.Context(), adapter.Answer{ID: a.ID, Version: a.Version}); err != nil {
				t.Fatal(err)
			}
		},
		"expired": func(_ *testing.T, _ *adaptertest.Stack, clock *clocktest.Clock, _ *store.Approval) {
			clock.Advance(time.Hour)
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, k := clocktest.New(), new(keyring)
			s := adaptertest.Start(t, adaptertest.Options{Clock: clock.Now, Connector: withPasswordRoute, Wrap: k.wrap, Configure: func(c *adapter.TenantConfig) {
				c.Hold, c.HoldRevocations, c.HoldExpiry, c.Passwords = []abi.Operation{abi.OpUpdate, abi.OpDelete}, true, time.Hour, true
			}})
			yes := name == "approved"
			approvals := func(n int) []*store.Approval {
				t.Helper()
				list, err := s.Tenant().Approvals(t.Context(), false)
				if err != nil || len(list) != n {
					t.Fatalf("%d wait, want %d (%v)", len(list), n, err)
				}
				return list
			}
			ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
			bob := s.Want(201, "POST", "/Users", user("bob")).Get("id").Str
			carl := s.Want(201, "POST", "/Users", user("carl")).Get("id").Str
			team := newGroup(s, "g", ann, bob)
			other := newGroup(s, "g2", ann)
			s.WaitIdle()

			// A password on top of an attribute, and an attribute on top of that.
			s.Want(200, "PATCH", "/Users/"+carl, set("name.familyName", `"Roe"`))
			s.Want(200, "PATCH", "/Users/"+carl, set("password", `"n3w-s3cret"`))
			s.Want(200, "PATCH", "/Users/"+carl, set("title", `"Dr"`))
			// A group that is to be deleted, with members who wait to join and to leave.
			changeMembers(s, team, joinOp(carl), leaveOp(bob))
			s.Want(204, "DELETE", "/Groups/"+team, nil)
			// A member who is to be deleted, with a password that waits.
			s.Want(200, "PATCH", "/Users/"+ann, set("password", `"0ther-s3cret"`))
			s.Want(204, "DELETE", "/Users/"+ann, nil)
			s.WaitIdle()
			if k.all() != "" || sizeOf(s, "g") != 2 || sizeOf(s, "g2") != 1 {
				t.Fatalf("before an answer the application has passwords %q, teams of %d and %d", k.all(), sizeOf(s, "g"), sizeOf(s, "g2"))
			}
			for _, a := range approvals(3) {
				for _, doc := range [][]byte{a.Before, a.After} {
					if strings.Contains(string(doc), "s3cret") {
						t.Fatalf("an approval has the password: %s", doc)
					}
				}
				answer(t, s, clock, a)
			}
			approvals(0)
			s.WaitIdle()
			if got, want := k.all(), map[bool]string{true: "n3w-s3cret"}[yes]; got != want {
				t.Errorf("passwords %q, want %q", got, want)
			}
			s.Want(map[bool]int{true: 404, false: 200}[yes], "GET", "/Users/"+ann, nil)
			s.Want(map[bool]int{true: 404, false: 200}[yes], "GET", "/Groups/"+team, nil)
			if yes {
				if got := membersOf(s, other); len(got) != 0 || sizeOf(s, "g2") != 0 {
					t.Errorf("deleted, and still a member: %v", got)
				}
				if n := s.App("GET", "/teams", nil).Get("teams.#").Int(); n != 1 {
					t.Errorf("%d teams are left", n)
				}
			} else if got := membersOf(s, team); len(got) != 2 || sizeOf(s, "g") != 2 || sizeOf(s, "g2") != 1 {
				t.Errorf("taken back, and the members are %v, in the application %d and %d", got, sizeOf(s, "g"), sizeOf(s, "g2"))
			}
			if !yes { // a password that was taken back does not come after all
				s.Use(adaptertest.Options{Clock: clock.Now, Connector: withPasswordRoute, Configure: func(c *adapter.TenantConfig) { c.Passwords = true }})
				s.Want(200, "PATCH", "/Users/"+carl, set("nickName", `"c"`))
				s.WaitIdle()
				if k.all() != "" {
					t.Errorf("taken back, and the application has the passwords %q", k.all())
				}
			}
			err := s.Tenant().Journal(t.Context(), func(op *store.Operation) bool {
				if !op.Final() {
					t.Errorf("nothing is open, and the journal has %+v", op)
				}
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// What somebody is asked goes with the resource: deleted meanwhile, there is nothing to approve any more.
func TestApprovalOfWhatIsGone(t *testing.T) {
	t.Parallel()
	s := holding(t, abi.OpUpdate)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"admin"`))
	a := waiting(t, s)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	for _, answer := range []func() error{
		func() error { _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: a.ID}); return err },
		func() error { _, err := s.Tenant().Reject(t.Context(), adapter.Answer{ID: a.ID}); return err },
	} {
		if err := answer(); !errors.Is(err, adapter.ErrApprovalDecided) {
			t.Errorf("answered when it is gone: %v", err)
		}
	}
	if got := accounts(t, s, ""); got != 0 {
		t.Errorf("%d accounts are left", got)
	}
	if again := s.Want(http.StatusCreated, "POST", "/Users", user("ann")); again.Get("userType").Exists() {
		t.Errorf("it came back as %s", again.Body)
	}
}

func TestNoticesOfApprovals(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, firstSecret)
	clock := clocktest.New()
	configure := hook(t, r, []string{firstSecret})
	s := adaptertest.Start(t, adaptertest.Options{Clock: clock.Now, Configure: func(c *adapter.TenantConfig) {
		configure(c)
		c.Hold, c.HoldExpiry, c.DeprovisionLimit = []abi.Operation{abi.OpUpdate}, time.Hour, hour(1, 0)
	}})
	ids := people(t, s, 4)
	patch := func(id, body string) { s.Want(http.StatusOK, "PATCH", "/Users/"+id, body) }
	patch(ids[0], set("title", `"Dr"`))
	patch(ids[0], set("userType", `"admin"`))
	a := waiting(t, s)
	if _, err := s.Tenant().Reject(t.Context(), adapter.Answer{ID: a.ID, By: "ops", Comment: "no"}); err != nil {
		t.Fatal(err)
	}
	patch(ids[1], set("title", `"Dr"`))
	patch(ids[1], set("title", `null`)) // as it was
	patch(ids[1], set("title", `"Prof"`))
	clock.Advance(time.Hour)
	if list, err := s.Tenant().Approvals(t.Context(), false); err != nil || len(list) != 0 {
		t.Fatalf("%+v %v", list, err)
	}
	for _, id := range ids {
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	}
	if _, err := s.Tenant().Release(t.Context(), adapter.Release{By: "ops"}, nil); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	if _, err := s.Tenant().Approvals(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	s.Use(adaptertest.Options{Clock: clock.Now, Configure: configure})
	want := []string{
		"approval.waiting pending", "approval.waiting pending moved", "approval.answered rejected", "approval.waiting pending",
		"approval.answered withdrawn", "approval.waiting pending", "approval.answered expired", "alarm.raised", "alarm.cleared",
	}
	var got []string
	for _, n := range r.wait(t, len(want)) {
		text := n.Get("type").Str
		if state := n.Get("data.state").Str; state != "" {
			text += " " + state
		}
		if n.Get("data.moved").Bool() {
			text += " moved"
		}
		got = append(got, text)
		if strings.Contains(n.Raw, "@acme.example") || strings.HasPrefix(text, "approval") && (n.Get("data.connections.0").Str != "main" || n.Get("data.needed").Int() != 1) {
			t.Errorf("a notice is %s", n.Raw)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDifferencesOfAnApproval(t *testing.T) {
	t.Parallel()
	s := holding(t, abi.OpCreate, abi.OpUpdate)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	a := waiting(t, s)
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: a.ID}); err != nil {
		t.Fatal(err)
	}
	paths := func(a *store.Approval) []string {
		var out []string
		for _, d := range s.Tenant().Differences(a) {
			out = append(out, fmt.Sprintf("%s: %s -> %s", d.Path, d.Before, d.After))
		}
		return out
	}
	want := []string{
		`active:  -> true`, `emails:  -> [{"primary":true,"type":"work","value":"ann@acme.example"}]`, `externalId:  -> "ext-ann"`,
		`name.familyName:  -> "Doe"`, `name.givenName:  -> "ann"`, `userName:  -> "ann@acme.example"`,
	}
	if diff := cmp.Diff(want, paths(a)); diff != "" {
		t.Error(diff)
	}
	s.WaitIdle()
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","path":"name.familyName","value":"Roe"},{"op":"remove","path":"name.givenName"},
		{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"IT"}]}`)
	want = []string{
		`name.familyName: "Doe" -> "Roe"`, `name.givenName: "ann" -> `,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department:  -> "IT"`,
	}
	if diff := cmp.Diff(want, paths(waiting(t, s))); diff != "" {
		t.Error(diff)
	}
}

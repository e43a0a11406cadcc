package endpoint_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// user is a create request of the usual shape.
func user(name string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%[1]s@acme.example",
		"externalId":"ext-%[1]s","name":{"givenName":"%[1]s","familyName":"Doe"},"active":true,
		"emails":[{"value":"%[1]s@acme.example","type":"work","primary":true}]}`, name)
}

func patchActive(value string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":` + value + `}]}`
}

func TestUserLivesInTheApplication(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})

	created := s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	id := created.Get("id").Str
	if id == "" || created.Header.Get("Location") != s.URL+"/Users/"+id || created.Get("meta.location").Str != s.URL+"/Users/"+id {
		t.Fatalf("the answer does not say where the user is: %s %v", created.Body, created.Header)
	}
	if got := created.Header.Get("Content-Type"); got != "application/scim+json" {
		t.Errorf("content type %q", got)
	}
	member := s.App("GET", "/members", nil).Get("members.0")
	for field, want := range map[string]string{
		"login": "ann@acme.example", "mail": "ann@acme.example", "full_name": "ann Doe", "state": "active", "ref": id,
	} {
		if got := member.Get(field).String(); got != want {
			t.Errorf("member.%s = %q, want %q in %s", field, got, want, member.Raw)
		}
	}

	got := s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive("false"))
	if got.Get("active").Bool() {
		t.Errorf("still active after PATCH: %s", got.Body)
	}
	if state := s.App("GET", "/members", nil).Get("members.0.state").Str; state != "suspended" {
		t.Errorf("state in the application is %q", state)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive(`"True"`))
	if state := s.App("GET", "/members", nil).Get("members.0.state").Str; state != "active" {
		t.Errorf("state in the application is %q", state)
	}

	changed := strings.Replace(user("ann"), `"Doe"`, `"Roe"`, 1)
	s.Want(http.StatusOK, "PUT", "/Users/"+id, changed)
	if name := s.App("GET", "/members", nil).Get("members.0.full_name").Str; name != "ann Roe" {
		t.Errorf("full name in the application is %q", name)
	}

	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	s.Want(http.StatusNotFound, "GET", "/Users/"+id, nil)
	s.Want(http.StatusNotFound, "DELETE", "/Users/"+id, nil)
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 0 {
		t.Errorf("%d members are left", n)
	}
	back := s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	if back.Get("id").Str != id {
		t.Errorf("provisioned again as %s, was %s", back.Get("id").Str, id)
	}
}

func TestDeleteDoesWhatTheRuleSays(t *testing.T) {
	t.Parallel()
	for rule, want := range map[adapter.Rule]string{
		adapter.RuleDelete: "", adapter.RuleSuspend: "suspended", adapter.RuleDeactivate: "suspended", adapter.RuleNothing: "active",
	} {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Lifecycle.OnDelete = rule }})
			id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
			s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
			s.Want(http.StatusNotFound, "GET", "/Users/"+id, nil)
			before := s.App("GET", "/members", nil)
			if got := before.Get("members.0.state").Str; got != want {
				t.Fatalf("state in the application is %q, want %q", got, want)
			}
			again := s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
			if again.Get("id").Str != id {
				t.Errorf("provisioned again with another id")
			}
			after := s.App("GET", "/members", nil)
			if n, state := after.Get("members.#").Int(), after.Get("members.0.state").Str; n != 1 || state != "active" {
				t.Errorf("%d members, the first %q; want one active", n, state)
			}
			if no := before.Get("members.0.no"); want != "" && no.Int() != after.Get("members.0.no").Int() {
				t.Errorf("another account in the application: %s, then %s", no, after.Get("members.0.no"))
			}
		})
	}
}

func TestRefusedByTheApplication(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	bad := strings.Replace(user("ann"), `"active":true`, `"active":true,"userType":"emperor"`, 1)
	resp := s.Want(http.StatusBadRequest, "POST", "/Users", bad)
	if !strings.Contains(resp.Get("detail").Str, `role \"emperor\" is not known`) && !strings.Contains(resp.Get("detail").Str, `role "emperor" is not known`) {
		t.Errorf("the application's words are missing: %s", resp.Body)
	}
	if n := s.Want(200, "GET", `/Users?filter=userName%20eq%20"ann@acme.example"`, nil).Get("totalResults").Int(); n != 0 {
		t.Errorf("a refused user is there")
	}

	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	before := s.Want(200, "GET", "/Users/"+id, nil)
	s.Want(http.StatusBadRequest, "PATCH", "/Users/"+id, `{"Operations":[{"op":"add","path":"userType","value":"emperor"}]}`)
	after := s.Want(200, "GET", "/Users/"+id, nil)
	if after.Get("userType").Exists() || after.Get("userName").Str != before.Get("userName").Str {
		t.Errorf("a read shows what was refused: %s", after.Body)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, `{"Operations":[{"op":"add","path":"userType","value":"engineer"}]}`)
}

func TestApplicationFailsThenWorks(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	s.App("POST", "/faults", `{"status":503,"count":3}`)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","path":"name.familyName","value":"Roe"}]}`)
	s.WaitIdle()
	list := s.App("GET", "/members", nil)
	if n, name := list.Get("members.#").Int(), list.Get("members.0.full_name").Str; n != 1 || name != "ann Roe" {
		t.Errorf("%d members, the first %q: %s", n, name, list.Body)
	}
}

// To say nothing of active, or to remove it, must not let anybody in who was switched off.
func TestActiveLeftOut(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive("false"))
	for _, r := range []adaptertest.Response{
		s.Want(http.StatusOK, "PUT", "/Users/"+id, strings.Replace(user("ann"), `"active":true,`, "", 1)),
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, `{"Operations":[{"op":"remove","path":"active"}]}`),
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive("null")),
	} {
		if active := r.Get("active"); !active.Exists() || active.Bool() {
			t.Errorf("active is %q in %s", active.Raw, r.Body)
		}
	}
	if state := s.App("GET", "/members", nil).Get("members.0.state").Str; state != "suspended" {
		t.Errorf("state in the application is %q", state)
	}
}

package adapter_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A tenant has an organisation of the application and not its people's accounts: whoever leaves keeps their own account,
// and what other organisations they are in.
func TestDeactivatedKeepsThePersonalAccount(t *testing.T) {
	t.Parallel()
	deactivating := func(c *adapter.TenantConfig) {
		c.Lifecycle = adapter.Lifecycle{OnDelete: adapter.RuleDeactivate, OnInactive: adapter.RuleDeactivate}
	}
	s := adaptertest.Start(t, adaptertest.Options{Configure: deactivating, Connector: func(c *connector.Config) { adaptertest.Organisation(c, "acme") }})
	no := s.SignUp("ann@acme.example", "ann@acme.example")
	s.App("PUT", "/organisations/globex/members/"+no, nil)
	want := func(when, organisations string) {
		t.Helper()
		s.WaitIdle()
		m := onlyMember(t, s)
		if m.Get("no").String() != no || !m.Get("personal").Bool() || m.Get("state").Str != "active" || m.Get("organisations").Raw != organisations {
			t.Errorf("%s: the application has %s", when, m.Body)
		}
	}
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	want("adopted", `{"acme":"active","globex":"active"}`)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	want("deactivated", `{"globex":"active"}`)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "true"))
	want("reactivated", `{"acme":"active","globex":"active"}`)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	want("deleted", `{"globex":"active"}`)
	if again := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str; again != id {
		t.Errorf("restored as %s, was %s", again, id)
	}
	want("restored", `{"acme":"active","globex":"active"}`)
}

// Two tenants have the same person, each in an organisation of its own.
func TestTwoTenantsShareAnAccount(t *testing.T) {
	t.Parallel()
	app := adaptertest.NewApp()
	stacks := map[string]*adaptertest.Stack{}
	ids := map[string]string{}
	for _, org := range []string{"acme", "globex"} {
		s := adaptertest.Start(t, adaptertest.Options{App: app, Connector: func(c *connector.Config) { adaptertest.Organisation(c, org) }, Configure: func(c *adapter.TenantConfig) {
			c.Lifecycle = adapter.Lifecycle{OnDelete: adapter.RuleDeactivate, OnInactive: adapter.RuleSuspend}
		}})
		stacks[org], ids[org] = s, s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
		s.WaitIdle()
	}
	want := func(organisations string) {
		t.Helper()
		for _, s := range stacks {
			s.WaitIdle()
		}
		if m := onlyMember(t, stacks["acme"]); m.Get("state").Str != "active" || m.Get("organisations").Raw != organisations {
			t.Errorf("the application has %s, want %s", m.Body, organisations)
		}
	}
	want(`{"acme":"active","globex":"active"}`)
	stacks["acme"].Want(http.StatusOK, "PATCH", "/Users/"+ids["acme"], set("active", "false"))
	want(`{"acme":"suspended","globex":"active"}`)
	stacks["globex"].Want(http.StatusNoContent, "DELETE", "/Users/"+ids["globex"], nil)
	want(`{"acme":"suspended"}`)
	stacks["acme"].Want(http.StatusOK, "PATCH", "/Users/"+ids["acme"], set("active", "true"))
	want(`{"acme":"active"}`)
}

// A create of several calls that breaks off after the first leaves nobody outside.
func TestCreateBreaksOffBeforeTheOrganisation(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		joins := &refuser{status: status, meant: func(r *http.Request) bool { return r.Method == http.MethodPut }}
		opts := adaptertest.Options{Wrap: joins.wrap, Connector: func(c *connector.Config) {
			adaptertest.Organisation(c, "acme")
			c.Fields = slices.DeleteFunc(c.Fields, func(f connector.Field) bool { return f.Target == "organisation" })
			create := c.Routes[abi.ActionCreate]
			create.Then = []connector.Route{{Method: http.MethodPut, Path: "/organisations/acme/members/{legacy_id}"}}
			c.Routes[abi.ActionCreate] = create
		}}
		s, drain := patient(t, opts)
		joins.on.Store(true)
		s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
		if m := onlyMember(t, s); m.Get("organisations").Exists() {
			t.Errorf("the application has %s", m.Body)
		}
		joins.on.Store(false)
		drain(opts)
		if m := onlyMember(t, s); m.Get("organisations.acme").Str != "active" {
			t.Errorf("the application has %s", m.Body)
		}
	}
}

// An application that cannot switch anybody off has no route to switch them on, and can have accounts all the same that
// are adopted.
func TestAdoptedWithoutAReactivateRoute(t *testing.T) {
	t.Parallel()
	nothing := func(c *adapter.TenantConfig) { c.Lifecycle = adapter.Lifecycle{OnInactive: adapter.RuleNothing} }
	s := adaptertest.Start(t, adaptertest.Options{
		Configure: nothing, Neighbour: nothing,
		Connector: func(c *connector.Config) {
			for _, action := range []abi.Action{abi.ActionReactivate, abi.ActionSuspend, abi.ActionDeactivate} {
				delete(c.Routes, action)
			}
		},
	})
	s.SignUp("ann@acme.example", "ann@acme.example")
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	s.WaitIdle()
	if m := onlyMember(t, s); m.Get("full_name").Str != "ann Doe" {
		t.Errorf("the application has %s", m.Body)
	}
}

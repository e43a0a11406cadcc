package adapter_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A wrong route answers 404 like an account that is gone. Believed, it would leave access to somebody who is to have none.
func TestWrongRouteIsNotAnAccountThatIsGone(t *testing.T) {
	t.Parallel()
	wrong := adaptertest.Options{
		Configure: func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax = time.Hour, time.Hour },
		Connector: func(c *connector.Config) {
			c.Routes[abi.ActionSuspend] = connector.Route{Method: http.MethodPost, Path: "/membres/{legacy_id}/suspend"}
			c.Routes[abi.ActionDelete] = connector.Route{Method: http.MethodDelete, Path: "/membres/{legacy_id}"}
		},
	}
	s := adaptertest.Start(t, wrong)
	suspended := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	deleted := s.Want(http.StatusCreated, "POST", "/Users", user("bob")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+suspended, set("active", "false"))
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+deleted, nil)
	if n := s.Tenant().Backlog(); n != 2 {
		t.Errorf("%d changes wait, want 2", n)
	}
	s.Use(adaptertest.Options{}) // the operator repairs the routes
	s.WaitIdle()
	members := s.App("GET", "/members", nil)
	if members.Get("members.#").Int() != 1 || members.Get("members.0.state").Str != "suspended" {
		t.Errorf("the application has %s", members.Body)
	}
}

func TestAccountThatIsGone(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.App("DELETE", "/members/"+s.App("GET", "/members", nil).Get("members.0.no").String(), nil)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	s.WaitIdle()
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "true"))
	s.WaitIdle()
	if members := s.App("GET", "/members", nil); members.Get("members.#").Int() != 1 || members.Get("members.0.state").Str != "active" {
		t.Errorf("the application has %s", members.Body)
	}
}

package adapter_test

import (
	"net/http"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A person is not kept because the route that takes their access away cannot be filled in: the delete stands, and is
// delivered when the route has been mended.
func TestRevocationWhoseRouteCannotBeFilledIn(t *testing.T) {
	t.Parallel()
	path := "/members/{title}"
	opts := adaptertest.Options{Connector: func(cfg *connector.Config) {
		cfg.Routes[abi.ActionDelete] = connector.Route{Method: http.MethodDelete, Path: path}
	}}
	s := adaptertest.Start(t, opts)
	id := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(204, "DELETE", "/Users/"+id, nil)
	s.Want(404, "GET", "/Users/"+id, nil)
	if p, err := s.Tenant().Active(t.Context(), "ann@acme.example", nil); err != nil || p != nil {
		t.Errorf("the gate lets them in: %v, %v", p, err)
	}
	if s.Tenant().Backlog() != 1 {
		t.Error("nothing waits for the application")
	}
	path = "/members/{legacy_id}"
	s.Use(opts)
	s.WaitIdle()
	if n := s.App(http.MethodGet, "/members", nil).Get("members.#").Int(); n != 0 {
		t.Errorf("there are %d accounts", n)
	}
}

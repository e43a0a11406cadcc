package adaptertest

import (
	"encoding/json"
	"net/http"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Organisation changes a configuration so that the tenant has an organisation of the example application: access is the
// place in it. Suspended, the place is kept; deactivated, it is taken away, and the person keeps the account with all else
// that it is in. Deleted, the account is gone.
func Organisation(cfg *connector.Config, name string) {
	place := "/organisations/" + name + "/members/{legacy_id}"
	cfg.Routes[abi.ActionSuspend] = connector.Route{Method: http.MethodPost, Path: place + "/suspend"}
	cfg.Routes[abi.ActionDeactivate] = connector.Route{Method: http.MethodDelete, Path: place}
	cfg.Routes[abi.ActionReactivate] = connector.Route{Method: http.MethodPut, Path: place}
	cfg.Fields = append(cfg.Fields, connector.Field{Target: "organisation", Source: "'" + name + "'"})
}

// SignUp makes an account that belongs to a person and to no organisation, and returns its number.
func (s *Stack) SignUp(login, mail string) string {
	s.TB.Helper()
	body, err := json.Marshal(map[string]any{"login": login, "mail": mail, "personal": true})
	if err != nil {
		s.TB.Fatal(err)
	}
	r := s.App(http.MethodPost, "/members", string(body))
	if r.Status != http.StatusCreated {
		s.TB.Fatalf("the application answers %d: %s", r.Status, r.Body)
	}
	return r.Get("member.no").String()
}

// Account returns what the application knows of the account with a login: no, state, personal, organisations and more.
// Its Exists is false where there is none.
func (s *Stack) Account(login string) Response {
	s.TB.Helper()
	members := s.App(http.MethodGet, "/members", nil)
	members.Body = members.Get(`members.#(login=="` + login + `")`).Raw
	return members
}

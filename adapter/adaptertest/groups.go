package adaptertest

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// GroupsConfig is how the example application is told of groups: as teams, with one call for each member that joins or
// leaves. See BatchedGroups for the other way.
func GroupsConfig() *connector.Groups {
	return &connector.Groups{
		Routes: map[abi.Action]connector.Route{
			abi.ActionCreate:        {Method: http.MethodPost, Path: "/teams", ID: "team.no"},
			abi.ActionUpdate:        {Method: http.MethodPatch, Path: "/teams/{legacy_id}"},
			abi.ActionDelete:        {Method: http.MethodDelete, Path: "/teams/{legacy_id}"},
			abi.ActionAddMembers:    {Method: http.MethodPut, Path: "/teams/{legacy_id}/members/{member.legacy_id}"},
			abi.ActionRemoveMembers: {Method: http.MethodDelete, Path: "/teams/{legacy_id}/members/{member.legacy_id}"},
		},
		Lookup: &connector.Route{
			Path: "/teams?name={displayName}", ID: "teams.0.no",
			Match: []connector.Field{{Target: "teams.0.name", Source: "displayName"}},
		},
		Fields: []connector.Field{
			{Target: "name", Source: "displayName"},
			{Target: "ref", Source: "{id}"},
		},
	}
}

// BatchedGroups changes a configuration so that many members join or leave with one call, at most batch of them.
func BatchedGroups(cfg *connector.Config, batch int) {
	list := json.RawMessage(`{"members":"{members.legacy_id}"}`)
	cfg.Groups.Batch = batch
	cfg.Groups.Routes[abi.ActionAddMembers] = connector.Route{Method: http.MethodPost, Path: "/teams/{legacy_id}/members", Body: list}
	cfg.Groups.Routes[abi.ActionRemoveMembers] = connector.Route{Method: http.MethodPost, Path: "/teams/{legacy_id}/members/remove", Body: list}
}

// ListedGroups changes a configuration so that the application is told of all members of a group at once, of up to limit.
func ListedGroups(cfg *connector.Config, limit int) {
	cfg.Groups.SetLimit = limit
	cfg.Groups.Routes[abi.ActionSetMembers] = connector.Route{
		Method: http.MethodPut, Path: "/teams/{legacy_id}/members", Body: json.RawMessage(`{"members":"{members.legacy_id}"}`),
	}
	delete(cfg.Groups.Routes, abi.ActionAddMembers)
	delete(cfg.Groups.Routes, abi.ActionRemoveMembers)
}

// Team returns what the application knows of the team with a name: no, name, ref, size, members and teams. Its Exists
// is false where there is none.
func (s *Stack) Team(name string) gjson.Result {
	s.TB.Helper()
	return s.App(http.MethodGet, "/teams?name="+url.QueryEscape(name), nil).Get("teams.0")
}

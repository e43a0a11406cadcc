package caddymodule

import (
	"net/http"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Groups says how the application is told of groups and of who is in them.
type Groups struct {
	// Routes say what to call for each action: `create`, `update`, `delete`, `add_members`, `remove_members`, `set_members`. Each is
	// optional; an application whose roles are fixed has a lookup and the last two.
	//
	// In add_members and remove_members {legacy_id}, {id} and {displayName} are the group's. {member.legacy_id},
	// {member.id} and {member.type} (User or Group) are those of one member, who then gets a call of its own. Instead
	// of these a text of the body that is just "{members.legacy_id}" or "{members.id}" becomes the JSON array of all
	// members of the call.
	//
	// In set_members that list is everybody who is to be in the group. Where there is this route it is used for groups of
	// up to SetLimit members, and the other two for larger ones alone.
	Routes map[string]*Route `json:"routes,omitempty"`

	// Lookup finds a group that exists already, by what the resource says. Default: none.
	Lookup *Lookup `json:"lookup,omitempty"`

	// Map builds the JSON that is sent by create and update, as Application.Map does for users.
	Map map[string]string `json:"map,omitempty"`

	// Rules classify the answers to calls about groups, where no rule of a route does and before those of the application.
	// Default: none.
	Rules []*Rule `json:"rules,omitempty"`

	// Batch is how many members one call has at most, where the route or a policy takes several: 1 to 1000.
	// Default: 100.
	Batch int `json:"batch,omitempty"`

	// SetLimit is how many members a group may have for set_members: 1 to 10000. The changes of a larger one wait, where
	// there are no routes add_members and remove_members. Default: 1000.
	SetLimit int `json:"set_limit,omitempty"`

	// List reads the application's groups, for imports and comparisons. Default: they cannot be read.
	List *GroupList `json:"list,omitempty"`
}

func (g *Groups) connector() *connector.Groups {
	if g == nil {
		return nil
	}
	return &connector.Groups{Routes: connectorRoutes(g.Routes), Lookup: g.Lookup.connector(), Fields: fields(g.Map), Batch: g.Batch, SetLimit: g.SetLimit, Rules: connectorRules(g.Rules)}
}

func connectorRoutes(from map[string]*Route) map[abi.Action]connector.Route {
	routes := make(map[abi.Action]connector.Route, len(from))
	for action, r := range from {
		if r == nil {
			r = new(Route)
		}
		routes[abi.Action(action)] = connector.Route{Method: r.Method, Path: r.Path, Body: r.Body, ID: r.ID, Then: connectorSteps(r.Then), Rules: connectorRules(r.Rules)}
	}
	return routes
}

func (l *Lookup) connector() *connector.Route {
	if l == nil {
		return nil
	}
	return &connector.Route{Method: http.MethodGet, Path: l.Path, ID: l.ID, Match: fields(l.Match), Rules: connectorRules(l.Rules)}
}

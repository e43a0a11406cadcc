package connector

import (
	"slices"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

const (
	// DefaultBatch is how many members one call has at most where Groups.Batch does not say.
	DefaultBatch = 100
	// MaxBatch bounds Groups.Batch.
	MaxBatch = 1000
	// DefaultSetLimit is how many members a group has at most for set_members where Groups.SetLimit does not say.
	DefaultSetLimit = 1000
	// MaxSetLimit bounds Groups.SetLimit.
	MaxSetLimit = 10000
)

// Groups says how the application is told of groups. What it does not say is the Config's: base URL, authentication,
// headers, limits.
type Groups struct {
	// Routes say what to call for each action: create, update, delete, add_members, remove_members. Each is optional: an
	// application whose roles are fixed has a lookup and the last two alone.
	//
	// In add_members and remove_members {legacy_id}, {id}, {displayName} and all else is the group's, and path and body
	// speak of the members in one of two ways:
	//
	//	{member.legacy_id} {member.id} {member.type}   one member; each gets a call of its own
	//	"{members.legacy_id}" "{members.id}"           a text of the body that is just this becomes the JSON array of all
	//	                                               members of the call, of which there may be Batch
	//
	// id is the member's SCIM id and type is User or Group. A member without a value makes a *MissingError.
	//
	// set_members is for applications that take the list of all members and nothing less: "{members.legacy_id}" in its
	// body is everybody who is to be in the group, perhaps nobody. Where it is there it is used for groups of up to
	// SetLimit members, and add_members and remove_members only for larger ones.
	Routes map[abi.Action]Route

	// SetLimit is how many members a group may have for set_members: 1 to MaxSetLimit, DefaultSetLimit if 0.
	SetLimit int

	// Lookup finds a group that exists already, as Config.Lookup does an account. Optional.
	Lookup *Route

	// Fields build the body of create and update where neither a policy nor the route gives one.
	Fields []Field

	// Rules classify the answers to calls about groups, where no rule of a route does and before those of Config.
	Rules []Rule

	// Batch is how many members one call has at most, where the route or a policy takes several: 1 to MaxBatch,
	// DefaultBatch if 0.
	Batch int

	// List reads the application's groups. Optional.
	List *ListRoute
}

// forGroups returns a connector that shares all with c but what g says.
func (c *Connector) forGroups(g *Groups) (*Connector, error) {
	const at = "groups."
	groups := *c
	groups.owned = nil // c closes it
	var err error
	if groups.list, err = compileList(at, g.List, true); err != nil {
		return nil, err
	}
	own, err := compileRules(at+"rules", g.Rules)
	if err != nil {
		return nil, err
	}
	groups.rules = slices.Concat(own, c.rules)
	if err := groups.compile(at, g.Routes, g.Lookup, g.Fields); err != nil {
		return nil, err
	}
	switch {
	case g.Batch < 0 || g.Batch > MaxBatch:
		return nil, configErrorf(at+"batch", "is %d, want 1 to %d", g.Batch, MaxBatch)
	case g.Batch == 0:
		groups.batch = DefaultBatch
	default:
		groups.batch = g.Batch
	}
	switch {
	case g.SetLimit < 0 || g.SetLimit > MaxSetLimit:
		return nil, configErrorf(at+"set_limit", "is %d, want 1 to %d", g.SetLimit, MaxSetLimit)
	case groups.routes[abi.ActionSetMembers] == nil && g.SetLimit != 0:
		return nil, configErrorf(at+"set_limit", "is for the route set_members, which is missing")
	case groups.routes[abi.ActionSetMembers] != nil:
		if groups.setLimit = g.SetLimit; groups.setLimit == 0 {
			groups.setLimit = DefaultSetLimit
		}
	}
	single := 0
	for _, action := range sortedActions(g.Routes) {
		field := at + "routes." + string(action)
		switch {
		case action == abi.ActionSuspend || action == abi.ActionDeactivate || action == abi.ActionReactivate:
			return nil, configErrorf(field, "is for users alone")
		case !aboutMembers(action):
			continue
		case g.Routes[action].ID != "":
			return nil, configErrorf(field+".id", "has no meaning here; it is for create and lookup")
		}
		r := groups.routes[action]
		list, err := r.speaksOf(field)
		if err != nil {
			return nil, err
		}
		if action == abi.ActionSetMembers {
			if !list {
				return nil, configErrorf(field, `speaks of one member; want "{members.legacy_id}" in the body, which is all of them`)
			}
			continue
		}
		if r.perCall = groups.batch; !list {
			r.perCall = 1
			single++
		}
	}
	if routes := groups.memberRoutes(); g.Batch > 1 && routes > 0 && routes == single {
		return nil, configErrorf(at+"batch", `is %d, but the routes speak of one member; "{members.legacy_id}" in a body speaks of several`, g.Batch)
	}
	return &groups, nil
}

func (c *Connector) memberRoutes() (n int) {
	for action := range c.routes {
		if aboutMembers(action) && action != abi.ActionSetMembers {
			n++
		}
	}
	return n
}

// Groups returns the connector for groups, which shares address, credentials, limits and connections with c; false if
// the application is told nothing of groups. It needs no Close of its own.
func (c *Connector) Groups() (*Connector, bool) { return c.groups, c.groups != nil }

// MembersPerCall returns how many members a call of add_members or remove_members may have: 1 where the route speaks of
// one member, else Batch; 0 without a route.
func (c *Connector) MembersPerCall(action abi.Action) int {
	if r := c.routes[action]; r != nil {
		return r.perCall
	}
	return 0
}

// SetLimit returns how many members a group may have for set_members; 0 where there is no such route.
func (c *Connector) SetLimit() int { return c.setLimit }

// Batch returns Groups.Batch with its default; of a connector for users it returns 0. Where a policy makes the requests
// and there is no route, it is how many members a call may have.
func (c *Connector) Batch() int { return c.batch }

// aboutMembers reports whether action is about members of a group.
func aboutMembers(action abi.Action) bool {
	return action == abi.ActionAddMembers || action == abi.ActionRemoveMembers || action == abi.ActionSetMembers
}

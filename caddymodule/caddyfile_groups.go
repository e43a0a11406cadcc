package caddymodule

import "github.com/caddy-scim/caddy-scim/plugins/abi"

// groupActions are the actions that an application can have routes for, for its groups.
var groupActions = []abi.Action{
	abi.ActionCreate, abi.ActionUpdate, abi.ActionDelete, abi.ActionAddMembers, abi.ActionRemoveMembers, abi.ActionSetMembers,
}

func (a *Application) readGroups(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	g := new(Groups)
	a.Groups = g
	options := append(calls(&g.Routes, &g.Lookup, &g.Map, groupActions), option{usage: "list GET <path>", read: g.readList},
		option{usage: "batch <number>", read: number(&g.Batch)},
		option{usage: "set_limit <number>", read: number(&g.SetLimit)}, readRules(&g.Rules))
	return readBlock(l.Dispenser, "groups", options...)
}

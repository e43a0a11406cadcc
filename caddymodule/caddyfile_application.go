package caddymodule

import (
	"net/http"
	"slices"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func (t *Tenant) readApplication(l line) error {
	a := new(Application)
	if err := l.args(&a.URL); err != nil {
		return err
	}
	t.Application = a
	options := []option{
		{usage: "auth bearer <token> | basic <username> <password> | header <name> <value> | oauth", read: a.readAuth},
		{usage: "transport http", read: a.readTransport},
		{usage: "header <name> <value>", many: true, read: a.readHeader},
		{usage: "timeout <duration>", read: duration(&a.Timeout)},
		{usage: "max_response <size>", read: size(&a.MaxResponse)},
		{usage: "addresses <address or range>...", read: texts(&a.Addresses)},
		readRules(&a.Rules),
	}
	options = append(options, a.paceOptions()...)
	options = append(options, calls(&a.Routes, &a.Lookup, &a.Map, userActions)...)
	options = append(options, option{usage: "list GET <path>", read: a.readList}, option{usage: "groups", read: a.readGroups})
	return readBlock(l.Dispenser, "application", options...)
}

// userActions are the actions that an application can have routes for, for its users.
var userActions = []abi.Action{
	abi.ActionCreate, abi.ActionUpdate, abi.ActionSuspend, abi.ActionDeactivate, abi.ActionReactivate, abi.ActionDelete, abi.ActionSetPassword,
}

// calls are the options that say how the application is told of one type of resource.
func calls(routes *map[string]*Route, lookup **Lookup, fields *map[string]string, actions []abi.Action) []option {
	options := []option{
		{usage: "lookup GET <path>", read: readLookup(lookup)},
		{usage: "map", read: func(l line) error {
			if err := l.args(); err != nil {
				return err
			}
			return l.pairs("map", "<path> <template>", fields)
		}},
	}
	for _, action := range actions {
		options = append(options, option{usage: string(action) + " <method> <path>", read: readRoute(routes)})
	}
	return options
}

func (a *Auth) read(l line) error {
	args := l.RemainingArgs()
	switch {
	case len(args) == 2 && args[0] == "bearer":
		a.Bearer = args[1]
	case len(args) == 3 && args[0] == "basic":
		a.Basic = &BasicAuth{Username: args[1], Password: args[2]}
	case len(args) == 3 && args[0] == "header":
		a.Header = &HeaderAuth{Name: args[1], Value: args[2]}
	default:
		return l.wrong()
	}
	if slices.Contains(args, "") {
		return l.Err("a credential is empty")
	}
	return nil
}

func (a *Application) readHeader(l line) error {
	var name, value string
	if err := l.args(&name, &value); err != nil {
		return err
	}
	if a.Headers == nil {
		a.Headers = make(map[string][]string)
	}
	name = http.CanonicalHeaderKey(name)
	a.Headers[name] = append(a.Headers[name], value)
	return nil
}

func readRoute(to *map[string]*Route) func(line) error {
	return func(l line) error {
		action := l.Val()
		r := new(Route)
		if err := l.args(&r.Method, &r.Path); err != nil {
			return err
		}
		if err := l.method(r.Method); err != nil {
			return err
		}
		if *to == nil {
			*to = make(map[string]*Route)
		}
		(*to)[action] = r
		return readBlock(l.Dispenser, action,
			option{usage: "id <path>", read: text(&r.ID)},
			option{usage: "body <json>", read: func(l line) error { return l.json(&r.Body) }},
			option{usage: "then <method> <path>", many: true, read: readStep(&r.Then)},
			readRules(&r.Rules),
		)
	}
}

func readLookup(to **Lookup) func(line) error {
	return func(l line) error {
		var method string
		r := new(Lookup)
		if err := l.args(&method, &r.Path); err != nil {
			return err
		}
		if method != http.MethodGet {
			return l.Errf("a lookup is a GET, not a %q", method)
		}
		*to = r
		return readBlock(l.Dispenser, "lookup",
			option{usage: "id <path>", read: text(&r.ID)},
			option{usage: "match <path> <template>", many: true, read: func(l line) error { return l.pair(&r.Match) }},
			readRules(&r.Rules),
		)
	}
}

// pairs reads a block of names with one value each.
func (l line) pairs(what, usage string, to *map[string]string) error {
	for nesting := l.Nesting(); l.NextBlock(nesting); {
		var value string
		key := l.Val()
		if !l.AllArgs(&value) {
			return l.Errf("wrong arguments in %s, want: %s", what, usage)
		}
		if err := l.put(key, value, to); err != nil {
			return err
		}
	}
	return nil
}

// pair reads a name and its value.
func (l line) pair(to *map[string]string) error {
	var key, value string
	if err := l.args(&key, &value); err != nil {
		return err
	}
	return l.put(key, value, to)
}

func (l line) put(key, value string, to *map[string]string) error {
	if _, twice := (*to)[key]; twice {
		return l.Errf("%q is there twice", key)
	}
	if *to == nil {
		*to = make(map[string]string)
	}
	(*to)[key] = value
	return nil
}

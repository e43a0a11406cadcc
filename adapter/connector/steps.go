package connector

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// MaxSteps bounds how many calls an action's route makes, the first one included.
const MaxSteps = abi.MaxRequests

// compileSteps compiles what follows a route's first call, and makes the route speak of the members that its steps speak
// of.
func (c *Connector) compileSteps(field string, action abi.Action, r *route, given []Route) error {
	if len(given) >= MaxSteps {
		return configErrorf(field+".then", "has %d calls, want at most %d", len(given), MaxSteps-1)
	}
	told := r.id != ""
	for i, g := range given {
		at := fmt.Sprintf("%s.then[%d]", field, i)
		switch {
		case g.Then != nil:
			return configErrorf(at+".then", "has steps of its own; list them all in the route")
		case g.Match != nil:
			return configErrorf(at+".match", "is for the lookup alone")
		case g.ID != "" && action != abi.ActionCreate:
			return configErrorf(at+".id", "has no meaning here; it is for create and lookup")
		}
		step, err := c.compileRoute(at, action, g)
		if err != nil {
			return err
		}
		if action == abi.ActionCreate && !told && (step.path.names("legacy_id") || step.body != nil && step.body.names("legacy_id")) {
			return configErrorf(at, "speaks of {legacy_id}, which no call before it tells; give one of these an id")
		}
		told = told || step.id != ""
		// What is said of the route is said of its steps, but what they say themselves comes first.
		step.rules = slices.Concat(step.own, r.own, c.rules)
		r.then = append(r.then, step)
		r.members = append(r.members, step.members...)
	}
	return nil
}

// renderSteps makes the requests of a route.
func (c *Connector) renderSteps(call *Call, r *route, s *scope) ([]prepared, error) {
	requests := make([]prepared, 0, 1+len(r.then))
	mapped, told := false, false // the field map's body, and the account's id
	for i := range 1 + len(r.then) {
		step, name := r, string(call.Action)
		if i > 0 {
			step, name = r.then[i-1], fmt.Sprintf("%s, step %d", call.Action, i+1)
		}
		p := prepared{method: step.method, id: step.id, rules: step.rules}
		body := step.body
		if body == nil && !mapped && c.mapsBody(call.Action, step.method) {
			mapped, p.mapped = true, true
			body = c.fields
		}
		if late := told && s.legacyID == ""; late && (step.path.names("legacy_id") || body != nil && body.names("legacy_id")) {
			p.late, p.lateBody = step.path, body
			requests = append(requests, p)
			continue
		}
		told = told || step.id != ""
		if err := c.point(&p, step.path, s); err != nil {
			return nil, fmt.Errorf("route %s: %w", name, err)
		}
		p.body = c.body(call, body, p.mapped, s)
		requests = append(requests, p)
	}
	return requests, nil
}

// mapsBody reports whether the field map makes the body of a call that has none of its own.
func (c *Connector) mapsBody(action abi.Action, method string) bool {
	return c.fields != nil && hasBody(method) && (action == abi.ActionCreate || action == abi.ActionUpdate)
}

// names reports whether a body refers to name.
func (n *node) names(name string) bool {
	if n.value.ref != nil && n.value.ref.raw == name || n.value.template != nil && n.value.template.names(name) {
		return true
	}
	return slices.ContainsFunc(n.children, func(child *node) bool { return child.names(name) })
}

// hasBody reports whether a request of this method is given a body from the field map.
func hasBody(method string) bool { return method != http.MethodGet && method != http.MethodDelete }

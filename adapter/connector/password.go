package connector

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A password is in no document. It is part of a call, and may stand, as the whole of a value, in the body of two
// actions: create, and set_password, which is there for nothing else.

// password reports whether r speaks of the user's password.
func (r *ref) password() bool {
	core := r.urn == "" || strings.EqualFold(r.urn, coreURN+"User")
	return core && r.sub == "" && r.filterSub == "" && strings.EqualFold(r.name, "password")
}

// password reports whether the whole text of t is a reference to the password. Such a text is not trimmed.
func (t *template) password() (*ref, bool) {
	if len(t.parts) != 1 || t.parts[0].ref == nil || !t.parts[0].ref.password() {
		return nil, false
	}
	return t.parts[0].ref, true
}

// mentions reports whether any reference in t is the password's.
func (t *template) mentions() bool {
	for _, p := range t.parts {
		if p.ref != nil && p.ref.password() {
			return true
		}
	}
	return false
}

// password reports whether the value is the password; an error where it is only part of the value.
func (src *source) password(field string) (bool, error) {
	switch {
	case src.ref != nil:
		return src.ref.password(), nil
	case src.template != nil && src.template.mentions():
		r, whole := src.template.password()
		if !whole {
			return false, configErrorf(field, "%q: the password must be the whole of a value", src.template.raw)
		}
		src.template, src.ref = nil, r
		return true, nil
	}
	return false, nil
}

// password reports whether a body has the password.
func (n *node) password(field string) (found bool, err error) {
	for _, child := range n.children {
		in, err := child.password(field)
		if err != nil {
			return false, err
		}
		found = found || in
	}
	here, err := n.value.password(field)
	n.secret = here
	return found || here, err
}

// checkPassword makes sure that the password stands only where it may.
func (c *Connector) checkPassword(at string) error {
	misplaced := func(field string) error {
		return configErrorf(at+field, "speaks of the password, which may stand in the body of create and of set_password alone")
	}
	c.fieldsPassword = false
	if c.fields != nil {
		in, err := c.fields.password(at + "fields")
		switch {
		case err != nil:
			return err
		case in && at != "":
			return misplaced("fields")
		}
		c.fieldsPassword = in
	}
	for action, r := range c.routes {
		field := "routes." + string(action)
		if action == abi.ActionSetPassword && at != "" {
			return configErrorf(at+field, "is for users alone")
		}
		for i := range 1 + len(r.then) {
			step, field := r, field
			if i > 0 {
				step, field = r.then[i-1], fmt.Sprintf("%s.then[%d]", field, i-1)
			}
			if step.path.mentions() {
				return misplaced(field + ".path")
			}
			if step.body == nil {
				continue
			}
			in, err := step.body.password(at + field + ".body")
			if err != nil {
				return err
			}
			if in && (at != "" || (action != abi.ActionCreate && action != abi.ActionSetPassword)) {
				return misplaced(field + ".body")
			}
			r.password = r.password || in
		}
		if action == abi.ActionSetPassword && !r.password {
			return configErrorf(at+field+".body", `does not have the password; want a text that is just "{password}"`)
		}
	}
	if l := c.lookup; l != nil {
		if l.path.mentions() {
			return misplaced("lookup.path")
		}
		for _, m := range l.match {
			if in, err := m.source.password(at + "lookup.match"); in || err != nil {
				return misplaced("lookup.match")
			}
		}
	}
	return nil
}

// SendsPassword reports whether the route of an action, as it is configured, sends the password.
func (c *Connector) SendsPassword(action abi.Action) bool {
	r := c.routes[action]
	switch {
	case r == nil:
		return false
	case r.password:
		return true
	}
	return action == abi.ActionCreate && c.fieldsPassword &&
		(r.maps() || slices.ContainsFunc(r.then, (*route).maps))
}

// maps reports whether the call's body is left to the field map.
func (r *route) maps() bool { return r.body == nil && hasBody(r.method) }

// setPassword makes the password of a call one of the values that bodies draw from.
func (s *scope) setPassword(password string) {
	if password != "" {
		s.attributes = append(s.attributes, attribute{
			"password", gjson.Result{Type: gjson.String, Str: password, Raw: string(gjson.AppendJSONString(nil, password))},
		})
	}
}

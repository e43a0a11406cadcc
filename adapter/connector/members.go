package connector

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// ErrMembers means that a call has no members, or more than its route takes.
var ErrMembers = errors.New("the call has no members or too many")

// about says what a reference speaks of.
type about byte

const (
	theResource about = iota
	oneMember         // {member.…}
	allMembers        // {members.…}
)

// classify finds the references that speak of members. A group's document has no members of its own, so that all
// others that begin like these are mistakes.
func (r *ref) classify() error {
	if r.urn != "" {
		return nil
	}
	switch {
	case strings.EqualFold(r.name, "member"):
		r.about = oneMember
	case strings.EqualFold(r.name, "members"):
		r.about = allMembers
	default:
		return nil
	}
	switch {
	case r.raw == "member.legacy_id" || r.raw == "member.id" || r.raw == "member.type":
	case r.raw == "members.legacy_id" || r.raw == "members.id":
	default:
		return fmt.Errorf("%q: of members there are member.legacy_id, member.id, member.type, members.legacy_id and members.id", r.raw)
	}
	return nil
}

// memberUse is a place where a route speaks of members.
type memberUse struct {
	template string // as configured
	ref      *ref   // nil where array is set
	array    string // the field that an array lists
}

// misplaced is the error where there are no members to speak of.
func (u memberUse) misplaced(field string) error {
	return configErrorf(field, "%q speaks of members, which is for the routes add_members, remove_members and set_members of groups", u.template)
}

// uses appends the places in t that speak of members.
func (t *template) uses(to []memberUse) []memberUse {
	for _, p := range t.parts {
		if p.ref != nil && p.ref.about != theResource {
			to = append(to, memberUse{template: t.raw, ref: p.ref})
		}
	}
	return to
}

func (src *source) uses(to []memberUse) []memberUse {
	switch {
	case src.template != nil:
		return src.template.uses(to)
	case src.ref != nil && src.ref.about != theResource:
		return append(to, memberUse{template: src.ref.raw, ref: src.ref})
	}
	return to
}

func (n *node) uses(to []memberUse) []memberUse {
	if n.members != "" {
		return append(to, memberUse{template: "{members." + n.members + "}", array: n.members})
	}
	for _, child := range n.children {
		to = child.uses(to)
	}
	return n.value.uses(to)
}

// speaksOf reports whether a route for members takes several of them at once.
func (r *route) speaksOf(field string) (list bool, err error) {
	one := false
	for _, u := range r.members {
		switch {
		case u.array != "":
			list = true
		case u.ref.about == allMembers:
			return false, configErrorf(field, "%q: the members of a call stand only where a text of the body is just {%s}", u.template, u.ref.raw)
		default:
			one = true
		}
	}
	switch {
	case one && list:
		return false, configErrorf(field, "speaks both of one member and of all; want {member.…} or {members.…}")
	case !one && !list:
		return false, configErrorf(field, `does not say who the member is; want {member.legacy_id} in path or body, or "{members.legacy_id}" in the body`)
	}
	return list, nil
}

// checkMembers makes sure that a call has the members that its route speaks of.
func (r *route) checkMembers(members []abi.Member) error {
	if r.perCall != 0 && (len(members) == 0 || len(members) > r.perCall) {
		return fmt.Errorf("%w: %d, want 1 to %d", ErrMembers, len(members), r.perCall)
	}
	for _, u := range r.members {
		field := u.array
		if u.ref != nil {
			field = u.ref.sub
		}
		for i := range members {
			if memberField(&members[i], field) == "" {
				return &MissingError{Template: u.template, Attribute: "the member's " + field}
			}
		}
	}
	return nil
}

// aboutOne reports whether a call that could not be rendered may fail for some of its members only.
func aboutOne(err error) bool {
	var missing *MissingError
	return errors.Is(err, ErrMembers) || errors.As(err, &missing)
}

// member returns what r says of the only member of a call.
func (s *scope) member(r *ref) string {
	if r.about != oneMember || len(s.members) != 1 {
		return ""
	}
	return memberField(&s.members[0], r.sub)
}

// appendMembers writes the array of a field of all members.
func (s *scope) appendMembers(dst []byte, field string) []byte {
	dst = append(dst, '[')
	for i := range s.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = gjson.AppendJSONString(dst, memberField(&s.members[i], field))
	}
	return append(dst, ']')
}

func memberField(m *abi.Member, field string) string {
	switch field {
	case "legacy_id":
		return m.LegacyID
	case "id":
		return m.ID
	default:
		return m.Type
	}
}

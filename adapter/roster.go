package adapter

import (
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim/patch"
)

// maxRoster bounds whom changes that wait together may name, so that an approval fits the store.
const maxRoster = 4 * maxMemberChanges

// roster is what one change, or several one after the other, makes of the members of a group, as a policy and an
// approver are told.
type roster struct {
	clear bool
	names []string        // in the order in which they were named first
	joins map[string]bool // what becomes of each in the end
}

func newRoster(from *abi.MemberChange) *roster {
	r := &roster{joins: map[string]bool{}}
	if from == nil {
		return r
	}
	r.clear = from.Clear
	for _, name := range from.Remove {
		r.set(name, false)
	}
	for _, name := range from.Add {
		r.set(name, true)
	}
	return r
}

func (r *roster) set(name string, joins bool) {
	if _, known := r.joins[name]; !known {
		r.names = append(r.names, name)
	}
	r.joins[name] = joins
}

// apply adds what steps do, and names members by their SCIM ids where there are some.
func (r *roster) apply(m *memberEdit, steps []patch.ElementChange) error {
	for _, s := range steps {
		if s.Clear {
			r.clear, r.names, r.joins = true, nil, map[string]bool{}
		}
		for _, element := range s.Remove {
			e, err := m.find(element)
			if err != nil {
				return err
			}
			r.set(e.Member, false)
		}
		r.clear = r.clear || s.RemoveWhere != nil // a filter may select anybody
		for _, element := range s.Add {
			e, err := m.find(element)
			if err != nil {
				return err
			}
			r.set(e.Member, true)
		}
	}
	return nil
}

// change is the roster as a policy and an approver see it, nil for none.
func (r *roster) change() *abi.MemberChange {
	if !r.clear && len(r.names) == 0 {
		return nil
	}
	out := &abi.MemberChange{Clear: r.clear}
	for _, name := range r.names {
		if r.joins[name] {
			out.Add = append(out.Add, name)
		} else {
			out.Remove = append(out.Remove, name)
		}
	}
	return out
}

// nameMembers writes into c what a policy and an approver are told of members: what the change does, and what it comes
// to with those that wait for the same approval.
func (t *Tenant) nameMembers(tx *store.Tx, c *change) error {
	m := &memberEdit{tx: tx, group: new(store.Record), kind: c.kind, pending: t.keepsPending(c.caller)}
	waiting := newRoster(nil)
	if c.prev != nil {
		m.group = c.prev
		if c.prev.Hold != nil {
			a, err := tx.Approval(c.prev.Hold.ID)
			if err != nil {
				return err
			}
			waiting = newRoster(a.Members)
		}
	}
	joining := newRoster(nil)
	for _, r := range []*roster{joining, waiting} {
		if err := r.apply(m, c.members); err != nil {
			return err
		}
	}
	if len(waiting.names) > maxRoster {
		return tooManyMembers()
	}
	c.joining, c.waiting = joining.change(), waiting.change()
	return nil
}

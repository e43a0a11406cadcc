package adapter

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// membersLook is how many edges one step looks at to find those that go into one call.
const membersLook = 500

// crew is what one call tells the application of a group's members: that all of them join, or that all leave.
type crew struct {
	action  abi.Action
	group   *store.Record
	edges   []store.Edge // as they were before the call
	members []abi.Member
	key     string   // the idempotency key
	mapped  *mapping // what the policy was asked; nil where it was not
	trail   trail    // what was sent
	all     bool     // the call lists everybody who is to be in the group, not who joins or leaves
	split   bool     // the call is about one change, as one about several was refused
	large   string   // why the call cannot be made, if it cannot
}

// joins is the state that the call brings the edges to, unless it lists everybody.
func (c *crew) joins() bool { return c.action == abi.ActionAddMembers }

// pick chooses the edges of the next call. Those that the application need not be told of, or cannot be yet, are put
// right on the way. left means that there are edges that were not looked at.
func (d *dispatcher) pick(tx *store.Tx, t *Tenant, group *store.Record, most int) (c *crew, left bool, err error) {
	if !exists(group.Applied.Account) {
		return nil, false, nil // when it is there, its edges are looked at again
	}
	if conn := t.connector(store.Group); conn != nil && conn.SetLimit() > 0 {
		c, left, large, err := d.pickForAll(tx, t, group, most)
		if !large || c != nil || left || err != nil {
			return c, left, err
		}
	}
	turns := [...]abi.Action{abi.ActionRemoveMembers, abi.ActionAddMembers}
	if group.Failures%2 == 1 {
		turns[0], turns[1] = turns[1], turns[0] // it may be those who leave whom the application fails about
	}
	for _, action := range turns {
		c = &crew{action: action, group: group}
		if left, err = d.enlist(tx, t, c, c.joins()); err != nil || left || len(c.edges) > 0 {
			break
		}
	}
	return c.some(t, most), left, err
}

// enlist takes those edges into a crew that it may tell the application of. left means that none was found, and that
// there are edges that were not looked at.
func (d *dispatcher) enlist(tx *store.Tx, t *Tenant, c *crew, joins bool) (left bool, err error) {
	most := membersLook
	if c.group.Failures == 0 {
		most = c.size(t) // nobody is passed over
	}
	var edges []store.Edge
	err = tx.DirtyEdges(c.group.ID, joins, func(e store.Edge) bool {
		edges = append(edges, e)
		left = len(edges) > most
		return !left
	})
	if err != nil {
		return false, err
	}
	for _, e := range edges[:min(len(edges), most)] {
		next, member, err := d.inspect(tx, c.group, t.connector(store.Group), e)
		if err != nil {
			return false, err
		}
		if next != e {
			if err := tx.PutEdge(e, next); err != nil {
				return false, err
			}
			left = left || next.Deliverable()
			continue
		}
		c.edges, c.members = append(c.edges, e), append(c.members, member)
	}
	return left && len(c.edges) == 0, nil
}

// size is how many members one call may be about.
func (c *crew) size(t *Tenant) int {
	conn := t.connector(store.Group)
	if conn == nil {
		return membersLook // there will be no call
	}
	if c.all {
		return membersLook
	}
	size := conn.MembersPerCall(c.action)
	if size == 0 {
		size = conn.Batch()
	}
	return min(max(1, size), membersLook)
}

// some is as much of a crew as goes into one call, nil for nobody. most bounds that where it is not 0.
//
// The application may fail because of one member, and nobody knows which. So after failures others go first, and fewer
// at once, until those have been told who can be.
func (c *crew) some(t *Tenant, most int) *crew {
	if len(c.edges) == 0 {
		return nil
	}
	size := c.size(t)
	if most > 0 {
		size = min(size, most)
	}
	failures := min(c.group.Failures, membersLook)
	size = max(1, min(size, len(c.edges))>>min(failures, 16))
	from := failures / 2 * size % len(c.edges)
	upTo := min(from+size, len(c.edges))
	c.edges, c.members = c.edges[from:upTo], c.members[from:upTo]
	c.key = c.idempotencyKey()
	return c
}

// inspect returns the edge as it is to be: as it is where the application is to be told of it, else put right.
func (d *dispatcher) inspect(tx *store.Tx, group *store.Record, conn *connector.Connector, e store.Edge) (store.Edge, abi.Member, error) {
	next := e
	switch {
	case conn == nil:
		next.Silent = true
		return next, abi.Member{}, nil
	case e.Target() && e.Epoch != group.Epoch:
		next.Desired, next.Held = false, false // a sweep is on its way, and nobody has to join before it comes
		return next, abi.Member{}, nil
	}
	rec, err := accountOf(tx, e.Type, e.Member)
	if err != nil {
		return e, abi.Member{}, err
	}
	if rec != nil {
		return e, abi.Member{ID: e.Member, LegacyID: rec.Applied.LegacyID, Type: string(e.Type)}, nil
	}
	// Whoever has no account is in no group.
	next.Applied, next.Unsure = false, false
	next.Waiting = next.Target()
	return next, abi.Member{}, nil
}

// idempotencyKey is the same whenever the same is told again.
func (c *crew) idempotencyKey() string {
	var b []byte
	for _, part := range []string{string(c.action), c.group.ID, c.group.Applied.LegacyID} {
		b = append(append(b, part...), 0)
	}
	for i, e := range c.edges {
		b = append(append(b, e.Member...), 0)
		b = append(append(b, c.members[i].LegacyID...), 0)
		b = append(strconv.AppendUint(b, e.Version, 10), 0)
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, b).String()
}

package adapter

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// An application that takes a group's members as one list, all or nothing, is told so by set_members. What a call is
// about are edges as ever: up to membersLook of those that differ, joining and leaving, are marked on disk and brought to
// what they are to be; all other edges are listed as the application has them. So any number of changes that lie in
// between become one call, a crash leaves edges that are told again, and what the application refuses can be told one
// change after the other.

// pickForAll is pick where set_members is to be used; c is nil, as for pick, where there is nothing to tell. large means
// that the group has too many members for it.
func (d *dispatcher) pickForAll(tx *store.Tx, t *Tenant, group *store.Record, most int) (c *crew, left, large bool, err error) {
	conn := t.connector(store.Group)
	limit := conn.SetLimit()
	wanted, looked := 0, 0
	err = tx.Members(group.ID, "", func(e store.Edge) bool {
		if looked++; wantedIn(group, &e) && !e.Waiting {
			wanted++
		}
		return wanted <= limit && looked <= 10*limit+membersLook
	})
	if err != nil {
		return nil, false, false, err
	}
	large = wanted > limit || looked > 10*limit+membersLook
	if large && (conn.CanDo(abi.ActionAddMembers) || conn.CanDo(abi.ActionRemoveMembers)) {
		return nil, false, true, nil
	}
	c = &crew{action: abi.ActionSetMembers, group: group, all: true, split: most == 1}
	for _, joins := range []bool{false, true} {
		if left, err = d.enlist(tx, t, c, joins); err != nil || left {
			return nil, left, large, err
		}
	}
	if c = c.some(t, most); c != nil && large {
		c.large = fmt.Sprintf("the group has more than %d members, and the application takes them in one list alone; set_limit bounds that", limit)
	}
	return c, false, large, nil
}

// wantedIn reports whether the application is to have a membership.
func wantedIn(group *store.Record, e *store.Edge) bool { return e.Target() && e.Epoch == group.Epoch }

// everybody lists who is in the group when the call of a crew is through. The idempotency key goes with the list.
func (d *dispatcher) everybody(ctx context.Context, c *crew) (list []abi.Member, err error) {
	brought := make(map[string]bool, len(c.edges))
	for i := range c.edges {
		brought[c.edges[i].Member] = c.edges[i].Target()
	}
	err = d.engine.store.View(ctx, d.id, func(tx *store.Tx) error {
		list = nil
		var in []store.Edge
		err := tx.Members(c.group.ID, "", func(e store.Edge) bool {
			there, ours := brought[e.Member]
			if !ours {
				// Whoever leaves and may be out already is not let in again, but where each change is told alone: then
				// the application has refused the list that said so.
				there = e.Applied && (wantedIn(c.group, &e) || !e.Unsure || c.split)
			}
			if there {
				in = append(in, e)
			}
			return true
		})
		if err != nil {
			return err
		}
		for _, e := range in {
			account, err := accountOf(tx, e.Type, e.Member)
			if err != nil {
				return err
			}
			if account != nil {
				list = append(list, abi.Member{ID: e.Member, LegacyID: account.Applied.LegacyID, Type: string(e.Type)})
			}
		}
		return nil
	})
	var all []byte
	for i := range list {
		all = append(append(append(append(all, list[i].ID...), 0), list[i].LegacyID...), 0)
	}
	c.key = uuid.NewSHA1(uuid.NameSpaceOID, append([]byte(c.key), all...)).String()
	return list, err
}

// listed makes the members of a call those that its action speaks of. The outcome is not Done where it cannot be sent.
func (d *dispatcher) listed(ctx context.Context, c *crew, call *connector.Call) connector.Outcome {
	if !c.all {
		return connector.Outcome{Kind: connector.Done}
	}
	if c.large != "" {
		return connector.Outcome{Kind: connector.Retry, Detail: c.large}
	}
	list, err := d.everybody(ctx, c)
	if err != nil {
		return connector.Outcome{Kind: connector.Retry, Detail: "reading the store failed"}
	}
	call.Members, call.IdempotencyKey = list, c.key
	return connector.Outcome{Kind: connector.Done}
}

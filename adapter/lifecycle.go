package adapter

import (
	"bytes"
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
)

func (r Rule) action() (abi.Action, bool) {
	switch r {
	case RuleSuspend:
		return abi.ActionSuspend, true
	case RuleDeactivate:
		return abi.ActionDeactivate, true
	case RuleDelete:
		return abi.ActionDelete, true
	}
	return "", false
}

// account is the state that a rule leaves an account in.
func (r Rule) account() store.Account {
	switch r {
	case RuleSuspend:
		return store.AccountSuspended
	case RuleDeactivate:
		return store.AccountDeactivated
	case RuleDelete:
		return store.AccountDeleted
	}
	return store.AccountActive
}

// rank orders the states by how much they take away.
func rank(a store.Account) int {
	switch a {
	case store.AccountActive:
		return 0
	case store.AccountSuspended:
		return 1
	case store.AccountDeactivated:
		return 2
	}
	return 3
}

func exists(a store.Account) bool {
	return a != store.AccountAbsent && a != store.AccountDeleted
}

// connector calls the application about resources of a type; nil where it is told nothing of them.
func (t *Tenant) connector(typ store.Type) *connector.Connector {
	if typ != store.Group {
		return t.cfg.Connector
	}
	groups, ok := t.cfg.Connector.Groups()
	if !ok {
		return nil
	}
	return groups
}

// nextAction works out what the application must be told next of a resource, and whether anything at all.
func (t *Tenant) nextAction(typ store.Type, applied store.Applied, target store.State) (abi.Action, bool) {
	if typ != store.Group {
		return nextAction(t.cfg.Lifecycle, applied, target)
	}
	return groupAction(t.connector(store.Group), applied, target)
}

// groupAction is nextAction for a group. An application may have a fixed set of groups: without a route to create one it
// is looked up, without one to change or delete it, it stays as it is.
func groupAction(c *connector.Connector, applied store.Applied, target store.State) (abi.Action, bool) {
	switch {
	case c == nil:
		return "", false
	case !target.Present():
		maybe := applied.Adrift && c.CanLookup() // a create of it may have arrived
		return abi.ActionDelete, (exists(applied.Account) || maybe) && c.CanDo(abi.ActionDelete)
	case !exists(applied.Account):
		return abi.ActionCreate, true
	}
	if applied.LegacyID == "" && !c.CanDo(abi.ActionUpdate) {
		// It goes by its name, and by another name it is another group.
		return abi.ActionUpdate, gjson.GetBytes(applied.Doc, "displayName").Str != gjson.GetBytes(target.Doc, "displayName").Str
	}
	return abi.ActionUpdate, stale(applied, target) && c.CanDo(abi.ActionUpdate)
}

// nextAction works out what the application must be told next to bring applied to target, and whether anything at all.
//
// Several steps can lie between the two; each call names the next one. Access is taken away before anything else is
// told, and given back last, so that in between a person never has more than before and after. An account is never
// made for somebody who is not active: an application could only be told to make an active one.
func nextAction(rules Lifecycle, applied store.Applied, target store.State) (abi.Action, bool) {
	if !target.Present() {
		return takeAway(rules.OnDelete, target.Lifecycle, applied)
	}
	if !active(target.Doc) {
		if action, ok := takeAway(rules.OnInactive, target.Lifecycle, applied); ok {
			return action, true
		}
		return abi.ActionUpdate, exists(applied.Account) && stale(applied, target)
	}
	switch {
	case !exists(applied.Account):
		return abi.ActionCreate, true
	case stale(applied, target):
		return abi.ActionUpdate, true
	case applied.Adrift, applied.Account != store.AccountActive:
		return abi.ActionReactivate, true
	}
	return "", false
}

func takeAway(rule Rule, override string, applied store.Applied) (abi.Action, bool) {
	if override != "" {
		rule = Rule(override)
	}
	if !exists(applied.Account) || (!applied.Adrift && rank(applied.Account) >= rank(rule.account())) {
		return "", false
	}
	return rule.action()
}

// active reports whether the document is that of somebody who may use the application. Only a real false says no:
// a resource without the attribute is active.
func active(doc []byte) bool {
	return gjson.GetBytes(doc, "active").Type != gjson.False
}

// stale reports whether the account has to be told of the target's attributes.
func stale(applied store.Applied, target store.State) bool {
	return applied.Unsure || !sameFields(applied.Doc, target.Doc)
}

// sameFields reports whether two documents are alike but for active, which has actions of its own.
func sameFields(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if len(a) == 0 || len(b) == 0 || gjson.GetBytes(a, "active").Raw == gjson.GetBytes(b, "active").Raw {
		return false
	}
	x, errA := scim.Decode(a)
	y, errB := scim.Decode(b)
	if errA != nil || errB != nil {
		return false
	}
	delete(x, "active")
	delete(y, "active")
	a, errA = scim.Encode(x)
	b, errB = scim.Encode(y)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// withActive returns the canonical document as that of somebody who may use the application or may not.
// Without a document, which is that of an account that was found and not told of yet, there is nothing to set.
func withActive(doc []byte, value bool) ([]byte, error) {
	if doc == nil || active(doc) == value {
		return doc, nil
	}
	obj, err := scim.Decode(doc)
	if err != nil {
		return nil, fmt.Errorf("stored document: %w", err)
	}
	obj["active"] = value
	return scim.Encode(obj)
}

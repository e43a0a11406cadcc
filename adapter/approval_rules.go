package adapter

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// HoldOperations are what TenantConfig.Hold can name.
func HoldOperations() []abi.Operation {
	return []abi.Operation{abi.OpCreate, abi.OpUpdate, abi.OpDelete}
}

// HoldActions are what TenantConfig.HoldActions can name.
func HoldActions() []abi.Action {
	return []abi.Action{
		abi.ActionReactivate, abi.ActionDeactivate, abi.ActionSuspend, abi.ActionAddMembers, abi.ActionRemoveMembers, abi.ActionSetPassword,
	}
}

// revoking are the actions that take access away.
var revoking = []abi.Action{abi.ActionDeactivate, abi.ActionSuspend, abi.ActionRemoveMembers}

// validateHold checks the rules by which changes wait for an approval.
func (c *TenantConfig) validateHold(bad func(format string, args ...any)) {
	for _, op := range c.Hold {
		if !slices.Contains(HoldOperations(), op) {
			bad("hold: %q is not one of %s", op, holdWords())
		}
	}
	for _, action := range c.HoldActions {
		switch {
		case !slices.Contains(HoldActions(), action):
			bad("hold: %q is not one of %s", action, holdWords())
		case slices.Contains(revoking, action) && !c.HoldRevocations:
			bad("hold: %s takes access away, which nothing holds unless hold_revocations is set; set it, or leave %[1]s out", action)
		case action == abi.ActionSetPassword && !c.Passwords:
			bad("hold: set_password is for tenants that forward passwords; set passwords, or leave set_password out")
		}
	}
	for _, path := range c.HoldAttributes {
		if !c.hasAttribute(path) {
			bad("hold_attributes: neither users nor groups have an attribute %q", path)
		}
	}
	if c.HoldExpiry < 0 {
		bad("hold_expiry: %s is negative; want a duration, or 0 for never", c.HoldExpiry)
	}
	if c.FourEyes < 0 || c.FourEyes > MaxApprovers {
		bad("four_eyes: %d is not between 1 and %d", c.FourEyes, MaxApprovers)
	}
	c.DeprovisionLimit.validate(bad)
}

func holdWords() string {
	var words []string
	for _, op := range HoldOperations() {
		words = append(words, string(op))
	}
	for _, action := range HoldActions() {
		words = append(words, string(action))
	}
	return strings.Join(words, ", ")
}

// hasAttribute reports whether a path is that of an attribute of users or groups.
func (c *TenantConfig) hasAttribute(path string) bool {
	for _, typ := range []store.Type{store.User, store.Group} {
		if rt := c.Types.ResourceType(string(typ)); rt != nil {
			if _, known := rt.Path(path); known {
				return true
			}
		}
	}
	return false
}

// holdRules reports whether the tenant holds anything by rules of its own.
func (t *Tenant) holdRules() bool {
	return len(t.cfg.Hold)+len(t.cfg.HoldActions)+len(t.cfg.HoldAttributes) > 0
}

// applyRules lets a change that the policies allow wait where a rule of the tenant's says so.
func (t *Tenant) applyRules(ctx context.Context, c *change) error {
	if c.verdict != abi.Allow || !t.holdRules() || c.takesBack() {
		return nil
	}
	what, why, err := t.ruleOn(ctx, c)
	if err != nil || what == "" {
		return err
	}
	c.verdict, c.title = abi.Hold, fmt.Sprintf("%s of a %s", what, c.kind.Type)
	c.reason = "the tenant's rules ask for an approval" + why
	return nil
}

// takesBack reports whether the change leaves all as it is but for what waits: then there is nothing to approve any more.
func (c *change) takesBack() bool {
	before := c.before()
	return !c.deleted && len(c.members) == 0 && c.password == "" && before.Present() && bytes.Equal(before.Doc, c.doc)
}

// ruleOn returns what it is in a change that a rule holds, and more about why; "" for nothing.
func (t *Tenant) ruleOn(ctx context.Context, c *change) (what, why string, err error) {
	if slices.Contains(t.cfg.Hold, c.operation) {
		return string(c.operation), "", nil
	}
	for _, action := range t.cfg.HoldActions {
		switch leadsTo, err := t.leadsTo(ctx, c, action); {
		case err != nil:
			return "", "", err
		case leadsTo:
			return string(action), "", nil
		}
	}
	for _, path := range t.cfg.HoldAttributes {
		if slices.ContainsFunc(c.changed, func(changed string) bool { return touches(path, changed) }) {
			return string(c.operation), ": it is a change of " + path, nil
		}
	}
	return "", "", nil
}

// leadsTo reports whether a change leads to an action, for whom it is a rule that it waits.
func (t *Tenant) leadsTo(ctx context.Context, c *change, action abi.Action) (bool, error) {
	switch action {
	case abi.ActionReactivate:
		return c.letsIn(), nil
	case abi.ActionSuspend, abi.ActionDeactivate:
		does, known := t.ruleFor(c).action()
		return known && does == action && t.takesAway(c), nil
	case abi.ActionSetPassword:
		return c.password != "" && c.before().Present(), nil
	}
	if c.kind.Type != store.Group || c.joining == nil {
		return false, nil
	}
	joins, leaves := false, false
	err := t.view(ctx, func(tx *store.Tx) (err error) {
		joins, leaves, err = c.membership(tx)
		return err
	})
	return (joins && action == abi.ActionAddMembers) || (leaves && action == abi.ActionRemoveMembers), err
}

// letsIn reports whether the change gives access back to somebody who had it once.
func (c *change) letsIn() bool {
	if c.kind.Type != store.User || c.prev == nil || c.deleted || !active(c.doc) {
		return false
	}
	if before := c.before(); before.Present() {
		return !active(before.Doc)
	}
	return exists(c.prev.Applied.Account)
}

// membership reports whether somebody joins the group by the change who is no member, as far as nobody has to approve that,
// and whether a member leaves.
func (c *change) membership(tx *store.Tx) (joins, leaves bool, err error) {
	group := c.prev
	if group == nil || !c.before().Present() {
		return len(c.joining.Add) > 0, false, nil // a new group has no members
	}
	was := func(e store.Edge) bool {
		if e.Held {
			return e.Base && e.Epoch == group.Epoch
		}
		return live(group, e)
	}
	find := func(names []string, want bool) (bool, error) {
		for _, name := range names {
			e, err := tx.Edge(group.ID, name)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return false, err
			}
			if was(e) == want {
				return true, nil
			}
		}
		return false, nil
	}
	if joins, err = find(c.joining.Add, false); err != nil {
		return false, false, err
	}
	if leaves, err = find(c.joining.Remove, true); err != nil || leaves || !c.joining.Clear {
		return joins, leaves, err
	}
	again := make(map[string]bool, len(c.joining.Add))
	for _, name := range c.joining.Add {
		again[name] = true
	}
	looks := 0
	err = tx.Members(group.ID, "", func(e store.Edge) bool {
		looks++
		leaves = (was(e) && !again[e.Member]) || looks > maxMemberLooks // of so many somebody does
		return !leaves
	})
	return joins, leaves, err
}

// touches reports whether an attribute that changes is the one of a path, or one of its sub-attributes, or the one that it is a
// sub-attribute of.
func touches(path, changed string) bool {
	path, changed = strings.ToLower(path), strings.ToLower(changed)
	return path == changed || under(path, changed) || under(changed, path)
}

// under reports whether a path is that of a part of another.
func under(whole, part string) bool {
	rest, ok := strings.CutPrefix(part, whole)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == ':')
}

// ruleFor is what the rules, or a policy in their place, say of a change that takes access away.
func (t *Tenant) ruleFor(c *change) Rule {
	rule := t.cfg.Lifecycle.OnInactive
	if c.deleted {
		rule = t.cfg.Lifecycle.OnDelete
	}
	return cmp.Or(Rule(c.lifecycle), rule)
}

package adapter

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
)

// opinion is what the tenant's policy was asked about a change, and what it answered.
type opinion struct {
	in      abi.DecideInput // without settings, with all that is known of the tenant
	out     *abi.Decision   // nil where it failed
	err     error
	used    plugins.Usage
	version string // "" for no policy, which allows everything
	release uint64
}

// owner says whose policy it is.
type owner string

const (
	theTenants   owner = "tenant's"
	theOperators owner = "operator's"
)

// words begin the reason of what the operator's policy denies or holds, so that the tenant's admin knows whose rule it is.
func (o owner) words() string {
	if o == theOperators {
		return "the operator's policy: "
	}
	return ""
}

// askPolicy puts a change to the operator's policy and then to the tenant's. The strictest verdict wins. What one rewrites
// the next one sees, and what the tenant's rewrites the operator's judges once more, so that nothing gets past it.
func (t *Tenant) askPolicy(ctx context.Context, c *change, before []byte) error {
	r, err := t.rule(ctx, c.id)
	if err != nil {
		return t.policyFailed(ctx, theTenants, "", err)
	}
	defer r.done()
	tenant, err := t.facts(ctx, c, t.wantCounts(r))
	if err != nil {
		return err
	}
	in := abi.DecideInput{
		ABI: abi.Version, Operation: c.operation, ResourceType: string(c.kind.Type), Before: before, Members: c.joining,
		Connection: abi.Connection{ID: c.caller.Connection, Profile: c.caller.Profile}, Tenant: tenant,
	}
	if err := t.askGuard(ctx, c, in); err != nil {
		return err
	}
	guarded := c.doc
	if err := t.askTenant(ctx, c, r, in); err != nil || bytes.Equal(c.doc, guarded) {
		return err
	}
	return t.askGuard(ctx, c, in)
}

// askGuard puts the change to the operator's policy.
func (t *Tenant) askGuard(ctx context.Context, c *change, in abi.DecideInput) error {
	g := t.cfg.Guard
	if !g.has(abi.HookDecide) {
		return nil
	}
	c.fill(&in)
	in.Tenant, in.Settings = forPolicy(in.Tenant, g), g.Settings
	out, used, err := g.Module.Decide(ctx, &in)
	t.engine.watch.Asked(t.cfg.ID, AskedGuard, abi.HookDecide, used.Fuel, err != nil)
	if err != nil {
		return t.policyFailed(ctx, theOperators, g.Module.Version(), err)
	}
	lifecycle := c.lifecycle
	if err := t.follow(ctx, c, out, in.Before, g.Module.Version(), theOperators); err != nil {
		return err
	}
	if c.lifecycle = string(out.Lifecycle); c.lifecycle == "" {
		c.lifecycle = lifecycle
	}
	c.guarded = c.guarded || out.Lifecycle != ""
	return nil
}

// askTenant puts the change to the tenant's policy.
func (t *Tenant) askTenant(ctx context.Context, c *change, r ruling, in abi.DecideInput) error {
	c.fill(&in)
	c.asked = &opinion{in: in, out: &abi.Decision{Verdict: abi.Allow}, version: r.version(), release: r.release}
	if !r.has(abi.HookDecide) {
		return nil
	}
	in.Tenant, in.Settings = forPolicy(in.Tenant, r.Policy), r.Settings
	c.asked.out, c.asked.used, c.asked.err = r.Module.Decide(ctx, &in)
	t.engine.watch.Asked(t.cfg.ID, AskedPolicy, abi.HookDecide, c.asked.used.Fuel, c.asked.err != nil)
	t.shelf.asked(ctx, r.release, r.version(), abi.HookDecide, c.asked.err)
	if c.asked.err != nil {
		if ctx.Err() == nil {
			t.shadowDecision(c, nil)
		}
		return t.policyFailed(ctx, theTenants, r.version(), c.asked.err)
	}
	if err := t.follow(ctx, c, c.asked.out, in.Before, r.version(), theTenants); err != nil {
		return err
	}
	if !c.guarded {
		c.lifecycle = string(c.asked.out.Lifecycle)
	}
	return nil
}

// fill puts into a policy's input what an earlier one may have rewritten.
func (c *change) fill(in *abi.DecideInput) {
	in.Changed = c.changed
	if !c.deleted {
		in.After = c.doc
	}
}

// follow does what a policy has answered, as far as nobody before it has said something stricter. A deny is an error.
func (t *Tenant) follow(ctx context.Context, c *change, out *abi.Decision, before []byte, version string, whose owner) error {
	if out.Verdict == abi.Deny {
		c.verdict, c.reason = abi.Deny, whose.words()+out.Detail
		return t.deny(ctx, c, &scim.Error{Status: out.Status, ScimType: scim.Type(out.ScimType), Detail: out.Detail})
	}
	if out.Verdict == abi.Hold {
		c.holdFor(out, whose.words())
	}
	if len(out.After) == 0 || c.deleted {
		return nil
	}
	doc, err := rewritten(c.kind.Schema, out.After, c.doc)
	if err != nil {
		t.engine.log.Error("the policy rewrote a resource into an invalid one; the request was refused", "tenant", t.cfg.ID.Name(), "policy", version)
		return scim.Unavailable(policyRetry, "The %s policy gave an invalid resource, so nothing was changed: %s", whose, scim.AsError(err).Detail)
	}
	if !bytes.Equal(doc, c.doc) {
		c.doc, c.rewritten = doc, true
		c.changed = c.withoutDocument(changedPaths(before, doc))
	}
	return nil
}

// holdFor lets the change wait for an approval. Where several policies ask for one, the first has the title, all have
// their reasons, and it expires when the first of them says.
func (c *change) holdFor(out *abi.Decision, whose string) {
	reason, expires := out.Reason, time.Duration(out.ExpiresIn)*time.Second
	if reason = whose + reason; out.Reason == "" {
		reason = strings.TrimSuffix(reason, ": ")
	}
	if c.verdict != abi.Hold {
		c.verdict, c.title, c.reason, c.expiresIn = abi.Hold, out.Title, reason, expires
		return
	}
	said := reason == c.reason || strings.HasPrefix(c.reason, reason+"; ") // a guard that judges once more says the same again
	if reason != "" && !said {
		if c.reason != "" {
			c.reason += "; "
		}
		c.reason += reason
	}
	if expires > 0 && (c.expiresIn == 0 || expires < c.expiresIn) {
		c.expiresIn = expires
	}
}

// policyFailed is what a client gets when a policy could not be asked: nothing is stored, and it may come again.
func (t *Tenant) policyFailed(ctx context.Context, whose owner, version string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// The error can quote what the policy said of a person, so the log gets its kind alone.
	t.engine.log.Debug("what the policy failed with", "tenant", t.cfg.ID.Name(), "error", err)
	t.engine.log.Error("the policy failed; the request was refused", "tenant", t.cfg.ID.Name(), "policy", version, "error", kindOf(err))
	return scim.Unavailable(policyRetry, "The %s policy failed, so nothing was changed; the request may be sent again", whose)
}

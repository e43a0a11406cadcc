package adapter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// change is one write on its way into the store: what the client made of a resource, and what the policy and the
// tenant's rules made of that.
type change struct {
	caller    Caller
	kind      Kind
	operation abi.Operation
	prev      *store.Record // as it was read; nil for a resource that never was
	id        string        // the resource's, also of one that is yet to be
	doc       []byte        // the document to be; for a delete, the one that was
	deleted   bool
	letter    *retry                // the dead letter that it asks for again; nil for none
	password  string                // to be set; "" for none
	members   []patch.ElementChange // what becomes of the members of a group
	joining   *abi.MemberChange     // the same, as a policy is told; nil where nobody asks
	waiting   *abi.MemberChange     // the same with all that waits for the same approval, as the approver is told

	verdict   abi.Verdict
	title     string
	reason    string
	lifecycle string
	changed   []string
	guarded   bool          // lifecycle is what the operator's policy says
	asked     *opinion      // the tenant's policy's; nil as long as it was not asked
	rewritten bool          // the policy put another document in the place of the client's
	expiresIn time.Duration // how long it may wait for an approval, as the policy said; 0 for no word of it
	print     string        // fingerprint, to know the same change when it comes again
	turn      *turn         // the write's
	moves     *memberMoves  // who has joined and left, once that is known
	people    int           // how many users are active, where the deprovision limit is a percentage
	limited   bool          // the deprovision limit holds it
	asks      bool          // and so does a rule or a policy
}

// before is the state that the change is judged against: the last one that nobody has to approve any more. Judged
// against the desired one, a change that was held could be let through by a second, harmless one on top of it.
func (c *change) before() store.State {
	if c.prev == nil {
		return store.State{}
	}
	return c.prev.Target()
}

// revokes reports whether the change takes away access that the person has.
func (c *change) revokes() bool {
	before := c.before()
	return before.Present() && active(before.Doc) && (c.deleted || !active(c.doc))
}

// policyRetry is what a client is told to wait when a policy is broken.
const policyRetry = 30 * time.Second

// decide asks the policy and the tenant's rules, strictest verdict wins, and writes the answer into c. A deny is an
// error; it is in the journal when decide returns.
func (t *Tenant) decide(ctx context.Context, c *change) error {
	err := t.judge(ctx, c)
	var refusal *scim.Error
	switch {
	case err == nil, c.verdict == abi.Deny:
		t.engine.watch.Decided(t.cfg.ID, string(c.verdict))
	case errors.As(err, &refusal):
		t.engine.watch.Decided(t.cfg.ID, verdictFailed)
	}
	return err
}

func (t *Tenant) judge(ctx context.Context, c *change) error {
	from := c.before().Shown()
	c.verdict = abi.Allow
	switch {
	case c.deleted:
		c.operation = abi.OpDelete
	case from == nil:
		c.operation, c.changed = abi.OpCreate, changedPaths(from, c.doc)
	default:
		c.operation, c.changed = abi.OpUpdate, changedPaths(from, c.doc)
	}
	if err := t.askMembers(ctx, c); err != nil {
		return err
	}
	c.changed = c.withoutDocument(c.changed)
	if err := t.askPolicy(ctx, c, from); err != nil {
		return err
	}
	c.fingerprint()
	if err := t.applyRules(ctx, c); err != nil {
		return err
	}
	if c.verdict == abi.Allow && c.prev != nil && (c.prev.EdgesHeld || c.prev.SecretHeld) && !c.deleted {
		// Let through, it would take the question away that members, or a password, wait for.
		c.verdict, c.title = abi.Hold, fmt.Sprintf("%s of a %s", c.operation, c.kind.Type)
		c.reason = "an earlier change of its members or its password waits for an approval"
	}
	if c.verdict == abi.Hold || t.counted(c) {
		return t.refuseRejected(ctx, c)
	}
	return nil
}

// withoutDocument adds the names of what changes and is part of no document.
func (c *change) withoutDocument(changed []string) []string {
	if len(c.members) > 0 {
		changed = append(changed, membersName)
	}
	if c.password != "" {
		changed = append(changed, passwordName)
	}
	return changed
}

// askMembers finds out whom a change of a group is about, where a policy or an approver may ask, or it is recorded.
func (t *Tenant) askMembers(ctx context.Context, c *change) error {
	held := c.prev != nil && c.prev.Hold != nil
	asked := held || t.holdRules() || t.asksPolicies()
	if c.kind.Type != store.Group || (len(c.members) == 0 && !held) || (!asked && !t.records()) {
		return nil
	}
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error { return t.nameMembers(tx, c) })
	var refusal *scim.Error
	if !asked && errors.As(err, &refusal) && refusal.Status == http.StatusRequestEntityTooLarge {
		return nil // it is too much to be told, which is nobody's loss but a replay's
	}
	return err
}

// rewritten is the canonical form of what a policy puts in the place of doc.
func rewritten(rt *schema.ResourceType, after json.RawMessage, doc []byte) ([]byte, error) {
	obj, err := scim.Decode(after)
	if err != nil {
		return nil, err
	}
	judged, err := scim.Decode(doc)
	if err != nil {
		return nil, err
	}
	norm, err := rt.Rewrite(judged, obj)
	if err != nil {
		return nil, err
	}
	if rt.Name == string(store.Group) {
		delete(norm.Doc, membersName) // they are not the document's
	}
	keepActive(norm.Doc, doc)
	return scim.Encode(norm.Doc)
}

// fingerprint gives the change a name that it has again when it is sent again: by what it makes of which resource.
func (c *change) fingerprint() {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\x00%s\x00", c.operation, c.kind.Type)
	if c.operation != abi.OpCreate {
		_, _ = fmt.Fprintf(h, "%s\x00", c.prev.ID)
	}
	if !c.deleted {
		_, _ = h.Write(c.doc)
	}
	if c.password != "" {
		_, _ = fmt.Fprintf(h, "\x00%s", passwordName)
	}
	if c.waiting != nil {
		if list, err := json.Marshal(c.waiting); err == nil { // it always marshals
			_, _ = fmt.Fprintf(h, "\x00%s", list)
		}
	}
	for _, s := range c.members {
		if s.RemoveWhere != nil {
			_, _ = fmt.Fprintf(h, "\x00%s", s.RemoveWhere)
		}
	}
	c.print = hex.EncodeToString(h.Sum(nil))
}

// refuseRejected denies a change that an approver has rejected before. One that only the deprovision limit has held is
// denied as long as the limit's window, and judged anew after that: a person who is deprovisioned by mistake today may leave
// in a year. No other rejection keeps a change back that nobody wants to approve.
func (t *Tenant) refuseRejected(ctx context.Context, c *change) error {
	var rejected *store.Approval
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
		rejected, err = tx.RejectedChange(c.print)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if over := rejected.Decided.Add(t.cfg.DeprovisionLimit.Window); (rejected.Limit && !t.engine.now().Before(over)) || (c.verdict != abi.Hold && !rejected.Limit) {
		return nil
	}
	c.verdict, c.reason = abi.Deny, "rejected before, approval "+rejected.ID
	detail := "This change was rejected by an approver"
	if rejected.Comment != "" {
		detail += ": " + rejected.Comment
	}
	return t.deny(ctx, c, scim.Forbidden("%s", detail))
}

// deny writes the refusal to the journal, which is all that is kept of it, and returns it.
func (t *Tenant) deny(ctx context.Context, c *change, refusal *scim.Error) error {
	op := t.operation(c)
	op.Outcome, op.Finished, op.Status, op.Detail = store.Denied, op.Time, refusal.Status, refusal.Detail
	recording, err := t.recordDecision(c, op)
	if err != nil {
		return err
	}
	err = t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		return errors.Join(tx.AppendOperation(op), tx.PutRecording(recording))
	})
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	t.shadowDecision(c, op)
	return refusal
}

// kindOf is what may be logged of a policy's failure.
func kindOf(err error) string {
	var call *plugins.CallError
	if errors.As(err, &call) {
		return call.Hook + ": " + call.Kind.Error()
	}
	return "the policy could not be called"
}

// operation is the journal's entry for a change, before anything came of it.
func (t *Tenant) operation(c *change) *store.Operation {
	op := &store.Operation{
		ID: newID(), Time: t.engine.now(), Connection: c.caller.Connection, Token: c.caller.Token,
		Operation: string(c.operation), ResourceType: c.kind.Type, Changed: c.changed,
		Verdict: c.verdict, Reason: c.reason, Outcome: store.Pending,
	}
	if c.prev != nil {
		op.ResourceID = c.prev.ID
	}
	before := c.before().Shown()
	c.annotate(op, before)
	c.describeRequest(op, before)
	if c.letter != nil {
		op.Reason = c.letter.reason()
	}
	if c.asked != nil {
		op.PolicyVersion, op.Release = c.asked.version, c.asked.release
	}
	return op
}

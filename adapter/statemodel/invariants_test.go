package statemodel_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// The invariants of the state machine, which docs/state.md lists. The models check the first after each transaction that
// changes something, with what was before it, and the second before each call on the application.
var invariants = []struct {
	name  string
	holds func(was, is *snapshot, b *book) error
}{
	{"dirty if and only if something is left to be told", dirtyMeansWork},
	{"versions only grow", versionsGrow},
	{"an attempt stands for what was asked for", attemptsAreOfTargets},
	{"what is held is not what is delivered", heldIsNotTarget},
	{"each hold has its question, and each question its hold", holdsHaveApprovals},
	{"taking access away is not held", revocationsPass},
	{"an outcome that is final stays", finalOutcomesStay},
	{"desired moves for a reason", desiredMovesForAReason},
	{"a refusal takes back what has not moved, and nothing else", refusalsTakeBackWhatHasNotMoved},
	{"applied is what an attempt stood for", appliedWasAttempted},
	{"an account belongs to one resource", accountsAreNotShared},
	{"nobody is forgotten whom the application has", nobodyIsForgotten},
	{"the operations of what is clean are finished", cleanMeansFinished},
}

var callInvariants = []struct {
	name  string
	holds func(c *call, is *snapshot, b *book) error
}{
	{"an attempt is on record before it is sent", recordedBeforeSent},
	{"one delivery of a resource at a time", oneAtATime},
	{"a resource's versions are told in order", toldInOrder},
	{"what is sent is what is on record", sentIsOnRecord},
	{"an idempotency key stands for one thing", keysAreForOneThing},
	{"a membership is told when both ends have an account", membersHaveAccounts},
}

// each calls fn for every record, with what it was before; was is nil where there was none.
func each(was, is *snapshot, fn func(was, is *store.Record) error) error {
	var errs []error
	for id, rec := range is.records {
		if err := fn(was.records[id], rec); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: %s", id, err, told(rec)))
		}
	}
	return errors.Join(errs...)
}

// told describes a record for people.
func told(rec *store.Record) string {
	if rec == nil {
		return "nothing"
	}
	s := fmt.Sprintf("desired %s, applied %s %s %q unsure %v adrift %v, due %v, failures %d, open from %d", stateText(rec.Desired), stateText(rec.Applied.State),
		rec.Applied.Account, rec.Applied.LegacyID, rec.Applied.Unsure, rec.Applied.Adrift, rec.Due, rec.Failures, rec.OpenFrom)
	if rec.Hold != nil {
		s += ", base " + stateText(rec.Hold.Base)
	}
	if rec.Attempt != nil {
		s += fmt.Sprintf(", attempt %s %d uncertain %v %s", rec.Attempt.Action, rec.Attempt.Version, rec.Attempt.Uncertain, rec.Attempt.Doc)
	}
	if rec.EdgesDirty {
		s += ", edges dirty"
	}
	return s
}

func stateText(s store.State) string {
	return fmt.Sprintf("%d deleted %v %s", s.Version, s.Deleted, s.Doc)
}

func dirtyMeansWork(was, is *snapshot, _ *book) error {
	return each(was, is, func(_, rec *store.Record) error {
		due, indexed := is.dirty[rec.ID]
		work := rec.Attempt != nil || rec.EdgesDirty
		switch {
		case indexed != rec.Dirty(), indexed && !due.Equal(rec.Due):
			return fmt.Errorf("the index of what is dirty has it at %v: %v", due, indexed)
		case rec.Dirty() && !work:
			return errors.New("dirty, and there is nothing to be told")
		case !rec.Dirty() && work:
			return errors.New("clean, and there is something to be told")
		case !rec.Dirty() && rec.Applied.Version != rec.Target().Version:
			return errors.New("clean, and applied is not level with what is to be delivered")
		}
		return nil
	})
}

func versionsGrow(was, is *snapshot, _ *book) error {
	return each(was, is, func(old, rec *store.Record) error {
		if rec.Applied.Version > rec.Target().Version || rec.Target().Version > rec.Desired.Version {
			return errors.New("applied is ahead of its target, or that of desired")
		}
		if old == nil {
			return nil
		}
		changed := func(a, b store.State) bool { return a.Deleted != b.Deleted || !bytes.Equal(a.Doc, b.Doc) }
		switch {
		case rec.Desired.Version < old.Desired.Version, rec.Applied.Version < old.Applied.Version:
			return fmt.Errorf("a version has gone back; it was %s", told(old))
		case changed(old.Desired, rec.Desired) && rec.Desired.Version == old.Desired.Version:
			return fmt.Errorf("desired has changed, and its version has not; it was %s", told(old))
		case changed(old.Target(), rec.Target()) && rec.Target().Version == old.Target().Version:
			return fmt.Errorf("what is delivered has changed, and its version has not; it was %s", told(old))
		}
		return nil
	})
}

func attemptsAreOfTargets(was, is *snapshot, _ *book) error {
	return each(was, is, func(_, rec *store.Record) error {
		switch a := rec.Attempt; {
		case a == nil:
		case a.ID == "" || a.Owner == "" || a.Action == "":
			return errors.New("the attempt lacks its id, its owner or its action")
		case a.Version > rec.Target().Version:
			return errors.New("the attempt is of a version that nobody may deliver")
		case a.Version != rec.Target().Version && a.Doc == nil:
			return errors.New("what the attempt has sent is not on record")
		}
		return nil
	})
}

func heldIsNotTarget(was, is *snapshot, _ *book) error {
	return each(was, is, func(_, rec *store.Record) error {
		if h := rec.Hold; h != nil && h.Base.Version >= rec.Desired.Version {
			return errors.New("what is held has the version of what may be delivered")
		}
		return nil
	})
}

func holdsHaveApprovals(was, is *snapshot, _ *book) error {
	var errs []error
	errs = append(errs, each(was, is, func(_, rec *store.Record) error {
		if rec.Hold == nil {
			return nil
		}
		a := is.approvals[rec.Hold.ID]
		switch {
		case a == nil || a.State != store.ApprovalPending:
			return fmt.Errorf("it waits for %+v", a)
		case a.ResourceID != rec.ID || a.Version != rec.Desired.Version:
			return fmt.Errorf("the question is about something else: %+v", a)
		case !bytes.Equal(a.After, rec.Desired.Shown()) || !bytes.Equal(a.Before, rec.Hold.Base.Shown()):
			return fmt.Errorf("the approver sees something else: %+v", a)
		}
		return nil
	}))
	for _, a := range is.approvals {
		if a.State != store.ApprovalPending {
			continue
		}
		if rec := is.records[a.ResourceID]; rec == nil || rec.Hold == nil || rec.Hold.ID != a.ID {
			errs = append(errs, fmt.Errorf("nobody waits for %+v: %s", a, told(rec)))
		}
	}
	return errors.Join(errs...)
}

func revocationsPass(was, is *snapshot, b *book) error {
	if b.ever(func(c adapter.TenantConfig) bool { return c.HoldRevocations }) {
		return nil
	}
	return each(was, is, func(_, rec *store.Record) error {
		if rec.Type == store.User && rec.Hold != nil && !on(rec.Desired) && on(rec.Target()) && !is.approvals[rec.Hold.ID].Limit {
			return errors.New("access is to be taken away, and is not")
		}
		return nil
	})
}

func finalOutcomesStay(was, is *snapshot, _ *book) error {
	for id, old := range was.ops {
		if !old.Final() {
			continue
		}
		if op := is.ops[id]; op == nil || op.Outcome != old.Outcome || !op.Finished.Equal(old.Finished) {
			return fmt.Errorf("%+v has become %+v", old, op)
		}
	}
	return nil
}

// moved lists what came of the operations and questions of a resource in a transaction.
type reasons struct{ asked, refused, answered bool }

func (r *reasons) find(was, is *snapshot, rec *store.Record) {
	for id, op := range is.ops {
		if op.ResourceID != rec.ID {
			continue
		}
		old := was.ops[id]
		r.asked = r.asked || (old == nil && op.Outcome != store.Denied && op.Version == rec.Desired.Version)
		r.refused = r.refused || (op.Outcome == store.Refused && (old == nil || old.Outcome != store.Refused))
	}
	for id, a := range is.approvals {
		old := was.approvals[id]
		r.answered = r.answered || (a.ResourceID == rec.ID && old != nil && old.State == store.ApprovalPending && a.State != store.ApprovalPending)
	}
}

func desiredMovesForAReason(was, is *snapshot, _ *book) error {
	return each(was, is, func(old, rec *store.Record) error {
		if old != nil && old.Desired.Version == rec.Desired.Version {
			return nil
		}
		var r reasons
		r.find(was, is, rec)
		switch same := old != nil && old.Desired.Deleted == rec.Desired.Deleted && bytes.Equal(old.Desired.Doc, rec.Desired.Doc); {
		case r.asked, same:
		case old == nil:
			return errors.New("it came from nowhere")
		case r.answered && old.Hold != nil && bytes.Equal(rec.Desired.Doc, old.Hold.Base.Doc) && rec.Desired.Deleted == old.Hold.Base.Deleted:
		case r.refused && bare(rec.Desired.Doc) == bare(old.Applied.Doc):
		default:
			return fmt.Errorf("nobody has asked for it; it was %s", told(old))
		}
		return nil
	})
}

func refusalsTakeBackWhatHasNotMoved(was, is *snapshot, _ *book) error {
	return each(was, is, func(old, rec *store.Record) error {
		if old == nil || old.Attempt == nil || rec.Type != store.User {
			return nil
		}
		var r reasons
		if r.find(was, is, rec); !r.refused {
			return nil
		}
		if old.Attempt.Version < old.Target().Version && (rec.Target().Version != old.Target().Version || !bytes.Equal(rec.Target().Doc, old.Target().Doc)) {
			return fmt.Errorf("the refusal of version %d has taken back a later one; it was %s", old.Attempt.Version, told(old))
		}
		return nil
	})
}

func appliedWasAttempted(was, is *snapshot, b *book) error {
	return each(was, is, func(old, rec *store.Record) error {
		if !has(rec) || rec.Applied.Doc == nil || (old != nil && bare(old.Applied.Doc) == bare(rec.Applied.Doc)) {
			return nil
		}
		if !b.began[rec.ID][bare(rec.Applied.Doc)] {
			return errors.New("no attempt has ever stood for what is said to be applied")
		}
		return nil
	})
}

func accountsAreNotShared(_, is *snapshot, _ *book) error {
	owner := map[string]string{}
	for id, rec := range is.records {
		if !has(rec) || rec.Applied.LegacyID == "" {
			continue
		}
		key := string(rec.Type) + " " + rec.Applied.LegacyID
		if other := owner[key]; other != "" {
			return fmt.Errorf("%s belongs to %s and to %s", key, told(rec), told(is.records[other]))
		}
		owner[key] = id
	}
	return nil
}

func nobodyIsForgotten(was, is *snapshot, _ *book) error {
	for id, old := range was.records {
		if is.records[id] == nil && has(old) {
			return fmt.Errorf("%s: %s", id, told(old))
		}
	}
	return nil
}

func cleanMeansFinished(_, is *snapshot, _ *book) error {
	for _, op := range is.ops {
		rec := is.records[op.ResourceID]
		switch {
		case op.Final() || op.ResourceType != store.User:
		case rec == nil:
			return fmt.Errorf("%+v is of nobody", op)
		case op.Outcome == store.Held && rec.Hold == nil, op.Outcome == store.Pending && !rec.Dirty() && op.Version <= rec.Target().Version:
			return fmt.Errorf("%+v is not finished: %s", op, told(rec))
		case rec.OpenFrom == 0 || rec.OpenFrom > op.Version:
			return fmt.Errorf("%+v is not among what is open: %s", op, told(rec))
		}
	}
	return nil
}

func recordedBeforeSent(c *call, _ *snapshot, _ *book) error {
	if c.team == nil && len(c.seats) == 0 {
		if c.rec == nil {
			return fmt.Errorf("%s is no attempt's", c.meaning())
		}
		return nil
	}
	for _, x := range c.seats {
		if x.edge.Group != "" && !x.edge.Unsure && !c.sets {
			return fmt.Errorf("%s is sent and not marked: %+v", c.meaning(), x.edge)
		}
	}
	return nil
}

func oneAtATime(c *call, _ *snapshot, b *book) error {
	for _, other := range b.running {
		if c.on() != "" && other.on() == c.on() {
			return fmt.Errorf("%s beside %s", c.meaning(), other.meaning())
		}
	}
	return nil
}

func toldInOrder(c *call, _ *snapshot, b *book) error {
	if c.rec != nil && c.rec.Attempt.Version < b.told[c.rec.ID] {
		return fmt.Errorf("%s is of version %d, after version %d", c.meaning(), c.rec.Attempt.Version, b.told[c.rec.ID])
	}
	return nil
}

func sentIsOnRecord(c *call, _ *snapshot, _ *book) error {
	if c.rec == nil || c.rec.Type != store.User {
		return nil
	}
	a := c.rec.Attempt
	switch a.Action {
	case abi.ActionCreate, abi.ActionUpdate:
		want := gjson.GetBytes(sent(c.rec), "title").Str
		if got := gjson.GetBytes(c.body, "title").Str; got != want {
			return fmt.Errorf("%s: on record is %s", c.meaning(), sent(c.rec))
		}
		if a.Action == abi.ActionCreate && !gjson.GetBytes(sent(c.rec), "active").Bool() {
			return fmt.Errorf("%s of somebody who is not active: %s", c.meaning(), told(c.rec))
		}
	}
	return nil
}

func keysAreForOneThing(c *call, _ *snapshot, b *book) error {
	if c.key == "" {
		return fmt.Errorf("%s has no key", c.meaning())
	}
	if was, ok := b.keys[c.key]; ok && was != c.meaning() && !c.sets {
		return fmt.Errorf("%s was %s", c.meaning(), was)
	}
	return nil
}

func membersHaveAccounts(c *call, _ *snapshot, _ *book) error {
	for _, x := range c.seats {
		switch {
		case c.team == nil || x.member == nil:
			return fmt.Errorf("%s: no resource has such an account", c.meaning())
		case x.edge.Group == "":
			return fmt.Errorf("%s: there is no such edge", c.meaning())
		case c.joins && !x.edge.Target():
			return fmt.Errorf("%s: nobody may be told so: %+v", c.meaning(), x.edge)
		}
	}
	return nil
}

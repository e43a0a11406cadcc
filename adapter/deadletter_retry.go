package adapter

import (
	"context"
	"errors"
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
)

var (
	// ErrNoLetter means that the tenant has no dead letter of that id.
	ErrNoLetter = errors.New("no such dead letter")
	// ErrLetterClosed means that the letter was retried, discarded or superseded before.
	ErrLetterClosed = errors.New("the dead letter is closed")
	// ErrLetterHeld means that a change of the resource waits for an approval, which has to be answered first.
	ErrLetterHeld = errors.New("a change of the resource waits for an approval; answer that first")
	// ErrLetterSuperseded means that the client has changed the resource since. The letter is closed. It is an
	// ErrLetterClosed.
	ErrLetterSuperseded = fmt.Errorf("%w: the resource has been changed since, and what failed is not wanted any more", ErrLetterClosed)
)

// LetterFilter selects dead letters.
type LetterFilter struct {
	All    bool   // closed ones too
	Status int    // those with this status of the application; 0 for any
	Action string // those with this action; "" for any
}

func (f LetterFilter) takes(l *store.DeadLetter) bool {
	return (f.Status == 0 || f.Status == l.Status) && (f.Action == "" || f.Action == l.Action)
}

// MaxLetters is how many dead letters one page has at most.
const MaxLetters = 500

// maxLetterLooks is how many letters are looked at for one page.
const maxLetterLooks = 5000

// DeadLetters returns a page of the tenant's dead letters behind an id (empty: from the start), oldest first, without their
// documents, and the id to go on behind; "" where there are no more. A page may hold less than it could and not be the last.
func (t *Tenant) DeadLetters(ctx context.Context, f LetterFilter, after string, most int) (list []*store.DeadLetter, next string, err error) {
	if most <= 0 || most > MaxLetters {
		most = MaxLetters
	}
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		list, next = nil, ""
		looks, last := 0, after
		return tx.DeadLetters(f.All, after, func(l *store.DeadLetter) bool {
			if len(list) == most || looks == maxLetterLooks {
				next = last
				return false
			}
			looks++
			last = l.ID
			if f.takes(l) {
				l.Document = nil
				list = append(list, l)
			}
			return true
		})
	})
	return list, next, err
}

// DeadLetter returns one of the tenant's dead letters, with the document that was wanted, but for what is secret in it.
func (t *Tenant) DeadLetter(ctx context.Context, id string) (l *store.DeadLetter, err error) {
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
		if l, err = letterOf(tx, id); err != nil || !l.Desired || l.State != store.LetterOpen {
			return err
		}
		rec, err := tx.Load(l.ResourceType, l.ResourceID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil && wantsDocument(l, rec) {
			l.Document = rec.Desired.Doc
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	l.Document, err = t.kind(l.ResourceType).redact(l.Document)
	return l, err
}

// redact returns a document without the values of attributes that are secret.
func (k Kind) redact(doc []byte) ([]byte, error) {
	if doc == nil {
		return nil, nil
	}
	obj, err := scim.Decode(doc)
	if err != nil {
		return nil, fmt.Errorf("stored document: %w", err)
	}
	for ref := range k.Schema.Attributes() {
		within := obj
		if ref.URN != "" {
			within, _ = obj[ref.URN].(scim.Object)
		}
		value, there := within[ref.Attr.Name]
		switch {
		case !there:
		case ref.Attr.Secret():
			within[ref.Attr.Name] = redactedText
		case ref.Sub == nil || !ref.Sub.Secret():
		default:
			list, many := value.([]any)
			if !many {
				list = []any{value}
			}
			for _, one := range list {
				if element, ok := one.(scim.Object); ok && element[ref.Sub.Name] != nil {
					element[ref.Sub.Name] = redactedText
				}
			}
		}
	}
	return scim.Encode(obj)
}

// redactedText stands in the place of what is secret.
const redactedText = "[redacted]"

func letterOf(tx *store.Tx, id string) (*store.DeadLetter, error) {
	l, err := tx.DeadLetter(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoLetter
	}
	return l, err
}

// DiscardLetter closes a letter: what it asks for is not wanted any more. What was given up stays desired, and goes to the
// application with the client's next change.
func (t *Tenant) DiscardLetter(ctx context.Context, id, by, reason string) (l *store.DeadLetter, err error) {
	err = t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		if l, err = letterOf(tx, id); err != nil {
			return err
		}
		if l.State != store.LetterOpen {
			return fmt.Errorf("%w: it is %s", ErrLetterClosed, l.State)
		}
		return t.closeLetter(tx, l, store.LetterDiscarded, by, reason)
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// retry is a dead letter that is asked for again.
type retry struct {
	id, by string
}

// RetryLetter asks for what a letter holds once more, as a new change of the connection that it came by: the policy and the
// tenant's rules judge it again, it may be held or denied, and it has an entry of its own in the journal. It does not wait
// for the application. If that refuses again, there is another letter.
//
// # Errors
//
// ErrNoLetter, ErrLetterClosed, ErrLetterSuperseded, ErrLetterHeld, and those of the policy and the rules, as *scim.Error; the letter
// stays open then.
func (t *Tenant) RetryLetter(ctx context.Context, id, by string) (*store.DeadLetter, error) {
	l, err := t.DeadLetter(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case l.State != store.LetterOpen:
		return nil, fmt.Errorf("%w: it is %s", ErrLetterClosed, l.State)
	}
	again := &retry{id: id, by: by}
	_, err = t.write(ctx, func(tx *store.Tx) (*change, error) { return t.proposeLetter(tx, again) })
	switch {
	case errors.Is(err, ErrLetterSuperseded):
		return nil, errors.Join(err, t.supersede(ctx, id))
	case errors.Is(err, errDesired):
		err = t.redeliver(ctx, again)
	}
	if err != nil {
		return nil, err
	}
	if l, err = t.DeadLetter(ctx, id); err == nil && l.State == store.LetterOpen {
		// The write has changed nothing: what was wanted is there.
		err = t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
			if l, err = letterOf(tx, id); err != nil || l.State != store.LetterOpen {
				return err
			}
			return t.closeLetter(tx, l, store.LetterRetried, by, "")
		})
	}
	return l, err
}

// errDesired means that what a letter wants is what is desired, so that there is nothing to change.
var errDesired = errors.New("it is desired already")

// supersede closes a letter that is overtaken.
func (t *Tenant) supersede(ctx context.Context, id string) error {
	return t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		l, err := letterOf(tx, id)
		if err != nil || l.State != store.LetterOpen {
			return err
		}
		if over, err := overtaken(tx, l); err != nil || !over {
			return err
		}
		return t.closeLetter(tx, l, store.LetterSuperseded, "", "")
	})
}

// overtaken reports whether nothing of an open letter is wanted any more, as the client has changed the resource since.
func overtaken(tx *store.Tx, l *store.DeadLetter) (bool, error) {
	rec, err := tx.Load(l.ResourceType, l.ResourceID)
	if errors.Is(err, store.ErrNotFound) {
		return l.Left != 0 || l.Document == nil, nil
	}
	if err != nil {
		return false, err
	}
	return !wantsDocument(l, rec) && !wantsMembers(l, rec), nil
}

// wantsDocument reports whether a letter's document is still to be asked for.
func wantsDocument(l *store.DeadLetter, rec *store.Record) bool {
	if (l.Document == nil && !l.Desired) || l.Left == 0 {
		return false
	}
	if rec.Type == store.Group { // its version moves with its members
		return printState(rec.Desired) == l.Print
	}
	return rec.Desired.Version == l.Left
}

// wantsMembers reports whether a letter's members are still to be asked for.
func wantsMembers(l *store.DeadLetter, rec *store.Record) bool {
	return len(l.Members) > 0 && rec.Epoch == l.Epoch && !rec.Desired.Deleted
}

// proposeLetter makes a change of a letter.
func (t *Tenant) proposeLetter(tx *store.Tx, again *retry) (*change, error) {
	l, err := letterOf(tx, again.id)
	if err != nil {
		return nil, err
	}
	if l.State != store.LetterOpen {
		return nil, ErrLetterClosed
	}
	c := &change{kind: t.kind(l.ResourceType), id: l.ResourceID, letter: again}
	c.caller = Caller{Connection: l.Connection, Profile: "generic"}
	if conn, ok := t.Connection(l.Connection); ok {
		c.caller.Profile = conn.Profile
	}
	rec, err := tx.Load(l.ResourceType, l.ResourceID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if l.Left != 0 || l.Document == nil {
			return nil, ErrLetterSuperseded
		}
		// Whoever has its name by now is who the client means.
		err := tx.Holder(l.ResourceType, l.ResourceID, l.Document)
		if errors.Is(err, store.ErrUniqueness) {
			return nil, ErrLetterSuperseded
		}
		c.doc, c.deleted, c.lifecycle = l.Document, l.Deleted, l.Lifecycle
		return c, err
	case err != nil:
		return nil, err
	}
	if rec.Hold != nil {
		return nil, ErrLetterHeld
	}
	c.prev, c.doc, c.deleted, c.lifecycle = rec, rec.Desired.Doc, rec.Desired.Deleted, rec.Desired.Lifecycle
	document, members := wantsDocument(l, rec), wantsMembers(l, rec)
	switch {
	case !document && !members:
		return nil, ErrLetterSuperseded
	case document && !l.Desired:
		c.doc, c.deleted, c.lifecycle = l.Document, l.Deleted, l.Lifecycle
	}
	if members && !c.deleted {
		step := patch.ElementChange{}
		for _, m := range l.Members {
			if there, err := isThere(tx, m.Member); err != nil || !there {
				if err != nil {
					return nil, err
				}
				continue
			}
			if element := (scim.Object{"value": m.Member}); m.Joins {
				step.Add = append(step.Add, element)
			} else {
				step.Remove = append(step.Remove, element)
			}
		}
		switch {
		case len(step.Add)+len(step.Remove) > 0:
			c.members = []patch.ElementChange{step}
		case !document:
			return nil, ErrLetterSuperseded
		}
	}
	if c.void() {
		return nil, errDesired
	}
	return c, nil
}

// isThere reports whether a member exists for clients.
func isThere(tx *store.Tx, id string) (bool, error) {
	for _, typ := range []store.Type{store.User, store.Group} {
		switch _, err := tx.Get(typ, id); {
		case err == nil:
			return true, nil
		case !errors.Is(err, store.ErrNotFound):
			return false, err
		}
	}
	return false, nil
}

// retried closes the letter that a change retries, in the change's transaction.
func (t *Tenant) retried(tx *store.Tx, c *change) error {
	if c.letter == nil {
		return nil
	}
	l, err := letterOf(tx, c.letter.id)
	if err != nil {
		return err
	}
	if l.State != store.LetterOpen {
		return ErrLetterClosed
	}
	return t.closeLetter(tx, l, store.LetterRetried, c.letter.by, "")
}

// reason is what the journal says of a change that retries a letter.
func (r *retry) reason() string { return fmt.Sprintf("dead letter %s, retried by %s", r.id, r.by) }

// redeliver makes a record dirty that is desired as a letter wants it: it was given up, or the application would not have it
// and there was nothing to go back to. It was judged when it was asked for, and nothing changes.
func (t *Tenant) redeliver(ctx context.Context, again *retry) error {
	var next *store.Record
	var delta int64
	err := t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		next, delta = nil, 0
		l, err := letterOf(tx, again.id)
		if err != nil {
			return err
		}
		if l.State != store.LetterOpen {
			return ErrLetterClosed
		}
		rec, err := tx.Load(l.ResourceType, l.ResourceID)
		if err != nil {
			return err
		}
		now := t.engine.now()
		next = rec.Clone()
		next.Failures = 0
		if next.Attempt == nil {
			t.dispatcher.plan(t, next, now)
		} else if next.Due.IsZero() {
			next.Due = now
		}
		if next.Dirty() {
			op := &store.Operation{
				ID: newID(), Time: now, Connection: l.Connection, Operation: string(abi.OpUpdate), ResourceType: l.ResourceType,
				ResourceID: l.ResourceID, Version: next.Desired.Version, Verdict: abi.Allow, Reason: again.reason(), Outcome: store.Pending,
				Subject: l.Subject,
			}
			if err := tx.AppendOperation(op); err != nil {
				return err
			}
			if next.OpenFrom == 0 || next.OpenFrom > op.Version {
				next.OpenFrom = op.Version
			}
		}
		if err := t.closeLetter(tx, l, store.LetterRetried, again.by, ""); err != nil {
			return err
		}
		_, delta, err = t.dispatcher.keep(tx, rec, next)
		return err
	})
	if err != nil {
		return err
	}
	t.dispatcher.moved(next, delta)
	t.dispatcher.poke()
	return nil
}

// RetryReport is what came of retrying many letters.
type RetryReport struct {
	Retried    int `json:"retried"`
	Superseded int `json:"superseded"`
	Failed     int `json:"failed"` // those that a policy or a rule denied, which stay open
	// Next is to be given to go on where more letters may be left; empty where none is.
	Next string `json:"next,omitempty"`
}

// retryLetters is how many letters one call of RetryLetters retries.
const retryLetters = 200

// RetryLetters retries the open letters that a filter selects, behind an id (empty: from the start), each by itself: as many
// as one call may. What is done is done, whatever comes then; to go on, call it again with Next.
func (t *Tenant) RetryLetters(ctx context.Context, f LetterFilter, after, by string) (RetryReport, error) {
	var out RetryReport
	f.All = false
	list, next, err := t.DeadLetters(ctx, f, after, retryLetters)
	if err != nil {
		return out, err
	}
	for _, l := range list {
		_, err := t.RetryLetter(ctx, l.ID, by)
		var refused *scim.Error
		switch {
		case err == nil:
			out.Retried++
		case errors.Is(err, ErrLetterClosed), errors.Is(err, ErrNoLetter):
			out.Superseded++
		case errors.Is(err, ErrLetterHeld), errors.As(err, &refused) && refused.RetryAfter == 0:
			out.Failed++
		default:
			return out, err
		}
	}
	out.Next = next
	return out, nil
}

// tendLetters closes what is overtaken and forgets what was closed long ago, in small transactions.
func (t *Tenant) tendLetters(ctx context.Context) error {
	after := ""
	for {
		var over []string
		n := 0
		err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
			over, n = nil, 0
			var failed error
			err := tx.DeadLetters(false, after, func(l *store.DeadLetter) bool {
				after, n = l.ID, n+1
				gone, err := overtaken(tx, l)
				if failed = err; gone {
					over = append(over, l.ID)
				}
				return err == nil && n < MaxLetters
			})
			return errors.Join(err, failed)
		})
		if err != nil {
			return err
		}
		for _, id := range over {
			if err := t.supersede(ctx, id); err != nil {
				return err
			}
		}
		if n < MaxLetters {
			break
		}
	}
	keep := t.cfg.Journal.Keep
	if keep < 0 {
		return nil
	}
	before := t.engine.now().Add(-keep)
	for more := true; more; {
		err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
			more, err = tx.HasClosedLetters(before)
			return err
		})
		if err != nil || !more {
			return err
		}
		err = t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) (err error) {
			more, err = tx.PruneDeadLetters(before, MaxLetters)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

package adapter

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Bounds of what a dead letter keeps.
const (
	maxLetterOperations = 20
	maxLetterMembers    = 1000
	maxLetterDetail     = 2000 // bytes
)

// leastGiveUp bounds TenantConfig.GiveUp: applications restart.
const leastGiveUp = time.Minute

// burial collects, while operations get a refusal as their outcome, whether somebody was told otherwise.
type burial struct {
	ops        []*store.Operation
	unattended bool // the client of one of them was told that it is accepted
}

// refused gives an operation the outcome that it was refused. It takes care that a client who waits for it hears of that:
// one who is told in time needs no letter.
func (d *dispatcher) refused(v *burial, r resource, op *store.Operation, out connector.Outcome, now time.Time) {
	op.Outcome, op.Finished, op.Status, op.Detail = store.Refused, now, out.Status, out.Detail
	v.ops = append(v.ops, op)
	if !d.waiters.bind(r, op) {
		v.unattended = true
	}
}

// letter reports whether what was refused is a dead letter. What no client has asked for, such as what repairs an account,
// has been accepted at some time.
func (v *burial) letter() bool { return v.unattended || len(v.ops) == 0 }

// bury writes a dead letter of what a shipment was to bring, whose refusal the record speaks of already.
func (d *dispatcher) bury(tx *store.Tx, t *Tenant, rec *store.Record, s *shipment, out connector.Outcome, v *burial, now time.Time) error {
	if !v.letter() {
		return nil
	}
	l, isNew, err := openLetter(tx, resource{rec.Type, rec.ID})
	if err != nil {
		return err
	}
	want(l, rec, s.target)
	l.Password = l.Password || s.secret != nil
	l.Action, l.Attempts = string(s.attempt.Action), l.Attempts+1
	return d.fileLetter(tx, t, rec, l, isNew, out, v, now)
}

// buryMembers writes a dead letter of members that were refused, and that have been put back already.
func (d *dispatcher) buryMembers(tx *store.Tx, t *Tenant, group *store.Record, c *crew, lost []store.Edge, out connector.Outcome, v *burial, now time.Time) error {
	if len(lost) == 0 || !v.letter() {
		return nil
	}
	l, isNew, err := openLetter(tx, resource{store.Group, group.ID})
	if err != nil {
		return err
	}
	for _, e := range lost {
		l.Members = slices.DeleteFunc(l.Members, func(m store.LetterMember) bool { return m.Member == e.Member })
		if len(l.Members) < maxLetterMembers {
			l.Members = append(l.Members, store.LetterMember{Member: e.Member, Joins: c.joins()})
		} else {
			l.MoreMembers++
		}
	}
	l.Action, l.Attempts = string(c.action), l.Attempts+1
	return d.fileLetter(tx, t, group, l, isNew, out, v, now)
}

// want writes into a letter what was wanted. A document that is still desired is not kept twice.
func want(l *store.DeadLetter, rec *store.Record, target store.State) {
	l.Document, l.Deleted, l.Lifecycle = target.Doc, target.Deleted, target.Lifecycle
	if l.Desired = rec.Desired.Doc != nil && same(rec.Desired, target); l.Desired {
		l.Document = nil
	}
}

// openLetter returns the open letter of a resource, or a new one.
func openLetter(tx *store.Tx, r resource) (l *store.DeadLetter, isNew bool, err error) {
	l, err = tx.OpenLetter(r.typ, r.id)
	if errors.Is(err, store.ErrNotFound) {
		return &store.DeadLetter{ID: newID(), State: store.LetterOpen, ResourceType: r.typ, ResourceID: r.id}, true, nil
	}
	return l, false, err
}

// fileLetter stores a letter, and says that there is one.
func (d *dispatcher) fileLetter(tx *store.Tx, t *Tenant, rec *store.Record, l *store.DeadLetter, isNew bool, out connector.Outcome, v *burial, now time.Time) error {
	for _, op := range v.ops {
		l.Operations = append(l.Operations, op.ID)
		if l.Connection = op.Connection; l.First.IsZero() || op.Time.Before(l.First) {
			l.First = op.Time
		}
		l.Subject = op.Subject
	}
	l.Operations = l.Operations[max(0, len(l.Operations)-maxLetterOperations):]
	if l.First.IsZero() {
		l.First = now
	}
	l.Last, l.Status, l.Detail = now, out.Status, store.Cut(out.Detail, maxLetterDetail)
	l.Left, l.Print, l.Epoch = 0, "", rec.Epoch
	if rec.Desired.Doc != nil { // otherwise it is about to be forgotten
		l.Left, l.Print = rec.Desired.Version, printState(rec.Desired)
	}
	if err := tx.PutDeadLetter(l); err != nil {
		return err
	}
	err := t.raise(tx, Alarm{Kind: AlarmDeadLetters, Text: "changes that were accepted have failed for good; `caddy scim deadletter list` says which"})
	if err != nil || !isNew {
		return err
	}
	return t.notify(tx, NoticeDeadLetter, l.ID, letterNotice{
		ID: l.ID, ResourceType: l.ResourceType, Resource: l.ResourceID, Action: l.Action, Status: l.Status, Connection: l.Connection, GivenUp: l.GivenUp,
	})
}

// letterNotice is the data of a notice about a dead letter.
type letterNotice struct {
	ID           string     `json:"id"`
	ResourceType store.Type `json:"resource_type"`
	Resource     string     `json:"resource"`
	Action       string     `json:"action"`
	Status       int        `json:"status,omitempty"`
	Connection   string     `json:"connection,omitempty"`
	GivenUp      bool       `json:"given_up,omitempty"`
}

// printState is a digest of what a state asks for.
func printState(s store.State) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%v\x00%s\x00", s.Deleted, s.Lifecycle)
	_, _ = h.Write(s.Doc)
	return hex.EncodeToString(h.Sum(nil))
}

// givesUp reports whether a delivery that has failed once more is given up: it has been tried for as long as the tenant
// says, counted from when it was asked for, and nobody loses access by it. Only what the newest target of a user asks for
// is; groups and what waits for an approval are tried on.
func (d *dispatcher) givesUp(tx *store.Tx, t *Tenant, rec *store.Record, s *shipment, out connector.Outcome, now time.Time) (bool, error) {
	if t.cfg.GiveUp == 0 || rec.Type != store.User || rec.Hold != nil || rec.Attempt == nil || rec.Attempt.ID != s.attempt.ID ||
		rec.Target().Version != s.target.Version || takesAway(s.attempt.Action) || s.resolve || madeHalfway(s, out) || rec.OpenFrom == 0 {
		return false, nil
	}
	since, found, err := tx.OldestOpen(rec.ID, rec.OpenFrom, s.target.Version)
	return found && now.Sub(since) >= t.cfg.GiveUp, err
}

// takesAway reports whether an action takes access away.
func takesAway(action abi.Action) bool {
	switch action {
	case abi.ActionSuspend, abi.ActionDeactivate, abi.ActionDelete, abi.ActionRemoveMembers:
		return true
	}
	return false
}

// giveUp parks a record: it stays as desired, and is tried again when somebody retries its letter or the client changes it.
// The attempt stays on record, with its key: what came of it is not known.
func (d *dispatcher) giveUp(tx *store.Tx, t *Tenant, rec *store.Record, s *shipment, out connector.Outcome, now time.Time) ([]settlement, error) {
	out.Detail = store.Cut(fmt.Sprintf("given up after %s: %s", spell(t.cfg.GiveUp), out.Detail), maxLetterDetail)
	v := new(burial)
	err := conclude(tx, rec, s.target.Version, store.Pending, func(op *store.Operation) {
		d.refused(v, resource{rec.Type, rec.ID}, op, out, now)
	})
	if err != nil {
		return nil, err
	}
	l, isNew, err := openLetter(tx, resource{rec.Type, rec.ID})
	if err != nil {
		return nil, err
	}
	rec.Due, rec.Failure = time.Time{}, out.Detail
	rec.Attempt.Owner = d.engine.owner
	rec.Attempt.Uncertain = s.resume || rec.Attempt.Uncertain || out.Unknown
	l.GivenUp = true
	want(l, rec, s.target)
	l.Action, l.Attempts = string(s.attempt.Action), l.Attempts+rec.Failures+1
	if err := d.fileLetter(tx, t, rec, l, isNew, out, v, now); err != nil {
		return nil, err
	}
	rec.Failures = 0
	return []settlement{{upTo: s.target.Version, end: ending{state: DeliveryRefused, err: refusal(out.Status, out.Detail)}}}, nil
}

// unpark lets a record that was given up be tried again, as its target has moved.
func unpark(prev, next *store.Record, now time.Time) {
	if next.Attempt != nil && next.Due.IsZero() && prev != nil && prev.Target().Version != next.Target().Version {
		next.Due = now
	}
}

// overtake takes out of the open letter of a group what a client's change of its members is about.
func (t *Tenant) overtake(tx *store.Tx, c *change, group *store.Record) error {
	l, err := tx.OpenLetter(store.Group, group.ID)
	if errors.Is(err, store.ErrNotFound) || (err == nil && (len(l.Members) == 0 || (c.letter != nil && c.letter.id == l.ID))) {
		return nil
	}
	if err != nil {
		return err
	}
	before := len(l.Members)
	for i := range c.members {
		s := &c.members[i]
		if s.Clear || s.RemoveWhere != nil {
			l.Members, l.MoreMembers = nil, 0
			break
		}
		for _, element := range slices.Concat(s.Add, s.Remove) {
			name, _ := element["value"].(string)
			l.Members = slices.DeleteFunc(l.Members, func(m store.LetterMember) bool { return m.Member == name })
		}
	}
	switch {
	case len(l.Members) == before:
		return nil
	case len(l.Members) == 0 && l.Document == nil && !l.Desired:
		return t.closeLetter(tx, l, store.LetterSuperseded, "", "")
	}
	return tx.PutDeadLetter(l)
}

// closeLetter closes a letter. When none is left open the alarm is cleared.
func (t *Tenant) closeLetter(tx *store.Tx, l *store.DeadLetter, state store.LetterState, by, reason string) error {
	l.State, l.By, l.Reason, l.Closed = state, by, reason, t.engine.now()
	if err := tx.PutDeadLetter(l); err != nil {
		return err
	}
	if open, err := tx.HasOpenLetters(); err != nil || open {
		return err
	}
	return t.clear(tx, AlarmDeadLetters, "")
}

package adapter

import (
	"strings"

	"github.com/caddy-scim/caddy-scim/internal/seal"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// A password is never part of a document. Where the tenant forwards passwords it lies in the record, sealed, until the
// application has it, and then nowhere; where the tenant does not, it is dropped at the door. A policy sees by the name
// "password" among what changes that one is set, and never which.

// passwordName is the attribute, RFC 7643 section 4.1.1.
const passwordName = "password"

// maxPassword bounds a password, in bytes.
const maxPassword = 1024

// password returns the password that a client's document sets, "" for none or where the tenant does not forward them.
func (t *Tenant) password(kind Kind, secrets schema.Secrets) (string, error) {
	if !t.cfg.Passwords || kind.Type != store.User {
		return "", nil
	}
	value, _ := secrets.Get(passwordName)
	password, _ := value.(string)
	if len(password) > maxPassword {
		return "", scim.BadRequest(scim.InvalidValue, "The attribute %q may have at most %d bytes", passwordName, maxPassword)
	}
	return password, nil
}

// ForwardsPasswords reports whether the application is told of passwords.
func (t *Tenant) ForwardsPasswords() bool { return t.cfg.Passwords }

// purpose ties a sealed password to the resource that it was sealed for.
func (d *dispatcher) purpose(id string) string { return "password " + d.id.Name() + " " + id }

// sealPassword puts the password of a change into the record.
func (t *Tenant) sealPassword(c *change, next *store.Record) {
	switch {
	case c.password != "":
		next.Secret = t.engine.seal.Seal([]byte(c.password), t.dispatcher.purpose(next.ID))
		next.SecretHeld = next.Hold != nil
	case !there(next), next.SecretHeld && next.Hold == nil: // nobody would ask for it any more
		forgetPassword(next)
	}
}

func forgetPassword(rec *store.Record) { rec.Secret, rec.SecretHeld = nil, false }

// nextStep is nextAction with the password, which comes last: when the account is there and all else is said.
func (t *Tenant) nextStep(rec *store.Record, target store.State) (abi.Action, bool) {
	action, needed := t.nextAction(rec.Type, rec.Applied, target)
	if needed || rec.Secret == nil || !t.passwordDue(rec, target) || !t.cfg.Connector.CanDo(abi.ActionSetPassword) {
		return action, needed
	}
	return abi.ActionSetPassword, true
}

// passwordDue reports whether the record's password may go to the application now.
func (t *Tenant) passwordDue(rec *store.Record, target store.State) bool {
	return t.cfg.Passwords && !rec.SecretHeld && target.Present() && exists(rec.Applied.Account)
}

// dropPassword forgets the record's password where nothing can be done with it: it is delivered, or there is no way to.
func (t *Tenant) dropPassword(rec *store.Record, target store.State) {
	if !t.cfg.Passwords || t.passwordDue(rec, target) {
		forgetPassword(rec)
	}
}

// openPassword gives the shipment of an action the password that goes with it.
func (d *dispatcher) openPassword(t *Tenant, r resource, s *shipment) (string, error) {
	if s.secret == nil || !t.cfg.Passwords || !t.cfg.Connector.SendsPassword(s.attempt.Action) {
		return "", nil
	}
	password, err := d.engine.seal.Open(s.secret, d.purpose(r.id))
	return string(password), err
}

// mask takes a password out of the application's words about it, which clients and the journal are shown. One that is
// too short to be told from a word takes all of them out.
func mask(words, password string) string {
	switch {
	case password == "" || !strings.Contains(strings.ToLower(words), strings.ToLower(password)):
		return words
	case len(password) < leastMasked:
		return "the application has words of its own about the password, which repeat it"
	}
	for _, form := range []string{password, strings.ToLower(password), strings.ToUpper(password)} {
		words = strings.ReplaceAll(words, form, "***")
	}
	if strings.Contains(strings.ToLower(words), strings.ToLower(password)) {
		return "the application has words of its own about the password, which repeat it"
	}
	return words
}

// leastMasked is the length of the shortest password that is masked within what was said.
const leastMasked = 4

// Interface guard.
var _ sealer = (*seal.Box)(nil)

// sealer keeps passwords unreadable while they are stored.
type sealer interface {
	Seal(secret []byte, purpose string) []byte
	Open(sealed []byte, purpose string) ([]byte, error)
}

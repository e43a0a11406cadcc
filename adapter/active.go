package adapter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// ActiveBy are the attributes that Active finds people by where it is not told otherwise, in that order.
var ActiveBy = []string{"id", "userName", "externalId", "emails.value"}

// ErrActiveBy means that people cannot be found by an attribute.
var ErrActiveBy = errors.New("people are not found by this attribute; want one of id, userName, externalId, emails.value")

// ErrNotReady means that an index is being built that the answer needs.
var ErrNotReady = errors.New("the index is still being built")

// maxNamed bounds what may name a person, in bytes.
const maxNamed = 1024

// Person is an active user of the tenant, as the gate in front of the application sees them.
type Person struct {
	ID     string // the SCIM id
	doc    []byte
	tenant *Tenant
}

// Active finds the active user that a name stands for, which is the value of one of the attributes by (ActiveBy, where
// that is nil). nil means that there is none: nobody of that name, somebody who is inactive or deleted, or more than one.
//
// The first attribute that knows the name decides: a userName is not looked for among e-mail addresses because whoever has
// it is inactive. What counts is what the identity provider says, whether or not the application has been told; and of a
// change that waits for an approval, what was before. So a person who is switched off is so at once, one who is to be
// approved first is not in yet, and one whose removal the deprovision limit holds is still in.
//
// # Errors
//
// ErrActiveBy, ErrNotReady, and those of the store. None of them means that the person may pass.
func (t *Tenant) Active(ctx context.Context, name string, by []string) (*Person, error) {
	if by == nil {
		by = ActiveBy
	}
	if name == "" || len(name) > maxNamed {
		return nil, nil //nolint:nilnil // nobody is called that
	}
	var found *Person
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		found = nil
		for _, attribute := range by {
			named, err := usersNamed(tx, attribute, name)
			if err != nil {
				return err
			}
			if len(named) == 0 {
				continue
			}
			if state := named[0].Target(); len(named) == 1 && active(state.Doc) {
				found = &Person{ID: named[0].ID, doc: state.Doc, tenant: t}
			}
			return nil
		}
		return nil
	})
	return found, err
}

// usersNamed returns users that have a name, two at most, as they are when nothing of them waits for an approval.
func usersNamed(tx *store.Tx, attribute, name string) (list []*store.Record, err error) {
	add := func(id string) error {
		rec, err := tx.Load(store.User, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil && rec.Target().Present() {
			list = append(list, rec)
		}
		return err
	}
	if attribute == "id" {
		id, err := uuid.Parse(name)
		if err != nil || id.String() != strings.ToLower(name) {
			return nil, nil //nolint:nilerr // it is no id
		}
		return list, add(id.String())
	}
	if !slices.Contains(ActiveBy, attribute) {
		return nil, fmt.Errorf("%q: %w", attribute, ErrActiveBy)
	}
	ix, ok := tx.Index(store.User, attribute)
	if !ok {
		return nil, ErrNotReady
	}
	var ids []string
	err = tx.FindAny(store.User, ix, name, func(id string) bool {
		ids = append(ids, id)
		return len(ids) < maxNamesakes
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		before := len(list)
		if err := add(id); err != nil {
			return nil, err
		}
		if len(list) > before && !named(ix, list[before].Target().Doc, name) {
			list = list[:before]
		}
		if len(list) > 1 {
			break
		}
	}
	if len(ids) == maxNamesakes && len(list) < 2 {
		return nil, fmt.Errorf("more than %d users have or had the same %s", maxNamesakes, attribute)
	}
	return list, nil
}

// named reports whether a document has a name as its value of an attribute. The index folds more than a gate may: two names
// that only look alike can be those of two people to whoever has authenticated them.
func named(ix store.Index, doc []byte, name string) bool {
	for _, value := range ix.Texts(doc) {
		if value == name || (!ix.CaseExact && SameName(value, name)) {
			return true
		}
	}
	return false
}

// SameName reports whether two names are the same but for the case of their letters, where a letter of ASCII is never the
// same as another one: ſ is no s, and a wide letter no narrow one.
func SameName(a, b string) bool {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		a, b = a[n:], b[m:]
		if x != y && ((x < utf8.RuneSelf) != (y < utf8.RuneSelf) || unicode.ToLower(x) != unicode.ToLower(y)) {
			return false
		}
	}
	return a == b
}

// maxNamesakes bounds how many users are looked at that have, or had, one name.
const maxNamesakes = 1000

// Value returns what the person's document says of an attribute, by its path: userName, name.familyName,
// emails.value (the primary one, else the first), urn:…:User:department. ok is false where the tenant's schema has no such
// attribute, and where it has parts and is no text by itself. Of an attribute with several values all are returned,
// separated by commas and escaped as EscapeListed does.
func (p *Person) Value(path string) (value string, ok bool) {
	if path == "id" {
		return p.ID, true
	}
	ref, ok := p.tenant.Users().Schema.Path(path)
	if !ok || ref.Attr == nil {
		return "", false
	}
	at := p.doc
	v := gjson.ParseBytes(at)
	if ref.URN != "" {
		v = v.Get(gjson.Escape(ref.URN))
	}
	v = v.Get(gjson.Escape(ref.Attr.Name))
	if ref.Sub == nil {
		return p.plain(v, ref.Attr)
	}
	if v.IsArray() {
		v = principal(v)
	}
	return p.plain(v.Get(gjson.Escape(ref.Sub.Name)), ref.Sub)
}

// principal is the element of a list that is marked as primary, else the first.
func principal(list gjson.Result) (first gjson.Result) {
	list.ForEach(func(_, e gjson.Result) bool {
		if !first.Exists() || e.Get("primary").Type == gjson.True {
			first = e
		}
		return e.Get("primary").Type != gjson.True
	})
	return first
}

func (p *Person) plain(v gjson.Result, a *schema.Attribute) (string, bool) {
	switch {
	case a.Type == schema.TypeComplex:
		return "", false
	case !v.IsArray():
		return v.String(), true
	}
	var all []string
	v.ForEach(func(_, e gjson.Result) bool {
		all = append(all, EscapeListed(e.String()))
		return true
	})
	return strings.Join(all, ","), true
}

// EscapeListed makes a text an element of a list whose elements are separated by commas: what would be taken for more than
// one element, or for the end of a line, is written as in a URL, %2C for a comma.
func EscapeListed(s string) string {
	if !strings.ContainsFunc(s, separates) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if !separates(r) {
			b.WriteRune(r)
			continue
		}
		for _, c := range []byte(string(r)) {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func separates(r rune) bool {
	return r == ',' || r == '%' || r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029
}

// PersonGroup is a group that a person is in.
type PersonGroup struct {
	ID     string
	Name   string // its displayName
	Direct bool   // not only by way of another group
}

// Groups returns the groups that the person is in, those first that they are a direct member of. A membership that waits
// for an approval does not count yet.
func (p *Person) Groups(ctx context.Context) ([]PersonGroup, error) {
	var list []PersonGroup
	err := p.tenant.engine.store.View(ctx, p.tenant.cfg.ID, func(tx *store.Tx) error {
		list = nil
		kin := newLineage(tx)
		kin.granted = true
		return kin.ancestors(p.ID, func(group *store.Record, direct bool) bool {
			list = append(list, PersonGroup{ID: group.ID, Name: gjson.GetBytes(group.Target().Doc, "displayName").Str, Direct: direct})
			return true
		})
	})
	return list, err
}

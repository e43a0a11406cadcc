package simulate

import (
	"context"
	"net/http"
)

// onelogin is OneLogin with its SCIM 2.0 provisioner. It asks for plain JSON and wants it.
type onelogin struct{}

func (onelogin) connect() []func(context.Context, *session) error {
	return []func(context.Context, *session) error{
		func(ctx context.Context, s *session) error {
			return s.finds(ctx, encoded(`userName eq "onelogin-probe-that-does-not-exist"`), nil)
		},
	}
}

func (onelogin) filter(p *person) string { return encoded("userName eq " + text(p.userName)) }

func (o onelogin) match(ctx context.Context, s *session, p *person) error {
	return s.finds(ctx, o.filter(p), nil)
}

// representation is OneLogin's own view of the user, all of which it sends each time. For every second user it has the
// e-mail as an object, as its template lets an administrator write it.
func (onelogin) representation(p *person, active bool) object {
	email := object{"value": p.userName, "type": "work", "primary": true}
	body := object{
		"schemas":     []string{userURN, enterpriseURN},
		"userName":    p.userName,
		"externalId":  p.externalID,
		"displayName": p.display(),
		"title":       p.title,
		"active":      active,
		"name":        object{"givenName": p.given, "familyName": p.family, "formatted": p.display()},
		"emails":      []object{email},
		enterpriseURN: object{"department": p.department},
	}
	if p.index%2 == 1 {
		body["emails"] = email
	}
	return body
}

func (onelogin) is(ctx context.Context, s *session, p *person, active string) error {
	_, err := s.read(
		ctx, p, "active", active, "userName", text(p.userName), "title", text(p.title), "displayName", text(p.display()),
		"emails.#", "1", "emails.0.value", text(p.userName), enterprise("department"), text(p.department),
	)
	return err
}

func (o onelogin) create(ctx context.Context, s *session, p *person) error {
	if err := s.post(ctx, p, o.representation(p, true)); err != nil {
		return err
	}
	if err := o.is(ctx, s, p, "true"); err != nil {
		return err
	}
	return s.finds(ctx, o.filter(p), p)
}

func (o onelogin) update(ctx context.Context, s *session, p *person) error {
	changed := p.changed()
	changed.userName = p.userName // OneLogin keeps it; the e-mail hangs on it
	if err := s.write(ctx, http.MethodPut, p, o.representation(changed, true)); err != nil {
		return err
	}
	p.become(changed)
	return o.is(ctx, s, p, "true")
}

func (o onelogin) setActive(ctx context.Context, s *session, p *person, active bool) error {
	if p.index%2 == 0 {
		return s.write(ctx, http.MethodPatch, p, patch(object{"op": "replace", "path": "active", "value": active}))
	}
	return s.write(ctx, http.MethodPut, p, o.representation(p, active))
}

func (o onelogin) deactivate(ctx context.Context, s *session, p *person) error {
	if err := o.setActive(ctx, s, p, false); err != nil {
		return err
	}
	return o.is(ctx, s, p, "false")
}

func (o onelogin) reactivate(ctx context.Context, s *session, p *person) error {
	if err := o.setActive(ctx, s, p, true); err != nil {
		return err
	}
	return o.is(ctx, s, p, "true")
}

// remove suspends every second user before it deletes it: for what its administrators call suspended, both arrive.
func (o onelogin) remove(ctx context.Context, s *session, p *person) error {
	if p.index%2 == 1 {
		if err := o.deactivate(ctx, s, p); err != nil {
			return err
		}
	}
	if err := s.gone(ctx, p); err != nil {
		return err
	}
	return s.finds(ctx, o.filter(p), nil)
}

var _ dialect = onelogin{}

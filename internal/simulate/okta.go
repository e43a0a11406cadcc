package simulate

import (
	"context"
	"net/http"

	"github.com/tidwall/gjson"
)

// okta is Okta with a SCIM 2.0 application.
type okta struct{}

func (okta) connect() []func(context.Context, *session) error {
	return []func(context.Context, *session) error{
		func(ctx context.Context, s *session) error {
			resp, err := s.list(ctx, "startIndex=1&count=2")
			if err != nil {
				return err
			}
			if n := gjson.GetBytes(resp.body, "Resources.#").Int(); n > 2 {
				return resp.failf("answered %d resources, want at most 2", n)
			}
			return nil
		},
		func(ctx context.Context, s *session) error {
			return s.finds(ctx, oktaFilter("nobody@okta.example"), nil)
		},
		func(ctx context.Context, s *session) error {
			resp, err := s.sendAs(ctx, "not-the-token", http.MethodGet, "/Users?startIndex=1&count=2", nil, http.StatusUnauthorized)
			if err != nil {
				return err
			}
			return resp.want("schemas.0", text(errorURN), "status", `"401"`)
		},
	}
}

func oktaFilter(userName string) string {
	return encoded("userName eq "+text(userName)) + "&startIndex=1&count=100"
}

func (okta) match(ctx context.Context, s *session, p *person) error {
	return s.finds(ctx, oktaFilter(p.userName), nil)
}

func (okta) create(ctx context.Context, s *session, p *person) error {
	err := s.post(ctx, p, object{
		"schemas":     []string{userURN, enterpriseURN},
		"userName":    p.userName,
		"name":        object{"givenName": p.given, "familyName": p.family},
		"emails":      []object{{"primary": true, "value": p.userName, "type": "work"}},
		"displayName": p.display(),
		"title":       p.title,
		"locale":      "en-US",
		"externalId":  p.externalID,
		"groups":      []any{},
		"password":    "Okta1-" + p.hex,
		"active":      true,
		enterpriseURN: object{"department": p.department},
	})
	if err != nil {
		return err
	}
	_, err = s.read(
		ctx, p, "userName", text(p.userName), "active", "true", "externalId", text(p.externalID), "emails.0.value", text(p.userName),
		"name.familyName", text(p.family), enterprise("department"), text(p.department), "password", "",
	)
	return err
}

func (okta) update(ctx context.Context, s *session, p *person) error {
	old, changed := p.userName, p.changed()
	err := s.echo(ctx, p, func(resource object) {
		resource["userName"] = changed.userName
		resource["title"] = changed.title
		resource["displayName"] = changed.display()
		resource["name"] = object{"givenName": changed.given, "familyName": changed.family}
		resource[enterpriseURN] = object{"department": changed.department}
	})
	if err != nil {
		return err
	}
	p.become(changed)
	if _, err := s.read(
		ctx, p, "userName", text(p.userName), "title", text(p.title), "displayName", text(p.display()), "active", "true",
		"name.familyName", text(p.family), "emails.0.value", text(old), enterprise("department"), text(p.department),
	); err != nil {
		return err
	}
	if old != p.userName {
		if err := s.finds(ctx, oktaFilter(old), nil); err != nil {
			return err
		}
	}
	return s.finds(ctx, oktaFilter(p.userName), p)
}

// setActive does what Okta does in one of its two ways.
func (okta) setActive(ctx context.Context, s *session, p *person, active bool) error {
	if p.index%2 == 0 {
		return s.write(ctx, http.MethodPatch, p, patch(object{"op": "replace", "value": object{"active": active}}))
	}
	return s.echo(ctx, p, func(resource object) { resource["active"] = active })
}

func (o okta) deactivate(ctx context.Context, s *session, p *person) error {
	if err := o.setActive(ctx, s, p, false); err != nil {
		return err
	}
	_, err := s.read(ctx, p, "active", "false", "userName", text(p.userName))
	return err
}

// reactivate is what an assignment that comes back makes: Okta looks for the user, finds it and sets it active.
func (o okta) reactivate(ctx context.Context, s *session, p *person) error {
	if err := s.finds(ctx, oktaFilter(p.userName), p); err != nil {
		return err
	}
	if err := o.setActive(ctx, s, p, true); err != nil {
		return err
	}
	_, err := s.read(ctx, p, "active", "true", "userName", text(p.userName))
	return err
}

// remove cleans up. Okta by itself ends with the deactivation; the delete is that of its administrators' scripts.
func (o okta) remove(ctx context.Context, s *session, p *person) error {
	if err := s.gone(ctx, p); err != nil {
		return err
	}
	return s.finds(ctx, oktaFilter(p.userName), nil)
}

var _ dialect = okta{}

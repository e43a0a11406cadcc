package simulate

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// entra is Microsoft Entra ID. Every second user is played as it speaks by default, the others as it does with the
// aadOptscim062020 flag in the tenant URL.
type entra struct{}

func (entra) flagged(p *person) bool { return p.index%2 == 1 }

// entraFilter is a filter as Entra ID sends it: plus signs for spaces, and quotes and brackets as they are.
func entraFilter(attribute, value string) string {
	return "filter=" + strings.ReplaceAll(attribute, " ", "+") + `+eq+"` + url.QueryEscape(value) + `"`
}

func (entra) connect() []func(context.Context, *session) error {
	const nobody = "9c2f1f3e-0f6b-4b0c-8b0e-6d1e0f3c1a55"
	return []func(context.Context, *session) error{
		func(ctx context.Context, s *session) error { return s.finds(ctx, entraFilter("userName", nobody), nil) },
		func(ctx context.Context, s *session) error {
			return s.finds(ctx, entraFilter("externalId", nobody), nil)
		},
		func(ctx context.Context, s *session) error {
			return s.finds(ctx, entraFilter(`emails[type eq "work"].value`, nobody), nil)
		},
	}
}

func (entra) match(ctx context.Context, s *session, p *person) error {
	if err := s.finds(ctx, entraFilter("externalId", p.externalID), nil); err != nil {
		return err
	}
	return s.finds(ctx, entraFilter("userName", p.userName), nil)
}

func (e entra) create(ctx context.Context, s *session, p *person) error {
	body := object{
		"schemas":     []string{userURN, enterpriseURN},
		"externalId":  p.externalID,
		"userName":    p.userName,
		"active":      "True",
		"displayName": p.display(),
		"title":       p.title,
		"emails":      []object{{"primary": "true", "type": "work", "value": p.userName}},
		"meta":        object{"resourceType": "User"},
		"name":        object{"formatted": p.display(), "familyName": p.family, "givenName": p.given},
		enterpriseURN: object{"department": p.department, "employeeNumber": p.hex[:6]},
	}
	if e.flagged(p) {
		body["active"] = true
		body["emails"] = []object{{"Primary": true, "type": "work", "value": p.userName}}
	}
	if err := s.post(ctx, p, body); err != nil {
		return err
	}
	if _, err := s.read(
		ctx, p, "userName", text(p.userName), "active", "true", "externalId", text(p.externalID),
		"emails.0.value", text(p.userName), "emails.0.primary", "true", enterprise("department"), text(p.department),
	); err != nil {
		return err
	}
	// The case of a userName does not matter, and the answer to a filter is what matches users from now on.
	return s.finds(ctx, entraFilter("userName", strings.ToUpper(p.userName)), p)
}

func (e entra) update(ctx context.Context, s *session, p *person) error {
	old, mail, phone := p.userName, "mail."+p.userName, "+41 31 "+p.hex[:4]
	changed := p.changed()
	changed.externalID += "-b"
	operations := []object{
		{"op": "Replace", "path": "displayName", "value": changed.display()},
		{"op": "Replace", "path": "name.familyName", "value": changed.family},
		{"op": "Replace", "path": "userName", "value": changed.userName},
		{"op": "Add", "path": `emails[type eq "work"].value`, "value": mail},
		{"op": "Add", "path": `phoneNumbers[type eq "mobile"].value`, "value": phone},
		{"op": "Add", "path": enterpriseURN + ":department", "value": changed.department},
		{"op": "Replace", "path": "title", "value": ""},
		{"op": "Remove", "path": "externalId"},
		{"op": "Add", "path": "externalId", "value": "for a moment"},
		{"op": "Replace", "path": "externalId", "value": changed.externalID},
	}
	if e.flagged(p) {
		operations = []object{
			{"op": "replace", "value": object{
				"displayName": changed.display(), "name.familyName": changed.family, "userName": changed.userName, "externalId": changed.externalID,
				enterpriseURN + ":department": changed.department,
			}},
			{"op": "replace", "path": `emails[type eq "work"].value`, "value": mail},
			{"op": "add", "path": `phoneNumbers[type eq "mobile"].value`, "value": phone},
			{"op": "remove", "path": "title"},
		}
	}
	if p.boss != nil && p.boss.id != "" {
		operations = append(operations, object{"op": "Add", "path": enterpriseURN + ":manager", "value": p.boss.id})
	}
	if err := s.write(ctx, http.MethodPatch, p, patch(operations...)); err != nil {
		return err
	}
	p.become(changed)
	if _, err := s.read(
		ctx, p, "userName", text(p.userName), "displayName", text(p.display()), "name.familyName", text(p.family), "name.givenName", text(p.given),
		"externalId", text(p.externalID), "title", "", "active", "true",
		`emails.#(type=="work")#.value`, "["+text(mail)+"]", `phoneNumbers.#(type=="mobile")#.value`, "["+text(phone)+"]",
		enterprise("department"), text(p.department), enterprise("employeeNumber"), text(p.hex[:6]),
	); err != nil {
		return err
	}
	if old != p.userName {
		if err := s.finds(ctx, entraFilter("userName", old), nil); err != nil {
			return err
		}
	}
	if p.boss != nil && p.boss.id != "" {
		manager := "filter=" + `id+eq+"` + p.id + `"+and+manager+eq+"` + p.boss.id + `"&attributes=id`
		if err := s.finds(ctx, manager, p); err != nil {
			return err
		}
	}
	return s.finds(ctx, entraFilter(`emails[type eq "work"].value`, mail), p)
}

func (e entra) setActive(ctx context.Context, s *session, p *person, active bool) error {
	operation := object{"op": "Replace", "path": "active", "value": map[bool]string{true: "True", false: "False"}[active]}
	if e.flagged(p) {
		operation = object{"op": "replace", "path": "active", "value": active}
	}
	if err := s.write(ctx, http.MethodPatch, p, patch(operation)); err != nil {
		return err
	}
	_, err := s.read(ctx, p, "active", map[bool]string{true: "true", false: "false"}[active], "userName", text(p.userName))
	return err
}

func (e entra) deactivate(ctx context.Context, s *session, p *person) error {
	return e.setActive(ctx, s, p, false)
}

func (e entra) reactivate(ctx context.Context, s *session, p *person) error {
	if err := s.finds(ctx, entraFilter("externalId", p.externalID), p); err != nil {
		return err
	}
	return e.setActive(ctx, s, p, true)
}

// remove plays both halves of a deletion: the user is soft-deleted first, which disables it under a prefixed userName,
// and deleted for good 30 days later.
func (e entra) remove(ctx context.Context, s *session, p *person) error {
	err := s.write(ctx, http.MethodPatch, p, patch(
		object{"op": "Replace", "path": "active", "value": "False"},
		object{"op": "Replace", "path": "userName", "value": p.hex + p.userName},
	))
	if err != nil {
		return err
	}
	if _, err := s.read(ctx, p, "active", "false", "externalId", text(p.externalID)); err != nil {
		return err
	}
	if err := s.gone(ctx, p); err != nil {
		return err
	}
	return s.finds(ctx, entraFilter("externalId", p.externalID), nil)
}

var _ dialect = entra{}

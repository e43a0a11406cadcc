package simulate

import (
	"context"
	"strings"
)

// flaggedTeam reports whether the team is played with the aadOptscim062020 flag.
func (entra) flaggedTeam(t *team) bool { return t.index%2 == 1 }

func entraTeam(t *team) string {
	return "excludedAttributes=members&" + entraFilter("displayName", t.name)
}

// hasMember is the query for a group by its id and one of its members.
func hasMember(t *team, p *person) string {
	return `filter=id+eq+"` + t.id + `"+and+members[value+eq+"` + p.id + `"]&attributes=id`
}

func (entra) createTeam(ctx context.Context, s *session, t *team) error {
	if err := s.findsTeam(ctx, entraTeam(t), nil); err != nil {
		return err
	}
	err := s.postTeam(ctx, t, object{
		"schemas": []string{groupURN, adscimURN}, "externalId": t.externalID, "displayName": t.name, "meta": object{"resourceType": "Group"},
	})
	if err != nil {
		return err
	}
	return s.findsTeam(ctx, entraTeam(t), t)
}

// addMembers adds each member by an operation of their own.
func (e entra) addMembers(ctx context.Context, s *session, t *team) error {
	people := t.there()
	if err := s.findsTeam(ctx, hasMember(t, people[0]), nil); err != nil {
		return err
	}
	operations := make([]object, len(people))
	for i, p := range people {
		operations[i] = object{"op": "Add", "path": "members", "value": []object{{"$ref": nil, "value": p.id}}}
		if e.flaggedTeam(t) {
			operations[i] = object{"op": "add", "path": "members", "value": byID([]*person{p})}
		}
	}
	if err := s.patchTeam(ctx, t, operations...); err != nil {
		return err
	}
	if err := s.findsTeam(ctx, hasMember(t, people[0]), t); err != nil {
		return err
	}
	return s.hasJust(ctx, t, people)
}

func (e entra) renameTeam(ctx context.Context, s *session, t *team) error {
	old := entraTeam(t)
	err := t.rename(func(name string) error {
		if e.flaggedTeam(t) {
			return s.patchTeam(ctx, t, object{"op": "replace", "value": object{"displayName": name}})
		}
		return s.patchTeam(ctx, t, object{"op": "Replace", "path": "displayName", "value": name})
	})
	if err != nil {
		return err
	}
	if err := s.findsTeam(ctx, old, nil); err != nil {
		return err
	}
	if err := s.findsTeam(ctx, entraTeam(t), t); err != nil {
		return err
	}
	return s.hasJust(ctx, t, t.there())
}

// removeMembers takes the first out: by a value beside the path, which a strict reading takes for everybody, or by a
// filter.
func (e entra) removeMembers(ctx context.Context, s *session, t *team) error {
	people := t.there()
	operation := object{"op": "Remove", "path": "members", "value": []object{{"$ref": nil, "value": people[0].id}}}
	if e.flaggedTeam(t) {
		operation = object{"op": "remove", "path": `members[value eq "` + strings.ReplaceAll(people[0].id, `"`, `\"`) + `"]`}
	}
	if err := s.patchTeam(ctx, t, operation); err != nil {
		return err
	}
	if err := s.findsTeam(ctx, hasMember(t, people[0]), nil); err != nil {
		return err
	}
	return s.hasJust(ctx, t, people[1:])
}

func (entra) removeTeam(ctx context.Context, s *session, t *team) error {
	if err := s.teamGone(ctx, t); err != nil {
		return err
	}
	return s.findsTeam(ctx, entraTeam(t), nil)
}

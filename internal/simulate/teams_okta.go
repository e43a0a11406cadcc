package simulate

import "context"

// createTeam pushes a group, which is empty at first.
func (okta) createTeam(ctx context.Context, s *session, t *team) error {
	if err := s.findsTeam(ctx, encoded("displayName eq "+text(t.name))+"&startIndex=1&count=100", nil); err != nil {
		return err
	}
	if err := s.postTeam(ctx, t, object{"schemas": []string{groupURN}, "displayName": t.name, "members": []any{}}); err != nil {
		return err
	}
	return s.hasJust(ctx, t, nil)
}

func (okta) addMembers(ctx context.Context, s *session, t *team) error {
	people := t.there()
	members := byID(people)
	for i, p := range people {
		members[i]["display"] = p.userName
	}
	if err := s.patchTeam(ctx, t, object{"op": "add", "path": "members", "value": members}); err != nil {
		return err
	}
	return s.hasJust(ctx, t, people)
}

// renameTeam echoes the group's id and says nothing of members, which have to stay.
func (okta) renameTeam(ctx context.Context, s *session, t *team) error {
	err := t.rename(func(name string) error {
		return s.patchTeam(ctx, t, object{"op": "replace", "value": object{"id": t.id, "displayName": name}})
	})
	if err != nil {
		return err
	}
	return s.hasJust(ctx, t, t.there())
}

// removeMembers takes the first out, and then lets them back in and the last out in one PATCH. The push of a group that
// is empty by then ends it.
func (okta) removeMembers(ctx context.Context, s *session, t *team) error {
	people := t.there()
	first, last := people[0], people[len(people)-1]
	out := func(p *person) object { return object{"op": "remove", "path": "members[value eq " + text(p.id) + "]"} }
	if err := s.patchTeam(ctx, t, out(first)); err != nil {
		return err
	}
	if err := s.hasJust(ctx, t, people[1:]); err != nil {
		return err
	}
	if first != last {
		if err := s.patchTeam(ctx, t, out(last), object{"op": "add", "path": "members", "value": byID(people[:1])}); err != nil {
			return err
		}
		if err := s.hasJust(ctx, t, people[:len(people)-1]); err != nil {
			return err
		}
	}
	if err := s.patchTeam(ctx, t, object{"op": "replace", "path": "members", "value": []any{}}); err != nil {
		return err
	}
	return s.hasJust(ctx, t, nil)
}

func (okta) removeTeam(ctx context.Context, s *session, t *team) error { return s.teamGone(ctx, t) }

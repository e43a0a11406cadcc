package simulate

import (
	"context"
	"net/http"
)

// createTeam loads a page of the groups that are there, as OneLogin does, and makes the one that is missing.
func (onelogin) createTeam(ctx context.Context, s *session, t *team) error {
	resp, err := s.send(ctx, http.MethodGet, "/Groups?count=100&startIndex=1", nil, http.StatusOK)
	if err != nil {
		return err
	}
	if err := resp.want("schemas.0", text(listURN)); err != nil {
		return err
	}
	if err := s.postTeam(ctx, t, object{"displayName": t.name, "schemas": []string{groupURN}}); err != nil {
		return err
	}
	return s.hasJust(ctx, t, nil)
}

// addMembers adds the members by a request for each.
func (onelogin) addMembers(ctx context.Context, s *session, t *team) error {
	people := t.there()
	for i, p := range people {
		if err := s.patchTeam(ctx, t, object{"value": byID([]*person{p}), "op": "add", "path": "members"}); err != nil {
			return err
		}
		if err := s.hasJust(ctx, t, people[:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (onelogin) renameTeam(ctx context.Context, s *session, t *team) error {
	err := t.rename(func(name string) error {
		return s.patchTeam(ctx, t, object{"value": name, "op": "replace", "path": "displayName"})
	})
	if err != nil {
		return err
	}
	return s.hasJust(ctx, t, t.there())
}

// removeMembers takes the last out, by a value beside the path.
func (onelogin) removeMembers(ctx context.Context, s *session, t *team) error {
	people := t.there()
	stay, last := people[:len(people)-1], people[len(people)-1:]
	if err := s.patchTeam(ctx, t, object{"value": byID(last), "op": "remove", "path": "members"}); err != nil {
		return err
	}
	return s.hasJust(ctx, t, stay)
}

func (onelogin) removeTeam(ctx context.Context, s *session, t *team) error { return s.teamGone(ctx, t) }

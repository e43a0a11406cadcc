package simulate

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

const (
	groupURN  = "urn:ietf:params:scim:schemas:core:2.0:Group"
	adscimURN = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
)

// teamSize is how many people a team has at most.
const teamSize = 10

// team is a made-up group of the identity provider.
type team struct {
	index      int
	name       string
	externalID string
	people     []*person // who belongs to it

	id string // the server's; empty until it is created
}

// makeTeams puts everybody into one team each.
func makeTeams(opts *Options, people []*person) []*team {
	if opts.UsersOnly {
		return nil
	}
	var teams []*team
	for some := range slices.Chunk(people, teamSize) {
		first := some[0]
		teams = append(teams, &team{
			index: len(teams), people: some, externalID: "g" + first.externalID,
			name: fmt.Sprintf("%s %s", first.department, strings.TrimSuffix(first.userName, "@"+opts.Domain)),
		})
	}
	return teams
}

// there lists those of the team who were created.
func (t *team) there() []*person {
	return slices.DeleteFunc(slices.Clone(t.people), func(p *person) bool { return p.id == "" })
}

// byID is a value of members for people.
func byID(people []*person) []object {
	list := make([]object, len(people))
	for i, p := range people {
		list[i] = object{"value": p.id}
	}
	return list
}

// postTeam creates the team's group, and takes its id from the answer.
func (s *session) postTeam(ctx context.Context, t *team, body object) error {
	resp, err := s.send(ctx, http.MethodPost, "/Groups", body, http.StatusCreated)
	if err != nil {
		return err
	}
	if t.id, err = resp.id(); err != nil {
		return err
	}
	return resp.want("displayName", text(t.name))
}

// patchTeam sends a PATCH of the team's group. The answer may be the group or nothing.
func (s *session) patchTeam(ctx context.Context, t *team, operations ...object) error {
	_, err := s.send(ctx, http.MethodPatch, "/Groups/"+t.id, patch(operations...), http.StatusOK, http.StatusNoContent)
	return err
}

// hasJust reads the group and checks its name and who is in it.
func (s *session) hasJust(ctx context.Context, t *team, people []*person) error {
	resp, err := s.send(ctx, http.MethodGet, "/Groups/"+t.id, nil, http.StatusOK)
	if err != nil {
		return err
	}
	if err := resp.want("id", text(t.id), "displayName", text(t.name)); err != nil {
		return err
	}
	var got, want []string
	for _, member := range gjson.GetBytes(resp.body, "members").Array() {
		got = append(got, member.Get("value").Str)
	}
	for _, p := range people {
		want = append(want, p.id)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return resp.failf("has %d members, want %d: %s instead of %s", len(got), len(want), strings.Join(got, " "), strings.Join(want, " "))
	}
	return nil
}

// findsTeam sends a query for groups and checks that it finds just the team, or none if t is nil.
func (s *session) findsTeam(ctx context.Context, query string, t *team) error {
	resp, err := s.send(ctx, http.MethodGet, "/Groups?"+query, nil, http.StatusOK)
	if err != nil {
		return err
	}
	if t == nil {
		return resp.want("schemas.0", text(listURN), "totalResults", "0", "Resources", "")
	}
	return resp.want("schemas.0", text(listURN), "totalResults", "1", "Resources.#", "1", "Resources.0.id", text(t.id))
}

// teamGone deletes the group and checks that it cannot be read any more.
func (s *session) teamGone(ctx context.Context, t *team) error {
	if _, err := s.send(ctx, http.MethodDelete, "/Groups/"+t.id, nil, http.StatusNoContent); err != nil {
		return err
	}
	resp, err := s.send(ctx, http.MethodGet, "/Groups/"+t.id, nil, http.StatusNotFound)
	if err != nil {
		return err
	}
	return resp.want("schemas.0", text(errorURN), "status", `"404"`)
}

// rename gives the team its second name, once send has told the server of it.
func (t *team) rename(send func(name string) error) error {
	name := "New " + t.name
	if err := send(name); err != nil {
		return err
	}
	t.name = name
	return nil
}

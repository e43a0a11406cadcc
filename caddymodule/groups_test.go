package caddymodule_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Blocks of an application that tell the example of groups: a call for each member, and lists of two.
const (
	singleGroups = `groups {
			create POST /teams {
				id team.no
			}
			lookup GET /teams?name={displayName} {
				id teams.0.no
			}
			update PATCH /teams/{legacy_id}
			delete DELETE /teams/{legacy_id}
			add_members PUT /teams/{legacy_id}/members/{member.legacy_id}
			remove_members DELETE /teams/{legacy_id}/members/{member.legacy_id}
			map {
				name displayName
			}
		}
		`
	listedGroups = `groups {
			create POST /teams {
				id team.no
			}
			update PATCH /teams/{legacy_id}
			delete DELETE /teams/{legacy_id}
			add_members POST /teams/{legacy_id}/members {
				body ` + "`" + `{"members": "{members.legacy_id}"}` + "`" + `
			}
			remove_members POST /teams/{legacy_id}/members/remove {
				body ` + "`" + `{"members": "{members.legacy_id}"}` + "`" + `
			}
			batch 2
			map {
				name displayName
			}
		}
		`
)

// withGroups is a tenant whose application is told of groups.
func (s *server) withGroups(name, groups string) string {
	return strings.Replace(s.tenant(name), "lookup GET", groups+"lookup GET", 1)
}

func TestGroupsReachTheApplication(t *testing.T) {
	s := newServer(t)
	s.load(s.caddyfile(s.badger() + s.withGroups("acme", singleGroups) + s.withGroups("globex", listedGroups)))
	for name, tenant := range map[string]struct {
		token string
		calls int // that tell of three new members
	}{"acme": {acmeToken, 3}, "globex": {globexToken, 2}} {
		var ids []string
		var members []string
		for i := range 3 {
			made := s.want(http.StatusCreated, tenant.token, "POST", "/scim/v2/Users", user(fmt.Sprintf("%s%d", name, i)))
			ids = append(ids, made.get("id"))
			members = append(members, fmt.Sprintf(`{"value":%q}`, made.get("id")))
		}
		s.wantApp(http.StatusNoContent, "DELETE", "/requests", "")
		made := s.want(http.StatusCreated, tenant.token, "POST", "/scim/v2/Groups", fmt.Sprintf(
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":%q,"members":[%s]}`, name, strings.Join(members, ",")))
		team := func(path, want string) {
			t.Helper()
			if got := s.wantApp(http.StatusOK, "GET", "/teams?name="+name, "").get("teams.0." + path); got != want {
				t.Errorf("%s: the team's %s is %q, want %q", name, path, got, want)
			}
		}
		team("size", "3")
		calls := s.wantApp(http.StatusOK, "GET", "/requests", "").get(`requests.#(path%"/teams/*/members*")#.status`)
		if got := strings.Count(calls, "204"); got != tenant.calls {
			t.Errorf("%s: %s answers, want %d", name, calls, tenant.calls)
		}
		group := "/scim/v2/Groups/" + made.get("id")
		s.want(http.StatusNoContent, tenant.token, "PATCH", group, fmt.Sprintf(
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"%s\"]"}]}`, ids[0]))
		team("size", "2")
		s.want(http.StatusNoContent, tenant.token, "DELETE", group, "")
		team("no", "")
	}
}

package adapter_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

// Somebody is deleted, which may have arrived, comes back, and joins a group before that is known. That the application
// does not know the account by which they are told to it says nothing of the membership.
func TestMemberWhoseAccountIsInDoubt(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{lostBefore, lostAfter} {
		for _, lists := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s in lists: %v", fault, lists), func(t *testing.T) {
				t.Parallel()
				opts := adaptertest.Options{}
				if lists {
					opts.Connector = func(c *connector.Config) { adaptertest.BatchedGroups(c, 10) }
				}
				s, drain := patient(t, opts)
				id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
				group := s.Want(http.StatusCreated, "POST", "/Groups", `{"displayName":"staff"}`).Get("id").Str
				s.App("POST", "/faults", fault)
				s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
				s.App("POST", "/faults", lostBefore)
				s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
				s.App("DELETE", "/faults", nil)
				s.Want(http.StatusNoContent, "PATCH", "/Groups/"+group, `{"Operations":[{"op":"add","path":"members","value":[{"value":"`+id+`"}]}]}`)
				drain(opts)
				if team := s.Team("staff"); team.Get("members.0").Int() != onlyMember(t, s).Get("no").Int() {
					t.Errorf("the application has %s", team.Raw)
				}
				if got := s.Want(http.StatusOK, "GET", "/Groups/"+group, nil); got.Get("members.0.value").Str != id {
					t.Errorf("SCIM shows %s", got.Body)
				}
			})
		}
	}
}

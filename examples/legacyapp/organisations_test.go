package legacyapp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

// Whoever is taken out of one organisation keeps the account, and what else it is in.
func TestOrganisations(t *testing.T) {
	t.Parallel()
	a := start(t, legacyapp.Options{})
	got := a.want(201, "POST", "/members", `{"login":"ann","mail":"ann@home.example","personal":true}`)
	equal(t, got, "member.personal", "true")
	equal(t, got, "member.organisations", "")
	got = a.want(201, "POST", "/members", `{"login":"bob","mail":"bob@acme.example","organisation":"acme"}`)
	equal(t, got, "member.personal", "false")
	equal(t, got, "member.organisations.acme", "active")
	saysProblem(t, a.want(422, "POST", "/members", `{"login":"c","mail":"c@d","organisation":"A b"}`), "is not a name")
	equal(t, a.want(200, "PATCH", "/members/1002", `{"organisation":"globex","personal":true,"title":"Boss"}`), "member.organisations", `{"acme":"active"}`)

	for range 2 {
		equal(t, a.want(200, "PUT", "/organisations/acme/members/1001", ``), "member.organisations", `{"acme":"active"}`)
	}
	equal(t, a.want(200, "PUT", "/organisations/globex/members/1001", ``), "member.organisations", `{"acme":"active","globex":"active"}`)
	equal(t, a.want(200, "GET", "/organisations/acme/members", ``), "members.#.no", `[1001,1002]`)
	equal(t, a.want(200, "GET", "/organisations/globex/members", ``), "members.#.no", `[1001]`)

	equal(t, a.want(200, "POST", "/organisations/acme/members/1001/suspend", ``), "member.organisations", `{"acme":"suspended","globex":"active"}`)
	equal(t, a.want(200, "GET", "/organisations/acme/members/1001", ``), "state", "suspended")
	equal(t, a.want(200, "GET", "/organisations/globex/members/1001", ``), "state", "active")
	equal(t, a.want(200, "PUT", "/organisations/acme/members/1001", ``), "member.organisations.acme", "active")
	a.want(200, "POST", "/members/1001/suspend", ``)
	equal(t, a.want(200, "GET", "/organisations/globex/members/1001", ``), "state", "suspended")
	a.want(200, "POST", "/members/1001/restore", ``)

	for range 2 {
		a.want(204, "DELETE", "/organisations/acme/members/1001", ``)
	}
	saysProblem(t, a.want(404, "GET", "/organisations/acme/members/1001", ``), "not in this organisation")
	saysProblem(t, a.want(409, "POST", "/organisations/acme/members/1001/suspend", ``), "not in this organisation")
	got = a.want(200, "GET", "/members/1001", ``)
	equal(t, got, "member.state", "active")
	equal(t, got, "member.personal", "true")
	equal(t, got, "member.organisations", `{"globex":"active"}`)

	for _, method := range []string{"GET", "PUT", "DELETE"} {
		saysProblem(t, a.want(404, method, "/organisations/acme/members/9", ``), "no such member")
	}
	saysProblem(t, a.want(422, "PUT", "/organisations/"+strings.Repeat("a", 64)+"/members/1001", ``), "is not a name")
	saysProblem(t, a.want(405, "PATCH", "/organisations/acme/members/1001", ``), "PATCH is not possible")
	for i := range 99 {
		a.want(200, "PUT", fmt.Sprintf("/organisations/o%d/members/1001", i), ``)
	}
	saysProblem(t, a.want(422, "PUT", "/organisations/acme/members/1001", ``), "too many")
	a.want(200, "PUT", "/organisations/o1/members/1001", ``)
}

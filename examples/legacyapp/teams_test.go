package legacyapp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

func TestTeams(t *testing.T) {
	t.Parallel()
	a := start(t, legacyapp.Options{MaxMembers: 3})
	got := a.want(201, "POST", "/teams", `{"name":" Blue ","ref":"r1"}`)
	equal(t, got, "team.no", "T1")
	equal(t, got, "team.name", "Blue")
	equal(t, got, "team.size", "0")
	saysProblem(t, a.want(409, "POST", "/teams", `{"name":"BLUE"}`), "taken")
	saysProblem(t, a.want(422, "POST", "/teams", `{"name":""}`), "name is missing")
	a.want(422, "POST", "/teams", `{"name":"x","ref":"`+strings.Repeat("x", 600)+`"}`)
	a.want(400, "POST", "/teams", `{"name":1}`)
	equal(t, a.want(201, "POST", "/teams", `{"name":"Red"}`), "team.no", "T2")

	equal(t, a.want(200, "GET", "/teams", ``), "teams.#.no", `["T1","T2"]`)
	equal(t, a.want(200, "GET", "/teams?name=blue", ``), "teams.#.no", `["T1"]`)
	equal(t, a.want(200, "GET", "/teams?name=", ``), "teams.#", "0")

	got = a.want(200, "PATCH", "/teams/T1", `{"name":"Green"}`)
	equal(t, got, "team.name", "Green")
	equal(t, got, "team.ref", "r1")
	equal(t, a.want(200, "PUT", "/teams/T1", `{"name":"green","ref":null}`), "team.ref", "")
	a.want(409, "PATCH", "/teams/T1", `{"name":"red"}`)
	equal(t, a.want(200, "GET", "/teams?name=blue", ``), "teams.#", "0")
	a.want(201, "POST", "/teams", `{"name":"Blue"}`)
	saysProblem(t, a.want(507, "POST", "/teams", `{"name":"Black"}`), "no room")

	a.want(204, "DELETE", "/teams/T1", ``)
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		saysProblem(t, a.want(404, method, "/teams/T1", `{}`), "no such team")
	}
	equal(t, a.want(201, "POST", "/teams", `{"name":"Green"}`), "team.no", "T4")
	equal(t, a.want(200, "GET", "/", ``), "teams", "3")
	saysProblem(t, a.want(405, "POST", "/teams/T4", `{}`), "POST is not possible")
	saysProblem(t, a.want(405, "GET", "/teams/T4/members", ``), "GET is not possible")
}

// withTeams makes three members and two teams.
func withTeams(t *testing.T, opts legacyapp.Options) *app {
	t.Helper()
	a := start(t, opts)
	for _, name := range []string{"ann", "bob", "cem"} {
		a.want(201, "POST", "/members", fmt.Sprintf(`{"login":%q,"mail":"%s@acme.example"}`, name, name))
	}
	a.want(201, "POST", "/teams", `{"name":"Blue"}`)
	a.want(201, "POST", "/teams", `{"name":"Red"}`)
	return a
}

func TestTeamMembers(t *testing.T) {
	t.Parallel()
	a := withTeams(t, legacyapp.Options{MaxSeats: 4})
	inside := func(team, members, teams string) {
		t.Helper()
		got := a.want(200, "GET", "/teams/"+team, ``)
		equal(t, got, "team.members", members)
		equal(t, got, "team.teams", teams)
	}
	a.want(204, "PUT", "/teams/T1/members/1002", ``)
	a.want(204, "PUT", "/teams/T1/members/1001", ``)
	saysProblem(t, a.want(409, "PUT", "/teams/T1/members/1001", ``), "member 1001 is in this team already")
	saysProblem(t, a.want(404, "PUT", "/teams/T1/members/9", ``), "no such member")
	saysProblem(t, a.want(404, "PUT", "/teams/T1/members/T9", ``), "no such member")
	saysProblem(t, a.want(404, "PUT", "/teams/T9/members/1001", ``), "no such team")
	a.want(204, "PUT", "/teams/T1/members/T2", ``)
	inside("T1", "[1001,1002]", `["T2"]`)
	equal(t, a.want(200, "GET", "/teams?name=blue", ``), "teams.0.size", "3")

	a.want(204, "DELETE", "/teams/T1/members/1001", ``)
	saysProblem(t, a.want(404, "DELETE", "/teams/T1/members/1001", ``), "member 1001 is not in this team")
	a.want(204, "DELETE", "/teams/T1/members/T2", ``)
	inside("T1", "[1002]", `[]`)

	saysProblem(t, a.want(409, "POST", "/teams/T1/members", `{"members":[1001,"1002"]}`), "member 1002")
	inside("T1", "[1002]", `[]`)
	a.want(204, "POST", "/teams/T1/members", `{"members":["1001","1001",1003,"T2"]}`)
	inside("T1", "[1001,1002,1003]", `["T2"]`)
	saysProblem(t, a.want(507, "PUT", "/teams/T2/members/1001", ``), "no room")
	saysProblem(t, a.want(404, "POST", "/teams/T1/members/remove", `{"members":[1001,"T1"]}`), "team T1 is not in this team")
	a.want(204, "POST", "/teams/T1/members/remove", `{"members":[1001,"T2"]}`)
	inside("T1", "[1002,1003]", `[]`)
	a.want(204, "PUT", "/teams/T1/members", `{"members":[1001,"T2",1003,1003]}`)
	inside("T1", "[1001,1003]", `["T2"]`)
	saysProblem(t, a.want(422, "PUT", "/teams/T2/members", `{"members":["T1"]}`), "a team cannot be in itself")
	saysProblem(t, a.want(422, "PUT", "/teams/T1/members", `{"members":[1001,9]}`), "there is no member")
	saysProblem(t, a.want(422, "PUT", "/teams/T1/members", `{}`), "members is missing")
	saysProblem(t, a.want(507, "PUT", "/teams/T2/members", `{"members":[1001,1002]}`), "no room")
	a.want(204, "PUT", "/teams/T1/members", `{"members":[]}`)
	inside("T1", "[]", `[]`)
	a.want(204, "PUT", "/teams/T1/members", `{"members":[1002,1003]}`)
	inside("T1", "[1002,1003]", `[]`)
	saysProblem(t, a.want(422, "POST", "/teams/T1/members", `{"members":[1001,{}]}`), "there is no member")
	saysProblem(t, a.want(422, "POST", "/teams/T1/members", `{"members":[]}`), "members is missing")
	a.want(400, "POST", "/teams/T1/members", `{"members":1001}`)

	a.want(204, "PUT", "/teams/T2/members/1002", ``)
	a.want(204, "DELETE", "/members/1002", ``)
	inside("T1", "[1003]", `[]`)
	inside("T2", "[]", `[]`)
	a.want(204, "POST", "/teams/T2/members", `{"members":[1001,1003,"T1"]}`) // there is room again
}

func TestNestedTeams(t *testing.T) {
	t.Parallel()
	a := withTeams(t, legacyapp.Options{})
	a.want(201, "POST", "/teams", `{"name":"Grey"}`)
	a.want(204, "PUT", "/teams/T1/members/T2", ``)
	a.want(204, "PUT", "/teams/T2/members/T3", ``)
	for _, path := range []string{"/teams/T1/members/T1", "/teams/T2/members/T1", "/teams/T3/members/T1"} {
		saysProblem(t, a.want(422, "PUT", path, ``), "in itself")
	}
	a.want(204, "PUT", "/teams/T1/members/T3", ``)
	a.want(204, "DELETE", "/teams/T3", ``)
	equal(t, a.want(200, "GET", "/teams", ``), "teams.#.teams", `[["T2"],[]]`)
	a.want(204, "DELETE", "/teams/T1", ``)
	a.want(201, "POST", "/teams", `{"name":"Blue"}`)
	a.want(204, "PUT", "/teams/T2/members/T4", ``)
	equal(t, a.want(200, "GET", "/teams", ``), "teams.#.teams", `[["T4"],[]]`)
}

func TestLenientTeams(t *testing.T) {
	t.Parallel()
	a := withTeams(t, legacyapp.Options{LenientTeams: true})
	for range 2 {
		a.want(204, "PUT", "/teams/T1/members/1001", ``)
		a.want(204, "POST", "/teams/T1/members", `{"members":[1001,1002]}`)
	}
	equal(t, a.want(200, "GET", "/teams/T1", ``), "team.members", "[1001,1002]")
	for range 2 {
		a.want(204, "DELETE", "/teams/T1/members/1001", ``)
		a.want(204, "POST", "/teams/T1/members/remove", `{"members":[1001,1002]}`)
	}
	equal(t, a.want(200, "GET", "/teams/T1", ``), "team.size", "0")
}

func TestTeamsAreRecordedAndFail(t *testing.T) {
	t.Parallel()
	a := withTeams(t, legacyapp.Options{})
	a.want(204, "DELETE", "/requests", ``)
	a.want(200, "POST", "/faults", `{"status":503,"after":true}`)
	saysProblem(t, a.want(503, "PUT", "/teams/T1/members/1001", ``, "Idempotency-Key", "k1"), "told to answer 503")
	a.want(409, "PUT", "/teams/T1/members/1001", ``)
	got := a.want(200, "GET", "/requests", ``)
	equal(t, got, "requests.#.path", `["/teams/T1/members/1001","/teams/T1/members/1001"]`)
	equal(t, got, "requests.#.status", `[503,409]`)
	equal(t, got, "requests.0.headers.Idempotency-Key", "k1")
}

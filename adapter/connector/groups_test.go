package connector_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

const aGroup = `{"displayName":"R&D / Core","externalId":"g-ext","id":"g-1","schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]}`

// Routes for members, one by one and in lists.
var (
	addOne     = connector.Route{Method: "PUT", Path: "/teams/{legacy_id}/members/{member.legacy_id}"}
	removeOne  = connector.Route{Method: "DELETE", Path: "/teams/{legacy_id}/members/{member.legacy_id}"}
	addList    = connector.Route{Method: "POST", Path: "/teams/{legacy_id}/members", Body: json.RawMessage(`{"members":"{members.legacy_id}"}`)}
	removeList = connector.Route{Method: "POST", Path: "/teams/{legacy_id}/members/remove", Body: json.RawMessage(`{"members":"{members.legacy_id}"}`)}
)

func groupRoutes(add, remove connector.Route) *connector.Groups {
	return &connector.Groups{
		Routes: map[abi.Action]connector.Route{
			abi.ActionCreate:        {Method: "POST", Path: "/teams", ID: "team.no"},
			abi.ActionUpdate:        {Method: "PATCH", Path: "/teams/{legacy_id}"},
			abi.ActionDelete:        {Method: "DELETE", Path: "/teams/{legacy_id}"},
			abi.ActionAddMembers:    add,
			abi.ActionRemoveMembers: remove,
		},
		Lookup: &connector.Route{
			Path: "/teams?name={displayName}", ID: "teams.0.no",
			Match: []connector.Field{{Target: "teams.0.name", Source: "displayName"}},
		},
		Fields: []connector.Field{{Target: "name", Source: "displayName"}, {Target: "ref", Source: "{id}"}},
	}
}

// groupsOf makes a connector for groups.
func groupsOf(tb testing.TB, base string, groups *connector.Groups) *connector.Connector {
	tb.Helper()
	conn, ok := connectTo(tb, base, func(c *connector.Config) { c.Groups = groups }).Groups()
	if !ok {
		tb.Fatal("there is no connector for groups")
	}
	return conn
}

func people(ids ...string) []abi.Member {
	var list []abi.Member
	for _, id := range ids {
		list = append(list, abi.Member{ID: "u-" + id, LegacyID: id, Type: "User"})
	}
	return list
}

func memberCall(action abi.Action, ids ...string) connector.Call {
	return connector.Call{
		Action: action, ResourceID: "g-1", LegacyID: "T1", IdempotencyKey: "k1",
		Before: json.RawMessage(aGroup), After: json.RawMessage(aGroup), Members: people(ids...),
	}
}

func TestRenderGroups(t *testing.T) {
	t.Parallel()
	const add, remove = abi.ActionAddMembers, abi.ActionRemoveMembers
	route := func(path, body string) *connector.Groups {
		r := connector.Route{Method: "POST", Path: path}
		if body != "" {
			r.Body = json.RawMessage(body)
		}
		return groupRoutes(r, r)
	}
	group := func(action abi.Action) connector.Call {
		return connector.Call{Action: action, ResourceID: "g-1", LegacyID: "T1", After: json.RawMessage(aGroup)}
	}
	odd := memberCall(add)
	odd.Members = []abi.Member{{ID: "u-1", LegacyID: "../a b?c#d/é", Type: "Group"}}
	quoted := memberCall(add)
	quoted.Members = []abi.Member{{ID: "u\"1\\", LegacyID: "</script>\u2028", Type: "User"}, {ID: "é\x00", LegacyID: "{id}", Type: "User"}}
	policy := memberCall(add, "1", "2")
	policy.Requests = []abi.Request{{Method: "POST", Path: "/x/{legacy_id}", Body: json.RawMessage(`[1,2]`)}}
	one, list := groupRoutes(addOne, removeOne), groupRoutes(addList, removeList)
	for _, c := range []struct {
		name   string
		groups *connector.Groups
		call   connector.Call
		want   string
	}{
		{"create", one, group(abi.ActionCreate), `POST /teams {"name":"R&D / Core","ref":"g-1"}`},
		{"update", one, group(abi.ActionUpdate), `PATCH /teams/T1 {"name":"R&D / Core","ref":"g-1"}`},
		{"delete", one, group(abi.ActionDelete), `DELETE /teams/T1`},
		{"add one", one, memberCall(add, "1001"), `PUT /teams/T1/members/1001`},
		{"remove one", one, memberCall(remove, "T2"), `DELETE /teams/T1/members/T2`},
		{"add a list", list, memberCall(add, "1001", "1002", "T2"), `POST /teams/T1/members {"members":["1001","1002","T2"]}`},
		{"a list of one", list, memberCall(remove, "1001"), `POST /teams/T1/members/remove {"members":["1001"]}`},
		{
			"everything of one member, and of the group",
			route("/{id}/{externalId}/{member.type}?m={member.id}", `{"who":"{member.type} {member.legacy_id}","team":"{displayName} ({legacy_id})"}`),
			memberCall(add, "1001"), `POST /g-1/g-ext/User?m=u-1001 {"who":"User 1001","team":"R\u0026D / Core (T1)"}`,
		},
		{
			"lists deep in a body",
			route("/x", `[{"group":"{legacy_id}","add":{"ids":"{members.id}"}},"{members.legacy_id}"]`),
			memberCall(add, "1", "2"), `POST /x [{"group":"T1","add":{"ids":["u-1","u-2"]}},["1","2"]]`,
		},
		{"a list alone", route("/x", `"{members.legacy_id}"`), memberCall(add, "1", "2"), `POST /x ["1","2"]`},
		{"braces that are none", route("/x", `{"a":"{{members.legacy_id}}","b":"{members.id}"}`), memberCall(add, "1"), `POST /x {"a":"{members.legacy_id}","b":["u-1"]}`},
		{"hostile in a query", route("/x?m={member.legacy_id}", ""), odd, `POST /x?m=..%2Fa%20b%3Fc%23d%2F%C3%A9`},
		{"hostile in a text", route("/x", `{"m":"{member.legacy_id}"}`), odd, `POST /x {"m":"../a b?c#d/é"}`},
		{"hostile in a list", list, quoted, `POST /teams/T1/members {"members":["\u003c/script\u003e\u2028","{id}"]}`},
		{"ids are texts", route("/x", `"{members.id}"`), quoted, `POST /x ["u\"1\\","é\u0000"]`},
		{"policy", one, policy, `POST /x/T1 [1,2]`},
	} {
		if diff := cmp.Diff(c.want, render(t, groupsOf(t, "http://app.example/api", c.groups), c.call)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestMembersPerCall(t *testing.T) {
	t.Parallel()
	const add, remove = abi.ActionAddMembers, abi.ActionRemoveMembers
	for _, c := range []struct {
		add, remove            connector.Route
		batch                  int
		wantAdd, wantRemove, n int
	}{
		{addOne, removeOne, 0, 1, 1, 100},
		{addOne, removeOne, 1, 1, 1, 1},
		{addList, removeOne, 0, 100, 1, 100},
		{addList, removeList, 7, 7, 7, 7},
		{addOne, removeList, 1000, 1, 1000, 1000},
	} {
		groups := groupRoutes(c.add, c.remove)
		groups.Batch = c.batch
		conn := groupsOf(t, "http://app.example", groups)
		if a, r, n := conn.MembersPerCall(add), conn.MembersPerCall(remove), conn.Batch(); a != c.wantAdd || r != c.wantRemove || n != c.n {
			t.Errorf("%d: %d, %d, %d", c.batch, a, r, n)
		}
		if conn.MembersPerCall(abi.ActionUpdate) != 0 {
			t.Error("an update has members")
		}
		if !conn.CanDo(add) || !conn.CanLookup() {
			t.Error("the routes are not there")
		}
		if _, ok := conn.Groups(); ok {
			t.Error("groups of groups")
		}
	}
	fixed := groupsOf(t, "http://app.example", &connector.Groups{Routes: map[abi.Action]connector.Route{add: addOne}})
	if fixed.CanDo(abi.ActionCreate) || fixed.CanDo(remove) || fixed.CanLookup() || fixed.MembersPerCall(remove) != 0 {
		t.Error("there is a route that nobody made")
	}
	users := connectTo(t, "http://app.example", nil)
	if _, ok := users.Groups(); ok || users.Batch() != 0 || users.MembersPerCall(add) != 0 {
		t.Error("an application that knows no groups has some")
	}
}

func TestMembersOfACall(t *testing.T) {
	t.Parallel()
	const add = abi.ActionAddMembers
	one := groupsOf(t, "http://app.example", groupRoutes(addOne, removeOne))
	small := groupRoutes(addList, removeList)
	small.Batch = 2
	list := groupsOf(t, "http://app.example", small)
	nameless := func(ids ...string) connector.Call {
		call := memberCall(add, ids...)
		call.Members = append(call.Members, abi.Member{ID: "u-9", Type: "User"})
		return call
	}
	dots := memberCall(add, "..")
	for _, c := range []struct {
		name  string
		conn  *connector.Connector
		call  connector.Call
		want  string
		split bool
	}{
		{"none", one, memberCall(add), "no members or too many: 0, want 1 to 1", false},
		{"two", one, memberCall(add, "1", "2"), "no members or too many: 2, want 1 to 1", true},
		{"none in a list", list, memberCall(add), "0, want 1 to 2", false},
		{"too many in a list", list, memberCall(add, "1", "2", "3"), "3, want 1 to 2", true},
		{"one without the application's id", one, nameless(), "the member's legacy_id", false},
		{"one of a list without it", list, nameless("1"), "the member's legacy_id", true},
		{"dots", one, dots, `"." or ".." segment`, false},
	} {
		out := c.conn.Do(t.Context(), c.call)
		if out.Kind != connector.Refused || out.Split != c.split || !strings.Contains(out.Detail, c.want) {
			t.Errorf("%s: %+v, want %q, split %t", c.name, out, c.want, c.split)
		}
	}
	var missing *connector.MissingError
	if _, err := list.Render(nameless("1")); !errors.As(err, &missing) {
		t.Error(err)
	}
	if _, err := list.Render(memberCall(add)); !errors.Is(err, connector.ErrMembers) {
		t.Error(err)
	}
}

func TestMemberOutcomes(t *testing.T) {
	t.Parallel()
	const add, remove, create = abi.ActionAddMembers, abi.ActionRemoveMembers, abi.ActionCreate
	type outcome = connector.Outcome
	status := 0
	conn, _ := newConnector(t, func(c *connector.Config) { c.Groups = groupRoutes(addList, removeList) },
		func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"problem":"says so"}`)
		}).Groups()
	for _, c := range []struct {
		action  abi.Action
		members int
		status  int
		want    outcome // its Kind, Unknown, Gone, Split
	}{
		{add, 1, 200, outcome{Kind: connector.Done}},
		{add, 2, 201, outcome{Kind: connector.Done}},
		{add, 1, 409, outcome{Kind: connector.Done}},
		{add, 2, 409, outcome{Kind: connector.Refused, Split: true}},
		{add, 1, 404, outcome{Kind: connector.Refused, Gone: true}},
		{add, 2, 404, outcome{Kind: connector.Refused, Gone: true, Split: true}},
		{add, 1, 422, outcome{Kind: connector.Refused}},
		{add, 2, 422, outcome{Kind: connector.Refused, Split: true}},
		{add, 2, 401, outcome{Kind: connector.Retry}},
		{add, 2, 407, outcome{Kind: connector.Retry}},
		{add, 2, 302, outcome{Kind: connector.Retry, Unknown: true}},
		{add, 2, 429, outcome{Kind: connector.Retry}},
		{add, 2, 503, outcome{Kind: connector.Retry, Unknown: true}},
		{remove, 1, 204, outcome{Kind: connector.Done}},
		{remove, 1, 404, outcome{Kind: connector.Done, Gone: true}},
		{remove, 1, 410, outcome{Kind: connector.Done, Gone: true}},
		{remove, 2, 404, outcome{Kind: connector.Refused, Gone: true, Split: true}},
		{remove, 1, 409, outcome{Kind: connector.Refused}},
		{remove, 2, 409, outcome{Kind: connector.Refused, Split: true}},
		{remove, 2, 408, outcome{Kind: connector.Retry}},
		{remove, 2, 425, outcome{Kind: connector.Retry}},
		{create, 0, 409, outcome{Kind: connector.Conflict}},
	} {
		status = c.status
		got := conn.Do(t.Context(), memberCall(c.action, []string{"1", "2"}[:c.members]...))
		if got.Kind != c.want.Kind || got.Unknown != c.want.Unknown || got.Gone != c.want.Gone || got.Split != c.want.Split {
			t.Errorf("%s of %d, %d: %+v, want %+v", c.action, c.members, c.status, got, c.want)
		}
		if got.Kind == connector.Refused && got.Detail != "says so" {
			t.Errorf("%s %d: detail %q", c.action, c.status, got.Detail)
		}
		if len(got.Exchanges) != 1 || got.Exchanges[0].Key != "k1" {
			t.Errorf("%s %d: %+v", c.action, c.status, got.Exchanges)
		}
	}
}

// Several requests of a policy stop at the first that is not done, also where the answer would do for one member.
func TestMembersOfAPolicy(t *testing.T) {
	t.Parallel()
	var paths []string
	conn, _ := newConnector(t, func(c *connector.Config) { c.Groups = groupRoutes(addOne, removeOne) },
		func(w http.ResponseWriter, r *http.Request) {
			paths = append(paths, r.URL.Path)
			if strings.HasSuffix(r.URL.Path, "/2") {
				w.WriteHeader(http.StatusConflict)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}).Groups()
	call := memberCall(abi.ActionAddMembers, "1", "2", "3")
	for _, m := range call.Members {
		call.Requests = append(call.Requests, abi.Request{Method: "PUT", Path: "/x/" + m.LegacyID})
	}
	out := conn.Do(t.Context(), call)
	if out.Kind != connector.Refused || !out.Split || !out.Unknown || len(paths) != 2 {
		t.Errorf("%+v after %q", out, paths)
	}
}

func TestGroupsConfigErrors(t *testing.T) {
	t.Parallel()
	groups := func(change func(*connector.Groups)) func(*connector.Config) {
		return func(c *connector.Config) {
			c.Groups = groupRoutes(addOne, removeOne)
			change(c.Groups)
		}
	}
	route := func(action abi.Action, r connector.Route) func(*connector.Config) {
		return groups(func(g *connector.Groups) { g.Routes[action] = r })
	}
	const add = abi.ActionAddMembers
	body := func(json string) connector.Route {
		return connector.Route{Method: "POST", Path: "/x", Body: []byte(json)}
	}
	for _, c := range []struct {
		change      func(*connector.Config)
		field, says string
	}{
		{route("fly", addOne), "groups.routes.fly", "is not an action"},
		{route(abi.ActionSuspend, addOne), "groups.routes.suspend", "speaks of members"},
		{route(abi.ActionReactivate, connector.Route{Method: "PUT", Path: "/x"}), "groups.routes.reactivate", "for users alone"},
		{route(add, connector.Route{Method: "GO", Path: "/x"}), "groups.routes.add_members.method", `"GO"`},
		{route(add, connector.Route{Method: "PUT", Path: "x"}), "groups.routes.add_members.path", "begin with"},
		{route(add, connector.Route{Method: "PUT", Path: "/{legacy_id}"}), "groups.routes.add_members", "does not say who"},
		{route(add, body(`{"a":"{id}"}`)), "groups.routes.add_members", "does not say who"},
		{route(add, connector.Route{Method: "PUT", Path: "/{members.legacy_id}"}), "groups.routes.add_members", "only where a text"},
		{route(add, body(`{"a":"x{members.id}"}`)), "groups.routes.add_members", "only where a text"},
		{route(add, body(`{"a":"{members.id}","b":"{member.id}"}`)), "groups.routes.add_members", "both"},
		{route(add, body(`{"a":"{members.type}"}`)), "groups.routes.add_members.body", "of members there are"},
		{route(add, body(`{"a":"{members.value}"}`)), "groups.routes.add_members.body", "of members there are"},
		{route(add, body(`{"a":"{Member.id}"}`)), "groups.routes.add_members.body", "of members there are"},
		{route(add, body(`{"a":"{member}"}`)), "groups.routes.add_members.body", "of members there are"},
		{route(add, body(`{"a":"{members[type eq \"User\"].id}"}`)), "groups.routes.add_members.body", "of members there are"},
		{route(add, connector.Route{Method: "PUT", Path: "/{member.id}", ID: "x"}), "groups.routes.add_members.id", "no meaning"},
		{route(add, connector.Route{Method: "PUT", Path: "/{member.id}", Match: []connector.Field{{Target: "a", Source: "id"}}}), "groups.routes.add_members.match", "lookup alone"},
		{route(abi.ActionUpdate, body(`{"a":"{members.id}"}`)), "groups.routes.update", "speaks of members"},
		{route(abi.ActionDelete, connector.Route{Method: "DELETE", Path: "/{member.id}"}), "groups.routes.delete", "speaks of members"},
		{groups(func(g *connector.Groups) { g.Lookup.Method = "POST" }), "groups.lookup.method", "POST"},
		{groups(func(g *connector.Groups) { g.Lookup.Path = "/x?m={member.id}" }), "groups.lookup", "speaks of members"},
		{groups(func(g *connector.Groups) { g.Lookup.Match[0].Source = "{member.id}" }), "groups.lookup", "speaks of members"},
		{groups(func(g *connector.Groups) { g.Lookup.Match[0].Source = "member.id" }), "groups.lookup", "speaks of members"},
		{groups(func(g *connector.Groups) { g.Fields[1].Source = "members.id" }), "groups.fields[1].source", "speaks of members"},
		{groups(func(g *connector.Groups) { g.Fields[1].Source = "members" }), "groups.fields[1].source", "of members there are"},
		{groups(func(g *connector.Groups) { g.Fields[1].Target = "name" }), "groups.fields[1].target", "twice"},
		{groups(func(g *connector.Groups) { g.Batch = -1 }), "groups.batch", "1 to 1000"},
		{groups(func(g *connector.Groups) { g.Batch = 1001 }), "groups.batch", "1 to 1000"},
		{groups(func(g *connector.Groups) { g.Batch = 2 }), "groups.batch", "speak of one member"},
		{func(c *connector.Config) { c.Routes[add] = connector.Route{Method: "PUT", Path: "/x"} }, "routes.add_members", "for groups alone"},
		{func(c *connector.Config) { c.Routes["update"] = connector.Route{Method: "PUT", Path: "/{member.id}"} }, "routes.update", "speaks of members"},
		{func(c *connector.Config) { c.Fields[0].Source = "{member.id}" }, "fields[0].source", "speaks of members"},
	} {
		cfg := connector.Config{BaseURL: "http://app.example", Routes: routes(), Fields: fields()}
		c.change(&cfg)
		_, err := connector.New(cfg, nil)
		var bad *connector.ConfigError
		if !errors.As(err, &bad) || bad.Field != c.field || !strings.Contains(bad.Problem, c.says) {
			t.Errorf("%s (%s): %v", c.field, c.says, err)
		}
	}
}

// Everybody who is in a group can be told as one list, which may be empty.
func TestSetMembers(t *testing.T) {
	t.Parallel()
	route := connector.Route{Method: "PUT", Path: "/t/{legacy_id}/m", Body: json.RawMessage(`{"m":"{members.legacy_id}","n":"{displayName}"}`)}
	conn := groupsOf(t, "http://127.0.0.1:9", &connector.Groups{Routes: map[abi.Action]connector.Route{abi.ActionSetMembers: route}})
	if conn.SetLimit() != connector.DefaultSetLimit || conn.MembersPerCall(abi.ActionSetMembers) != 0 {
		t.Errorf("the limit is %d", conn.SetLimit())
	}
	call := memberCall(abi.ActionSetMembers)
	for want, members := range map[string][]abi.Member{
		`[]`:         nil,
		`["1"]`:      {{ID: "a", LegacyID: "1"}},
		`["1","\""]`: {{ID: "a", LegacyID: "1"}, {ID: "b", LegacyID: `"`}},
	} {
		call.Members = members
		got, err := conn.Render(call)
		if err != nil || !strings.HasPrefix(string(got[0].Body), `{"m":`+want+`,`) {
			t.Errorf("%v became %+v, %v", members, got, err)
		}
	}
	call.Members = []abi.Member{{ID: "a", LegacyID: "1"}, {ID: "b"}}
	if _, err := conn.Render(call); err == nil {
		t.Error("somebody without an id of the application's is listed")
	}
	for field, g := range map[string]connector.Groups{
		"groups.set_limit":             {SetLimit: 5},
		"groups.routes.set_members":    {Routes: map[abi.Action]connector.Route{abi.ActionSetMembers: {Method: "PUT", Path: "/t/{member.id}"}}},
		"groups.routes.set_members.id": {Routes: map[abi.Action]connector.Route{abi.ActionSetMembers: {Method: "PUT", Path: "/t", ID: "x", Body: route.Body}}},
		"groups.routes.set_members.rules[0].verdict": {Routes: map[abi.Action]connector.Route{abi.ActionSetMembers: {
			Method: "PUT", Path: "/t", Body: route.Body, Rules: []connector.Rule{{Status: "409", Verdict: connector.VerdictAdopt}},
		}}},
	} {
		_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Groups: &g}, nil)
		wantField(t, field, err, field)
	}
	for _, limit := range []int{-1, connector.MaxSetLimit + 1} {
		_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Groups: &connector.Groups{
			SetLimit: limit, Routes: map[abi.Action]connector.Route{abi.ActionSetMembers: route},
		}}, nil)
		wantField(t, "the limit", err, "groups.set_limit")
	}
	_, err := connector.New(connector.Config{BaseURL: "http://127.0.0.1:9", Routes: map[abi.Action]connector.Route{abi.ActionSetMembers: route}}, nil)
	wantField(t, "of users", err, "routes.set_members")
}

package connector_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A whole life of a group in the example application, told one member at a time and in lists.
func TestLegacyTeams(t *testing.T) {
	t.Parallel()
	t.Run("one by one", func(t *testing.T) {
		t.Parallel()
		lifeOfATeam(t, groupRoutes(addOne, removeOne))
	})
	t.Run("in lists", func(t *testing.T) {
		t.Parallel()
		lifeOfATeam(t, groupRoutes(addList, removeList))
	})
}

func lifeOfATeam(t *testing.T, groups *connector.Groups) {
	server := httptest.NewServer(legacyapp.New(legacyapp.Options{Key: "k"}))
	defer server.Close()
	users := connectTo(t, server.URL, func(cfg *connector.Config) { cfg.Auth.Bearer, cfg.Groups = "k", groups })
	conn, ok := users.Groups()
	if !ok {
		t.Fatal("there is no connector for groups")
	}
	if out := users.Do(t.Context(), createCall()); out.LegacyID != "1001" {
		t.Fatalf("%+v", out)
	}
	do := func(want connector.Kind, call connector.Call) connector.Outcome {
		t.Helper()
		out := conn.Do(t.Context(), call)
		if out.Kind != want {
			t.Fatalf("%s: %+v, want %s", call.Action, out, want)
		}
		return out
	}
	team := func(path, want string) {
		t.Helper()
		if got := gjson.Get(legacyGet(t, server.URL, "/teams/T1"), "team."+path).String(); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	const add, remove = abi.ActionAddMembers, abi.ActionRemoveMembers

	create := memberCall(abi.ActionCreate)
	create.LegacyID, create.Before = "", nil
	if _, found, err := conn.Lookup(t.Context(), create); found || err != nil {
		t.Fatal(found, err)
	}
	if out := do(connector.Done, create); out.LegacyID != "T1" {
		t.Fatalf("%+v", out)
	}
	do(connector.Conflict, create)
	if id, found, err := conn.Lookup(t.Context(), create); id != "T1" || !found || err != nil {
		t.Fatal(id, found, err)
	}
	nested := create
	nested.After = json.RawMessage(`{"displayName":"Nested"}`)
	if out := do(connector.Done, nested); out.LegacyID != "T2" {
		t.Fatalf("%+v", out)
	}
	rename := memberCall(abi.ActionUpdate)
	rename.After = json.RawMessage(`{"displayName":"Renamed"}`)
	do(connector.Done, rename)
	team("name", "Renamed")
	team("ref", "g-1")

	do(connector.Done, memberCall(add, "1001"))
	do(connector.Done, memberCall(add, "1001")) // is a member already
	do(connector.Done, memberCall(add, "T2"))
	team("members", "[1001]")
	team("teams", `["T2"]`)
	if out := do(connector.Refused, memberCall(add, "1999")); out.Detail == "" || out.Split {
		t.Errorf("%+v", out)
	}
	fault(t, server.URL, `{"status":503,"after":true}`)
	if out := do(connector.Retry, memberCall(remove, "T2")); !out.Unknown {
		t.Errorf("%+v", out)
	}
	if out := do(connector.Done, memberCall(remove, "T2")); !out.Gone {
		t.Errorf("%+v", out)
	}
	if conn.MembersPerCall(remove) > 1 {
		if out := do(connector.Refused, memberCall(remove, "1001", "T2")); !out.Split {
			t.Errorf("%+v", out)
		}
		team("members", "[1001]")
	}
	do(connector.Done, memberCall(remove, "1001"))
	team("size", "0")
	do(connector.Done, memberCall(abi.ActionDelete))
	do(connector.Done, memberCall(remove, "1001"))
	do(connector.Done, memberCall(abi.ActionDelete))
	if out := do(connector.Refused, memberCall(add, "1001")); !out.Gone {
		t.Errorf("%+v", out)
	}
}

package connector_test

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// someone is a SCIM user in its canonical form.
const someone = `{
	"active":true,
	"addresses":[{"locality":"Bern"}],
	"displayName":"Mo K",
	"emails":[{"type":"home","value":"mo@home.example"},{"primary":true,"type":"work","value":"mo@acme.example"}],
	"externalId":"00u1",
	"groups":[],
	"id":"u-1",
	"name":{"familyName":"K","givenName":"Mo"},
	"nickNames":["m","mm"],
	"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
	"title":"",
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R&D","employeeNumber":"12345678901234567890","manager":{"value":"u-0"}},
	"userName":"mo@acme.example",
	"x-level":12345678901234567890
}`

// routes are those that the example application has, more or less.
func routes() map[abi.Action]connector.Route {
	return map[abi.Action]connector.Route{
		abi.ActionCreate:     {Method: "POST", Path: "/members", ID: "member.no"},
		abi.ActionUpdate:     {Method: "PATCH", Path: "/members/{legacy_id}"},
		abi.ActionSuspend:    {Method: "POST", Path: "/members/{legacy_id}/suspend"},
		abi.ActionDeactivate: {Method: "POST", Path: "/members/{legacy_id}/suspend", Body: json.RawMessage(`{"why":"told by {userName}","since":null}`)},
		abi.ActionReactivate: {Method: "POST", Path: "/members/{legacy_id}/restore"},
		abi.ActionDelete:     {Method: "DELETE", Path: "/members/{legacy_id}"},
	}
}

func fields() []connector.Field {
	return []connector.Field{
		{Target: "login", Source: "userName"},
		{Target: "mail", Source: `emails[type eq "work"].value`},
		{Target: "full_name", Source: "{name.givenName} {name.familyName}"},
		{Target: "given", Source: "name.givenName"},
		{Target: "family", Source: "name.familyName"},
		{Target: "dept", Source: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"},
		{Target: "title", Source: "title"},
		{Target: "ref", Source: "externalId"},
	}
}

// newConnector returns a connector to a server that answers with handler, below /api.
func newConnector(tb testing.TB, change func(*connector.Config), handler http.HandlerFunc) *connector.Connector {
	tb.Helper()
	server := httptest.NewServer(http.StripPrefix("/api", handler))
	tb.Cleanup(server.Close)
	return connectTo(tb, server.URL+"/api", change)
}

func connectTo(tb testing.TB, base string, change func(*connector.Config)) *connector.Connector {
	tb.Helper()
	cfg := connector.Config{
		BaseURL: base,
		Routes:  routes(),
		Fields:  fields(),
		Lookup: &connector.Route{
			Path: "/members?login={userName}", ID: "members.0.no",
			Match: []connector.Field{{Target: "members.0.login", Source: "userName"}},
		},
	}
	if change != nil {
		change(&cfg)
	}
	conn, err := connector.New(cfg, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(conn.Close)
	return conn
}

func updateCall() connector.Call {
	return connector.Call{
		Action: abi.ActionUpdate, ResourceID: "u-1", LegacyID: "1001", IdempotencyKey: "k1",
		Before: json.RawMessage(someone), After: json.RawMessage(someone),
	}
}

func createCall() connector.Call {
	return connector.Call{Action: abi.ActionCreate, ResourceID: "u-1", IdempotencyKey: "k1", After: json.RawMessage(someone)}
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

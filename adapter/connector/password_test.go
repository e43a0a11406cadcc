package connector_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// The password stands where the configuration puts it, as it is, and in no other request.
func TestPassword(t *testing.T) {
	t.Parallel()
	c, err := connector.New(connector.Config{
		BaseURL: "http://127.0.0.1:1",
		Routes: map[abi.Action]connector.Route{
			abi.ActionCreate:      {Method: "POST", Path: "/m"},
			abi.ActionUpdate:      {Method: "PATCH", Path: "/m/{legacy_id}"},
			abi.ActionSetPassword: {Method: "PUT", Path: "/m/{legacy_id}/password", Body: json.RawMessage(`{"to":"{password}"}`)},
		},
		Fields: []connector.Field{{Target: "login", Source: "userName"}, {Target: "secret", Source: "{password}"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const doc, odd = `{"userName":"ann"}`, " a\"{b} "
	for name, test := range map[string]struct {
		call connector.Call
		want string
	}{
		"create":         {connector.Call{Action: abi.ActionCreate, After: []byte(doc), Password: odd}, `{"login":"ann","secret":" a\"{b} "}`},
		"create without": {connector.Call{Action: abi.ActionCreate, After: []byte(doc)}, `{"login":"ann"}`},
		"update":         {connector.Call{Action: abi.ActionUpdate, LegacyID: "7", After: []byte(doc)}, `{"login":"ann"}`},
		"set":            {connector.Call{Action: abi.ActionSetPassword, LegacyID: "7", After: []byte(doc), Password: odd}, `{"to":" a\"{b} "}`},
	} {
		got, err := c.Render(test.call)
		if err != nil || len(got) != 1 || string(got[0].Body) != test.want || strings.Contains(got[0].Path, "a") && name == "set" && got[0].Path != "/m/7/password" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if !c.SendsPassword(abi.ActionCreate) || !c.SendsPassword(abi.ActionSetPassword) || c.SendsPassword(abi.ActionUpdate) {
		t.Error("who sends the password")
	}
}

func TestPasswordMisplaced(t *testing.T) {
	t.Parallel()
	create := connector.Route{Method: "POST", Path: "/m"}
	for want, cfg := range map[string]connector.Config{
		"routes.create.path":         {Routes: map[abi.Action]connector.Route{abi.ActionCreate: {Method: "POST", Path: "/m?p={password}"}}},
		"routes.update.body":         {Routes: map[abi.Action]connector.Route{abi.ActionUpdate: {Method: "PATCH", Path: "/m", Body: json.RawMessage(`{"a":["{password}"]}`)}}},
		"whole of a value":           {Routes: map[abi.Action]connector.Route{abi.ActionCreate: {Method: "POST", Path: "/m", Body: json.RawMessage(`{"a":"x{Password}"}`)}}},
		"routes.set_password.body":   {Routes: map[abi.Action]connector.Route{abi.ActionSetPassword: create}},
		"lookup.path":                {Lookup: &connector.Route{Path: "/m?p={password}", ID: "id"}},
		"lookup.match":               {Lookup: &connector.Route{Path: "/m", ID: "id", Match: []connector.Field{{Target: "a", Source: "password"}}}},
		"groups.fields":              {Groups: &connector.Groups{Fields: []connector.Field{{Target: "a", Source: "password"}}}},
		"groups.routes.set_password": {Groups: &connector.Groups{Routes: map[abi.Action]connector.Route{abi.ActionSetPassword: create}}},
		"fields":                     {Fields: []connector.Field{{Target: "a", Source: "{userName}{password}"}}},
	} {
		cfg.BaseURL = "http://127.0.0.1:1"
		if _, err := connector.New(cfg, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

package adapter_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func withPasswordRoute(c *connector.Config) {
	c.Routes[abi.ActionSetPassword] = connector.Route{Method: "PUT", Path: "/members/{legacy_id}/password", Body: json.RawMessage(`{"new":"{password}"}`)}
}

// keyring stands in front of the application and keeps the passwords that are set.
type keyring struct {
	mu  sync.Mutex
	set []string
}

func (k *keyring) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/password") {
			next.ServeHTTP(w, r)
			return
		}
		var body struct{ New string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		k.mu.Lock()
		k.set = append(k.set, body.New)
		k.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	})
}

func (k *keyring) all() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return strings.Join(k.set, " ")
}

// Each rule holds what it names and nothing else.
func TestHoldByActionAndAttribute(t *testing.T) {
	t.Parallel()
	patch := func(body string) func(s *adaptertest.Stack, ann, _, _ string) {
		return func(s *adaptertest.Stack, ann, _, _ string) { s.Want(http.StatusOK, "PATCH", "/Users/"+ann, body) }
	}
	off, on := set("active", "false"), set("active", "true")
	both := func(a, b string) func(s *adaptertest.Stack, ann, bob, team string) {
		return func(s *adaptertest.Stack, ann, bob, team string) {
			patch(a)(s, ann, bob, team)
			s.WaitIdle()
			patch(b)(s, ann, bob, team)
		}
	}
	changes := map[string]func(s *adaptertest.Stack, ann, bob, team string){
		"off":      patch(off),
		"off, on":  both(off, on),
		"title":    patch(set("title", `"Dr"`)),
		"type":     patch(set("userType", `"admin"`)),
		"name":     patch(set("name.familyName", `"Roe"`)),
		"password": patch(set("password", `"n3w-s3cret"`)),
		"delete": func(s *adaptertest.Stack, ann, _, _ string) {
			s.Want(http.StatusNoContent, "DELETE", "/Users/"+ann, nil)
		},
		"delete, create": func(s *adaptertest.Stack, ann, _, _ string) {
			s.Want(http.StatusNoContent, "DELETE", "/Users/"+ann, nil)
			s.WaitIdle()
			s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
		},
		"create with a type": func(s *adaptertest.Stack, _, _, _ string) {
			s.Want(http.StatusCreated, "POST", "/Users", strings.Replace(user("eve"), `"active"`, `"userType":"admin","active"`, 1))
		},
		"join": func(s *adaptertest.Stack, _, bob, team string) { changeMembers(s, team, joinOp(bob)) },
		"join again": func(s *adaptertest.Stack, ann, _, team string) {
			changeMembers(s, team, joinOp(ann), `{"op":"replace","path":"displayName","value":"h"}`)
		},
		"leave": func(s *adaptertest.Stack, ann, _, team string) { changeMembers(s, team, leaveOp(ann)) },
		"leave nothing": func(s *adaptertest.Stack, _, bob, team string) {
			changeMembers(s, team, leaveOp(bob), `{"op":"replace","path":"displayName","value":"h"}`)
		},
		"empty": func(s *adaptertest.Stack, _, _, team string) {
			changeMembers(s, team, `{"op":"remove","path":"members"}`)
		},
		"the same list": func(s *adaptertest.Stack, ann, _, team string) {
			s.Want(http.StatusOK, "PUT", "/Groups/"+team, fmt.Sprintf(`{"displayName":"h","members":[{"value":%q}]}`, ann))
		},
	}
	for name, c := range map[string]struct {
		actions    []abi.Action
		attributes []string
		onInactive adapter.Rule
		holds      []string
	}{
		"reactivate":             {actions: []abi.Action{abi.ActionReactivate}, holds: []string{"off, on", "delete, create"}},
		"suspend":                {actions: []abi.Action{abi.ActionSuspend}, holds: []string{"off", "off, on", "delete", "delete, create"}},
		"suspend is another":     {actions: []abi.Action{abi.ActionSuspend}, onInactive: adapter.RuleDeactivate, holds: []string{"delete", "delete, create"}},
		"deactivate":             {actions: []abi.Action{abi.ActionDeactivate}, onInactive: adapter.RuleDeactivate, holds: []string{"off", "off, on"}},
		"add_members":            {actions: []abi.Action{abi.ActionAddMembers}, holds: []string{"join"}},
		"remove_members":         {actions: []abi.Action{abi.ActionRemoveMembers}, holds: []string{"leave", "empty"}},
		"set_password":           {actions: []abi.Action{abi.ActionSetPassword}, holds: []string{"password"}},
		"userType":               {attributes: []string{"userType"}, holds: []string{"type", "create with a type"}},
		"name":                   {attributes: []string{"NAME"}, holds: []string{"name", "create with a type", "delete, create"}},
		"name.familyName, title": {attributes: []string{"name.familyName", "title"}, holds: []string{"name", "title", "create with a type", "delete, create"}},
	} {
		for what, change := range changes {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				k := new(keyring)
				s := adaptertest.Start(t, adaptertest.Options{Connector: withPasswordRoute, Wrap: k.wrap, Configure: func(cfg *adapter.TenantConfig) {
					cfg.Passwords, cfg.HoldRevocations = true, true
					cfg.Lifecycle = adapter.Lifecycle{OnDelete: adapter.RuleSuspend, OnInactive: c.onInactive}
				}})
				ann := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
				bob := s.Want(201, "POST", "/Users", user("bob")).Get("id").Str
				team := newGroup(s, "g", ann)
				s.WaitIdle()
				s.Use(adaptertest.Options{Connector: withPasswordRoute, Configure: func(cfg *adapter.TenantConfig) {
					cfg.Passwords, cfg.HoldRevocations, cfg.HoldActions, cfg.HoldAttributes = true, true, c.actions, c.attributes
					cfg.Lifecycle = adapter.Lifecycle{OnDelete: adapter.RuleSuspend, OnInactive: c.onInactive}
				}})
				change(s, ann, bob, team)
				s.WaitIdle()
				list, err := s.Tenant().Approvals(t.Context(), true)
				if err != nil {
					t.Fatal(err)
				}
				if want := contains(c.holds, what); (len(list) > 0) != want {
					t.Errorf("held: %v, want %v: %+v", len(list) > 0, want, list)
				}
			})
		}
	}
}

func contains(list []string, s string) bool {
	for _, other := range list {
		if other == s {
			return true
		}
	}
	return false
}

func TestHoldRulesAreChecked(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(c *adapter.TenantConfig){
		"hold: suspend takes access away":        func(c *adapter.TenantConfig) { c.HoldActions = []abi.Action{abi.ActionSuspend} },
		"hold: deactivate takes access away":     func(c *adapter.TenantConfig) { c.HoldActions = []abi.Action{abi.ActionDeactivate} },
		"hold: remove_members takes access away": func(c *adapter.TenantConfig) { c.HoldActions = []abi.Action{abi.ActionRemoveMembers} },
		"hold: set_password is for tenants":      func(c *adapter.TenantConfig) { c.HoldActions = []abi.Action{abi.ActionSetPassword} },
		`hold: "create" is not one of`:           func(c *adapter.TenantConfig) { c.HoldActions = []abi.Action{abi.ActionCreate} },
		`hold: "suspend" is not one of`:          func(c *adapter.TenantConfig) { c.Hold = []abi.Operation{"suspend"} },
		"hold_attributes: neither":               func(c *adapter.TenantConfig) { c.HoldAttributes = []string{"shoe.size"} },
		"four_eyes: 6":                           func(c *adapter.TenantConfig) { c.FourEyes = 6 },
		"deprovision_limit.window: missing":      func(c *adapter.TenantConfig) { c.DeprovisionLimit.Users = 3 },
		"deprovision_limit.percent: 101":         func(c *adapter.TenantConfig) { c.DeprovisionLimit = hour(0, 101) },
		"deprovision_limit.users: -1":            func(c *adapter.TenantConfig) { c.DeprovisionLimit = hour(-1, 0) },
		"deprovision_limit: it has neither":      func(c *adapter.TenantConfig) { c.DeprovisionLimit = hour(0, 0) },
	} {
		conn, err := connector.New(adaptertest.ConnectorConfig("https://app.example"), nil)
		if err != nil {
			t.Fatal(err)
		}
		cfg := adapter.TenantConfig{Connector: conn}
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		conn.Close()
	}
}

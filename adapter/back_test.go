package adapter_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A change that had not been told when somebody was deleted is told when they come back with it to the account that was
// kept.
func TestComingBackChanged(t *testing.T) {
	t.Parallel()
	for _, rule := range []adapter.Rule{adapter.RuleNothing, adapter.RuleSuspend} {
		for _, held := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, held %v", rule, held), func(t *testing.T) {
				t.Parallel()
				s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
					c.Lifecycle.OnDelete = rule
					if held {
						c.Hold = []abi.Operation{abi.OpUpdate}
					}
				}})
				path := "/Users/" + s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
				if !held {
					s.App("POST", "/faults", `{"status":500,"count":1}`)
				}
				changed := s.Want(http.StatusOK, "PATCH", path, set("name.familyName", `"Roe"`))
				s.Want(http.StatusNoContent, "DELETE", path, nil)
				s.WaitIdle()
				s.Want(http.StatusCreated, "POST", "/Users", changed.Body)
				s.WaitIdle()
				got := s.App("GET", "/members", nil).Get("members")
				if got.Get("#").Int() != 1 || got.Get("0.full_name").Str != "ann Roe" || got.Get("0.state").Str != "active" {
					t.Errorf("after Ann Roe came back the application has %s", got.Raw)
				}
			})
		}
	}
}

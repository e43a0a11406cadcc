package adapter_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

// A group that the identity provider has made, and of which the application could not be told yet, is linked with the team
// of its name. Who is in the team without the identity provider's word stays there, and is reported.
func TestImportLinksAGroup(t *testing.T) {
	t.Parallel()
	c := newClub(t)
	ada, bob, cem := c.join("ada"), c.join("bob"), c.join("cem")
	s := clubStack(t, c, func(o *adaptertest.Options) {
		o.Connector = func(cc *connector.Config) { // teams can be read, and making one fails for ever
			c.configure(cc)
			cc.Groups.Routes["create"] = connector.Route{Method: http.MethodPost, Path: "/down", ID: "no"}
		}
		o.Configure = func(cfg *adapter.TenantConfig) {
			cfg.RetryMin, cfg.RetryMax, cfg.DeliveryWait = 3600e9, 3600e9, 1
		}
	})
	runImport(t, s.Tenant(), adapter.JobRequest{})
	id := func(login string) string {
		return s.Want(200, "GET", filterUser+login+"%22", nil).Get("Resources.0.id").Str
	}
	made := s.Want(201, "POST", "/Groups", fmt.Sprintf(`{"displayName":"pushed","members":[{"value":%q},{"value":%q}]}`, id("ada"), id("cem")))
	team := c.team("pushed", ada, bob)
	job := runImport(t, s.Tenant(), adapter.JobRequest{})
	for job.Counts["groups.waiting"] == 1 { // the create is on its way; when it has failed there is time
		job = runImport(t, s.Tenant(), adapter.JobRequest{})
	}
	if got := report(t, s.Tenant(), job.ID); !slices.Equal(got, []string{
		fmt.Sprintf("groups.adopted %d", team),
		fmt.Sprintf("members.extra %d the identity provider has not put them into the group; nothing was changed", bob),
	}) || job.Counts["members.linked"] != 1 {
		t.Errorf("%v %v", got, job.Counts)
	}
	s.WaitIdle()
	if w := c.written(); !slices.Contains(w, fmt.Sprintf("PUT /teams/%d/members/%d", team, cem)) {
		t.Errorf("the application was told: %v of %s", w, made.Body)
	}
}

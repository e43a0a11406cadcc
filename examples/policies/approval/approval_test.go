package approval_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/examples/policies/approval"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/policytest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	policytest.Check(t, "approval", approval.Wasm)
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// Nobody answers in three days, so the person is not there any more, and may be sent again.
func TestExpires(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	policy := tck.Load(t, plugins.Options{}, approval.Wasm)
	s := adaptertest.Start(t, adaptertest.Options{Clock: clock.Now, Configure: func(c *adapter.TenantConfig) {
		c.Policy = &adapter.Policy{Module: policy, Settings: json.RawMessage(`{"departments":["Finance"],"expires_in":259200}`)}
	}})
	ann := `{"userName":"ann","name":{"givenName":"Ann","familyName":"Doe"},"emails":[{"value":"ann@acme.example"}],"` + enterprise + `":{"department":"Finance"}}`
	path := "/Users/" + s.Want(http.StatusCreated, http.MethodPost, "/Users", ann).Get("id").Str
	s.Want(http.StatusOK, http.MethodPatch, path, `{"Operations":[{"op":"replace","path":"title","value":"CFO"}]}`)
	s.WaitIdle()
	if got := s.App(http.MethodGet, "/requests", nil).Get("requests.#").Int(); got != 0 {
		t.Errorf("the application was told %d times of somebody who waits", got)
	}
	one := func() *store.Approval {
		t.Helper()
		list, err := s.Tenant().Approvals(t.Context(), false)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d approvals wait, want one (%v)", len(list), err)
		}
		return list[0]
	}
	a := one()
	if a.Title != "New in Finance: ann" || !a.Expires.Equal(clock.Now().Add(72*time.Hour)) {
		t.Errorf("asked was %+v", a)
	}
	clock.Advance(72 * time.Hour)
	s.Want(http.StatusCreated, http.MethodPost, "/Users", ann)
	if again := one(); again.ID == a.ID {
		t.Error("the change merged into one that has expired")
	}
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: one().ID, By: "ops"}); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if got := s.App(http.MethodGet, "/members?login=ann", nil).Get("members.0.dept").Str; got != "Finance" {
		t.Errorf("the application has the department %q", got)
	}
}

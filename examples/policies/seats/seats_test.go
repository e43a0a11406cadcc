package seats_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/examples/policies/seats"
	"github.com/caddy-scim/caddy-scim/internal/policytest"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	policy := policytest.Check(t, "seats", seats.Wasm)
	if needs := policy.Description().Needs; !slices.Equal(needs, []string{abi.NeedCounts}) {
		t.Errorf("needs %q, want counts", needs)
	}
}

// start runs a tenant with seats and the policy.
func start(t *testing.T, limit int, settings string) *adaptertest.Stack {
	policy := tck.Load(t, plugins.Options{}, seats.Wasm)
	return adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.Policy, c.SeatLimit = &adapter.Policy{Module: policy, Settings: json.RawMessage(settings)}, limit
	}})
}

func user(name string) string {
	return `{"userName":"` + name + `","name":{"givenName":"` + name + `","familyName":"Doe"},"emails":[{"value":"` + name + `@acme.example"}]}`
}

// Many ask for the last seats at once, and just as many get one.
func TestNoSeatTwice(t *testing.T) {
	t.Parallel()
	const limit, asking = 5, 20
	s := start(t, limit, `{"message":"Ask sales."}`)
	statuses := make([]int, asking)
	var group sync.WaitGroup
	for i := range statuses {
		group.Go(func() {
			resp, err := s.Send(http.MethodPost, s.URL+"/Users", user("user-"+strconv.Itoa(i)), "Authorization", "Bearer "+adaptertest.Token)
			if err != nil {
				t.Error(err)
			}
			statuses[i] = resp.Status
		})
	}
	group.Wait()
	slices.Sort(statuses)
	if got := slices.Index(statuses, http.StatusForbidden); got != limit || statuses[asking-1] != http.StatusForbidden {
		t.Errorf("answered %v, want %d seats to be given", statuses, limit)
	}
	const want = "No seat for one: 5 of 5 seats are taken. Ask sales."
	if got := s.Want(http.StatusForbidden, http.MethodPost, "/Users", user("one")).Get("detail").Str; got != want {
		t.Errorf("the identity provider is told %q, want %q", got, want)
	}
}

// Whoever leaves makes room for the next, and has to ask to come back.
func TestSeatsComeFree(t *testing.T) {
	t.Parallel()
	s := start(t, 1, `{"when_full":"hold"}`)
	ann := "/Users/" + s.Want(http.StatusCreated, http.MethodPost, "/Users", user("ann")).Get("id").Str
	const off, on = `{"Operations":[{"op":"replace","path":"active","value":false}]}`, `{"Operations":[{"op":"replace","path":"active","value":true}]}`
	s.Want(http.StatusOK, http.MethodPatch, ann, off)
	s.Want(http.StatusCreated, http.MethodPost, "/Users", user("bob"))
	s.Want(http.StatusOK, http.MethodPatch, ann, on)
	waiting, err := s.Tenant().Approvals(t.Context(), false)
	if err != nil || len(waiting) != 1 || waiting[0].Title != "No seat for ann" {
		t.Errorf("waiting are %+v, %v, want ann", waiting, err)
	}
}

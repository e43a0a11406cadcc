package split_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/examples/policies/split"
	"github.com/caddy-scim/caddy-scim/internal/asctest"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	policy := asctest.CheckPolicy(t, "split.wasm")
	if policy.Has(abi.HookDecide) || !policy.Has(abi.HookMap) || policy.Has(abi.HookImport) {
		t.Errorf("the policy has the hooks %q, want map", policy.Description().Hooks)
	}
}

// TestApplication follows one user through the calls that the example application
// gets.
func TestApplication(t *testing.T) {
	t.Parallel()
	policy := tck.Load(t, plugins.Options{}, split.Wasm)
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.Policy = &adapter.Policy{Module: policy, Settings: json.RawMessage(`{"licences":{"Pro":"engineer"}}`)}
	}})
	// calls returns what changed something in the application since the last time.
	calls := func() (list []string) {
		for _, r := range s.App(http.MethodGet, "/requests", nil).Get("requests").Array() {
			if r.Get("method").Str != http.MethodGet {
				list = append(list, r.Get("method").Str+" "+r.Get("path").Str+" "+r.Get("status").Raw)
			}
		}
		s.App(http.MethodDelete, "/requests", nil)
		return list
	}
	var member gjson.Result
	step := func(name, role, state string, want ...string) {
		t.Helper()
		if got := calls(); !slices.Equal(got, want) {
			t.Errorf("%s: the application got\n%q, want\n%q", name, got, want)
		}
		member = s.App(http.MethodGet, "/members?ref="+member.Get("ref").Str, nil).Get("members.0")
		if member.Get("role").Str != role || member.Get("state").Str != state {
			t.Errorf("%s: the application has %s, want a %s who is %s", name, member.Raw, role, state)
		}
	}

	created := s.Want(http.StatusCreated, http.MethodPost, "/Users", `{"userName":"ada","emails":[{"value":"ada@acme.example"}],
		"entitlements":[{"value":"Pro"}]}`)
	user := "/Users/" + created.Get("id").Str
	member = s.App(http.MethodGet, "/members?login=ada", nil).Get("members.0")
	account := "/members/" + member.Get("no").Raw
	step("create", "engineer", "active", "POST /members 201", "PATCH "+account+" 200")

	patch := func(body string) { s.Want(http.StatusOK, http.MethodPatch, user, body) }
	patch(`{"Operations":[{"op":"replace","path":"title","value":"Countess"}]}`)
	step("another title", "engineer", "active", "PATCH "+account+" 200")

	patch(`{"Operations":[{"op":"replace","path":"active","value":false}]}`)
	step("suspend", "member", "suspended", "PATCH "+account+" 200", "POST "+account+"/suspend 200")

	patch(`{"Operations":[{"op":"replace","path":"active","value":true}]}`)
	step("reactivate", "engineer", "active", "POST "+account+"/restore 200", "PATCH "+account+" 200")

	s.Want(http.StatusNoContent, http.MethodDelete, user, nil)
	step("delete", "", "", "PATCH "+account+" 200", "DELETE "+account+" 204")
}

// TestHalfDone breaks off between the calls of an action: what is said again does no
// harm, and in the end the application has all of it.
func TestHalfDone(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{
		Configure: func(c *adapter.TenantConfig) {
			c.Policy = &adapter.Policy{
				Module: tck.Load(t, plugins.Options{}, split.Wasm), Settings: json.RawMessage(`{"licences":{"Pro":"engineer"}}`),
			}
		},
		Wrap: func(app http.Handler) http.Handler { return &breaking{app: app, at: http.MethodPatch} },
	})
	created := s.Want(http.StatusCreated, http.MethodPost, "/Users", `{"userName":"ada","emails":[{"value":"ada@acme.example"}],
		"entitlements":[{"value":"Pro"}]}`)
	s.WaitIdle()
	members := s.App(http.MethodGet, "/members", nil).Get("members")
	if n := len(members.Array()); n != 1 || members.Get("0.role").Str != "engineer" || members.Get("0.ref").Str != created.Get("id").Str {
		t.Errorf("the application has %s, want one engineer", members.Raw)
	}
}

// breaking answers the first request of a method with 503 and does nothing.
type breaking struct {
	app  http.Handler
	at   string
	once sync.Once
}

func (b *breaking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	broken := false
	if r.Method == b.at {
		b.once.Do(func() { broken = true })
	}
	if broken {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	b.app.ServeHTTP(w, r)
}

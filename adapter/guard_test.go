package adapter_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
)

const guardWords = "the operator's policy: "

// The strictest verdict wins, whoever says it, and the journal knows whose it was.
func TestGuard(t *testing.T) {
	t.Parallel()
	const (
		allow      = `{"verdict":"allow"}`
		hold       = `{"verdict":"hold","title":"look","reason":"why","expires_in":3600}`
		holdSoon   = `{"verdict":"hold","title":"look soon","reason":"hurry","expires_in":60}`
		holdToo    = `{"verdict":"hold","title":"look","reason":"hurry","after":{"userName":"theirs","active":true}}`
		rewrite    = `{"verdict":"allow","after":{"userName":"guarded","active":true}}`
		rewriteToo = `{"verdict":"allow","after":{"userName":"theirs","active":true}}`
		broken     = adaptertest.Trap
	)
	host := adaptertest.Host(t)
	for name, c := range map[string]struct {
		guard, policy string
		status        int
		outcome       store.Outcome
		reason        string // in the journal
		userName      string
	}{
		"both allow":           {allow, allow, 201, store.Done, "", "ann"},
		"the guard denies":     {denial("not here"), allow, 403, store.Denied, "the operator's policy: not here", ""},
		"the policy denies":    {allow, denial("no"), 403, store.Denied, "no", ""},
		"both deny":            {denial("not here"), denial("no"), 403, store.Denied, "the operator's policy: not here", ""},
		"the guard holds":      {hold, allow, 201, store.Held, "the operator's policy: why", "ann"},
		"the policy holds":     {allow, hold, 201, store.Held, "why", "ann"},
		"both hold":            {hold, holdSoon, 201, store.Held, "the operator's policy: why; hurry", "ann"},
		"both hold twice":      {hold, holdToo, 201, store.Held, "the operator's policy: why; hurry", "theirs"},
		"hold and deny":        {hold, denial("no"), 403, store.Denied, "no", ""},
		"the guard is broken":  {broken, allow, 503, "", "", ""},
		"the policy is broken": {allow, broken, 503, "", "", ""},
		"the guard just holds": {`{"verdict":"hold","title":"look"}`, allow, 201, store.Held, "the operator's policy", "ann"},
		"both are broken":      {broken, broken, 503, "", "", ""},
		"the guard rewrites":   {rewrite, allow, 201, store.Done, "", "guarded"},
		"the policy rewrites":  {allow, rewriteToo, 201, store.Done, "", "theirs"},
		"both rewrite":         {rewrite, rewriteToo, 201, store.Done, "", "guarded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			load := func(answer string) *adapter.Policy {
				p, err := host.Load(t.Context(), adaptertest.Module(map[string]string{"decide": answer}), plugins.LoadOptions{})
				if err != nil {
					t.Fatal(err)
				}
				return &adapter.Policy{Module: p}
			}
			guard, policy := load(c.guard), load(c.policy)
			version := policy.Module.Version()
			if strings.HasPrefix(c.reason, guardWords) && c.outcome == store.Denied {
				version = "" // nobody asked it
			}
			s := adaptertest.Start(t, adaptertest.Options{Policies: host, App: new(obliging), Configure: func(cfg *adapter.TenantConfig) {
				cfg.Guard, cfg.Policy = guard, policy
			}})
			r := s.Want(c.status, "POST", "/Users", user("ann"))
			if c.userName != "" && !strings.HasPrefix(r.Get("userName").Str, c.userName) {
				t.Errorf("stored %s", r.Body)
			}
			if who := map[bool]string{true: "operator's", false: "tenant's"}[c.guard == broken]; c.status == 503 && !strings.Contains(r.Get("detail").Str, who) {
				t.Errorf("the client is told %s", r.Body)
			}
			ops := journal(t, s, func(*store.Operation) bool { return true })
			if c.outcome == "" {
				if len(ops) != 0 {
					t.Errorf("the journal has %+v", ops[0])
				}
				return
			}
			if len(ops) != 1 || ops[0].Outcome != c.outcome || ops[0].Reason != c.reason || ops[0].PolicyVersion != version {
				t.Errorf("the journal has %+v", ops[0])
			}
			if name == "both hold" {
				list, err := s.Tenant().Approvals(t.Context(), false)
				if err != nil || len(list) != 1 || list[0].Title != "look" || list[0].Expires.Sub(list[0].Created).Seconds() != 60 {
					t.Errorf("approvals %+v, %v", list[0], err)
				}
			}
		})
	}
}

// What the guard says of taking access away wins; where it says nothing the policy's word counts.
func TestGuardedLifecycle(t *testing.T) {
	t.Parallel()
	host := adaptertest.Host(t)
	for _, c := range []struct{ guard, policy, want string }{
		{"", "suspend", "suspend"}, {"suspend", "", "suspend"}, {"suspend", "delete", "suspend"}, {"", "", "delete"},
	} {
		load := func(lifecycle string) *adapter.Policy {
			answer := `{"verdict":"allow","lifecycle":"` + lifecycle + `"}`
			p, err := host.Load(t.Context(), adaptertest.Module(map[string]string{"decide": answer}), plugins.LoadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return &adapter.Policy{Module: p}
		}
		s := adaptertest.Start(t, adaptertest.Options{Configure: func(cfg *adapter.TenantConfig) {
			cfg.Guard, cfg.Policy = load(c.guard), load(c.policy)
			cfg.Lifecycle.OnDelete = adapter.RuleDelete
		}})
		id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
		s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
		s.WaitIdle()
		got := "delete"
		if m := s.App("GET", "/members", nil).Get("members.0"); m.Exists() {
			got = strings.TrimSuffix(m.Get("state").Str, "ed")
		}
		if got != c.want {
			t.Errorf("the guard says %q, the policy %q: the application was told to %s", c.guard, c.policy, got)
		}
	}
}

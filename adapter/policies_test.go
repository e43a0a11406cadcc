package adapter_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
)

// Policies that always answer the same.
var (
	allowing = adaptertest.Module(map[string]string{"decide": `{"verdict":"allow"}`})
	denying  = adaptertest.Module(map[string]string{"decide": denial("no")})
	asking   = adaptertest.Module(map[string]string{"decide": `{"verdict":"hold","title":"look"}`})
)

func denial(detail string) string {
	return fmt.Sprintf(`{"verdict":"deny","status":403,"detail":%q}`, detail)
}

// mapping is a policy that tells the application of a member in the way of a role.
func mapping(role string) []byte {
	return adaptertest.Module(map[string]string{"map": fmt.Sprintf(`{"requests":[{"method":"POST","path":"/members","body":{"login":%q,"role":%q}}]}`, role, role)})
}

// released is a stack that keeps releases of policies.
func released(t *testing.T, opts adaptertest.Options) *adaptertest.Stack {
	t.Helper()
	if opts.Policies == nil {
		opts.Policies = adaptertest.Host(t)
	}
	return adaptertest.Start(t, opts)
}

func push(t *testing.T, s *adaptertest.Stack, module []byte) uint64 {
	t.Helper()
	r, _, err := s.Tenant().PushPolicy(t.Context(), adapter.Upload{Module: module, By: "ops"})
	if err != nil {
		t.Fatal(err)
	}
	return r.Number
}

func promote(t *testing.T, s *adaptertest.Stack, number uint64, percent int) {
	t.Helper()
	if err := s.Tenant().PromotePolicy(t.Context(), number, percent, "ops"); err != nil {
		t.Fatal(err)
	}
}

func status(t *testing.T, s *adaptertest.Stack) adapter.PolicyStatus {
	t.Helper()
	st, err := s.Tenant().Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// journal lists the entries that a filter picks, oldest first.
func journal(t *testing.T, s *adaptertest.Stack, pick func(*store.Operation) bool) []*store.Operation {
	t.Helper()
	var list []*store.Operation
	err := s.Tenant().Journal(t.Context(), func(op *store.Operation) bool {
		if pick(op) {
			list = append(list, op)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

func aboutPolicies(op *store.Operation) bool { return op.ResourceType == store.PolicyType }

// What rules changes with each step, at once, and each step is in the journal.
func TestLifeOfReleases(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), Policies: adaptertest.Host(t)}
	s := released(t, opts)
	n := 0
	post := func(want int) {
		t.Helper()
		n++
		s.Want(want, "POST", "/Users", user(fmt.Sprintf("u%d", n)))
	}
	rolledBack := func(want uint64) {
		t.Helper()
		r, err := s.Tenant().RollbackPolicy(t.Context(), "ops")
		if err != nil || r.Number != want || r.State != store.ReleaseActive {
			t.Fatalf("rolled back to %+v, %v; want release %d", r, err, want)
		}
	}
	post(201)
	yes, no := push(t, s, allowing), push(t, s, denying)
	if yes != 1 || no != 2 {
		t.Fatalf("releases %d and %d", yes, no)
	}
	post(201)
	if _, err := s.Tenant().RollbackPolicy(t.Context(), "ops"); !errors.Is(err, adapter.ErrNoPrevious) {
		t.Errorf("rolled back to nothing: %v", err)
	}
	promote(t, s, no, 99)
	if r, err := s.Tenant().RollbackPolicy(t.Context(), "ops"); err != nil || r.Number != 0 {
		t.Errorf("a canary has ended beside nothing: %+v, %v", r, err)
	}
	post(201)
	promote(t, s, no, 100)
	post(403)
	promote(t, s, yes, 100)
	post(201)
	rolledBack(no)
	post(403)
	promote(t, s, yes, 100)
	promote(t, s, no, 99)
	st := status(t, s)
	if st.Active != yes || st.Canary != no || st.CanaryPercent != 99 || st.Previous != yes {
		t.Errorf("with a canary the status is %+v", st)
	}
	rolledBack(yes)
	post(201)
	promote(t, s, no, 100)
	s.Stop()
	s = released(t, opts)
	post(403)
	rolledBack(yes)
	post(201)
	st = status(t, s)
	var states []string
	for _, r := range st.Releases {
		states = append(states, fmt.Sprint(r.Number, r.State))
	}
	if want := []string{"2retired", "1active"}; !slices.Equal(states, want) {
		t.Errorf("releases %v, want %v", states, want)
	}
	var steps []string
	for _, op := range journal(t, s, aboutPolicies) {
		if op.Token != "ops" || op.Outcome != store.Done || (op.PolicyVersion == "") != (op.Release == 0) {
			t.Errorf("the journal has %+v", op)
		}
		steps = append(steps, op.Operation+" "+op.ResourceID)
	}
	want := []string{
		"policy.upload 1", "policy.upload 2", "policy.canary 2", "policy.rollback 0", "policy.promote 2", "policy.promote 1", "policy.rollback 2", "policy.promote 1",
		"policy.canary 2", "policy.rollback 1", "policy.promote 2", "policy.rollback 1",
	}
	if !slices.Equal(steps, want) {
		t.Errorf("the journal has\n%v, want\n%v", steps, want)
	}
	for _, op := range journal(t, s, func(op *store.Operation) bool { return op.Outcome == store.Denied }) {
		if op.Release != no || op.PolicyVersion != st.Releases[0].Version {
			t.Errorf("denied by release %d, version %s", op.Release, op.PolicyVersion)
		}
	}
	module, err := s.Tenant().PolicyModule(t.Context(), no)
	if err != nil || !bytes.Equal(module, denying) {
		t.Errorf("the module of release %d is another: %v", no, err)
	}
	for _, err := range []error{
		s.Tenant().PromotePolicy(t.Context(), 9, 100, ""), s.Tenant().ShadowPolicy(t.Context(), 9, ""),
		func() error { _, err := s.Tenant().PolicyModule(t.Context(), 9); return err }(),
	} {
		if !errors.Is(err, adapter.ErrNoRelease) {
			t.Errorf("of a release that is not there: %v", err)
		}
	}
	if status(t, released(t, adaptertest.Options{})).Active != 0 {
		t.Error("another store has releases")
	}
}

// What is wrong with an upload is said by name, and nothing of it is kept.
func TestUploadsThatAreRefused(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := released(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Policies.Signers = []ed25519.PublicKey{public} }})
	describing := adaptertest.Module(map[string]string{
		"decide": `{"verdict":"allow"}`,
		"describe": `{"name":"domains","version":"1.2.0","settings":{"type":"object","required":["domain"],` +
			`"properties":{"domain":{"type":"string"}},"additionalProperties":false}}`,
	})
	bundle := func(want string) []byte {
		cases := fmt.Sprintf(`[{"name":"a create","hook":"decide","input":{"operation":"create","resource_type":"User","after":{}},"want":%s}]`, want)
		module, err := golden.Bundle(denying, []byte(cases))
		if err != nil {
			t.Fatal(err)
		}
		return module
	}
	good := json.RawMessage(`{ "domain": "acme.example" }`)
	for name, c := range map[string]struct {
		module   []byte
		sign     ed25519.PrivateKey
		settings json.RawMessage
		field    string
	}{
		"nothing":          {nil, private, nil, "module"},
		"no module":        {[]byte("#!/bin/sh"), private, nil, "module"},
		"no hook":          {adaptertest.Module(nil), private, nil, "module"},
		"describe crashes": {adaptertest.Module(map[string]string{"decide": `{}`, "describe": adaptertest.Trap}), private, nil, "module"},
		"too large":        {bytes.Repeat([]byte{0}, kv.MaxValueBytes+1), private, nil, "module"},
		"not signed":       {allowing, nil, nil, "signature"},
		"signed by others": {allowing, other, nil, "signature"},
		"wrong setting":    {describing, private, json.RawMessage(`{"domain":7}`), "settings.domain"},
		"missing setting":  {describing, private, nil, "settings.domain"},
		"unknown setting":  {describing, private, json.RawMessage(`{"domain":"a","x":1}`), "settings.x"},
		"no settings":      {describing, private, json.RawMessage(`7`), "settings"},
		"a case fails":     {bundle(`{"verdict":"allow"}`), private, nil, "cases"},
	} {
		up := adapter.Upload{Module: c.module, Settings: c.settings}
		if c.sign != nil {
			up.Signature = ed25519.Sign(c.sign, c.module)
		}
		_, _, err := s.Tenant().PushPolicy(t.Context(), up)
		var wrong *adapter.PolicyError
		if !errors.As(err, &wrong) || wrong.Field != c.field || wrong.Problem == "" {
			t.Errorf("%s: %v, want an error of %s", name, err, c.field)
		}
		if _, err := s.Tenant().ReplayPolicy(t.Context(), up, time.Time{}, nil); !errors.As(err, &wrong) {
			t.Errorf("%s: a replay of it: %v", name, err)
		}
	}
	if st := status(t, s); len(st.Releases) != 0 || len(journal(t, s, aboutPolicies)) != 0 {
		t.Fatalf("of what was refused there is %+v", st)
	}
	r, report, err := s.Tenant().PushPolicy(t.Context(), adapter.Upload{
		Module: describing, Signature: ed25519.Sign(private, describing), Settings: good, Note: "two\nlines", By: "ops",
	})
	if err != nil || r.Signer != adapter.KeyID(public) || string(r.Settings) != `{"domain":"acme.example"}` || r.Name != "domains" ||
		r.AuthorVersion != "1.2.0" || r.Note != "two lines" || r.Size != len(describing) || report.Version != r.Version {
		t.Errorf("uploaded %+v, %+v, %v", r, report, err)
	}
	module := bundle(denial("no"))
	r, report, err = s.Tenant().PushPolicy(t.Context(), adapter.Upload{Module: module, Signature: ed25519.Sign(private, module)})
	if err != nil || r.Cases != 1 || len(report.Cases) != 1 || report.Cases[0].Name != "a create" || r.CaseFuel == 0 {
		t.Errorf("uploaded %+v, %+v, %v", r, report, err)
	}
}

// A policy of the configuration rules whatever is uploaded; what is uploaded can be tried beside it.
func TestPinned(t *testing.T) {
	t.Parallel()
	host := adaptertest.Host(t)
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), Policies: host}
	s := released(t, opts)
	promote(t, s, push(t, s, denying), 100)
	module, err := host.Load(t.Context(), allowing, plugins.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pinned := opts
	pinned.Configure = func(c *adapter.TenantConfig) { c.Policy = &adapter.Policy{Module: module} }
	for _, how := range []string{"by a reload", "from the start"} {
		if how == "by a reload" {
			s.Use(pinned)
		} else {
			s.Stop()
			s = released(t, pinned)
		}
		s.Want(http.StatusCreated, "POST", "/Users", user("pinned "+how))
		if err := s.Tenant().PromotePolicy(t.Context(), 1, 100, ""); !errors.Is(err, adapter.ErrPinned) {
			t.Errorf("%s: promoted: %v", how, err)
		}
		if _, err := s.Tenant().RollbackPolicy(t.Context(), ""); !errors.Is(err, adapter.ErrPinned) {
			t.Errorf("%s: rolled back: %v", how, err)
		}
		if st := status(t, s); st.Pinned != module.Version() || st.Active != 1 {
			t.Errorf("%s: the status is %+v", how, st)
		}
	}
	shadow := push(t, s, asking)
	if err := s.Tenant().ShadowPolicy(t.Context(), shadow, ""); err != nil {
		t.Fatal(err)
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("shadowed"))
	waitFor(t, s, func(st adapter.PolicyStatus) bool { return st.ShadowStats.Different > 0 })
	s.Use(opts) // the option is taken away, and releases rule again
	s.Want(http.StatusForbidden, "POST", "/Users", user("ruled"))
}

// A request that began before a reload ends on the release that ruled then, though the configuration sets a policy since
// and other limits.
func TestRequestsOutliveAReloadThatPins(t *testing.T) {
	t.Parallel()
	host := adaptertest.Host(t)
	opts := adaptertest.Options{Policies: host}
	s := released(t, opts)
	promote(t, s, push(t, s, denying), 100)
	module, err := host.Load(t.Context(), allowing, plugins.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before := s.Handler
	opts.Configure = func(c *adapter.TenantConfig) {
		c.Policy, c.Policies.Limits.Deadline = &adapter.Policy{Module: module}, 20*time.Second
	}
	s.Use(opts)
	s.Tenant().Refresh(t.Context())
	req := httptest.NewRequest(http.MethodPost, endpoint.DefaultBasePath+"/Users", strings.NewReader(user("ann")))
	req.Header.Set("Authorization", "Bearer "+adaptertest.Token)
	req.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	before.ServeHTTP(w, req)
	if w.Code != http.StatusForbidden {
		t.Errorf("a request of before the reload is answered with %d %s", w.Code, w.Body)
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("bob"))
	opts.Configure = func(c *adapter.TenantConfig) { c.Policies.Limits.Deadline = 20 * time.Second }
	s.Use(opts)
	s.Want(http.StatusForbidden, "POST", "/Users", user("cid"))
}

// waitFor waits until the status of the policies is as it should be.
func waitFor(t *testing.T, s *adaptertest.Stack, ok func(adapter.PolicyStatus) bool) adapter.PolicyStatus {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		st, err := s.Tenant().Policies(ctx)
		if err != nil {
			t.Fatalf("%v; the status was %+v", err, st)
		}
		if ok(st) {
			return st
		}
	}
}

// The first policy of the configuration is a release like others, and is not touched again once there are some.
func TestInitialPolicy(t *testing.T) {
	t.Parallel()
	initial := func(module []byte) adaptertest.Options {
		return adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Policies.Initial = module }}
	}
	opts := initial(denying)
	opts.Dir, opts.App, opts.Policies = t.TempDir(), adaptertest.NewApp(), adaptertest.Host(t)
	s := released(t, opts)
	s.Want(http.StatusForbidden, "POST", "/Users", user("ann"))
	promote(t, s, push(t, s, allowing), 100)
	s.Use(initial(asking))
	s.Stop()
	s = released(t, opts)
	s.Want(http.StatusCreated, "POST", "/Users", user("bob"))
	if st := status(t, s); st.Active != 2 || len(st.Releases) != 2 || st.Releases[1].By != "configuration" {
		t.Errorf("the status is %+v", st)
	}
	_, err := s.Engine.Use([]adapter.TenantConfig{other(t, s, func(c *adapter.TenantConfig) { c.Policies.Initial = []byte("no module") })})
	var wrong *adapter.PolicyError
	if !errors.As(err, &wrong) || wrong.Field != "module" || !strings.Contains(err.Error(), "other") {
		t.Errorf("a first policy that is none: %v", err)
	}
}

// other is a configuration of the tenant other.
func other(t *testing.T, s *adaptertest.Stack, change func(*adapter.TenantConfig)) adapter.TenantConfig {
	t.Helper()
	id, err := kv.NewTenant("other")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := connectorOf(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	c := adapter.TenantConfig{ID: id, Connections: []adapter.ConnectionConfig{{ID: "main", Profile: "generic"}}, Connector: conn}
	change(&c)
	return c
}

// A stored release that cannot be run stops neither the server nor other tenants. Its tenant's writes are refused, reads
// are not, and the status says why, until another release rules.
func TestBrokenRelease(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), Policies: adaptertest.Host(t)}
	s := released(t, opts)
	push(t, s, allowing)
	id := s.Tenant().ID()
	err := store.New(s.Store).Update(t.Context(), id, func(tx *store.Tx) error {
		r := &store.Release{Version: strings.Repeat("0", 64), Name: "broken", Hooks: []string{"decide"}, Uploaded: time.Now()}
		if err := tx.AddRelease(r, []byte("garbage")); err != nil {
			return err
		}
		p, err := tx.Policies()
		if err != nil {
			return err
		}
		p.Activate(r.Number)
		return tx.SetPolicies(&p, time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	s = released(t, opts)
	r := s.Want(http.StatusServiceUnavailable, "POST", "/Users", user("ann"))
	if r.Header.Get("Retry-After") == "" {
		t.Error("nothing says when to come again")
	}
	s.Want(http.StatusOK, "GET", "/Users", nil)
	if st := waitFor(t, s, func(st adapter.PolicyStatus) bool { return st.Trouble != "" }); !strings.Contains(st.Trouble, "release 2") {
		t.Errorf("the status says %q", st.Trouble)
	}
	resp, err := s.Send("POST", s.URL+"/Users", user("ann"), "Authorization", "Bearer "+adaptertest.OtherToken)
	if err != nil || resp.Status != http.StatusCreated {
		t.Errorf("another tenant gets %d %s, %v", resp.Status, resp.Body, err)
	}
	promote(t, s, 1, 100)
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	if st := status(t, s); st.Trouble != "" {
		t.Errorf("the status still says %q", st.Trouble)
	}
}

// A server that keeps no releases any more lets nobody past one that rules.
func TestReleasesAreNotForgotten(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), Policies: adaptertest.Host(t)}
	s := released(t, opts)
	promote(t, s, push(t, s, denying), 100)
	s.Stop()
	opts.Policies = nil
	s = adaptertest.Start(t, opts)
	s.Want(http.StatusServiceUnavailable, "POST", "/Users", user("ann"))
	if _, _, err := s.Tenant().PushPolicy(t.Context(), adapter.Upload{Module: allowing}); !errors.Is(err, adapter.ErrNoReleases) {
		t.Errorf("uploaded: %v", err)
	}
}

// A resource sees one release, whatever is done to it, as long as the share stays or grows.
func TestCanary(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{App: new(obliging)})
	promote(t, s, push(t, s, mapping("old")), 100)
	canary := push(t, s, mapping("new"))
	promote(t, s, canary, 30)
	const people = 60
	roles := map[string]int{}
	var ids []string
	for i := range people {
		ids = append(ids, s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprintf("u%d", i))).Get("id").Str)
	}
	seen := rolesOf(t, s)
	for _, id := range ids {
		roles[seen[id]]++
	}
	if roles["new"] == 0 || roles["old"] == 0 || roles["new"] > people*2/3 {
		t.Errorf("with a canary of 30 percent: %v", roles)
	}
	for _, id := range ids {
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	}
	for id, role := range rolesOf(t, s) {
		if role != seen[id] {
			t.Errorf("%s was told of in the way of %s and then of %s", id, seen[id], role)
		}
	}
	promote(t, s, canary, 60)
	for _, id := range ids {
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Poe"`))
	}
	for id, role := range rolesOf(t, s) {
		if seen[id] == "new" && role != "new" {
			t.Errorf("%s left the canary when it grew", id)
		}
	}
}

// rolesOf says by which of the policies of mapping each resource was mapped last.
func rolesOf(t *testing.T, s *adaptertest.Stack) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := store.New(s.Store).View(t.Context(), s.Tenant().ID(), func(tx *store.Tx) error {
		return tx.Recordings(store.RecordingMark{}, time.Time{}, func(r *store.Recording) bool {
			if r.Hook == "map" {
				var answer struct {
					Requests []struct{ Body struct{ Role string } }
				}
				if err := json.Unmarshal(r.Answer, &answer); err != nil || len(answer.Requests) != 1 {
					t.Errorf("recorded %s", r.Answer)
					return true
				}
				out[r.ResourceID] = answer.Requests[0].Body.Role
			}
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A delivery that failed by a policy's fault is tried again as soon as another one rules, not when its pause is over.
func TestPromotionEndsPauses(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.RetryMin, c.RetryMax, c.DeliveryWait = time.Hour, time.Hour, time.Nanosecond
	}})
	promote(t, s, push(t, s, adaptertest.Module(map[string]string{"map": adaptertest.Trap})), 100)
	for i := range 3 {
		s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprintf("u%d", i)))
	}
	promote(t, s, push(t, s, allowing), 100)
	s.WaitIdle()
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 3 {
		t.Errorf("the application has %d members", n)
	}
}

// A policy without the hook map can rule only where the connector can do everything by itself.
func TestPoliciesAndRoutes(t *testing.T) {
	t.Parallel()
	maps := mapping("x")
	few := adaptertest.ConnectorConfig("http://127.0.0.1:1")
	few.Routes = map[abi.Action]connector.Route{abi.ActionCreate: {Method: http.MethodPost, Path: "/members", ID: "member.no"}}
	conn, err := connector.New(few, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	s := released(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Policies.Initial, c.Connector = maps, conn }})
	decides := push(t, s, allowing)
	for _, percent := range []int{1, 100} {
		var wrong *adapter.PolicyError
		if err := s.Tenant().PromotePolicy(t.Context(), decides, percent, ""); !errors.As(err, &wrong) || wrong.Field != "application" {
			t.Errorf("promoted to %d percent: %v", percent, err)
		}
	}
	promote(t, s, push(t, s, maps), 100)
	if st := status(t, s); st.Active != 3 {
		t.Errorf("the status is %+v", st)
	}
}

// What is asked of a canary that is not to be.
func TestPercent(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{})
	n := push(t, s, allowing)
	for _, percent := range []int{-1, 0, 101} {
		var wrong *adapter.PolicyError
		if err := s.Tenant().PromotePolicy(t.Context(), n, percent, ""); !errors.As(err, &wrong) || wrong.Field != "percent" {
			t.Errorf("%d: %v", percent, err)
		}
	}
	promote(t, s, n, 100)
	var wrong *adapter.PolicyError
	if err := s.Tenant().ShadowPolicy(t.Context(), n, ""); !errors.As(err, &wrong) {
		t.Errorf("what rules became its own shadow: %v", err)
	}
}

func connectorOf(s *adaptertest.Stack) (*connector.Connector, error) {
	return connector.New(adaptertest.ConnectorConfig(s.AppURL), nil)
}

// obliging is an application that does whatever it is told.
type obliging struct{ members atomic.Int64 }

func (o *obliging) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"member":{"no":"m%d"}}`, o.members.Add(1))
}

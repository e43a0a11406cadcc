package adapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/scim"
)

// Whatever is uploaded, promoted, shadowed and rolled back meanwhile, every write is judged by one release or another and
// none fails; and so it is when the configuration is loaded anew with other limits, and after a restart in the middle.
func TestSwitchUnderLoad(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{
		Dir: t.TempDir(), App: adaptertest.NewApp(), Policies: adaptertest.Host(t),
		Configure: func(c *adapter.TenantConfig) { c.DeliveryWait = time.Millisecond },
	}
	s := released(t, opts)
	a := push(t, s, adaptertest.Module(map[string]string{"decide": `{"verdict":"allow"}`, "map": `{"requests":[]}`}))
	b := push(t, s, adaptertest.Module(map[string]string{"decide": `{"verdict":"allow","lifecycle":"suspend"}`}))
	promote(t, s, a, 100)
	for round := range 2 {
		if round > 0 {
			was := status(t, s)
			s.Stop()
			s = released(t, opts)
			if is := status(t, s); is.Active != was.Active || is.Canary != was.Canary || is.Shadow != was.Shadow || is.Previous != was.Previous {
				t.Errorf("after the restart the status is %+v, it was %+v", is, was)
			}
		}
		switchUnderLoad(t, s, opts, round, a, b)
	}
	s.WaitIdle()
	for _, op := range journal(t, s, func(op *store.Operation) bool { return !aboutPolicies(op) }) {
		if op.Release != a && op.Release != b {
			t.Fatalf("judged by nobody: %+v", op)
		}
	}
}

// switchUnderLoad makes users while releases a and b take turns.
func switchUnderLoad(t *testing.T, s *adaptertest.Stack, opts adaptertest.Options, round int, a, b uint64) {
	t.Helper()
	const writers, steps = 4, 30
	stop := make(chan struct{})
	var all sync.WaitGroup
	var wrote atomic.Int64
	tenant := s.Tenant() // requests on an older configuration than the newest
	for w := range writers {
		all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				obj, err := scim.Decode([]byte(user(fmt.Sprintf("w%d-%d-%d", round, w, i))))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := tenant.Create(t.Context(), adapter.Caller{Connection: "main", Profile: "generic"}, tenant.Users(), obj); err != nil {
					t.Errorf("a write failed: %v", err)
					return
				}
				wrote.Add(1)
			}
		})
	}
	for i := range steps {
		was := wrote.Load()
		var err error
		switch i % 6 {
		case 0:
			err = s.Tenant().PromotePolicy(t.Context(), b, 50, "")
		case 1:
			err = s.Tenant().PromotePolicy(t.Context(), b, 100, "")
		case 2:
			err = s.Tenant().ShadowPolicy(t.Context(), a, "")
		case 3:
			limited := opts
			limited.Configure = func(c *adapter.TenantConfig) {
				opts.Configure(c)
				c.Policies.Limits.Fuel = uint64(1_000_000 + i)
			}
			s.Use(limited)
		case 4:
			_, err = s.Tenant().RollbackPolicy(t.Context(), "")
		case 5:
			push(t, s, allowing)
		}
		if err != nil {
			t.Errorf("step %d: %v", i, err)
			break
		}
		for wrote.Load() < was+writers && !t.Failed() {
		}
	}
	close(stop)
	all.Wait()
}

// A release that did rule ends its calls and is gone from memory then.
func TestOldReleasesAreClosed(t *testing.T) {
	t.Parallel()
	host := adaptertest.Host(t)
	s := released(t, adaptertest.Options{Policies: host})
	for i := range 20 {
		promote(t, s, push(t, s, denying), 100)
		s.Want(http.StatusForbidden, "POST", "/Users", user(fmt.Sprint(i)))
	}
	s.Stop()
	// All are closed with the engine, so that the host has nothing to wait for.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := host.Close(ctx); err != nil {
		t.Error(err)
	}
}

func TestPolicyLog(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{})
	talking := adaptertest.Module(map[string]string{"decide": adaptertest.Logs + `{"verdict":"allow"}`})
	n := push(t, s, talking)
	promote(t, s, n, 100)
	lines, next, err := s.Tenant().PolicyLog(t.Context(), 0, 0)
	if err != nil || len(lines) != 0 || next != 0 {
		t.Errorf("before anything was said: %v, %d, %v", lines, next, err)
	}
	answered := make(chan []adapter.PolicyLogLine, 1)
	go func() {
		lines, _, err := s.Tenant().PolicyLog(t.Context(), 0, time.Minute)
		if err != nil {
			t.Error(err)
		}
		answered <- lines
	}()
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	if lines := <-answered; len(lines) != 1 || lines[0].Text != `{"verdict":"allow"}` || lines[0].Release != n || lines[0].Hook != "decide" {
		t.Errorf("said %+v", lines)
	}
	for i := range 1100 {
		s.Engine.PolicyLogger(s.Tenant().ID())(t.Context(), plugins.LogEntry{Lines: []string{fmt.Sprint(i), ""}, Truncated: true})
	}
	lines, next, err = s.Tenant().PolicyLog(t.Context(), 1, 0)
	if err != nil || len(lines) != 1000 || next != 2201 || lines[999].Seq != 2201 || !lines[999].Truncated || lines[998].Text != "1099" {
		t.Errorf("%d lines up to %d, %v: the last are %+v", len(lines), next, err, lines[998:])
	}
	for i, l := range lines {
		if l.Seq != uint64(1202+i) {
			t.Fatalf("line %d is number %d", i, l.Seq)
		}
	}
	if lines, _, err = s.Tenant().PolicyLog(t.Context(), 2200, 0); err != nil || len(lines) != 1 {
		t.Errorf("the last line: %v, %v", lines, err)
	}
	if lines, _, err = s.Tenant().PolicyLog(t.Context(), 9999, 0); err != nil || len(lines) != 1000 {
		t.Errorf("behind a line of an earlier process: %d lines, %v", len(lines), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err = s.Tenant().PolicyLog(ctx, 2201, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("told to stop: %v", err)
	}
}

func TestImportRecord(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{})
	record := json.RawMessage(`{"no":7}`)
	if _, err := s.Tenant().ImportRecord(t.Context(), store.User, record); !errors.Is(err, plugins.ErrNoHook) {
		t.Errorf("without a policy: %v", err)
	}
	const decide = `{"verdict":"allow"}`
	for name, c := range map[string]struct{ answer, resource, legacy, problem string }{
		"a user": {
			answer:   `{"resource":{"USERNAME":"ann","emails":[{"value":"ann@acme.example","primary":"true"}],"title":null},"legacy_id":"7"}`,
			resource: `"userName":"ann"`, legacy: "7",
		},
		"inactive": {answer: `{"resource":{"userName":"ann","active":false}}`, resource: `"active":false`},
		"skipped":  {answer: `{"skip":true,"reason":"a robot"}`},
		"no user":  {answer: `{"resource":{"displayName":"ann"}}`, problem: "userName"},
		"crashes":  {answer: adaptertest.Trap, problem: "crashed"},
	} {
		promote(t, s, push(t, s, adaptertest.Module(map[string]string{"decide": decide, "import": c.answer})), 100)
		out, err := s.Tenant().ImportRecord(t.Context(), store.User, record)
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: %+v, %v", name, out, err)
			}
		case err != nil, !strings.Contains(string(out.Resource), c.resource), out.LegacyID != c.legacy, out.Skip != (c.resource == ""):
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
	group := adaptertest.Module(map[string]string{"decide": decide, "import": `{"resource":{"displayName":"team","members":[{"value":"x"}]}}`})
	promote(t, s, push(t, s, group), 100)
	out, err := s.Tenant().ImportRecord(t.Context(), store.Group, record)
	if err != nil || !strings.Contains(string(out.Resource), `"displayName":"team"`) || strings.Contains(string(out.Resource), "members") {
		t.Errorf("a group: %+v, %v", out, err)
	}
}

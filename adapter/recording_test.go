package adapter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/badgerkv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func recordings(t *testing.T, s *adaptertest.Stack) (list []*store.Recording) {
	t.Helper()
	err := store.New(s.Store).View(t.Context(), s.Tenant().ID(), func(tx *store.Tx) error {
		list = nil
		return tx.Recordings(store.RecordingMark{}, time.Time{}, func(r *store.Recording) bool {
			list = append(list, r)
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// stored reads the differences of a stack that has ended.
func stored(t *testing.T, dir string) (list []store.Difference) {
	t.Helper()
	db, err := badgerkv.Open(badgerkv.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	acme, err := kv.NewTenant("acme")
	if err != nil {
		t.Fatal(err)
	}
	err = store.New(db).View(t.Context(), acme, func(tx *store.Tx) error {
		return tx.Differences(func(d *store.Difference) bool {
			list = append(list, *d)
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// What is asked is kept with what was answered, whether there is a policy or not, and never a password.
func TestRecordings(t *testing.T) {
	t.Parallel()
	const secret = "correct horse battery"
	s := released(t, adaptertest.Options{
		App:       new(obliging),
		Configure: func(c *adapter.TenantConfig) { c.Passwords = true },
		Connector: func(c *connector.Config) {
			c.Routes[abi.ActionSetPassword] = connector.Route{Method: http.MethodPost, Path: "/members/{legacy_id}/password", Body: json.RawMessage(`{"password":"{password}"}`)}
		},
	})
	body := strings.TrimSuffix(user("ann"), "}") + `,"password":"` + secret + `"}`
	id := s.Want(http.StatusCreated, "POST", "/Users", body).Get("id").Str
	s.WaitIdle()
	release := push(t, s, denying)
	promote(t, s, release, 100)
	s.Want(http.StatusForbidden, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	s.Want(http.StatusForbidden, "POST", "/Users", user("bob"))
	var got []string
	operations := map[string]bool{}
	for _, op := range journal(t, s, func(op *store.Operation) bool { return !aboutPolicies(op) }) {
		operations[op.ID] = true
	}
	for _, r := range recordings(t, s) {
		var in struct {
			Operation, Action string
			Settings          json.RawMessage
			Tenant            abi.Tenant
		}
		if err := json.Unmarshal(r.Input, &in); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s%s by %d: %s", r.Hook, in.Operation, in.Action, r.Release, r.Answer))
		if strings.Contains(string(r.Input), secret) || in.Settings != nil || in.Tenant.ID != "acme" {
			t.Errorf("recorded %s", r.Input)
		}
		if (r.Hook == "decide") != operations[r.Operation] || r.ResourceID == "" || (r.Release != 0) != (r.Version != "") {
			t.Errorf("recorded %+v", r)
		}
	}
	no := `{"verdict":"deny","status":403,"detail":"no"}`
	want := []string{
		`decide create by 0: {"verdict":"allow"}`, `map create by 0: {"requests":[]}`,
		`decide update by 1: ` + no, `decide create by 1: ` + no,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("recorded\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A delivery that is tried again asks nothing new, so nothing more is kept of it; a failure of the policy's is, once.
func TestRecordingsOfFailures(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{})
	promote(t, s, push(t, s, allowing), 100)
	s.App("POST", "/faults", `{"status":503,"count":5}`)
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	s.WaitIdle()
	promote(t, s, push(t, s, adaptertest.Module(map[string]string{"map": adaptertest.Trap})), 100)
	s.Do("POST", "/Users", user("bob"))
	var maps []string
	for _, r := range recordings(t, s) {
		if r.Hook == abi.HookMap {
			maps = append(maps, fmt.Sprint(r.Release, r.Error))
		}
	}
	if got := strings.Join(maps, " "); got != "1 2trap" {
		t.Errorf("recorded %s", got)
	}
	promote(t, s, 1, 100)
	s.WaitIdle()
}

// Recordings are kept for as long as the tenant says, and no longer.
func TestRecordingsAreForgotten(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	keep := time.Hour
	opts := adaptertest.Options{Clock: clock, Policies: adaptertest.Host(t), Configure: func(c *adapter.TenantConfig) { c.Policies.Keep = keep }}
	s := released(t, opts)
	prune := func(want int) {
		t.Helper()
		if err := s.Tenant().Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(recordings(t, s)); n != want {
			t.Errorf("%d recordings are left, want %d", n, want)
		}
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	ahead.Store(int64(40 * time.Minute))
	s.Want(http.StatusCreated, "POST", "/Users", user("bob"))
	prune(4)
	ahead.Store(int64(70 * time.Minute))
	prune(2)
	ahead.Store(int64(70*time.Minute + 1000*time.Hour))
	prune(0)
	s.Want(http.StatusCreated, "POST", "/Users", user("cid"))
	prune(2)
	keep = -1
	s.Use(opts)
	s.Want(http.StatusCreated, "POST", "/Users", user("dan"))
	prune(0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Tenant().Prune(ctx); err == nil {
		t.Error("pruned though nobody waits for it")
	}
}

// What was recorded is forgotten in time though the clock was wrong and has been set back since.
func TestRecordingsAreForgottenAfterTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	s := released(t, adaptertest.Options{
		Clock:     func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
		Configure: func(c *adapter.TenantConfig) { c.Policies.Keep = time.Hour },
	})
	for _, name := range []string{"ann", "bob"} {
		s.Want(http.StatusCreated, "POST", "/Users", user(name))
		s.WaitIdle()
		for _, hours := range []time.Duration{2, 1000, 1002} { // it was ahead
			ahead.Store(int64(hours) * int64(time.Hour))
			if err := s.Tenant().Prune(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := len(recordings(t, s)); n != 0 {
				t.Errorf("%d recordings of %s are left", n, name)
			}
		}
		ahead.Store(int64(1000 * time.Hour))
		s.Want(http.StatusCreated, "POST", "/Users", user(name+"2"))
		s.WaitIdle()
		ahead.Store(int64(1002 * time.Hour))
		if err := s.Tenant().Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		ahead.Store(0)
	}
}

package adapter_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/scim"
)

// alarms brings the alarms in step and lists their kinds and subjects.
func alarms(t *testing.T, s *adaptertest.Stack) string {
	t.Helper()
	if err := s.Tenant().WatchAlarms(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := s.Tenant().Alarms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range list {
		out = append(out, string(a.Kind)+" "+a.Subject)
	}
	return strings.Join(out, ", ")
}

func profile(name string) func(*adapter.TenantConfig) {
	return func(c *adapter.TenantConfig) { c.Connections[0].Profile = name }
}

func TestConnectionFailing(t *testing.T) {
	t.Parallel()
	type request struct {
		n      int
		method string
		status int
		why    scim.Type
	}
	well := func(n int) request { return request{n, "PATCH", 204, ""} }
	bad := func(n int) request { return request{n, "POST", 400, scim.InvalidValue} }
	const failing = "connection_failing main"
	for _, test := range []struct {
		name    string
		profile string
		in      []request
		want    string
	}{
		{"few failures", "okta", []request{well(1), bad(19)}, ""},
		{"as many as it takes", "okta", []request{well(1), bad(20)}, failing},
		{"a small share", "okta", []request{well(81), bad(20)}, ""},
		{"as large a share as it takes", "okta", []request{well(80), bad(20)}, failing},
		{"nothing goes well", "okta", []request{bad(5)}, failing},
		{"nothing goes well yet", "okta", []request{bad(4)}, ""},
		{"reads of what is not there", "entra", []request{{100, "GET", 404, ""}, {100, "DELETE", 404, ""}}, ""},
		{"changes of what is not there", "entra", []request{{5, "PATCH", 404, ""}}, failing},
		{"creates of what is there", "okta", []request{{100, "POST", 409, scim.Uniqueness}}, ""},
		{"creates of what Entra ID has not found", "entra", []request{{5, "POST", 409, scim.Uniqueness}}, failing},
		{"conditions that do not hold", "generic", []request{{100, "PUT", 412, ""}}, ""},
		{"too many requests", "entra", []request{{5, "PATCH", 429, ""}}, failing},
		{"unavailable", "entra", []request{{5, "PATCH", 503, ""}}, failing},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{Configure: profile(test.profile), Clock: clocktest.New().Now})
			for _, r := range test.in {
				for range r.n {
					s.Tenant().Answered("main", r.method, r.status, r.why)
				}
			}
			if got := alarms(t, s); got != test.want {
				t.Errorf("the alarms are %q, want %q", got, test.want)
			}
		})
	}
}

func TestConnectionFailingSaysWhat(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: profile("entra"), Clock: clocktest.New().Now})
	for range 30 {
		s.Tenant().Answered("main", "PATCH", 400, scim.InvalidValue)
		s.Tenant().Answered("main", "PATCH", 204, "")
	}
	for range 3 {
		s.Tenant().Answered("main", "PATCH", 500, "")
	}
	_ = alarms(t, s)
	list, err := s.Tenant().Alarms(t.Context())
	const want = "connection main: 33 of 63 requests failed within 2h (52%), 30 of them with 400 invalidValue; Microsoft Entra ID puts a job " +
		"into quarantine at once when it is refused (401, 403), and from 5,000 failures on when more than 40% fail"
	if err != nil || len(list) != 1 || list[0].Text != want {
		t.Errorf("the alarms are %+v (%v), want %s", list, err, want)
	}
}

// What was raised is cleared when requests go well again, not when they stop coming, also by the next process.
func TestConnectionFailingIsOver(t *testing.T) {
	t.Parallel()
	const failing = "connection_failing main"
	clock := clocktest.New()
	opts := adaptertest.Options{Clock: clock.Now}
	s := adaptertest.Start(t, opts)
	answered := func(n, status int) {
		for range n {
			s.Tenant().Answered("main", "PATCH", status, "")
		}
	}
	answered(20, 500)
	if got := alarms(t, s); got != failing {
		t.Fatalf("after failures the alarms are %q", got)
	}
	clock.Advance(24 * time.Hour)
	if got := alarms(t, s); got != failing {
		t.Errorf("after silence the alarms are %q", got)
	}
	s.Stop()
	opts.Dir = s.Dir
	s = adaptertest.Start(t, opts)
	if got := alarms(t, s); got != failing {
		t.Errorf("after a restart the alarms are %q", got)
	}
	answered(1, 204)
	if got := alarms(t, s); got != "" {
		t.Errorf("after success the alarms are %q", got)
	}
	answered(30, 500)
	answered(59, 204)
	if got := alarms(t, s); got != failing {
		t.Errorf("with a third of failures the alarms are %q", got)
	}
	answered(1, 204)
	if got := alarms(t, s); got != "" {
		t.Errorf("after 60 that went well the alarms are %q", got)
	}
}

// A token that has expired is the connection's failure, whom nobody else can tell of it; a made up one is nobody's.
func TestExpiredTokenFailsTheConnection(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := adaptertest.Start(t, adaptertest.Options{Clock: clock.Now})
	made, _, err := s.Tokens.Create(t.Context(), token.CreateRequest{Tenant: "acme", Connection: "main", Name: "short", ExpiresAt: clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	get := func(bearer string, want int) {
		t.Helper()
		resp, err := s.Send("GET", s.URL+"/Users", nil, "Authorization", "Bearer "+bearer)
		if err != nil || resp.Status != want {
			t.Fatalf("got %d (%v), want %d", resp.Status, err, want)
		}
	}
	for range 10 {
		get("nobody-has-made-this-token-0123456789", http.StatusUnauthorized)
	}
	if got := alarms(t, s); got != "" {
		t.Errorf("after guesses the alarms are %q", got)
	}
	clock.Advance(2 * time.Hour)
	for range 5 {
		get(string(made), http.StatusUnauthorized)
	}
	if got := alarms(t, s); got != "connection_failing main" {
		t.Errorf("the alarms are %q", got)
	}
	list, err := s.Tenant().Alarms(t.Context())
	if err != nil || len(list) != 1 || !strings.Contains(list[0].Text, "its token has expired or was revoked") {
		t.Errorf("the alarms are %+v (%v)", list, err)
	}
}

// Operations of a bulk request count one by one.
func TestBulkOperationsCount(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: profile("entra")})
	var ops []string
	for i := range 20 {
		ops = append(ops, fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"b%d","data":{"userName":""}}`, i))
	}
	s.Want(http.StatusOK, "POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[`+strings.Join(ops, ",")+`]}`)
	if got := alarms(t, s); got != "connection_failing main" {
		t.Errorf("the alarms are %q", got)
	}
}

func TestConnectionSilent(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	opts := adaptertest.Options{Clock: clock.Now, Configure: func(c *adapter.TenantConfig) {
		c.Alarms.Silent = 2 * time.Hour
		c.Connections = append(c.Connections, adapter.ConnectionConfig{ID: "never", Profile: "entra"})
	}}
	s := adaptertest.Start(t, opts)
	s.Tenant().Answered("main", "GET", 200, "")
	clock.Advance(time.Hour)
	if got := alarms(t, s); got != "" {
		t.Errorf("after an hour the alarms are %q", got)
	}
	s.Stop()
	opts.Dir = s.Dir
	s = adaptertest.Start(t, opts)
	clock.Advance(time.Hour)
	if got := alarms(t, s); got != "connection_silent main" {
		t.Errorf("after two hours and a restart the alarms are %q", got)
	}
	s.Tenant().Answered("main", "GET", 200, "")
	if got := alarms(t, s); got != "" {
		t.Errorf("after a request the alarms are %q", got)
	}
}

// Whatever comes at once, an alarm is raised once and cleared once.
func TestAlarmsUnderConcurrency(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, firstSecret)
	s := adaptertest.Start(t, adaptertest.Options{Configure: hook(t, r, []string{firstSecret})})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				s.Tenant().Answered("main", "PATCH", 500, "")
				if err := s.Tenant().WatchAlarms(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for range 60 {
		s.Tenant().Answered("main", "PATCH", 204, "")
	}
	if got := alarms(t, s); got != "" {
		t.Errorf("the alarms are %q", got)
	}
	got := r.wait(t, 2)
	if len(got) != 2 || got[0].Get("type").Str != "alarm.raised" || got[1].Get("type").Str != "alarm.cleared" {
		t.Errorf("the notices are %v", got)
	}
}

func BenchmarkAnswered(b *testing.B) {
	s := adaptertest.Start(b, adaptertest.Options{})
	t := s.Tenant()
	b.ReportAllocs()
	for b.Loop() {
		t.Answered("main", "PATCH", 204, "")
	}
}

func TestAnsweredAllocatesNothing(t *testing.T) {
	s := adaptertest.Start(t, adaptertest.Options{})
	tenant := s.Tenant()
	if n := testing.AllocsPerRun(1000, func() {
		tenant.Answered("main", "PATCH", 204, "")
		tenant.Answered("main", "PATCH", 400, scim.InvalidValue)
	}); n > 0.5 {
		t.Errorf("it allocates %v times", n)
	}
}

// A policy that keeps failing raises an alarm, which is over when another one rules.
func TestPolicyFailingAlarm(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{App: new(obliging)})
	bad := push(t, s, adaptertest.Module(map[string]string{"decide": adaptertest.Trap}))
	promote(t, s, bad, 100)
	policyAlarms := func() string {
		var out []string
		for _, one := range strings.Split(alarms(t, s), ", ") {
			if strings.HasPrefix(one, "policy_failing") {
				out = append(out, one)
			}
		}
		return strings.Join(out, ", ")
	}
	for i := range 2 {
		s.Want(503, "POST", "/Users", user(fmt.Sprint("u", i)))
	}
	if got := policyAlarms(); got != "" {
		t.Errorf("after two failures the alarms are %q", got)
	}
	s.Want(503, "POST", "/Users", user("u2"))
	if got, want := policyAlarms(), fmt.Sprintf("policy_failing release %d", bad); got != want {
		t.Errorf("after three failures the alarms are %q, want %q", got, want)
	}
	promote(t, s, push(t, s, allowing), 100)
	s.Want(201, "POST", "/Users", user("ann"))
	if got := policyAlarms(); got != "" {
		t.Errorf("all is well, and the alarms are %q", got)
	}
}

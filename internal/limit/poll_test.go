package limit_test

import (
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/limit"
)

// TestPollsThatWait take nobody's place, and are bounded by themselves, stream by stream, also over a reload.
func TestPollsThatWait(t *testing.T) {
	t.Parallel()
	refused := map[string]int{}
	keeper := limit.NewKeeper(limit.Options{Refused: func(tenant string, why limit.Reason) { refused[tenant+" "+string(why)]++ }})
	settings := map[string]limit.Settings{"acme": {Concurrent: 1, Polls: 2}, "globex": {Concurrent: 1, Polls: 2}}
	acme := keeper.Limiter(settings).Tenant("acme")
	enter := func(tenant *limit.Tenant) {
		t.Helper()
		if r, ok := tenant.Enter(false); !ok {
			t.Fatalf("refused: %+v", r)
		}
	}
	idle := func(tenant *limit.Tenant, stream string) (resume func()) {
		t.Helper()
		enter(tenant)
		resume, r, ok := tenant.Idle(stream)
		if !ok {
			t.Fatalf("a poll may not wait: %+v", r)
		}
		return resume
	}
	first := idle(acme, "audit")
	second := idle(keeper.Limiter(settings).Tenant("acme"), "audit")
	enter(acme)
	if _, r, ok := acme.Idle("audit"); ok || r.Reason != limit.TooIdle || r.RetryAfter <= 0 {
		t.Errorf("a third poll: %+v, %t", r, ok)
	}
	if r, ok := acme.Enter(false); ok || r.Reason != limit.TooMany {
		t.Errorf("a poll that may not wait is not under way: %+v, %t", r, ok)
	}
	acme.Leave()
	other, globex := idle(acme, "siem"), idle(keeper.Limiter(settings).Tenant("globex"), "audit")

	first() // is under way again, and holds the only place until it leaves
	if r, ok := acme.Enter(false); ok || r.Reason != limit.TooMany {
		t.Errorf("beside a poll that is answered: %+v, %t", r, ok)
	}
	acme.Leave()
	third := idle(acme, "audit")
	for _, resume := range []func(){second, third, other} {
		resume()
		acme.Leave()
	}
	globex()
	keeper.Limiter(settings).Tenant("globex").Leave()
	enter(acme)
	acme.Leave()
	if refused["acme polls"] != 1 || refused["acme concurrency"] != 2 || len(refused) != 2 {
		t.Errorf("told: %v", refused)
	}
	// Without a bound any number waits.
	free := limit.NewKeeper(limit.Options{}).Limiter(map[string]limit.Settings{"acme": {}}).Tenant("acme")
	var none *limit.Limiter
	for range 100 {
		idle(free, "audit")
		idle(none.Tenant("acme"), "audit")()
	}
}

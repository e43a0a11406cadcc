package limit_test

import (
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/limit"
)

// served sends n requests one after the other, and counts those that are let in.
func served(t *testing.T, tenant *limit.Tenant, n int, write bool) (in int, last limit.Refusal) {
	t.Helper()
	for range n {
		refusal, ok := tenant.Enter(write)
		if !ok {
			if refusal.RetryAfter <= 0 {
				t.Fatalf("a refusal without a time to come back: %+v", refusal)
			}
			last = refusal
			continue
		}
		tenant.Leave()
		in++
	}
	return in, last
}

func TestRate(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	keeper := limit.NewKeeper(limit.Options{Clock: c.Now})
	l := keeper.Limiter(map[string]limit.Settings{
		"acme":   {Requests: limit.Rate{PerSecond: 10, Burst: 20}},
		"globex": {Requests: limit.Rate{PerSecond: 10, Burst: 20}},
	})
	acme := l.Tenant("acme")
	if in, last := served(t, acme, 100, false); in != 20 || last != (limit.Refusal{limit.TooFast, 100 * time.Millisecond}) {
		t.Errorf("of a burst %d were let in, want 20; then %+v", in, last)
	}
	if in, _ := served(t, l.Tenant("globex"), 100, true); in != 20 {
		t.Errorf("of the other tenant's %d were let in, want 20", in)
	}
	c.Advance(time.Second)
	if in, _ := served(t, acme, 100, false); in != 10 {
		t.Errorf("after a second %d were let in, want 10", in)
	}
	c.Advance(time.Hour)
	if in, _ := served(t, acme, 100, false); in != 20 {
		t.Errorf("after an hour %d were let in, want 20", in)
	}
	// Whoever comes back when told is let in.
	_, last := served(t, acme, 1, false)
	c.Advance(last.RetryAfter - 1)
	if in, _ := served(t, acme, 1, false); in != 0 {
		t.Error("let in too early")
	}
	c.Advance(1)
	if in, _ := served(t, acme, 1, false); in != 1 {
		t.Error("not let in at the time that was told")
	}
	// A clock that is set back gives nothing and takes nothing for long.
	c.Advance(-time.Second)
	if in, _ := served(t, acme, 1, false); in != 0 {
		t.Error("let in after the clock was set back")
	}
}

func TestWrites(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	tenant := limit.NewKeeper(limit.Options{Clock: c.Now}).Limiter(map[string]limit.Settings{
		"acme": {Requests: limit.Rate{PerSecond: 10, Burst: 20}, Writes: limit.Rate{PerSecond: 1, Burst: 5}},
	}).Tenant("acme")
	if in, last := served(t, tenant, 50, true); in != 5 || last.RetryAfter != time.Second {
		t.Errorf("%d writes were let in, want 5; then %+v", in, last)
	}
	if in, _ := served(t, tenant, 50, false); in != 15 {
		t.Errorf("%d reads were let in beside 5 writes, want 15", in)
	}
	// A write that is refused as a request takes nothing from the writes.
	c.Advance(time.Second)
	if in, _ := served(t, tenant, 10, false); in != 10 {
		t.Fatalf("%d reads, want 10", in)
	}
	if in, last := served(t, tenant, 1, true); in != 0 || last.RetryAfter != 100*time.Millisecond {
		t.Errorf("%d, %+v", in, last)
	}
	c.Advance(100 * time.Millisecond)
	if in, _ := served(t, tenant, 1, true); in != 1 {
		t.Error("the write that was refused has been counted")
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	refused := map[string]int{}
	l := limit.NewKeeper(limit.Options{Refused: func(tenant string, why limit.Reason) { refused[tenant+" "+string(why)]++ }}).
		Limiter(map[string]limit.Settings{"acme": {Concurrent: 3}})
	tenant := l.Tenant("acme")
	for range 3 {
		if r, ok := tenant.Enter(false); !ok {
			t.Fatalf("refused: %+v", r)
		}
	}
	for range 2 {
		if r, ok := tenant.Enter(false); ok || r.Reason != limit.TooMany || r.RetryAfter < time.Second {
			t.Errorf("got %+v, %t", r, ok)
		}
	}
	tenant.Leave()
	if r, ok := tenant.Enter(true); !ok {
		t.Errorf("refused though one has ended: %+v", r)
	}
	if refused["acme concurrency"] != 2 || len(refused) != 1 {
		t.Errorf("told: %v", refused)
	}
}

// TestChargesArePaidBack by the requests that come after a Bulk request, within bounds.
func TestChargesArePaidBack(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	tenant := limit.NewKeeper(limit.Options{Clock: c.Now}).Limiter(map[string]limit.Settings{
		"acme": {Requests: limit.Rate{PerSecond: 10, Burst: 20}, Writes: limit.Rate{PerSecond: 10, Burst: 20}},
	}).Tenant("acme")
	for range 50 {
		tenant.Charge(true)
	}
	for _, write := range []bool{false, true} {
		if in, last := served(t, tenant, 1, write); in != 0 || last.RetryAfter != 3100*time.Millisecond {
			t.Errorf("write %t: %d, %+v", write, in, last)
		}
	}
	c.Advance(3100 * time.Millisecond)
	if in, _ := served(t, tenant, 5, true); in != 1 {
		t.Errorf("%d were let in, want 1", in)
	}
	for range 100_000 {
		tenant.Charge(false)
	}
	if _, last := served(t, tenant, 1, false); last.RetryAfter != time.Minute {
		t.Errorf("to come back after %s, want a minute at most", last.RetryAfter)
	}
}

// TestAReloadFillsNothing though it may change what is allowed.
func TestAReloadFillsNothing(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	keeper := limit.NewKeeper(limit.Options{Clock: c.Now})
	use := func(s limit.Settings) *limit.Tenant {
		return keeper.Limiter(map[string]limit.Settings{"acme": s}).Tenant("acme")
	}
	before := use(limit.Settings{Requests: limit.Rate{PerSecond: 10, Burst: 20}, Concurrent: 1})
	served(t, before, 20, false)
	after := use(limit.Settings{Requests: limit.Rate{PerSecond: 10, Burst: 20}, Concurrent: 1})
	if in, _ := served(t, after, 20, false); in != 0 {
		t.Errorf("a reload let %d in", in)
	}
	c.Advance(time.Second)
	if _, ok := before.Enter(false); !ok {
		t.Fatal("refused")
	}
	if r, ok := after.Enter(false); ok || r.Reason != limit.TooMany {
		t.Errorf("a request on the old configuration does not count: %+v", r)
	}
	before.Leave()
	if in, _ := served(t, use(limit.Settings{}), 1000, true); in != 1000 {
		t.Errorf("without limits %d of 1000 were let in", in)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	l := limit.NewKeeper(limit.Options{Clock: c.Now}).Limiter(nil)
	mallory, neighbour := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2:0:0:1")
	other := netip.MustParseAddr("2001:db8:0:1::1")
	fail := func(from netip.Addr, n int) (until int) {
		for i := range n {
			if r, ok := l.Guess(from); !ok {
				if r.Reason != limit.TooFailed || r.RetryAfter <= 0 {
					t.Fatalf("got %+v", r)
				}
				return i
			}
			l.Failed(from)
		}
		return n
	}
	if n := fail(mallory, 10_000); n != limit.FailuresBurst {
		t.Errorf("%d guesses, want %d", n, limit.FailuresBurst)
	}
	if _, ok := l.Guess(neighbour); ok {
		t.Error("another address of the same network may guess on")
	}
	for _, from := range []netip.Addr{other, netip.MustParseAddr("192.0.2.1"), {}} {
		if _, ok := l.Guess(from); !ok {
			t.Errorf("%s is shut out", from)
		}
	}
	c.Advance(10 * time.Second)
	if n := fail(mallory, 1000); n != 10*limit.FailuresPerSecond {
		t.Errorf("%d more guesses in ten seconds", n)
	}
	mapped := netip.MustParseAddr("::ffff:192.0.2.7")
	fail(mapped, 1000)
	if _, ok := l.Guess(netip.MustParseAddr("192.0.2.7")); ok {
		t.Error("an IPv4 address may guess on under its other name")
	}
}

// TestManySources holds the bound on memory: those that failed long ago are forgotten.
func TestManySources(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	l := limit.NewKeeper(limit.Options{Clock: c.Now}).Limiter(nil)
	first := netip.MustParseAddr("10.0.0.0")
	for range limit.FailuresBurst {
		l.Failed(first)
	}
	if _, ok := l.Guess(first); ok {
		t.Fatal("may guess on")
	}
	for n, addr := 0, first.Next(); n < 10_000; n, addr = n+1, addr.Next() {
		l.Failed(addr)
	}
	if _, ok := l.Guess(first); !ok {
		t.Error("it is remembered beyond the bound")
	}
}

func TestWithoutLimits(t *testing.T) {
	t.Parallel()
	var none *limit.Limiter
	if in, _ := served(t, none.Tenant("acme"), 10_000, true); in != 10_000 {
		t.Errorf("%d", in)
	}
	none.Tenant("acme").Charge(true)
	none.Failed(netip.MustParseAddr("192.0.2.1"))
	if _, ok := none.Guess(netip.MustParseAddr("192.0.2.1")); !ok {
		t.Error("shut out")
	}
	if limit.NewKeeper(limit.Options{}).Limiter(nil).Tenant("acme") != nil {
		t.Error("a tenant of no settings is limited")
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		s    limit.Settings
		want string
	}{
		{limit.Settings{}, ""},
		{limit.Default(), ""},
		{limit.Settings{Requests: limit.Rate{1, 1}, Writes: limit.Rate{1_000_000, 1_000_000}, Concurrent: 1}, ""},
		{limit.Settings{Requests: limit.Rate{PerSecond: 1}}, "requests: 1 a second and 0 at once"},
		{limit.Settings{Writes: limit.Rate{-1, 1}}, "writes: -1 a second"},
		{limit.Settings{Writes: limit.Rate{1, 1_000_001}}, "writes: 1 a second and 1000001 at once"},
		{limit.Settings{Concurrent: -1}, "concurrent: -1 is not"},
		{limit.Settings{Polls: 1_000_001}, "polls: 1000001 is not"},
	} {
		err := tc.s.Validate()
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%+v: %v", tc.s, err)
		}
	}
	// Entra ID: 25 requests a second, each waiting five seconds for a slow application.
	if d := limit.Default(); d.Requests.PerSecond < 25 || d.Concurrent < 25*5 {
		t.Errorf("the defaults are too small for Entra ID: %+v", d)
	}
}

// TestTogether counts exactly under many goroutines.
func TestTogether(t *testing.T) {
	t.Parallel()
	c := clocktest.New()
	tenant := limit.NewKeeper(limit.Options{Clock: c.Now}).Limiter(map[string]limit.Settings{
		"acme": {Requests: limit.Rate{PerSecond: 1, Burst: 1000}, Concurrent: 8},
	}).Tenant("acme")
	var in, running, most atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 1000 {
				if _, ok := tenant.Enter(false); !ok {
					continue
				}
				if n := running.Add(1); n > most.Load() {
					most.Store(n)
				}
				in.Add(1)
				running.Add(-1)
				tenant.Leave()
			}
		})
	}
	wg.Wait()
	if in.Load() > 1000 || most.Load() > 8 {
		t.Errorf("%d were let in, %d at once", in.Load(), most.Load())
	}
}

func TestNoAllocation(t *testing.T) {
	tenant := limit.NewKeeper(limit.Options{}).Limiter(map[string]limit.Settings{"acme": limit.Default()}).Tenant("acme")
	if got := testing.AllocsPerRun(100, func() {
		if _, ok := tenant.Enter(true); ok {
			tenant.Leave()
		}
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkEnter(b *testing.B) {
	l := limit.NewKeeper(limit.Options{}).Limiter(map[string]limit.Settings{
		"acme": {Requests: limit.Rate{1_000_000, 1_000_000}, Writes: limit.Rate{1_000_000, 1_000_000}, Concurrent: 1_000_000},
	})
	source := netip.MustParseAddr("192.0.2.1")
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tenant := l.Tenant("acme")
			if _, ok := tenant.Enter(true); ok {
				tenant.Leave()
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				tenant := l.Tenant("acme")
				if _, ok := tenant.Enter(true); ok {
					tenant.Leave()
				}
			}
		})
	})
	b.Run("source", func(b *testing.B) {
		l.Failed(source)
		b.ReportAllocs()
		for b.Loop() {
			l.Guess(source)
		}
	})
}

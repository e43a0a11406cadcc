package pace_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/pace"
)

// enter lets a request in that must not be held back.
func enter(t *testing.T, a *pace.Application, subject string) pace.Ticket {
	t.Helper()
	ticket, err := a.Enter(t.Context(), nil, pace.Request{Subject: subject})
	if err != nil {
		t.Fatalf("%s: %v; %+v", subject, err, a.Status())
	}
	return ticket
}

// tell sends a request that is answered with a status.
func tell(t *testing.T, a *pace.Application, subject string, status int) {
	t.Helper()
	enter(t, a, subject).Done(pace.Answer{Status: status})
}

func TestRate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg   pace.Config
		burst int
	}{
		"even":  {pace.Config{Rate: pace.Rate{Requests: 100, Per: time.Second}}, 1},
		"burst": {pace.Config{Rate: pace.Rate{Requests: 600, Per: time.Minute, Burst: 7}}, 7},
		"slow":  {pace.Config{Rate: pace.Rate{Requests: 1, Per: time.Hour}}, 1},
		"few":   {pace.Config{Rate: pace.Rate{Requests: 100, Per: time.Second}, Concurrency: 2}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := pace.New("app", c.cfg)
				var mu sync.Mutex
				var times []time.Time
				var all sync.WaitGroup
				begun := time.Now()
				for range 100 {
					all.Go(func() {
						ticket := enter(t, a, "x")
						mu.Lock()
						times = append(times, time.Now())
						mu.Unlock()
						time.Sleep(time.Millisecond)
						ticket.Done(pace.Answer{Status: http.StatusOK})
					})
				}
				all.Wait()
				interval := c.cfg.Rate.Per / time.Duration(c.cfg.Rate.Requests)
				for i := range times {
					for j := range i {
						if most := float64(c.burst) + float64(times[i].Sub(times[j]))/float64(interval); float64(i-j+1) > most+1e-6 {
							t.Fatalf("%d requests in %s", i-j+1, times[i].Sub(times[j]))
						}
					}
				}
				if took, want := times[99].Sub(begun), interval*time.Duration(100-c.burst); took != want {
					t.Errorf("a hundred requests took %s, want %s", took, want)
				}
			})
		})
	}
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := pace.New("app", pace.Config{Concurrency: 3})
		var mu sync.Mutex
		var all sync.WaitGroup
		under, most := 0, 0
		for range 20 {
			all.Go(func() {
				ticket := enter(t, a, "x")
				mu.Lock()
				under++
				most = max(most, under)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				under--
				mu.Unlock()
				ticket.Done(pace.Answer{Status: http.StatusOK})
			})
		}
		all.Wait()
		if most != 3 {
			t.Errorf("%d were under way at once, want 3", most)
		}
	})
}

// Who waits goes when told to, and nobody behind is kept.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := pace.New("app", pace.Config{Concurrency: 1})
		first := enter(t, a, "x")
		stop, errs := make(chan struct{}), make(chan error, 3)
		ctx, cancel := context.WithCancel(t.Context())
		wait := func(ctx context.Context, stop chan struct{}) {
			ticket, err := a.Enter(ctx, stop, pace.Request{})
			ticket.Done(pace.Answer{Status: http.StatusOK})
			errs <- err
		}
		go wait(t.Context(), stop)
		synctest.Wait()
		go wait(ctx, nil)
		synctest.Wait()
		go wait(t.Context(), nil)
		synctest.Wait()
		close(stop)
		if err := <-errs; !errors.Is(err, pace.ErrStopped) {
			t.Errorf("stopped: %v", err)
		}
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		first.Done(pace.Answer{Status: http.StatusOK})
		if err := <-errs; err != nil {
			t.Errorf("the last: %v", err)
		}
		if n := a.Status().InFlight; n != 0 {
			t.Errorf("%d are under way", n)
		}
	})
}

func TestBreakerOpens(t *testing.T) {
	t.Parallel()
	down := func(status int) pace.Answer { return pace.Answer{Status: status} }
	for name, c := range map[string]struct {
		subjects string // one letter for each request
		answer   pace.Answer
		want     pace.State
	}{
		"502 for several":            {"abc", down(502), pace.Open},
		"503 for several":            {"abc", down(503), pace.Open},
		"504 for several":            {"abc", down(504), pace.Open},
		"no answer in time":          {"abc", pace.Answer{}, pace.Open},
		"bad credentials":            {"abc", down(401), pace.Open},
		"bad credentials of a proxy": {"abc", down(407), pace.Open},
		"no connection for one":      {"aaa", pace.Answer{Unsent: true}, pace.Open},
		"503 for one":                {"aaaaaaaaaa", down(503), pace.Closed},
		"503 for two":                {"abababab", down(503), pace.Closed},
		"500 for several":            {"abcdef", down(500), pace.Closed},
		"refusals":                   {"abcdef", down(422), pace.Closed},
		"forbidden":                  {"abcdef", down(403), pace.Closed},
		"interrupted here":           {"abcdef", pace.Answer{Interrupted: true}, pace.Closed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := pace.New("app", pace.Config{Failures: 3})
			for i := range c.subjects {
				enter(t, a, c.subjects[i:i+1]).Done(c.answer)
			}
			if s := a.Status(); s.State != c.want {
				t.Errorf("got %+v, want %s", s, c.want)
			}
		})
	}
}

// While somebody else's requests go through, one about whom the application always fails opens nothing.
func TestOneOfManyFails(t *testing.T) {
	t.Parallel()
	a := pace.New("app", pace.Config{Failures: 3})
	for i := range 100 {
		tell(t, a, string(rune('a'+i%20)), []int{200, 503, 503, 200}[i%4])
	}
	if s := a.Status(); s.State != pace.Closed || s.Opened != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := 0
		a := pace.New("app", pace.Config{Failures: 2, MinPause: time.Second, MaxPause: 10 * time.Second})
		end := a.Watch(func() { told++ })
		late, failed := enter(t, a, "late"), enter(t, a, "failed")
		tell(t, a, "a", 503)
		tell(t, a, "b", 503)
		if told == 0 {
			t.Error("nobody was told")
		}
		end()
		probes := 0
		longest := time.Duration(0)
		for begun := time.Now(); time.Since(begun) < time.Hour; {
			n, _, wait := a.Room(8)
			if n == 0 {
				if _, err := a.Enter(t.Context(), nil, pace.Request{}); !errors.Is(err, pace.ErrStopped) {
					t.Fatalf("before the time of the probe: %v", err)
				}
				longest = max(longest, wait)
				time.Sleep(wait)
				continue
			}
			probe := enter(t, a, "a")
			if n, _, _ := a.Room(8); n != 0 {
				t.Fatalf("beside the probe there is room for %d", n)
			}
			if _, err := a.Enter(t.Context(), nil, pace.Request{}); !errors.Is(err, pace.ErrStopped) {
				t.Fatalf("beside the probe: %v", err)
			}
			if probes++; probes == 3 {
				probe.Done(pace.Answer{Interrupted: true}) // another takes its place at once
				probe = enter(t, a, "b")
			}
			probe.Done(pace.Answer{Status: 502})
		}
		if probes < 360 || probes > 720 || longest > 10*time.Second {
			t.Errorf("%d probes in an hour, at most %s apart", probes, longest)
		}
		late.Done(pace.Answer{Status: 200})
		if s := a.Status(); s.State != pace.Open {
			t.Errorf("what was sent before it opened has closed it: %+v", s)
		}
		a.TryNow(false)
		tell(t, a, "a", 404)
		failed.Done(pace.Answer{Unsent: true})
		if n, _, _ := a.Room(8); n != 8 || a.Status().State != pace.Closed {
			t.Errorf("room for %d; %+v", n, a.Status())
		}
		tell(t, a, "a", 503)
		if s := a.Status(); s.State != pace.Closed || s.Opened != 1 {
			t.Errorf("failures of before count: %+v", s)
		}
	})
}

func TestOverload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := pace.New("app", pace.Config{Rate: pace.Rate{Requests: 64, Per: time.Second, Burst: 8}})
		first, second := enter(t, a, "a"), enter(t, a, "b")
		time.Sleep(time.Millisecond)
		first.Done(pace.Answer{Status: 429, RetryAfter: time.Minute})
		second.Done(pace.Answer{Status: 429, RetryAfter: 2 * time.Minute})
		if s := a.Status(); s.Share != 0.5 || s.Rate != 32 || s.Pauses != 1 || time.Until(s.PausedUntil) != 2*time.Minute {
			t.Errorf("two answers to what was under way at once: %+v", s)
		}
		if _, err := a.Enter(t.Context(), nil, pace.Request{}); !errors.Is(err, pace.ErrStopped) {
			t.Errorf("during the pause: %v", err)
		}
		if n, pressing, wait := a.Room(8); n != 1 || !pressing || wait != 2*time.Minute {
			t.Errorf("room for %d, pressing %t, for %s", n, pressing, wait)
		}
		time.Sleep(2 * time.Minute)
		if n, _, _ := a.Room(8); n != 4 {
			t.Errorf("after the pause there is room for %d, want half", n)
		}
		begun := time.Now()
		for range 33 {
			tell(t, a, "a", 200)
		}
		if took := time.Since(begun); took < 32*time.Second/64 || took > time.Second {
			t.Errorf("33 requests took %s, want less than at half the rate and more than at all of it", took)
		}
		for range 20 {
			tell(t, a, "a", 200)
		}
		if s := a.Status(); s.Share != 1 {
			t.Errorf("it has not recovered: %+v", s)
		}
		for range 12 {
			time.Sleep(time.Hour)
			tell(t, a, "a", 429)
		}
		if s := a.Status(); s.Share < 1.0/64 || time.Until(s.PausedUntil) < pace.DefaultMaxPause/2 || time.Until(s.PausedUntil) > pace.DefaultMaxPause {
			t.Errorf("it never says for how long: %+v", s)
		}
		a.TryNow(true)
		enter(t, a, "a").Done(pace.Answer{Status: 503, RetryAfter: time.Second})
		if s := a.Status(); s.PausedUntil.IsZero() || s.State != pace.Closed {
			t.Errorf("503 with Retry-After: %+v", s)
		}
	})
}

// What is urgent goes one by one during a pause, until the application says that this is too much as well.
func TestUrgent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := pace.New("app", pace.Config{})
		enter(t, a, "a").Done(pace.Answer{Status: 429, RetryAfter: time.Hour})
		time.Sleep(time.Second)
		urgent := func() pace.Ticket {
			ticket, err := a.Enter(t.Context(), nil, pace.Request{Subject: "b", Urgent: true})
			if err != nil {
				t.Error(err)
			}
			return ticket
		}
		first := urgent()
		second := make(chan pace.Ticket)
		go func() { second <- urgent() }()
		synctest.Wait()
		select {
		case <-second:
			t.Error("two at once")
		default:
		}
		first.Done(pace.Answer{Status: 200})
		(<-second).Done(pace.Answer{Status: 429, RetryAfter: time.Hour})
		if _, err := a.Enter(t.Context(), nil, pace.Request{Urgent: true}); !errors.Is(err, pace.ErrStopped) {
			t.Errorf("after it was asked for the pause again: %v", err)
		}
		if n, _, wait := a.Room(8); n != 0 || wait != time.Hour || a.Idle(true) != time.Hour {
			t.Errorf("room for %d, in %s; idle for %s", n, wait, a.Idle(true))
		}
		time.Sleep(time.Hour)
		tell(t, a, "a", 200)
	})
}

// A short pause is waited for, so that a call of several requests is not broken off in the middle.
func TestBriefPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := pace.New("app", pace.Config{})
		enter(t, a, "a").Done(pace.Answer{Status: 429, RetryAfter: 3 * time.Second})
		begun := time.Now()
		tell(t, a, "a", 200)
		if waited := time.Since(begun); waited != 3*time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestStrictestHolds(t *testing.T) {
	t.Parallel()
	var r pace.Registry
	a := r.Get("app", pace.Config{})
	r.Use(map[string][]pace.Config{"app": {
		{Rate: pace.Rate{Requests: 100, Per: time.Second, Burst: 5}, Concurrency: 9},
		{},
		{Rate: pace.Rate{Requests: 600, Per: time.Minute, Burst: 20}, Failures: -1},
	}}, nil)
	if s := a.Status(); s.Rate != 10 {
		t.Errorf("the rate is %v", s.Rate)
	}
	if r.Get("app", pace.Config{}) != a || r.Get("other", pace.Config{}) == a {
		t.Error("a name is not one application")
	}
	r.Use(nil, func(name string) bool { return name == "app" })
	if r.Get("app", pace.Config{}) != a {
		t.Error("one that stays is forgotten")
	}
	r.Use(nil, func(string) bool { return false })
	if r.Get("app", pace.Config{}) == a {
		t.Error("one that goes is kept")
	}
}

// What is known stays when a configuration changes; a breaker that is switched off closes.
func TestConfigure(t *testing.T) {
	t.Parallel()
	a := pace.New("app", pace.Config{Failures: 1})
	tell(t, a, "a", 503)
	a.Configure(pace.Config{Failures: 2})
	if s := a.Status(); s.State != pace.Open {
		t.Errorf("another configuration: %+v", s)
	}
	a.Configure(pace.Config{Failures: -1})
	for _, who := range []string{"a", "b", "c", "d", "e", "f"} {
		tell(t, a, who, 503)
	}
	if s := a.Status(); s.State != pace.Closed {
		t.Errorf("switched off: %+v", s)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]pace.Config{
		"rate: -1 requests":                      {Rate: pace.Rate{Requests: -1, Per: time.Second}},
		"rate: per 0s":                           {Rate: pace.Rate{Requests: 1}},
		"rate: per 48h0m0s":                      {Rate: pace.Rate{Requests: 1, Per: 48 * time.Hour}},
		"rate: a burst of 3":                     {Rate: pace.Rate{Requests: 2, Per: time.Second, Burst: 3}},
		"concurrency: -1":                        {Concurrency: -1},
		"breaker: 1001 failures":                 {Failures: 1001},
		"breaker: pauses from 2s to 1s":          {MinPause: 2 * time.Second, MaxPause: time.Second},
		"":                                       {Rate: pace.Rate{Requests: 5, Per: time.Minute, Burst: 5}, Concurrency: 1, Failures: -1},
		"rate: 2000000 requests; want 1 to 1000": {Rate: pace.Rate{Requests: 2_000_000, Per: time.Second}},
	} {
		switch err := cfg.Validate(); {
		case want == "" && err != nil:
			t.Errorf("%+v: %v", cfg, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Nothing is asked of who has no application.
func TestNil(t *testing.T) {
	t.Parallel()
	var a *pace.Application
	enter(t, a, "a").Done(pace.Answer{Status: 503})
	a.TryNow(true)
	if n, _, _ := a.Room(3); n != 3 || a.Idle(false) != 0 || a.Ahead(10) != 0 || a.Status().State != pace.Closed {
		t.Error("there is something to wait for")
	}
}

func TestNoAllocations(t *testing.T) {
	a := pace.New("app", pace.Config{Rate: pace.Rate{Requests: 1_000_000, Per: time.Second, Burst: 1_000_000}, Concurrency: 4})
	ctx := t.Context()
	got := testing.AllocsPerRun(1000, func() {
		ticket, err := a.Enter(ctx, nil, pace.Request{Subject: "a"})
		if err != nil {
			t.Fatal(err)
		}
		ticket.Done(pace.Answer{Status: 200})
	})
	if got != 0 {
		t.Errorf("%v allocations for a request", got)
	}
}

func BenchmarkEnter(b *testing.B) {
	ctx := b.Context()
	for name, cfg := range map[string]pace.Config{
		"unbounded": {},
		"bounded":   {Rate: pace.Rate{Requests: 1_000_000, Per: time.Millisecond, Burst: 1_000_000}, Concurrency: 64},
	} {
		b.Run(name, func(b *testing.B) {
			a := pace.New("app", cfg)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					ticket, err := a.Enter(ctx, nil, pace.Request{Subject: "a"})
					if err != nil {
						b.Error(err)
					}
					ticket.Done(pace.Answer{Status: 200})
				}
			})
		})
	}
}

package pace

import (
	"context"
	"errors"
	"hash/fnv"
	"sync"
	"time"
)

// ErrStopped means that a request may not be sent now: the breaker is open, the application has asked for a pause, or
// whoever wanted to send it was told to stop. Nothing was sent.
var ErrStopped = errors.New("nothing is sent to the application now")

// State is that of the breaker.
type State string

// The states.
const (
	Closed   State = "closed"    // requests go through
	Open     State = "open"      // none does, until the time of the next probe
	HalfOpen State = "half-open" // a probe is under way
)

// Application is one application and what is known of how it bears what it is told. It is safe for concurrent use, and
// a nil one lets everything through. Use New.
type Application struct {
	name string
	turn chan struct{} // holds an element while somebody waits to enter at the head of the queue

	mu       sync.Mutex
	cfg      Config
	watchers map[*watcher]struct{}
	moved    chan struct{} // closed when what somebody waits for may have changed; nil while nobody waits
	queued   int           // how many wait to enter

	inflight int
	ahead    time.Time // when all that the rate has let through will have leaked out

	throttle
	breaker
}

type watcher struct{ fn func() }

// New returns an application that nothing is known of. The name is that of its pauses: two of the same name make the
// same ones.
func New(name string, cfg Config) *Application {
	return &Application{
		name: name, turn: make(chan struct{}, 1), cfg: cfg.withDefaults(), watchers: map[*watcher]struct{}{},
		throttle: throttle{share: 1}, breaker: breaker{state: Closed, since: time.Now().UTC(), failing: map[string]struct{}{}},
	}
}

// Configure sets what the application can bear from now on. What is known of it stays.
func (a *Application) Configure(cfg Config) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if cfg = cfg.withDefaults(); cfg == a.cfg {
		return
	}
	a.cfg = cfg
	if a.ahead.After(time.Now().Add(a.slack() + a.interval())) {
		a.ahead = time.Now().Add(a.interval()) // a rate that is higher now does not wait for what was let through at the lower one
	}
	if cfg.Failures < 0 && a.state != Closed {
		a.close(time.Now().UTC())
	}
	a.announce()
}

// Watch has fn called whenever Room may answer something else. It must be quick and must not call the application. The
// returned function ends that.
func (a *Application) Watch(fn func()) (end func()) {
	w := &watcher{fn}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watchers[w] = struct{}{}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.watchers, w)
	}
}

// announce wakes who waits and tells who watches. The caller holds mu.
func (a *Application) announce() {
	a.wake()
	for w := range a.watchers {
		w.fn()
	}
}

// wake lets those who wait to enter look again. The caller holds mu.
func (a *Application) wake() {
	if a.moved != nil {
		close(a.moved)
		a.moved = nil
	}
}

// Room returns how many of want deliveries may be under way now, and where that is none, how long until it may be asked
// again; 0 where Watch will tell. pressing means that only what is urgent may.
func (a *Application) Room(want int) (n int, pressing bool, wait time.Duration) {
	if a == nil {
		return want, false, 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	switch a.state {
	case HalfOpen:
		return 0, false, 0
	case Open:
		if wait := a.probeAt.Sub(now); wait > 0 {
			return 0, false, wait
		}
		return 1, false, 0
	}
	if wait := a.resumeAt.Sub(now); wait > 0 {
		if a.firm {
			return 0, false, wait
		}
		return 1, true, wait
	}
	return max(1, int(float64(want)*a.share)), false, 0
}

// Request is what wants to enter.
type Request struct {
	// Subject is what it is about, such as a resource's id.
	Subject string
	// Urgent requests are sent during a pause that the application has asked for, one at a time, until it asks for it
	// again.
	Urgent bool
}

// Ticket stands for a request that has entered. The zero Ticket stands for one that nobody counts.
type Ticket struct {
	app     *Application
	subject string
	entered time.Time
	epoch   uint64 // of the breaker
	pressed bool   // it entered during a pause
}

// Enter waits until a request may be sent. Those who wait enter in the order in which they came.
//
// # Errors
//
// ErrStopped where it may not be sent in the near future, and when stop is closed while it waits; the error of ctx when
// that ends.
func (a *Application) Enter(ctx context.Context, stop <-chan struct{}, req Request) (Ticket, error) {
	if a == nil {
		return Ticket{}, nil
	}
	if err := ctx.Err(); err != nil {
		return Ticket{}, err
	}
	a.mu.Lock()
	if a.queued == 0 {
		ticket, wait, err := a.admit(time.Now(), req)
		if err != nil || wait == 0 {
			a.mu.Unlock()
			return ticket, err
		}
	}
	a.queued++
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.queued--
		a.mu.Unlock()
	}()
	select {
	case a.turn <- struct{}{}:
	case <-stop:
		return Ticket{}, ErrStopped
	case <-ctx.Done():
		return Ticket{}, ctx.Err()
	}
	defer func() { <-a.turn }()
	return a.head(ctx, stop, req)
}

// head waits at the head of the queue.
func (a *Application) head(ctx context.Context, stop <-chan struct{}, req Request) (Ticket, error) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		a.mu.Lock()
		ticket, wait, err := a.admit(time.Now(), req)
		if err != nil || wait == 0 {
			a.mu.Unlock()
			return ticket, err
		}
		if a.moved == nil {
			a.moved = make(chan struct{})
		}
		moved := a.moved
		a.mu.Unlock()
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-moved:
		case <-stop:
			return Ticket{}, ErrStopped
		case <-ctx.Done():
			return Ticket{}, ctx.Err()
		}
	}
}

// brief is the longest pause that a request waits for rather than being told to come again. It spares calls of several
// requests from being broken off in the middle.
const brief = 5 * time.Second

// someday is how long to wait for what announce tells of.
const someday = time.Hour

// admit lets a request in, or tells how long it has to wait, or that it has to go. The caller holds mu.
func (a *Application) admit(now time.Time, req Request) (Ticket, time.Duration, error) {
	if a.state == HalfOpen || (a.state == Open && now.Before(a.probeAt)) {
		return Ticket{}, 0, ErrStopped
	}
	pressed := false
	if wait := a.resumeAt.Sub(now); wait > 0 && a.state == Closed {
		switch pressed = req.Urgent && !a.firm; {
		case pressed && a.pressing:
			return Ticket{}, wait, nil
		case pressed:
		case wait > brief:
			return Ticket{}, 0, ErrStopped
		default:
			return Ticket{}, wait, nil
		}
	}
	if limit := a.concurrency(); limit > 0 && a.inflight >= limit && a.state == Closed {
		return Ticket{}, someday, nil
	}
	if wait := a.take(now); wait > 0 {
		return Ticket{}, wait, nil
	}
	if a.state == Open {
		a.turnTo(HalfOpen, a.since)
		a.announce()
	}
	a.inflight++
	a.pressing = a.pressing || pressed
	return Ticket{app: a, subject: req.Subject, entered: now, epoch: a.epoch, pressed: pressed}, 0, nil
}

// take takes one request's worth of the rate, or tells how long to wait for it. The caller holds mu.
func (a *Application) take(now time.Time) time.Duration {
	if !a.cfg.Rate.limited() {
		return 0
	}
	full := a.ahead
	if full.Before(now) {
		full = now
	}
	if over := full.Sub(now) - a.slack(); over > 0 {
		return over
	}
	a.ahead = full.Add(a.interval())
	return 0
}

// interval is the time that one request takes up now.
func (a *Application) interval() time.Duration {
	if !a.cfg.Rate.limited() {
		return 0
	}
	return time.Duration(float64(a.cfg.Rate.interval()) / a.share)
}

// slack is how far the rate may run ahead of the clock.
func (a *Application) slack() time.Duration {
	if a.share < 1 || !a.cfg.Rate.limited() {
		return 0
	}
	return a.cfg.Rate.interval() * time.Duration(a.cfg.Rate.Burst-1)
}

// concurrency is how many requests may be under way now, 0 for no limit.
func (a *Application) concurrency() int {
	if a.cfg.Concurrency == 0 {
		return 0
	}
	return max(1, int(float64(a.cfg.Concurrency)*a.share))
}

// Answer is what came of a request.
type Answer struct {
	// Status is that of the HTTP answer, 0 where there was none.
	Status int
	// RetryAfter is how long the application asks to be left alone, 0 where it does not say.
	RetryAfter time.Duration
	// Unsent means that the request certainly did not leave: there was no connection to send it on.
	Unsent bool
	// Interrupted means that it was given up here, which says nothing of the application.
	Interrupted bool
	// Reason is one line for people where there was no answer. It names no address.
	Reason string
}

// Done tells what came of the request.
func (t Ticket) Done(ans Answer) {
	a := t.app
	if a == nil {
		return
	}
	now := time.Now().UTC()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inflight--
	if t.pressed {
		a.pressing, a.firm = false, ans.overloaded() && now.Before(a.resumeAt)
	}
	if a.queued > 0 {
		a.wake()
	}
	current := t.epoch == a.epoch
	switch {
	case ans.Interrupted:
		if current && a.state == HalfOpen {
			a.turnTo(Open, a.since) // another request is the probe
			a.probeAt = now
			a.announce()
		}
		return
	case ans.overloaded():
		a.slowDown(t.entered, now, ans.RetryAfter)
	case ans.answered():
		a.speedUp()
	}
	switch {
	case !current: // it entered before the breaker opened or closed, which has been decided without it
	case ans.unreached():
		a.failed(now, t.subject, ans)
	default:
		a.reached(now)
	}
}

// jittered draws from the application's name and a number how much of a pause it is to be, between half and all, so that
// several processes and applications do not all come back at once, and the pauses are the same on every run.
func (a *Application) jittered(pause time.Duration, n int) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(a.name))
	_, _ = h.Write([]byte{byte(n)})
	half := pause / 2
	return half + time.Duration(h.Sum64()%uint64(half+1))
}

// grown is the n-th of pauses that double from the least to the most, n counted from 1.
func (a *Application) grown(n int) time.Duration {
	pause := a.cfg.MinPause
	for i := 1; i < n && pause < a.cfg.MaxPause; i++ {
		pause *= 2
	}
	return min(pause, a.cfg.MaxPause)
}

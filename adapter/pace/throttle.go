package pace

import (
	"net/http"
	"time"
)

// How an application that says that it is too much is slowed down for, and how it comes back: what is let through is
// halved each time, and grows by a little with each request that it carries out.
const (
	cut       = 0.5
	recovery  = 0.01
	leastPart = 1.0 / 64
)

// throttle is what an application has said of being told too much.
type throttle struct {
	share    float64   // of the rate and of the requests at once that are let through, above 0 and at most 1
	cutAt    time.Time // when it was cut last
	inARow   int       // how often it was cut without a request in between that went through
	resumeAt time.Time // the end of the pause
	pressing bool      // an urgent request is under way during the pause
	firm     bool      // the application has said so to an urgent request, too
	pauses   uint64
}

// overloaded reports whether the application says that it is told too much.
func (ans Answer) overloaded() bool {
	return ans.Status == http.StatusTooManyRequests || (ans.Status == http.StatusServiceUnavailable && ans.RetryAfter > 0)
}

// answered reports whether the application has dealt with the request, whatever it thinks of it.
func (ans Answer) answered() bool { return ans.Status >= 200 && ans.Status < 500 && !ans.unreached() }

// slowDown pauses and lets less through after that. Those of several requests under way at once that are told the same
// cut it once. The caller holds mu.
func (a *Application) slowDown(entered, now time.Time, retryAfter time.Duration) {
	if entered.After(a.cutAt) {
		a.cutAt = now
		a.firm = a.firm && now.Before(a.resumeAt)
		a.inARow++
		a.pauses++
		if a.state == Closed { // a probe is slow enough
			a.share = max(a.share*cut, leastPart)
		}
		if retryAfter == 0 {
			retryAfter = a.jittered(a.grown(a.inARow), a.inARow)
		}
	}
	if until := now.Add(retryAfter); until.After(a.resumeAt) {
		a.resumeAt = until
	}
	a.announce()
}

// speedUp lets a little more through. The caller holds mu.
func (a *Application) speedUp() {
	a.inARow = 0
	a.share = min(1, a.share+recovery)
}

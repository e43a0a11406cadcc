package pace

import (
	"net/http"
	"strconv"
	"time"
)

// breaker is what is known of whether an application can be reached.
type breaker struct {
	state   State
	since   time.Time           // when it opened or closed
	epoch   uint64              // rises with every change of state
	failing map[string]struct{} // whom it failed for since it answered last
	missed  int                 // how often it could not even be connected to since then
	probes  int                 // how many failed since it opened
	probeAt time.Time           // the next
	reason  string              // of the last failure
	reasons time.Time           // when that was
	opened  uint64              // how often
	answers uint64              // how often it answered
}

// unreached reports whether the application failed as a whole, or as if it did: what it thinks of one change is not said
// by any of these. That our credentials are bad is the same for all, too.
func (ans Answer) unreached() bool {
	switch ans.Status {
	case 0, http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
		http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return true
	}
	return false
}

// text is one line for people.
func (ans Answer) text() string {
	switch {
	case ans.Status == http.StatusUnauthorized || ans.Status == http.StatusProxyAuthRequired:
		return "the application does not accept the connector's credentials (" + strconv.Itoa(ans.Status) + ")"
	case ans.Status != 0:
		return "the application answered " + strconv.Itoa(ans.Status) + " " + http.StatusText(ans.Status)
	case ans.Reason != "":
		return ans.Reason
	}
	return "the application could not be reached"
}

// turnTo changes the state. The caller holds mu.
func (a *Application) turnTo(s State, since time.Time) {
	a.state, a.since = s, since
	a.epoch++
}

// failed counts a failure. A single resource that the application fails about again and again opens nothing: it takes
// failures for several. Where there is no connection, that is not about anybody. The caller holds mu.
func (a *Application) failed(now time.Time, subject string, ans Answer) {
	a.reason, a.reasons = ans.text(), now
	switch {
	case a.state == HalfOpen:
		a.probes++
		a.turnTo(Open, a.since)
	case a.cfg.Failures < 0:
		return
	default:
		if ans.Unsent {
			a.missed++
		} else if len(a.failing) < a.cfg.Failures {
			a.failing[subject] = struct{}{}
		}
		if len(a.failing)+a.missed < a.cfg.Failures {
			return
		}
		a.opened++
		a.probes = 1
		a.turnTo(Open, now)
	}
	pause := max(a.jittered(a.grown(a.probes), a.probes), ans.RetryAfter)
	a.probeAt = now.Add(pause)
	a.announce()
}

// reached closes the breaker: the application answers. The caller holds mu.
func (a *Application) reached(now time.Time) {
	first := a.answers == 0
	a.answers++
	if a.state != Closed {
		a.close(now)
	} else if first {
		a.announce()
	}
	a.forget()
}

func (a *Application) forget() {
	if a.missed > 0 || len(a.failing) > 0 {
		clear(a.failing)
		a.missed = 0
	}
}

// close lets requests through again. The caller holds mu.
func (a *Application) close(now time.Time) {
	a.turnTo(Closed, now)
	a.probes, a.probeAt = 0, time.Time{}
	a.forget()
	a.announce()
}

// TryNow lets the next probe through at once where the breaker is open. With all true it also ends the pause that the
// application has asked for.
func (a *Application) TryNow(all bool) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.probeAt = time.Time{}
	if all {
		a.resumeAt = time.Time{}
	}
	a.announce()
}

package pace

import "time"

// Status is what is known of an application.
type Status struct {
	// State is that of the breaker, and Since when it opened or closed, or when the process began.
	State State     `json:"state"`
	Since time.Time `json:"since"`
	// Reached means that the application has answered since the process began.
	Reached bool `json:"reached"`
	// LastError is the last failure to reach the application, in words for people without any address, and LastErrorAt
	// when that was.
	LastError   string    `json:"last_error,omitempty"`
	LastErrorAt time.Time `json:"last_error_at,omitzero"`
	// NextProbe is when it is tried next, where the breaker is open.
	NextProbe time.Time `json:"next_probe,omitzero"`
	// PausedUntil is the end of the pause that the application has asked for, where there is one.
	PausedUntil time.Time `json:"paused_until,omitzero"`
	// Share is what part of the rate and of the deliveries at once is let through, above 0 and at most 1.
	Share float64 `json:"share"`
	// Rate is how many requests a second are let through now, 0 for no limit.
	Rate float64 `json:"rate,omitempty"`
	// InFlight is how many requests are under way.
	InFlight int `json:"in_flight"`
	// Pauses is how often the application said that it is told too much, and Opened how often the breaker has opened,
	// since the process began.
	Pauses uint64 `json:"pauses"`
	Opened uint64 `json:"opened"`
}

// Status tells what is known of the application.
func (a *Application) Status() Status {
	if a == nil {
		return Status{State: Closed, Share: 1}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Status{
		State: a.state, Since: a.since, Reached: a.answers > 0, LastError: a.reason, LastErrorAt: a.reasons,
		Share: a.share, Rate: a.cfg.Rate.PerSecond() * a.share, InFlight: a.inflight, Pauses: a.pauses, Opened: a.opened,
	}
	if a.state == Open {
		s.NextProbe = a.probeAt
	}
	if a.resumeAt.After(time.Now()) {
		s.PausedUntil = a.resumeAt
	}
	return s
}

// Idle is for how long nothing will be sent for certain, or nothing urgent; 0 where something may be. While the breaker
// is not closed that is longer than anybody waits.
func (a *Application) Idle(urgent bool) time.Duration {
	if a == nil {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state != Closed {
		return someday
	}
	if urgent && !a.firm {
		return 0
	}
	return max(0, time.Until(a.resumeAt))
}

// Ahead is how long it takes at least to send so many requests.
func (a *Application) Ahead(requests int) time.Duration {
	if a == nil {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if requests > MaxRequests {
		requests = MaxRequests
	}
	return time.Duration(requests) * a.interval()
}

package pace

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Defaults of Config.
const (
	DefaultFailures = 5
	DefaultMinPause = time.Second
	DefaultMaxPause = 5 * time.Minute
)

// Bounds of Config.
const (
	MaxRequests = 1_000_000
	MaxPer      = 24 * time.Hour
	MaxFailures = 1000
)

// Rate is so many requests in a time. The zero Rate is no limit.
type Rate struct {
	// Requests is how many there are in Per, 1 to MaxRequests.
	Requests int
	// Per is the time, above 0 and at most MaxPer.
	Per time.Duration
	// Burst is how many of them may come at once after a while without any, 1 to Requests; 1 if 0, so that they are
	// spread evenly. In any time t there are at most Burst + t*Requests/Per requests.
	Burst int
}

func (r Rate) limited() bool { return r.Requests > 0 }

// interval is the time that one request takes up.
func (r Rate) interval() time.Duration { return max(1, r.Per/time.Duration(r.Requests)) }

// PerSecond is the rate as a number, 0 for no limit.
func (r Rate) PerSecond() float64 {
	if !r.limited() {
		return 0
	}
	return float64(r.Requests) / r.Per.Seconds()
}

// String implements fmt.Stringer.
func (r Rate) String() string {
	if !r.limited() {
		return "unlimited"
	}
	return fmt.Sprintf("%d/%s", r.Requests, r.Per)
}

// Config says what an application can bear. Zero values mean the defaults.
type Config struct {
	// Rate bounds the requests in a time; no limit by default.
	Rate Rate
	// Concurrency is how many requests may be under way at once; no limit by default.
	Concurrency int
	// Failures is for how many resources in a row the application has to fail before the breaker opens: DefaultFailures if
	// 0; a negative number never opens it.
	Failures int
	// MinPause and MaxPause bound the time between two probes while the breaker is open, and the pause where the
	// application says that it is too much and not for how long. DefaultMinPause and DefaultMaxPause if 0.
	MinPause, MaxPause time.Duration
}

// Validate reports everything that is wrong, each with the field's name.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch r := c.Rate; {
	case r == Rate{}:
	case r.Requests < 1 || r.Requests > MaxRequests:
		bad("rate: %d requests; want 1 to %d", r.Requests, MaxRequests)
	case r.Per <= 0 || r.Per > MaxPer:
		bad("rate: per %s; want a time above 0 and at most %s", r.Per, MaxPer)
	case r.Burst < 0 || r.Burst > r.Requests:
		bad("rate: a burst of %d; want 1 to the %d requests of the rate", r.Burst, r.Requests)
	}
	if c.Concurrency < 0 {
		bad("concurrency: %d is negative; want how many requests may be under way at once, or 0 for no limit", c.Concurrency)
	}
	if c.Failures > MaxFailures {
		bad("breaker: %d failures; want at most %d", c.Failures, MaxFailures)
	}
	if c.MinPause < 0 || c.MaxPause < 0 || (c.MaxPause > 0 && c.MaxPause < c.MinPause) {
		bad("breaker: pauses from %s to %s; want the maximum not below the minimum, and neither negative", c.MinPause, c.MaxPause)
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	c.Rate.Burst = cmp.Or(c.Rate.Burst, 1)
	c.Failures = cmp.Or(c.Failures, DefaultFailures)
	c.MinPause = cmp.Or(c.MinPause, DefaultMinPause)
	c.MaxPause = max(cmp.Or(c.MaxPause, DefaultMaxPause), c.MinPause)
	return c
}

// and returns the stricter of two configurations in each respect. Both have their defaults.
func (c Config) and(o Config) Config {
	if !c.Rate.limited() || (o.Rate.limited() && o.Rate.PerSecond() < c.Rate.PerSecond()) {
		c.Rate, o.Rate = o.Rate, c.Rate
	}
	if o.Rate.limited() {
		c.Rate.Burst = min(c.Rate.Burst, o.Rate.Burst)
	}
	c.Concurrency = lower(c.Concurrency, o.Concurrency)
	c.Failures = lower(c.Failures, o.Failures)
	c.MinPause, c.MaxPause = min(c.MinPause, o.MinPause), min(c.MaxPause, o.MaxPause)
	return c
}

// lower returns the lower of two limits, of which one that is not above 0 is none.
func lower(a, b int) int {
	switch {
	case a <= 0:
		return b
	case b <= 0:
		return a
	}
	return min(a, b)
}

// Interface guard.
var _ fmt.Stringer = Rate{}

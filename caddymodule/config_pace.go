package caddymodule

import (
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/pace"
)

// Pace says what an application can bear. It holds for all tenants who tell the same application: where they say
// different things the strictest counts in each respect.
type Pace struct {
	// Name says which application it is. Tenants whose applications have the same name share its rate, its concurrency and
	// its breaker. Default: the application's URL.
	Name string `json:"name,omitempty"`

	// Rate bounds how many requests there are in a time, lookups and lists with them. Default: no bound.
	Rate *Rate `json:"rate,omitempty"`

	// Concurrency is how many requests may be under way at once, for all tenants together. Default: no bound but each
	// tenant's `delivery.concurrency`.
	Concurrency int `json:"concurrency,omitempty"`

	// Breaker says when an application that cannot be reached is left alone. Default: after failures for 5 resources.
	Breaker *Breaker `json:"breaker,omitempty"`
}

// Rate is so many requests in a time.
type Rate struct {
	// Requests is how many there may be in Per, 1 to 1000000. Required.
	Requests int `json:"requests,omitempty"`

	// Per is the time, at most 24h. Default: 1s.
	Per caddy.Duration `json:"per,omitempty"`

	// Burst is how many may come at once after a while without any. Default: 1, which spreads them evenly.
	Burst int `json:"burst,omitempty"`
}

// Breaker leaves an application alone that cannot be reached, but for a probe now and then.
type Breaker struct {
	// Off never leaves it alone: each resource is tried after its own pauses.
	Off bool `json:"off,omitempty"`

	// Failures is for how many resources in a row the application has to fail before nothing is sent any more, 1 to 1000:
	// no connection, no answer in time, 408, 502, 503, 504, or 401 and 407, which say that the credentials are bad.
	// Default: 5.
	Failures int `json:"failures,omitempty"`

	// MaxPause is the longest time between two probes. The first comes after `delivery.retry_min`, and each pause is twice
	// the one before. Default: `delivery.retry_max`.
	MaxPause caddy.Duration `json:"max_pause,omitempty"`
}

// pace puts what is said of the application's pace into a tenant's configuration.
func (a *Application) pace(cfg *adapter.TenantConfig) {
	p := a.Pace
	if p == nil {
		return
	}
	cfg.Application, cfg.Pace.Concurrency = p.Name, p.Concurrency
	if r := p.Rate; r != nil {
		cfg.Pace.Rate = pace.Rate{Requests: r.Requests, Per: time.Duration(r.Per), Burst: r.Burst}
		if r.Per == 0 {
			cfg.Pace.Rate.Per = time.Second
		}
	}
	if b := p.Breaker; b != nil {
		if cfg.Pace.Failures, cfg.Pace.MaxPause = b.Failures, time.Duration(b.MaxPause); b.Off {
			cfg.Pace.Failures = -1
		}
	}
}

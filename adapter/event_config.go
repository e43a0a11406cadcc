package adapter

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/event"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/scim"
)

// Defaults of EventsConfig.
const (
	DefaultEventRetention = 7 * 24 * time.Hour
	DefaultMaxQueued      = 100_000
	DefaultPollWait       = 30 * time.Second
)

// MaxEventRetention is the longest that events can be kept.
const MaxEventRetention = event.MaxRetention

// EventsConfig says which of a tenant's events go where, RFC 9967. Zero values mean the defaults.
type EventsConfig struct {
	// Issuer is the iss of all the tenant's events: the SCIM root as receivers know it, an http or https URL. It is
	// required where there are streams: an event is signed long after the request whose Host header could have told it.
	Issuer string
	// Retention is how long an event waits to be taken, 7 days by default, 90 at most; after that it is dropped.
	Retention time.Duration
	// MaxQueued is how many events wait in each stream, 100,000 by default; of more the oldest are dropped.
	MaxQueued int
	// PollWait is how long a poll waits for an event, 30s by default.
	PollWait time.Duration
	// Streams are the receivers, each with a queue of its own.
	Streams []StreamConfig
}

// StreamConfig is one receiver of events.
type StreamConfig struct {
	// Name is the stream's name, as tenants are named. The queue is kept under it.
	Name string
	// Audience is the aud of the stream's events. By default it is the URL that the stream is polled at, with the tenant's
	// name. Streams of two tenants with one issuer may have no audience in common.
	Audience []string
	// Events lists the URIs of the events that the receiver gets, those of scim.EventURIs by default.
	Events []string
	// Push sends the events to a receiver. Nil lets the receiver poll for them.
	Push *event.Pusher
}

var streamName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

func (c *EventsConfig) withDefaults(tenant kv.Tenant) *EventsConfig {
	if c == nil {
		return nil
	}
	out := *c
	if out.Retention == 0 {
		out.Retention = DefaultEventRetention
	}
	if out.MaxQueued == 0 {
		out.MaxQueued = DefaultMaxQueued
	}
	if out.PollWait == 0 {
		out.PollWait = DefaultPollWait
	}
	out.Streams = slices.Clone(out.Streams)
	for i := range out.Streams {
		s := &out.Streams[i]
		if len(s.Audience) == 0 {
			s.Audience = out.audience(tenant, s.Name)
		}
		if len(s.Events) == 0 {
			s.Events = scim.EventURIs()
		}
	}
	return &out
}

// orDefault is the configuration, or where there is none the bounds of queues that an earlier one has left.
func (c *EventsConfig) orDefault() *EventsConfig {
	if c != nil {
		return c
	}
	return new(EventsConfig).withDefaults(kv.Tenant{})
}

// validate reports all that is wrong, defaults counting as set.
func (c *EventsConfig) validate(bad func(format string, args ...any)) {
	if c == nil {
		return
	}
	if c.Issuer == "" && len(c.Streams) > 0 {
		bad("events.issuer: missing; receivers know by it whose events they get")
	}
	if c.Issuer != "" {
		if u, err := url.Parse(c.Issuer); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			bad("events.issuer: not an http or https URL without user, query and fragment")
		}
	}
	if c.Retention < 0 || c.Retention > MaxEventRetention {
		bad("events.retention: %s is not between 0 and %s", c.Retention, MaxEventRetention)
	}
	if c.MaxQueued < 0 || c.PollWait < 0 {
		bad("events: limits must not be negative")
	}
	seen := map[string]bool{}
	for i, s := range c.Streams {
		switch {
		case !streamName.MatchString(s.Name):
			bad("events.streams[%d].name: must be 1 to 63 of a-z, 0-9, _ and -, and begin with a letter or digit", i)
		case seen[s.Name]:
			bad("events.streams[%d].name: %q is there twice", i, s.Name)
		}
		seen[s.Name] = true
		if slices.Contains(s.Audience, "") {
			bad("events.streams[%d].audience: it is empty", i)
		}
		for _, uri := range s.Events {
			if !slices.Contains(scim.EventURIs(), uri) {
				bad("events.streams[%d].events: %s is not published", i, fmt.Sprintf("%.80q", uri))
			}
		}
	}
}

// stream returns one of the streams.
func (c *EventsConfig) stream(name string) (StreamConfig, bool) {
	if c != nil {
		for _, s := range c.Streams {
			if s.Name == name {
				return s, true
			}
		}
	}
	return StreamConfig{}, false
}

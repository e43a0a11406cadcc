package caddymodule

import "github.com/caddyserver/caddy/v2"

// Events says who is told of a tenant's changes, by signed Security Event Tokens (RFC 9967).
type Events struct {
	// Issuer is the SCIM root as receivers know it; it stands in every event as `iss`. {env.*} and {file.*} are
	// replaced. Required where there are streams.
	Issuer string `json:"issuer,omitempty"`

	// Retention is how long an event waits for its receiver before it is dropped, 90 days at most. Default: 168h.
	Retention caddy.Duration `json:"retention,omitempty"`

	// MaxQueued is how many events wait in each stream; of more the oldest are dropped. Default: 100000.
	MaxQueued int `json:"max_queued,omitempty"`

	// PollWait is how long a receiver that polls waits for an event. Default: 30s.
	PollWait caddy.Duration `json:"poll_wait,omitempty"`

	// Streams are the receivers, by their names: 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit. Each
	// has a queue of its own, which is kept under its name. Default: none.
	Streams map[string]*EventStream `json:"streams,omitempty"`
}

// EventStream is one receiver of events.
type EventStream struct {
	// Audience is who the events are for; it stands in them as `aud`. Streams of two tenants with one
	// issuer may have none in common. Default: the URL that the stream is polled at, and `?tenant=` with the tenant's name.
	Audience []string `json:"audience,omitempty"`

	// Events lists what is told: `create`, `put`, `patch`, `delete`, `activate`, `deactivate`, and `asyncresp`, what
	// came of an asynchronous request. Default: all of them.
	Events []string `json:"events,omitempty"`

	// Push sends the events to the receiver (RFC 8935). Default: the receiver polls for them (RFC 8936), at
	// `/Events/poll/<name>` below the SCIM root, with a token of the tenant's.
	Push *EventPush `json:"push,omitempty"`
}

// EventPush is where events are sent to.
type EventPush struct {
	// URL takes the events: https, or http on this machine. Required. {env.*} and {file.*} are replaced.
	URL string `json:"url,omitempty"`

	// Auth is how requests are authenticated. Default: not at all.
	Auth *Auth `json:"auth,omitempty"`

	// Headers are sent with every request. {env.*} and {file.*} are replaced. Default: none.
	Headers map[string][]string `json:"headers,omitempty"`

	// Timeout bounds one request. Default: 10s.
	Timeout caddy.Duration `json:"timeout,omitempty"`
}

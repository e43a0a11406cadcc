package caddymodule

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/event"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/scim"
)

// eventURIs are the events by the names that they have in a configuration.
var eventURIs = map[string]string{
	"create": scim.EventCreate, "put": scim.EventPut, "patch": scim.EventPatch, "delete": scim.EventDelete,
	"activate": scim.EventActivate, "deactivate": scim.EventDeactivate, "asyncresp": scim.EventAsyncResp,
}

// eventNames lists the names of the events in the order in which they are published.
func eventNames() []string {
	names := slices.Collect(maps.Keys(eventURIs))
	uris := scim.EventURIs()
	slices.SortFunc(names, func(a, b string) int {
		return slices.Index(uris, eventURIs[a]) - slices.Index(uris, eventURIs[b])
	})
	return names
}

// events makes the tenant's events. It connects to nothing.
func (s *setup) events(e *Events) (*adapter.EventsConfig, error) {
	if e == nil {
		return nil, nil
	}
	issuer, err := replace(e.Issuer)
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	cfg := &adapter.EventsConfig{
		Issuer: strings.TrimRight(issuer, "/"), Retention: time.Duration(e.Retention), MaxQueued: e.MaxQueued, PollWait: time.Duration(e.PollWait),
	}
	for _, name := range slices.Sorted(maps.Keys(e.Streams)) {
		stream := e.Streams[name]
		if stream == nil {
			stream = new(EventStream)
		}
		out := adapter.StreamConfig{Name: name, Audience: slices.Clone(stream.Audience)}
		for _, event := range stream.Events {
			uri, ok := eventURIs[event]
			if !ok {
				return nil, fmt.Errorf("stream %.80q: events: %.80q is none of %s", name, event, strings.Join(eventNames(), ", "))
			}
			out.Events = append(out.Events, uri)
		}
		if stream.Push != nil {
			if out.Push, err = stream.Push.pusher(); err != nil {
				return nil, fmt.Errorf("stream %.80q: push: %w", name, err)
			}
			s.closers = append(s.closers, out.Push.Close)
		}
		cfg.Streams = append(cfg.Streams, out)
	}
	return cfg, nil
}

func (p *EventPush) pusher() (*event.Pusher, error) {
	cfg := event.PushConfig{Timeout: time.Duration(p.Timeout)}
	var err error
	if cfg.URL, err = secret(p.URL); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if cfg.Header, err = headers(p.Headers); err != nil {
		return nil, err
	}
	name, value, err := p.Auth.header()
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if name != "" {
		if cfg.Header.Get(name) != "" {
			return nil, fmt.Errorf("auth: sets %s, which headers set too", name)
		}
		cfg.Header.Set(name, value)
	}
	return event.NewPusher(cfg)
}

// header is what authenticates, as a header. No name is none.
func (a *Auth) header() (name, value string, err error) {
	auth, err := a.connector()
	if err != nil {
		return "", "", err
	}
	kinds := 0
	if auth.Bearer != "" {
		kinds++
		name, value = "Authorization", "Bearer "+auth.Bearer
	}
	if auth.Username != "" || auth.Password != "" {
		kinds++
		req := http.Request{Header: make(http.Header)}
		req.SetBasicAuth(auth.Username, auth.Password)
		name, value = "Authorization", req.Header.Get("Authorization")
	}
	if auth.HeaderName != "" {
		kinds++
		name, value = auth.HeaderName, auth.HeaderValue
	}
	if kinds > 1 {
		return "", "", errors.New("want one of bearer, basic and header")
	}
	return name, value, nil
}

// closing returns a channel that is closed when the server that is being provisioned begins to shut down, nil where there
// is none. Receivers that wait for an event would hold it up.
func closing(ctx caddy.Context) <-chan struct{} {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok {
		return nil
	}
	done := make(chan struct{})
	server.RegisterOnShutdown(sync.OnceFunc(func() { close(done) }))
	return done
}

// The metrics of events.
var (
	eventDeliveries = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "events_total",
		Help: "Events that receivers were given, by tenant, stream and outcome: accepted, rejected, or failed and sent again.",
	}, []string{"tenant", "stream", "outcome"})
	eventsDropped = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "events_dropped_total",
		Help: "Events that no receiver has taken, by tenant, stream and reason: expired, overflow.",
	}, []string{"tenant", "stream", "reason"})
)

// EventDelivered implements adapter.EventObserver.
func (observer) EventDelivered(tenant kv.Tenant, stream string, outcome event.Verdict) {
	eventDeliveries.WithLabelValues(tenant.Name(), stream, string(outcome)).Inc()
}

// EventsDropped implements adapter.EventObserver.
func (observer) EventsDropped(tenant kv.Tenant, stream, reason string, n int) {
	eventsDropped.WithLabelValues(tenant.Name(), stream, reason).Add(float64(n))
}

// rotateEventKey lets a new key sign events.
func (c *adminCall) rotateEventKey() error {
	if err := c.session.backend.engine.RotateEventKey(c.Context()); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// Interface guard.
var _ adapter.EventObserver = observer{}

package caddymodule

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/pace"
)

// The metrics of how applications bear what they are told. Tenants who share an application have the same values.
var (
	breakerDesc = prometheus.NewDesc("caddy_scim_breaker_state",
		"Whether the tenant's application is told of changes: 0 for closed (it is), 1 for half-open (a probe is under way), 2 for open (it cannot be reached).",
		[]string{"tenant"}, nil)
	openedDesc = prometheus.NewDesc("caddy_scim_breaker_opened_total",
		"How often the tenant's application could not be reached any more.", []string{"tenant"}, nil)
	pausesDesc = prometheus.NewDesc("caddy_scim_pauses_total",
		"How often the tenant's application has said that it is told too much (429, or 503 with Retry-After).", []string{"tenant"}, nil)
	pausedDesc = prometheus.NewDesc("caddy_scim_paused_seconds",
		"For how long the tenant's application is not told of anything yet, because it asked for that.", []string{"tenant"}, nil)
	shareDesc = prometheus.NewDesc("caddy_scim_pace_share",
		"What part of the rate and of the deliveries at once is let through to the tenant's application, 1 for all.", []string{"tenant"}, nil)
	rateDesc = prometheus.NewDesc("caddy_scim_rate",
		"How many requests a second are let through to the tenant's application; absent where no rate is set.", []string{"tenant"}, nil)
	oldestDesc = prometheus.NewDesc("caddy_scim_backlog_oldest_seconds",
		"For how long the change has waited that the tenant's application is told of next, 0 where none waits. What pauses after failures of its own is not counted.",
		[]string{"tenant"}, nil)
)

var paceDescs = []*prometheus.Desc{breakerDesc, openedDesc, pausesDesc, pausedDesc, shareDesc, rateDesc, oldestDesc}

// paceCollector asks the running session when the metrics are read.
type paceCollector struct{}

// Describe implements prometheus.Collector.
func (paceCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range paceDescs {
		ch <- desc
	}
}

// Collect implements prometheus.Collector.
func (paceCollector) Collect(ch chan<- prometheus.Metric) {
	s := live.enterNewest()
	if s == nil {
		return
	}
	defer s.leave()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.generation.Tenants(func(t *adapter.Tenant) { collectPace(ctx, ch, t) })
}

func collectPace(ctx context.Context, ch chan<- prometheus.Metric, t *adapter.Tenant) {
	name, status := t.ID().Name(), t.Pace()
	gauge := func(desc *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, name)
	}
	state := 0.0
	switch status.State {
	case pace.HalfOpen:
		state = 1
	case pace.Open:
		state = 2
	}
	gauge(breakerDesc, state)
	ch <- prometheus.MustNewConstMetric(openedDesc, prometheus.CounterValue, float64(status.Opened), name)
	ch <- prometheus.MustNewConstMetric(pausesDesc, prometheus.CounterValue, float64(status.Pauses), name)
	paused := 0.0
	if !status.PausedUntil.IsZero() {
		paused = max(0, time.Until(status.PausedUntil).Seconds())
	}
	gauge(pausedDesc, paused)
	gauge(shareDesc, status.Share)
	if status.Rate > 0 {
		gauge(rateDesc, status.Rate)
	}
	if since, found, err := t.OldestDue(ctx); err == nil {
		age := 0.0
		if found {
			age = max(0, time.Since(since).Seconds())
		}
		gauge(oldestDesc, age)
	}
}

// Interface guard.
var _ prometheus.Collector = paceCollector{}

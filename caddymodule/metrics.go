package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// The metrics. They outlive configurations, so a reload sets nothing back. A tenant appears once somebody has
// authenticated as it, so only the operator adds labels.
var (
	requestSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "request_duration_seconds",
		Help:    "How long SCIM requests took, by tenant (empty before authentication), method and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"tenant", "method", "code"})
	refusedTokens = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "refused_tokens_total",
		Help: "Bearer tokens that were not accepted, by reason: unknown, expired, revoked, or failed when the store could not tell.",
	}, []string{"reason"})
	backlogDesc = prometheus.NewDesc("caddy_scim_backlog",
		"Resources that the application has not been told of yet, by tenant.", []string{"tenant"}, nil)
)

// registerMetrics adds the metrics to the registry of a configuration.
func registerMetrics(registry prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{requestSeconds, refusedTokens, backlogCollector{}} {
		var twice prometheus.AlreadyRegisteredError
		if err := registry.Register(c); err != nil && !errors.As(err, &twice) {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// knownMethods keep clients from adding labels.
var knownMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

func countRequest(tenant, method string, status int, took time.Duration) {
	if !slices.Contains(knownMethods, method) {
		method = "OTHER"
	}
	requestSeconds.WithLabelValues(tenant, method, strconv.Itoa(status)).Observe(took.Seconds())
}

func countRefusal(err error) {
	reason := "failed"
	switch {
	case errors.Is(err, token.ErrUnknown):
		reason = "unknown"
	case errors.Is(err, token.ErrExpired):
		reason = "expired"
	case errors.Is(err, token.ErrRevoked):
		reason = "revoked"
	}
	refusedTokens.WithLabelValues(reason).Inc()
}

// backlogCollector asks the running session when the metrics are read.
type backlogCollector struct{}

// Describe implements prometheus.Collector.
func (backlogCollector) Describe(ch chan<- *prometheus.Desc) { ch <- backlogDesc }

// Collect implements prometheus.Collector.
func (backlogCollector) Collect(ch chan<- prometheus.Metric) {
	s := live.enterNewest()
	if s == nil {
		return
	}
	defer s.leave()
	s.generation.Tenants(func(t *adapter.Tenant) {
		ch <- prometheus.MustNewConstMetric(backlogDesc, prometheus.GaugeValue, float64(t.Backlog()), t.ID().Name())
	})
}

// Interface guard.
var _ prometheus.Collector = backlogCollector{}

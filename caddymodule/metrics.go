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
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/limit"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
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
		Help: "Bearer tokens that were not accepted, by reason: unknown, expired, revoked, scope, or failed when it could not be told.",
	}, []string{"reason"})
	limited = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "limited_requests_total",
		Help: "Requests that were answered with 429, by tenant (empty before authentication) and reason: rate, concurrency, polls, failures.",
	}, []string{"tenant", "reason"})
	deliveries = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "deliveries_total",
		Help: "Calls on the applications, by tenant, action and outcome: done, retry, refused; or what a lookup found: adopted, absent, unknowable.",
	}, []string{"tenant", "action", "outcome"})
	decisions = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "decisions_total",
		Help: "Changes that were judged, by tenant and verdict: allow, deny, hold, or failed where the policy broke.",
	}, []string{"tenant", "verdict"})
	policyCalls = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "policy_calls_total",
		Help: "Calls of policies, by tenant, policy (policy, guard, shadow), hook and outcome: answered, failed.",
	}, []string{"tenant", "policy", "hook", "outcome"})
	policyFuel = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "policy_fuel_total",
		Help: "Fuel that calls of policies took, by tenant, policy (policy, guard, shadow) and hook.",
	}, []string{"tenant", "policy", "hook"})
	policyShadows = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "policy_shadow_total",
		Help: "What came of questions for shadows, by tenant and result: same, different, failed, dropped.",
	}, []string{"tenant", "result"})
	withheld = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "withheld_deprovisions_total",
		Help: "Changes that the deprovision limit held, by tenant.",
	}, []string{"tenant"})
	backlogDesc = prometheus.NewDesc("caddy_scim_backlog",
		"Resources that the application has not been told of yet, by tenant.", []string{"tenant"}, nil)
)

// registerMetrics adds the metrics to the registry of a configuration.
func registerMetrics(registry prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{requestSeconds, refusedTokens, limited, deliveries, decisions, eventDeliveries, eventsDropped,
		noticesSent, noticesDropped, alarmCollector{}, policyCalls, policyFuel, policyShadows, withheld, gateRequests, backlogCollector{}, paceCollector{}, hostCollector{}} {
		var twice prometheus.AlreadyRegisteredError
		if err := registry.Register(c); err != nil && !errors.As(err, &twice) {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// observer counts what the engine tells.
type observer struct{}

// Decided implements adapter.Observer.
func (observer) Decided(tenant kv.Tenant, verdict string) {
	decisions.WithLabelValues(tenant.Name(), verdict).Inc()
}

// Delivered implements adapter.Observer.
func (observer) Delivered(tenant kv.Tenant, action abi.Action, outcome string) {
	deliveries.WithLabelValues(tenant.Name(), string(action), outcome).Inc()
}

// Asked implements adapter.Observer.
func (observer) Asked(tenant kv.Tenant, who, hook string, fuel uint64, failed bool) {
	outcome := "answered"
	if failed {
		outcome = "failed"
	}
	policyCalls.WithLabelValues(tenant.Name(), who, hook, outcome).Inc()
	policyFuel.WithLabelValues(tenant.Name(), who, hook).Add(float64(fuel))
}

// Shadowed implements adapter.Observer.
func (observer) Shadowed(tenant kv.Tenant, result string) {
	policyShadows.WithLabelValues(tenant.Name(), result).Inc()
}

// Withheld implements adapter.Observer.
func (observer) Withheld(tenant kv.Tenant) { withheld.WithLabelValues(tenant.Name()).Inc() }

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
	var scope *token.ScopeError
	switch {
	case errors.As(err, &scope):
		reason = "scope"
	case errors.Is(err, token.ErrUnknown):
		reason = "unknown"
	case errors.Is(err, token.ErrExpired):
		reason = "expired"
	case errors.Is(err, token.ErrRevoked):
		reason = "revoked"
	}
	refusedTokens.WithLabelValues(reason).Inc()
}

// countLimited counts a request that was answered with 429.
func countLimited(tenant string, why limit.Reason) {
	limited.WithLabelValues(tenant, string(why)).Inc()
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

// Interface guards.
var (
	_ prometheus.Collector = backlogCollector{}
	_ prometheus.Collector = hostCollector{}
	_ adapter.Observer     = observer{}
)

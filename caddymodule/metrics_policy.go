package caddymodule

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-scim/caddy-scim/plugins"
)

// What the host of policies holds.
var (
	hostPoliciesDesc = prometheus.NewDesc("caddy_scim_policies_loaded",
		"Policies that are loaded: of configurations, guards and releases, each once for a tenant.", nil, nil)
	hostCompiledDesc = prometheus.NewDesc("caddy_scim_policies_compiled",
		"Different modules whose compiled code is in memory.", nil, nil)
	hostInstancesDesc = prometheus.NewDesc("caddy_scim_policy_instances",
		"Instances of policies, by state: idle, busy.", []string{"state"}, nil)
	hostIdleBytesDesc = prometheus.NewDesc("caddy_scim_policy_idle_bytes",
		"Memory that idle instances and idle compiled code hold.", nil, nil)
	hostEvictedDesc = prometheus.NewDesc("caddy_scim_policy_evicted_total",
		"Instances and compiled modules that were given up for others.", nil, nil)
)

// hostCollector asks the host of policies when the metrics are read.
type hostCollector struct{}

// Describe implements prometheus.Collector.
func (hostCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{hostPoliciesDesc, hostCompiledDesc, hostInstancesDesc, hostIdleBytesDesc, hostEvictedDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (hostCollector) Collect(ch chan<- prometheus.Metric) {
	var s plugins.Stats
	policyHosts.Range(func(_, value any) bool {
		if h, ok := value.(policyHost); ok {
			s = h.Stats()
		}
		return true
	})
	gauge := func(d *prometheus.Desc, value int, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
	}
	gauge(hostPoliciesDesc, s.Policies)
	gauge(hostCompiledDesc, s.Compiled)
	gauge(hostInstancesDesc, s.Idle, "idle")
	gauge(hostInstancesDesc, s.Instances-s.Idle, "busy")
	gauge(hostIdleBytesDesc, s.IdleBytes)
	ch <- prometheus.MustNewConstMetric(hostEvictedDesc, prometheus.CounterValue, float64(s.Evicted))
}

package caddymodule

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// listAlarms answers with the alarms that are raised.
func (c *adminCall) listAlarms() error {
	list, err := c.tenant.Alarms(c.Context())
	if err != nil {
		return err
	}
	if list == nil {
		list = []adapter.Alarm{}
	}
	return c.answer(http.StatusOK, map[string]any{"alarms": list})
}

// webhooks serves what is below webhooks.
func (c *adminCall) webhooks(rest []string, notFound error) error {
	switch {
	case len(rest) == 0:
		return c.route(map[string]func() error{http.MethodGet: func() error {
			list, err := c.tenant.Webhooks(c.Context())
			if err != nil {
				return err
			}
			return c.answer(http.StatusOK, map[string]any{"webhooks": list})
		}})
	case len(rest) == 1 && rest[0] == "test":
		return c.route(map[string]func() error{http.MethodPost: func() error {
			list, err := c.tenant.TestWebhooks(c.Context())
			if err != nil {
				return err
			}
			c.audit().Info("webhooks tested", "webhooks", len(list))
			return c.answer(http.StatusOK, map[string]any{"webhooks": list})
		}})
	}
	return notFound
}

// The metrics of alarms and notices.
var (
	alarmDesc = prometheus.NewDesc("caddy_scim_alarm",
		"Alarms that are raised, by tenant and kind.", []string{"tenant", "kind"}, nil)
	noticesSent = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "notices_total",
		Help: "Notices that webhooks were sent, by tenant, webhook and outcome: taken, unwanted, or failed; the last two are sent again.",
	}, []string{"tenant", "webhook", "outcome"})
	noticesDropped = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "scim", Name: "notices_dropped_total",
		Help: "Notices that a webhook has not taken, by tenant, webhook and reason: expired, overflow, unwanted.",
	}, []string{"tenant", "webhook", "reason"})
)

// NoticeSent implements adapter.NoticeObserver.
func (observer) NoticeSent(tenant kv.Tenant, webhook, outcome string) {
	noticesSent.WithLabelValues(tenant.Name(), webhook, outcome).Inc()
}

// NoticesDropped implements adapter.NoticeObserver.
func (observer) NoticesDropped(tenant kv.Tenant, webhook, reason string, n int) {
	noticesDropped.WithLabelValues(tenant.Name(), webhook, reason).Add(float64(n))
}

// alarmCollector reads the store when the metrics are read.
type alarmCollector struct{}

// Describe implements prometheus.Collector.
func (alarmCollector) Describe(ch chan<- *prometheus.Desc) { ch <- alarmDesc }

// Collect implements prometheus.Collector. Every kind is there for every tenant, so that an alert has something to look at.
func (alarmCollector) Collect(ch chan<- prometheus.Metric) {
	s := live.enterNewest()
	if s == nil {
		return
	}
	defer s.leave()
	s.generation.Tenants(func(t *adapter.Tenant) {
		counts, err := t.CountAlarms()
		if err != nil {
			return // the store is closing, or the log says what is wrong with it
		}
		for kind, n := range counts {
			ch <- prometheus.MustNewConstMetric(alarmDesc, prometheus.GaugeValue, float64(n), t.ID().Name(), string(kind))
		}
	})
}

// Interface guards.
var (
	_ prometheus.Collector   = alarmCollector{}
	_ adapter.NoticeObserver = observer{}
)

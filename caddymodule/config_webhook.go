package caddymodule

import (
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/webhook"
)

// Webhook is a receiver of notices: of what waits for somebody, of alarms, of what failed for good. It is sent them by the
// scheme of Standard Webhooks.
type Webhook struct {
	// URL takes the notices: https, or http on this machine. Required. {env.*} and {file.*} are replaced.
	URL string `json:"url,omitempty"`

	// Name names the webhook and its queue, which is kept under it. Default: the URL's host, with the port if it has one.
	Name string `json:"name,omitempty"`

	// Secrets sign the notices: "whsec_" and base64 of 24 to 512 bytes. Several at once let one be replaced with no gap.
	// Required. {env.*} and {file.*} are replaced, and a secret is best written in no other way.
	Secrets []string `json:"secrets,omitempty"`

	// Only lists the kinds of notices that are sent: `approval.waiting`, `approval.answered`, `alarm.raised`,
	// `alarm.cleared`, `deadletter.added`, `import.finished`, `reconcile.finished`. Default: all of them.
	Only []string `json:"only,omitempty"`

	// Headers are sent with every request. {env.*} and {file.*} are replaced. Default: none.
	Headers map[string][]string `json:"headers,omitempty"`

	// Timeout bounds one request. Default: 15s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// Retention is for how long a notice waits for the receiver before it is dropped. Default: 72h.
	Retention caddy.Duration `json:"retention,omitempty"`

	// MaxQueued is how many notices wait; of more the oldest are dropped. Default: 10000.
	MaxQueued int `json:"max_queued,omitempty"`

	// PlainHTTP allows a URL with http to another machine. Default: false.
	PlainHTTP bool `json:"plain_http,omitempty"`
}

// Alarms says from when on a connection counts as failing or silent.
type Alarms struct {
	// Failures and Percent are how many requests of a connection must have failed, and which part of all, within Window.
	// Defaults: 20 requests, 20 percent, 2h.
	Failures int            `json:"failures,omitempty"`
	Percent  int            `json:"percent,omitempty"`
	Window   caddy.Duration `json:"window,omitempty"`

	// FailuresOff raises no alarm of failures. Default: false.
	FailuresOff bool `json:"failures_off,omitempty"`

	// Silent is after how long without a request a connection that has talked before counts as silent. Default: never.
	Silent caddy.Duration `json:"silent,omitempty"`
}

// hooks makes the tenant's webhooks and, behind them, the operator's. It connects to nothing.
func (s *setup) hooks(lists ...[]*Webhook) ([]adapter.WebhookConfig, error) {
	var all []adapter.WebhookConfig
	for _, list := range lists {
		for i, w := range list {
			if w == nil {
				w = new(Webhook)
			}
			out, err := w.sender()
			if err != nil {
				return nil, fmt.Errorf("webhook %d: %w", i+1, err)
			}
			s.closers = append(s.closers, out.Sender.Close)
			all = append(all, out)
		}
	}
	return all, nil
}

func (w *Webhook) sender() (out adapter.WebhookConfig, err error) {
	cfg := webhook.Config{Plain: w.PlainHTTP, Timeout: time.Duration(w.Timeout)}
	if cfg.URL, err = secret(w.URL); err != nil {
		return out, fmt.Errorf("url: %w", err)
	}
	for i, raw := range w.Secrets {
		value, err := secret(raw)
		if err != nil {
			return out, fmt.Errorf("secret %d: %w", i+1, err)
		}
		cfg.Secrets = append(cfg.Secrets, value)
	}
	if cfg.Header, err = headers(w.Headers); err != nil {
		return out, err
	}
	if out.Sender, err = webhook.New(cfg); err != nil {
		return out, err
	}
	if out.Name = w.Name; out.Name == "" {
		out.Name = out.Sender.Host()
	}
	for _, kind := range w.Only {
		out.Only = append(out.Only, adapter.NoticeKind(kind))
	}
	out.Retention, out.MaxQueued = time.Duration(w.Retention), w.MaxQueued
	return out, nil
}

// config is what the engine is told. What is nil is all defaults.
func (a *Alarms) config() adapter.AlarmsConfig {
	if a == nil {
		return adapter.AlarmsConfig{}
	}
	return adapter.AlarmsConfig{
		Failures: a.Failures, Percent: a.Percent, Window: time.Duration(a.Window), FailuresOff: a.FailuresOff, Silent: time.Duration(a.Silent),
	}
}

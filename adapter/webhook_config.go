package adapter

import (
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/webhook"
)

// Defaults of WebhookConfig.
const (
	DefaultNoticeRetention = 72 * time.Hour
	DefaultMaxNotices      = 10_000
)

// maxWebhooks bounds the webhooks of a tenant.
const maxWebhooks = 16

// WebhookConfig is one receiver of a tenant's notices. Zero values mean the defaults.
type WebhookConfig struct {
	// Name is that of the webhook's queue, unique in the tenant: at most 255 bytes.
	Name string
	// Sender sends the notices.
	Sender *webhook.Sender
	// Only lists the kinds that are sent; none for all.
	Only []NoticeKind
	// Retention is for how long a notice waits for the receiver before it is dropped, 72h by default.
	Retention time.Duration
	// MaxQueued is how many notices wait, 10,000 by default; of more the oldest are dropped.
	MaxQueued int
	// RetryMin and RetryMax bound the pause before a notice is sent again, 1s and 5m by default. It doubles from one to the
	// other.
	RetryMin, RetryMax time.Duration
}

func (w *WebhookConfig) setDefaults() {
	if w.Retention == 0 {
		w.Retention = DefaultNoticeRetention
	}
	if w.RetryMin == 0 {
		w.RetryMin = DefaultRetryMin
	}
	if w.RetryMax == 0 {
		w.RetryMax = max(w.RetryMin, DefaultRetryMax)
	}
	if w.MaxQueued == 0 {
		w.MaxQueued = DefaultMaxNotices
	}
}

// webhook returns one of the tenant's webhooks.
func (c *TenantConfig) webhook(name string) (WebhookConfig, bool) {
	for _, w := range c.Webhooks {
		if w.Name == name {
			return w, true
		}
	}
	return WebhookConfig{}, false
}

func (c *TenantConfig) validateWebhooks(bad func(format string, args ...any)) {
	if len(c.Webhooks) > maxWebhooks {
		bad("webhooks: there are %d; want at most %d", len(c.Webhooks), maxWebhooks)
	}
	seen := map[string]bool{}
	for i, w := range c.Webhooks {
		switch {
		case w.Name == "" || len(w.Name) > 255:
			bad("webhooks[%d].name: want 1 to 255 bytes", i)
		case seen[w.Name]:
			bad("webhooks[%d].name: %q is there twice; give one of them another name", i, w.Name)
		}
		seen[w.Name] = true
		if w.Sender == nil {
			bad("webhooks[%d].url: missing", i)
		}
		for _, kind := range w.Only {
			if !slices.Contains(NoticeKinds(), kind) {
				bad("webhooks[%d].only: %.80q is not one of %v", i, kind, NoticeKinds())
			}
		}
		if w.Retention < 0 || w.MaxQueued < 0 {
			bad("webhooks[%d]: retention and max_queued must not be negative", i)
		}
	}
}

// NoticeObserver is an Observer that is also told of notices.
type NoticeObserver interface {
	// NoticeSent is told what came of sending a notice: taken, unwanted or failed.
	NoticeSent(tenant kv.Tenant, webhook, outcome string)
	// NoticesDropped is told of notices that the receiver has not taken: as they were too old ("expired"), too many
	// ("overflow"), or as it would not have them ("unwanted").
	NoticesDropped(tenant kv.Tenant, webhook, reason string, n int)
}

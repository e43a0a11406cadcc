package caddymodule

import (
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/adapter"
)

// Reconcile says how the application is compared with what it was told. It needs the application's list.
type Reconcile struct {
	// Every is how often it is compared unattended, a minute at least. Default: never; then `caddy scim reconcile` does.
	Every caddy.Duration `json:"every,omitempty"`

	// Mode is what becomes of what differs: `report` only says so, `repair` tells the application again, `accept` takes
	// over what the application has, but for access that it gives to somebody who is not to have it. Default: `report`.
	Mode string `json:"mode,omitempty"`

	// Settle is how long what the application was told is given to show in its lists; what it was told later is not
	// compared. Default: 10s.
	Settle caddy.Duration `json:"settle,omitempty"`
}

func (r *Reconcile) config() adapter.ReconcileConfig {
	if r == nil {
		return adapter.ReconcileConfig{}
	}
	return adapter.ReconcileConfig{Every: time.Duration(r.Every), Mode: adapter.ReconcileMode(r.Mode), Settle: time.Duration(r.Settle)}
}

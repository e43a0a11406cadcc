package caddymodule

import "github.com/caddyserver/caddy/v2"

// Journal says how a tenant's provisioning log is kept.
type Journal struct {
	// Keep is for how long an entry is kept after it changed last, from 1h to 87600h; negative for ever. Operations that wait
	// for an approval or for the application are kept until they are over. Default: 2160h, 90 days.
	Keep caddy.Duration `json:"keep,omitempty"`
}

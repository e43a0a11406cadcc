package caddymodule

import (
	"context"
	"net/http"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/pace"
)

// paceView is what the admin API shows of how the application bears what it is told.
type paceView struct {
	Application string `json:"application,omitempty"` // its name, where it has one
	pace.Status
	// OldestDue is since when the change waits that is told next.
	OldestDue time.Time `json:"oldest_due,omitzero"`
}

func viewPace(ctx context.Context, t *adapter.Tenant) (*paceView, error) {
	since, _, err := t.OldestDue(ctx)
	if err != nil {
		return nil, err
	}
	return &paceView{Application: t.Application(), Status: t.Pace(), OldestDue: since}, nil
}

// tryNow ends the tenant's pauses after failures, and those of its application.
func (c *adminCall) tryNow() error {
	if err := c.tenant.TryNow(c.Context()); err != nil {
		return err
	}
	view, err := viewPace(c.Context(), c.tenant)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, map[string]any{"backlog": c.tenant.Backlog(), "pace": view})
}

package adapter

import (
	"context"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// Counts is what a policy that asks is told.
func (t *Tenant) Counts(ctx context.Context) (store.Counts, error) { return t.counts(ctx) }

// Occupy takes the turn of writes that alter how many resources there are, until release is called.
func (t *Tenant) Occupy(ctx context.Context) (release func(), err error) {
	var own turn
	err = own.take(ctx, t.dispatcher.seats)
	return own.end, err
}

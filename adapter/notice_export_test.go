package adapter

import (
	"context"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// Raise, Clear and Notify are raise, clear and notify in a transaction of their own.
func (t *Tenant) Raise(ctx context.Context, a Alarm) error {
	return t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error { return t.raise(tx, a) })
}

func (t *Tenant) Clear(ctx context.Context, kind AlarmKind, subject string) error {
	return t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error { return t.clear(tx, kind, subject) })
}

func (t *Tenant) Notify(ctx context.Context, kind NoticeKind, subject string, data any) error {
	return t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error { return t.notify(tx, kind, subject, data) })
}

// TendNotices brings the queues within their bounds at once.
func (t *Tenant) TendNotices(ctx context.Context) error {
	return t.courier.tend(ctx, true)
}

// WatchAlarms brings the alarms in step with what the process knows at once.
func (t *Tenant) WatchAlarms(ctx context.Context) error { return t.courier.watch(ctx) }

// TendLetters closes the letters that are overtaken, and forgets old ones, at once.
func (t *Tenant) TendLetters(ctx context.Context) error { return t.tendLetters(ctx) }

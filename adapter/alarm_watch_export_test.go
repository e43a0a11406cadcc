package adapter

import "context"

// WatchConnections brings the alarms of the tenant's connections in step, as though another configuration had come after the
// courier has taken this one.
func (t *Tenant) WatchConnections(ctx context.Context) error {
	if err := t.courier.loadSeen(ctx, t); err != nil {
		return err
	}
	t.courier.newSeen(t)
	t.courier.judgeConnections(t, nil, t.engine.now())
	return nil
}

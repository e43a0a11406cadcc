package caddymodule

import "github.com/caddy-scim/caddy-scim/adapter"

// readReconcile reads
//
//	reconcile {
//		every  <duration>
//		mode   report|repair|accept
//		settle <duration>
//	}
func (t *Tenant) readReconcile(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	r := new(Reconcile)
	t.Reconcile = r
	modes := make([]string, len(adapter.ReconcileModes))
	for i, mode := range adapter.ReconcileModes {
		modes[i] = string(mode)
	}
	return readBlock(l.Dispenser, "reconcile",
		option{usage: "every <duration>", read: duration(&r.Every)},
		option{usage: "mode report|repair|accept", read: oneOf(&r.Mode, modes...)},
		option{usage: "settle <duration>", read: duration(&r.Settle)},
	)
}

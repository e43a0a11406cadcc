package caddymodule

import (
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
)

func (l *Lifecycle) lifecycle() adapter.Lifecycle {
	return adapter.Lifecycle{
		OnDelete: adapter.Rule(l.OnDelete), OnInactive: adapter.Rule(l.OnInactive), DeleteAfter: time.Duration(l.DeleteAfter),
		OnGone: adapter.Gone(l.OnGone),
	}
}

func (t *Tenant) readLifecycle(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	t.Lifecycle = new(Lifecycle)
	return readBlock(l.Dispenser, "lifecycle",
		option{usage: "on_delete <rule>", read: oneOf(&t.Lifecycle.OnDelete,
			string(adapter.RuleDelete), string(adapter.RuleDeactivate), string(adapter.RuleSuspend), string(adapter.RuleNothing))},
		option{usage: "on_inactive <rule>", read: oneOf(&t.Lifecycle.OnInactive,
			string(adapter.RuleSuspend), string(adapter.RuleDeactivate), string(adapter.RuleNothing))},
		option{usage: "delete_after <duration>", read: duration(&t.Lifecycle.DeleteAfter)},
		option{usage: "on_gone <rule>", read: oneOf(&t.Lifecycle.OnGone, string(adapter.GoneRefuse), string(adapter.GoneCreate))},
	)
}

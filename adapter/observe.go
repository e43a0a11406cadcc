package adapter

import (
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Observer is told what happens, for metrics. Its methods are called on the way of requests and deliveries, so they must
// be quick, and by several goroutines at once.
type Observer interface {
	// Decided is told of every change that was judged: allow, deny, hold, or failed where the policy broke.
	Decided(tenant kv.Tenant, verdict string)
	// Delivered is told what came of every call on the application: done, retry, refused, or what a lookup found:
	// adopted, absent, unknowable.
	Delivered(tenant kv.Tenant, action abi.Action, outcome string)
	// Asked is told of every call of a policy: who was asked (AskedPolicy, AskedGuard or AskedShadow) by which hook, the
	// fuel that it took, and whether it failed.
	Asked(tenant kv.Tenant, who, hook string, fuel uint64, failed bool)
	// Shadowed is told what came of a question for the shadow: same, different, failed or dropped.
	Shadowed(tenant kv.Tenant, result string)
	// Withheld is told of every change that the deprovision limit holds.
	Withheld(tenant kv.Tenant)
}

// Who is asked.
const (
	AskedPolicy = "policy" // what rules the resource
	AskedGuard  = "guard"  // the operator's policy
	AskedShadow = "shadow"
)

// verdictFailed stands for a decision that a broken policy could not make.
const verdictFailed = "failed"

// blind is the observer of who wants none.
type blind struct{}

func (blind) Decided(kv.Tenant, string)                     {}
func (blind) Delivered(kv.Tenant, abi.Action, string)       {}
func (blind) Asked(kv.Tenant, string, string, uint64, bool) {}
func (blind) Shadowed(kv.Tenant, string)                    {}
func (blind) Withheld(kv.Tenant)                            {}

// Interface guard.
var _ Observer = blind{}

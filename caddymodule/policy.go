package caddymodule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/plugins"
)

// Loaded policies and the runtimes they share, over all configurations: a reload that changes nothing about a policy
// compiles nothing. The hosts are keyed by limits, the policies by policyKey.
var (
	policyHosts = caddy.NewUsagePool()
	policies    = caddy.NewUsagePool()
)

// limits are what a policy may use; a runtime has one set of them.
type limits struct {
	memory  int64
	timeout time.Duration
	fuel    uint64
}

// policyKey tells loaded policies apart. The tenant is part of it, as instances must not be shared between tenants.
type policyKey struct {
	tenant, version string
	limits          limits
}

type policyHost struct{ *plugins.Host }

// Destruct implements caddy.Destructor.
func (h policyHost) Destruct() error { return h.Close(context.Background()) }

type loadedPolicy struct {
	*plugins.Policy
	key policyKey
}

// Destruct implements caddy.Destructor. It waits for calls that are under way, which have their own deadline.
func (p loadedPolicy) Destruct() error {
	err := p.Close(context.Background())
	_, hostErr := policyHosts.Delete(p.key.limits)
	return errors.Join(err, hostErr)
}

// loadPolicy checks and compiles a module, or takes the one that is loaded already. free gives it back.
func loadPolicy(ctx context.Context, tenant string, wasm []byte, l limits) (policy *plugins.Policy, free func(), err error) {
	sum := sha256.Sum256(wasm)
	key := policyKey{tenant: tenant, version: hex.EncodeToString(sum[:]), limits: l}
	loaded, _, err := loadOrNew(policies, key, func() (loadedPolicy, error) { return compile(ctx, key, wasm) })
	if err != nil {
		return nil, nil, err
	}
	free = func() {
		if _, err := policies.Delete(key); err != nil {
			slog.New(logs).Error("closing a policy failed", "tenant", tenant, "error", err)
		}
	}
	return loaded.Policy, free, nil
}

func compile(ctx context.Context, key policyKey, wasm []byte) (loadedPolicy, error) {
	host, _, err := loadOrNew(policyHosts, key.limits, func() (policyHost, error) {
		return policyHost{plugins.New(plugins.Options{
			MaxMemoryBytes: int(key.limits.memory), Deadline: key.limits.timeout, Log: logPolicy,
		})}, nil
	})
	if err != nil {
		return loadedPolicy{}, err
	}
	// The policy outlives the configuration that loads it, whose context ends.
	policy, err := host.Load(context.WithoutCancel(ctx), wasm, plugins.LoadOptions{})
	if err != nil {
		_, closeErr := policyHosts.Delete(key.limits)
		return loadedPolicy{}, errors.Join(err, closeErr)
	}
	return loadedPolicy{policy, key}, nil
}

// logPolicy passes on what a policy says. Its words are likely to hold personal data, so only who turns on debugging
// gets to see them.
func logPolicy(ctx context.Context, e plugins.LogEntry) {
	slog.New(logs).DebugContext(ctx, "a policy says", "policy", e.Version, "hook", e.Hook, "lines", e.Lines, "truncated", e.Truncated)
}

// Interface guards.
var (
	_ caddy.Destructor = policyHost{}
	_ caddy.Destructor = loadedPolicy{}
)

package caddymodule

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/plugins"
)

// The host of all policies, and the policies that configurations have loaded, over all configurations: a reload that
// changes nothing about a policy compiles nothing.
var (
	policyHosts = caddy.NewUsagePool() // under theHost
	policies    = caddy.NewUsagePool() // under policyKey
)

// theHost is the key of the only host there is: what policies may use together is a matter of the process.
const theHost = "host"

// hostOptions are what policies may use together. The zero value stands for the defaults.
type hostOptions struct {
	cache     string // a directory, or cacheOff
	instances int
	memory    int64
	fuel      uint64
}

// cacheOff stands for no directory.
const cacheOff = "off"

// maxPolicyTimeout is the most that a policy's timeout can be set to. Fuel ends a call long before.
const maxPolicyTimeout = 30 * time.Second

type policyHost struct {
	*plugins.Host
	options hostOptions
}

// Destruct implements caddy.Destructor.
func (h policyHost) Destruct() error { return h.Close(context.Background()) }

// acquireHost returns the host of all policies for a configuration, making it at first. free gives it back.
func acquireHost(opts hostOptions) (host *plugins.Host, free func(), err error) {
	h, loaded, err := loadOrNew(policyHosts, theHost, func() (policyHost, error) { return newHost(opts) })
	if err != nil {
		return nil, nil, err
	}
	if loaded && h.options != opts {
		slog.New(logs).Warn("the bounds of policies stay as they are; changed options take effect when Caddy is started again")
	}
	return h.Host, freeHost, nil
}

// holdHost returns the host as it is, or one with the defaults. free gives it back.
func holdHost() (host *plugins.Host, free func(), err error) {
	h, _, err := loadOrNew(policyHosts, theHost, func() (policyHost, error) { return newHost(hostOptions{}) })
	return h.Host, freeHost, err
}

func freeHost() {
	if _, err := policyHosts.Delete(theHost); err != nil {
		slog.New(logs).Error("closing the host of policies failed", "error", err)
	}
}

func newHost(opts hostOptions) (policyHost, error) {
	options := plugins.Options{
		MaxMemoryBytes: int(opts.memory), MaxInstances: opts.instances, Fuel: opts.fuel, Deadline: maxPolicyTimeout, Log: logPolicy,
	}
	if opts.cache != cacheOff {
		options.CacheDir = cmp.Or(opts.cache, filepath.Join(caddy.AppDataDir(), "scim", "policies"))
		exe, err := os.Executable()
		if err != nil {
			return policyHost{}, fmt.Errorf("find the program that compiles policies: %w", err)
		}
		// This program once more. Its environment, which may hold secrets, is not passed on.
		options.Compiler = &plugins.Compiler{Path: exe, Args: []string{os.Args[0], "scim", compilePolicyCommand}}
	}
	return policyHost{plugins.New(options), opts}, nil
}

// limits are what a policy may use by itself. Zero stands for the host's own.
type limits struct {
	memory  int64
	timeout time.Duration
	fuel    uint64
}

// options are the limits as a host understands them.
func (l limits) options() plugins.LoadOptions {
	return plugins.LoadOptions{MaxMemoryBytes: int(l.memory), Fuel: l.fuel, Deadline: cmp.Or(l.timeout, plugins.DefaultDeadline)}
}

// policyKey tells loaded policies apart. The tenant is part of it, as instances must not be shared between tenants.
type policyKey struct {
	tenant, version string
	limits          limits
}

type loadedPolicy struct {
	*plugins.Policy
	free func() // gives the host back
}

// Destruct implements caddy.Destructor. It waits for calls that are under way, which have their own deadline.
func (p loadedPolicy) Destruct() error {
	err := p.Close(context.Background())
	p.free()
	return err
}

// loadPolicy checks and compiles a module, or takes the one that is loaded already. free gives it back. Where nobody has
// acquired the host, it is made with the defaults.
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
	host, free, err := holdHost()
	if err != nil {
		return loadedPolicy{}, err
	}
	// The policy outlives the configuration that loads it, whose context ends.
	options := key.limits.options()
	options.Log = keepLog(key.tenant)
	policy, err := host.Load(context.WithoutCancel(ctx), wasm, options)
	if err != nil {
		free()
		return loadedPolicy{}, err
	}
	return loadedPolicy{policy, free}, nil
}

// logPolicy passes on what a policy says. Its words are likely to hold personal data, so only who turns on debugging
// gets to see them.
func logPolicy(ctx context.Context, e plugins.LogEntry) {
	slog.New(logs).DebugContext(ctx, "a policy says", "policy", e.Version, "hook", e.Hook, "lines", e.Lines, "truncated", e.Truncated)
}

// keepLog does what logPolicy does, and keeps the words for `caddy scim policy logs`.
func keepLog(tenant string) func(context.Context, plugins.LogEntry) {
	return func(ctx context.Context, e plugins.LogEntry) {
		logPolicy(ctx, e)
		id, err := kv.NewTenant(tenant)
		if err != nil {
			return
		}
		if s := live.enterNewest(); s != nil {
			defer s.leave()
			s.backend.engine.PolicyLogger(id)(ctx, e)
		}
	}
}

// Interface guards.
var (
	_ caddy.Destructor = policyHost{}
	_ caddy.Destructor = loadedPolicy{}
)

package caddymodule

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/settings"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// policyFile is a module that the configuration names, read and checked as far as that goes without compiling it.
type policyFile struct {
	path      string
	wasm      []byte
	signature []byte // nil where nobody has to sign
	settings  json.RawMessage
	limits    limits
}

// load compiles the module for a tenant, or takes it as it is loaded already, and checks the settings. The setup holds it.
func (f *policyFile) load(ctx context.Context, s *setup, tenant string) (*adapter.Policy, error) {
	module, free, err := loadPolicy(ctx, tenant, f.wasm, f.limits)
	if err != nil {
		return nil, fmt.Errorf("file %s: %w", f.path, err)
	}
	s.closers = append(s.closers, free)
	if err := checkSettings(module, f.settings); err != nil {
		return nil, fmt.Errorf("file %s: %w", f.path, err)
	}
	return &adapter.Policy{Module: module, Settings: f.settings}, nil
}

// operator reads what is said of all tenants' policies.
func (s *setup) operator(ctx context.Context, app *App) (err error) {
	p := app.Policies
	if p == nil {
		p = new(Policies)
	}
	switch {
	case p.MaxInstances < 0:
		return fmt.Errorf("policies: max_instances: %d is negative", p.MaxInstances)
	case p.MaxMemory < 0:
		return fmt.Errorf("policies: max_memory: %d is negative", p.MaxMemory)
	}
	if s.signers, err = parseSigners(p.Signers); err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	cache, err := replace(p.Cache)
	if err != nil {
		return fmt.Errorf("policies: cache: %w", err)
	}
	host, free, err := acquireHost(hostOptions{cache, p.MaxInstances, p.MaxMemory, p.MaxFuel})
	if err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	s.host = host
	s.closers = append(s.closers, free)
	g := app.Guard
	if g == nil {
		return nil
	}
	// The guard is the operator's own file, so nobody has to sign it.
	s.guard, err = readModule(ctx, "file", g.File, nil, g.Settings, limits{g.Memory, time.Duration(g.Timeout), g.Fuel})
	if err != nil {
		return fmt.Errorf("guard: %w", err)
	}
	return nil
}

// loadGuard loads the operator's guard for a tenant, which has an instance of its own.
func (s *setup) loadGuard(ctx context.Context, cfg *adapter.TenantConfig) (err error) {
	if s.guard == nil {
		return nil
	}
	if cfg.Guard, err = s.guard.load(ctx, s, cfg.ID.Name()); err != nil {
		return err
	}
	if !cfg.Guard.Module.Has(abi.HookDecide) {
		return fmt.Errorf("file %s: the module has no hook %s, which is all that a guard is asked", s.guard.path, abi.HookDecide)
	}
	return nil
}

// policy says where a tenant's policy comes from.
func (s *setup) policy(ctx context.Context, cfg *adapter.TenantConfig, p *Policy) (err error) {
	if p == nil {
		p = new(Policy)
	}
	if cfg.Policies.Signers, err = s.tenantSigners(p.Signers); err != nil {
		return err
	}
	limits := limits{p.Memory, time.Duration(p.Timeout), p.Fuel}
	if err := limits.check(); err != nil {
		return err
	}
	if cfg.Policies.Keep = time.Duration(p.Keep); cfg.Policies.Keep > maxKeep {
		return fmt.Errorf("keep: %s is longer than a year, %s", cfg.Policies.Keep, maxKeep)
	}
	cfg.Policies.Limits = limits.options()
	cfg.Policies.Limits.Log = logPolicy
	switch {
	case p.File != "" && p.Initial != "":
		return errors.New("initial: it is for a tenant whose releases decide; file sets the policy")
	case p.File == "" && p.Initial == "" && len(p.Settings) > 0:
		return errors.New("settings: they belong to no policy; want file or initial")
	case p.File != "":
		file, err := readModule(ctx, "file", p.File, cfg.Policies.Signers, p.Settings, limits)
		if err != nil {
			return err
		}
		cfg.Policy, err = file.load(ctx, s, cfg.ID.Name())
		return err
	case p.Initial != "":
		file, err := readModule(ctx, "initial", p.Initial, cfg.Policies.Signers, p.Settings, limits)
		if err != nil {
			return err
		}
		// So that a mistake is found before anything starts. It is compiled once, and shared with the release.
		if _, err := file.load(ctx, s, cfg.ID.Name()); err != nil {
			return fmt.Errorf("initial: %w", err)
		}
		cfg.Policies.Initial, cfg.Policies.Settings = file.wasm, file.settings
	}
	return nil
}

// maxKeep bounds Policy.Keep.
const maxKeep time.Duration = 8760 * time.Hour

// tenantSigners are those whose signature a tenant's modules need: the operator's, or some of them.
func (s *setup) tenantSigners(list []string) ([]ed25519.PublicKey, error) {
	own, err := parseSigners(list)
	if err != nil {
		return nil, err
	}
	if len(own) == 0 {
		return s.signers, nil
	}
	for i, key := range own {
		if len(s.signers) > 0 && !slices.ContainsFunc(s.signers, func(other ed25519.PublicKey) bool { return other.Equal(key) }) {
			return nil, fmt.Errorf("signers: key %d is none of the operator's, which every tenant's modules have to be signed by", i+1)
		}
	}
	return own, nil
}

func (l limits) check() error {
	switch {
	case l.memory < 0:
		return fmt.Errorf("memory: %d is negative", l.memory)
	case l.timeout < 0:
		return fmt.Errorf("timeout: %s is negative", l.timeout)
	case l.timeout > maxPolicyTimeout:
		return fmt.Errorf("timeout: %s is more than %s", l.timeout, maxPolicyTimeout)
	}
	return nil
}

// readModule reads a module and its signature, if it needs one. field is the option that names it.
func readModule(ctx context.Context, field, name string, signers []ed25519.PublicKey, object json.RawMessage, l limits) (*policyFile, error) {
	if name == "" {
		return nil, fmt.Errorf("%s: missing", field)
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	if len(object) > 0 {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(object, &members); err != nil || members == nil {
			return nil, errors.New("settings: not a JSON object")
		}
	}
	f := &policyFile{settings: bytes.Clone(object), limits: l}
	var err error
	if f.path, err = replace(name); err == nil {
		f.wasm, err = readPolicyFile(ctx, f.path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	if f.signature, err = checkSignature(f.path, f.wasm, signers); err != nil {
		return nil, fmt.Errorf("%s %s: %w", field, f.path, err)
	}
	return f, nil
}

// checkSettings holds a policy's settings against the JSON Schema that it describes, if it does.
func checkSettings(policy *plugins.Policy, object json.RawMessage) error {
	_, err := settings.Check(policy.Description().Settings, object)
	return err
}

// moduleVersion is the version of a module: its SHA-256 in hexadecimal.
func moduleVersion(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}

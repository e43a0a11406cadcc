package caddymodule

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/oauth"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// setup is what Provision makes of a configuration: all that a session needs but the store.
type setup struct {
	tenants []adapter.TenantConfig
	static  *token.Static
	access  accessSetup
	closers []func()
	signers []ed25519.PublicKey // the operator's
	guard   *policyFile         // nil for none
	host    *plugins.Host
	all     []*Webhook // the operator's, for all tenants
}

// free gives back what the setup holds.
func (s *setup) free() {
	for _, closer := range slices.Backward(s.closers) {
		closer()
	}
	s.closers = nil
}

// newSetup checks the tenants and loads their policies. It opens no store and starts nothing. On an error nothing is
// held.
func newSetup(ctx context.Context, app *App) (s *setup, err error) {
	s = &setup{all: app.Webhooks}
	defer func() {
		if err != nil {
			s.free()
		}
	}()
	if err := s.operator(ctx, app); err != nil {
		return s, err
	}
	tenants := app.Tenants
	var tokens []token.StaticToken
	for _, name := range slices.Sorted(maps.Keys(tenants)) {
		cfg, err := s.tenant(ctx, name, tenants[name])
		if err != nil {
			return s, fmt.Errorf("tenant %q: %w", name, err)
		}
		s.tenants = append(s.tenants, cfg)
		for _, conn := range cfg.Connections {
			list, err := staticTokens(name, conn.ID, tenants[name].Connections[conn.ID])
			if err != nil {
				return s, fmt.Errorf("tenant %q: connection %q: %w", name, conn.ID, err)
			}
			tokens = append(tokens, list...)
			if err := s.access.connection(name, conn.ID, tenants[name].Connections[conn.ID]); err != nil {
				return s, fmt.Errorf("tenant %q: connection %q: %w", name, conn.ID, err)
			}
		}
		if err := s.access.tenant(name, tenants[name].RateLimit); err != nil {
			return s, fmt.Errorf("tenant %q: %w", name, err)
		}
	}
	if err := oauth.Check(s.access.jwt); err != nil {
		return s, err
	}
	if err := adapter.CheckEvents(s.tenants); err != nil {
		return s, err
	}
	if s.static, err = token.NewStatic(tokens); err != nil {
		return s, err
	}
	return s, nil
}

// staticTokens checks each token by itself, so that the error can say which one is wrong.
func staticTokens(tenant, connection string, cfg *Connection) ([]token.StaticToken, error) {
	if cfg == nil {
		return nil, nil
	}
	var tokens []token.StaticToken
	for i, raw := range cfg.Tokens {
		value, err := secret(raw)
		if err != nil {
			return nil, fmt.Errorf("token %d: %w", i+1, err)
		}
		t := token.StaticToken{Tenant: tenant, Connection: connection, Token: token.Secret(value)}
		if _, err := token.NewStatic([]token.StaticToken{t}); err != nil {
			return nil, fmt.Errorf("token %d: %w", i+1, err)
		}
		tokens = append(tokens, t)
	}
	return tokens, nil
}

func (s *setup) tenant(ctx context.Context, name string, t *Tenant) (cfg adapter.TenantConfig, err error) {
	if t == nil {
		t = new(Tenant)
	}
	if cfg.ID, err = kv.NewTenant(name); err != nil {
		return cfg, errors.New("the name must be 1 to 63 of a-z, 0-9, _ and -, and begin with a letter or digit")
	}
	for _, id := range slices.Sorted(maps.Keys(t.Connections)) {
		// Connections are named as tenants are.
		if _, err := kv.NewTenant(id); err != nil {
			return cfg, fmt.Errorf("connection %.80q: the name must be 1 to 63 of a-z, 0-9, _ and -, and begin with a letter or digit", id)
		}
		conn := adapter.ConnectionConfig{ID: id, Profile: genericProfile}
		if c := t.Connections[id]; c != nil {
			conn.Profile, conn.UnknownMembers = cmp.Or(c.Profile, genericProfile), c.UnknownMembers
		}
		conn.OAuth = t.Connections[id] != nil && t.Connections[id].JWT != nil
		cfg.Connections = append(cfg.Connections, conn)
	}
	if cfg.Connections == nil {
		cfg.Connections = []adapter.ConnectionConfig{{ID: token.DefaultConnection, Profile: genericProfile}}
	}
	if t.Application == nil {
		return cfg, errors.New("application: missing")
	}
	if cfg.Connector, err = t.Application.connect(); err != nil {
		return cfg, fmt.Errorf("application: %w", err)
	}
	t.Application.pace(&cfg)
	s.closers = append(s.closers, cfg.Connector.Close, t.Application.closeIdle)
	if !t.Passwords && (cfg.Connector.SendsPassword(abi.ActionSetPassword) || cfg.Connector.SendsPassword(abi.ActionCreate)) {
		return cfg, errors.New("application: its routes or its map speak of the password, which the tenant does not forward; add the option passwords, or take the password out of them")
	}
	if t.Passwords && !t.Application.verified() {
		return cfg, errors.New("passwords: the application's transport does not verify with whom it speaks")
	}
	if err := s.policy(ctx, &cfg, t.Policy); err != nil {
		return cfg, fmt.Errorf("policy: %w", err)
	}
	if err := s.loadGuard(ctx, &cfg); err != nil {
		return cfg, fmt.Errorf("guard: %w", err)
	}
	if cfg.SeatLimit = t.Seats; t.Seats < 0 {
		return cfg, fmt.Errorf("seats: %d is negative", t.Seats)
	}
	if cfg.HoldExpiry = time.Duration(t.HoldExpiry); t.HoldExpiry < 0 {
		return cfg, fmt.Errorf("hold_expiry: %s is negative", time.Duration(t.HoldExpiry))
	}
	if cfg.Types, err = registry(t.Schemas); err != nil {
		return cfg, err
	}
	if cfg.Events, err = s.events(t.Events); err != nil {
		return cfg, fmt.Errorf("events: %w", err)
	}
	if cfg.Webhooks, err = s.hooks(t.Webhooks, s.all); err != nil {
		return cfg, err
	}
	cfg.Alarms = t.Alarms.config()
	if l := t.Lifecycle; l != nil {
		cfg.Lifecycle = l.lifecycle()
	}
	t.hold(&cfg)
	cfg.Passwords = t.Passwords
	cfg.Reconcile = t.Reconcile.config()
	if t.Journal != nil {
		cfg.Journal.Keep = time.Duration(t.Journal.Keep)
	}
	cfg.Import = t.Import.adapter()
	if d := t.Delivery; d != nil {
		cfg.DeliveryWait, cfg.Concurrency, cfg.MaxBacklog = time.Duration(d.Wait), d.Concurrency, d.Backlog
		cfg.RetryMin, cfg.RetryMax = d.retry()
		cfg.GiveUp = time.Duration(d.GiveUp)
	}
	return cfg, cfg.Validate()
}

// retry is the pause's bounds. Of the two, the one that is not set follows the other where its default does not fit.
func (d *Delivery) retry() (least, most time.Duration) {
	least, most = time.Duration(d.RetryMin), time.Duration(d.RetryMax)
	switch {
	case least == 0 && most > 0:
		least = min(adapter.DefaultRetryMin, most)
	case most == 0 && least > 0:
		most = max(adapter.DefaultRetryMax, least)
	}
	return least, most
}

// connect makes the connector.
func (a *Application) connect() (*connector.Connector, error) {
	cfg := connector.Config{
		Timeout: time.Duration(a.Timeout), MaxResponseBytes: a.MaxResponse,
		Routes: connectorRoutes(a.Routes), Lookup: a.Lookup.connector(), Fields: fields(a.Map), Groups: a.Groups.connector(),
		Rules: connectorRules(a.Rules),
	}
	err := a.safety(&cfg)
	if err != nil {
		return nil, err
	}
	if err := a.lists(&cfg); err != nil {
		return nil, err
	}
	if cfg.BaseURL, err = secret(a.URL); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if cfg.Auth, err = a.Auth.connector(); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if cfg.Header, err = headers(a.Headers); err != nil {
		return nil, err
	}
	transport, err := a.guarded(&cfg)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	return connector.New(cfg, transport)
}

func (a *Auth) connector() (auth connector.Auth, err error) {
	if a == nil {
		return auth, nil
	}
	if a.Bearer == "" && a.Basic == nil && a.Header == nil {
		return auth, errors.New("want one of bearer, basic and header")
	}
	fill := func(to *string, from, name string) {
		if err == nil {
			if *to, err = secret(from); err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if a.Bearer != "" {
		fill(&auth.Bearer, a.Bearer, "bearer")
	}
	if a.Basic != nil {
		fill(&auth.Username, a.Basic.Username, "basic: username")
		fill(&auth.Password, a.Basic.Password, "basic: password")
	}
	if a.Header != nil {
		fill(&auth.HeaderName, a.Header.Name, "header: name")
		fill(&auth.HeaderValue, a.Header.Value, "header: value")
	}
	return auth, err
}

func headers(from map[string][]string) (http.Header, error) {
	header := make(http.Header, len(from))
	for name, values := range from {
		for _, raw := range values {
			value, err := replace(raw)
			if err != nil {
				return nil, fmt.Errorf("headers: %s: %w", name, err)
			}
			header.Add(name, value)
		}
	}
	return header, nil
}

// fields lists a map in the order of its keys, so that the same mistake is named each time.
func fields(from map[string]string) []connector.Field {
	var list []connector.Field
	for _, target := range slices.Sorted(maps.Keys(from)) {
		list = append(list, connector.Field{Target: target, Source: from[target]})
	}
	return list
}

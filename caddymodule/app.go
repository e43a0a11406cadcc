package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func init() {
	caddy.RegisterModule((*App)(nil))
	caddy.RegisterModule((*Badger)(nil))
	caddy.RegisterModule((*Handler)(nil))
	caddy.RegisterModule((*adminAPI)(nil))
}

// App provisions people into applications that have never heard of SCIM. It keeps what identity providers ask for in
// a store, and brings each tenant's application up to it. Identity providers reach it by the handler `scim`.
//
// A reload hands the new configuration to what is running: the store stays open, requests that are under way finish on
// the configuration that they began with, and deliveries go on.
type App struct {
	// StorageRaw says where the data lies. Default: the store `badger` with its default path.
	StorageRaw json.RawMessage `json:"storage,omitempty" caddy:"namespace=scim.stores inline_key=store"`

	// Tenants are the customer organisations, by their names: 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or
	// digit. The name is part of what is stored; a tenant with another name is another tenant. Default: none.
	Tenants map[string]*Tenant `json:"tenants,omitempty"`

	// Guard is the operator's policy, which judges every change before the tenants' policies do. Default: none.
	Guard *Guard `json:"guard,omitempty"`

	// Webhooks are told what the webhooks of every tenant are told. Default: none.
	Webhooks []*Webhook `json:"webhooks,omitempty"`

	// Policies bounds what the policies of all tenants may use. Default: the defaults of its fields.
	Policies *Policies `json:"policies,omitempty"`

	log     *slog.Logger
	storage Storage
	setup   *setup   // what Provision made, until Start hands it to the session
	session *session // set before settled is closed, if the app started

	settle  sync.Once
	settled chan struct{} // closed when the app has started, or never will
	inForce atomic.Bool   // Caddy was seen to run this configuration; says nothing about now
}

// CaddyModule returns the Caddy module information.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "scim", New: func() caddy.Module { return &App{settled: make(chan struct{})} }}
}

// Provision implements caddy.Provisioner. It checks everything, down to compiling the policies, but opens no store,
// connects to nothing and starts nothing: `caddy validate` does the same.
func (a *App) Provision(ctx caddy.Context) error {
	a.log = ctx.Slogger()
	if err := registerMetrics(ctx.GetMetricsRegistry()); err != nil {
		return err
	}
	storage, err := a.loadStorage(ctx)
	if err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	a.storage = storage
	if err := a.loadTransports(ctx); err != nil {
		return err
	}
	a.setup, err = newSetup(ctx, a)
	return err
}

func (a *App) loadStorage(ctx caddy.Context) (Storage, error) {
	if len(a.StorageRaw) == 0 {
		a.StorageRaw = json.RawMessage(`{"store":"badger"}`)
	}
	module, err := ctx.LoadModule(a, "StorageRaw")
	if err != nil {
		return nil, err
	}
	storage, ok := module.(Storage)
	if !ok {
		return nil, fmt.Errorf("the module %T is no storage", module)
	}
	return storage, nil
}

// Start implements caddy.App.
func (a *App) Start() error {
	defer a.settle.Do(func() { close(a.settled) })
	s, err := begin(a.storage, a.setup, a.log)
	if err != nil {
		return err
	}
	a.session, a.setup = s, nil
	a.log.Info("provisioning is running", "tenants", len(a.Tenants), "storage", s.backend.location)
	return nil
}

// Stop implements caddy.App. Where another configuration runs on the same store, deliveries are that one's from here
// on: the next one's after a reload, the one's before after a reload that failed. Everything else waits for Cleanup,
// as the http app may be stopped after this one and its requests are still to be served.
func (a *App) Stop() error {
	if a.session != nil && live.shared(a.session) {
		a.session.generation.Retire()
	}
	return nil
}

// Cleanup implements caddy.CleanerUpper. It may come without Start and without Stop.
func (a *App) Cleanup() error {
	a.settle.Do(func() { close(a.settled) })
	switch {
	case a.session != nil:
		a.session.end()
	case a.setup != nil:
		a.setup.free()
	}
	return nil
}

// errNotRunning means that there is no configuration that could serve.
var errNotRunning = errors.New("the scim app is not running")

// enter begins a request on the session that is to serve it; the caller must leave it. That is the app's own, but for
// two moments of a reload. Before all apps of a configuration have started nobody knows whether it will ever be in
// force, though its servers may have started: the one that is serves. And a request may come to a server of a
// configuration that has ended: the newest serves.
func (a *App) enter(ctx context.Context) (*session, error) {
	if s := a.enterInForce(); s != nil {
		return s, nil
	}
	select {
	case <-a.settled: // the http app may have been started first
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if a.session != nil && a.session.enter() {
		return a.session, nil
	}
	if s := live.enterNewest(); s != nil {
		return s, nil
	}
	return nil, errNotRunning
}

// enterInForce begins a request on another app's session if that app's configuration is in force and this one's has
// never been.
func (a *App) enterInForce() *session {
	if a.inForce.Load() {
		return nil
	}
	running, err := caddy.ActiveContext().AppIfConfigured("scim")
	if err != nil {
		return nil
	}
	other, ok := running.(*App)
	switch {
	case !ok:
	case other == a:
		a.inForce.Store(true)
	case other.session != nil && other.session.enter():
		return other.session
	}
	return nil
}

// Interface guards.
var (
	_ caddy.App             = (*App)(nil)
	_ caddy.Provisioner     = (*App)(nil)
	_ caddy.CleanerUpper    = (*App)(nil)
	_ caddyfile.Unmarshaler = (*App)(nil)
)

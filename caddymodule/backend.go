package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/limit"
	"github.com/caddy-scim/caddy-scim/internal/oauth"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// backends are the open stores of this process and what works on them, by the stores' locations alone: a reload that
// changes an option of the storage must not open the directory a second time, which its lock would refuse.
var backends = struct {
	// mu makes closing a store and opening it again two steps, one after the other.
	mu   sync.Mutex
	pool *caddy.UsagePool
}{pool: caddy.NewUsagePool()}

// backend is what outlives a configuration: the open store, the engine, the managed tokens, and what is remembered of
// issuers and of use.
type backend struct {
	location string
	options  map[string]any // the storage options in force
	store    kv.Store
	engine   *adapter.Engine
	tokens   *token.Service
	keys     *oauth.Keys   // of issuers of access tokens
	limits   *limit.Keeper // what tenants have used up
	freeHost func()        // gives the host of policies back

	once sync.Once
	err  error
}

// acquire opens the storage, or takes it as it is open already. release gives it back.
func acquire(storage Storage, log *slog.Logger) (*backend, error) {
	location, err := storage.Location()
	if err != nil {
		return nil, err
	}
	backends.mu.Lock()
	defer backends.mu.Unlock()
	b, loaded, err := loadOrNew(backends.pool, location, func() (*backend, error) {
		live.lend(log.Handler())
		return openBackend(location, storage)
	})
	if err != nil {
		return nil, err
	}
	if loaded {
		if changed := b.changed(storage.Options()); len(changed) > 0 {
			log.Warn("the storage stays open as it is; changed options take effect when Caddy is started again",
				"location", location, "options", changed)
		}
	}
	return b, nil
}

// loadOrNew is the pool's LoadOrNew with a type.
func loadOrNew[V caddy.Destructor](pool *caddy.UsagePool, key any, construct func() (V, error)) (v V, loaded bool, err error) {
	value, loaded, err := pool.LoadOrNew(key, func() (caddy.Destructor, error) { return construct() })
	if err != nil {
		return v, false, err
	}
	v, ok := value.(V)
	if !ok {
		return v, false, fmt.Errorf("the pool has a %T, want a %T", value, v)
	}
	return v, loaded, nil
}

func openBackend(location string, storage Storage) (*backend, error) {
	log := slog.New(logs)
	box, err := storage.Seal()
	if err != nil {
		return nil, fmt.Errorf("the storage's key: %w", err)
	}
	store, err := storage.Open(log)
	if err != nil {
		return nil, fmt.Errorf("open the storage: %w", err)
	}
	tokens, err := token.New(store, token.Options{Logger: log})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	policies, free, err := holdHost()
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &backend{
		location: location, options: storage.Options(), store: store, tokens: tokens,
		keys: oauth.NewKeys(oauth.KeyOptions{Logger: log}), limits: limit.NewKeeper(limit.Options{Refused: countLimited}),
		engine:   adapter.Open(store, adapter.Options{Logger: log, Observer: observer{}, Seal: box, Policies: policies}),
		freeHost: free,
	}, nil
}

// changed names the options that differ from those in force.
func (b *backend) changed(options map[string]any) []string {
	var names []string
	for name, value := range options {
		if !reflect.DeepEqual(b.options[name], value) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// release gives a backend back. The last one closes the store, and closed says so.
func (b *backend) release() (closed bool, err error) {
	backends.mu.Lock()
	defer backends.mu.Unlock()
	return backends.pool.Delete(b.location)
}

// lastUseTimeout bounds the writing of tokens' last use when the store is closed.
const lastUseTimeout = 10 * time.Second

// Destruct implements caddy.Destructor. It stops the deliveries and closes the store.
func (b *backend) Destruct() error {
	b.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), lastUseTimeout)
		defer cancel()
		b.err = errors.Join(b.engine.Close(), b.tokens.Close(ctx), b.store.Close())
		b.freeHost()
	})
	return b.err
}

// Interface guard.
var _ caddy.Destructor = (*backend)(nil)

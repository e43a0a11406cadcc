package token

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

const (
	// MaxLive bounds the live tokens of one tenant.
	MaxLive = 100
	// DefaultCacheSize is how many managed tokens are remembered where [Options.CacheSize] is 0.
	DefaultCacheSize = 4096
	// DefaultUsageInterval is [Options.UsageInterval] where that is 0.
	DefaultUsageInterval = time.Minute
)

// Tables in kv.System: a token must be found before its tenant is known.
const (
	tableTokens   kv.Table = "token"          // id → stored
	tableByTenant kv.Table = "token_tenant"   // tenant, id → nothing
	tableUsage    kv.Table = "token_last_use" // id → time
)

// Options holds what a Service may be told. The zero value is ready to use.
type Options struct {
	// CacheSize bounds the cache of accepted managed tokens; default [DefaultCacheSize].
	CacheSize int
	// UsageInterval is the least time between two writes of one token's last-used time; default [DefaultUsageInterval].
	UsageInterval time.Duration
	// Clock tells the time; default time.Now.
	Clock func() time.Time
	// Logger takes failures to note a token's use; default slog.Default().
	Logger *slog.Logger
}

// Service keeps the managed tokens of all tenants and checks what clients present. It is safe for concurrent use.
type Service struct {
	store    kv.Store
	clock    func() time.Time
	log      *slog.Logger
	interval time.Duration

	// cache holds accepted managed tokens by their hash. Refused ones are never put in, so nobody can push the good
	// ones out by guessing.
	cache *lru.Cache[digest, *entry]
	// cacheMu makes "no revocation since I read the record, so insert" one step; revocations counts them.
	cacheMu     sync.Mutex
	revocations uint64

	// decoy is a record that nobody's token matches. An unknown id is checked against it, and so takes the same work
	// as a wrong secret.
	decoy []byte

	flusher flusher
}

// New returns a Service over a store, which stays the caller's to close. It starts nothing; [Service.Close] ends what
// later calls start.
func New(store kv.Store, opts Options) (*Service, error) {
	if opts.CacheSize == 0 {
		opts.CacheSize = DefaultCacheSize
	}
	if opts.UsageInterval == 0 {
		opts.UsageInterval = DefaultUsageInterval
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	cache, err := lru.New[digest, *entry](opts.CacheSize)
	if err != nil {
		return nil, fmt.Errorf("token: cache of %d: %w", opts.CacheSize, err)
	}
	s := &Service{store: store, clock: opts.Clock, log: opts.Logger, interval: opts.UsageInterval, cache: cache}
	if s.decoy, err = newDecoy(s.now()); err != nil {
		return nil, err
	}
	return s, nil
}

// CreateRequest says what token to make.
type CreateRequest struct {
	// Tenant is whom the token speaks for.
	Tenant string
	// Connection is the tenant's connection that the token belongs to; default [DefaultConnection]. A connection may
	// have several tokens at once, so that one can be replaced with no gap.
	Connection string
	// Name is a note for people: up to 128 bytes that can be printed. May be empty.
	Name string
	// By is who makes the token: up to 128 bytes that can be printed. May be empty.
	By string
	// ExpiresAt is the first moment at which the token is refused; zero means never.
	ExpiresAt time.Time
	// Limits are what the token is limited to; nothing by default.
	Limits Limits
}

// Create makes a token and returns it, this once, with its record. The token is durable when Create returns.
//
// # Errors
//
// [ErrInvalid] for a request that cannot be carried out, [ErrTooMany] at [MaxLive] live tokens of the tenant, or the
// store's.
func (s *Service) Create(ctx context.Context, req CreateRequest) (Secret, Record, error) {
	who := Identity{Tenant: req.Tenant, Connection: req.Connection}
	if err := who.complete(); err != nil {
		return "", Record{}, err
	}
	if err := errors.Join(checkLabel(req.Name), checkLabel(req.By)); err != nil {
		return "", Record{}, err
	}
	if err := req.Limits.Validate(); err != nil {
		return "", Record{}, err
	}
	now := s.now()
	if !req.ExpiresAt.IsZero() && !now.Before(req.ExpiresAt) {
		return "", Record{}, fmt.Errorf("%w: it would expire at %s, which is past", ErrInvalid, req.ExpiresAt.UTC().Format(time.RFC3339))
	}

	secret, id := generate()
	hash := sha256.Sum256([]byte(secret))
	rec := stored{
		Record: Record{
			ID: id, Tenant: who.Tenant, Connection: who.Connection, Name: req.Name, By: req.By,
			Created: now, Expires: req.ExpiresAt.UTC(),
		},
		Hash: hash[:],
	}
	if !req.Limits.IsZero() {
		rec.Limits = &req.Limits
	}
	data, err := rec.encode()
	if err != nil {
		return "", Record{}, fmt.Errorf("token: create: %w", err)
	}
	err = s.store.Update(ctx, func(tx kv.Tx) error {
		// Chance never makes the same id twice, but a broken source of randomness would.
		switch _, err := tx.Get(tokenKey(id)); {
		case err == nil:
			return fmt.Errorf("id %q exists", id)
		case !errors.Is(err, kv.ErrNotFound):
			return err
		}
		records, err := readTenant(tx, who.Tenant)
		if err != nil {
			return err
		}
		live := 0
		for i := range records {
			if records[i].Live(now) {
				live++
			}
		}
		if live >= MaxLive {
			return ErrTooMany
		}
		if err := tx.Set(tenantKey(who.Tenant).String(id), nil); err != nil {
			return err
		}
		return tx.Set(tokenKey(id), data)
	})
	if err != nil {
		return "", Record{}, fmt.Errorf("token: create: %w", err)
	}
	return secret, rec.Record, nil
}

// List returns the records of a tenant's managed tokens, dead ones included, in the order of their ids. A tenant with
// no tokens has none; it is no error.
func (s *Service) List(ctx context.Context, tenant string) ([]Record, error) {
	if _, err := kv.NewTenant(tenant); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	var records []Record
	err := s.store.View(ctx, func(tx kv.Tx) (err error) {
		records, err = readTenant(tx, tenant)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("token: list: %w", err)
	}
	return records, nil
}

// Get returns the record of one managed token, or [ErrNotFound]. A caller that acts for a tenant compares the
// record's tenant before it revokes.
func (s *Service) Get(ctx context.Context, id string) (Record, error) {
	var rec Record
	err := s.store.View(ctx, func(tx kv.Tx) error {
		st, err := readToken(tx, id)
		if err != nil {
			return err
		}
		rec = st.Record
		rec.LastUsed, err = readUsage(tx, id)
		return err
	})
	if err != nil {
		return Record{}, fmt.Errorf("token: get: %w", err)
	}
	return rec, nil
}

// Revoke ends a token. No call of [Service.Authenticate] that begins after Revoke has returned accepts it. To revoke a
// token twice is no error and keeps the first time.
//
// # Errors
//
// [ErrNotFound] or the store's.
func (s *Service) Revoke(ctx context.Context, id string) error {
	var hash digest
	err := s.store.Update(ctx, func(tx kv.Tx) error {
		st, err := readToken(tx, id)
		if err != nil {
			return err
		}
		hash = digest(st.Hash)
		if !st.Revoked.IsZero() {
			return nil
		}
		st.Revoked = s.now()
		data, err := st.encode()
		if err != nil {
			return err
		}
		return tx.Set(tokenKey(id), data)
	})
	// Also after an error: a store may have committed and lost only the answer.
	s.forget(hash)
	if err != nil {
		return fmt.Errorf("token: revoke: %w", err)
	}
	return nil
}

// now is the clock's time as it is stored: UTC, and with no monotonic reading.
func (s *Service) now() time.Time { return s.clock().UTC().Round(0) }

func tokenKey(id string) kv.Key      { return kv.System.Key(tableTokens).String(id) }
func usageKey(id string) kv.Key      { return kv.System.Key(tableUsage).String(id) }
func tenantKey(tenant string) kv.Key { return kv.System.Key(tableByTenant).String(tenant) }

// readToken returns a record without its last-used time, or ErrNotFound.
func readToken(tx kv.Tx, id string) (*stored, error) {
	if len(id) != idLen || !isBase62(id) {
		return nil, ErrNotFound
	}
	data, err := tx.Get(tokenKey(id))
	if errors.Is(err, kv.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return decode(data)
}

// readUsage returns when a token was last used as far as the store knows, zero for never.
func readUsage(tx kv.Tx, id string) (time.Time, error) {
	data, err := tx.Get(usageKey(id))
	if errors.Is(err, kv.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	var t time.Time
	if err := t.UnmarshalText(data); err != nil {
		return time.Time{}, fmt.Errorf("token: unreadable last use of %q: %w", id, err)
	}
	return t, nil
}

func readTenant(tx kv.Tx, tenant string) ([]Record, error) {
	var records []Record
	for e, err := range tx.Scan(kv.Prefix(tenantKey(tenant)), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return nil, err
		}
		d := e.Key.Decoder()
		_ = d.String() // the tenant
		id := d.String()
		if err := d.Err(); err != nil {
			return nil, fmt.Errorf("token: unreadable index key: %w", err)
		}
		st, err := readToken(tx, id)
		if err != nil {
			return nil, err
		}
		if st.LastUsed, err = readUsage(tx, id); err != nil {
			return nil, err
		}
		records = append(records, st.Record)
	}
	return records, nil
}

func newDecoy(now time.Time) ([]byte, error) {
	secret, id := generate()
	hash := sha256.Sum256([]byte(secret))
	return json.Marshal(stored{
		Record: Record{ID: id, Tenant: "decoy", Connection: DefaultConnection, Created: now},
		Hash:   hash[:],
	})
}

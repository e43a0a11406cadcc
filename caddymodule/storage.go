package caddymodule

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/badgerkv"
	"github.com/caddy-scim/caddy-scim/internal/seal"
)

// Storage is what a module of the namespace scim.stores is: a place where the app keeps its data.
type Storage interface {
	// Location names the place. Two configurations that mean the same place return the same text, however they spell
	// it and whatever their other options are, and then share one open store. It is called when the app starts, and
	// may prepare the place but not open it.
	Location() (string, error)
	// Open opens the store. It is called once for as long as the place is in use, over all reloads.
	Open(log *slog.Logger) (kv.Store, error)
	// Seal returns what keeps passwords unreadable in the store. It is called once, before Open.
	Seal() (*seal.Box, error)
	// Options are those that take effect only when the store is opened, by their names in the JSON configuration.
	Options() map[string]any
}

// Badger keeps the app's data in one directory, for one process. It is what is used where the configuration names no
// storage.
//
// A reload keeps the open database: another `path` moves to another directory, but the other options take effect only
// when Caddy is started again, and a reload that changes them says so in the log.
type Badger struct {
	// Path is the directory. It is created with mode 0700 where it does not exist; it must not be shared with another
	// process. A relative path starts at the working directory. Default: the directory `scim` in Caddy's data directory.
	// {env.*} and {file.*} are replaced.
	Path string `json:"path,omitempty"`

	// MemTable is the size of one in-memory table in bytes; a burst of writes may take four. Default and least: 32 MiB.
	MemTable int64 `json:"mem_table,omitempty"`

	// BlockCache bounds the cache of what was read, in bytes. Default: 32 MiB.
	BlockCache int64 `json:"block_cache,omitempty"`

	// GCInterval is the time between two collections of the value log. Negative means never. Default: 10m.
	GCInterval caddy.Duration `json:"gc_interval,omitempty"`

	// Key is the file with the key that passwords are sealed under while they are on their way to an application. It is
	// made, for its owner alone, where it is not there. Whoever has it and the data can read what waits, so keep it out
	// of backups, or elsewhere. Default: `passwords.key` in the directory. {env.*} and {file.*} are replaced.
	Key string `json:"key,omitempty"`

	path, key string // Path and Key with their placeholders replaced
}

// CaddyModule returns the Caddy module information.
func (*Badger) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "scim.stores.badger", New: func() caddy.Module { return new(Badger) }}
}

// Provision implements caddy.Provisioner. It touches no file.
func (b *Badger) Provision(caddy.Context) error {
	var err error
	if b.path = filepath.Join(caddy.AppDataDir(), "scim"); b.Path != "" {
		if b.path, err = replace(b.Path); err != nil {
			return fmt.Errorf("path: %w", err)
		}
	}
	if b.key = filepath.Join(b.path, "passwords.key"); b.Key != "" {
		if b.key, err = replace(b.Key); err != nil {
			return fmt.Errorf("key: %w", err)
		}
	}
	return nil
}

// Validate implements caddy.Validator.
func (b *Badger) Validate() error {
	if b.MemTable != 0 && b.MemTable < badgerkv.DefaultMemTableBytes {
		return fmt.Errorf("mem_table: %d bytes is too small, the least is %d", b.MemTable, int64(badgerkv.DefaultMemTableBytes))
	}
	if b.BlockCache < 0 {
		return fmt.Errorf("block_cache: %d is negative", b.BlockCache)
	}
	return nil
}

// Location implements Storage: the directory's canonical path. It creates the directory, as only what exists has one.
func (b *Badger) Location() (string, error) {
	if err := os.MkdirAll(b.path, 0o700); err != nil {
		return "", fmt.Errorf("create the storage directory: %w", err)
	}
	dir, err := filepath.Abs(b.path)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", fmt.Errorf("find the storage directory: %w", err)
	}
	return "badger:" + dir, nil
}

// Open implements Storage.
func (b *Badger) Open(log *slog.Logger) (kv.Store, error) {
	return badgerkv.Open(badgerkv.Options{
		Dir: b.path, MemTableBytes: b.MemTable, BlockCacheBytes: b.BlockCache, GCInterval: time.Duration(b.GCInterval), Logger: log,
	})
}

// Seal implements Storage.
func (b *Badger) Seal() (*seal.Box, error) { return seal.Load(b.key) }

// Options implements Storage. Defaults count as set.
func (b *Badger) Options() map[string]any {
	return map[string]any{
		"mem_table":   cmp.Or(b.MemTable, badgerkv.DefaultMemTableBytes),
		"block_cache": cmp.Or(b.BlockCache, badgerkv.DefaultBlockCacheBytes),
		"key":         b.key,
		"gc_interval": cmp.Or(time.Duration(b.GCInterval), badgerkv.DefaultGCInterval),
	}
}

// UnmarshalCaddyfile sets up the storage from Caddyfile tokens. Syntax:
//
//	badger {
//		path        <directory>
//		mem_table   <size>
//		block_cache <size>
//		gc_interval <duration>|off
//		key         <file>
//	}
func (b *Badger) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the module's name
	if d.NextArg() {
		return d.Errf("%q is too much after %q; the directory is named by the option path", d.Val(), "storage badger")
	}
	return readBlock(d, "storage badger",
		option{usage: "path <directory>", read: text(&b.Path)},
		option{usage: "mem_table <size>", read: size(&b.MemTable)},
		option{usage: "block_cache <size>", read: size(&b.BlockCache)},
		option{usage: "key <file>", read: text(&b.Key)},
		option{usage: "gc_interval <duration>|off", read: func(l line) error {
			var value string
			if err := l.args(&value); err != nil {
				return err
			}
			if value == "off" {
				b.GCInterval = -1
				return nil
			}
			return l.duration(value, &b.GCInterval)
		}},
	)
}

// Interface guards.
var (
	_ Storage               = (*Badger)(nil)
	_ caddy.Provisioner     = (*Badger)(nil)
	_ caddy.Validator       = (*Badger)(nil)
	_ caddyfile.Unmarshaler = (*Badger)(nil)
)

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/badgerkv"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// tenant is the one that all data belongs to.
const tenant = "acme"

// What one transaction of a load holds.
const (
	loadUsers   = 2000
	loadMembers = 5000
)

// prepare makes a data set in a folder below dir, unless it is there already, and returns that folder. The data set is
// as it would be had each resource come alone and been delivered, but for the journal, which is empty.
func prepare(ctx context.Context, dir string, d data, say func(format string, args ...any)) (string, error) {
	folder := filepath.Join(dir, fmt.Sprintf("%d-users-%d-members", d.users, d.members))
	whole := folder + ".complete"
	if _, err := os.Stat(whole); err == nil {
		return folder, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.RemoveAll(folder); err != nil { // what a load that was broken off has left
		return "", err
	}
	backend, err := badgerkv.Open(badgerkv.Options{
		Dir: folder, NoSync: true, MemTableBytes: 64 << 20, GCInterval: -1, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return "", err
	}
	err = errors.Join(d.load(ctx, backend, say), backend.Close())
	if err != nil {
		return "", err
	}
	// The engine finds resources that are in no index yet and puts them in, as it does after an update.
	say("%d users: the engine builds its indexes", d.users)
	s, err := open(folder, d, settings{noSync: true})
	if err != nil {
		return "", err
	}
	if err := errors.Join(s.tenant().Indexed(ctx), s.Close()); err != nil {
		return "", err
	}
	return folder, os.WriteFile(whole, nil, 0o600)
}

// load writes everything but the indexes.
func (d data) load(ctx context.Context, backend kv.Store, say func(format string, args ...any)) error {
	id, err := kv.NewTenant(tenant)
	if err != nil {
		return err
	}
	s := store.New(backend)
	// chunks calls fn for 0…n-1, most of them in one transaction.
	chunks := func(n, most int, fn func(tx *store.Tx, i int) error) error {
		for from := 0; from < n; from += most {
			err := s.Update(ctx, id, func(tx *store.Tx) error {
				for i := from; i < min(from+most, n); i++ {
					if err := fn(tx, i); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			if done := from + most; done%100_000 == 0 {
				say("%d users: %d of %d written", d.users, done, n)
			}
		}
		return nil
	}
	err = chunks(d.users, loadUsers, func(tx *store.Tx, n int) error {
		doc, err := userDocument(n)
		if err != nil {
			return err
		}
		return tx.Put(nil, record(store.User, userID(n), n, doc))
	})
	if err != nil {
		return err
	}
	err = chunks(d.smallGroups()+1, loadMembers/smallGroup, func(tx *store.Tx, n int) error {
		doc, err := groupDocument(n)
		if err != nil {
			return err
		}
		if err := tx.Put(nil, record(store.Group, groupID(n), n, doc)); err != nil || n == d.largeGroup() {
			return err
		}
		for i := range smallGroup {
			if err := tx.PutEdge(store.Edge{}, member(groupID(n), userID(n*smallGroup+i))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	group := groupID(d.largeGroup())
	return chunks(d.members, loadMembers, func(tx *store.Tx, n int) error {
		if n < d.largeUsers() {
			return tx.PutEdge(store.Edge{}, member(group, userID(n*oneIn)))
		}
		return tx.PutEdge(store.Edge{}, store.Edge{Group: group, Member: pendingID(n), Version: 1, Desired: true, Waiting: true})
	})
}

// member is an edge to a user that the application has been told of.
func member(group, user string) store.Edge {
	return store.Edge{Group: group, Member: user, Type: store.User, Version: 1, Desired: true, Applied: true}
}

package token

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// digest is the SHA-256 of a token. It is the key of every lookup, so what a lookup's timing could tell is about a
// hash that the caller does not choose, never about the token.
type digest [sha256.Size]byte

// entry is what is known of one token while the process runs, static or managed.
type entry struct {
	hash    digest
	who     Identity
	expires time.Time // zero: never
	revoked bool
	usage   *usage // nil for a static token
}

// Authenticate says for whom a presented managed token speaks. A token that was accepted before is found in memory without
// an allocation; any other managed token costs one read of the store.
//
// # Errors
//
// [ErrUnknown], [ErrExpired] and [ErrRevoked], each a 401 to the client: only who presents a token's whole secret
// learns that it once was good. Any other error is the store's and a 503.
func (s *Service) Authenticate(ctx context.Context, presented string) (Identity, error) {
	hash, ok := hashOf(presented)
	if !ok {
		return Identity{}, ErrUnknown
	}
	if e, ok := s.cache.Get(hash); ok {
		return s.accept(e, &hash)
	}
	id, err := Parse(presented)
	if err != nil {
		return Identity{}, ErrUnknown
	}
	return s.authenticateStored(ctx, id, &hash)
}

// Recall is Authenticate for those tokens alone that are in memory: it reads no store. Any other is [ErrUnknown].
func (s *Service) Recall(presented string) (Identity, error) {
	if hash, ok := hashOf(presented); ok {
		if e, ok := s.cache.Get(hash); ok {
			return s.accept(e, &hash)
		}
	}
	return Identity{}, ErrUnknown
}

// authenticateStored reads the record with the id and, if its token is good, remembers it.
func (s *Service) authenticateStored(ctx context.Context, id string, hash *digest) (Identity, error) {
	// Before the read: a revocation that this read may have missed is counted after it.
	seen := s.revocationCount()
	e, err := s.load(ctx, id)
	if err != nil {
		return Identity{}, err
	}
	if err := e.judge(hash, s.clock()); err != nil {
		return Identity{}, err
	}
	return s.accept(s.remember(e, seen), hash)
}

// remember puts a good token into the cache and returns the entry to go on with: the one that is there already, if
// another request was quicker. If a token was revoked since seen was read, e may be stale and stays outside.
func (s *Service) remember(e *entry, seen uint64) *entry {
	s.cacheMu.Lock()
	defer s.cacheMu.Unlock()
	if s.revocations != seen {
		return e
	}
	if first, ok, _ := s.cache.PeekOrAdd(e.hash, e); ok {
		return first
	}
	return e
}

// forget drops a token from the cache, and keeps those out that were read before now.
func (s *Service) forget(hash digest) {
	s.cacheMu.Lock()
	defer s.cacheMu.Unlock()
	s.revocations++
	s.cache.Remove(hash)
}

func (s *Service) revocationCount() uint64 {
	s.cacheMu.Lock()
	defer s.cacheMu.Unlock()
	return s.revocations
}

// load reads a token's record. For an unknown id it returns the decoy, which no token matches.
func (s *Service) load(ctx context.Context, id string) (*entry, error) {
	var data []byte
	var lastUse time.Time
	err := s.store.View(ctx, func(tx kv.Tx) (err error) {
		if data, err = tx.Get(tokenKey(id)); errors.Is(err, kv.ErrNotFound) {
			data, err = s.decoy, nil
		}
		if err != nil {
			return err
		}
		lastUse, err = readUsage(tx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("token: authenticate: %w", err)
	}
	st, err := decode(data)
	if err != nil {
		return nil, err
	}
	e := st.entry()
	e.usage.noteWritten(lastUse)
	return e, nil
}

// hashOf is the hash of a presented token, and whether it can be one at all.
func hashOf(presented string) (digest, bool) {
	if len(presented) > MaxLen {
		return digest{}, false
	}
	var buf [MaxLen]byte
	return sha256.Sum256(buf[:copy(buf[:], presented)]), true
}

// accept judges a token however its entry was found, and notes its use.
func (s *Service) accept(e *entry, hash *digest) (Identity, error) {
	now := s.clock()
	if err := e.judge(hash, now); err != nil {
		return Identity{}, err
	}
	s.use(e.usage, now)
	return e.who, nil
}

// judge tells whether the token with the hash is the entry's and good. The comparison comes first and takes the same
// time wherever the hashes differ.
func (e *entry) judge(hash *digest, now time.Time) error {
	switch {
	case subtle.ConstantTimeCompare(e.hash[:], hash[:]) != 1:
		return ErrUnknown
	case e.revoked:
		return &PastError{Who: e.who, Err: ErrRevoked}
	case !e.expires.IsZero() && !now.Before(e.expires):
		return &PastError{Who: e.who, Err: ErrExpired}
	}
	return nil
}

// PastError is [ErrExpired] or [ErrRevoked], with whose token it was. It is for alarms; the client is not told.
type PastError struct {
	Who Identity
	Err error
}

func (e *PastError) Error() string { return e.Err.Error() }

func (e *PastError) Unwrap() error { return e.Err }

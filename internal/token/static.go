package token

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const (
	// MinStaticLen is the least length of a static token in characters.
	MinStaticLen = 24
	// MaxLen is the greatest length of any token in characters. A longer one is unknown without being hashed.
	MaxLen = 512
	// StaticID stands as the token id in the [Identity] of a static token.
	StaticID = "static"
)

// StaticToken is one token from the operator's configuration.
type StaticToken struct {
	// Token is the text that the client presents: 24 to 512 visible ASCII characters, no spaces.
	Token Secret
	// Tenant and Connection say whom the token speaks for. An empty Connection is [DefaultConnection].
	Tenant, Connection string
}

// Static is an immutable set of static tokens, held by their hashes. A static token has no expiry and no last-used
// time; it ends with the configuration that lists it.
type Static struct {
	entries map[digest]*entry
}

// NewStatic makes a set.
//
// # Errors
//
// [ErrInvalid] for a token that is too short, too long or no single word of visible ASCII, for a tenant or connection
// name that is none, and for a token that is listed twice: two tenants with one token could read each other.
// No error holds a token.
func NewStatic(tokens []StaticToken) (*Static, error) {
	set := &Static{entries: make(map[digest]*entry, len(tokens))}
	for _, t := range tokens {
		who := Identity{Tenant: t.Tenant, Connection: t.Connection, TokenID: StaticID}
		if err := who.complete(); err != nil {
			return nil, err
		}
		if err := checkStatic(string(t.Token)); err != nil {
			return nil, fmt.Errorf("static token of tenant %q: %w", who.Tenant, err)
		}
		hash := digest(sha256.Sum256([]byte(t.Token)))
		if other, ok := set.entries[hash]; ok {
			return nil, fmt.Errorf("%w: tenants %q and %q list the same static token; each needs its own",
				ErrInvalid, other.who.Tenant, who.Tenant)
		}
		set.entries[hash] = &entry{hash: hash, who: who}
	}
	return set, nil
}

// Authenticate says for whom a presented static token speaks, without an allocation. Any other is [ErrUnknown].
func (s *Static) Authenticate(presented string) (Identity, error) {
	hash, ok := hashOf(presented)
	if !ok {
		return Identity{}, ErrUnknown
	}
	e, ok := s.entries[hash]
	if !ok || subtle.ConstantTimeCompare(e.hash[:], hash[:]) != 1 {
		return Identity{}, ErrUnknown
	}
	return e.who, nil
}

// Len returns the number of tokens in the set.
func (s *Static) Len() int { return len(s.entries) }

// Format writes the size of the set for every verb: even the hash of a token helps who wants to guess one that a person
// made up.
func (s *Static) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "%d static tokens", s.Len()) }

// LogValue is what Format writes.
func (s *Static) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

func checkStatic(t string) error {
	switch {
	case len(t) < MinStaticLen:
		return fmt.Errorf("%w: it has %d characters and needs at least %d; is its environment variable set?",
			ErrInvalid, len(t), MinStaticLen)
	case len(t) > MaxLen:
		return fmt.Errorf("%w: it has %d characters and may have at most %d", ErrInvalid, len(t), MaxLen)
	}
	for i := range len(t) {
		if t[i] <= ' ' || t[i] > '~' {
			return fmt.Errorf("%w: character %d is a space, a line end or not ASCII, which no Authorization header can carry",
				ErrInvalid, i+1)
		}
	}
	return nil
}

var (
	_ fmt.Formatter  = (*Static)(nil)
	_ slog.LogValuer = (*Static)(nil)
)

package token

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// DefaultConnection is the connection of a token for which none was named.
const DefaultConnection = "default"

// maxNameLen bounds a token's name, in bytes.
const maxNameLen = 128

// Identity says for whom an accepted token speaks.
type Identity struct {
	Tenant     string // the tenant's name
	Connection string // the connection's name
	TokenID    string // the token's id, or [StaticID]
	By         string // who made the token, as far as that is known
	Limits     LimitSet
}

// complete fills in the default connection and checks the names.
func (i *Identity) complete() error {
	if i.Connection == "" {
		i.Connection = DefaultConnection
	}
	if _, err := kv.NewTenant(i.Tenant); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if !isName(i.Connection) {
		return fmt.Errorf("%w: connection %.80q: must be 1 to 63 of a-z, 0-9, _ and -, and begin with a letter or digit",
			ErrInvalid, i.Connection)
	}
	return nil
}

// Record is what a tenant's admin may see of a managed token. It holds nothing from which the token could be found.
type Record struct {
	ID         string    `json:"id"`
	Tenant     string    `json:"tenant"`
	Connection string    `json:"connection"`
	Name       string    `json:"name,omitempty"`
	By         string    `json:"by,omitempty"` // who made it, as far as that is known
	Created    time.Time `json:"created"`
	// Expires is the first moment at which the token is refused; zero means never.
	Expires time.Time `json:"expires,omitzero"`
	// Revoked is when the token was revoked; zero means that it was not.
	Revoked time.Time `json:"revoked,omitzero"`
	// LastUsed is when the token was last accepted, exact to [Options.UsageInterval]; zero means never.
	LastUsed time.Time `json:"last_used,omitzero"`
	// Limits are what the token is limited to; nil for none.
	Limits *Limits `json:"limits,omitempty"`
}

// Live reports whether the token would be accepted at the given time.
func (r *Record) Live(now time.Time) bool {
	return r.Revoked.IsZero() && (r.Expires.IsZero() || now.Before(r.Expires))
}

// stored is a record as it lies in the store. LastUsed lies beside it, so that noting a use can never undo a revocation.
type stored struct {
	Record
	Hash []byte `json:"hash"` // SHA-256 of the token
}

func (s *stored) encode() ([]byte, error) {
	s.LastUsed = time.Time{}
	return json.Marshal(s)
}

func decode(data []byte) (*stored, error) {
	s := new(stored)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("token: unreadable record: %w", err)
	}
	if len(s.Hash) != len(digest{}) {
		return nil, fmt.Errorf("token: record %q has a hash of %d bytes", s.ID, len(s.Hash))
	}
	if err := s.Limits.Validate(); err != nil {
		return nil, fmt.Errorf("token: record %q: %w", s.ID, err)
	}
	return s, nil
}

func (s *stored) entry() *entry {
	return &entry{
		hash:    digest(s.Hash),
		who:     Identity{Tenant: s.Tenant, Connection: s.Connection, TokenID: s.ID, By: s.By, Limits: LimitSet{s.Limits}},
		expires: s.Expires,
		revoked: !s.Revoked.IsZero(),
		usage:   &usage{id: s.ID},
	}
}

func isName(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '_' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// checkLabel refuses what would break a table on a terminal or fake a line in it.
func checkLabel(name string) error {
	if len(name) > maxNameLen {
		return fmt.Errorf("%w: the name has %d bytes and may have at most %d", ErrInvalid, len(name), maxNameLen)
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("%w: the name is not UTF-8", ErrInvalid)
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%w: the name has a character that cannot be printed", ErrInvalid)
		}
	}
	return nil
}

// Package token makes, keeps and checks the bearer tokens with which an identity provider speaks for one connection
// of one tenant (RFC 7644 §2, RFC 6750).
//
// There are two kinds. A managed token is made by [Service.Create] in the format that [Parse] describes; only its
// SHA-256 is stored. A static token stands in the operator's configuration and is held, hashed, by a [Static] set.
// [Service.Authenticate] takes both.
//
// A fast hash is enough for managed tokens because their secret has over 170 bits from the system's random source:
// nothing can be guessed from the hash. It is also what makes a check cheap enough for every request.
package token

import "errors"

var (
	// ErrMalformed means that a string has not the format of a managed token.
	ErrMalformed = errors.New("token: not in the format scim_<id>_<secret><checksum>")
	// ErrChecksum means that a string has the format of a managed token, but a character was mistyped or cut off.
	ErrChecksum = errors.New("token: checksum does not match, the token is mistyped or incomplete")

	// ErrUnknown means that nobody was issued the presented token. Like ErrExpired and ErrRevoked it is answered with
	// 401; the three differ for the log alone.
	ErrUnknown = errors.New("token: unknown token")
	// ErrExpired means that the presented token was good until its expiry.
	ErrExpired = errors.New("token: expired token")
	// ErrRevoked means that the presented token was good until it was revoked.
	ErrRevoked = errors.New("token: revoked token")

	// ErrUnavailable means that it cannot be told now whether the presented token is good. It is answered with 503.
	ErrUnavailable = errors.New("token: cannot be checked now")

	// ErrNotFound means that no token has the id that a management call named.
	ErrNotFound = errors.New("token: no token with this id")
	// ErrInvalid means that a management call or a static token was refused for what it says; the text tells why.
	ErrInvalid = errors.New("token: invalid")
	// ErrTooMany means that a tenant already has [MaxLive] live tokens.
	ErrTooMany = errors.New("token: too many live tokens, revoke one first")
)

// ScopeError means that the presented access token is its issuer's, and lacks the scope that is needed here. It is
// answered with 403 (RFC 6750 section 3.1).
type ScopeError struct {
	Scope string // the one that is needed
}

// Error implements error.
func (e *ScopeError) Error() string { return "token: the access token lacks the scope " + e.Scope }

// Interface guard.
var _ error = (*ScopeError)(nil)

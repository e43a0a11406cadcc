// Package cursor makes and reads the cursors of RFC 9865: strings that name a place in the results of a query. They are
// encrypted and authenticated, so that a client can neither read the attribute values in them nor forge one, and they
// are bound to the query that they were made for. Nothing is kept on the server for a cursor but the key of all.
package cursor

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// KeySize is the length of a Key's bytes.
const KeySize = 32

// MaxLength bounds a cursor, in bytes: a longer one is no cursor.
const MaxLength = 2048

// ErrInvalid means that a string is no cursor of this key and query: it was made up, changed, cut, or made for another
// query, tenant or endpoint. Which of these it was is not told.
var ErrInvalid = errors.New("invalid cursor")

// Cursor is a place in the results of a query, and which way the page lies from there.
type Cursor struct {
	Expires  time.Time // to the second; the caller compares it with its clock
	Count    int       // the page size that the query began with
	Backward bool      // the page ends before the place; else it begins behind it
	Kind     string    // the resource type of the resource at the place
	ID       string    // its id; empty: the place is before everything
	Key      string    // its sort key, any bytes; empty where the results are in the order of ids
}

// Key encrypts and authenticates cursors. It is safe for concurrent use.
type Key struct{ aead cipher.AEAD }

// NewSecret returns the bytes of a new random key.
func NewSecret() []byte {
	b := make([]byte, KeySize)
	_, _ = rand.Read(b) // never fails
	return b
}

// NewKey returns the key with the given bytes; there must be KeySize of them.
func NewKey(secret []byte) (Key, error) {
	if len(secret) != KeySize {
		return Key{}, fmt.Errorf("a cursor key of %d bytes, not %d", len(secret), KeySize)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return Key{}, fmt.Errorf("cursor key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return Key{}, fmt.Errorf("cursor key: %w", err)
	}
	return Key{aead}, nil
}

// encoding is base64 of nothing but unreserved characters, as RFC 9865 section 2 wants it. Strict: a cursor has one
// spelling.
var encoding = base64.RawURLEncoding.Strict()

// Seal returns the cursor as a string that Open reads again with the same key and query. query is everything that the
// cursor is bound to, in any form.
func (k Key) Seal(c Cursor, query string) string {
	sealed := k.aead.Seal(nil, nil, c.append(nil), []byte(query)) //nolint:gosec // it takes no nonce, it makes one
	return encoding.EncodeToString(sealed)
}

// Open reads a cursor. The error is ErrInvalid. Whether the cursor has expired is the caller's to see.
func (k Key) Open(s, query string) (Cursor, error) {
	if len(s) > MaxLength {
		return Cursor{}, ErrInvalid
	}
	sealed, err := encoding.DecodeString(s)
	if err != nil {
		return Cursor{}, ErrInvalid
	}
	plain, err := k.aead.Open(nil, nil, sealed, []byte(query))
	if err != nil {
		return Cursor{}, ErrInvalid
	}
	return parse(plain)
}

// format is the first byte of a cursor, and changes with what follows it.
const format = 1

const (
	flagBackward = 1 << iota
	flagsEnd
)

func (c *Cursor) append(b []byte) []byte {
	var flags byte
	if c.Backward {
		flags |= flagBackward
	}
	b = append(b, format, flags)
	b = binary.AppendVarint(b, c.Expires.Unix())
	b = binary.AppendUvarint(b, uint64(max(c.Count, 0)))
	for _, s := range [...]string{c.Kind, c.ID, c.Key} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

// parse reads what append wrote, and nothing else.
func parse(b []byte) (Cursor, error) {
	if len(b) < 2 || b[0] != format || b[1] >= flagsEnd {
		return Cursor{}, ErrInvalid
	}
	c := Cursor{Backward: b[1]&flagBackward != 0}
	rest := b[2:]
	expires, n := binary.Varint(rest)
	if n <= 0 {
		return Cursor{}, ErrInvalid
	}
	c.Expires, rest = time.Unix(expires, 0).UTC(), rest[n:]
	count, n := binary.Uvarint(rest)
	if n <= 0 || count > 1<<31-1 {
		return Cursor{}, ErrInvalid
	}
	c.Count, rest = int(count), rest[n:]
	for _, s := range [...]*string{&c.Kind, &c.ID, &c.Key} {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return Cursor{}, ErrInvalid
		}
		*s, rest = string(rest[n:n+int(size)]), rest[n+int(size):]
	}
	if len(rest) > 0 {
		return Cursor{}, ErrInvalid
	}
	return c, nil
}

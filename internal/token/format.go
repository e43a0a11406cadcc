package token

import (
	"crypto/rand"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"strings"
)

const (
	prefix      = "scim_"
	idLen       = 10 // 59 bits: enough to tell tokens apart, short enough to read out
	secretLen   = 30 // 178 bits
	checksumLen = 6  // 62^6 > 2^32, so that every CRC32 fits

	bodyLen  = len(prefix) + idLen + 1 + secretLen
	tokenLen = bodyLen + checksumLen

	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// Secret is a token as its holder presents it. Whatever prints, logs or marshals a Secret gets a redacted form; the
// conversion string(s) is the one way to the text, and so the one thing to look for in a review.
type Secret string

// redacted shows of a managed token its id, which is no secret and finds the token in a list, and of any other
// string nothing.
func (s Secret) redacted() string {
	if id, err := Parse(string(s)); err == nil {
		return prefix + id + "_[redacted]"
	}
	return "[redacted]"
}

// String returns the redacted form.
func (s Secret) String() string { return s.redacted() }

// Format writes the redacted form for every verb, %d and %x included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.redacted()) }

// LogValue returns the redacted form.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.redacted()) }

// MarshalText returns the redacted form. A Secret can be read from a configuration but not written back by accident.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.redacted()), nil }

// Parse checks offline whether s is a managed token and returns the id in it.
//
// The format is scim_<id>_<secret><checksum>: an id of 10, a secret of 30 and a checksum of 6 characters out of
// 0-9A-Za-z, which a leak scanner finds by
//
//	scim_[0-9A-Za-z]{10}_[0-9A-Za-z]{36}
//
// The checksum is the CRC32 (IEEE) of all that stands before it, in base 62 with the most significant digit first. It
// tells a typo or a scanner's false alarm from a token without a look at any store, and proves nothing more.
//
// # Errors
//
// [ErrMalformed] and [ErrChecksum]; neither holds any part of s.
func Parse(s string) (id string, err error) {
	if len(s) != tokenLen || !strings.HasPrefix(s, prefix) || s[len(prefix)+idLen] != '_' {
		return "", ErrMalformed
	}
	id = s[len(prefix) : len(prefix)+idLen]
	if !isBase62(id) || !isBase62(s[len(prefix)+idLen+1:]) {
		return "", ErrMalformed
	}
	if checksum(s[:bodyLen]) != s[bodyLen:] {
		return "", ErrChecksum
	}
	return id, nil
}

// generate returns a new random token and its id.
func generate() (Secret, string) {
	id := randomBase62(idLen)
	body := prefix + id + "_" + randomBase62(secretLen)
	return Secret(body + checksum(body)), id
}

func checksum(body string) string {
	var digits [checksumLen]byte
	sum := crc32.ChecksumIEEE([]byte(body))
	for i := range digits {
		digits[checksumLen-1-i] = base62[sum%62]
		sum /= 62
	}
	return string(digits[:])
}

// randomBase62 returns n characters, each of the 62 equally likely.
func randomBase62(n int) string {
	out := make([]byte, 0, n)
	var buf [64]byte
	for {
		_, _ = rand.Read(buf[:]) // never fails: it ends the program instead
		for _, b := range buf {
			// Six bits, and another try where they are 62 or 63: a remainder would favour the first characters.
			if b &= 0x3f; int(b) >= len(base62) {
				continue
			}
			if out = append(out, base62[b]); len(out) == n {
				return string(out)
			}
		}
	}
}

func isBase62(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

var (
	_ fmt.Formatter  = Secret("")
	_ fmt.Stringer   = Secret("")
	_ slog.LogValuer = Secret("")
)

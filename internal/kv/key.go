package kv

import (
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// The encoding of a key:
//
//	key    = tenant 0x00 table 0x00 *part
//	part   = 0x10 escaped 0x00            a string
//	       / 0x11 escaped 0x00            bytes
//	       / 0x20 8 bytes                 a uint64, big endian
//	       / 0x21 8 bytes 4 bytes         a time: Unix seconds with the sign bit
//	                                      flipped, nanoseconds; both big endian
//	escaped = the bytes, each 0x00 written as 0x00 0xff
//
// Every part delimits itself, so one key's encoding is a prefix of another's
// only if its parts are the first parts of the other. Every byte that can follow
// a whole part is below 0xff, so a key followed by 0xff is a bound behind all
// that extends it.
const (
	nameEnd   = "\x00"
	partEnd   = "\x00"
	boundMark = "\xff"

	tagString = '\x10'
	tagBytes  = '\x11'
	tagUint64 = '\x20'
	tagTime   = '\x21'

	uint64Bytes = 8
	timeBytes   = 12
)

// signBit turns the order of signed numbers into that of unsigned ones.
const signBit = 1 << 63

// Key is a tenant, a table and any number of parts. It is immutable, compares
// with ==, and can be a map's key. Keys sort by tenant, table and then part by
// part; parts of different types by type: string, bytes, uint64, time.
//
// The zero Key is invalid, and so is what is appended to it or to a bound. A
// Store refuses invalid keys with ErrInvalidKey.
//
// Keys hold personal data, so printing or logging one shows the tenant, the
// table and the length only.
type Key struct {
	enc   string
	bound bool // only good as an end of a Range
}

// String appends a string. Any bytes are allowed; strings sort bytewise.
func (k Key) String(s string) Key {
	if !k.extensible() {
		return Key{}
	}
	return Key{enc: k.enc + string(tagString) + escape(s) + partEnd}
}

// Bytes appends a byte string.
func (k Key) Bytes(b []byte) Key {
	if !k.extensible() {
		return Key{}
	}
	return Key{enc: k.enc + string(tagBytes) + escape(string(b)) + partEnd}
}

// Uint64 appends a number.
func (k Key) Uint64(n uint64) Key {
	if !k.extensible() {
		return Key{}
	}
	var part [1 + uint64Bytes]byte
	part[0] = tagUint64
	binary.BigEndian.PutUint64(part[1:], n)
	return Key{enc: k.enc + string(part[:])}
}

// Time appends an instant, exact to the nanosecond, the zero time.Time and all
// later years that JSON can write included. Location and monotonic clock are
// dropped.
func (k Key) Time(t time.Time) Key {
	if !k.extensible() {
		return Key{}
	}
	var part [1 + timeBytes]byte
	part[0] = tagTime
	binary.BigEndian.PutUint64(part[1:], uint64(t.Unix())^signBit)
	binary.BigEndian.PutUint32(part[9:], uint32(t.Nanosecond()))
	return Key{enc: k.enc + string(part[:])}
}

// After returns the bound behind k and every key that extends k, and before all
// others that follow. As Range.From it resumes a scan behind k. A bound is not
// itself a key: it cannot be set, read or appended to.
func (k Key) After() Key {
	if !k.extensible() {
		return Key{}
	}
	return Key{enc: k.enc + boundMark, bound: true}
}

// Tenant returns the tenant of k, the zero Tenant if k is invalid.
func (k Key) Tenant() Tenant {
	name, _, _ := strings.Cut(k.enc, nameEnd)
	return Tenant{name}
}

// Table returns the table of k, "" if k is invalid or the bound of a whole tenant.
func (k Key) Table() Table {
	_, rest, _ := strings.Cut(k.enc, nameEnd)
	table, _, ok := strings.Cut(rest, nameEnd)
	if !ok {
		return ""
	}
	return Table(table)
}

// Compare returns -1, 0 or +1 as k sorts before, with or behind other.
func (k Key) Compare(other Key) int { return strings.Compare(k.enc, other.enc) }

// Encoded returns the bytes to store k under, for the use of backends. It is the
// one check every key passes: ErrInvalidKey for the zero Key and for bounds,
// ErrTooBig above MaxKeyBytes.
func (k Key) Encoded() (string, error) {
	if !k.extensible() {
		return "", ErrInvalidKey
	}
	if len(k.enc) > MaxKeyBytes {
		return "", tooLong(len(k.enc))
	}
	return k.enc, nil
}

// Format prints the tenant, the table and the length of the rest, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, k.redacted())
}

// LogValue is what slog prints: the same as Format.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.redacted()) }

func (k Key) redacted() string {
	if k.enc == "" {
		return "invalid key"
	}
	tenant, table := k.Tenant().name, k.Table()
	return fmt.Sprintf("%s/%s/(%d bytes)", tenant, table, max(0, len(k.enc)-len(tenant)-len(table)-2))
}

func (k Key) extensible() bool { return k.enc != "" && !k.bound }

func escape(s string) string { return strings.ReplaceAll(s, "\x00", "\x00\xff") }

func tooLong(n int) error {
	return fmt.Errorf("%w: a key of %d bytes, the most is %d", ErrTooBig, n, MaxKeyBytes)
}

// Interface guards.
var (
	_ fmt.Formatter  = Key{}
	_ slog.LogValuer = Key{}
)

package kv

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// Decoder takes the parts of a key off again, in the order they were appended.
// The first part that is not of the type asked for sets Err; from then on every
// method returns a zero value.
type Decoder struct {
	rest string
	err  error
}

// Decoder returns a decoder that stands behind tenant and table. For an invalid
// key its Err is set from the start.
func (k Key) Decoder() *Decoder {
	if !k.extensible() {
		return &Decoder{err: ErrInvalidKey}
	}
	_, rest, _ := strings.Cut(k.enc, nameEnd)
	_, rest, _ = strings.Cut(rest, nameEnd)
	return &Decoder{rest: rest}
}

// String takes off a part that Key.String appended.
func (d *Decoder) String() string { return d.escaped(tagString, "a string") }

// Bytes takes off a part that Key.Bytes appended. The result is the caller's.
func (d *Decoder) Bytes() []byte {
	s := d.escaped(tagBytes, "bytes")
	if d.err != nil {
		return nil
	}
	return []byte(s)
}

// Uint64 takes off a part that Key.Uint64 appended.
func (d *Decoder) Uint64() uint64 {
	part := d.fixed(tagUint64, uint64Bytes, "a number")
	if d.err != nil {
		return 0
	}
	return binary.BigEndian.Uint64([]byte(part))
}

// Time takes off a part that Key.Time appended, in UTC.
func (d *Decoder) Time() time.Time {
	part := []byte(d.fixed(tagTime, timeBytes, "a time"))
	if d.err != nil {
		return time.Time{}
	}
	sec := int64(binary.BigEndian.Uint64(part) ^ signBit)
	nsec := binary.BigEndian.Uint32(part[8:])
	if nsec >= uint32(time.Second) {
		d.fail("a time")
		return time.Time{}
	}
	return time.Unix(sec, int64(nsec)).UTC()
}

// More reports whether parts are left. It is false once Err is set.
func (d *Decoder) More() bool { return d.err == nil && d.rest != "" }

// Err returns the first failure, which matches ErrInvalidKey, or nil. Parts that
// are left over are no failure.
func (d *Decoder) Err() error { return d.err }

func (d *Decoder) fail(want string) {
	d.err = fmt.Errorf("%w: %s expected", ErrInvalidKey, want)
	d.rest = ""
}

func (d *Decoder) fixed(tag byte, size int, what string) string {
	if d.err != nil {
		return ""
	}
	if len(d.rest) < 1+size || d.rest[0] != tag {
		d.fail(what)
		return ""
	}
	part := d.rest[1 : 1+size]
	d.rest = d.rest[1+size:]
	return part
}

func (d *Decoder) escaped(tag byte, what string) string {
	if d.err != nil {
		return ""
	}
	if d.rest == "" || d.rest[0] != tag {
		d.fail(what)
		return ""
	}
	body := d.rest[1:]
	plain := true
	for i := 0; ; i++ {
		n := strings.IndexByte(body[i:], 0)
		if n < 0 {
			d.fail(what)
			return ""
		}
		i += n
		if i+1 < len(body) && body[i+1] == boundMark[0] { // an escaped zero byte
			plain = false
			i++
			continue
		}
		d.rest = body[i+1:]
		if plain {
			return body[:i]
		}
		return strings.ReplaceAll(body[:i], "\x00\xff", "\x00")
	}
}

// skip takes off one part of any type.
func (d *Decoder) skip() {
	switch {
	case d.err != nil:
	case d.rest == "":
		d.fail("a part")
	case d.rest[0] == tagString:
		d.escaped(tagString, "a string")
	case d.rest[0] == tagBytes:
		d.escaped(tagBytes, "bytes")
	case d.rest[0] == tagUint64:
		d.fixed(tagUint64, uint64Bytes, "a number")
	default:
		d.Time()
	}
}

// DecodeKey turns the bytes of Key.Encoded back into the key. It accepts nothing
// that the methods of Key cannot build; all else is ErrInvalidKey or ErrTooBig.
// It is meant for backends and for keys that went outside, as a page's cursor
// does: there the caller must still compare the tenant.
func DecodeKey(encoded string) (Key, error) {
	if len(encoded) > MaxKeyBytes {
		return Key{}, tooLong(len(encoded))
	}
	tenant, rest, _ := strings.Cut(encoded, nameEnd)
	table, rest, ok := strings.Cut(rest, nameEnd)
	if !ok || (!validName(tenant) && tenant != systemName) || !validName(table) {
		return Key{}, ErrInvalidKey
	}
	d := Decoder{rest: rest}
	for d.More() {
		d.skip()
	}
	if d.err != nil {
		return Key{}, d.err
	}
	return Key{enc: encoded}, nil
}

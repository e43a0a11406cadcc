package cursor

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func newKey(t interface{ Fatal(...any) }, secret []byte) Key {
	k, err := NewKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func genCursor() *rapid.Generator[Cursor] {
	return rapid.Custom(func(t *rapid.T) Cursor {
		return Cursor{
			Expires: time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "expires"), 0).UTC(), Count: rapid.IntRange(0, 1<<31-1).Draw(t, "count"),
			Backward: rapid.Bool().Draw(t, "backward"),
			Kind:     rapid.String().Draw(t, "kind"), ID: rapid.String().Draw(t, "id"), Key: string(rapid.SliceOf(rapid.Byte()).Draw(t, "key")),
		}
	})
}

// A cursor is read again as it was, of unreserved characters only, and only with its key and query.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	secret := NewSecret()
	key, same, other := newKey(t, secret), newKey(t, slices.Clone(secret)), newKey(t, NewSecret())
	rapid.Check(t, func(t *rapid.T) {
		c, query := genCursor().Draw(t, "cursor"), rapid.String().Draw(t, "query")
		s := key.Seal(c, query)
		const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
		if strings.Trim(s, unreserved) != "" {
			t.Fatalf("reserved characters in %q", s)
		}
		got, err := same.Open(s, query)
		if len(s) > MaxLength {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("a cursor of %d bytes: %v", len(s), err)
			}
			return
		}
		if diff := cmp.Diff(c, got); diff != "" || err != nil {
			t.Fatalf("%v: %s", err, diff)
		}
		if s == key.Seal(c, query) {
			t.Fatal("the same cursor twice: it shows that two places are one")
		}
		at := rapid.IntRange(0, len(s)-1).Draw(t, "at")
		with := rapid.SampledFrom([]string{"", "A", "b", "-", "=", "\x00", "é", s}).Draw(t, "with")
		for _, bad := range []struct {
			key      Key
			s, query string
		}{
			{key, s, query + "x"}, {other, s, query}, {key, s[:at], query}, {key, s + "A", query}, {key, s[:at] + with + s[at+1:], query},
		} {
			if bad.s == s && bad.query == query && bad.key == key {
				continue // the same character
			}
			if got, err := bad.key.Open(bad.s, bad.query); !errors.Is(err, ErrInvalid) {
				t.Fatalf("%q: %+v, %v", bad.s, got, err)
			}
		}
	})
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := NewKey(make([]byte, n)); err == nil {
			t.Errorf("a key of %d bytes", n)
		}
	}
	if bytes.Equal(NewSecret(), NewSecret()) {
		t.Error("the same secret twice")
	}
}

// FuzzCursor: what is no cursor is ErrInvalid, whatever it is; and what stands inside of one is read in one way only,
// also where whoever wrote it had the key.
func FuzzCursor(f *testing.F) {
	key := newKey(f, make([]byte, KeySize))
	whole := Cursor{Expires: time.Unix(1e9, 0).UTC(), Count: 10, Kind: "User", ID: "0190", Key: "\x01ann"}
	f.Add(key.Seal(whole, "query"), "query", whole.append(nil))
	f.Add("", "", []byte{})
	f.Add("AAAA", "query", []byte{format, flagsEnd})
	f.Add(strings.Repeat("A", MaxLength), "query", []byte{format, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add("=", "", append([]byte{format, flagBackward, 0, 0}, bytes.Repeat([]byte{0xff}, 20)...))
	f.Fuzz(func(t *testing.T, s, query string, plain []byte) {
		if c, err := key.Open(s, query); err == nil {
			if again, err := key.Open(key.Seal(c, query), query); err != nil || again != c {
				t.Fatalf("%q: %+v, again %+v, %v", s, c, again, err)
			}
		} else if !errors.Is(err, ErrInvalid) {
			t.Fatalf("%q: %v", s, err)
		}
		c, err := parse(plain)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || c != (Cursor{}) {
				t.Fatalf("%x: %+v, %v", plain, c, err)
			}
			return
		}
		if again, err := parse(c.append(nil)); err != nil || again != c {
			t.Fatalf("%x: %+v, again %+v, %v", plain, c, again, err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	key := newKey(b, NewSecret())
	s := key.Seal(Cursor{Expires: time.Unix(1e9, 0), Count: 100, Kind: "User", ID: "0190a1b2-0000-7000-8000-000000000000"}, "query")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Open(s, "query"); err != nil {
			b.Fatal(err)
		}
	}
}

package kv_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// part is one part of a tuple in plain Go: a string, []byte, uint64 or time.Time.
type part any

// tuple is what a key stands for.
type tuple struct {
	tenant, table string
	parts         []part
}

func (tp tuple) key(t testing.TB) kv.Key {
	k := tenant(t, tp.tenant).Key(kv.Table(tp.table))
	for _, p := range tp.parts {
		switch p := p.(type) {
		case string:
			k = k.String(p)
		case []byte:
			k = k.Bytes(p)
		case uint64:
			k = k.Uint64(p)
		case time.Time:
			k = k.Time(p)
		}
	}
	return k
}

// rank is the order of types.
func rank(p part) int {
	switch p.(type) {
	case string:
		return 0
	case []byte:
		return 1
	case uint64:
		return 2
	default:
		return 3
	}
}

func comparePart(a, b part) int {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	case uint64:
		return cmp.Compare(a, b.(uint64))
	default:
		return a.(time.Time).Compare(b.(time.Time))
	}
}

// compareTuple is the order that keys must have. Names sort bytewise, and since a
// name is ended by a byte below all others, one that begins another sorts first.
func compareTuple(a, b tuple) int {
	if c := strings.Compare(a.tenant, b.tenant); c != 0 {
		return c
	}
	if c := strings.Compare(a.table, b.table); c != 0 {
		return c
	}
	for i := range min(len(a.parts), len(b.parts)) {
		if c := comparePart(a.parts[i], b.parts[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a.parts), len(b.parts))
}

func (tp tuple) hasPrefix(p tuple) bool {
	return len(tp.parts) >= len(p.parts) &&
		compareTuple(tuple{tp.tenant, tp.table, tp.parts[:len(p.parts)]}, p) == 0
}

// checkPair asserts what must hold of any two tuples.
func checkPair(t testing.TB, a, b tuple) {
	t.Helper()
	ka, kb := a.key(t), b.key(t)
	ea, errA := ka.Encoded()
	eb, errB := kb.Encoded()
	if errA != nil || errB != nil {
		t.Fatalf("Encoded: %v, %v", errA, errB)
	}
	if got, want := strings.Compare(ea, eb), compareTuple(a, b); got != want {
		t.Errorf("order of keys %d, of tuples %d: %q and %q", got, want, a, b)
	}
	if (ka == kb) != (compareTuple(a, b) == 0) {
		t.Errorf("equality of keys differs from that of tuples: %q and %q", a, b)
	}
	from, to, err := kv.Prefix(ka).Encoded()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := eb >= from && eb < to, b.hasPrefix(a); got != want {
		t.Errorf("prefix %q covers %q: %v, want %v", a, b, got, want)
	}
	from, to, err = ka.Tenant().All().Encoded()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := eb >= from && eb < to, a.tenant == b.tenant; got != want {
		t.Errorf("tenant %q covers a key of %q: %v", a.tenant, b.tenant, got)
	}
	checkRoundTrip(t, a, ka, ea)
}

func checkRoundTrip(t testing.TB, a tuple, ka kv.Key, enc string) {
	t.Helper()
	back, err := kv.DecodeKey(enc)
	if err != nil || back != ka || back.Tenant().Name() != a.tenant || string(back.Table()) != a.table {
		t.Fatalf("DecodeKey(%q) = %v, %v", enc, back, err)
	}
	d := back.Decoder()
	for i, want := range a.parts {
		var got part
		switch want.(type) {
		case string:
			got = d.String()
		case []byte:
			got = d.Bytes()
		case uint64:
			got = d.Uint64()
		default:
			got = d.Time()
		}
		if comparePart(got, want) != 0 {
			t.Errorf("part %d is %q, want %q", i, got, want)
		}
	}
	if d.More() || d.Err() != nil {
		t.Errorf("after all parts: More %v, Err %v", d.More(), d.Err())
	}
}

func anyTuple() *rapid.Generator[tuple] {
	// Short alphabets, so that equal beginnings are common.
	text := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x10, 'a', 'b', 0xfe, 0xff}), 0, 5)
	number := rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64())
	anyPart := rapid.OneOf(
		rapid.Map(text, func(b []byte) part { return string(b) }),
		rapid.Map(text, func(b []byte) part { return b }),
		rapid.Map(number, func(n uint64) part { return n }),
		rapid.Map(rapid.Int64(), func(n int64) part { return time.Unix(n/1000, n%1000).UTC() }),
	)
	return rapid.Custom(func(t *rapid.T) tuple {
		return tuple{
			tenant: rapid.SampledFrom([]string{"a", "a-2", "a_b", "ab", "a0"}).Draw(t, "tenant"),
			table:  rapid.SampledFrom([]string{"t", "t-2", "tt"}).Draw(t, "table"),
			parts:  rapid.SliceOfN(anyPart, 0, 4).Draw(t, "parts"),
		}
	})
}

func TestKeyOrderIsTupleOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := anyTuple().Draw(rt, "a")
		b := anyTuple().Draw(rt, "b")
		if rapid.Bool().Draw(rt, "alike") { // same beginning, another end
			n := rapid.IntRange(0, len(a.parts)).Draw(rt, "common")
			b = tuple{a.tenant, a.table, append(append([]part{}, a.parts[:n]...), b.parts...)}
		}
		checkPair(t, a, b)
	})
}

// parseTuple makes a tuple out of fuzz input: a type byte, a length byte, contents.
func parseTuple(name string, data []byte) tuple {
	tp := tuple{tenant: name, table: "t"}
	for len(data) >= 2 && len(tp.parts) < 16 {
		kind, n := data[0], min(int(data[1]), len(data)-2)
		body := data[2 : 2+n]
		data = data[2+n:]
		var word [16]byte
		copy(word[:], body)
		number := binary.BigEndian.Uint64(word[:])
		switch kind % 4 {
		case 0:
			tp.parts = append(tp.parts, string(body))
		case 1:
			tp.parts = append(tp.parts, body)
		case 2:
			tp.parts = append(tp.parts, number)
		default:
			nanos := int64(binary.BigEndian.Uint32(word[8:]) % 1_000_000_000)
			// time.Unix cannot hold the ends of int64: keep well within.
			tp.parts = append(tp.parts, time.Unix(int64(number)>>8, nanos).UTC())
		}
	}
	return tp
}

func FuzzKeyOrder(f *testing.F) {
	f.Add([]byte("\x00\x01a"), []byte("\x00\x02a\x00"), false)
	f.Add([]byte("\x00\x01a\x02\x00"), []byte("\x00\x03a\x00\xff"), false)
	f.Add([]byte("\x01\x02\x00\xff"), []byte("\x01\x01\x00\x00\x00"), false)
	f.Add([]byte("\x02\x08\xff\xff\xff\xff\xff\xff\xff\xff"), []byte("\x02\x00"), true)
	f.Add([]byte("\x03\x0c\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x01"), []byte("\x03\x00"), false)
	f.Fuzz(func(t *testing.T, a, b []byte, other bool) {
		if len(a) > 256 || len(b) > 256 {
			return // the key may grow above MaxKeyBytes
		}
		name := "acme"
		if other {
			name = "acme-2"
		}
		checkPair(t, parseTuple("acme", a), parseTuple(name, b))
	})
}

// FuzzDecodeKey feeds hostile bytes, such as a page cursor from outside: what is
// accepted must be exactly what the same parts encode to.
func FuzzDecodeKey(f *testing.F) {
	f.Add("acme\x00user\x00\x10bjensen\x00\x20\x00\x00\x00\x00\x00\x00\x00\x01")
	f.Add("~system\x00tenant\x00\x11a\x00\xffb\x00")
	f.Add("acme\x00log\x00\x21\x80\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01")
	f.Add("acme\x00user\x00\x10bjensen\x00\xff")
	f.Fuzz(func(t *testing.T, enc string) {
		k, err := kv.DecodeKey(enc)
		if err != nil {
			if k != (kv.Key{}) {
				t.Errorf("an error and a key: %v", err)
			}
			return
		}
		again := k.Tenant().Key(k.Table())
		body := enc[len(k.Tenant().Name())+len(k.Table())+2:]
		for d := k.Decoder(); d.More(); {
			switch rest := body; rest[0] {
			case 0x10:
				again = again.String(d.String())
			case 0x11:
				again = again.Bytes(d.Bytes())
			case 0x20:
				again = again.Uint64(d.Uint64())
			default:
				again = again.Time(d.Time())
			}
			if d.Err() != nil {
				t.Fatal(d.Err())
			}
			done, err := again.Encoded()
			if err != nil || !strings.HasPrefix(enc, done) {
				t.Fatalf("%q does not begin as %q, %v", enc, done, err)
			}
			body = enc[len(done):]
		}
		if again != k {
			t.Errorf("%q encodes again as another key", enc)
		}
	})
}

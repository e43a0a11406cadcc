package kv_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func tenant(t testing.TB, name string) kv.Tenant {
	t.Helper()
	tn, err := kv.NewTenant(name)
	if err != nil {
		t.Fatalf("NewTenant(%q): %v", name, err)
	}
	return tn
}

func TestNewTenant(t *testing.T) {
	t.Parallel()
	good := []string{"a", "0", "acme", "acme-2", "acme_2", "0-_", strings.Repeat("x", 63)}
	for _, name := range good {
		if got := tenant(t, name); got.Name() != name || got.String() != name {
			t.Errorf("NewTenant(%q).Name() = %q", name, got.Name())
		}
	}
	bad := []string{
		"", "-a", "_a", "A", "aB", "a b", "a.b", "a/b", "a\x00", "\x00", "é", "a\xff",
		"~system", "a~", strings.Repeat("x", 64),
	}
	for _, name := range bad {
		if got, err := kv.NewTenant(name); !errors.Is(err, kv.ErrInvalidTenant) || got != (kv.Tenant{}) {
			t.Errorf("NewTenant(%q) = %v, %v; want ErrInvalidTenant", name, got, err)
		}
	}
}

func TestInvalidKeys(t *testing.T) {
	t.Parallel()
	acme := tenant(t, "acme")
	var none kv.Tenant
	keys := map[string]kv.Key{
		"zero key":            {},
		"zero key extended":   kv.Key{}.String("a").Uint64(1).Bytes(nil).Time(time.Time{}),
		"zero tenant":         none.Key("user"),
		"no table":            acme.Key(""),
		"bad table":           acme.Key("a\x00b"),
		"upper case table":    acme.Key("User"),
		"a bound":             acme.Key("user").After(),
		"an extended bound":   acme.Key("user").After().String("a"),
		"bound of a bound":    acme.Key("user").After().After(),
		"start of a tenant":   acme.All().From,
		"end of a tenant":     acme.All().To,
		"behind a zero key":   kv.Key{}.After(),
		"end of no tenant":    none.All().To,
		"extended tenant end": acme.All().To.Uint64(1),
	}
	for name, k := range keys {
		if enc, err := k.Encoded(); !errors.Is(err, kv.ErrInvalidKey) || enc != "" {
			t.Errorf("%s: Encoded() = %q, %v; want ErrInvalidKey", name, enc, err)
		}
		if err := k.Decoder().Err(); !errors.Is(err, kv.ErrInvalidKey) {
			t.Errorf("%s: Decoder().Err() = %v; want ErrInvalidKey", name, err)
		}
	}
}

func TestKeyLength(t *testing.T) {
	t.Parallel()
	base := tenant(t, "acme").Key("user")
	used, err := base.String("").Encoded()
	if err != nil {
		t.Fatal(err)
	}
	longest := base.String(strings.Repeat("x", kv.MaxKeyBytes-len(used)))
	enc, err := longest.Encoded()
	if err != nil || len(enc) != kv.MaxKeyBytes {
		t.Fatalf("the longest key: %d bytes, %v", len(enc), err)
	}
	if _, err := kv.DecodeKey(enc); err != nil {
		t.Errorf("DecodeKey of the longest key: %v", err)
	}
	if _, _, err := kv.Prefix(longest).Encoded(); err != nil {
		t.Errorf("Prefix of the longest key: %v", err)
	}
	tooLong := base.String(strings.Repeat("x", kv.MaxKeyBytes-len(used)+1))
	if _, err := tooLong.Encoded(); !errors.Is(err, kv.ErrTooBig) {
		t.Errorf("one byte more: %v; want ErrTooBig", err)
	}
	if _, err := kv.DecodeKey(enc + "x"); !errors.Is(err, kv.ErrTooBig) {
		t.Errorf("DecodeKey of one byte more: %v; want ErrTooBig", err)
	}
	if _, _, err := kv.Prefix(tooLong.String("x")).Encoded(); !errors.Is(err, kv.ErrTooBig) {
		t.Errorf("Prefix of a longer key: %v; want ErrTooBig", err)
	}
}

func TestKeysAreImmutable(t *testing.T) {
	t.Parallel()
	base := tenant(t, "acme").Key("user").String("base")
	a := base.Uint64(1)
	raw := []byte("raw")
	c := base.Bytes(raw)
	b := base.Uint64(2)
	raw[0] = 'X'
	if got := b.Decoder(); got.String() != "base" || got.Uint64() != 2 || got.Err() != nil {
		t.Errorf("b: %v", got.Err())
	}
	if got := a.Decoder(); got.String() != "base" || got.Uint64() != 1 || got.Err() != nil {
		t.Errorf("a was changed by appending to its origin again: %v", got.Err())
	}
	if got := c.Decoder(); got.String() != "base" || string(got.Bytes()) != "raw" || got.Err() != nil {
		t.Errorf("c was changed through the slice it was made from: %v", got.Err())
	}
	if a == b || a != base.Uint64(1) {
		t.Error("keys do not compare by their parts")
	}
}

// The order in which keys must sort, with the traps: terminators, escapes,
// lengths, signs, tenants and tables whose names begin alike.
func TestKeyOrder(t *testing.T) {
	t.Parallel()
	acme, acme2, acmeX := tenant(t, "acme"), tenant(t, "acme-2"), tenant(t, "acmex")
	k := acme.Key("user")
	sorted := []kv.Key{
		acme.Key("a"),
		acme.Key("a").String("z"),
		acme.Key("a-b"),
		acme.Key("ab"),
		k,
		k.String(""),
		k.String("").String(""),
		k.String("").Uint64(math.MaxUint64),
		k.String("\x00"),
		k.String("\x00\x00"),
		k.String("\x00\x01"),
		k.String("\x00\xff"),
		k.String("\x01"),
		k.String("a"),
		k.String("a").String("b"),
		k.String("a").String("b").String("c"),
		k.String("a").Bytes([]byte("a")),
		k.String("a").Uint64(0),
		k.String("a").Time(time.Time{}),
		k.String("a\x00"),
		k.String("a\x00").String(""),
		k.String("a\x00b"),
		k.String("ab"),
		k.String("b"),
		k.String("\xff"),
		k.String("\xff\xff"),
		k.Bytes(nil),
		k.Bytes([]byte{0}),
		k.Bytes([]byte{0, 0xff}),
		k.Bytes([]byte{0xff}),
		k.Uint64(0),
		k.Uint64(1),
		k.Uint64(255),
		k.Uint64(256),
		k.Uint64(math.MaxUint64),
		k.Uint64(math.MaxUint64).String("a"),
		k.Time(time.Time{}),
		k.Time(time.Unix(-1, 0)),
		k.Time(time.Unix(-1, 1)),
		k.Time(time.Unix(0, 0)),
		k.Time(time.Unix(0, 1)),
		k.Time(time.Unix(0, 999_999_999)),
		k.Time(time.Unix(1, 0)),
		k.Time(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)),
		acme.Key("user2"),
		acme2.Key("a"),
		acmeX.Key("a"),
		kv.System.Key("a"),
	}
	for i, a := range sorted {
		for j, b := range sorted {
			if got, want := a.Compare(b), compareInt(i, j); got != want {
				t.Errorf("entry %d compared with %d: %d, want %d", i, j, got, want)
			}
			ea, err := a.Encoded()
			if err != nil {
				t.Fatalf("entry %d: %v", i, err)
			}
			eb, _ := b.Encoded()
			if got := strings.Compare(ea, eb); got != compareInt(i, j) {
				t.Errorf("encoded entry %d compared with %d: %d", i, j, got)
			}
		}
	}
}

func compareInt(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestTimesLoseOnlyTheirLocation(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("far", 13*3600)
	for _, want := range []time.Time{
		{},
		time.Unix(0, 0),
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, zone),
		time.Date(2026, 2, 3, 4, 5, 6, 7, zone),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	} {
		got := tenant(t, "acme").Key("log").Time(want).Decoder().Time()
		if !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%v came back as %v", want, got)
		}
	}
}

func TestDecoderErrors(t *testing.T) {
	t.Parallel()
	k := tenant(t, "acme").Key("user")
	tests := map[string]func() *kv.Decoder{
		"string, nothing there": func() *kv.Decoder { d := k.Decoder(); _ = d.String(); return d },
		"number, a string":      func() *kv.Decoder { d := k.String("x").Decoder(); d.Uint64(); return d },
		"string, bytes":         func() *kv.Decoder { d := k.Bytes(nil).Decoder(); _ = d.String(); return d },
		"bytes, a string":       func() *kv.Decoder { d := k.String("").Decoder(); d.Bytes(); return d },
		"time, a number":        func() *kv.Decoder { d := k.Uint64(1).Decoder(); d.Time(); return d },
		"second part":           func() *kv.Decoder { d := k.Uint64(1).Decoder(); d.Uint64(); d.Uint64(); return d },
	}
	for name, run := range tests {
		d := run()
		if !errors.Is(d.Err(), kv.ErrInvalidKey) {
			t.Errorf("%s: %v; want ErrInvalidKey", name, d.Err())
		}
		if d.More() || d.String() != "" || d.Bytes() != nil || d.Uint64() != 0 || !d.Time().IsZero() {
			t.Errorf("%s: a failed decoder still returns something", name)
		}
	}
	d := k.Uint64(7).String("left").Decoder()
	if d.Uint64() != 7 || !d.More() || d.Err() != nil {
		t.Errorf("parts left over: More %v, Err %v", d.More(), d.Err())
	}
}

func TestDecodeKeyRefuses(t *testing.T) {
	t.Parallel()
	for _, enc := range []string{
		"", "acme", "acme\x00", "acme\x00user", "\x00user\x00", "acme\x00\x00", "Acme\x00user\x00",
		"acme\x00User\x00", "!badger!\x00user\x00",
		"acme\x00user\x00x", "acme\x00user\x00\x10", "acme\x00user\x00\x10abc", "acme\x00user\x00\x10abc\x00\xff",
		"acme\x00user\x00\x20\x00\x00\x00\x00\x00\x00\x00", "acme\x00user\x00\xff",
		"acme\x00user\x00\x21" + strings.Repeat("\x00", 11),
		"acme\x00user\x00\x21" + strings.Repeat("\x00", 8) + "\x3b\x9a\xca\x00", // a whole second of nanoseconds
		"acme\x00user\x00\x10ab\x00\x10cd",
	} {
		if k, err := kv.DecodeKey(enc); !errors.Is(err, kv.ErrInvalidKey) || k != (kv.Key{}) {
			t.Errorf("DecodeKey(%q): %v; want ErrInvalidKey", enc, err)
		}
	}
}

func TestKeyNamesItsOwner(t *testing.T) {
	t.Parallel()
	acme := tenant(t, "acme")
	k := acme.Key("user").String("a").Uint64(1)
	if k.Tenant() != acme || k.Table() != "user" {
		t.Errorf("owner %v, table %q", k.Tenant(), k.Table())
	}
	if (kv.Key{}).Tenant() != (kv.Tenant{}) || (kv.Key{}).Table() != "" {
		t.Error("an invalid key has an owner")
	}
	if got := kv.System.Key("tenant"); got.Tenant() != kv.System {
		t.Errorf("owner %v", got.Tenant())
	}
}

// What is printed ends up in logs and error messages.
func TestKeysPrintNoContents(t *testing.T) {
	t.Parallel()
	k := tenant(t, "acme").Key("user").String("bjensen@example.com")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", k)
	entry := kv.Entry{Key: k}
	outputs := []string{
		fmt.Sprint(k), fmt.Sprintf("%v %+v %s %q %x", k, k, k, k, k),
		fmt.Sprintf("%#v", k), fmt.Sprintf("%+v", entry), fmt.Sprintf("%+v", kv.Prefix(k)), log.String(),
	}
	for _, out := range outputs {
		if strings.Contains(out, "jensen") || strings.Contains(out, "626a656e") || !strings.Contains(out, "acme/user/(21 bytes)") {
			t.Errorf("printed as %q", out)
		}
	}
	if got := fmt.Sprint(kv.Key{}); got != "invalid key" {
		t.Errorf("the zero key prints as %q", got)
	}
}

func TestMeter(t *testing.T) {
	t.Parallel()
	k := tenant(t, "acme").Key("blob").Uint64(1)
	var m kv.Meter
	if _, err := m.Admit(kv.Key{}, nil); !errors.Is(err, kv.ErrInvalidKey) {
		t.Errorf("the zero key: %v", err)
	}
	if _, err := m.Admit(k, make([]byte, kv.MaxValueBytes+1)); !errors.Is(err, kv.ErrTooBig) {
		t.Errorf("a value too big: %v", err)
	}
	value := make([]byte, kv.MaxValueBytes)
	for i := range kv.MaxTxBytes/kv.MaxValueBytes - 1 {
		if enc, err := m.Admit(k, value); err != nil || len(enc) == 0 {
			t.Fatalf("value %d: %v", i, err)
		}
	}
	if _, err := m.Admit(k, value); !errors.Is(err, kv.ErrTooBig) {
		t.Errorf("the sum above its limit: %v", err)
	}
	if _, err := m.Admit(k, nil); err != nil {
		t.Errorf("a small write after one was refused: %v", err)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	acme, acme2 := tenant(t, "acme"), tenant(t, "acme-2")
	k := acme.Key("user")
	keys := []kv.Key{
		k, k.String("ab"), k.String("ab").Uint64(1), k.String("ab").Uint64(math.MaxUint64), k.String("ab\x00"),
		k.String("abc"), k.Uint64(math.MaxUint64), acme.Key("user2"), acme2.Key("user"), acme2.Key("user").String("ab"),
	}
	tests := []struct {
		name string
		r    kv.Range
		want []int
	}{
		{"a table", kv.Prefix(k), []int{0, 1, 2, 3, 4, 5, 6}},
		{"a part", kv.Prefix(k.String("ab")), []int{1, 2, 3}},
		{"a leaf", kv.Prefix(k.Uint64(math.MaxUint64)), []int{6}},
		{"nothing", kv.Prefix(k.String("zz")), nil},
		{"a tenant", acme.All(), []int{0, 1, 2, 3, 4, 5, 6, 7}},
		{"the other tenant", acme2.All(), []int{8, 9}},
		{"between two", kv.Range{From: k.String("ab").Uint64(1), To: k.String("abc")}, []int{2, 3, 4}},
		{"over tables", kv.Range{From: k.String("abc"), To: acme.Key("user2").After()}, []int{5, 6, 7}},
		{"resumed", kv.Range{From: k.String("ab").After(), To: k.After()}, []int{4, 5, 6}},
		{"empty", kv.Range{From: k.String("ab"), To: k.String("ab")}, nil},
		{"inverted", kv.Range{From: k.String("b"), To: k.String("a")}, nil},
	}
	for _, tt := range tests {
		from, to, err := tt.r.Encoded()
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []int
		for i, k := range keys {
			if enc, _ := k.Encoded(); enc >= from && enc < to {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: covers %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRangesRefused(t *testing.T) {
	t.Parallel()
	acme, acme2 := tenant(t, "acme"), tenant(t, "acme-2")
	tests := map[string]struct {
		r    kv.Range
		want error
	}{
		"zero":              {kv.Range{}, kv.ErrInvalidKey},
		"no end":            {kv.Range{From: acme.Key("user")}, kv.ErrInvalidKey},
		"no start":          {kv.Range{To: acme.Key("user")}, kv.ErrInvalidKey},
		"prefix of no key":  {kv.Prefix(kv.Key{}), kv.ErrInvalidKey},
		"prefix of a bound": {kv.Prefix(acme.Key("user").After()), kv.ErrInvalidKey},
		"two tenants":       {kv.Range{From: acme.Key("user"), To: acme2.Key("user")}, kv.ErrInvalidRange},
		"tenant starts":     {kv.Range{From: acme.All().From, To: acme2.All().From}, kv.ErrInvalidRange},
		"inverted tenants":  {kv.Range{From: acme2.Key("user"), To: acme.Key("user")}, kv.ErrInvalidRange},
		"into the system":   {kv.Range{From: acme.Key("user"), To: kv.System.Key("user")}, kv.ErrInvalidRange},
	}
	for name, tt := range tests {
		if from, to, err := tt.r.Encoded(); !errors.Is(err, tt.want) || from != "" || to != "" {
			t.Errorf("%s: %q, %q, %v; want %v", name, from, to, err, tt.want)
		}
	}
}

var sinkKey kv.Key

func BenchmarkKey(b *testing.B) {
	acme := tenant(b, "acme")
	at := time.Unix(1, 2)
	b.ReportAllocs()
	for b.Loop() {
		sinkKey = acme.Key("user-by-name").String("bjensen@example.com").Time(at)
	}
}

func BenchmarkDecodeKey(b *testing.B) {
	enc, err := tenant(b, "acme").Key("user-by-name").String("bjensen@example.com").Time(time.Unix(1, 2)).Encoded()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		sinkKey, err = kv.DecodeKey(enc)
		if err != nil {
			b.Fatal(err)
		}
	}
}

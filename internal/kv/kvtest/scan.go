package kvtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func testScanOrder(t *testing.T, s kv.Store) {
	base := acme.Key("item")
	sorted := []kv.Key{
		base, base.String(""), base.String("").Uint64(1), base.String("\x00"), base.String("a"), base.String("a").String("b"),
		base.String("a\x00"), base.String("ab"), base.String("\xff\xff"), base.Bytes([]byte{0xff}),
		base.Uint64(0), base.Uint64(255), base.Uint64(256), base.Uint64(math.MaxUint64),
	}
	update(t, s, func(tx kv.Tx) error {
		for _, i := range []int{3, 9, 0, 12, 7, 1, 13, 5, 2, 11, 4, 8, 10, 6} {
			if err := tx.Set(sorted[i], fmt.Appendf(nil, "v%d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	backwards := values(0, len(sorted))
	slices.Reverse(backwards)
	check := func(tx kv.Tx) error {
		var keys []kv.Key
		for e, err := range tx.Scan(kv.Prefix(base), kv.ScanOptions{KeysOnly: true}) {
			if err != nil {
				return err
			}
			if e.Value != nil {
				return fmt.Errorf("KeysOnly yields the value %q", e.Value)
			}
			keys = append(keys, e.Key)
		}
		if !slices.Equal(keys, sorted) {
			return fmt.Errorf("keys in the order %v", keys)
		}
		return errors.Join(
			wantScan(tx, kv.Prefix(base), kv.ScanOptions{}, values(0, len(sorted))...),
			wantScan(tx, kv.Prefix(base), kv.ScanOptions{Reverse: true}, backwards...),
			wantScan(tx, kv.Prefix(base.String("a")), kv.ScanOptions{}, "v4", "v5"),
			wantScan(tx, kv.Prefix(base.String("")), kv.ScanOptions{Reverse: true}, "v2", "v1"),
		)
	}
	view(t, s, check)
	update(t, s, check)
}

func testScanRanges(t *testing.T, s kv.Store) {
	fill(t, s, 1, 9)
	set(t, s, acme.Key("item2").Uint64(0), "behind")
	set(t, s, acme.Key("iten").Uint64(0), "further behind")
	set(t, s, acme.Key("a").Uint64(0), "before")
	tests := map[string]struct {
		r    kv.Range
		want []string
	}{
		"middle":            {kv.Range{From: item(3), To: item(6)}, values(3, 6)},
		"ends not there":    {kv.Range{From: item(0), To: item(100)}, values(1, 9)},
		"up to the end":     {kv.Range{From: item(7), To: acme.Key("item").After()}, values(7, 9)},
		"behind a key":      {kv.Range{From: item(7).After(), To: acme.Key("item").After()}, values(8, 9)},
		"from the start":    {kv.Range{From: acme.Key("item"), To: item(2)}, values(1, 2)},
		"one":               {kv.Range{From: item(4), To: item(5)}, values(4, 5)},
		"one, as a prefix":  {kv.Prefix(item(4)), values(4, 5)},
		"nothing between":   {kv.Range{From: item(4).After(), To: item(5)}, nil},
		"empty":             {kv.Range{From: item(4), To: item(4)}, nil},
		"inverted":          {kv.Range{From: item(6), To: item(3)}, nil},
		"behind everything": {kv.Range{From: item(100), To: item(200)}, nil},
		"another table":     {kv.Prefix(acme.Key("item2")), []string{"behind"}},
		"no such table":     {kv.Prefix(acme.Key("none")), nil},
		"over tables":       {kv.Range{From: item(8), To: acme.Key("item2").After()}, []string{"v8", "behind"}},
		"the whole tenant": {
			acme.All(),
			append(append([]string{"before"}, values(1, 9)...), "behind", "further behind"),
		},
	}
	check := func(tx kv.Tx) error {
		var errs []error
		for name, tt := range tests {
			backwards := slices.Clone(tt.want)
			slices.Reverse(backwards)
			err := errors.Join(
				wantScan(tx, tt.r, kv.ScanOptions{}, tt.want...),
				wantScan(tx, tt.r, kv.ScanOptions{Reverse: true}, backwards...),
			)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
		return errors.Join(errs...)
	}
	view(t, s, check)
	update(t, s, check)
}

func testScanBreak(t *testing.T, s kv.Store) {
	fill(t, s, 0, 50)
	check := func(tx kv.Tx) error {
		for _, reverse := range []bool{false, true} {
			scan := tx.Scan(allItems(), kv.ScanOptions{Reverse: reverse})
			for range 3 { // the same sequence can be gone through again
				n := 0
				for _, err := range scan {
					if err != nil {
						return err
					}
					if n++; n == 5 {
						break
					}
				}
				if n != 5 {
					return fmt.Errorf("%d entries before the break", n)
				}
			}
		}
		return wantScan(tx, allItems(), kv.ScanOptions{}, values(0, 50)...)
	}
	view(t, s, check)
	update(t, s, check)
}

func testScanNested(t *testing.T, s kv.Store) {
	fill(t, s, 0, 4)
	check := func(tx kv.Tx) error {
		pairs := 0
		for a, err := range tx.Scan(allItems(), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			for b, err := range tx.Scan(kv.Range{From: a.Key, To: allItems().To}, kv.ScanOptions{Reverse: true}) {
				if err != nil {
					return err
				}
				if err := wantValue(tx, b.Key, string(b.Value)); err != nil {
					return err
				}
				pairs++
			}
		}
		if pairs != 4+3+2+1 {
			return fmt.Errorf("%d pairs", pairs)
		}
		return nil
	}
	view(t, s, check)
	update(t, s, func(tx kv.Tx) error {
		return errors.Join(tx.Set(item(1), []byte("own")), check(tx))
	})
}

// A loop may write whatever it likes; it goes on over what was there at its start.
func testScanWhileWriting(t *testing.T, s kv.Store) {
	fill(t, s, 0, 10)
	update(t, s, func(tx kv.Tx) error {
		var seen []string
		for e, err := range tx.Scan(allItems(), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			seen = append(seen, string(e.Value))
			n := len(seen) - 1
			if n%2 == 0 {
				err = tx.Delete(e.Key) // where it stands
			} else {
				err = tx.Set(e.Key, []byte("changed"))
			}
			err = errors.Join(err, tx.Set(item(n+100), []byte("new")), tx.Set(item(9), []byte("changed")))
			if n == 4 {
				err = errors.Join(err, tx.Delete(item(7)), wantValue(tx, item(4), ""), wantValue(tx, item(7), ""))
			}
			if err != nil {
				return err
			}
		}
		if !slices.Equal(seen, values(0, 10)) {
			return fmt.Errorf("the loop saw %q", seen)
		}
		return wantScan(tx, kv.Range{From: item(0), To: item(10)}, kv.ScanOptions{},
			"changed", "changed", "changed", "changed", "changed")
	})
	// The usual way to empty a table.
	update(t, s, func(tx kv.Tx) error {
		for e, err := range tx.Scan(allItems(), kv.ScanOptions{KeysOnly: true, Reverse: true}) {
			if err := errors.Join(err, tx.Delete(e.Key)); err != nil {
				return err
			}
		}
		return wantScan(tx, allItems(), kv.ScanOptions{})
	})
	view(t, s, func(tx kv.Tx) error { return wantScan(tx, allItems(), kv.ScanOptions{}) })
}

// Every way in which own writes and stored entries can follow each other.
func testScanMergesOwnWrites(t *testing.T, s kv.Store) {
	const n = 6
	for stored := range 1 << n {
		if stored%5 != 0 { // a part of all combinations is enough
			continue
		}
		update(t, s, func(tx kv.Tx) error {
			for e, err := range tx.Scan(allItems(), kv.ScanOptions{}) {
				if err := errors.Join(err, tx.Delete(e.Key)); err != nil {
					return err
				}
			}
			for i := range n {
				if stored&(1<<i) != 0 {
					if err := tx.Set(item(i), []byte("stored")); err != nil {
						return err
					}
				}
			}
			return nil
		})
		for own := range 1 << n {
			if err := mergeOwn(s, n, stored, own); !errors.Is(err, errUndo) {
				t.Fatalf("stored %06b, own %06b: %v", stored, own, err)
			}
		}
	}
}

var errUndo = errors.New("undo")

// mergeOwn sets or deletes, by turns, the items in own, and scans. It undoes all.
func mergeOwn(s kv.Store, n, stored, own int) error {
	return s.Update(context.Background(), func(tx kv.Tx) error {
		var forward []string
		for i := range n {
			switch {
			case own&(1<<i) != 0 && (i+own)%2 == 0:
				forward = append(forward, "own")
				if err := tx.Set(item(i), []byte("own")); err != nil {
					return err
				}
			case own&(1<<i) != 0:
				if err := tx.Delete(item(i)); err != nil {
					return err
				}
			case stored&(1<<i) != 0:
				forward = append(forward, "stored")
			}
		}
		backward := slices.Clone(forward)
		slices.Reverse(backward)
		return firstError(
			wantScan(tx, allItems(), kv.ScanOptions{}, forward...),
			wantScan(tx, allItems(), kv.ScanOptions{Reverse: true}, backward...),
			errUndo,
		)
	})
}

// An iterator that is pulled from by hand and not stopped outlives its
// transaction. It must not hold up or hurt the store.
func testScanCarriedOut(t *testing.T, s kv.Store) {
	fill(t, s, 0, 10)
	for name, run := range map[string]func(context.Context, func(kv.Tx) error) error{"View": s.View, "Update": s.Update} {
		var next func() (kv.Entry, error, bool)
		var stop func()
		err := run(context.Background(), func(tx kv.Tx) error {
			next, stop = iter.Pull2(tx.Scan(allItems(), kv.ScanOptions{}))
			if e, err, ok := next(); !ok || err != nil || string(e.Value) != "v0" {
				return fmt.Errorf("the first entry: %q, %w, %v", e.Value, err, ok)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err, ok := next(); !ok || !errors.Is(err, kv.ErrTxDone) {
			t.Errorf("%s: carried out, the iterator yields %v, %v; want ErrTxDone", name, err, ok)
		}
		stop()
	}
	want(t, s, item(0), "v0")
}

func testTenants(t *testing.T, s kv.Store) {
	tenants := []kv.Tenant{mustTenant("a"), acme, acme2, mustTenant("acme2"), mustTenant("acme_2"), kv.System}
	key := func(tenant kv.Tenant) kv.Key { return tenant.Key("item").String("same") }
	update(t, s, func(tx kv.Tx) error {
		for _, tenant := range tenants {
			if err := tx.Set(key(tenant), []byte(tenant.Name())); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx kv.Tx) error {
		for _, tenant := range tenants {
			err := errors.Join(
				wantValue(tx, key(tenant), tenant.Name()),
				wantScan(tx, tenant.All(), kv.ScanOptions{}, tenant.Name()),
				wantScan(tx, kv.Prefix(tenant.Key("item")), kv.ScanOptions{Reverse: true}, tenant.Name()),
			)
			if err != nil {
				return err
			}
			for _, other := range tenants {
				_, err := entries(tx, kv.Range{From: key(tenant), To: key(other).After()}, kv.ScanOptions{})
				if tenant != other && !errors.Is(err, kv.ErrInvalidRange) {
					return fmt.Errorf("a range from %v to %v: %w", tenant, other, err)
				}
			}
		}
		return nil
	})
	update(t, s, func(tx kv.Tx) error { // all of one tenant goes
		for e, err := range tx.Scan(acme.All(), kv.ScanOptions{KeysOnly: true}) {
			if err := errors.Join(err, tx.Delete(e.Key)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, tenant := range tenants {
		value := tenant.Name()
		if tenant == acme {
			value = ""
		}
		want(t, s, key(tenant), value)
	}
}

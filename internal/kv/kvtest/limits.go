package kvtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func testInvalidKeys(t *testing.T, s kv.Store) {
	long := acme.Key("item").String(strings.Repeat("x", kv.MaxKeyBytes))
	tests := map[string]struct {
		k    kv.Key
		want error
	}{
		"zero":     {kv.Key{}, kv.ErrInvalidKey},
		"bound":    {item(1).After(), kv.ErrInvalidKey},
		"tenant":   {acme.All().From, kv.ErrInvalidKey},
		"too long": {long, kv.ErrTooBig},
	}
	for name, tt := range tests {
		update(t, s, func(tx kv.Tx) error {
			if got, err := tx.Get(tt.k); !errors.Is(err, tt.want) || got != nil {
				t.Errorf("%s: Get: %q, %v", name, got, err)
			}
			if err := tx.Set(tt.k, nil); !errors.Is(err, tt.want) {
				t.Errorf("%s: Set: %v", name, err)
			}
			if err := tx.Delete(tt.k); !errors.Is(err, tt.want) {
				t.Errorf("%s: Delete: %v", name, err)
			}
			return tx.Set(item(1), []byte("good")) // the transaction is not spoilt
		})
	}
	want(t, s, item(1), "good")

	ranges := map[string]struct {
		r    kv.Range
		want error
	}{
		"zero":        {kv.Range{}, kv.ErrInvalidKey},
		"half":        {kv.Range{From: item(1)}, kv.ErrInvalidKey},
		"two tenants": {kv.Range{From: item(1), To: acme2.Key("item")}, kv.ErrInvalidRange},
		"too long":    {kv.Prefix(long), kv.ErrTooBig},
	}
	for name, tt := range ranges {
		view(t, s, func(tx kv.Tx) error {
			yields := 0
			for e, err := range tx.Scan(tt.r, kv.ScanOptions{}) {
				if yields++; !errors.Is(err, tt.want) || e.Value != nil || e.Key != (kv.Key{}) {
					t.Errorf("range %s: yields %v, %v", name, e, err)
				}
			}
			if yields != 1 {
				t.Errorf("range %s: an error is yielded once, not %d times", name, yields)
			}
			return nil
		})
	}
}

func testBigValues(t *testing.T, s kv.Store) {
	sizes := []int{1 << 10, 32<<10 - 1, 32 << 10, 1 << 20, kv.MaxValueBytes}
	for n, size := range sizes {
		update(t, s, func(tx kv.Tx) error {
			return errors.Join(tx.Set(item(n), pattern(n, size)), wantPattern(tx, n, size))
		})
	}
	view(t, s, func(tx kv.Tx) error {
		n := 0
		for e, err := range tx.Scan(allItems(), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			if !bytes.Equal(e.Value, pattern(n, sizes[n])) {
				return fmt.Errorf("Scan yields another value of %d bytes", sizes[n])
			}
			if err := wantPattern(tx, n, sizes[n]); err != nil {
				return err
			}
			n++
		}
		if n != len(sizes) {
			return fmt.Errorf("Scan yields %d values", n)
		}
		return nil
	})
	// Several at once, and a replacement of big by small.
	update(t, s, func(tx kv.Tx) error {
		return errors.Join(
			tx.Set(item(10), pattern(10, kv.MaxValueBytes)), tx.Set(item(11), pattern(11, kv.MaxValueBytes)),
			tx.Set(item(4), []byte("small")),
		)
	})
	view(t, s, func(tx kv.Tx) error {
		return errors.Join(
			wantPattern(tx, 10, kv.MaxValueBytes), wantPattern(tx, 11, kv.MaxValueBytes), wantValue(tx, item(4), "small"))
	})
}

// pattern is a value that no other size or seed begins like.
func pattern(seed, size int) []byte {
	out := make([]byte, size)
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], uint64(seed))
	binary.BigEndian.PutUint64(key[8:], uint64(size))
	_, _ = rand.NewChaCha8(key).Read(out) // never fails
	return out
}

func wantPattern(tx kv.Tx, n, size int) error {
	got, err := tx.Get(item(n))
	if err != nil {
		return err
	}
	if !bytes.Equal(got, pattern(n, size)) {
		return fmt.Errorf("another value of %d bytes came back for one of %d", len(got), size)
	}
	return nil
}

func testManyWrites(t *testing.T, s kv.Store) {
	value := bytes.Repeat([]byte("v"), 170) // with its key just below 200 bytes
	update(t, s, func(tx kv.Tx) error {
		for n := range kv.MinTxWrites {
			if err := tx.Set(item(n), value); err != nil {
				return fmt.Errorf("write %d: %w", n, err)
			}
		}
		return nil
	})
	view(t, s, func(tx kv.Tx) error {
		n := 0
		for e, err := range tx.Scan(allItems(), kv.ScanOptions{KeysOnly: true}) {
			if err != nil || e.Key != item(n) {
				return fmt.Errorf("entry %d: %v, %w", n, e.Key, err)
			}
			n++
		}
		if n != kv.MinTxWrites {
			return fmt.Errorf("%d entries", n)
		}
		return nil
	})
}

func testTooBig(t *testing.T, s kv.Store) {
	set(t, s, item(0), "before")
	tests := map[string]func(kv.Tx) error{
		"a value": func(tx kv.Tx) error { return tx.Set(item(0), make([]byte, kv.MaxValueBytes+1)) },
		"many big values": func(tx kv.Tx) error {
			value := make([]byte, kv.MaxValueBytes)
			for n := range kv.MaxTxBytes/kv.MaxValueBytes + 1 {
				if err := tx.Set(item(n), value); err != nil {
					return err
				}
			}
			return nil
		},
		"very many keys": func(tx kv.Tx) error {
			value := make([]byte, 1000)
			for n := range kv.MaxTxBytes / 1000 {
				if err := tx.Set(item(n), value); err != nil {
					return err
				}
			}
			return nil
		},
	}
	for name, fn := range tests {
		if err := s.Update(context.Background(), fn); !errors.Is(err, kv.ErrTooBig) {
			t.Errorf("%s: %v; want ErrTooBig", name, err)
		}
		view(t, s, func(tx kv.Tx) error { return wantScan(tx, allItems(), kv.ScanOptions{}, "before") })
	}
	// One that takes no notice of the refusal keeps what it wrote before.
	update(t, s, func(tx kv.Tx) error {
		if err := tx.Set(item(1), []byte("small")); err != nil {
			return err
		}
		if err := tx.Set(item(1), make([]byte, kv.MaxValueBytes+1)); !errors.Is(err, kv.ErrTooBig) {
			return fmt.Errorf("Set: %w", err)
		}
		return wantValue(tx, item(1), "small")
	})
	want(t, s, item(1), "small")
}

// Many callers at once write much more together than one transaction takes.
func testBigNeighbours(t *testing.T, s kv.Store) {
	const callers, writes = 8, 5000
	value := bytes.Repeat([]byte("v"), 150)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			err := s.Update(context.Background(), func(tx kv.Tx) error {
				for n := range writes {
					if err := tx.Set(item(c*writes+n), value); err != nil {
						return err
					}
				}
				if c%4 == 0 { // some with a value that goes another way
					return tx.Set(acme.Key("big").Uint64(uint64(c)), pattern(c, kv.MaxValueBytes))
				}
				return nil
			})
			if err != nil {
				t.Errorf("caller %d: %v", c, err)
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx kv.Tx) error {
		small, err := entries(tx, allItems(), kv.ScanOptions{KeysOnly: true})
		if err != nil {
			return err
		}
		big, err := entries(tx, kv.Prefix(acme.Key("big")), kv.ScanOptions{KeysOnly: true})
		if err != nil {
			return err
		}
		if len(small) != callers*writes || len(big) != callers/4 {
			return fmt.Errorf("%d small and %d big entries", len(small), len(big))
		}
		return nil
	})
}

// Package kvtest is the contract suite of kv.Store. Every backend runs it whole;
// what a backend cannot do it must name in its Capabilities.
package kvtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Capabilities name what a backend can do beyond the core of the contract. The
// zero value claims nothing.
type Capabilities struct {
	// Durable: what Update acknowledged is there after Close and a new opening.
	Durable bool
}

// Open opens an empty store for one test, and closes at the test's end whatever
// is still open. reopen closes the store and opens the same data again; a backend
// that is not durable returns nil for it.
type Open func(t testing.TB) (store kv.Store, reopen func() kv.Store)

// Run holds a backend to the contract.
func Run(t *testing.T, caps Capabilities, open Open) {
	t.Helper()
	tests := map[string]func(*testing.T, kv.Store){
		"Basics":                testBasics,
		"ReturnedSlices":        testReturnedSlices,
		"OwnWrites":             testOwnWrites,
		"FailureLeavesNothing":  testFailureLeavesNothing,
		"PanicLeavesNothing":    testPanicLeavesNothing,
		"GoexitLeavesNothing":   testGoexitLeavesNothing,
		"Neighbours":            testNeighbours,
		"Snapshot":              testSnapshot,
		"OldSnapshots":          testOldSnapshots,
		"ReadAfterUpdate":       testReadAfterUpdate,
		"Increments":            testIncrements,
		"WriteSkew":             testWriteSkew,
		"Phantoms":              testPhantoms,
		"ScanOrder":             testScanOrder,
		"ScanRanges":            testScanRanges,
		"ScanBreak":             testScanBreak,
		"ScanNested":            testScanNested,
		"ScanWhileWriting":      testScanWhileWriting,
		"ScanMergesOwnWrites":   testScanMergesOwnWrites,
		"ScanCarriedOut":        testScanCarriedOut,
		"Tenants":               testTenants,
		"InvalidKeys":           testInvalidKeys,
		"ReadOnly":              testReadOnly,
		"TxDone":                testTxDone,
		"Context":               testContext,
		"ContextWhileQueued":    testContextWhileQueued,
		"BigValues":             testBigValues,
		"ManyWrites":            testManyWrites,
		"TooBig":                testTooBig,
		"BigNeighbours":         testBigNeighbours,
		"Closed":                testClosed,
		"CloseWaits":            testCloseWaits,
		"CloseWhileEverybodyIn": testCloseUnderLoad,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, _ := open(t)
			test(t, store)
		})
	}
	t.Run("Model", func(t *testing.T) {
		t.Parallel()
		store, reopen := open(t)
		testModel(t, store, reopen)
	})
	t.Run("Durability", func(t *testing.T) {
		t.Parallel()
		store, reopen := open(t)
		if (reopen != nil) != caps.Durable {
			t.Fatalf("the backend claims Durable: %v, and offers reopen: %v", caps.Durable, reopen != nil)
		}
		if caps.Durable {
			testDurability(t, store, reopen)
		}
	})
}

// Tenants and keys that the tests share.
var (
	acme  = mustTenant("acme")
	acme2 = mustTenant("acme-2") // a name that acme's is a prefix of
)

func mustTenant(name string) kv.Tenant {
	tenant, err := kv.NewTenant(name)
	if err != nil {
		panic(err)
	}
	return tenant
}

func item(n int) kv.Key { return acme.Key("item").Uint64(uint64(n)) }

// update runs fn and fails the test on an error. fn's own failures are errors,
// since fn may run on behalf of the test in any goroutine.
func update(t testing.TB, s kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func view(t testing.TB, s kv.Store, fn func(kv.Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

func set(t testing.TB, s kv.Store, k kv.Key, value string) {
	t.Helper()
	update(t, s, func(tx kv.Tx) error { return tx.Set(k, []byte(value)) })
}

// fill sets items from up to, but not including, to to "v<n>".
func fill(t testing.TB, s kv.Store, from, to int) {
	t.Helper()
	update(t, s, func(tx kv.Tx) error {
		for n := from; n < to; n++ {
			if err := tx.Set(item(n), fmt.Appendf(nil, "v%d", n)); err != nil {
				return err
			}
		}
		return nil
	})
}

// wantValue checks a value inside a transaction; want "" means ErrNotFound.
func wantValue(tx kv.Tx, k kv.Key, want string) error {
	got, err := tx.Get(k)
	switch {
	case want == "" && errors.Is(err, kv.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("Get(%v): %w; want %q", k, err, want)
	case string(got) != want:
		return fmt.Errorf("Get(%v) = %q, want %q", k, got, want)
	}
	return nil
}

// want checks a value in a transaction of its own; "" means ErrNotFound.
func want(t testing.TB, s kv.Store, k kv.Key, value string) {
	t.Helper()
	view(t, s, func(tx kv.Tx) error { return wantValue(tx, k, value) })
}

// entries collects a scan as "value" strings, or "-" where there is none.
func entries(tx kv.Tx, r kv.Range, opts kv.ScanOptions) ([]string, error) {
	var out []string
	for e, err := range tx.Scan(r, opts) {
		if err != nil {
			return out, err
		}
		if e.Value == nil {
			out = append(out, "-")
			continue
		}
		out = append(out, string(e.Value))
	}
	return out, nil
}

// wantScan checks what a scan yields.
func wantScan(tx kv.Tx, r kv.Range, opts kv.ScanOptions, want ...string) error {
	got, err := entries(tx, r, opts)
	if err != nil {
		return fmt.Errorf("Scan %+v: %w", opts, err)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("Scan %+v yields %q, want %q", opts, got, want)
	}
	return nil
}

// values is "v<from>" to "v<to-1>".
func values(from, to int) []string {
	var out []string
	for n := from; n < to; n++ {
		out = append(out, fmt.Sprintf("v%d", n))
	}
	return out
}

func allItems() kv.Range { return kv.Prefix(acme.Key("item")) }

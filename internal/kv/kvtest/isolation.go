package kvtest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func testBasics(t *testing.T, s kv.Store) {
	want(t, s, item(1), "")
	set(t, s, item(1), "a")
	want(t, s, item(1), "a")
	set(t, s, item(1), "b")
	want(t, s, item(1), "b")
	want(t, s, item(2), "")
	want(t, s, item(1).Uint64(0), "")
	want(t, s, acme.Key("other").Uint64(1), "")
	update(t, s, func(tx kv.Tx) error { return errors.Join(tx.Delete(item(1)), tx.Delete(item(9))) })
	want(t, s, item(1), "")

	// An empty value is not the same as none.
	update(t, s, func(tx kv.Tx) error {
		return errors.Join(tx.Set(item(3), nil), tx.Set(item(4), []byte{}))
	})
	view(t, s, func(tx kv.Tx) error {
		for _, n := range []int{3, 4} {
			if got, err := tx.Get(item(n)); err != nil || got == nil || len(got) != 0 {
				return fmt.Errorf("an empty value came back as %v, %w", got, err)
			}
		}
		return wantScan(tx, allItems(), kv.ScanOptions{}, "", "")
	})
}

func testReturnedSlices(t *testing.T, s kv.Store) {
	value := []byte("value")
	update(t, s, func(tx kv.Tx) error {
		if err := tx.Set(item(1), value); err != nil {
			return err
		}
		value[0] = 'X' // the caller's slice after Set
		got, err := tx.Get(item(1))
		if err != nil {
			return err
		}
		got[1] = 'X' // what Get returned from the own writes
		for e, err := range tx.Scan(allItems(), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			e.Value[2] = 'X'
		}
		return wantValue(tx, item(1), "value")
	})
	value[1] = 'X' // after the commit
	var kept [][]byte
	view(t, s, func(tx kv.Tx) error {
		got, err := tx.Get(item(1))
		if err != nil {
			return err
		}
		kept = append(kept, got)
		for e, err := range tx.Scan(allItems(), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			kept = append(kept, e.Value)
		}
		return nil
	})
	fill(t, s, 0, 100)
	for i, got := range kept {
		if string(got) != "value" {
			t.Errorf("slice %d changed to %q after its transaction", i, got)
		}
		got[0] = 'Y'
	}
	set(t, s, item(200), "value")
	want(t, s, item(1), "v1")
}

func testOwnWrites(t *testing.T, s kv.Store) {
	fill(t, s, 0, 3)
	update(t, s, func(tx kv.Tx) error {
		return errors.Join(
			tx.Set(item(1), []byte("new")),
			tx.Delete(item(2)),
			tx.Set(item(3), []byte("added")),
			tx.Set(item(4), []byte("gone")),
			tx.Delete(item(4)),
			tx.Delete(item(0)),
			tx.Set(item(0), []byte("back")),
			wantValue(tx, item(0), "back"),
			wantValue(tx, item(1), "new"),
			wantValue(tx, item(2), ""),
			wantValue(tx, item(3), "added"),
			wantValue(tx, item(4), ""),
			wantScan(tx, allItems(), kv.ScanOptions{}, "back", "new", "added"),
			wantScan(tx, allItems(), kv.ScanOptions{Reverse: true}, "added", "new", "back"),
		)
	})
	view(t, s, func(tx kv.Tx) error {
		return wantScan(tx, allItems(), kv.ScanOptions{}, "back", "new", "added")
	})
}

func testFailureLeavesNothing(t *testing.T, s kv.Store) {
	fill(t, s, 0, 2)
	failure := errors.New("no")
	err := s.Update(context.Background(), func(tx kv.Tx) error {
		return firstError(
			tx.Set(item(0), []byte("changed")), tx.Delete(item(1)), tx.Set(item(2), []byte("new")), failure)
	})
	if !errors.Is(err, failure) {
		t.Errorf("Update returned %v, want the function's error", err)
	}
	// As it is: not wrapped, for what callers compare by hand.
	if err := s.Update(context.Background(), func(kv.Tx) error { return failure }); err != failure { //nolint:errorlint // identity is the point
		t.Errorf("Update returned %v, want the function's error itself", err)
	}
	if err := s.View(context.Background(), func(kv.Tx) error { return failure }); err != failure { //nolint:errorlint // identity is the point
		t.Errorf("View returned %v, want the function's error itself", err)
	}
	view(t, s, func(tx kv.Tx) error { return wantScan(tx, allItems(), kv.ScanOptions{}, "v0", "v1") })
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func testPanicLeavesNothing(t *testing.T, s kv.Store) {
	fill(t, s, 0, 1)
	for name, call := range map[string]func(context.Context, func(kv.Tx) error) error{"Update": s.Update, "View": s.View} {
		func() {
			defer func() {
				if got := recover(); got != "on purpose" {
					t.Errorf("%s: recovered %v in the caller", name, got)
				}
			}()
			_ = call(context.Background(), func(tx kv.Tx) error {
				if name == "Update" {
					if err := tx.Set(item(0), []byte("changed")); err != nil {
						return err
					}
				}
				for range tx.Scan(allItems(), kv.ScanOptions{}) {
					panic("on purpose")
				}
				return nil
			})
			t.Errorf("%s: the panic did not reach the caller", name)
		}()
	}
	want(t, s, item(0), "v0")
	set(t, s, item(0), "after") // the store still works
	want(t, s, item(0), "after")
}

// A test's FailNow ends its goroutine. A store whose machinery ran functions in a
// goroutine of its own would lose that.
func testGoexitLeavesNothing(t *testing.T, s kv.Store) {
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.Update(context.Background(), func(tx kv.Tx) error {
			if err := tx.Set(item(0), []byte("changed")); err != nil {
				t.Error(err)
			}
			runtime.Goexit()
			return nil
		})
		t.Error("Update returned after Goexit")
	})
	wg.Wait()
	want(t, s, item(0), "")
	set(t, s, item(0), "after")
	want(t, s, item(0), "after")
}

// Callers that fail, panic and give up share the store with callers that do not.
func testNeighbours(t *testing.T, s kv.Store) {
	const callers, rounds = 32, 8
	failure := errors.New("on purpose")
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for r := range rounds {
				ctx, cancel := context.WithCancel(context.Background())
				err := neighbour(ctx, cancel, s, c, item(c*rounds+r), failure)
				cancel()
				switch c % 4 {
				case 0:
					if err != nil {
						t.Errorf("a caller that did nothing wrong: %v", err)
					}
				case 1, 2:
					if !errors.Is(err, failure) {
						t.Errorf("a caller that failed: %v", err)
					}
				case 3:
					if !errors.Is(err, context.Canceled) {
						t.Errorf("a caller that gave up: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx kv.Tx) error {
		for n := range callers * rounds {
			value := ""
			if n/rounds%4 == 0 {
				value = "written"
			}
			if err := wantValue(tx, item(n), value); err != nil {
				return err
			}
		}
		return nil
	})
}

// neighbour writes k and then succeeds, fails, panics or gives up, by its number.
func neighbour(ctx context.Context, cancel func(), s kv.Store, number int, k kv.Key, failure error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error)
		}
	}()
	return s.Update(ctx, func(tx kv.Tx) error {
		if err := tx.Set(k, []byte("written")); err != nil {
			return err
		}
		switch number % 4 {
		case 1:
			return failure
		case 2:
			panic(failure)
		case 3:
			cancel()
			_, err := tx.Get(k)
			return err
		}
		return nil
	})
}

func testSnapshot(t *testing.T, s kv.Store) {
	fill(t, s, 0, 4)
	view(t, s, func(tx kv.Tx) error {
		next := 0
		for e, err := range tx.Scan(allItems(), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			if got := string(e.Value); got != fmt.Sprintf("v%d", next) {
				return fmt.Errorf("entry %d of the snapshot is %q", next, got)
			}
			next++
			// A writer is not held up by the snapshot, and does not show in it.
			update(t, s, func(tx kv.Tx) error {
				return errors.Join(tx.Delete(item(next)), tx.Set(item(10+next), []byte("new")), tx.Set(item(3), []byte("new")))
			})
		}
		if next != 4 {
			return fmt.Errorf("the snapshot had %d entries", next)
		}
		return errors.Join(
			wantValue(tx, item(1), "v1"), wantValue(tx, item(11), ""),
			wantScan(tx, allItems(), kv.ScanOptions{Reverse: true}, "v3", "v2", "v1", "v0"),
		)
	})
	want(t, s, item(1), "")
	want(t, s, item(11), "new")
}

// Several snapshots of different age are open at once while versions pile up.
func testOldSnapshots(t *testing.T, s kv.Store) {
	const ages = 5
	var nest func(age int) error
	nest = func(age int) error {
		if age == ages {
			return nil
		}
		set(t, s, item(0), strconv.Itoa(age))
		return s.View(context.Background(), func(tx kv.Tx) error {
			err := nest(age + 1)
			return errors.Join(err, wantValue(tx, item(0), strconv.Itoa(age)))
		})
	}
	if err := nest(0); err != nil {
		t.Error(err)
	}
	want(t, s, item(0), strconv.Itoa(ages-1))
}

func testReadAfterUpdate(t *testing.T, s kv.Store) {
	var wg sync.WaitGroup
	for c := range 16 {
		wg.Go(func() {
			for r := range 10 {
				value := strconv.Itoa(r)
				if err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Set(item(c), []byte(value)) }); err != nil {
					t.Error(err)
				}
				if err := s.View(context.Background(), func(tx kv.Tx) error { return wantValue(tx, item(c), value) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func testIncrements(t *testing.T, s kv.Store) {
	const callers, rounds = 64, 10
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range rounds {
				if err := s.Update(context.Background(), increment); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	want(t, s, item(0), strconv.Itoa(callers*rounds))
}

func increment(tx kv.Tx) error {
	n, err := number(tx, item(0))
	if err != nil {
		return err
	}
	return tx.Set(item(0), strconv.AppendInt(nil, int64(n+1), 10))
}

// number reads a decimal, 0 where there is none.
func number(tx kv.Tx, k kv.Key) (int, error) {
	got, err := tx.Get(k)
	if errors.Is(err, kv.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(got))
}

// Each caller takes one off its own of two accounts, if both together hold one.
// Under mere snapshot isolation the sum falls below zero.
func testWriteSkew(t *testing.T, s kv.Store) {
	const start = 20
	update(t, s, func(tx kv.Tx) error {
		return errors.Join(tx.Set(item(0), strconv.AppendInt(nil, start, 10)), tx.Set(item(1), []byte("0")))
	})
	var wg sync.WaitGroup
	for c := range 2 * start {
		wg.Go(func() {
			err := s.Update(context.Background(), func(tx kv.Tx) error {
				a, errA := number(tx, item(0))
				b, errB := number(tx, item(1))
				if err := errors.Join(errA, errB); err != nil || a+b < 1 {
					return err
				}
				own := []int{a, b}[c%2]
				return tx.Set(item(c%2), strconv.AppendInt(nil, int64(own-1), 10))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx kv.Tx) error {
		a, errA := number(tx, item(0))
		b, errB := number(tx, item(1))
		if a+b != 0 {
			t.Errorf("the accounts hold %d and %d; together they should hold 0", a, b)
		}
		return errors.Join(errA, errB)
	})
}

// Each caller counts the entries of a range and adds one numbered by the count.
// If a range could gain entries unnoticed, numbers would be given twice.
func testPhantoms(t *testing.T, s kv.Store) {
	const callers = 24
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			err := s.Update(context.Background(), func(tx kv.Tx) error {
				present, err := entries(tx, allItems(), kv.ScanOptions{KeysOnly: true})
				if err != nil {
					return err
				}
				return tx.Set(item(len(present)), fmt.Appendf(nil, "v%d", len(present)))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx kv.Tx) error { return wantScan(tx, allItems(), kv.ScanOptions{}, values(0, callers)...) })
}

package kvtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func testReadOnly(t *testing.T, s kv.Store) {
	fill(t, s, 0, 1)
	view(t, s, func(tx kv.Tx) error {
		if err := tx.Set(item(0), []byte("changed")); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("Set: %v; want ErrReadOnly", err)
		}
		if err := tx.Delete(item(0)); !errors.Is(err, kv.ErrReadOnly) {
			t.Errorf("Delete: %v; want ErrReadOnly", err)
		}
		return wantValue(tx, item(0), "v0")
	})
	want(t, s, item(0), "v0")
}

func testTxDone(t *testing.T, s kv.Store) {
	fill(t, s, 0, 1)
	for name, run := range map[string]func(context.Context, func(kv.Tx) error) error{"View": s.View, "Update": s.Update} {
		var kept kv.Tx
		if err := run(context.Background(), func(tx kv.Tx) error { kept = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := kept.Get(item(0)); !errors.Is(err, kv.ErrTxDone) {
			t.Errorf("%s: Get: %v; want ErrTxDone", name, err)
		}
		if err := kept.Set(item(0), []byte("late")); !errors.Is(err, kv.ErrTxDone) {
			t.Errorf("%s: Set: %v; want ErrTxDone", name, err)
		}
		if err := kept.Delete(item(0)); !errors.Is(err, kv.ErrTxDone) {
			t.Errorf("%s: Delete: %v; want ErrTxDone", name, err)
		}
		if got, err := entries(kept, allItems(), kv.ScanOptions{}); !errors.Is(err, kv.ErrTxDone) {
			t.Errorf("%s: Scan: %v, %v; want ErrTxDone", name, got, err)
		}
	}
	want(t, s, item(0), "v0")
}

func testContext(t *testing.T, s kv.Store) {
	fill(t, s, 0, 10)
	for name, run := range map[string]func(context.Context, func(kv.Tx) error) error{"View": s.View, "Update": s.Update} {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := run(ctx, func(kv.Tx) error { t.Errorf("%s: ran with a context that is done", name); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v; want the context's error", name, err)
		}

		ctx, cancel = context.WithCancel(context.Background())
		seen := 0
		err = run(ctx, func(tx kv.Tx) error {
			if name == "Update" {
				if err := tx.Set(item(0), []byte("changed")); err != nil {
					return err
				}
			}
			for _, err := range tx.Scan(allItems(), kv.ScanOptions{}) {
				if err != nil {
					if _, getErr := tx.Get(item(0)); !errors.Is(getErr, context.Canceled) {
						t.Errorf("%s: Get after the end of the context: %v", name, getErr)
					}
					return err
				}
				if seen++; seen == 3 {
					cancel()
				}
			}
			return nil
		})
		cancel()
		if !errors.Is(err, context.Canceled) || seen != 3 {
			t.Errorf("%s: the scan ended with %v after %d entries", name, err, seen)
		}
	}
	want(t, s, item(0), "v0")
}

// A caller who gives up while others write is not run any more.
func testContextWhileQueued(t *testing.T, s kv.Store) {
	const waiting = 8
	entered, leave := make(chan struct{}), make(chan struct{})
	var first, queued sync.WaitGroup
	var once sync.Once
	first.Go(func() {
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			once.Do(func() { close(entered) })
			<-leave
			return tx.Set(item(0), []byte("first"))
		})
		if err != nil {
			t.Errorf("the first caller: %v", err)
		}
	})
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	var answered atomic.Int32
	for n := range waiting {
		queued.Go(func() {
			err := s.Update(ctx, func(tx kv.Tx) error { return tx.Set(item(n+1), []byte("queued")) })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("a caller who gave up: %v", err)
			}
			answered.Add(1)
		})
	}
	cancel()
	queued.Wait() // all are answered while the first still runs
	if got := answered.Load(); got != waiting {
		t.Errorf("%d were answered", got)
	}
	close(leave)
	first.Wait()
	view(t, s, func(tx kv.Tx) error { return wantScan(tx, allItems(), kv.ScanOptions{}, "first") })
}

func testClosed(t *testing.T, s kv.Store) {
	fill(t, s, 0, 1)
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	ran := func(kv.Tx) error { t.Error("a function ran after Close"); return nil }
	if err := s.View(context.Background(), ran); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("View: %v; want ErrClosed", err)
	}
	if err := s.Update(context.Background(), ran); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("Update: %v; want ErrClosed", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
	}
}

// Transactions that run when Close is called end well, and Close ends after them.
func testCloseWaits(t *testing.T, s kv.Store) {
	fill(t, s, 0, 3)
	inside, leave := make(chan struct{}, 2), make(chan struct{})
	var running, closing sync.WaitGroup
	var ended atomic.Int32
	running.Go(func() {
		err := s.View(context.Background(), func(tx kv.Tx) error {
			inside <- struct{}{}
			<-leave
			defer ended.Add(1)
			return wantScan(tx, allItems(), kv.ScanOptions{}, values(0, 3)...)
		})
		if err != nil {
			t.Errorf("View: %v", err)
		}
	})
	running.Go(func() {
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			inside <- struct{}{}
			<-leave
			defer ended.Add(1)
			return tx.Set(item(3), []byte("v3"))
		})
		if err != nil {
			t.Errorf("Update: %v", err)
		}
	})
	<-inside
	<-inside
	for range 2 {
		closing.Go(func() {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if ended.Load() != 2 {
				t.Error("Close returned before the transactions ended")
			}
		})
	}
	close(leave)
	running.Wait()
	closing.Wait()
}

// Close while many callers come and go: each is served whole or told ErrClosed.
func testCloseUnderLoad(t *testing.T, s kv.Store) {
	var wg sync.WaitGroup
	started := make(chan struct{}, 64)
	for c := range 16 {
		wg.Go(func() {
			for n := 0; ; n++ {
				err := s.Update(context.Background(), func(tx kv.Tx) error {
					return tx.Set(item(c), fmt.Appendf(nil, "v%d", n))
				})
				if err == nil {
					err = s.View(context.Background(), func(tx kv.Tx) error {
						return wantValue(tx, item(c), fmt.Sprintf("v%d", n))
					})
				}
				if errors.Is(err, kv.ErrClosed) {
					return
				}
				if err != nil {
					t.Errorf("caller %d: %v", c, err)
					return
				}
				if n < 2 {
					started <- struct{}{}
				}
			}
		})
	}
	for range 32 {
		<-started
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
}

// Nothing that was acknowledged is gone, and nothing that was not is there, after
// the store was closed and opened again, more than once.
func testDurability(t *testing.T, s kv.Store, reopen func() kv.Store) {
	fill(t, s, 0, 500)
	update(t, s, func(tx kv.Tx) error {
		return errors.Join(
			tx.Set(item(600), pattern(600, kv.MaxValueBytes)), tx.Set(item(601), nil),
			tx.Delete(item(0)), tx.Set(item(1), []byte("changed")), tx.Set(acme2.Key("item"), []byte("other")),
		)
	})
	if err := s.Update(context.Background(), func(tx kv.Tx) error {
		return firstError(tx.Set(item(700), []byte("undone")), errUndo)
	}); !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	for round := range 3 {
		old := s
		s = reopen()
		if err := old.View(context.Background(), func(kv.Tx) error { return nil }); !errors.Is(err, kv.ErrClosed) {
			t.Errorf("the store from before: %v; want ErrClosed", err)
		}
		view(t, s, func(tx kv.Tx) error {
			expected := append([]string{"changed"}, values(2, 500)...)
			return errors.Join(
				wantScan(tx, kv.Range{From: item(0), To: item(600)}, kv.ScanOptions{}, expected...),
				wantPattern(tx, 600, kv.MaxValueBytes),
				wantValue(tx, item(700), ""),
				wantValue(tx, acme2.Key("item"), "other"),
				wantScan(tx, kv.Prefix(item(601)), kv.ScanOptions{}, ""),
			)
		})
		// What is written after an opening sorts behind what was there: the newest
		// version of a key wins over all openings.
		set(t, s, item(1), fmt.Sprintf("round %d", round))
		want(t, s, item(1), fmt.Sprintf("round %d", round))
		set(t, s, item(1), "changed")
	}
}

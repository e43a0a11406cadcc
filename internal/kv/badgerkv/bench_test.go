package badgerkv

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

const benchItems = 10_000

func benchKey(b testing.TB, n int) kv.Key {
	b.Helper()
	tenant, err := kv.NewTenant("acme")
	if err != nil {
		b.Fatal(err)
	}
	return tenant.Key("item").String(fmt.Sprintf("user-%08d", n))
}

// benchStore holds benchItems documents of 1 KiB.
func benchStore(b *testing.B) (*Store, []kv.Key) {
	b.Helper()
	s := openTest(b, Options{})
	keys := make([]kv.Key, benchItems)
	for n := range keys {
		keys[n] = benchKey(b, n)
	}
	value := make([]byte, 1<<10)
	for start := 0; start < benchItems; start += 1000 {
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			for _, k := range keys[start : start+1000] {
				if err := tx.Set(k, value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return s, keys
}

func BenchmarkGet(b *testing.B) {
	s, keys := benchStore(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		err := s.View(context.Background(), func(tx kv.Tx) error {
			_, err := tx.Get(keys[n*7919%benchItems])
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGetWhileWriting measures what readers notice of commits.
func BenchmarkGetWhileWriting(b *testing.B) {
	s, keys := benchStore(b)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.Update(context.Background(), func(tx kv.Tx) error { return tx.Set(keys[0], []byte("x")) }); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		err := s.View(context.Background(), func(tx kv.Tx) error {
			_, err := tx.Get(keys[n*7919%benchItems])
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	close(stop)
	writer.Wait()
}

func BenchmarkScan100(b *testing.B) {
	for name, opts := range map[string]kv.ScanOptions{"values": {}, "keys": {KeysOnly: true}, "reverse": {Reverse: true}} {
		b.Run(name, func(b *testing.B) {
			s, keys := benchStore(b)
			r := kv.Range{From: keys[5000], To: keys[5100]}
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				err := s.View(context.Background(), func(tx kv.Tx) error {
					for _, err := range tx.Scan(r, opts) {
						if err != nil {
							return err
						}
						n++
					}
					return nil
				})
				if err != nil || n != 100 {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// BenchmarkUpdate reads one key and writes two small ones, as far apart as a
// record and its index are.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := openTest(b, Options{})
			runWriters(b, writers, func(n int) error {
				k := benchKey(b, n)
				return s.Update(context.Background(), func(tx kv.Tx) error {
					if _, err := tx.Get(k); err == nil {
						return fmt.Errorf("%v exists", k)
					}
					if err := tx.Set(k, benchValue[:]); err != nil {
						return err
					}
					return tx.Set(k.String("index"), nil)
				})
			})
		})
	}
}

var benchValue [512]byte

// BenchmarkCommitStrategies compares ways to make the same small transactions
// durable; docs/decisions/0001-group-commit.md says what came of it.
func BenchmarkCommitStrategies(b *testing.B) {
	strategies := []struct {
		name string
		open func(b *testing.B) func(key, index []byte) error
	}{
		{"group", func(b *testing.B) func(key, index []byte) error { return groupCommit(b, Options{}) }},
		{"group-unsynced", func(b *testing.B) func(key, index []byte) error { return groupCommit(b, Options{NoSync: true}) }},
		{"badger-syncwrites", func(b *testing.B) func(key, index []byte) error { return plainBadger(b, true) }},
		{"badger-shared-sync", sharedSync},
		{"badger-unsynced", func(b *testing.B) func(key, index []byte) error { return plainBadger(b, false) }},
	}
	for _, strategy := range strategies {
		for _, writers := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/writers=%d", strategy.name, writers), func(b *testing.B) {
				commit := strategy.open(b)
				runWriters(b, writers, func(n int) error {
					return commit(fmt.Appendf(nil, "acme/item/%08d", n), fmt.Appendf(nil, "acme/index/%08d", n))
				})
			})
		}
	}
}

// runWriters calls write b.N times, from so many goroutines at once.
func runWriters(b *testing.B, writers int, write func(n int) error) {
	b.Helper()
	b.ReportAllocs()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range writers {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
				if err := write(n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

func groupCommit(b *testing.B, opts Options) func(key, index []byte) error {
	s := openTest(b, opts)
	var commits int // by the committer alone
	write := s.write
	s.write = func(w *overlay, ts uint64) error { commits++; return write(w, ts) }
	b.Cleanup(func() { b.ReportMetric(float64(b.N)/float64(commits), "tx/commit") })
	base := benchKey(b, 0)
	return func(key, index []byte) error {
		return s.Update(context.Background(), func(tx kv.Tx) error {
			if _, err := tx.Get(base.Bytes(key)); err == nil {
				return fmt.Errorf("%s exists", key)
			}
			if err := tx.Set(base.Bytes(key), benchValue[:]); err != nil {
				return err
			}
			return tx.Set(base.Bytes(index), nil)
		})
	}
}

// plainBadger gives every caller a Badger transaction of its own.
func plainBadger(b *testing.B, sync bool) func(key, index []byte) error {
	return badgerUpdate(openPlain(b, sync))
}

func openPlain(b *testing.B, sync bool) *badger.DB {
	b.Helper()
	opts, err := Options{Dir: b.TempDir(), NoSync: !sync}.complete()
	if err != nil {
		b.Fatal(err)
	}
	db, err := badger.Open(opts.badger(nil).WithLogger(nil).WithDetectConflicts(true))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return db
}

func badgerUpdate(db *badger.DB) func(key, index []byte) error {
	return func(key, index []byte) error {
		return db.Update(func(txn *badger.Txn) error {
			if _, err := txn.Get(key); err == nil {
				return fmt.Errorf("%s exists", key)
			}
			if err := txn.Set(key, benchValue[:]); err != nil {
				return err
			}
			return txn.Set(index, nil)
		})
	}
}

// sharedSync commits each caller's transaction unsynced and then syncs once for
// all who wait. It is measured, not used: it loses what a memory table holds that
// was rotated out between the commit and the sync.
func sharedSync(b *testing.B) func(key, index []byte) error {
	db := openPlain(b, false)
	commit := badgerUpdate(db)
	waiting := make(chan chan error, 1024)
	done := make(chan struct{})
	var syncer sync.WaitGroup
	syncer.Go(func() {
		for {
			var batch []chan error
			select {
			case c := <-waiting:
				batch = append(batch, c)
			case <-done:
				return
			}
			for more := true; more; {
				select {
				case c := <-waiting:
					batch = append(batch, c)
				default:
					more = false
				}
			}
			err := db.Sync()
			for _, c := range batch {
				c <- err
			}
		}
	})
	b.Cleanup(func() { close(done); syncer.Wait() })
	return func(key, index []byte) error {
		if err := commit(key, index); err != nil {
			return err
		}
		answer := make(chan error, 1)
		waiting <- answer
		return <-answer
	}
}

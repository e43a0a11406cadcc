package badgerkv

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// fillLog writes values that go to the value log, 5 MB of them.
func fillLog(t *testing.T, s *Store, round int) {
	t.Helper()
	for n := range 50 {
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			return tx.Set(benchKey(t, n), logValue(n, round))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func logValue(n, round int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%04d.%04d|", n, round), 10_000)
}

func wantLog(t *testing.T, tx kv.Tx, round int) {
	t.Helper()
	for n := range 50 {
		got, err := tx.Get(benchKey(t, n))
		if err != nil || !bytes.Equal(got, logValue(n, round)) {
			t.Errorf("value %d of round %d: %d bytes, %v", n, round, len(got), err)
		}
	}
}

func logFiles(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.vlog"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

const logRounds = 8

func TestGarbageIsCollected(t *testing.T) {
	t.Parallel()
	tick := make(chan time.Time)
	dir := t.TempDir()
	opts := Options{Dir: dir, NoSync: true, gcTick: tick, valueLogFileBytes: 1 << 20}
	// Badger learns from a compaction what is garbage. Close writes the memory
	// table out, and so many tables there must be for a compaction.
	for round := range logRounds {
		s := openTest(t, opts)
		fillLog(t, s, round)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := openTest(t, opts)
	compact(t, s)
	before := logFiles(t, dir)

	var user sync.WaitGroup
	stop := make(chan struct{})
	user.Go(func() { // values move while they are read, and while others are written
		for {
			select {
			case <-stop:
				return
			default:
			}
			err := s.View(context.Background(), func(tx kv.Tx) error { wantLog(t, tx, logRounds-1); return nil })
			if err == nil {
				err = s.Update(context.Background(), func(tx kv.Tx) error { return tx.Set(benchKey(t, 900), logValue(0, 0)) })
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	tick <- time.Time{}
	tick <- time.Time{} // is taken when the first collection is over
	close(stop)
	user.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if after := logFiles(t, dir); after > before/2 {
		t.Errorf("%d value log files before, %d after; most were garbage", before, after)
	}
	s = openTest(t, opts)
	if err := s.View(context.Background(), func(tx kv.Tx) error { wantLog(t, tx, logRounds-1); return nil }); err != nil {
		t.Error(err)
	}
}

// A snapshot outlives the compaction of what it sees.
func TestSnapshotsOutliveCompaction(t *testing.T) {
	t.Parallel()
	tick := make(chan time.Time)
	opts := Options{Dir: t.TempDir(), NoSync: true, gcTick: tick, valueLogFileBytes: 1 << 20}
	for range logRounds {
		s := openTest(t, opts)
		fillLog(t, s, 0)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := openTest(t, opts)
	compact(t, s) // now there is a level below, and whatever comes is merged into it
	err := s.View(context.Background(), func(tx kv.Tx) error {
		fillLog(t, s, 1)
		rotate(t, s)
		compact(t, s)
		tick <- time.Time{}
		tick <- time.Time{} // is taken when the collection is over
		wantLog(t, tx, 0)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := s.View(context.Background(), func(tx kv.Tx) error { wantLog(t, tx, 1); return nil }); err != nil {
		t.Error(err)
	}
}

// rotate writes as much as makes Badger write out its memory table, and waits
// until it did.
func rotate(t *testing.T, s *Store) {
	t.Helper()
	filler := make([]byte, valueThreshold-1)
	const writes = 100 // in a transaction
	// One transaction more than fills the table: that one goes to a new table.
	for round := range DefaultMemTableBytes/valueThreshold/writes + 2 {
		err := s.Update(context.Background(), func(tx kv.Tx) error {
			for n := range writes {
				if err := tx.Set(benchKey(t, 1_000_000+round*writes+n), filler); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for s.db.Levels()[0].NumTables == 0 {
		runtime.Gosched()
	}
}

// compact merges all tables into one level.
func compact(t *testing.T, s *Store) {
	t.Helper()
	if err := s.db.Flatten(1); err != nil {
		t.Fatal(err)
	}
	if n := s.db.Levels()[0].NumTables; n > 0 {
		t.Fatalf("%d tables were not compacted", n)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{NoSync: true})
	v := s.versions
	first := v.acquire()
	v.publish(v.next())
	second, again := v.acquire(), v.acquire()
	if second != first+1 || again != second || v.next() != first+2 {
		t.Errorf("timestamps %d, %d, %d, next %d", first, second, again, v.next())
	}
	v.release(first)
	v.release(second)
	v.release(again)
	if len(v.readers) != 0 {
		t.Errorf("readers left: %v", v.readers)
	}
}

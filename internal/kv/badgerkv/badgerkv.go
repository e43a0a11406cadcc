// Package badgerkv is the kv.Store that keeps everything in one directory, in
// a Badger database, for a single process.
//
// Badger runs in its managed mode: this package hands out the timestamps. One
// goroutine commits, so timestamps need no lock, transactions never conflict,
// and a reader starts at the last timestamp that is safe on disk without waiting
// for a commit that is under way. Writers are committed in groups; the reasons
// and measurements are in docs/decisions/0001-group-commit.md.
package badgerkv

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Errors of this backend, beside those of package kv.
var (
	// ErrLocked: another process, or another Store of this one, has the
	// directory open. The message names the directory.
	ErrLocked = errors.New("badgerkv: the directory is in use by another process or store")
	// ErrFailed: a commit failed. Whether what it wrote outlives a restart is
	// unknown, and after a failed sync the kernel may report success for data it
	// has dropped, so the store takes no more writes until it is opened again.
	// Reads go on, from the last state known to be safe.
	ErrFailed = errors.New("badgerkv: a write failed; the store is read-only until it is opened again")
	// ErrNoSpace: the disk is all but full. Nothing was stored; reads go on, and
	// writes too as soon as there is room again.
	ErrNoSpace = errors.New("badgerkv: too little space on the disk")
)

// Defaults of Options. They hold a small deployment to some tens of megabytes.
const (
	DefaultMemTableBytes   = 32 << 20
	DefaultBlockCacheBytes = 32 << 20
	DefaultGCInterval      = 10 * time.Minute
)

const (
	// minMemTableBytes is the least that takes kv.MinTxWrites writes at once.
	minMemTableBytes = 32 << 20
	// valueThreshold is the size from which a value goes to the value log and
	// leaves a pointer in the tree. SCIM documents stay below it, policy modules
	// do not.
	valueThreshold = 32 << 10
	// valueLogFileBytes is small enough that collecting one file, during which no
	// commit runs, is quick.
	valueLogFileBytes = 32 << 20
	// gcDiscardRatio is Badger's recommendation: rewrite a value log file when
	// half of it is garbage.
	gcDiscardRatio = 0.5
	// dirMode keeps everyone else away from token hashes and personal data.
	dirMode fs.FileMode = 0o700
)

// Options configure Open.
type Options struct {
	// Dir is the database's directory, required. It is created with mode 0700 if
	// it does not exist.
	Dir string
	// NoSync commits without waiting for the disk. What was acknowledged still
	// survives the end of the process, but not of the machine. For tests and
	// measurements.
	NoSync bool
	// MemTableBytes is the size of one in-memory table, and by that the size of
	// the greatest transaction (15 % of it, large values not counted). Default
	// and minimum 32 MiB. Up to three such tables can exist while a burst of
	// writes is flushed.
	MemTableBytes int64
	// BlockCacheBytes bounds the cache of uncompressed blocks. Default 32 MiB.
	BlockCacheBytes int64
	// GCInterval is the time between two collections of the value log. Default
	// ten minutes; a negative value means never.
	GCInterval time.Duration
	// MinFreeBytes is what must stay free on the disk; a write that would leave
	// less is refused with ErrNoSpace. Default 64 MiB; a negative value means that
	// nobody looks. Known on Linux and macOS only.
	MinFreeBytes int64
	// Logger receives Badger's messages and this package's own. Default slog.Default().
	Logger *slog.Logger

	// For tests: what takes the place of GCInterval, and a smaller file size of
	// the value log.
	gcTick            <-chan time.Time
	valueLogFileBytes int64
}

// Store is a kv.Store in a Badger database. Use Open.
type Store struct {
	db  *badger.DB
	log *slog.Logger

	gate      kv.Gate
	versions  *versions
	turns     chan *turn
	capacity  capacity
	write     func(w *overlay, ts uint64) error // commits to Badger; tests put failures here
	writing   sync.Mutex                        // held by a commit, or by a collection
	failed    atomic.Pointer[error]             // why no more writes are taken
	syncError func() error                      // what only Badger's log tells, see logger
	minFree   int64
	free      func() (uint64, error) // bytes left on the disk

	stop      chan struct{} // closed to end the goroutines
	running   sync.WaitGroup
	closeOnce sync.Once
	closeErr  error
}

// Open opens the database in opts.Dir, and makes it if it does not exist.
//
// Errors: ErrLocked if the directory is open elsewhere, and whatever the file
// system and Badger report about a directory that cannot be used.
func Open(opts Options) (*Store, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	if err := prepareDir(opts.Dir, opts.Logger); err != nil {
		return nil, err
	}
	if err := dropUnfinished(opts.Dir); err != nil {
		return nil, err
	}
	logs := &logger{to: opts.Logger}
	db, err := badger.OpenManaged(opts.badger(logs))
	if err != nil {
		return nil, openError(opts.Dir, err)
	}
	s := &Store{
		db:        db,
		log:       opts.Logger,
		versions:  newVersions(db),
		turns:     make(chan *turn),
		capacity:  newCapacity(db),
		syncError: logs.takeSyncError,
		minFree:   opts.MinFreeBytes,
		free:      func() (uint64, error) { return freeBytes(opts.Dir) },
		stop:      make(chan struct{}),
	}
	s.write = s.writeBadger
	s.running.Go(s.commitTurns)
	s.running.Go(func() { s.collectGarbage(opts) })
	return s, nil
}

// Close implements kv.Store. It waits for running transactions, and for a
// collection of the value log that is under way.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.gate.Shut()
		close(s.stop)
		s.running.Wait()
		if err := s.db.Close(); err != nil {
			s.closeErr = fmt.Errorf("badgerkv: close: %w", err)
		}
	})
	return s.closeErr
}

func (o Options) complete() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("badgerkv: no directory given")
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = DefaultMemTableBytes
	}
	if o.MemTableBytes < minMemTableBytes {
		return o, fmt.Errorf("badgerkv: MemTableBytes is %d, the least is %d", o.MemTableBytes, minMemTableBytes)
	}
	if o.BlockCacheBytes == 0 {
		o.BlockCacheBytes = DefaultBlockCacheBytes
	}
	if o.BlockCacheBytes < 0 {
		return o, fmt.Errorf("badgerkv: BlockCacheBytes is %d", o.BlockCacheBytes)
	}
	if o.MinFreeBytes == 0 {
		o.MinFreeBytes = DefaultMinFreeBytes
	}
	if o.GCInterval == 0 {
		o.GCInterval = DefaultGCInterval
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.valueLogFileBytes == 0 {
		o.valueLogFileBytes = valueLogFileBytes
	}
	return o, nil
}

func (o Options) badger(logs *logger) badger.Options {
	return badger.DefaultOptions(o.Dir).
		WithLogger(logs).
		WithSyncWrites(!o.NoSync).
		WithDetectConflicts(false). // one committer: there are none
		WithMetricsEnabled(false).  // they are global to the process
		WithMemTableSize(o.MemTableBytes).
		WithNumMemtables(2).
		WithNumCompactors(2).
		WithBlockCacheSize(o.BlockCacheBytes).
		WithValueThreshold(valueThreshold).
		WithValueLogFileSize(o.valueLogFileBytes).
		WithVerifyValueChecksum(true).
		WithChecksumVerificationMode(options.OnBlockRead)
}

// prepareDir makes the directory. One that exists is left as it is, since it is
// the operator's, but not without a word if others can look into it.
func prepareDir(dir string, log *slog.Logger) error {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return fmt.Errorf("badgerkv: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("badgerkv: %w", err)
	}
	if info.Mode().Perm()&^dirMode != 0 {
		log.Warn("the storage directory is accessible to others; mode 0700 is enough",
			"dir", dir, "mode", info.Mode().Perm().String())
	}
	return nil
}

// openError names the directory and tells a lock from other failures. Badger
// gives the text of the cause only, so the text is all there is to go by.
func openError(dir string, err error) error {
	if abs, absErr := filepath.Abs(dir); absErr == nil {
		dir = abs
	}
	text := err.Error()
	if strings.Contains(text, "Cannot acquire directory lock") &&
		strings.Contains(text, syscall.EWOULDBLOCK.Error()) {
		return fmt.Errorf("%w: %s", ErrLocked, dir)
	}
	return fmt.Errorf("badgerkv: open %s: %w", dir, err)
}

var _ kv.Store = (*Store)(nil)

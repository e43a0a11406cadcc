package badgerkv

import (
	"errors"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// collectGarbage is the goroutine that frees space in the value log.
func (s *Store) collectGarbage(opts Options) {
	tick := opts.gcTick
	if tick == nil {
		if opts.GCInterval < 0 {
			return
		}
		ticker := time.NewTicker(opts.GCInterval)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-tick:
			s.collectOnce()
		case <-s.stop:
			return
		}
	}
}

// collectOnce rewrites value log files for as long as that frees space.
func (s *Store) collectOnce() (files int) {
	for {
		select {
		case <-s.stop:
			return files
		default:
		}
		err := s.collectFile()
		if err != nil {
			if !errors.Is(err, badger.ErrNoRewrite) && !errors.Is(err, badger.ErrRejected) {
				s.log.Error("collecting the value log failed", "error", err)
			}
			return files
		}
		files++
	}
}

// collectFile rewrites one file. No commit runs meanwhile: Badger reads the
// version of its memory table without a lock when it begins, and what moves
// values past concurrent writes has been the source of resurrected keys before.
// Only large values are in these files, so there is seldom anything to do.
func (s *Store) collectFile() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.db.RunValueLogGC(gcDiscardRatio)
}

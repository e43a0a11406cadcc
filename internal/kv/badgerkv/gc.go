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
		err := s.db.RunValueLogGC(gcDiscardRatio)
		if err != nil {
			if !errors.Is(err, badger.ErrNoRewrite) && !errors.Is(err, badger.ErrRejected) {
				s.log.Error("collecting the value log failed", "error", err)
			}
			return files
		}
		files++
	}
}

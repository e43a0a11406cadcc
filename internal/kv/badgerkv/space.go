package badgerkv

import "fmt"

// DefaultMinFreeBytes is what must stay free on the disk: room for the memory
// tables that Badger has yet to write out.
const DefaultMinFreeBytes = 64 << 20

// reserve returns ErrNoSpace if writing so many bytes would leave less than
// minFree on the disk. Badger writes through memory maps of sparse files, so a
// disk that is full ends the whole process with SIGBUS instead of an error.
func (s *Store) reserve(bytes int64) error {
	if s.minFree < 0 {
		return nil
	}
	free, err := s.free()
	if err != nil {
		return fmt.Errorf("badgerkv: free space: %w", err)
	}
	// A value can be written twice: to its log and, with its key, to the table's.
	if need := uint64(s.minFree) + 2*uint64(bytes); free < need {
		return fmt.Errorf("%w: %d MiB are free, %d MiB are needed", ErrNoSpace, free>>20, need>>20)
	}
	return nil
}

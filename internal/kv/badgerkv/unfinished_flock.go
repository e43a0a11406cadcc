//go:build linux || darwin

package badgerkv

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock takes the lock on a directory that Badger takes, until free is called; free is nil where somebody else has it.
func lock(dir string) (free func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("badgerkv: %w", err)
	}
	free = func() { _ = f.Close() }
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		free()
		return nil, nil //nolint:nilnil // somebody else has it, which is for Badger to report
	case err != nil:
		free()
		return nil, fmt.Errorf("badgerkv: lock %s: %w", dir, err)
	}
	return free, nil
}

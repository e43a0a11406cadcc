//go:build unix

package seal

import (
	"fmt"
	"io/fs"
)

// private reports, as an error, that others than the owner may read or change a file.
func private(info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("others can read the key (mode %#o), want 0600", mode)
	}
	return nil
}

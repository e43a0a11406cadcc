//go:build linux || darwin

package badgerkv

import "syscall"

// freeBytes returns what an unprivileged process can still write to the file
// system that holds dir.
func freeBytes(dir string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return fs.Bavail * uint64(fs.Bsize), nil
}

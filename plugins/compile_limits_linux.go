package plugins

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

func setLimit(resource int, to uint64) {
	_ = syscall.Setrlimit(resource, &syscall.Rlimit{Cur: to, Max: to})
}

// addressSpace is how many bytes of addresses this process has reserved, 0 if that is
// not known.
func addressSpace() uint64 {
	stat, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	first, _, _ := bytes.Cut(stat, []byte{' '})
	pages, err := strconv.ParseUint(string(first), 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}

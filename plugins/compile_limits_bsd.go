//go:build darwin || freebsd

package plugins

import "syscall"

func setLimit(resource int, to uint64) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(resource, &limit) != nil {
		return
	}
	lower(&limit.Cur, to)
	lower(&limit.Max, to)
	_ = syscall.Setrlimit(resource, &limit)
}

// lower sets a limit, whose type differs between systems.
func lower[N int64 | uint64](limit *N, to uint64) { *limit = N(to) }

// addressSpace is not known here; watchProcess looks at the memory.
func addressSpace() uint64 { return 0 }

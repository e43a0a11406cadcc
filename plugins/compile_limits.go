//go:build linux || darwin || freebsd

package plugins

import (
	"syscall"
	"time"
)

// canLimit says that a compiler's process can be limited on this system.
const canLimit = true

// limitProcess asks the system to end this process when it takes much more than it may,
// and lets everybody else go first.
func limitProcess(allowed time.Duration) {
	seconds := uint64(allowed/time.Second) + 2
	// Where the system refuses a limit, watchProcess is left.
	setLimit(syscall.RLIMIT_CPU, seconds)
	setLimit(syscall.RLIMIT_CORE, 0)
	if used := addressSpace(); used > 0 {
		setLimit(syscall.RLIMIT_AS, used+slowdown*compileVirtual)
	}
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10)
}

// processorUsed is the processor time that this process has used.
func processorUsed() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

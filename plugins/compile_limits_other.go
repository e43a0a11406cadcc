//go:build !(linux || darwin || freebsd)

package plugins

import "time"

// canLimit says that a compiler's process can be limited on this system.
const canLimit = false

func limitProcess(time.Duration) {}

func processorUsed() time.Duration { return 0 }

//go:build !(linux || darwin || freebsd)

package plugins

import "context"

// withMemory leaves the memory of instances to the runtime, on the Go heap.
func withMemory(ctx context.Context) (with context.Context, free func()) { return ctx, func() {} }

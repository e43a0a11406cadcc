//go:build linux || darwin || freebsd

package plugins

import (
	"context"
	"sync"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// mappedMemory is an instance's linear memory outside the Go heap. It reserves the
// addresses for all that the guest may ever have, and takes pages of the system as they
// are used: growing copies nothing, a guest that fills its memory is none of the
// collector's business, and what it had is gone when the instance is. Where the system
// does not play along, the memory is on the heap after all: the runtime takes no for an
// answer when a guest grows its memory, but not when an instance is made.
type mappedMemory struct {
	mu       sync.Mutex
	reserved []byte // nil without, and after Free
	heap     []byte // in its place
	size     uint64
}

// withMemory lets the next instance that is made with ctx have a memory of that kind. free
// gives it back, whether an instance came of it or not; nothing may touch it then.
func withMemory(ctx context.Context) (with context.Context, free func()) {
	memory := new(mappedMemory)
	allocate := func(_, most uint64) experimental.LinearMemory {
		memory.reserve(max(most, wasmPageBytes))
		return memory
	}
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(allocate)), memory.Free
}

func (m *mappedMemory) reserve(most uint64) {
	reserved, err := unix.Mmap(-1, 0, int(most), unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err == nil {
		m.reserved = reserved
	}
}

// Reallocate implements experimental.LinearMemory. nil lets memory.grow fail.
func (m *mappedMemory) Reallocate(size uint64) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reserved == nil || m.heap != nil {
		return m.onHeap(size)
	}
	if size > uint64(len(m.reserved)) {
		return nil
	}
	if size > m.size {
		if unix.Mprotect(m.reserved[m.size:size], unix.PROT_READ|unix.PROT_WRITE) != nil {
			if m.size == 0 {
				return m.onHeap(size)
			}
			return nil
		}
		m.size = size
	}
	return m.reserved[:size:size]
}

func (m *mappedMemory) onHeap(size uint64) []byte {
	grown := make([]byte, size)
	copy(grown, m.heap)
	m.heap = grown
	return grown
}

// Free implements experimental.LinearMemory. Freeing twice is harmless.
func (m *mappedMemory) Free() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reserved != nil {
		// It is ours, so there is no way for this to fail.
		_ = unix.Munmap(m.reserved)
		m.reserved = nil
	}
}

// Interface guard.
var _ experimental.LinearMemory = (*mappedMemory)(nil)

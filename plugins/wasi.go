package plugins

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/tetratelabs/wazero/api"
)

// wasiModuleName is what language runtimes import for an operating system.
const wasiModuleName = "wasi_snapshot_preview1"

// Error numbers of WASI preview 1.
const (
	wasiOK     = 0
	wasiBadFD  = 8
	wasiInval  = 28
	wasiNoSys  = 52
	wasiStdout = 1
	wasiStderr = 2
)

// The guest's clock starts at wasiEpoch while an instance is made and at wasiEpoch
// plus wasiCallStart in every call, and goes on by wasiTick whenever it is read and
// by the whole wait, at once, whenever the guest wants to sleep. A clock that stood still would hang those who wait for it to move; one that went
// back between initialisation and call would confuse a garbage collector.
const (
	wasiEpoch     = 946_684_800_000_000_000 // 2000-01-01T00:00:00Z in nanoseconds
	wasiCallStart = 3_600_000_000_000
	wasiTick      = 1_000
)

// wasiModule is an operating system with nothing in it: no arguments, no
// environment, no files, no sockets, a clock that shows no time and randomness
// that is the same in every call. Go and other runtimes need it to start. Standard
// output and standard error go to the policy's log.
func wasiModule() hostModule {
	m := hostModule{name: wasiModuleName, funcs: []hostFunc{
		{"args_sizes_get", params("ii"), errno(), hostCallFuel, noneSizes},
		{"args_get", params("ii"), errno(), hostCallFuel, answer(wasiOK)},
		{"environ_sizes_get", params("ii"), errno(), hostCallFuel, noneSizes},
		{"environ_get", params("ii"), errno(), hostCallFuel, answer(wasiOK)},
		{"clock_res_get", params("ii"), errno(), hostCallFuel, clockResolution},
		{"clock_time_get", params("iIi"), errno(), hostCallFuel, clockTime},
		{"random_get", params("ii"), errno(), hostCallFuel, randomBytes},
		{"poll_oneoff", params("iiii"), errno(), hostCallFuel, pollOneoff},
		{"sched_yield", nil, errno(), hostCallFuel, answer(wasiOK)},
		{"fd_write", params("iiii"), errno(), hostCallFuel, fdWrite},
		{"proc_exit", params("i"), nil, hostCallFuel, procExit},
	}}
	// No descriptor is open, beside the two that fd_write knows.
	for name, signature := range map[string]string{
		"fd_advise": "iIIi", "fd_allocate": "iII", "fd_close": "i", "fd_datasync": "i",
		"fd_fdstat_get": "ii", "fd_fdstat_set_flags": "ii", "fd_fdstat_set_rights": "iII",
		"fd_filestat_get": "ii", "fd_filestat_set_size": "iI", "fd_filestat_set_times": "iIIi",
		"fd_pread": "iiiIi", "fd_prestat_dir_name": "iii", "fd_prestat_get": "ii",
		"fd_pwrite": "iiiIi", "fd_read": "iiii", "fd_readdir": "iiiIi", "fd_renumber": "ii",
		"fd_seek": "iIii", "fd_sync": "i", "fd_tell": "ii",
		"path_create_directory": "iii", "path_filestat_get": "iiiii",
		"path_filestat_set_times": "iiiiIIi", "path_link": "iiiiiii",
		"path_open": "iiiiiIIii", "path_readlink": "iiiiii", "path_remove_directory": "iii",
		"path_rename": "iiiiii", "path_symlink": "iiiii", "path_unlink_file": "iii",
		"sock_accept": "iii", "sock_recv": "iiiiii", "sock_send": "iiiii", "sock_shutdown": "ii",
	} {
		m.funcs = append(m.funcs, hostFunc{name, params(signature), errno(), hostCallFuel, answer(wasiBadFD)})
	}
	m.funcs = append(m.funcs, hostFunc{"proc_raise", params("i"), errno(), hostCallFuel, answer(wasiNoSys)})
	return m
}

// params spells a list of types, i for i32 and I for i64.
func params(signature string) []api.ValueType {
	types := make([]api.ValueType, 0, len(signature))
	for _, c := range signature {
		if c == 'I' {
			types = append(types, i64)
		} else {
			types = append(types, i32)
		}
	}
	return types
}

func errno() []api.ValueType { return []api.ValueType{i32} }

func answer(code uint64) func(*call, api.Memory, []uint64) {
	return func(_ *call, _ api.Memory, stack []uint64) { stack[0] = code }
}

// noneSizes says that there are no arguments and no environment: two counts of 0.
func noneSizes(c *call, mem api.Memory, stack []uint64) {
	binary.LittleEndian.PutUint32(view(c, mem, "sizes_get", uint32(stack[0]), 4), 0)
	binary.LittleEndian.PutUint32(view(c, mem, "sizes_get", uint32(stack[1]), 4), 0)
	stack[0] = wasiOK
}

func clockResolution(c *call, mem api.Memory, stack []uint64) {
	binary.LittleEndian.PutUint64(view(c, mem, "clock_res_get", uint32(stack[1]), 8), wasiTick)
	stack[0] = wasiOK
}

func clockTime(c *call, mem api.Memory, stack []uint64) {
	c.clock += wasiTick
	binary.LittleEndian.PutUint64(view(c, mem, "clock_time_get", uint32(stack[2]), 8), c.now())
	stack[0] = wasiOK
}

// now is the guest's time in nanoseconds since 1970.
func (c *call) now() uint64 {
	if c.hook == initialize {
		return wasiEpoch + c.clock
	}
	return wasiEpoch + wasiCallStart + c.clock
}

// pollOneoff answers a wait for one of several events. The time that the guest
// wants to wait for has passed at once; what it awaits of a descriptor fails.
func pollOneoff(c *call, mem api.Memory, stack []uint64) {
	const (
		subscriptionSize, eventSize = 48, 32
		maxSubscriptions            = 256
		clockEvent                  = 0
		absoluteTime                = 1
	)
	in, out, count, result := uint32(stack[0]), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	if count == 0 || count > maxSubscriptions {
		stack[0] = wasiInval
		return
	}
	subscriptions := view(c, mem, "poll_oneoff", in, count*subscriptionSize)
	events := view(c, mem, "poll_oneoff", out, count*eventSize)
	c.tank.take(int64(count) * pieceFuel)
	var waited uint64
	for ; len(subscriptions) > 0; subscriptions, events = subscriptions[subscriptionSize:], events[eventSize:] {
		kind := subscriptions[8]
		code := uint16(wasiBadFD)
		if kind == clockEvent {
			code = wasiOK
			timeout := binary.LittleEndian.Uint64(subscriptions[24:])
			if binary.LittleEndian.Uint16(subscriptions[40:])&absoluteTime != 0 {
				timeout -= min(timeout, c.now())
			}
			waited = max(waited, timeout)
		}
		clear(events[:eventSize])
		copy(events, subscriptions[:8]) // what the guest knows the event by
		binary.LittleEndian.PutUint16(events[8:], code)
		events[10] = kind
	}
	c.clock += waited
	binary.LittleEndian.PutUint32(view(c, mem, "poll_oneoff", result, 4), count)
	stack[0] = wasiOK
}

func randomBytes(c *call, mem api.Memory, stack []uint64) {
	// A single call must not take long, since nothing can interrupt it.
	const maxRandom = 64 << 10
	if uint32(stack[1]) > maxRandom {
		stack[0] = wasiInval
		return
	}
	c.tank.take(int64(uint32(stack[1]))) // dearer than a copy
	if c.random == nil {
		c.random = rand.NewChaCha8([32]byte{})
	}
	// The generator fills the whole slice and never fails.
	_, _ = c.random.Read(view(c, mem, "random_get", uint32(stack[0]), uint32(stack[1])))
	stack[0] = wasiOK
}

// fdWrite logs what is written to standard output or standard error.
func fdWrite(c *call, mem api.Memory, stack []uint64) {
	fd, vectors, count, result := uint32(stack[0]), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	if fd != wasiStdout && fd != wasiStderr {
		stack[0] = wasiBadFD
		return
	}
	// More vectors and bytes than this are not written in one call, as POSIX allows.
	const maxVectors, maxBytes = 1024, 64 << 10
	count = min(count, maxVectors)
	table := view(c, mem, "fd_write", vectors, count*8)
	c.tank.take(int64(count) * pieceFuel)
	var written uint32
	for ; len(table) > 0; table = table[8:] {
		piece := view(c, mem, "fd_write", binary.LittleEndian.Uint32(table), binary.LittleEndian.Uint32(table[4:]))
		piece = piece[:min(len(piece), int(maxBytes-written))]
		c.tank.take(int64(len(piece))) // every byte may end a line
		c.log.stream(piece, fd == wasiStderr)
		written += uint32(len(piece))
	}
	binary.LittleEndian.PutUint32(view(c, mem, "fd_write", result, 4), written)
	stack[0] = wasiOK
}

// procExit ends the guest. A policy has no reason to, so it counts as a crash
// whatever the code.
func procExit(c *call, _ api.Memory, stack []uint64) {
	what := "exited with code %d"
	if words := c.log.lastWords(); words != "" {
		panic(c.errorf(ErrTrap, what+": %s", int32(stack[0]), words))
	}
	panic(c.errorf(ErrTrap, what, int32(stack[0])))
}

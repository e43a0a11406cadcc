package plugins

import "bytes"

// snapshot is the state of an instance after initialisation. Since a guest has
// nothing to initialise from but its own bytes, one snapshot fits all instances of
// a program. Of the memory, most of which is zeros, it keeps the rest.
type snapshot struct {
	size    int   // of the memory
	runs    []run // in order, apart from each other
	globals []uint64
}

// run is a stretch of memory that is not all zeros.
type run struct {
	at   int
	data []byte
}

// snapshotPage is how long a stretch of zeros is at least, and what runs are made of.
const snapshotPage = 1 << 10

// takeSnapshot copies a memory.
func takeSnapshot(memory []byte) *snapshot {
	s := &snapshot{size: len(memory)}
	var zeros [snapshotPage]byte
	first := -1 // of the run that goes on
	end := func(at int) {
		if first >= 0 {
			s.runs = append(s.runs, run{first, bytes.Clone(memory[first:at])})
			first = -1
		}
	}
	for at := 0; at < len(memory); at += snapshotPage {
		page := memory[at:min(at+snapshotPage, len(memory))]
		switch zero := bytes.Equal(page, zeros[:len(page)]); {
		case zero:
			end(at)
		case first < 0:
			first = at
		}
	}
	end(len(memory))
	return s
}

// restore makes a memory of the same size what it was.
func (s *snapshot) restore(memory []byte) {
	at := 0
	for _, r := range s.runs {
		clear(memory[at:r.at])
		at = r.at + copy(memory[r.at:], r.data)
	}
	clear(memory[at:])
}

// bytes is what the snapshot holds.
func (s *snapshot) bytes() (n int) {
	for _, r := range s.runs {
		n += cap(r.data)
	}
	return n
}

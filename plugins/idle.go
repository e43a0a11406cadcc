package plugins

import (
	"container/list"
	"sync"
)

// idleList knows what has nothing to do, instances and the code of programs, and says
// what must go when it is too much: what has been idle for longest. Whoever takes an
// entry out of the list, to use it or to free it, owns what it stands for.
type idleList struct {
	maxBytes, maxInstances int

	mu        sync.Mutex
	entries   list.List // of *idleEntry, the longest idle at the front
	bytes     int       // of all entries
	idle      int       // how many entries are instances
	instances int       // how many instances there are, idle or not
	evicted   uint64
}

// idleEntry is one instance, or the code of one program.
type idleEntry struct {
	at       *list.Element // nil when it is not in the list any more
	bytes    int
	instance bool
	free     func(*idleEntry) // called with no lock held, once the entry is out of the list
}

// add puts something into the list and returns what has to be freed for it. The caller
// passes that to evict when it holds no locks any more.
func (l *idleList) add(e *idleEntry) (excess []*idleEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.at = l.entries.PushBack(e)
	l.bytes += e.bytes
	if e.instance {
		l.idle++
	}
	return l.excess()
}

// remove takes an entry out of the list, and reports whether it was there still.
func (l *idleList) remove(e *idleEntry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.at == nil {
		return false
	}
	l.take(e)
	return true
}

// count notes that there are n instances more, and returns what has to be freed for
// them.
func (l *idleList) count(n int) (excess []*idleEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.instances += n
	return l.excess()
}

// excess takes out what has to go. The caller holds the lock.
func (l *idleList) excess() (out []*idleEntry) {
	instances := l.instances
	for at := l.entries.Front(); at != nil && (l.bytes > l.maxBytes || instances > l.maxInstances); {
		e, _ := at.Value.(*idleEntry)
		at = at.Next()
		if l.bytes <= l.maxBytes && !e.instance {
			continue
		}
		l.take(e)
		l.evicted++
		if e.instance {
			instances-- // for good when it is closed
		}
		out = append(out, e)
	}
	return out
}

// take takes an entry out. The caller holds the lock.
func (l *idleList) take(e *idleEntry) {
	l.entries.Remove(e.at)
	e.at = nil
	l.bytes -= e.bytes
	if e.instance {
		l.idle--
	}
}

func (l *idleList) stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{Instances: l.instances, Idle: l.idle, IdleBytes: l.bytes, Evicted: l.evicted}
}

// evict frees what the list has given out.
func evict(entries []*idleEntry) {
	for _, e := range entries {
		e.free(e)
	}
}

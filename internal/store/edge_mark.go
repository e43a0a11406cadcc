package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tableMarks holds how far the dirty edges of a group have been worked off: group, whether they join → version, member.
// There is none before the mark.
//
// Some backends step over what was deleted as over what is there, for a while. Whoever tells the application of members
// one by one would otherwise look again, for each, at all that went before.
const tableMarks kv.Table = "gm"

// queueOfEdges is a part of the dirty edges of a group, in the order of their versions and members.
type queueOfEdges struct {
	group string
	joins bool
}

// edgeMark is a place in a queue. The zero mark is before all.
type edgeMark struct {
	version uint64
	member  string
}

func (m edgeMark) before(other edgeMark) bool {
	return m.version < other.version || m.version == other.version && m.member < other.member
}

func (tx *Tx) markKey(q queueOfEdges) kv.Key {
	return tx.key(tableMarks).String(q.group).Uint64(half(q.joins))
}

// mark returns the mark of a queue.
func (tx *Tx) mark(q queueOfEdges) (edgeMark, error) {
	if m, known := tx.marks[q]; known {
		return m, nil
	}
	var m edgeMark
	b, err := tx.get(tx.markKey(q))
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return m, err
	default:
		version, n := binary.Uvarint(b)
		if n <= 0 {
			return m, fmt.Errorf("mark of the group %s: %w", q.group, errCorrupt)
		}
		m = edgeMark{version, string(b[n:])}
	}
	tx.keepMark(q, m)
	return m, nil
}

func (tx *Tx) keepMark(q queueOfEdges, m edgeMark) {
	if tx.marks == nil {
		tx.marks = map[queueOfEdges]edgeMark{}
	}
	tx.marks[q] = m
}

func (tx *Tx) setMark(q queueOfEdges, m edgeMark) error {
	tx.keepMark(q, m)
	return tx.kv.Set(tx.markKey(q), append(binary.AppendUvarint(nil, m.version), m.member...))
}

// lowerMark makes room for an edge that is in its queue, if it is in one and comes before the mark.
func (tx *Tx) lowerMark(e *Edge) error {
	if !e.Deliverable() {
		return nil
	}
	q, at := queueOfEdges{e.Group, e.Target()}, edgeMark{e.Version, e.Member}
	m, err := tx.mark(q)
	if err != nil || !at.before(m) {
		return err
	}
	return tx.setMark(q, at)
}

// forgetMarks deletes the marks of a group that is forgotten.
func (tx *Tx) forgetMarks(group string) error {
	for _, joins := range []bool{false, true} {
		q := queueOfEdges{group, joins}
		delete(tx.marks, q)
		if err := tx.kv.Delete(tx.markKey(q)); err != nil {
			return err
		}
	}
	return nil
}

// DirtyEdges calls fn for the edges of a group that the application can be told of, those that join or those that leave
// and of them those of the lowest version first, until fn returns false. In an Update it moves the queue's mark to the
// first of them.
func (tx *Tx) DirtyEdges(group string, joins bool, fn func(Edge) bool) error {
	q := queueOfEdges{group, joins}
	mark, err := tx.mark(q)
	if err != nil {
		return err
	}
	base := tx.dirtyEdges(group, joins)
	rng := kv.Prefix(base)
	if mark != (edgeMark{}) {
		rng.From = base.Uint64(mark.version).String(mark.member)
	}
	first := true
	for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		dec := entry.Key.Decoder()
		_, _ = dec.String(), dec.Uint64()
		at := edgeMark{dec.Uint64(), dec.String()}
		if err := dec.Err(); err != nil {
			return err
		}
		if first && tx.writes && mark.before(at) {
			if err := tx.setMark(q, at); err != nil {
				return err
			}
		}
		first = false
		e, err := tx.Edge(group, at.member)
		if err != nil || !fn(e) {
			return err
		}
	}
	return nil
}

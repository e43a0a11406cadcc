package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Edge is one membership: a member, User or Group, of a group. Edges are stored one by one and from both ends, so that
// adding a member costs the same in a group of ten and of half a million, and a user's groups are found without
// reading any group.
type Edge struct {
	Group  string // the group's SCIM id
	Member string // the member's SCIM id, or of a pending one the value that the client gave
	// Type is what the member is; empty as long as nobody of that name is there.
	Type Type
	// Epoch is the group's epoch that Desired belongs to: in a later one the membership is not desired any more.
	Epoch   uint64
	Version uint64 // the version of the group that changed Desired last
	Desired bool   // the IdP wants the membership
	Applied bool   // the application has it
	Unsure  bool   // the application may have it or not, and has to be told again
	Held    bool   // the change from Applied to Desired waits for the approval that the group waits for
	Waiting bool   // it waits for the member's account, which the application does not have yet
	// Silent means that the application is not told of groups. The edge is not delivered, however far its states differ.
	Silent bool
}

const (
	edgeDesired = 1 << iota
	edgeApplied
	edgeUnsure
	edgeHeld
	edgeWaiting
	edgeSilent
	edgeFlagsEnd
)

// flags lists the flags of an edge with where they are.
func (e *Edge) flags() [6]*bool {
	return [...]*bool{&e.Desired, &e.Applied, &e.Unsure, &e.Held, &e.Waiting, &e.Silent}
}

func (e *Edge) encode() []byte {
	var flags uint64
	for i, set := range e.flags() {
		if *set {
			flags |= 1 << i
		}
	}
	w := make([]byte, 0, 16)
	w = binary.AppendUvarint(w, flags)
	w = binary.AppendUvarint(w, e.Epoch)
	w = binary.AppendUvarint(w, e.Version)
	return append(w, e.Type...)
}

func decodeEdge(group, member string, b []byte) (Edge, error) {
	rd := reader{rest: b}
	flags := rd.number()
	e := Edge{Group: group, Member: member, Epoch: rd.number(), Version: rd.number()}
	if rd.bad || flags >= edgeFlagsEnd {
		return Edge{}, fmt.Errorf("edge: %w", errCorrupt)
	}
	for i, set := range e.flags() {
		*set = flags&(1<<i) != 0
	}
	e.Type = Type(rd.rest)
	return e, nil
}

// dirty reports whether the application does not have, or may not have, what is desired.
func (e *Edge) dirty() bool { return e.Desired != e.Applied || e.Unsure }

// Deliverable reports whether the application can be told of the edge now.
func (e *Edge) Deliverable() bool { return e.dirty() && !e.Held && !e.Waiting && !e.Silent }

// Tables of edges that wait for something: group, version, member; member, group; group, member.
const (
	tableDirtyEdges   kv.Table = "g"
	tableWaitingEdges kv.Table = "w"
	tableHeldEdges    kv.Table = "h"
)

// queue is the key by which the edge is found for what it waits for, if it waits for anything.
func (tx *Tx) queue(e *Edge) (key kv.Key, queued bool) {
	switch {
	case !e.dirty():
		return key, false
	case e.Held:
		return tx.key(tableHeldEdges).String(e.Group).String(e.Member), true
	case e.Waiting:
		return tx.key(tableWaitingEdges).String(e.Member).String(e.Group), true
	case e.Silent:
		return key, false
	}
	return tx.key(tableDirtyEdges).String(e.Group).Uint64(e.Version).String(e.Member), true
}

// PutEdge stores an edge, which is forgotten where it is neither desired nor applied. prev is the edge as this
// transaction read it, the zero Edge for a new one.
func (tx *Tx) PutEdge(prev, next Edge) error {
	if !next.dirty() {
		next.Held, next.Waiting = false, false
	}
	before, queued := tx.queue(&prev)
	after, queue := tx.queue(&next)
	if queued && (!queue || before.Compare(after) != 0) {
		if err := tx.kv.Delete(before); err != nil {
			return err
		}
	}
	forward := tx.key(tableEdges).String(next.Group).String(next.Member)
	backward := tx.key(tableMemberships).String(next.Member).String(next.Group)
	if !next.Desired && !next.Applied && !next.Unsure {
		return errors.Join(tx.kv.Delete(forward), tx.kv.Delete(backward))
	}
	if err := tx.kv.Set(forward, next.encode()); err != nil {
		return err
	}
	if prev.Group == "" {
		if err := tx.kv.Set(backward, nil); err != nil {
			return err
		}
	}
	if queue && (!queued || before.Compare(after) != 0) {
		return tx.kv.Set(after, nil)
	}
	return nil
}

// DropEdge forgets an edge, whatever the application has.
func (tx *Tx) DropEdge(e Edge) error {
	gone := Edge{Group: e.Group, Member: e.Member}
	return tx.PutEdge(e, gone)
}

// Edge returns one edge, or ErrNotFound.
func (tx *Tx) Edge(group, member string) (Edge, error) {
	b, err := tx.get(tx.key(tableEdges).String(group).String(member))
	if err != nil {
		return Edge{}, err
	}
	return decodeEdge(group, member, b)
}

// Members calls fn for the edges of a group in the order of the members' ids, beginning behind the member after
// (empty: from the start), until fn returns false.
func (tx *Tx) Members(group, after string, fn func(Edge) bool) error {
	base := tx.key(tableEdges).String(group)
	for entry, err := range tx.kv.Scan(behind(base, after), kv.ScanOptions{}) {
		if err != nil {
			return err
		}
		member, err := lastString(entry.Key, 2)
		if err != nil {
			return err
		}
		e, err := decodeEdge(group, member, entry.Value)
		if err != nil || !fn(e) {
			return err
		}
	}
	return nil
}

// Memberships calls fn for the edges that a resource is a member by, in the order of the groups' ids, beginning behind
// the group after, until fn returns false.
func (tx *Tx) Memberships(member, after string, fn func(Edge) bool) error {
	return tx.edgesBy(behind(tx.key(tableMemberships).String(member), after), 2, func(group string) (Edge, error) {
		return tx.Edge(group, member)
	}, fn)
}

// WaitingEdges calls fn for the edges that wait for a member's account, until fn returns false.
func (tx *Tx) WaitingEdges(member string, fn func(Edge) bool) error {
	return tx.edgesBy(kv.Prefix(tx.key(tableWaitingEdges).String(member)), 2, func(group string) (Edge, error) {
		return tx.Edge(group, member)
	}, fn)
}

// HeldEdges calls fn for the edges of a group that wait for its approval, until fn returns false.
func (tx *Tx) HeldEdges(group string, fn func(Edge) bool) error {
	return tx.edgesBy(kv.Prefix(tx.key(tableHeldEdges).String(group)), 2, func(member string) (Edge, error) {
		return tx.Edge(group, member)
	}, fn)
}

// DirtyEdges calls fn for the edges of a group that the application can be told of, those of the lowest version first,
// until fn returns false.
func (tx *Tx) DirtyEdges(group string, fn func(Edge) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableDirtyEdges).String(group)), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		dec := entry.Key.Decoder()
		_, _ = dec.String(), dec.Uint64()
		member := dec.String()
		if err := dec.Err(); err != nil {
			return err
		}
		e, err := tx.Edge(group, member)
		if err != nil || !fn(e) {
			return err
		}
	}
	return nil
}

// edgesBy calls fn for the edges that the keys of a range end with the other end of.
func (tx *Tx) edgesBy(rng kv.Range, parts int, load func(end string) (Edge, error), fn func(Edge) bool) error {
	for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return err
		}
		end, err := lastString(entry.Key, parts)
		if err != nil {
			return err
		}
		e, err := load(end)
		if err != nil || !fn(e) {
			return err
		}
	}
	return nil
}

// behind is the range below base that begins behind the part after; empty: all of it.
func behind(base kv.Key, after string) kv.Range {
	rng := kv.Prefix(base)
	if after != "" {
		rng.From = kv.Prefix(base.String(after)).To
	}
	return rng
}

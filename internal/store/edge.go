package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

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
	Held    bool   // the change from Base to Desired waits for the approval that the group waits for
	Base    bool   // whether the membership is wanted as long as the change is held
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
	edgeBase
	edgeFlagsEnd
)

// flags lists the flags of an edge with where they are.
func (e *Edge) flags() [7]*bool {
	return [...]*bool{&e.Desired, &e.Applied, &e.Unsure, &e.Held, &e.Waiting, &e.Silent, &e.Base}
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

// Target is what the application is to be told: that there is the membership, or that there is not.
func (e *Edge) Target() bool {
	if e.Held {
		return e.Base
	}
	return e.Desired
}

// Dirty reports whether the application does not have, or may not have, what it is to be told.
func (e *Edge) Dirty() bool { return e.Target() != e.Applied || e.Unsure }

// Deliverable reports whether the application can be told of the edge now.
func (e *Edge) Deliverable() bool { return e.Dirty() && !e.Waiting && !e.Silent }

// normalize takes away what has no meaning.
func (e *Edge) normalize() {
	e.Held = e.Held && e.Desired != e.Base
	e.Base = e.Held && e.Base
	e.Waiting = e.Waiting && e.Dirty()
}

// Tables of edges that wait for something: group, whether it joins, version, member; member, group; group, member.
const (
	tableDirtyEdges   kv.Table = "g"
	tableWaitingEdges kv.Table = "w"
	tableHeldEdges    kv.Table = "h"
)

// queues are the keys by which the edge is found for what it waits for, in both an approval and a delivery.
func (tx *Tx) queues(e *Edge) []kv.Key {
	var keys []kv.Key
	if e.Held {
		keys = append(keys, tx.key(tableHeldEdges).String(e.Group).String(e.Member))
	}
	switch {
	case e.Dirty() && e.Waiting:
		keys = append(keys, tx.key(tableWaitingEdges).String(e.Member).String(e.Group))
	case e.Deliverable():
		keys = append(keys, tx.dirtyEdges(e.Group, e.Target()).Uint64(e.Version).String(e.Member))
	}
	return keys
}

// dirtyEdges is the part of the dirty edges of a group that join, or leave, which comes first.
func (tx *Tx) dirtyEdges(group string, joins bool) kv.Key {
	return tx.key(tableDirtyEdges).String(group).Uint64(half(joins))
}

func half(joins bool) uint64 {
	if joins {
		return 1
	}
	return 0
}

// PutEdge stores an edge, which is forgotten where it is neither desired nor applied. prev is the edge as this
// transaction read it, the zero Edge for a new one.
func (tx *Tx) PutEdge(prev, next Edge) error {
	next.normalize()
	var before []kv.Key
	if prev.Group != "" {
		before = tx.queues(&prev)
	}
	after := tx.queues(&next)
	for _, key := range before {
		if slices.Contains(after, key) {
			continue
		}
		if err := tx.kv.Delete(key); err != nil {
			return err
		}
	}
	forward := tx.key(tableEdges).String(next.Group).String(next.Member)
	backward := tx.key(tableMemberships).String(next.Member).String(next.Group)
	if !next.Desired && !next.Base && !next.Applied && !next.Unsure {
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
	for _, key := range after {
		if slices.Contains(before, key) {
			continue
		}
		if err := tx.kv.Set(key, nil); err != nil {
			return err
		}
	}
	return tx.lowerMark(&next)
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

// OldestDirty returns the lowest version of the edges of a group that the application can be told of; false for none.
func (tx *Tx) OldestDirty(group string) (version uint64, found bool, err error) {
	for _, joins := range []bool{false, true} {
		err := tx.DirtyEdges(group, joins, func(e Edge) bool {
			if !found || e.Version < version {
				version, found = e.Version, true
			}
			return false
		})
		if err != nil {
			return 0, false, err
		}
	}
	return version, found, nil
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

package store

import (
	"errors"
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Edge is one membership: a member, User or Group, of a group. Edges are stored one by one and from both ends, so that
// adding a member costs the same in a group of ten and of half a million, and a user's groups are found without
// reading any group.
type Edge struct {
	Group   string // the group's SCIM id
	Member  string // the member's SCIM id
	Type    Type   // what the member is
	Desired bool   // the IdP wants the membership
	Applied bool   // the application has it
}

// An edge's value is one byte of flags and the member's type.
const (
	edgeDesired = 1 << iota
	edgeApplied
)

func (e Edge) encode() []byte {
	var flags byte
	if e.Desired {
		flags |= edgeDesired
	}
	if e.Applied {
		flags |= edgeApplied
	}
	return append([]byte{flags}, e.Type...)
}

func decodeEdge(group, member string, b []byte) (Edge, error) {
	if len(b) == 0 {
		return Edge{}, fmt.Errorf("edge: %w", errCorrupt)
	}
	return Edge{
		Group: group, Member: member, Type: Type(b[1:]),
		Desired: b[0]&edgeDesired != 0, Applied: b[0]&edgeApplied != 0,
	}, nil
}

// PutEdge stores an edge. One that is neither desired nor applied is forgotten; one where the two differ is dirty.
func (tx *Tx) PutEdge(e Edge) error {
	forward := tx.key(tableEdges).String(e.Group).String(e.Member)
	backward := tx.key(tableMemberships).String(e.Member).String(e.Group)
	dirty := tx.key(tableDirtyEdges).String(e.Group).String(e.Member)
	if !e.Desired && !e.Applied {
		return errors.Join(tx.kv.Delete(forward), tx.kv.Delete(backward), tx.kv.Delete(dirty))
	}
	value := e.encode()
	if err := errors.Join(tx.kv.Set(forward, value), tx.kv.Set(backward, value)); err != nil {
		return err
	}
	if e.Desired != e.Applied {
		return tx.kv.Set(dirty, nil)
	}
	return tx.kv.Delete(dirty)
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
	return tx.edges(tableEdges, group, after, func(group, member string, value []byte) (bool, error) {
		e, err := decodeEdge(group, member, value)
		return err == nil && fn(e), err
	})
}

// Memberships calls fn for the edges that a resource is a member by, until fn returns false.
func (tx *Tx) Memberships(member, after string, fn func(Edge) bool) error {
	return tx.edges(tableMemberships, member, after, func(member, group string, value []byte) (bool, error) {
		e, err := decodeEdge(group, member, value)
		return err == nil && fn(e), err
	})
}

// DirtyEdges calls fn for the edges of a group whose desired and applied states differ, until fn returns false.
func (tx *Tx) DirtyEdges(group string, fn func(Edge) bool) error {
	return tx.edges(tableDirtyEdges, group, "", func(group, member string, _ []byte) (bool, error) {
		e, err := tx.Edge(group, member)
		return err == nil && fn(e), err
	})
}

func (tx *Tx) edges(table kv.Table, from, after string, fn func(from, to string, value []byte) (bool, error)) error {
	base := tx.key(table).String(from)
	rng := kv.Prefix(base)
	if after != "" {
		rng.From = kv.Prefix(base.String(after)).To
	}
	for entry, err := range tx.kv.Scan(rng, kv.ScanOptions{}) {
		if err != nil {
			return err
		}
		to, err := lastString(entry.Key, 2)
		if err != nil {
			return err
		}
		more, err := fn(from, to, entry.Value)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

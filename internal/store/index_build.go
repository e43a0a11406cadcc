package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Bounds on one transaction of a build, so that others are not kept waiting.
const (
	buildRecords = 200
	buildKeys    = 2000
)

// Duplicate is a value of a unique attribute that two resources show: they had it before it became unique.
type Duplicate struct {
	Type      Type
	Attribute string
	IDs       [2]string
}

// BuildIndexes finishes a tenant's indexes, in many small transactions beside all other work. It can be broken off and
// goes on where it was. found is told of values that are there twice; it may hear of one more than once.
func (s *Store) BuildIndexes(ctx context.Context, tenant kv.Tenant, found func(Duplicate)) error {
	t := s.indexesOf(tenant)
	for {
		var done, finished bool
		var twice []Duplicate
		err := s.Update(ctx, tenant, func(tx *Tx) (err error) {
			b := builder{Tx: tx, records: buildRecords, keys: buildKeys}
			done, err = b.step()
			twice, finished = b.twice, b.finished
			return err
		})
		if err != nil {
			return err
		}
		for _, d := range twice {
			found(d)
		}
		// Also when nothing was left: a build that was broken off can have stored that an index is complete, and no more.
		if finished || done {
			if err := s.refresh(ctx, tenant, t); err != nil {
				return err
			}
		}
		if done {
			return nil
		}
	}
}

// refresh makes indexes that are complete available.
func (s *Store) refresh(ctx context.Context, tenant kv.Tenant, t *tenantIndexes) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	var states map[indexName]indexState
	err := s.kv.View(ctx, func(ktx kv.Tx) (err error) {
		states, err = (&Tx{kv: ktx, tenant: tenant}).indexStates()
		return err
	})
	if err != nil {
		return err
	}
	changed := false
	next := make(Indexes, len(t.list()))
	for typ, list := range t.list() {
		next[typ] = slices.Clone(list)
		for i := range list {
			ix := &next[typ][i]
			if st := states[indexName{typ, ix.Attribute}]; !ix.ready && st.Phase == phaseReady && st.Print == ix.print() {
				ix.ready, changed = true, true
			}
		}
	}
	if changed {
		t.current.Store(&next)
	}
	return nil
}

// builder is one transaction of a build.
type builder struct {
	*Tx
	records, keys int // how many may still be looked at, and set or removed
	twice         []Duplicate
	finished      bool // some index is complete
}

// step does a bounded piece of the work and reports whether none is left.
func (b *builder) step() (done bool, err error) {
	states, err := b.indexStates()
	if err != nil {
		return false, err
	}
	names := slices.SortedFunc(maps.Keys(states), func(x, y indexName) int {
		return slices.Compare([]string{string(x.typ), x.attribute}, []string{string(y.typ), y.attribute})
	})
	for _, name := range names {
		if st := states[name]; st.Phase == phaseClear || st.Phase == phaseDrop {
			return false, b.clear(name, st)
		}
	}
	// All indexes of a type that are in the same phase are built in one go, from where the last of them is. What the
	// others have already is only set again.
	for _, phase := range []indexPhase{phaseLive, phaseBuried} {
		for _, name := range names {
			if states[name].Phase == phase {
				return false, b.fill(name.typ, phase, states)
			}
		}
	}
	return true, nil
}

// clear removes keys, and when none is left begins to build, or forgets the index.
func (b *builder) clear(name indexName, st indexState) error {
	for _, table := range []kv.Table{tableIndex, tableBuried} {
		rng := kv.Prefix(b.key(table).String(string(name.typ)).String(name.attribute))
		for entry, err := range b.kv.Scan(rng, kv.ScanOptions{KeysOnly: true}) {
			if err != nil {
				return err
			}
			if b.keys--; b.keys < 0 {
				return nil
			}
			if err := b.kv.Delete(entry.Key); err != nil {
				return err
			}
		}
	}
	if st.Phase == phaseDrop {
		return b.kv.Delete(b.indexStateKey(name))
	}
	st.Phase, st.Cursor = phaseLive, ""
	return b.putIndexState(name, st)
}

// fill puts the next resources of a type into the indexes that are in a phase.
func (b *builder) fill(typ Type, phase indexPhase, states map[indexName]indexState) error {
	table, after := tableResources, phaseBuried
	if phase == phaseBuried {
		table, after = tableTombstones, phaseReady
	}
	var group []Index
	cursor, first := "", true
	for _, ix := range b.indexes[typ] {
		st := states[indexName{typ, ix.Attribute}]
		if st.Phase != phase {
			continue
		}
		group = append(group, ix)
		if first || st.Cursor < cursor {
			cursor, first = st.Cursor, false
		}
	}
	rng := kv.Prefix(b.key(table).String(string(typ)))
	if cursor != "" {
		rng.From = b.key(table).String(string(typ)).String(cursor)
	}
	next := indexState{Phase: after}
	for entry, err := range b.kv.Scan(rng, kv.ScanOptions{}) {
		if err != nil {
			return err
		}
		id, err := lastString(entry.Key, 2)
		if err != nil {
			return err
		}
		if id == cursor {
			continue
		}
		if b.records--; b.records < 0 || b.keys <= 0 {
			next.Phase, next.Cursor = phase, cursor
			break
		}
		r, err := decodeRecord(typ, id, entry.Value)
		if err != nil {
			return fmt.Errorf("%s %s: %w", typ, id, err)
		}
		if err := b.put(r, group); err != nil {
			return err
		}
		cursor = id
	}
	b.finished = next.Phase == phaseReady
	for _, ix := range group {
		next.Print = ix.print()
		if err := b.putIndexState(indexName{typ, ix.Attribute}, next); err != nil {
			return err
		}
	}
	return nil
}

// put sets the keys of one resource.
func (b *builder) put(r *Record, group []Index) error {
	for _, ix := range group {
		if r.Desired.Deleted && !ix.Revives {
			continue
		}
		if ix.Unique && !r.Desired.Deleted {
			if err := b.compare(r, ix); err != nil {
				return err
			}
		}
		for _, value := range ix.recordValues(r) {
			b.keys--
			if err := b.kv.Set(b.valueKey(r, ix, value), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare looks for others that show the same value.
func (b *builder) compare(r *Record, ix Index) error {
	for _, value := range ix.values(r.Desired.Doc) {
		other, err := b.first(b.valuePrefix(tableIndex, r.Type, ix, value), r.ID)
		if err != nil {
			return err
		}
		if other == "" {
			continue
		}
		o, err := b.Get(r.Type, other)
		if err != nil {
			return err
		}
		if slices.Contains(ix.values(o.Desired.Doc), value) {
			b.twice = append(b.twice, Duplicate{Type: r.Type, Attribute: ix.Attribute, IDs: [2]string{other, r.ID}})
		}
	}
	return nil
}

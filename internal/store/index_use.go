package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tenantIndexes is what one process knows of a tenant's indexes, and how many resources they are of.
type tenantIndexes struct {
	// changing is held by every transaction that writes, and alone by whoever changes current: what a writer keeps in
	// step is what the tenant has when it commits.
	changing sync.RWMutex
	current  atomic.Pointer[Indexes]
	// census is nil where nobody has asked for it. As long as changing is held it does not come to be.
	census atomic.Pointer[census]
}

func (t *tenantIndexes) list() Indexes {
	if list := t.current.Load(); list != nil {
		return *list
	}
	return nil
}

// indexState is what is stored of an index: which definition its keys follow, and how far they have got.
type indexState struct {
	Print  string     `json:"print"`
	Phase  indexPhase `json:"phase"`
	Cursor string     `json:"cursor,omitempty"` // the last resource that is in it
}

type indexPhase string

// An index goes through the phases in this order. One that no schema asks for any more is dropped: nobody keeps it in
// step, so that it has to be built anew should it be wanted again.
const (
	phaseClear  indexPhase = "clear"  // keys of an earlier definition are being removed
	phaseLive   indexPhase = "live"   // the resources that exist are being put in
	phaseBuried indexPhase = "buried" // those that were deleted are being put in
	phaseReady  indexPhase = "ready"
	phaseDrop   indexPhase = "drop" // all keys are being removed
)

// indexName is the key of an index within a tenant.
type indexName struct {
	typ       Type
	attribute string
}

// print tells definitions apart.
func (ix Index) print() string {
	b, err := json.Marshal([]any{ix.Path, ix.CaseExact, ix.Unique, ix.Revives})
	if err != nil { // texts and booleans always marshal
		return ""
	}
	return string(b)
}

// UseIndexes says which indexes a tenant has from now on. All writes that commit after it keep them in step, and unique
// values are refused to whoever comes second. It reports whether some of them have still to be built; until BuildIndexes
// has done that, Tx.Index does not return them, and a unique value of a resource that is not in them yet is not known
// to be taken.
func (s *Store) UseIndexes(ctx context.Context, tenant kv.Tenant, want Indexes) (unfinished bool, err error) {
	t := s.indexesOf(tenant)
	t.changing.Lock()
	defer t.changing.Unlock()
	if unfinished, same := t.compare(want); same {
		return unfinished, nil
	}
	var next Indexes
	err = s.kv.Update(ctx, func(ktx kv.Tx) (err error) {
		next, unfinished, err = (&Tx{kv: ktx, tenant: tenant}).settleIndexes(want)
		return err
	})
	if err != nil {
		return false, err
	}
	t.replace(next)
	return unfinished, nil
}

// replace makes next the tenant's indexes. Readers that began with others are told which of those are complete no more.
func (t *tenantIndexes) replace(next Indexes) {
	for typ, list := range t.list() {
		for _, ix := range list {
			i := slices.IndexFunc(next[typ], func(n Index) bool {
				return n.Attribute == ix.Attribute && n.print() == ix.print() && (n.ready || !ix.ready)
			})
			if i < 0 {
				ix.gone.Store(true)
				continue
			}
			next[typ][i].gone = ix.gone
		}
	}
	t.current.Store(&next)
}

// compare reports whether the tenant has the wanted indexes already, and whether some of them are unfinished.
func (t *tenantIndexes) compare(want Indexes) (unfinished, same bool) {
	have := t.current.Load()
	if have == nil || len(*have) != len(want) {
		return false, false
	}
	for typ, list := range *have {
		if !slices.EqualFunc(list, want[typ], func(x, y Index) bool { return x.Attribute == y.Attribute && x.print() == y.print() }) {
			return false, false
		}
		unfinished = unfinished || slices.ContainsFunc(list, func(ix Index) bool { return !ix.ready })
	}
	return unfinished, true
}

// settleIndexes compares what is wanted with what there is and writes down what is to be done.
func (tx *Tx) settleIndexes(want Indexes) (next Indexes, unfinished bool, err error) {
	states, err := tx.indexStates()
	if err != nil {
		return nil, false, err
	}
	next = make(Indexes, len(want))
	for typ, list := range want {
		for _, ix := range list {
			ix = ix.compile()
			name := indexName{typ, ix.Attribute}
			st, known := states[name]
			delete(states, name)
			if !known || st.Print != ix.print() || st.Phase == phaseDrop {
				st = indexState{Print: ix.print(), Phase: phaseClear}
				if !known {
					// Without records there is nothing to build.
					if st.Phase, err = tx.firstPhase(typ); err != nil {
						return nil, false, err
					}
				}
				if err := tx.putIndexState(name, st); err != nil {
					return nil, false, err
				}
			}
			ix.ready, ix.gone = st.Phase == phaseReady, new(atomic.Bool)
			unfinished = unfinished || !ix.ready
			next[typ] = append(next[typ], ix)
		}
	}
	for name, st := range states {
		unfinished = true
		if st.Phase == phaseDrop {
			continue
		}
		st.Phase, st.Cursor = phaseDrop, ""
		if err := tx.putIndexState(name, st); err != nil {
			return nil, false, err
		}
	}
	return next, unfinished, nil
}

func (tx *Tx) firstPhase(typ Type) (indexPhase, error) {
	for _, table := range []kv.Table{tableResources, tableTombstones} {
		for _, err := range tx.kv.Scan(kv.Prefix(tx.key(table).String(string(typ))), kv.ScanOptions{KeysOnly: true}) {
			return phaseClear, err
		}
	}
	return phaseReady, nil
}

func (tx *Tx) indexStates() (map[indexName]indexState, error) {
	states := map[indexName]indexState{}
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableIndexes)), kv.ScanOptions{}) {
		if err != nil {
			return nil, err
		}
		dec := entry.Key.Decoder()
		name := indexName{Type(dec.String()), dec.String()}
		var st indexState
		if err := errors.Join(dec.Err(), json.Unmarshal(entry.Value, &st)); err != nil {
			return nil, fmt.Errorf("state of the index %s %s: %w", name.typ, name.attribute, err)
		}
		states[name] = st
	}
	return states, nil
}

func (tx *Tx) putIndexState(name indexName, st indexState) error {
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return tx.kv.Set(tx.indexStateKey(name), b)
}

func (tx *Tx) indexStateKey(name indexName) kv.Key {
	return tx.key(tableIndexes).String(string(name.typ)).String(name.attribute)
}

package kvtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// model is what a store should hold: a map. It is as slow as it is plain.
type model map[kv.Key]string

func (m model) scan(r kv.Range, reverse bool) []string {
	keys := slices.SortedFunc(maps.Keys(m), kv.Key.Compare)
	if reverse {
		slices.Reverse(keys)
	}
	var out []string
	for _, k := range keys {
		if k.Compare(r.From) >= 0 && k.Compare(r.To) < 0 {
			out = append(out, m[k])
		}
	}
	return out
}

// testModel runs random transactions on the store and on a map. Every run has
// tenants of its own, so that one store, opened once, serves all of them.
func testModel(t *testing.T, s kv.Store, reopen func() kv.Store) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		g := &generator{tenants: []kv.Tenant{
			mustTenant(fmt.Sprintf("m%d", run)), mustTenant(fmt.Sprintf("m%d-", run)),
		}}
		held := model{}
		for range rapid.IntRange(1, 12).Draw(rt, "transactions") {
			switch rapid.IntRange(0, 19).Draw(rt, "kind") {
			case 0:
				if reopen != nil && run%8 == 0 {
					s = reopen()
				}
			case 1, 2, 3:
				if err := s.View(context.Background(), func(tx kv.Tx) error { return g.reads(rt, tx, held) }); err != nil {
					rt.Fatalf("View: %v", err)
				}
			default:
				held = g.update(rt, s, held)
			}
		}
		if err := s.View(context.Background(), func(tx kv.Tx) error { return g.whole(tx, held) }); err != nil {
			rt.Fatalf("at the end: %v", err)
		}
	})
}

// generator draws keys and ranges that meet each other often.
type generator struct{ tenants []kv.Tenant }

func (g *generator) key(rt *rapid.T, tenant kv.Tenant) kv.Key {
	k := tenant.Key(rapid.SampledFrom([]kv.Table{"t", "t2"}).Draw(rt, "table"))
	for range rapid.IntRange(0, 2).Draw(rt, "parts") {
		if rapid.Bool().Draw(rt, "text") {
			k = k.String(rapid.SampledFrom([]string{"", "a", "a\x00", "ab", "\xff"}).Draw(rt, "string"))
		} else {
			k = k.Uint64(rapid.Uint64Range(254, 257).Draw(rt, "number"))
		}
	}
	return k
}

func (g *generator) anyKey(rt *rapid.T) kv.Key {
	return g.key(rt, rapid.SampledFrom(g.tenants).Draw(rt, "tenant"))
}

func (g *generator) anyRange(rt *rapid.T) kv.Range {
	tenant := rapid.SampledFrom(g.tenants).Draw(rt, "tenant")
	switch rapid.IntRange(0, 3).Draw(rt, "range") {
	case 0:
		return tenant.All()
	case 1:
		return kv.Prefix(g.key(rt, tenant))
	case 2:
		return kv.Range{From: g.key(rt, tenant).After(), To: g.key(rt, tenant).After()}
	}
	return kv.Range{From: g.key(rt, tenant), To: g.key(rt, tenant)}
}

// update runs one transaction on the store and returns what should be held then.
func (g *generator) update(rt *rapid.T, s kv.Store, held model) model {
	fails := rapid.IntRange(0, 5).Draw(rt, "fails") == 0
	next := maps.Clone(held)
	err := s.Update(context.Background(), func(tx kv.Tx) error {
		for range rapid.IntRange(0, 12).Draw(rt, "operations") {
			if err := g.operation(rt, tx, next); err != nil {
				return err
			}
		}
		if fails {
			return errUndo
		}
		return nil
	})
	switch {
	case fails && errors.Is(err, errUndo):
		return held
	case err != nil || fails:
		rt.Fatalf("Update: %v", err)
	}
	return next
}

func (g *generator) operation(rt *rapid.T, tx kv.Tx, m model) error {
	switch rapid.IntRange(0, 6).Draw(rt, "operation") {
	case 0, 1, 2:
		k, value := g.anyKey(rt), rapid.StringN(1, 5, 20).Draw(rt, "value")
		m[k] = value
		return tx.Set(k, []byte(value))
	case 3:
		k := g.anyKey(rt)
		delete(m, k)
		return tx.Delete(k)
	case 4:
		return g.rewrite(rt, tx, m)
	}
	return g.reads(rt, tx, m)
}

// rewrite deletes or changes some of what a scan finds, while it scans.
func (g *generator) rewrite(rt *rapid.T, tx kv.Tx, m model) error {
	r, reverse := g.anyRange(rt), rapid.Bool().Draw(rt, "reverse")
	expected := m.scan(r, reverse)
	var got []string
	for e, err := range tx.Scan(r, kv.ScanOptions{Reverse: reverse}) {
		if err != nil {
			return err
		}
		got = append(got, string(e.Value))
		switch rapid.IntRange(0, 2).Draw(rt, "rewrite") {
		case 0:
			delete(m, e.Key)
			err = tx.Delete(e.Key)
		case 1:
			m[e.Key] = "rewritten"
			err = tx.Set(e.Key, []byte("rewritten"))
		default:
			k := g.anyKey(rt)
			m[k] = "added"
			err = tx.Set(k, []byte("added"))
		}
		if err != nil {
			return err
		}
	}
	if !slices.Equal(got, expected) {
		return fmt.Errorf("a scan with writes in it yields %q, want %q", got, expected)
	}
	return nil
}

func (g *generator) reads(rt *rapid.T, tx kv.Tx, m model) error {
	k := g.anyKey(rt)
	if err := wantValue(tx, k, m[k]); err != nil {
		return err
	}
	r, reverse := g.anyRange(rt), rapid.Bool().Draw(rt, "reverse")
	return wantScan(tx, r, kv.ScanOptions{Reverse: reverse}, m.scan(r, reverse)...)
}

func (g *generator) whole(tx kv.Tx, m model) error {
	var errs []error
	for _, tenant := range g.tenants {
		errs = append(errs,
			wantScan(tx, tenant.All(), kv.ScanOptions{}, m.scan(tenant.All(), false)...),
			wantScan(tx, tenant.All(), kv.ScanOptions{Reverse: true}, m.scan(tenant.All(), true)...))
	}
	return errors.Join(errs...)
}

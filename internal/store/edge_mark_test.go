package store

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Where the look at dirty edges begins hides none, not those either that become dirty again under an old version. And it
// begins at the first.
func TestDirtyEdgesBeginAtTheMark(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		rapid.Check(t, func(t *rapid.T) {
			s, tenant := New(backend), freshTenant(t)
			model := map[string]Edge{} // by member
			dirty := func(joins bool) (list []Edge) {
				for _, e := range model {
					if e.Deliverable() && e.Target() == joins {
						list = append(list, e)
					}
				}
				slices.SortFunc(list, func(x, y Edge) int {
					return cmp.Or(cmp.Compare(x.Version, y.Version), cmp.Compare(x.Member, y.Member))
				})
				return list
			}
			look := func(tx *Tx) error {
				for _, joins := range []bool{false, true} {
					var got []Edge
					err := tx.DirtyEdges("g", joins, func(e Edge) bool { got = append(got, e); return true })
					if err != nil {
						return err
					}
					want := dirty(joins)
					if diff := gocmp.Diff(want, got); diff != "" {
						t.Fatal(diff)
					}
					if mark := tx.marks[queueOfEdges{"g", joins}]; tx.writes && len(want) > 0 && mark != (edgeMark{want[0].Version, want[0].Member}) {
						t.Fatalf("the mark is %+v, the first edge %+v", mark, want[0])
					}
				}
				return nil
			}
			for range rapid.IntRange(1, 40).Draw(t, "steps") {
				e := Edge{
					Group: "g", Member: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "member"), Type: User,
					Version: rapid.Uint64Range(0, 300).Draw(t, "version"), Desired: rapid.Bool().Draw(t, "desired"),
					Applied: rapid.Bool().Draw(t, "applied"), Unsure: rapid.Bool().Draw(t, "unsure"), Waiting: rapid.Bool().Draw(t, "waiting"),
				}
				e.normalize()
				was := model[e.Member]
				put := func(tx *Tx) error {
					model[e.Member] = e
					if !e.Desired && !e.Applied && !e.Unsure {
						delete(model, e.Member)
					}
					return tx.PutEdge(was, e)
				}
				steps := map[string][]func(*Tx) error{
					"put": {put}, "look": {look}, "put and look": {put, look}, "look and put": {look, put},
					"forget": {func(tx *Tx) error { return tx.forgetMarks("g") }},
				}
				step := rapid.SampledFrom([]string{"put", "put", "put", "look", "put and look", "look and put", "forget"}).Draw(t, "step")
				update(t, s, tenant, func(tx *Tx) error {
					for _, fn := range steps[step] {
						if err := fn(tx); err != nil {
							return err
						}
					}
					return nil
				})
				view(t, s, tenant, look)
			}
		})
	})
}

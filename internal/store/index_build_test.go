package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
)

// Whatever is written while indexes come, change, go and are built in pieces: in the end there are exactly the keys that
// the records ask for.
func TestIndexesAreBuiltBesideWrites(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		rapid.Check(t, func(t *rapid.T) { buildSteps(t, backend) })
	})
}

func buildSteps(t *rapid.T, backend kv.Store) {
	s, tenant := New(backend), freshTenant(t)
	records := map[string]*Record{}
	some := []Indexes{{}, userIndexes, {User: userIndexes[User][:1]}, {User: userIndexes[User][1:]}}
	exact := Index{Attribute: "userName", Path: []string{"userName"}, CaseExact: true}
	some = append(some, Indexes{User: {exact}})
	use := func(want Indexes) {
		if _, err := s.UseIndexes(context.Background(), tenant, want); err != nil {
			t.Fatal(err)
		}
	}
	use(some[0])
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		switch rapid.SampledFrom([]string{"put", "put", "put", "forget", "use", "build", "build", "finish", "restart"}).Draw(t, "step") {
		case "put":
			id := fmt.Sprintf("u%d", rapid.IntRange(0, 9).Draw(t, "id"))
			prev, next := records[id], &Record{Type: User, ID: id, Modified: time.Unix(1, 0).UTC()}
			if prev != nil {
				next = prev.Clone()
			}
			next.Desired = State{Version: next.Desired.Version + 1, Doc: drawBody(t).encode(t), Deleted: rapid.IntRange(0, 3).Draw(t, "deleted") == 0}
			switch err := s.Update(context.Background(), tenant, func(tx *Tx) error { return tx.Put(prev, next) }); {
			case err == nil:
				records[id] = next
			case !errors.Is(err, ErrUniqueness):
				t.Fatal(err)
			}
		case "forget":
			id := fmt.Sprintf("u%d", rapid.IntRange(0, 9).Draw(t, "id"))
			if prev := records[id]; prev != nil {
				update(t, s, tenant, func(tx *Tx) error { return tx.Forget(prev) })
				delete(records, id)
			}
		case "use":
			use(rapid.SampledFrom(some).Draw(t, "indexes"))
		case "build":
			update(t, s, tenant, func(tx *Tx) error {
				b := builder{Tx: tx, records: rapid.IntRange(1, 3).Draw(t, "records"), keys: rapid.IntRange(1, 5).Draw(t, "keys")}
				_, err := b.step()
				return err
			})
		case "finish":
			build(t, s, tenant)
		case "restart":
			list := s.indexesOf(tenant).list()
			s = New(backend)
			use(list)
		}
		lookUp(t, s, tenant)
	}
	use(userIndexes)
	build(t, s, tenant)
	if diff := cmp.Diff(expected(records), stored(t, s, tenant)); diff != "" {
		t.Fatalf("keys (-expected +stored): %s", diff)
	}
	view(t, s, tenant, func(tx *Tx) error {
		for _, ix := range userIndexes[User] {
			if _, ok := tx.Index(User, ix.Attribute); !ok {
				t.Fatalf("the index on %s is not there", ix.Attribute)
			}
		}
		return nil
	})
	if unfinished, err := New(backend).UseIndexes(context.Background(), tenant, userIndexes); err != nil || unfinished {
		t.Fatalf("after a restart there is something to build: %v", err)
	}
	use(Indexes{})
	build(t, s, tenant)
	for _, key := range stored(t, s, tenant) {
		if strings.HasPrefix(key, "index") || strings.HasPrefix(key, "buried") {
			t.Fatalf("an index that nobody wants any more has %s", key)
		}
	}
}

// lookUp compares what the complete indexes find with what the records say.
func lookUp(t interface{ Fatal(...any) }, s *Store, tenant kv.Tenant) {
	view(t, s, tenant, func(tx *Tx) error {
		for _, ix := range tx.indexes[User] {
			ix, ok := tx.Index(User, ix.Attribute)
			if !ok {
				continue
			}
			var have, want []string
			if err := tx.last(tx.key(tableIndex).String(string(User)).String(ix.Attribute), 4, func(id string) bool { have = append(have, id); return true }); err != nil {
				return err
			}
			var failed error
			err := tx.IDs(User, func(id string) bool {
				r, err := tx.Get(User, id)
				if failed = err; err != nil {
					return false
				}
				values := ix.recordValues(r)
				slices.Sort(values)
				want = append(want, slices.Repeat([]string{id}, len(slices.Compact(values)))...)
				return true
			})
			if err := errors.Join(err, failed); err != nil {
				return err
			}
			slices.Sort(have)
			slices.Sort(want)
			if !slices.Equal(have, want) {
				t.Fatal("the index on " + ix.Attribute + " has " + fmt.Sprint(have) + " instead of " + fmt.Sprint(want))
			}
		}
		return nil
	})
}

// put stores users with names.
func put(t *testing.T, s *Store, tenant kv.Tenant, names ...string) (records []*Record) {
	t.Helper()
	for i, name := range names {
		r := &Record{Type: User, ID: fmt.Sprintf("u%04d", i), Desired: State{Version: 1, Doc: []byte(`{"userName":"` + name + `"}`)}}
		update(t, s, tenant, func(tx *Tx) error { return tx.Put(nil, r) })
		records = append(records, r)
	}
	return records
}

// Two resources that have a value already when it becomes unique are named, and can both be changed; nobody else gets it.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		use(t, s, tenant, Indexes{})
		records := put(t, s, tenant, "ann", "bob", "ANN", "carl")
		unfinished, err := s.UseIndexes(context.Background(), tenant, userIndexes)
		if err != nil || !unfinished {
			t.Fatalf("nothing to build: %v", err)
		}
		view(t, s, tenant, func(tx *Tx) error {
			if _, ok := tx.Index(User, "userName"); ok {
				t.Error("an index that is not built is used")
			}
			return nil
		})
		twice := build(t, s, tenant)
		if diff := cmp.Diff([]Duplicate{{Type: User, Attribute: "userName", IDs: [2]string{"u0000", "u0002"}}}, twice); diff != "" {
			t.Error(diff)
		}
		changed := records[0].Clone()
		changed.Desired = State{Version: 2, Doc: []byte(`{"active":false,"userName":"ann"}`)}
		update(t, s, tenant, func(tx *Tx) error {
			if err := tx.Holder(User, "u0000", changed.Desired.Doc); err != nil {
				t.Errorf("ann cannot keep her name: %v", err)
			}
			return tx.Put(records[0], changed)
		})
		renamed := records[1].Clone()
		renamed.Desired = State{Version: 2, Doc: []byte(`{"userName":"Ann"}`)}
		if err := s.Update(context.Background(), tenant, func(tx *Tx) error { return tx.Put(records[1], renamed) }); !errors.Is(err, ErrUniqueness) {
			t.Errorf("bob takes a name that two have: %v", err)
		}
	})
}

// Numbers are the same however they are written, and values are found within lists and under URNs.
func TestIndexValues(t *testing.T) {
	t.Parallel()
	doc := []byte(`{"a":"X","n":7,"tags":["x","Y",""],"parts":[{"no":"1"},{},{"no":"2"}],"urn:x:y.z":{"b*d":{"c":"v"},"list":[1.50,15e-1,-0,9007199254740993]}}`)
	for _, tc := range []struct {
		path  []string
		exact bool
		want  []string
	}{
		{[]string{"a"}, false, []string{"x"}},
		{[]string{"a"}, true, []string{"X"}},
		{[]string{"n"}, false, []string{"7"}},
		{[]string{"tags"}, false, []string{"x", "y"}},
		{[]string{"parts", Each, "no"}, false, []string{"1", "2"}},
		{[]string{"urn:x:y.z", "b*d", "c"}, false, []string{"v"}},
		{[]string{"urn:x:y.z", "list"}, false, []string{"1.5", "1.5", "0", "9007199254740993"}},
		{[]string{"urn:x:y.z"}, false, nil},
		{[]string{"none"}, false, nil},
	} {
		ix := Index{Path: tc.path, CaseExact: tc.exact}.compile()
		if diff := cmp.Diff(tc.want, ix.values(doc)); diff != "" {
			t.Errorf("%v: %s", tc.path, diff)
		}
	}
}

// A build that is broken off goes on where it was.
func TestBuildGoesOn(t *testing.T) {
	t.Parallel()
	s, tenant := New(memkv.New()), freshTenant(t)
	use(t, s, tenant, Indexes{})
	names := make([]string, 3*buildRecords)
	for i := range names {
		names[i] = fmt.Sprintf("user-%d", i/2)
	}
	put(t, s, tenant, names...)
	if _, err := s.UseIndexes(context.Background(), tenant, userIndexes); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	seen := map[Duplicate]bool{}
	err := s.BuildIndexes(ctx, tenant, func(d Duplicate) {
		seen[d] = true
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the build was not broken off: %v", err)
	}
	if n := len(seen); n == 0 || n >= len(names)/2 {
		t.Fatalf("%d duplicates were seen before", n)
	}
	s = New(s.kv)
	if unfinished, err := s.UseIndexes(context.Background(), tenant, userIndexes); err != nil || !unfinished {
		t.Fatalf("nothing is left to build: %v", err)
	}
	before := maps.Clone(seen)
	for _, d := range build(t, s, tenant) {
		if seen[d] = true; before[d] {
			t.Errorf("%v was looked at again", d)
		}
	}
	if len(seen) != len(names)/2 {
		t.Errorf("%d of %d duplicates were seen", len(seen), len(names)/2)
	}
	var ids []string
	view(t, s, tenant, func(tx *Tx) error {
		ix, _ := tx.Index(User, "userName")
		return tx.Find(User, ix, "USER-17", func(id string) bool { ids = append(ids, id); return true })
	})
	if !slices.Equal(ids, []string{"u0034", "u0035"}) {
		t.Errorf("found %v", ids)
	}
}

// A build that is broken off when all is stored, and nobody has been told of it, is finished by the next.
func TestBuildIsBrokenOffAtItsEnd(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		use(t, s, tenant, Indexes{})
		put(t, s, tenant, "ann", "bob")
		if _, err := s.UseIndexes(context.Background(), tenant, userIndexes); err != nil {
			t.Fatal(err)
		}
		for done := false; !done; {
			update(t, s, tenant, func(tx *Tx) (err error) {
				done, err = (&builder{Tx: tx, records: buildRecords, keys: buildKeys}).step()
				return err
			})
		}
		if unfinished, err := s.UseIndexes(context.Background(), tenant, userIndexes); err != nil || !unfinished {
			t.Fatalf("there is nothing to finish: %v", err)
		}
		build(t, s, tenant)
		view(t, s, tenant, func(tx *Tx) error {
			for _, ix := range userIndexes[User] {
				if _, ok := tx.Index(User, ix.Attribute); !ok {
					t.Errorf("the index on %s is not there", ix.Attribute)
				}
			}
			return nil
		})
		if unfinished, err := s.UseIndexes(context.Background(), tenant, userIndexes); err != nil || unfinished {
			t.Errorf("there is still something to finish: %v", err)
		}
	})
}

// lateStore calls before, once, when a reader is about to get its snapshot.
type lateStore struct {
	kv.Store
	before func()
}

func (s *lateStore) View(ctx context.Context, fn func(kv.Tx) error) error {
	if before := s.before; before != nil {
		s.before = nil
		before()
	}
	return s.Store.View(ctx, fn)
}

// A reader that learned its indexes before they changed, and has a snapshot from after that, trusts none that is gone;
// those that stayed it goes on to use.
func TestReaderBesideChangeOfIndexes(t *testing.T) {
	t.Parallel()
	exact := Index{Attribute: "userName", Path: []string{"userName"}, CaseExact: true}
	for name, tc := range map[string]struct {
		change  func(t *testing.T, s *Store, tenant kv.Tenant)
		indexed bool // the reader may use its index on userName
	}{
		"none":    {func(*testing.T, *Store, kv.Tenant) {}, true},
		"dropped": {func(t *testing.T, s *Store, tenant kv.Tenant) { use(t, s, tenant, Indexes{}) }, false},
		"changed": {func(t *testing.T, s *Store, tenant kv.Tenant) { use(t, s, tenant, Indexes{User: {exact}}) }, false},
		"not kept in step": {func(t *testing.T, s *Store, tenant kv.Tenant) {
			if _, err := s.UseIndexes(context.Background(), tenant, Indexes{}); err != nil {
				t.Fatal(err)
			}
		}, false},
		"dropped and built again": {func(t *testing.T, s *Store, tenant kv.Tenant) {
			use(t, s, tenant, Indexes{})
			use(t, s, tenant, userIndexes)
		}, false},
		"another dropped": {func(t *testing.T, s *Store, tenant kv.Tenant) {
			use(t, s, tenant, Indexes{User: userIndexes[User][1:]})
		}, true},
		"another came, and both were dropped": {func(t *testing.T, s *Store, tenant kv.Tenant) {
			use(t, s, tenant, Indexes{User: append([]Index{{Attribute: "title", Path: []string{"title"}}}, userIndexes[User]...)})
			use(t, s, tenant, Indexes{})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			late := &lateStore{Store: memkv.New()}
			s, tenant := New(late), freshTenant(t)
			use(t, s, tenant, userIndexes)
			put(t, s, tenant, "ann", "bob")
			late.before = func() { tc.change(t, s, tenant) }
			view(t, s, tenant, func(tx *Tx) error {
				ix, ok := tx.Index(User, "userName")
				if ok != tc.indexed {
					t.Errorf("the index is offered: %v", ok)
				}
				if !ok {
					return nil
				}
				var ids []string
				err := tx.Find(User, ix, "ANN", func(id string) bool { ids = append(ids, id); return true })
				if !slices.Equal(ids, []string{"u0000"}) {
					t.Errorf("found %v", ids)
				}
				return err
			})
		})
	}
}

// While the indexes change again and again and are built, and others write, whoever reads finds by an index that is
// offered what is there.
func TestIndexesChangeBesideOthers(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		use(t, s, tenant, userIndexes)
		var others sync.WaitGroup
		stop := make(chan struct{})
		beside := func(work func(n int) error) {
			others.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					if err := work(n); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for w := range 2 {
			records := map[string]*Record{}
			beside(func(n int) error {
				id := fmt.Sprintf("w%d-%d", w, n%7)
				prev := records[id]
				if prev != nil && n%5 == 0 {
					delete(records, id)
					return s.Update(context.Background(), tenant, func(tx *Tx) error { return tx.Forget(prev) })
				}
				next := &Record{Type: User, ID: id}
				if prev != nil {
					next = prev.Clone()
				}
				next.Desired = State{
					Version: next.Desired.Version + 1, Deleted: n%3 == 0,
					Doc: fmt.Appendf(nil, `{"emails":[{"value":"E%d@x"}],"externalId":"x%d","userName":"User-%s-%d"}`, n%4, n%2, id, n%3),
				}
				records[id] = next
				return s.Update(context.Background(), tenant, func(tx *Tx) error { return tx.Put(prev, next) })
			})
		}
		beside(func(int) error {
			var wrong fatal
			lookUp(&wrong, s, tenant)
			return wrong.err
		})
		exact := Index{Attribute: "userName", Path: []string{"userName"}, CaseExact: true}
		for n := range 60 {
			use(t, s, tenant, []Indexes{{}, {User: {exact}}, userIndexes, {User: userIndexes[User][1:]}, userIndexes}[n%5])
		}
		use(t, s, tenant, userIndexes)
		close(stop)
		others.Wait()
		lookUp(t, s, tenant)
	})
}

// fatal keeps what would end a test, for a goroutine that must not end it.
type fatal struct{ err error }

func (f *fatal) Fatal(args ...any) { f.err = errors.Join(f.err, errors.New(fmt.Sprint(args...))) }

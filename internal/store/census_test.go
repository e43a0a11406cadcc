package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/badgerkv"
)

var (
	errRefused = errors.New("refused")
	errUnsure  = errors.New("nobody knows")
)

// fickle runs functions more often than once, and says of some transactions that it stored that nobody knows of it.
type fickle struct {
	kv.Store
	mu  sync.Mutex
	rnd *rand.Rand
}

func (f *fickle) chance(n int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rnd.IntN(n) == 0
}

func (f *fickle) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if f.chance(3) {
		_ = f.Store.Update(ctx, func(tx kv.Tx) error { return errors.Join(fn(tx), errRefused) })
	}
	if err := f.Store.Update(ctx, fn); err != nil {
		return err
	}
	if f.chance(40) {
		return errUnsure
	}
	return nil
}

// randomWrite changes one resource in a way that clients, refusals and rejections do.
func randomWrite(tx *Tx, rnd *rand.Rand, id string) error {
	typ := []Type{User, User, User, Group}[rnd.IntN(4)]
	prev, err := tx.Load(typ, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if prev != nil && rnd.IntN(8) == 0 {
		return tx.Forget(prev)
	}
	next := &Record{Type: typ, ID: id, Created: time.Unix(0, 0), Modified: time.Unix(int64(rnd.IntN(100)), 0)}
	if prev != nil {
		next = prev.Clone()
		next.Modified = next.Modified.Add(time.Second)
	}
	next.Desired.Version++
	doc := []string{
		`{"userName":"` + id + `"}`, `{"active":true,"userName":"` + id + `"}`, `{"active":false,"userName":"` + id + `"}`, `{"active":null}`,
	}
	next.Desired.Doc, next.Desired.Deleted = []byte(doc[rnd.IntN(len(doc))]), rnd.IntN(4) == 0
	if err := tx.Put(prev, next); err != nil {
		return err
	}
	if rnd.IntN(4) == 0 { // the same transaction thinks again
		again := next.Clone()
		again.Desired.Deleted = !again.Desired.Deleted
		if err := tx.Put(next, again); err != nil {
			return err
		}
	}
	if rnd.IntN(6) == 0 {
		return errRefused
	}
	return nil
}

// Whatever is written while a census is taken and after it, whatever is refused, run twice or lost from sight, and
// however often the process begins anew: the counts are those of a scan.
func TestCensusEqualsAScan(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		t.Helper()
		ctx := context.Background()
		tenant, other := freshTenant(t), freshTenant(t)
		flaky := &fickle{Store: backend, rnd: rand.New(rand.NewPCG(1, 2))}
		s := New(flaky)
		var mu sync.RWMutex // held alone where nothing may be written, and to begin anew
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(w), 7))
				for i := range 300 {
					mu.RLock()
					who := tenant
					if i%10 == 0 {
						who = other
					}
					err := s.Update(ctx, who, func(tx *Tx) error { return randomWrite(tx, rnd, fmt.Sprintf("%d-%d", w, rnd.IntN(40))) })
					mu.RUnlock()
					if err != nil && !errors.Is(err, errRefused) && !errors.Is(err, errUnsure) {
						t.Error(err)
					}
				}
			})
		}
		stop := make(chan struct{})
		known := 0
		check := func() {
			mu.Lock()
			defer mu.Unlock()
			got, ok := s.Census(tenant)
			if !ok {
				return
			}
			known++
			view(t, s, tenant, func(tx *Tx) error {
				want, err := tx.count()
				if got != want {
					t.Errorf("the census says %+v, a scan %+v", got, want)
				}
				return err
			})
		}
		var takers sync.WaitGroup
		for range 2 { // two at once must not count twice
			takers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					mu.RLock()
					err := s.TakeCensus(ctx, tenant)
					mu.RUnlock()
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		takers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				check()
				if i%20 == 19 {
					mu.Lock()
					s = New(flaky)
					mu.Unlock()
				}
			}
		})
		writers.Wait()
		close(stop)
		takers.Wait()
		if err := s.TakeCensus(ctx, tenant); err != nil {
			t.Fatal(err)
		}
		check()
		if known == 0 {
			t.Error("no census was ever there to be compared")
		}
		if _, ok := s.Census(other); ok {
			t.Error("nobody has asked about the other tenant")
		}
	})
}

// What is written while the snapshot is being counted counts once, and a census that was broken off leaves nothing.
func TestCensusBesideWrites(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		t.Helper()
		ctx := context.Background()
		tenant, s := freshTenant(t), New(backend)
		put := func(id, doc string) {
			update(t, s, tenant, func(tx *Tx) error {
				return tx.Put(nil, &Record{Type: User, ID: id, Modified: time.Unix(1, 0), Desired: State{Version: 1, Doc: []byte(doc)}})
			})
		}
		put("a", `{}`)
		put("b", `{"active":false}`)
		c := new(census)
		err := s.snapshot(ctx, tenant, func() { s.indexesOf(tenant).census.Store(c) }, func(tx *Tx) error {
			put("c", `{}`)
			put("d", `{"active":false}`)
			n, err := tx.count()
			if want := (Counts{Users: 2, ActiveUsers: 1}); n != want {
				t.Errorf("the snapshot has %+v, want %+v", n, want)
			}
			return err
		})
		if want := (Counts{Users: 2, ActiveUsers: 1}); err != nil || c.counts != want {
			t.Errorf("since the snapshot there are %+v more, want %+v (%v)", c.counts, want, err)
		}
		if err := s.TakeCensus(ctx, tenant); err != nil {
			t.Fatal(err)
		}
		if got, ok := s.Census(tenant); !ok || got != (Counts{Users: 4, ActiveUsers: 2}) {
			t.Errorf("the census says %+v, %v", got, ok)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		s = New(backend)
		if err := s.TakeCensus(gone, tenant); !errors.Is(err, context.Canceled) {
			t.Errorf("broken off: %v", err)
		}
		put("e", `{}`)
		if _, ok := s.Census(tenant); ok || s.indexesOf(tenant).census.Load() != nil {
			t.Error("a census that was broken off is there")
		}
	})
}

func BenchmarkPutCounted(b *testing.B) {
	for name, counted := range map[string]bool{"nobody asks": false, "counted": true} {
		b.Run(name, func(b *testing.B) {
			tx := &Tx{counts: counted}
			prev := &Record{Type: User, Desired: State{Doc: []byte(benchDoc)}}
			b.ReportAllocs()
			for b.Loop() {
				tx.counted(prev, prev)
			}
		})
	}
}

const benchDoc = `{"active":true,"emails":[{"primary":true,"type":"work","value":"ann.doe@acme.example"}],"externalId":"00u1abcd",` +
	`"name":{"familyName":"Doe","givenName":"Ann"},"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann.doe@acme.example"}`

// How long the first who asks has to wait: 10,000 users in Badger.
func BenchmarkTakeCensus(b *testing.B) {
	backend, err := badgerkv.Open(badgerkv.Options{Dir: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = backend.Close() })
	tenant, s := freshTenant(b), New(backend)
	for i := range 100 {
		update(b, s, tenant, func(tx *Tx) error {
			for j := range 100 {
				r := &Record{Type: User, ID: fmt.Sprintf("%d-%d", i, j), Modified: time.Unix(1, 0), Desired: State{Version: 1, Doc: []byte(benchDoc)}}
				if err := tx.Put(nil, r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		s.indexesOf(tenant).census.Store(nil)
		if err := s.TakeCensus(context.Background(), tenant); err != nil {
			b.Fatal(err)
		}
	}
}

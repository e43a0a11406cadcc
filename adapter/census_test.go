package adapter_test

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

//go:embed testdata/seats.wasm
var seatsWasm []byte

// seatsPolicy is compiled once for all tests of the package.
var seatsPolicy = sync.OnceValues(func() (*plugins.Policy, error) {
	return plugins.New(plugins.Options{Deadline: time.Minute}).Load(context.Background(), seatsWasm, plugins.LoadOptions{})
})

// seated is a stack whose tenant has so many seats.
func seated(tb testing.TB, seats int, opts adaptertest.Options) *adaptertest.Stack {
	tb.Helper()
	module, err := seatsPolicy()
	if err != nil {
		tb.Fatal(err)
	}
	configure := opts.Configure
	opts.Configure = func(c *adapter.TenantConfig) {
		c.Policy, c.SeatLimit = &adapter.Policy{Module: module}, seats
		if configure != nil {
			configure(c)
		}
	}
	return adaptertest.Start(tb, opts)
}

// counted checks that policies are told what a scan finds, and returns it.
func counted(t interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}, s *adaptertest.Stack) store.Counts {
	t.Helper()
	ctx := context.Background()
	got, err := s.Tenant().Counts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var want store.Counts
	err = store.New(s.Store).View(ctx, s.Tenant().ID(), func(tx *store.Tx) error {
		want = store.Counts{}
		for _, typ := range []store.Type{store.User, store.Group} {
			err := tx.Each(typ, store.Span{}, func(r *store.Record) bool {
				want = want.Plus(store.Of(typ, r.Desired))
				return true
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("policies are told %+v, a scan finds %+v", got, want)
	}
	return got
}

// together sends n requests at once and counts the statuses of the answers.
func together(t *testing.T, n int, request func(i int) adaptertest.Response) map[int]int {
	t.Helper()
	statuses := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			r := request(i)
			mu.Lock()
			statuses[r.Status]++
			mu.Unlock()
		})
	}
	close(begin)
	all.Wait()
	return statuses
}

const writersAtOnce, seats = 64, 10

func TestSeatsAreTakenOnce(t *testing.T) {
	t.Parallel()
	inactive := func(name string) string { return strings.Replace(user(name), `"active":true`, `"active":false`, 1) }
	for name, attack := range map[string]func(t *testing.T, s *adaptertest.Stack) map[int]int{
		"creates": func(t *testing.T, s *adaptertest.Stack) map[int]int {
			t.Helper()
			return together(t, writersAtOnce, func(i int) adaptertest.Response {
				return s.Do("POST", "/Users", user(fmt.Sprint("u", i)))
			})
		},
		"reactivations": func(t *testing.T, s *adaptertest.Stack) map[int]int {
			t.Helper()
			ids := make([]string, writersAtOnce)
			for i := range ids {
				ids[i] = s.Want(http.StatusCreated, "POST", "/Users", inactive(fmt.Sprint("u", i))).Get("id").Str
			}
			got := together(t, writersAtOnce, func(i int) adaptertest.Response {
				return s.Do("PATCH", "/Users/"+ids[i], set("active", "true"))
			})
			got[http.StatusCreated] += got[http.StatusOK]
			return got
		},
		"restores": func(t *testing.T, s *adaptertest.Stack) map[int]int {
			t.Helper()
			for i := range writersAtOnce {
				id := s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprint("u", i))).Get("id").Str
				s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
			}
			return together(t, writersAtOnce, func(i int) adaptertest.Response {
				return s.Do("POST", "/Users", user(fmt.Sprint("u", i)))
			})
		},
		"bulk": func(t *testing.T, s *adaptertest.Stack) map[int]int {
			t.Helper()
			got := map[int]int{}
			var mu sync.Mutex
			together(t, writersAtOnce/16, func(i int) adaptertest.Response {
				ops := make([]string, 16)
				for j := range ops {
					ops[j] = fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"b%d","data":%s}`, j, user(fmt.Sprint("u", i, "-", j)))
				}
				r := s.Do("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[`+strings.Join(ops, ",")+`]}`)
				mu.Lock()
				defer mu.Unlock()
				for _, op := range r.Get("Operations").Array() {
					got[int(op.Get("status").Int())]++
				}
				return r
			})
			return got
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := seated(t, seats, adaptertest.Options{})
			statuses := attack(t, s)
			if statuses[http.StatusCreated] != seats || statuses[http.StatusForbidden] != writersAtOnce-seats {
				t.Errorf("for %d seats the answers were %v", seats, statuses)
			}
			if got := counted(t, s); got.ActiveUsers != seats {
				t.Errorf("%d seats, and %+v", seats, got)
			}
			s.Want(http.StatusCreated, "POST", "/Groups", `{"displayName":"groups take no seat"}`)
			if got := counted(t, s); got.Groups != 1 {
				t.Errorf("one group was made, and there are %+v", got)
			}
		})
	}
}

// Whoever sends the same twice is told what somebody alone would be told, though there was one seat.
func TestTheSameTwiceForTheLastSeat(t *testing.T) {
	t.Parallel()
	s := seated(t, 1, adaptertest.Options{})
	got := together(t, 8, func(int) adaptertest.Response { return s.Do("POST", "/Users", user("ann")) })
	if got[http.StatusCreated] != 1 || got[http.StatusConflict] != 7 {
		t.Errorf("the same create eight times at once was answered %v", got)
	}
	id := s.Want(http.StatusOK, "GET", "/Users", nil).Get("Resources.0.id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	got = together(t, 8, func(int) adaptertest.Response { return s.Do("PATCH", "/Users/"+id, set("active", "true")) })
	if got[http.StatusOK] != 8 {
		t.Errorf("the same reactivation eight times at once was answered %v", got)
	}
}

// What takes desired back gives a seat back, and a seat that somebody has is not asked for again.
func TestSeatsFollowWhatBecomesOfChanges(t *testing.T) {
	t.Parallel()
	s := seated(t, 1, adaptertest.Options{})
	ann := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusForbidden, "POST", "/Users", user("bob"))
	s.Want(http.StatusOK, "PATCH", "/Users/"+ann, set("name.familyName", `"Roe"`))
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+ann, nil)

	refused := strings.Replace(user("bob"), `"active":true`, `"active":true,"userType":"emperor"`, 1)
	s.Want(http.StatusBadRequest, "POST", "/Users", refused)
	if got := counted(t, s); got != (store.Counts{}) {
		t.Errorf("the application refused the only user, and there are %+v", got)
	}

	held := strings.Replace(user("bob"), `"active":true`, `"active":true,"userType":"held"`, 1)
	bob := s.Want(http.StatusCreated, "POST", "/Users", held).Get("id").Str
	if got := counted(t, s); got.ActiveUsers != 1 {
		t.Errorf("a held user takes a seat, and there are %+v", got)
	}
	s.Want(http.StatusForbidden, "POST", "/Users", user("ann"))
	s.Want(http.StatusOK, "PATCH", "/Users/"+bob, set("name.familyName", `"Roe"`))
	if _, err := s.Tenant().Reject(t.Context(), adapter.Answer{ID: waiting(t, s).ID}); err != nil {
		t.Fatal(err)
	}
	if got := counted(t, s); got != (store.Counts{}) {
		t.Errorf("the only user was rejected, and there are %+v", got)
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
}

// A change that waits is judged against what was before it, and so are the counts that it is judged by.
func TestAHeldUserHasTheirSeatAlready(t *testing.T) {
	t.Parallel()
	s := seated(t, 1, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Hold = []abi.Operation{abi.OpCreate} }})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	s.Want(http.StatusForbidden, "POST", "/Users", user("bob"))
}

// Nobody waits for a turn longer than they want to, and who leaves the counts alone does not wait.
func TestTurnsEndWithTheirRequests(t *testing.T) {
	t.Parallel()
	s := seated(t, seats, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	release, err := s.Tenant().Occupy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Tenant().Delete(ctx, adapter.Caller{Connection: "main"}, s.Tenant().Users(), id)
		done <- err
	}()
	cancel()
	if err := <-done; err == nil {
		t.Error("a delete got past the turn of another")
	}
	release()
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	if got := counted(t, s); got != (store.Counts{}) {
		t.Errorf("there are %+v", got)
	}
}

func TestCountsSurviveRestarts(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp()}
	s := seated(t, seats, opts)
	for i := range 3 {
		s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprint("u", i)))
	}
	s.Want(http.StatusCreated, "POST", "/Groups", `{"displayName":"staff"}`)
	s.Stop()
	s = seated(t, 4, opts)
	if got := counted(t, s); got != (store.Counts{Users: 3, ActiveUsers: 3, Groups: 1}) {
		t.Errorf("after a restart there are %+v", got)
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("u3"))
	s.Want(http.StatusForbidden, "POST", "/Users", user("u4"))
}

// What a write costs a tenant whose policy is told how many there are, beside one whose policy is not.
func BenchmarkSeats(b *testing.B) {
	for _, writers := range []int{1, 32} {
		for _, asks := range []string{"no policy", "policy without needs", "policy with counts"} {
			b.Run(fmt.Sprintf("%s/writers=%d", asks, writers), func(b *testing.B) {
				s := adaptertest.Start(b, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
					c.Concurrency, c.SeatLimit = 32, 1<<30
					wasm := seatsWasm
					switch asks {
					case "no policy":
						return
					case "policy without needs":
						wasm = []byte(strings.Replace(string(seatsWasm), `"needs":["counts"]`, `"hooks":["decide"]`, 1))
					}
					module, err := plugins.New(plugins.Options{}).Load(b.Context(), wasm, plugins.LoadOptions{})
					if err != nil {
						b.Fatal(err)
					}
					c.Policy = &adapter.Policy{Module: module}
				}})
				var n atomic.Int64
				b.SetParallelism(writers)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						body := strings.Replace(user(fmt.Sprintf("new%d", n.Add(1))), `"active":true`, `"active":false`, 1)
						serve(b, s.Handler, http.StatusCreated, "POST", "/Users", body)
					}
				})
			})
		}
	}
}

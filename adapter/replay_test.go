package adapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// replay runs a candidate over all that was recorded, twice, and fails the test if the reports differ in a byte.
func replay(t *testing.T, s *adaptertest.Stack, module []byte) *adapter.Replay {
	t.Helper()
	var reports []string
	var last *adapter.Replay
	for range 2 {
		r, err := s.Tenant().ReplayPolicy(t.Context(), adapter.Upload{Module: module}, time.Time{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.MarshalIndent(r, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		reports, last = append(reports, string(b)), r
	}
	if reports[0] != reports[1] {
		t.Errorf("two reports on the same:\n%s\n%s", reports[0], reports[1])
	}
	return last
}

func TestReplay(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{})
	const people = 120 // more than one transaction reads
	for i := range people {
		s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprintf("u%d", i)))
	}
	for name, c := range map[string]struct {
		module                  []byte
		same, different, failed int
		what                    string
	}{
		"allows":  {allowing, 2 * people, 0, 0, ""},
		"denies":  {denying, people, people, 0, "decide create: verdict"},
		"maps":    {mapping("x"), people, people, 0, "map create: requests"},
		"crashes": {adaptertest.Module(map[string]string{"decide": adaptertest.Trap}), people, people, people, "decide create: failure"},
		// So much is wasted that the candidate is suspended on the way, which no report may show.
		"never ends": {adaptertest.Module(map[string]string{"decide": adaptertest.Loop}), people, people, people, "decide create: failure"},
	} {
		t.Run(name, func(t *testing.T) {
			r := replay(t, s, c.module)
			if r.Ran != 2*people || r.Same != c.same || r.Different != c.different || r.Failed != c.failed || len(r.Changes) != c.different {
				t.Errorf("ran %d, the same %d, different %d, failed %d, %d changes", r.Ran, r.Same, r.Different, r.Failed, len(r.Changes))
			}
			for i, change := range r.Changes {
				if got := change.Hook + " " + change.Subject + ": " + strings.Join(change.What, ","); got != c.what {
					t.Fatalf("a change is %s", got)
				}
				if c.failed > 0 && change.WouldError != map[string]string{"crashes": "trap", "never ends": "fuel"}[name] {
					t.Fatalf("failed by %s", change.WouldError)
				}
				if i > 0 && change.Time.Before(r.Changes[i-1].Time) {
					t.Fatal("the changes are in no order")
				}
			}
		})
	}
	if n := len(status(t, s).Releases); n != 0 {
		t.Errorf("a replay has left %d releases", n)
	}
	later, err := s.Tenant().ReplayPolicy(t.Context(), adapter.Upload{Module: denying}, time.Now().Add(time.Hour), nil)
	if err != nil || later.Ran != 0 || later.Changes == nil {
		t.Errorf("of what is to come: %+v, %v", later, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var seen []int
	_, err = s.Tenant().ReplayPolicy(ctx, adapter.Upload{Module: denying}, time.Time{}, func(done, total int) {
		if total != 2*people {
			t.Errorf("%d of %d", done, total)
		}
		if seen = append(seen, done); done > 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || !slices.IsSorted(seen) || len(seen) != 2 {
		t.Errorf("told to stop, it has ended with %v after %v", err, seen)
	}
}

// The report says what was answered and what would be.
func TestReplayReport(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{})
	promote(t, s, push(t, s, adaptertest.Module(map[string]string{"decide": `{"verdict":"hold","title":"look","reason":"why"}`})), 100)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	r := replay(t, s, denying)
	op := journal(t, s, func(op *store.Operation) bool { return op.ResourceID == id })[0]
	if len(r.Changes) != 1 || r.FuelMax == 0 || r.FuelMean != r.FuelMax {
		t.Fatalf("the report is %+v", r)
	}
	c := r.Changes[0]
	if c.Operation != op.ID || c.ResourceID != id || !c.Time.Equal(op.Time) ||
		string(c.Was) != `{"reason":"why","title":"look","verdict":"hold"}` || string(c.Would) != `{"detail":"no","status":403,"verdict":"deny"}` {
		t.Errorf("the change is %+v", c)
	}
}

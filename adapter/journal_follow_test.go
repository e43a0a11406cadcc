package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Who follows the journal while others write sees every entry, in the order of the changes, and none of them twice as it
// was.
func TestJournalFollow(t *testing.T) {
	t.Parallel()
	const writers, each = 6, 8
	app := &flaky{}
	s := adaptertest.Start(t, adaptertest.Options{Wrap: app.wrap})
	app.fail(503, 10)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			id := s.Do("POST", "/Users", user(fmt.Sprintf("w%d", w))).Get("id").Str
			for i := range each - 1 {
				if r := s.Do("PATCH", "/Users/"+id, set("name.familyName", fmt.Sprintf(`"N%d"`, i))); r.Status != http.StatusOK {
					t.Errorf("%d %s", r.Status, r.Body)
				}
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	seen := map[string]bool{}
	ended, calls := map[string]bool{}, map[string]uint64{}
	last := ""
	q := adapter.JournalQuery{Limit: 7}
	for len(ended) < writers*each {
		page, err := s.Tenant().FollowJournal(ctx, q, time.Minute)
		if err != nil {
			t.Fatalf("%d of %d have ended: %v", len(ended), writers*each, err)
		}
		for _, e := range page.Entries {
			if e.Cursor <= last {
				t.Fatalf("%s comes behind %s", e.Cursor, last)
			}
			last = e.Cursor
			if op := e.Operation; op != nil {
				state := op.ID + string(op.Outcome)
				if seen[state] || ended[op.ID] {
					t.Errorf("operation %s comes again as %s", op.ID, op.Outcome)
				}
				seen[state] = true
				if op.Final() {
					ended[op.ID] = true
				}
			}
			if c := e.Call; c != nil {
				name := c.ResourceID + c.Time.String() + c.Key
				if n, twice := calls[name]; twice && c.Count <= n {
					t.Errorf("call %s comes again, %d after %d", name, c.Count, n)
				}
				calls[name] = c.Count
			}
		}
		q.After = page.Next
	}
	all.Wait()
	// What was followed to is what there is: a new reader sees each once, as it is now.
	once := map[string]bool{}
	for _, e := range read(t, s, adapter.JournalQuery{Limit: 50}) {
		if op := e.Operation; op != nil {
			if once[op.ID] || op.Outcome != store.Done {
				t.Errorf("operation %s is there twice, or is %s", op.ID, op.Outcome)
			}
			once[op.ID] = true
		}
	}
	if len(once) != writers*each {
		t.Errorf("%d operations are there", len(once))
	}
}

// To follow one user is to hear of nobody else, of a user who is yet to be too.
func TestJournalFollowUser(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	got := make(chan adapter.JournalPage, 1)
	var page adapter.JournalPage
	begun, err := s.Tenant().ReadJournal(t.Context(), adapter.JournalQuery{User: "ann@acme.example"})
	if err != nil || len(begun.Entries) != 0 {
		t.Fatal(begun, err)
	}
	go func() {
		page, _ := s.Tenant().FollowJournal(t.Context(), adapter.JournalQuery{User: "ann@acme.example", After: begun.Latest}, time.Minute)
		got <- page
	}()
	s.Want(201, "POST", "/Users", user("bob"))
	s.Want(201, "POST", "/Users", user("ann"))
	if page = <-got; len(page.Entries) == 0 || !strings.Contains(line(page.Entries[0]), "ann") {
		t.Errorf("followed %v", lines(page.Entries))
	}
}

func TestJournalQueryErrors(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	for field, q := range map[string]adapter.JournalQuery{
		"limit": {Limit: adapter.MaxJournalPage + 1},
		"after": {After: "yesterday"},
		"user":  {User: "ann", Resource: "x"},
	} {
		_, err := s.Tenant().ReadJournal(t.Context(), q)
		if problem, ok := errors.AsType[*adapter.JournalQueryError](err); !ok || problem.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := s.Tenant().ReadOperation(t.Context(), "nothing"); !errors.Is(err, adapter.ErrNoOperation) {
		t.Error(err)
	}
}

// What has been kept for long enough goes, but for what is not over: who waits for an approval or for the application, and
// rejections that still have the same change denied.
func TestJournalPruned(t *testing.T) {
	t.Parallel()
	app := &flaky{}
	clock := clocktest.New()
	opts := adaptertest.Options{
		Dir: t.TempDir(), Clock: clock.Now, Wrap: app.wrap,
		Configure: func(c *adapter.TenantConfig) {
			c.Hold, c.Journal.Keep, c.DeliveryWait = []abi.Operation{abi.OpCreate}, 24*time.Hour, time.Nanosecond
		},
	}
	s := adaptertest.Start(t, opts)
	answer := func(fn func(context.Context, adapter.Answer) (*store.Approval, error)) string {
		t.Helper()
		id := waiting(t, s).ID
		if _, err := fn(t.Context(), adapter.Answer{ID: id, By: "ops"}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	prune := func() {
		t.Helper()
		if err := s.Tenant().PruneJournal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	left := func() []string { return lines(read(t, s, adapter.JournalQuery{})) }
	s.Want(201, "POST", "/Users", user("gone"))
	approved := answer(s.Tenant().Approve)
	s.WaitIdle()
	s.Want(201, "POST", "/Users", user("never"))
	rejected := answer(s.Tenant().Reject)
	s.Want(201, "POST", "/Users", user("held"))
	clock.Advance(23 * time.Hour)
	prune()
	before := len(left())
	s.Want(403, "POST", "/Users", user("never"))
	if before != 6 || len(left()) != 7 {
		t.Fatalf("too early %v", left())
	}
	clock.Advance(2 * time.Hour)
	prune()
	want := []string{"create held@acme.example: held", "create never@acme.example: denied"}
	sameLines(t, "after a day", want, left())
	list, err := s.Tenant().Approvals(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.ID == approved {
			t.Error("the answered approval is still there")
		}
	}
	if len(list) != 2 || list[0].ID != rejected {
		t.Errorf("%d approvals are left", len(list))
	}
	s.Want(403, "POST", "/Users", user("never")) // the rejection holds
	prune()
	if n := len(read(t, s, adapter.JournalQuery{User: "gone@acme.example"})); n != 0 {
		t.Errorf("%d entries of the timeline are left", n)
	}
	if n := len(read(t, s, adapter.JournalQuery{User: "held@acme.example"})); n != 1 {
		t.Errorf("%d entries of who waits", n)
	}
	// Another process goes on where this one was; what was held for a long time is kept from its end on.
	s.Stop()
	s = adaptertest.Start(t, opts)
	prune()
	answer(s.Tenant().Approve)
	s.WaitIdle()
	clock.Advance(23 * time.Hour)
	prune()
	if n := len(read(t, s, adapter.JournalQuery{User: "held@acme.example"})); n != 3 {
		t.Errorf("%d entries of who waited, want the create, the approval and the call", n)
	}
	clock.Advance(2 * time.Hour)
	prune()
	sameLines(t, "in the end", []string{}, left())
}

// An application that is down for a month does not fill the journal.
func TestJournalOfAMonthOfFailures(t *testing.T) {
	t.Parallel()
	app := &flaky{}
	s := adaptertest.Start(t, adaptertest.Options{Wrap: app.wrap})
	app.fail(503, 60)
	s.Want(201, "POST", "/Users", user("ann"))
	s.WaitIdle()
	got := lines(read(t, s, adapter.JournalQuery{User: "ann@acme.example"}))
	sameLines(t, "the timeline", []string{
		"create ann@acme.example: applied", "call create: retry (POST /members 503)",
		// From then on it is looked up whether the account has come to be after all.
		"call create: retry x59 (GET /members?login=… 200, POST /members 503)",
		"call create: done (GET /members?login=… 200, POST /members 201)",
	}, got)
}

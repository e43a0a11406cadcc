package adapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// impatient tenants answer before the application has.
func impatient(c *adapter.TenantConfig) { c.DeliveryWait = time.Nanosecond }

// letters lists the dead letters as "state action status".
func letters(t *testing.T, s *adaptertest.Stack, all bool) []*store.DeadLetter {
	t.Helper()
	list, next, err := s.Tenant().DeadLetters(t.Context(), adapter.LetterFilter{All: all}, "", 0)
	if err != nil || next != "" {
		t.Fatalf("list the dead letters: %v, next %q", err, next)
	}
	return list
}

func one(t *testing.T, s *adaptertest.Stack) *store.DeadLetter {
	t.Helper()
	list := letters(t, s, false)
	if len(list) != 1 {
		b, _ := json.Marshal(list)
		t.Fatalf("want one open letter, there are %d: %s", len(list), b)
	}
	return list[0]
}

// faults has the application answer so.
func faults(s *adaptertest.Stack, status, count int) { delayed(s, status, count, 0) }

// refuses has the application refuse once, after a while in which an impatient client has its answer.
func refuses(s *adaptertest.Stack, status int) { delayed(s, status, 1, 300) }

func delayed(s *adaptertest.Stack, status, count, delay int) {
	s.App("POST", "/faults", fmt.Sprintf(`{"status":%d,"count":%d,"delay_ms":%d}`, status, count, delay))
}

// What the client was told is accepted, and the application refuses behind its back, is a dead letter, and brought there by
// a retry once the application is mended.
func TestDeadLetterOfACreate(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, firstSecret)
	receive := hook(t, r, []string{firstSecret})
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { impatient(c); receive(c) }})
	refuses(s, http.StatusUnprocessableEntity)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.WaitIdle()
	s.Want(http.StatusNotFound, "GET", "/Users/"+id, nil)
	l := one(t, s)
	if l.State != store.LetterOpen || l.ResourceID != id || l.Action != "create" || l.Status != 422 || l.Connection != "main" || len(l.Operations) != 1 || l.GivenUp {
		t.Errorf("the letter is %+v", l)
	}
	if got := alarms(t, s); got != "dead_letters " {
		t.Errorf("the alarms are %q", got)
	}
	if got := r.wait(t, 2); got[1].Get("type").Str != "deadletter.added" || got[1].Get("data.id").Str != l.ID || strings.Contains(got[1].Raw, "ann") {
		t.Errorf("the notices are %v", got)
	}
	done, err := s.Tenant().RetryLetter(t.Context(), l.ID, "ops")
	if err != nil || done.State != store.LetterRetried || done.By != "ops" {
		t.Fatalf("the retry came to %+v (%v)", done, err)
	}
	s.WaitIdle()
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil); got.Get("userName").Str != "ann@acme.example" {
		t.Errorf("a read shows %s", got.Body)
	}
	if n := len(s.App("GET", "/members?login=ann@acme.example", nil).Get("members").Array()); n != 1 {
		t.Errorf("the application has %d of them", n)
	}
	if got := alarms(t, s); got != "" {
		t.Errorf("after the retry the alarms are %q", got)
	}
	if _, err := s.Tenant().RetryLetter(t.Context(), l.ID, "ops"); !errors.Is(err, adapter.ErrLetterClosed) {
		t.Errorf("a second retry: %v", err)
	}
}

// Whom the refusal reached needs no letter.
func TestNoLetterForWhoWasTold(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	for i := range 20 {
		faults(s, http.StatusUnprocessableEntity, 1)
		s.Want(http.StatusBadRequest, "POST", "/Users", user(fmt.Sprint("u", i)))
	}
	if list := letters(t, s, true); len(list) != 0 {
		t.Errorf("there are %d letters", len(list))
	}
}

// However a request's patience and the refusal meet: either the client is told, or there is a letter.
func TestToldOrLetter(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.DeliveryWait = 1500 * time.Microsecond }})
	told, accepted := 0, 0
	for i := range 150 {
		faults(s, http.StatusUnprocessableEntity, 1)
		switch got := s.Do("POST", "/Users", user(fmt.Sprint("u", i))); got.Status {
		case http.StatusBadRequest:
			told++
		case http.StatusCreated:
			accepted++
		default:
			t.Fatalf("got %d: %s", got.Status, got.Body)
		}
		s.WaitIdle()
	}
	if n := len(letters(t, s, true)); n != accepted {
		t.Errorf("%d were told, %d got a 2xx, and there are %d letters", told, accepted, n)
	}
}

// An update goes back when it is refused; a retry brings it, unless the client has said something else since.
func TestDeadLetterOfAnUpdate(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: impatient})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.WaitIdle()
	refuse := func(role string) *store.DeadLetter {
		refuses(s, http.StatusConflict)
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"`+role+`"`))
		s.WaitIdle()
		return one(t, s)
	}
	l := refuse("chief")
	if _, err := s.Tenant().RetryLetter(t.Context(), l.ID, "ops"); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil).Get("name.familyName").Str; got != "chief" {
		t.Errorf("after the retry a read shows %q", got)
	}
	if got := s.App("GET", "/members?login=ann@acme.example", nil).Get("members.0.full_name").Str; got != "ann chief" {
		t.Errorf("after the retry the application has %q", got)
	}
	l = refuse("admin")
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Guest"`))
	s.WaitIdle()
	if _, err := s.Tenant().RetryLetter(t.Context(), l.ID, "ops"); !errors.Is(err, adapter.ErrLetterSuperseded) {
		t.Errorf("a retry of what the client has changed since: %v", err)
	}
	if done, err := s.Tenant().DeadLetter(t.Context(), l.ID); err != nil || done.State != store.LetterSuperseded {
		t.Errorf("the letter is %+v (%v)", done, err)
	}
	l = refuse("owner")
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	s.WaitIdle()
	if err := s.Tenant().TendLetters(t.Context()); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Tenant().DeadLetter(t.Context(), l.ID); err != nil || done.State != store.LetterSuperseded {
		t.Errorf("the letter of somebody deleted is %+v (%v)", done, err)
	}
	if got := alarms(t, s); got != "" {
		t.Errorf("the alarms are %q", got)
	}
}

// Refusals of one resource make one letter; discarding it takes a reason, and is kept as long as the journal.
func TestDiscardALetter(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := adaptertest.Start(t, adaptertest.Options{Clock: clock.Now, Configure: impatient})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.WaitIdle()
	for range 3 {
		refuses(s, http.StatusConflict)
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Chief"`))
		s.WaitIdle()
	}
	l := one(t, s)
	if l.Attempts != 3 || len(l.Operations) != 3 {
		t.Errorf("the letter is %+v", l)
	}
	done, err := s.Tenant().DiscardLetter(t.Context(), l.ID, "ops", "she is no chief")
	if err != nil || done.State != store.LetterDiscarded || done.Reason != "she is no chief" {
		t.Errorf("discarded, the letter is %+v (%v)", done, err)
	}
	if _, err := s.Tenant().DiscardLetter(t.Context(), l.ID, "ops", "again"); !errors.Is(err, adapter.ErrLetterClosed) {
		t.Errorf("discarded again: %v", err)
	}
	if n := len(letters(t, s, true)); n != 1 || len(letters(t, s, false)) != 0 {
		t.Errorf("there are %d letters", n)
	}
	clock.Advance(adapter.DefaultJournalKeep + time.Hour)
	if err := s.Tenant().TendLetters(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(letters(t, s, true)); n != 0 {
		t.Errorf("after all that time there are %d letters", n)
	}
}

// The policy and the rules judge a retry as they would judge the client.
func TestRetryIsJudged(t *testing.T) {
	t.Parallel()
	opts := adaptertest.Options{Configure: impatient}
	s := adaptertest.Start(t, opts)
	refuses(s, http.StatusUnprocessableEntity)
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	s.WaitIdle()
	l := one(t, s)
	s.Use(adaptertest.Options{Configure: func(c *adapter.TenantConfig) { impatient(c); c.Hold = append(c.Hold, "create") }})
	if _, err := s.Tenant().RetryLetter(t.Context(), l.ID, "ops"); err != nil {
		t.Fatal(err)
	}
	list, err := s.Tenant().Approvals(t.Context(), false)
	if err != nil || len(list) != 1 || list[0].ResourceID != l.ResourceID {
		t.Errorf("the approvals are %+v (%v)", list, err)
	}
}

func TestRetryAll(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: impatient})
	for i := range 30 {
		refuses(s, []int{http.StatusUnprocessableEntity, http.StatusForbidden}[i%2])
		s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprint("u", i)))
		s.WaitIdle()
	}
	total := 0
	for after, more := "", true; more; {
		r, err := s.Tenant().RetryLetters(t.Context(), adapter.LetterFilter{Status: http.StatusForbidden}, after, "ops")
		if err != nil || r.Failed != 0 {
			t.Fatalf("the retry came to %+v (%v)", r, err)
		}
		total += r.Retried
		after, more = r.Next, r.Next != ""
	}
	s.WaitIdle()
	if n := len(s.App("GET", "/members", nil).Get("members").Array()); total != 15 || n != 15 || len(letters(t, s, false)) != 15 {
		t.Errorf("%d were retried, the application has %d", total, n)
	}
}

// What is given up stays as it is desired, waits for nobody, and is taken up again by a retry or the next change.
func TestGiveUp(t *testing.T) {
	t.Parallel()
	for _, resume := range []string{"retry", "change", "restart and retry"} {
		t.Run(resume, func(t *testing.T) {
			t.Parallel()
			clock := clocktest.New()
			opts := adaptertest.Options{Clock: clock.Now, Configure: func(c *adapter.TenantConfig) { impatient(c); c.GiveUp = time.Hour }, App: adaptertest.NewApp()}
			s := adaptertest.Start(t, opts)
			faults(s, http.StatusServiceUnavailable, 1<<30)
			id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
			until(t, clock, func() bool { return s.Tenant().Backlog() == 0 })
			l := one(t, s)
			if !l.GivenUp || l.Action != "create" || l.Status != http.StatusServiceUnavailable {
				t.Errorf("the letter is %+v", l)
			}
			s.Want(http.StatusOK, "GET", "/Users/"+id, nil)
			faults(s, 0, 0)
			switch resume {
			case "change":
				s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Chief"`))
			case "restart and retry":
				s.Stop()
				opts.Dir = s.Dir
				s = adaptertest.Start(t, opts)
				fallthrough
			default:
				if _, err := s.Tenant().RetryLetter(t.Context(), l.ID, "ops"); err != nil {
					t.Fatal(err)
				}
			}
			s.WaitIdle()
			if n := len(s.App("GET", "/members?login=ann@acme.example", nil).Get("members").Array()); n != 1 {
				t.Errorf("the application has %d of them", n)
			}
			if err := s.Tenant().TendLetters(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := len(letters(t, s, false)); n != 0 {
				t.Errorf("%d letters are open", n)
			}
		})
	}
}

// until moves the clock until cond holds.
func until(t *testing.T, clock *clocktest.Clock, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !cond() {
		clock.Advance(10 * time.Minute)
		select {
		case <-ctx.Done():
			t.Fatal("it never came to that")
		case <-time.After(time.Millisecond): // the dispatcher looks at the real time between its tries
		}
	}
}

// Taking access away is never given up.
func TestRevocationIsNotGivenUp(t *testing.T) {
	t.Parallel()
	clock := clocktest.New()
	s := adaptertest.Start(t, adaptertest.Options{Clock: clock.Now, Configure: func(c *adapter.TenantConfig) { impatient(c); c.GiveUp = time.Minute }})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.WaitIdle()
	faults(s, http.StatusServiceUnavailable, 20)
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	until(t, clock, func() bool { return s.Tenant().Backlog() == 0 })
	if n := len(s.App("GET", "/members?login=ann@acme.example", nil).Get("members").Array()); n != 0 || len(letters(t, s, true)) != 0 {
		t.Errorf("the application has %d of them", n)
	}
}

// Members that are refused behind the client's back, and what the client says of them since.
func TestDeadLetterOfMembers(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: impatient})
	var ids []string
	for _, name := range []string{"ann", "bob", "cid"} {
		ids = append(ids, s.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str)
	}
	s.WaitIdle()
	group := s.Want(http.StatusCreated, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"team"}`).Get("id").Str
	s.WaitIdle()
	patch := func(op, id string) {
		t.Helper()
		s.Want(http.StatusNoContent, "PATCH", "/Groups/"+group, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"`+op+`","path":"members","value":[{"value":"`+id+`"}]}]}`)
		s.WaitIdle()
	}
	for _, id := range ids {
		refuses(s, http.StatusUnprocessableEntity)
		patch("add", id)
	}
	if l := one(t, s); len(l.Members) != 3 || l.Action != "add_members" {
		t.Fatalf("the letter is %+v", l)
	}
	patch("remove", ids[0]) // who is no member, by the application's word; now by the client's too
	patch("add", ids[1])
	l := one(t, s)
	if len(l.Members) != 1 || l.Members[0].Member != ids[2] {
		t.Fatalf("after changes of two the letter is %+v", l)
	}
	if _, err := s.Tenant().RetryLetter(t.Context(), l.ID, "ops"); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	got := s.Want(http.StatusOK, "GET", "/Groups/"+group, nil).Get("members.#.value").Raw
	if strings.Contains(got, ids[0]) || !strings.Contains(got, ids[1]) || !strings.Contains(got, ids[2]) {
		t.Errorf("the members are %s, want %s and %s", got, ids[1], ids[2])
	}
}

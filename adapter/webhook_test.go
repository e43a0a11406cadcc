package adapter_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/webhook"
)

// Secrets of webhooks.
var (
	firstSecret  = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the first secret of a webhook...."))
	secondSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the second secret of a webhook..."))
)

// receiver is a real one: it believes nothing whose signature is not right, and knows what it has seen.
type receiver struct {
	*httptest.Server
	secret string

	mu     sync.Mutex
	status int // what it answers, 204 for 0
	tries  int
	taken  []gjson.Result
	have   map[string]bool   // the ids that it has taken
	seen   map[string]string // id → body, of all that it was sent
	bad    error
	more   chan struct{} // closed at the next request
}

func newReceiver(t *testing.T, secret string) *receiver {
	t.Helper()
	r := &receiver{secret: secret, have: map[string]bool{}, seen: map[string]string{}, more: make(chan struct{})}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		err = verifyNotice(r.secret, req.Header, body)
	}
	id := req.Header.Get("webhook-id")
	if was, again := r.seen[id]; again && was != string(body) {
		err = fmt.Errorf("the notice %s has changed", id)
	}
	r.bad = errors.Join(r.bad, err)
	r.tries++
	close(r.more)
	r.more = make(chan struct{})
	if err == nil && r.status == 0 {
		if !r.have[id] {
			r.taken = append(r.taken, gjson.ParseBytes(body))
		}
		r.have[id] = true
	}
	r.seen[id] = string(body)
	if r.status != 0 {
		w.WriteHeader(r.status)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// verifyNotice is the example of docs/alarms.md.
func verifyNotice(secret string, header http.Header, body []byte) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(header.Get("webhook-id") + "." + header.Get("webhook-timestamp") + "." + string(body)))
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, got := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(got), []byte(want)) {
			return nil
		}
	}
	return errors.New("the signature is wrong")
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	r.status = status
	r.mu.Unlock()
}

// until waits until cond holds, looking at each request.
func (r *receiver) until(t *testing.T, cond func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		r.mu.Lock()
		ok, more := cond(), r.more
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("it never came to that; taken: %v", r.taken)
		}
	}
}

// wait returns the first n notices.
func (r *receiver) wait(t *testing.T, n int) []gjson.Result {
	t.Helper()
	r.until(t, func() bool { return len(r.taken) >= n })
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bad != nil {
		t.Fatal(r.bad)
	}
	return slices.Clone(r.taken)
}

// hook configures a webhook to a receiver.
func hook(t *testing.T, r *receiver, secrets []string, change ...func(*adapter.WebhookConfig)) func(*adapter.TenantConfig) {
	return func(c *adapter.TenantConfig) {
		s, err := webhook.New(webhook.Config{URL: r.URL, Secrets: secrets})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		w := adapter.WebhookConfig{Name: "ops", Sender: s, RetryMin: time.Millisecond, RetryMax: 10 * time.Millisecond}
		for _, fn := range change {
			fn(&w)
		}
		c.Webhooks = append(c.Webhooks, w)
	}
}

func TestAlarmIsRaisedAndClearedOnce(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, firstSecret)
	clock := clocktest.New()
	s := adaptertest.Start(t, adaptertest.Options{Configure: hook(t, r, []string{firstSecret}), Clock: clock.Now})
	tenant := s.Tenant()
	begin := clock.Now()
	for range 3 {
		if err := tenant.Raise(t.Context(), adapter.Alarm{Kind: adapter.AlarmDrift, Subject: "run", Text: "3 accounts differ"}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
	}
	list, err := tenant.Alarms(t.Context())
	want := adapter.Alarm{Kind: adapter.AlarmDrift, Subject: "run", Text: "3 accounts differ", Since: begin, Last: begin.Add(2 * time.Minute), Count: 3}
	if err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("the alarms are %+v (%v), want %+v", list, err, want)
	}
	for range 2 {
		if err := tenant.Clear(t.Context(), adapter.AlarmDrift, "run"); err != nil {
			t.Fatal(err)
		}
	}
	if list, err = tenant.Alarms(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("after it was cleared the alarms are %+v (%v)", list, err)
	}
	got := r.wait(t, 2)
	for i, kind := range []string{"alarm.raised", "alarm.cleared"} {
		n := got[i]
		if n.Get("type").Str != kind || n.Get("tenant").Str != "acme" || n.Get("data.kind").Str != "drift" || n.Get("data.subject").Str != "run" || n.Get("timestamp").Str == "" {
			t.Errorf("notice %d is %s", i, n.Raw)
		}
	}
	if got[1].Get("data.count").Int() != 3 {
		t.Errorf("the last notice is %s", got[1].Raw)
	}
}

// A receiver that is down gets all of it, once, in order, also from the next process.
func TestNoticesWaitForTheReceiver(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, firstSecret)
	r.answer(http.StatusServiceUnavailable)
	opts := adaptertest.Options{Configure: hook(t, r, []string{firstSecret})}
	s := adaptertest.Start(t, opts)
	const n = 20
	for i := range n {
		if err := s.Tenant().Notify(t.Context(), adapter.NoticeImportFinished, "", map[string]int{"n": i}); err != nil {
			t.Fatal(err)
		}
	}
	r.until(t, func() bool { return r.tries >= 3 })
	s.Stop()
	opts.Dir = s.Dir
	adaptertest.Start(t, opts)
	r.until(t, func() bool { return r.tries >= 5 })
	r.answer(0)
	for i, got := range r.wait(t, n) {
		if got.Get("data.n").Int() != int64(i) {
			t.Errorf("notice %d is %s", i, got.Raw)
		}
	}
}

func TestWebhookGetsOnlyWhatItAsksFor(t *testing.T) {
	t.Parallel()
	r, all := newReceiver(t, firstSecret), newReceiver(t, firstSecret)
	one := hook(t, r, []string{firstSecret}, func(w *adapter.WebhookConfig) { w.Only = []adapter.NoticeKind{adapter.NoticeApprovalWaiting} })
	two := hook(t, all, []string{firstSecret}, func(w *adapter.WebhookConfig) { w.Name = "all" })
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { one(c); two(c) }})
	for _, kind := range []adapter.NoticeKind{adapter.NoticeImportFinished, adapter.NoticeApprovalWaiting} {
		if err := s.Tenant().Notify(t.Context(), kind, "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := all.wait(t, 2); got[0].Get("type").Str != "import.finished" || got[1].Get("type").Str != "approval.waiting" {
		t.Errorf("the webhook for all got %v", got)
	}
	if got := r.wait(t, 1); got[0].Get("type").Str != "approval.waiting" {
		t.Errorf("the webhook for approvals got %v", got)
	}
}

// While a secret is replaced, receivers with either of the two believe what they get.
func TestSecretRotation(t *testing.T) {
	t.Parallel()
	before, after := newReceiver(t, firstSecret), newReceiver(t, secondSecret)
	both := []string{secondSecret, firstSecret}
	one := hook(t, before, both)
	two := hook(t, after, both, func(w *adapter.WebhookConfig) { w.Name = "new" })
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { one(c); two(c) }})
	if err := s.Tenant().Notify(t.Context(), adapter.NoticeImportFinished, "", nil); err != nil {
		t.Fatal(err)
	}
	before.wait(t, 1)
	after.wait(t, 1)
}

// What is too much is dropped, the oldest first, and the receiver is told how much.
func TestNoticesAreBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		advance time.Duration
		want    string // the types and numbers that arrive
	}{
		{"too many", 0, "dropped 17, 17, 18, 19"},
		{"too old", 73 * time.Hour, "dropped 20"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, firstSecret)
			r.answer(http.StatusInternalServerError)
			clock := clocktest.New()
			s := adaptertest.Start(t, adaptertest.Options{
				Clock: clock.Now, Configure: hook(t, r, []string{firstSecret}, func(w *adapter.WebhookConfig) {
					if test.advance == 0 {
						w.MaxQueued = 4
					}
				}),
			})
			for i := range 20 {
				if err := s.Tenant().Notify(t.Context(), adapter.NoticeImportFinished, "", map[string]int{"n": i}); err != nil {
					t.Fatal(err)
				}
				if i == 10 && test.advance == 0 {
					if err := s.Tenant().TendNotices(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
			clock.Advance(test.advance)
			if err := s.Tenant().TendNotices(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.answer(0)
			var got []string
			for _, n := range r.wait(t, 1+strings.Count(test.want, ",")) {
				if n.Get("type").Str == "notices.dropped" {
					got = append(got, "dropped "+n.Get("data.count").Raw)
				} else {
					got = append(got, n.Get("data.n").Raw)
				}
			}
			if list := strings.Join(got, ", "); list != test.want {
				t.Errorf("it gets %s, want %s", list, test.want)
			}
		})
	}
}

// A notice that the receiver will not have does not keep the others from it for ever.
func TestUnwantedNoticeIsDropped(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, firstSecret)
	r.answer(http.StatusUnprocessableEntity)
	s := adaptertest.Start(t, adaptertest.Options{Configure: hook(t, r, []string{firstSecret})})
	if err := s.Tenant().Notify(t.Context(), adapter.NoticeImportFinished, "", nil); err != nil {
		t.Fatal(err)
	}
	r.until(t, func() bool { return len(r.seen) == 2 }) // it is told that one was dropped
	r.answer(0)
	if got := r.wait(t, 1); got[0].Get("type").Str != "notices.dropped" || got[0].Get("data.count").Int() != 1 {
		t.Errorf("it gets %v", got)
	}
}

// A test goes to the receivers at once, also to one whose queue is stuck.
func TestTestNotice(t *testing.T) {
	t.Parallel()
	r, down := newReceiver(t, firstSecret), newReceiver(t, firstSecret)
	down.answer(http.StatusTeapot)
	one, two := hook(t, r, []string{firstSecret}), hook(t, down, []string{firstSecret}, func(w *adapter.WebhookConfig) { w.Name = "down" })
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { one(c); two(c) }})
	got, err := s.Tenant().TestWebhooks(t.Context())
	if err != nil || len(got) != 2 || !got[0].Taken || got[1].Taken || got[1].Status != http.StatusTeapot {
		t.Errorf("the test says %+v (%v)", got, err)
	}
	if n := r.wait(t, 1); n[0].Get("type").Str != "webhook.test" {
		t.Errorf("it gets %v", n)
	}
	states, err := s.Tenant().Webhooks(t.Context())
	if err != nil || len(states) != 2 || states[0].Name != "ops" || states[1].Queued != 0 {
		b, _ := json.Marshal(states)
		t.Errorf("the webhooks are %s (%v)", b, err)
	}
}

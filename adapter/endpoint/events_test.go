package endpoint_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/scim"
)

func TestEventsOfAUsersLife(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(adapter.StreamConfig{Name: "audit"})})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","path":"name.familyName","value":"Secretname"}]}`)
	s.Want(http.StatusOK, "PUT", "/Users/"+id, strings.Replace(user("ann"), `"Doe"`, `"Othername"`, 1))
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive("false"))
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive("false")) // nothing changes
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive("true"))
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)

	events := poll(t, s, "audit", `{"returnImmediately":true}`)
	var got []string
	seen := map[string]bool{}
	for _, e := range events {
		got = append(got, kinds(e))
		for claim, want := range map[string]string{
			"iss": issuer, "aud": issuer + "/Events/poll/audit?tenant=acme", "sub_id.format": "scim", "sub_id.uri": "/Users/" + id, "sub_id.externalId": "ext-ann",
		} {
			if e.Get(claim).Str != want {
				t.Errorf("%s is %q, want %q", claim, e.Get(claim), want)
			}
		}
		for _, name := range []string{"jti", "txn"} {
			if v := e.Get(name).Str; v == "" || seen[v] {
				t.Errorf("%s %q is empty or there twice", name, v)
			} else {
				seen[v] = true
			}
		}
		if e.Get("iat").Int() == 0 || e.Get("toe").Int() == 0 || e.Get("toe").Int() > e.Get("iat").Int() || e.Get("sub").Exists() {
			t.Errorf("times or subject are wrong in %s", e.Raw)
		}
		for _, value := range []string{"ann@acme.example", "Secretname", "Othername", "Doe"} {
			if strings.Contains(e.Raw, value) {
				t.Errorf("the event holds %q: %s", value, e.Raw)
			}
		}
	}
	want := []string{
		"prov:create:notice", "prov:patch:notice", "prov:put:notice", "prov:deactivate prov:patch:notice",
		"prov:activate prov:patch:notice", "prov:delete",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("events differ (-want +got):\n%s", diff)
	}
	if p := payload(events[1], scim.EventPatch); p.Get("attributes").Raw != `["name.familyName"]` || p.Get("version").Str != `W/"2"` {
		t.Errorf("the patch says %s", p.Raw)
	}
	if p := payload(events[5], scim.EventDelete); p.Raw != "{}" {
		t.Errorf("the delete says %s", p.Raw)
	}
}

func TestEventsOfGroups(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(adapter.StreamConfig{Name: "audit", Events: []string{scim.EventCreate, scim.EventPatch, scim.EventDelete}})})
	ann := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	id := s.Want(http.StatusCreated, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Crew","externalId":"g-1"}`).Get("id").Str
	add := `{"Operations":[{"op":"add","path":"members","value":[{"value":"` + ann + `"}]}]}`
	s.Want(http.StatusNoContent, "PATCH", "/Groups/"+id, add)
	s.Want(http.StatusNoContent, "PATCH", "/Groups/"+id, add) // nothing changes
	s.Want(http.StatusNoContent, "DELETE", "/Groups/"+id, nil)
	s.WaitIdle()
	var got []string
	for _, e := range poll(t, s, "audit", `{"returnImmediately":true}`) {
		if e.Get("sub_id.uri").Str != "/Groups/"+id {
			continue
		}
		if e.Get("sub_id.externalId").Str != "g-1" || strings.Contains(e.Raw, "Crew") || strings.Contains(e.Raw, ann) {
			t.Errorf("the event says %s", e.Raw)
		}
		got = append(got, kinds(e)+" "+payload(e, scim.EventPatch).Get("attributes").Raw)
	}
	if diff := cmp.Diff([]string{"prov:create:notice ", `prov:patch:notice ["members"]`, "prov:delete "}, got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

func TestPollUntilAcknowledged(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(adapter.StreamConfig{Name: "audit"})})
	for _, name := range []string{"ann", "bob", "cid"} {
		s.Want(http.StatusCreated, "POST", "/Users", user(name))
	}
	first := poll(t, s, "audit", `{"maxEvents":2,"returnImmediately":true}`)
	again := poll(t, s, "audit", `{"maxEvents":2,"returnImmediately":true}`)
	if len(first) != 2 || len(again) != 2 || first[0].Get("jti").Str != again[0].Get("jti").Str || first[0].Raw != again[0].Raw {
		t.Fatalf("what was not acknowledged did not come again: %v, then %v", first, again)
	}
	more := func(body string) bool {
		return s.Want(200, "POST", "/Events/poll/audit", body).Get("moreAvailable").Bool()
	}
	if !more(`{"maxEvents":2,"returnImmediately":true}`) || more(`{"maxEvents":3,"returnImmediately":true}`) {
		t.Error("moreAvailable is wrong")
	}
	ack := fmt.Sprintf(`{"ack":[%q,"no-such-event"],"setErrs":{%q:{"err":"invalid_request","description":"d"},"nor-this":{}},"maxEvents":0,"returnImmediately":true}`,
		first[0].Get("jti").Str, first[1].Get("jti").Str)
	if got := s.Want(200, "POST", "/Events/poll/audit", ack); got.Get("sets").Raw != "{}" || !got.Get("moreAvailable").Bool() {
		t.Errorf("acknowledging answers %s", got.Body)
	}
	rest := poll(t, s, "audit", `{"returnImmediately":true}`)
	if len(rest) != 1 {
		t.Fatalf("%d events are left, want 1", len(rest))
	}
	// Waiting with maxEvents 0 ends at once where there is something.
	if !more(`{"maxEvents":0}`) {
		t.Error("a long poll for nothing does not say that there is more")
	}
	if left := poll(t, s, "audit", fmt.Sprintf(`{"ack":[%q],"returnImmediately":true}`, rest[0].Get("jti").Str)); len(left) != 0 {
		t.Errorf("left after all is acknowledged: %v", left)
	}
}

func TestPollIsChecked(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(adapter.StreamConfig{Name: "audit"}, rec.stream(t, "pushed"))})
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/Events/poll/none", `{}`, http.StatusNotFound},
		{"POST", "/Events/poll/pushed", `{}`, http.StatusNotFound},
		{"POST", "/Events/poll/", `{}`, http.StatusMethodNotAllowed},
		{"POST", "/Events/poll/audit/x", `{}`, http.StatusNotFound},
		{"POST", "/Events/poll/audit?tenant=acme", `{"returnImmediately":true}`, http.StatusOK}, // as its audience says
		{"GET", "/Events/poll/audit", ``, http.StatusMethodNotAllowed},
		{"POST", "/Events/poll/audit", `[]`, http.StatusBadRequest},
		{"POST", "/Events/poll/audit", `{"maxEvents":-1}`, http.StatusBadRequest},
		{"POST", "/Events/poll/audit", `{"maxEvents":"1"}`, http.StatusBadRequest},
		{"POST", "/Events/poll/audit", `{"ack":"x"}`, http.StatusBadRequest},
		{"POST", "/Events/poll/audit", `{"ack":["x"` + strings.Repeat(`,"x"`, 10_000) + `]}`, http.StatusBadRequest},
		{"POST", "/Events/jwks.json", `{}`, http.StatusMethodNotAllowed},
		{"GET", "/Events", ``, http.StatusNotFound},
		{"GET", "/Events/x/y", ``, http.StatusNotFound},
		{"DELETE", "/Events/x", ``, http.StatusMethodNotAllowed},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		if got := s.Do(c.method, c.path, body); got.Status != c.want {
			t.Errorf("%s %s %.40s: %d, want %d: %s", c.method, c.path, c.body, got.Status, c.want, got.Body)
		}
	}
	// The other tenant has no stream, whatever this one's are called.
	if got, err := s.Send("POST", s.URL+"/Events/poll/audit", `{}`, "Authorization", "Bearer "+adaptertest.OtherToken); err != nil || got.Status != http.StatusNotFound {
		t.Errorf("another tenant polls: %d %v", got.Status, err)
	}
	if got, err := s.Send("POST", s.URL+"/Events/poll/audit", `{}`); err != nil || got.Status != http.StatusUnauthorized {
		t.Errorf("nobody polls: %d %v", got.Status, err)
	}
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(adapter.StreamConfig{Name: "audit"})})
	ask := func(ctx context.Context) <-chan adapter.Polled {
		out := make(chan adapter.Polled, 1)
		go func() {
			got, err := s.Tenant().Poll(ctx, "audit", adapter.Poll{Max: -1, Wait: true})
			if err == nil {
				out <- got
			}
			close(out)
		}()
		return out
	}
	first, second := ask(t.Context()), ask(t.Context())
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	for _, ch := range []<-chan adapter.Polled{first, second} {
		got := <-ch
		if len(got.Sets) != 1 {
			t.Fatalf("a waiting poll got %v", got)
		}
		for jti := range got.Sets {
			poll(t, s, "audit", fmt.Sprintf(`{"ack":[%q],"returnImmediately":true}`, jti))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := ask(ctx)
	cancel()
	if _, ok := <-gone; ok {
		t.Error("a poll whose client has gone was answered")
	}
}

// Nobody is there to end the wait, so that the server can close, but the server itself.
func TestLongPollEndsWithTheServer(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(adapter.StreamConfig{Name: "audit"})})
	for name, end := range map[string]func(context.Context) (context.Context, func()){
		"closing": func(ctx context.Context) (context.Context, func()) {
			done := make(chan struct{})
			return endpoint.WithClosing(ctx, done), func() { close(done) }
		},
		"closed engine": func(ctx context.Context) (context.Context, func()) {
			return ctx, func() { _ = s.Engine.Close() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := end(t.Context())
			req, err := http.NewRequestWithContext(ctx, "POST", endpoint.DefaultBasePath+"/Events/poll/audit", strings.NewReader(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+adaptertest.Token)
			w := newRecorder()
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				s.Handler.ServeHTTP(w, req)
			}()
			stop()
			<-answered
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"sets":{}`) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestStreamsGetWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	streams := []adapter.StreamConfig{
		{Name: "all"}, {Name: "leavers", Events: []string{scim.EventDeactivate, scim.EventDelete}, Audience: []string{"a", "b"}},
	}
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(streams...)})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive("false"))
	all, leavers := poll(t, s, "all", `{"returnImmediately":true}`), poll(t, s, "leavers", `{"returnImmediately":true}`)
	if len(all) != 2 || len(leavers) != 1 || kinds(leavers[0]) != "prov:deactivate" || leavers[0].Get("aud").Raw != `["a","b"]` {
		t.Fatalf("all: %v; leavers: %v", all, leavers)
	}
	if all[1].Get("txn").Str != leavers[0].Get("txn").Str || all[1].Get("jti").Str == leavers[0].Get("jti").Str {
		t.Error("two tokens about one change must have one txn and two jtis")
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(adapter.StreamConfig{Name: "audit"})})
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	set := func() string {
		var out string
		s.Want(200, "POST", "/Events/poll/audit", `{"returnImmediately":true}`).Get("sets").ForEach(func(_, v gjson.Result) bool {
			out = v.Str
			return false
		})
		return out
	}
	before := set()
	if err := s.Engine.RotateEventKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := set()
	verify(t, s, before)
	verify(t, s, after)
	if a, b := strings.Split(before, ".")[0], strings.Split(after, ".")[0]; a == b {
		t.Error("the same key signs after the rotation")
	}
	resp, err := s.Send("GET", s.URL+"/Events/jwks.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := resp.Get("keys.#").Int(); n != 2 {
		t.Errorf("%d keys are shown, want 2", n)
	}
	if strings.Contains(resp.Body, `"d"`) {
		t.Error("a private key is shown")
	}
}

// Events that nobody takes go when they are too old, and the oldest when they are too many.
func TestQueuesAreBounded(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	rec := newReceiver(t, nil)
	opts := adaptertest.Options{Clock: clock, Configure: func(c *adapter.TenantConfig) {
		c.Events = &adapter.EventsConfig{
			Issuer: issuer, MaxQueued: 2, PollWait: time.Minute, Retention: time.Hour,
			Streams: []adapter.StreamConfig{{Name: "audit"}, rec.stream(t, "siem")},
		}
	}}
	s := adaptertest.Start(t, opts)
	want := func(n int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for ctx.Err() == nil {
			if len(poll(t, s, "audit", `{"returnImmediately":true}`)) == n {
				return
			}
			s.Use(opts) // a new configuration looks after the queues
		}
		t.Fatalf("the queue does not come down to %d", n)
	}
	for _, name := range []string{"ann", "bob", "cid", "dan"} {
		s.Want(http.StatusCreated, "POST", "/Users", user(name))
	}
	want(2)
	left := poll(t, s, "audit", `{"returnImmediately":true}`)
	for i, e := range left {
		id := strings.TrimPrefix(e.Get("sub_id.uri").Str, "/Users/")
		if name := s.Want(200, "GET", "/Users/"+id, nil).Get("externalId").Str; name != []string{"ext-cid", "ext-dan"}[i] {
			t.Errorf("left is %s", name)
		}
	}
	ahead.Store(int64(2 * time.Hour))
	want(0)
}

func TestEventsAreAdvertised(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	got := s.Want(200, "GET", "/ServiceProviderConfig", nil).Get("securityEvents")
	if got.Get("asyncRequest").Str != "request" || got.Get("eventUris.#").Int() != int64(len(scim.EventURIs())) {
		t.Errorf("securityEvents says %s", got.Raw)
	}
}

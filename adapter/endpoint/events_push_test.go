package endpoint_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

func TestPushInOrderUntilAccepted(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, func(n int64, w http.ResponseWriter) {
		switch n {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		case 3:
			refuse(w, "access_denied") // somebody will mend that
		case 5:
			refuse(w, "invalid_request") // nobody can mend that
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	})
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(rec.stream(t, "siem"))})
	ids := map[string]string{}
	for _, name := range []string{"ann", "bob", "cid"} {
		ids[name] = "/Users/" + s.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str
	}
	var last gjson.Result
	for i, name := range []string{"ann", "ann", "ann", "ann", "bob", "cid"} {
		p := <-rec.got
		claims := verify(t, s, p.set)
		if got := claims.Get("sub_id.uri").Str; got != ids[name] {
			t.Fatalf("the event number %d is about %s, want %s", i+1, got, name)
		}
		if i > 0 && i < 4 && claims.Get("jti").Str != last.Get("jti").Str {
			t.Errorf("the same event came under another jti")
		}
		last = claims
		for header, want := range map[string]string{
			"Content-Type": "application/secevent+jwt", "Accept": "application/json", "Authorization": "Bearer of-the-receiver",
		} {
			if got := p.header.Get(header); got != want {
				t.Errorf("%s: %q, want %q", header, got, want)
			}
		}
		if claims.Get("aud").Str != "https://receiver.example" {
			t.Errorf("aud is %s", claims.Get("aud"))
		}
	}
}

// What is queued when the process ends is sent by the next one.
func TestPushAfterARestart(t *testing.T) {
	t.Parallel()
	var up atomic.Bool
	rec := newReceiver(t, func(_ int64, w http.ResponseWriter) {
		if up.Load() {
			w.WriteHeader(http.StatusAccepted)
		} else {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	opts := adaptertest.Options{Dir: t.TempDir(), App: adaptertest.NewApp(), Configure: withStreams(rec.stream(t, "siem"))}
	s := adaptertest.Start(t, opts)
	var want []string
	for _, name := range []string{"ann", "bob", "cid"} {
		want = append(want, "/Users/"+s.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str)
	}
	before := verify(t, s, (<-rec.got).set).Get("jti").Str
	s.Stop()
	up.Store(true)
	for range len(rec.got) {
		<-rec.got
	}
	s = adaptertest.Start(t, opts)
	var got []string
	for last := ""; len(got) < len(want); {
		claims := verify(t, s, (<-rec.got).set)
		if len(got) == 0 && claims.Get("jti").Str != before {
			t.Errorf("after the restart the event has another jti")
		}
		if jti := claims.Get("jti").Str; jti != last { // the receiver may have been at the first one when the process ended
			last = jti
			got = append(got, claims.Get("sub_id.uri").Str)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

package endpoint_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/event"
)

const issuer = "https://scim.example.com/scim/v2"

// withStreams gives tenant acme streams.
func withStreams(streams ...adapter.StreamConfig) func(*adapter.TenantConfig) {
	return func(c *adapter.TenantConfig) {
		c.Events = &adapter.EventsConfig{Issuer: issuer, Streams: streams}
	}
}

// verify checks a SET as a receiver does, by the keys that the server shows, and returns its claims.
func verify(t testing.TB, s *adaptertest.Stack, set string) gjson.Result {
	t.Helper()
	resp, err := s.Send("GET", s.URL+"/Events/jwks.json", nil)
	if err != nil || resp.Status != http.StatusOK {
		t.Fatalf("the keys: %d %v", resp.Status, err)
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(resp.Body), &keys); err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSigned(set, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatalf("%v in %q", err, set)
	}
	header := jws.Signatures[0].Header
	if typ := header.ExtraHeaders[jose.HeaderType]; typ != "secevent+jwt" {
		t.Errorf("typ is %v", typ)
	}
	found := keys.Key(header.KeyID)
	if len(found) != 1 {
		t.Fatalf("the key %q is not among those shown: %s", header.KeyID, resp.Body)
	}
	if !found[0].IsPublic() {
		t.Fatal("a private key is shown")
	}
	claims, err := jws.Verify(found[0])
	if err != nil {
		t.Fatalf("the signature: %v", err)
	}
	return gjson.ParseBytes(claims)
}

// poll asks a stream for events and returns their claims, the oldest first.
func poll(t testing.TB, s *adaptertest.Stack, stream, body string) []gjson.Result {
	t.Helper()
	resp := s.Want(http.StatusOK, "POST", "/Events/poll/"+stream, body, "Content-Type", "application/json")
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	var in struct {
		Sets map[string]string `json:"sets"`
	}
	if err := json.Unmarshal([]byte(resp.Body), &in); err != nil || in.Sets == nil {
		t.Fatalf("%v in %s", err, resp.Body)
	}
	var out []gjson.Result
	for _, jti := range slices.Sorted(maps.Keys(in.Sets)) {
		claims := verify(t, s, in.Sets[jti])
		if claims.Get("jti").Str != jti {
			t.Errorf("the event %s says that it is %s", jti, claims.Get("jti"))
		}
		out = append(out, claims)
	}
	return out
}

// kinds lists the events of a SET by the ends of their URIs, sorted.
func kinds(claims gjson.Result) string {
	var out []string
	claims.Get("events").ForEach(func(uri, _ gjson.Result) bool {
		_, short, _ := strings.Cut(uri.Str, "urn:ietf:params:scim:event:")
		out = append(out, short)
		return true
	})
	slices.Sort(out)
	return strings.Join(out, " ")
}

// payload returns what an event says by its URI.
func payload(claims gjson.Result, uri string) gjson.Result {
	return claims.Get("events").Get(strings.ReplaceAll(uri, ".", `\.`))
}

// receiver takes pushed events on a port of its own.
type receiver struct {
	*httptest.Server
	got    chan pushed
	answer func(n int64, w http.ResponseWriter) // answers the n-th event, 1 the first; 202 by default
	n      atomic.Int64
}

type pushed struct {
	set    string
	header http.Header
}

func newReceiver(t testing.TB, answer func(n int64, w http.ResponseWriter)) *receiver {
	r := &receiver{got: make(chan pushed, 1000), answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		n := r.n.Add(1)
		if r.answer != nil {
			r.answer(n, w)
		} else {
			w.WriteHeader(http.StatusAccepted)
		}
		r.got <- pushed{string(body), req.Header}
	}))
	t.Cleanup(r.Close)
	return r
}

// stream pushes to the receiver.
func (r *receiver) stream(t testing.TB, name string) adapter.StreamConfig {
	t.Helper()
	p, err := event.NewPusher(event.PushConfig{URL: r.URL + "/events", Header: http.Header{"Authorization": {"Bearer of-the-receiver"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return adapter.StreamConfig{Name: name, Audience: []string{"https://receiver.example"}, Push: p}
}

// refuse answers as RFC 8935 section 2.3 says.
func refuse(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, `{"err":"`+code+`","description":"no"}`)
}

// outage lets an application be unreachable.
type outage struct{ down atomic.Bool }

func (o *outage) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

package endpoint_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
)

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// wantAccepted checks a 202 and returns where its event is, below the SCIM root, and the transaction.
func wantAccepted(t testing.TB, s *adaptertest.Stack, resp adaptertest.Response) (location, txn string) {
	t.Helper()
	txn = resp.Header.Get("Set-Txn")
	location, below := strings.CutPrefix(resp.Header.Get("Location"), s.URL)
	if resp.Status != http.StatusAccepted || resp.Body != "" || txn == "" || !below || location != "/Events/"+txn || resp.Header.Get("Preference-Applied") != "respond-async" {
		t.Fatalf("not the answer to an asynchronous request: %d %v %q", resp.Status, resp.Header, resp.Body)
	}
	return location, txn
}

// wantCompletion fetches a completion event and returns what it says of the request.
func wantCompletion(t testing.TB, s *adaptertest.Stack, location string) (claims, outcome gjson.Result) {
	t.Helper()
	resp := s.Want(http.StatusOK, "GET", location, nil)
	if got := resp.Header.Get("Content-Type"); got != "application/secevent+jwt" {
		t.Errorf("content type %q", got)
	}
	claims = verify(t, s, resp.Body)
	if kinds(claims) != "misc:asyncresp" {
		t.Errorf("the events are %s", kinds(claims))
	}
	return claims, payload(claims, scim.EventAsyncResp)
}

func TestAsyncWhileTheApplicationFails(t *testing.T) {
	t.Parallel()
	var o outage
	s := adaptertest.Start(t, adaptertest.Options{Wrap: o.wrap, Configure: withStreams(adapter.StreamConfig{Name: "audit"})})
	o.down.Store(true)
	location, txn := wantAccepted(t, s, s.Do("POST", "/Users", user("ann"), "Prefer", "respond-async"))
	early := s.Want(http.StatusAccepted, "GET", location, nil)
	if early.Header.Get("Retry-After") == "" || early.Header.Get("Set-Txn") != txn || early.Body != "" {
		t.Errorf("before the end: %v %q", early.Header, early.Body)
	}
	if left := poll(t, s, "audit", `{"returnImmediately":true}`); len(left) != 0 {
		t.Errorf("events of what is not done: %v", left)
	}
	o.down.Store(false)
	s.WaitIdle()
	claims, outcome := wantCompletion(t, s, location)
	id := s.Want(200, "GET", "/Users?filter=externalId%20eq%20%22ext-ann%22", nil).Get("Resources.0.id").Str
	for path, want := range map[string]string{
		"txn": txn, "iss": s.URL, "aud": s.URL + location, "sub_id.uri": "/Users/" + id, "sub_id.externalId": "ext-ann", "sub_id.format": "scim",
	} {
		if path == "iss" {
			want = issuer
		}
		if got := claims.Get(path).Str; got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if outcome.Get("method").Str != "POST" || outcome.Get("status").Str != "201" || outcome.Get("version").Str != `W/"1"` ||
		outcome.Get("location").Str != s.URL+"/Users/"+id || outcome.Get("response").Exists() {
		t.Errorf("the outcome is %s", outcome.Raw)
	}
	again, _ := wantCompletion(t, s, location)
	if again.Raw != claims.Raw {
		t.Errorf("fetched again it says %s, before %s", again.Raw, claims.Raw)
	}
	plain := s.Want(http.StatusOK, "GET", location, nil, "Accept", "application/scim+json, application/json;q=0.5")
	if plain.Header.Get("Content-Type") != "application/json" || plain.Get("txn").Str != txn {
		t.Errorf("as JSON: %v %s", plain.Header, plain.Body)
	}
	events := poll(t, s, "audit", `{"returnImmediately":true}`)
	if len(events) != 1 || kinds(events[0]) != "misc:asyncresp prov:create:notice" || events[0].Get("txn").Str != txn {
		t.Errorf("the stream has %v", events)
	}
	// Nobody else's business.
	for _, token := range []string{"", "Bearer " + adaptertest.OtherToken} {
		resp, err := s.Send("GET", s.URL+location, nil, "Authorization", token)
		if err != nil || (resp.Status != http.StatusNotFound && resp.Status != http.StatusUnauthorized) {
			t.Errorf("with the token %q: %d %v", token, resp.Status, err)
		}
	}
}

func TestAsyncRefused(t *testing.T) {
	t.Parallel()
	var o outage
	s := adaptertest.Start(t, adaptertest.Options{Wrap: o.wrap, Configure: withStreams(adapter.StreamConfig{Name: "audit"})})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	o.down.Store(true)
	location, txn := wantAccepted(t, s, s.Do("PATCH", "/Users/"+id, `{"Operations":[{"op":"add","path":"userType","value":"emperor"}]}`, "Prefer", "Respond-Async"))
	o.down.Store(false)
	s.WaitIdle()
	claims, outcome := wantCompletion(t, s, location)
	if claims.Get("txn").Str != txn || outcome.Get("method").Str != "PATCH" || outcome.Get("status").Str != "400" || outcome.Get("version").Exists() ||
		outcome.Get("response.schemas.0").Str != scim.ErrorURN || outcome.Get("response.scimType").Str != "invalidValue" ||
		outcome.Get("response.status").Str != "400" || !strings.Contains(outcome.Get("response.detail").Str, "is not known") {
		t.Errorf("the outcome is %s", claims.Raw)
	}
	events := poll(t, s, "audit", `{"returnImmediately":true}`)
	if len(events) != 2 || kinds(events[1]) != "misc:asyncresp" || payload(events[1], scim.EventAsyncResp).Get("status").Str != "400" {
		t.Errorf("the stream has %v", events)
	}
}

func TestAsyncHeld(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Hold = []abi.Operation{abi.OpCreate} }})
	approval := func() string {
		list, err := s.Tenant().Approvals(t.Context(), false)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d approvals wait: %v", len(list), err)
		}
		return list[0].ID
	}
	s.Want(http.StatusCreated, "POST", "/Users", user("without"))
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: approval()}); err != nil {
		t.Fatal(err)
	}

	location, _ := wantAccepted(t, s, s.Do("POST", "/Users", user("ann"), "Prefer", "respond-async, wait=20"))
	s.Want(http.StatusAccepted, "GET", location, nil)
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: approval()}); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if _, outcome := wantCompletion(t, s, location); outcome.Get("status").Str != "201" {
		t.Errorf("approved: %s", outcome.Raw)
	}

	location, _ = wantAccepted(t, s, s.Do("POST", "/Users", user("bob"), "Prefer", "respond-async"))
	if _, err := s.Tenant().Reject(t.Context(), adapter.Answer{ID: approval(), Comment: "not this one"}); err != nil {
		t.Fatal(err)
	}
	if _, outcome := wantCompletion(t, s, location); outcome.Get("status").Str != "403" || !strings.Contains(outcome.Get("response.detail").Str, "not this one") {
		t.Errorf("rejected: %s", outcome.Raw)
	}
}

func TestPreferencesOfAnswers(t *testing.T) {
	t.Parallel()
	var o outage
	s := adaptertest.Start(t, adaptertest.Options{Wrap: o.wrap})
	// In time it is the ordinary answer.
	made := s.Want(http.StatusCreated, "POST", "/Users", user("ann"), "Prefer", `respond-async, wait="20"`)
	id := made.Get("id").Str
	if id == "" || made.Header.Get("Set-Txn") != "" || made.Header.Get("Preference-Applied") != "" {
		t.Errorf("finished in time: %v %s", made.Header, made.Body)
	}
	same := user("ann")
	s.Want(http.StatusOK, "PUT", "/Users/"+id, same, "Prefer", "respond-async") // nothing changes, so it is finished
	// What is wrong is wrong at once.
	s.Want(http.StatusBadRequest, "POST", "/Users", `{"userName":`, "Prefer", "respond-async")
	s.Want(http.StatusConflict, "POST", "/Users", user("ann"), "Prefer", "respond-async")
	s.Want(http.StatusNotFound, "DELETE", "/Users/nobody", nil, "Prefer", "respond-async")

	o.down.Store(true)
	// Without respond-async an outage is the background's, however short the wait.
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive("false"), "Prefer", "wait=0")
	location, txn := wantAccepted(t, s, s.Do("DELETE", "/Users/"+id, nil, "Prefer", "respond-async"))
	o.down.Store(false)
	s.WaitIdle()
	_, outcome := wantCompletion(t, s, location)
	if outcome.Get("method").Str != "DELETE" || outcome.Get("status").Str != "204" || outcome.Get("version").Exists() {
		t.Errorf("the outcome of the delete is %s", outcome.Raw)
	}
	for _, path := range []string{"/Events/" + txn + "0", "/Events/" + id} {
		s.Want(http.StatusNotFound, "GET", path, nil)
	}
}

// An operation whose client waited is not to be fetched: it has had its answer.
func TestOnlyAsynchronousRequestsHaveACompletion(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: withStreams(adapter.StreamConfig{Name: "audit"})})
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	txn := poll(t, s, "audit", `{"returnImmediately":true}`)[0].Get("txn").Str
	s.Want(http.StatusNotFound, "GET", "/Events/"+txn, nil)
}

// A change that waits for an approval, and over which a later one has gone, has come to nothing.
func TestAsyncSuperseded(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Hold = []abi.Operation{abi.OpUpdate} }})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	location, _ := wantAccepted(t, s, s.Do("PATCH", "/Users/"+id, `{"Operations":[{"op":"add","path":"title","value":"Dr"}]}`, "Prefer", "respond-async"))
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	if _, outcome := wantCompletion(t, s, location); outcome.Get("status").Str != "409" || outcome.Get("response.status").Str != "409" {
		t.Errorf("the outcome is %s", outcome.Raw)
	}
}

// The application's words can quote what it was sent, so where that was a password they go nowhere.
func TestAsyncPasswordIsNotQuoted(t *testing.T) {
	t.Parallel()
	var o outage
	parrot := func(next http.Handler) http.Handler {
		return o.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/password") {
				next.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"error":"hunter2-is-too-weak"}`))
		}))
	}
	s := adaptertest.Start(t, adaptertest.Options{Wrap: parrot, Connector: passwordRoute, Configure: func(c *adapter.TenantConfig) {
		forwardPasswords(c)
		withStreams(adapter.StreamConfig{Name: "audit"})(c)
	}})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	o.down.Store(true)
	patch := `{"Operations":[{"op":"replace","path":"password","value":"hunter2-is-too-weak"}]}`
	location, _ := wantAccepted(t, s, s.Do("PATCH", "/Users/"+id, patch, "Prefer", "respond-async"))
	o.down.Store(false)
	s.WaitIdle()
	claims, outcome := wantCompletion(t, s, location)
	events := poll(t, s, "audit", `{"returnImmediately":true}`)
	if outcome.Get("status").Str != "400" || len(events) != 2 {
		t.Fatalf("the outcome is %s, the events are %v", claims.Raw, events)
	}
	if strings.Contains(claims.Raw+events[1].Raw, "hunter2") {
		t.Errorf("an event holds the password: %s %s", claims.Raw, events[1].Raw)
	}
}
